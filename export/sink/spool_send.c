// SPDX-License-Identifier: Apache-2.0
// The spool sink's way from the disk to the far sink.
#include "dataplane/base/clock.h"
#include "export/sink/spool_state.h"

enum {
    SEND_RECORDS = 256, // handed to the far sink at once
    US_PER_S = 1000000,
    BURST_US = US_PER_S / 10, // the rate holds over this time
};

static void credit_count(struct spool_sink *spooling)
{
    int64_t now_us = clock_monotonic_us();
    double most = (double)spooling->send_rate * BURST_US / US_PER_S;
    double more = (double)spooling->send_rate * (double)(now_us - spooling->credit_us) / US_PER_S;
    spooling->credit_us = now_us;
    if (spooling->credit < most) {
        spooling->credit = spooling->credit + more < most ? spooling->credit + more : most;
    }
}

size_t spooling_send(struct spool_sink *spooling, size_t limit)
{
    struct spool_item items[SEND_RECORDS];
    struct sink_message messages[SEND_RECORDS];
    size_t sent = 0;
    while (sent < limit && !spooling_stalled(spooling)) {
        size_t wanted = limit - sent < SEND_RECORDS ? limit - sent : SEND_RECORDS;
        size_t count = spool_peek(spooling->spool, items, wanted);
        for (size_t i = 0; i < count; i++) {
            const struct spool_record *record = &items[i].record;
            bool counted = !items[i].found && record->mark == SPOOLING_MARK_COUNTED;
            messages[i] = (struct sink_message){
                .sequence = SPOOLING_FROM_SPOOL | (counted ? SPOOLING_COUNTED : 0) | items[i].place,
                .value = record->value,
                .key = record->key,
                .value_bytes = record->value_bytes,
                .key_bytes = record->key_bytes,
                .topic = record->topic < RECORD_TOPIC_COUNT ? record->topic : 0,
            };
        }
        // Taken before they are handed over: the far sink may settle within the call.
        spool_take(spooling->spool, count);
        size_t taken = count > 0 ? sink_write(spooling->far, messages, count) : 0;
        spool_untake(spooling->spool, count - taken);
        sent += taken;
        if (taken < SEND_RECORDS) {
            break;
        }
    }
    return sent;
}

void spooling_pump(struct spool_sink *spooling)
{
    if (spooling_stalled(spooling)) {
        spooling->credit = 0;
        spooling->credit_us = clock_monotonic_us();
        return;
    }
    if (spool_is_empty(spooling->spool)) {
        return;
    }
    credit_count(spooling);
    if (spooling->credit >= 1) {
        spooling->credit -= (double)spooling_send(spooling, (size_t)spooling->credit);
    }
}
