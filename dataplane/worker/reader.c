// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/clock.h"
#include "dataplane/base/cpu.h"

static_assert((int)CAPTURE_DROP_COUNT <= (int)PANE_DROP_CAUSES &&
                  (int)PARSE_REJECT_COUNT <= (int)PANE_REJECT_CAUSES,
              "the books of a pane have a place for every cause");

enum {
    BURST = CAPTURE_BURST_MAX,
    PREFETCH_AHEAD = 8,
    IDLE_POLLS = 8, // without a packet, before the first sleep
    IDLE_SLEEP_US = 50,
};

struct reader {
    struct reader_options options;
    struct reader_output output;
    struct fragments *fragments;
    struct pane_clock clock;
    struct pane_turn turn;              // of the open pane: its first and last packet, its losses
    uint64_t drops[CAPTURE_DROP_COUNT]; // of the capture, when a pane closed last
    struct reader_counters counters;
    uint64_t rejected; // packets
    uint64_t given;    // facts that went out
    unsigned polls;    // that brought nothing, in a row
    unsigned count;    // of facts that wait to go out
    struct facts facts[BURST];
};

static void pane_begin(struct reader *reader)
{
    reader->turn = (struct pane_turn){.first_us = INT64_MAX, .last_us = INT64_MIN};
}

static void facts_out(struct reader *reader)
{
    struct hash_secret secret = reader->options.secret;
    for (unsigned i = 0; i < reader->count; i++) {
        reader->facts[i].hash = hash_bytes(&reader->facts[i].key, sizeof(struct flow_key), secret);
    }
    if (reader->count != 0) {
        reader->output.add(reader->output.context, reader->facts, reader->count);
        reader->given += reader->count;
        reader->count = 0;
    }
}

// Counts facts that came out of the fragment table.
static void fragment_released(void *context, const struct facts *facts)
{
    struct reader *reader = context;
    if (reader->count == BURST) {
        facts_out(reader);
    }
    reader->facts[reader->count++] = *facts;
}

int reader_create(struct reader **reader, const struct reader_options *options,
                  const struct reader_output *output, struct error *err)
{
    struct reader *new = aligned_alloc(64, (sizeof(*new) + 63) / 64 * 64);
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for a reader");
    }
    memset(new, 0, sizeof(*new));
    new->options = *options;
    new->output = *output;
    pane_clock_init(&new->clock, options->pane_us, options->quiet_us);
    pane_begin(new);
    struct fragment_options fragments = {
        .max_datagrams = options->max_fragments,
        .timeout_us = options->fragment_timeout_us,
        .pages = options->pages,
        .secret = options->secret,
    };
    struct fragment_events events = {.context = new, .released = fragment_released};
    int code = fragments_create(&new->fragments, &fragments, &events, err);
    if (code != 0) {
        free(new);
        return code;
    }
    *reader = new;
    return 0;
}

void reader_free(struct reader *reader)
{
    if (reader != NULL) {
        fragments_free(reader->fragments);
        free(reader);
    }
}

// Asks the capture what it has dropped. Returns how many packets were lost since the last look.
static uint64_t drops_look(struct reader *reader)
{
    struct capture_stats stats;
    reader->options.capture->ops->stats(reader->options.capture, &stats);
    uint64_t lost = 0;
    for (unsigned cause = 0; cause < CAPTURE_DROP_COUNT; cause++) {
        uint64_t before = reader->drops[cause];
        if (stats.drops[cause] > before) { // of a device that is gone some sources know none
            reader->drops[cause] = stats.drops[cause];
            lost += cause < CAPTURE_DROP_LOSSES ? stats.drops[cause] - before : 0;
        }
    }
    return lost;
}

// Received is what was read, by construction: the capture's own count is ahead of it by what waits.
static void books_fill(const struct reader *reader, struct pane_books *books)
{
    books->parsed = reader->given;
    books->late = counter_read(&reader->counters.late);
    books->received = books->parsed;
    for (unsigned cause = 0; cause < CAPTURE_DROP_COUNT; cause++) {
        books->capture_drops[cause] = reader->drops[cause];
        books->received += reader->drops[cause];
    }
    for (unsigned cause = 0; cause < PARSE_REJECT_COUNT; cause++) {
        books->parse_rejects[cause] = counter_read(&reader->counters.rejects[cause]);
        books->received += books->parse_rejects[cause];
    }
}

static void turn_out(struct reader *reader)
{
    facts_out(reader);
    if (reader->turn.ends) { // what was dropped before the first pane is told with that
        reader->turn.capture_drops = drops_look(reader);
        reader->turn.loss.capture_drops = reader->turn.capture_drops;
        books_fill(reader, &reader->turn.books);
    }
    reader->output.turn(reader->output.context, &reader->turn);
    pane_begin(reader);
}

// Whether packets are older than the open pane because someone set the clock back. A packet can be
// late by itself: it is the clock that counts.
static bool clock_went_back(const struct reader *reader)
{
    return reader->options.clock == READER_WALL_CLOCK &&
           clock_wall_us() < reader->clock.start_us - reader->options.pane_us;
}

// A time outside the open pane: late, or the end of the pane.
static void time_step(struct reader *reader, int64_t time_us)
{
    if (time_us < reader->clock.start_us && clock_went_back(reader)) {
        fragments_flush(reader->fragments); // their time would not come before the clock is there
        pane_clock_rewind(&reader->clock, time_us);
    } else if (time_us < reader->clock.start_us) {
        reader->turn.loss.late++;
        counter_add(&reader->counters.late, 1);
        return;
    }
    fragments_expire(reader->fragments, reader->clock.end_us);
    while (pane_clock_step(&reader->clock, time_us, &reader->turn)) {
        turn_out(reader);
    }
}

// Resolving may release older facts into the burst: this packet's must not lie there meanwhile.
static void fragment_add(struct reader *reader, struct facts facts)
{
    if (fragments_resolve(reader->fragments, &facts) == FRAGMENT_COUNT) {
        fragment_released(reader, &facts);
        fragments_release(reader->fragments);
    }
}

static inline void packet_add(struct reader *reader, const struct packet *packet)
{
    if (__builtin_expect(pane_clock_is_outside(&reader->clock, packet->time_us), 0)) {
        time_step(reader, packet->time_us);
    }
    if (reader->count == BURST) {
        facts_out(reader);
    }
    struct facts *facts = &reader->facts[reader->count];
    enum parse_reject reject = parse_packet(packet, &reader->options.parse, facts);
    if (__builtin_expect(reject != PARSE_OK, 0)) {
        counter_add(&reader->counters.rejects[reject], 1);
        reader->turn.loss.parse_rejects++;
        reader->rejected++;
        return;
    }
    struct pane_turn *turn = &reader->turn;
    struct pane_interface *interface = &turn->interfaces[packet->interface];
    interface->packets++;
    if (__builtin_expect(packet->time_us >= reader->clock.start_us, 1)) {
        turn->first_us = packet->time_us < turn->first_us ? packet->time_us : turn->first_us;
        turn->last_us = packet->time_us > turn->last_us ? packet->time_us : turn->last_us;
    }
    interface->bytes += facts->bytes;
    if (__builtin_expect(facts->flags & (FACTS_FRAGMENT_FIRST | FACTS_FRAGMENT_LATER), 0)) {
        turn->fragments++;
        fragment_add(reader, *facts);
    } else {
        reader->count++;
    }
}

static void burst_add(struct reader *reader, const struct packet *packets, unsigned count)
{
    uint64_t rejected = reader->rejected;
    for (unsigned i = 0; i < count; i++) {
        if (i + PREFETCH_AHEAD < count) {
            __builtin_prefetch(packets[i + PREFETCH_AHEAD].data);
        }
        packet_add(reader, &packets[i]);
    }
    facts_out(reader);
    counter_add(&reader->counters.parsed, count - (reader->rejected - rejected));
}

// What there is to do while no packet comes, and between those that come.
static void live_step(struct reader *reader, const struct packet *packets, int count)
{
    if (count > 0) {
        reader->polls = 0;
        reader->output.sweep(reader->output.context, packets[count - 1].time_us);
        return;
    }
    int64_t now_us = clock_wall_us() - reader->options.lag_us;
    if (pane_clock_is_outside(&reader->clock, now_us) &&
        (now_us >= reader->clock.end_us || clock_went_back(reader))) {
        time_step(reader, now_us);
    }
    reader->output.sweep(reader->output.context, now_us);
    if (reader->options.idle == READER_POLLS || reader->polls++ < IDLE_POLLS) {
        cpu_relax();
    } else {
        clock_sleep_us(IDLE_SLEEP_US);
    }
}

void reader_run(struct reader *reader)
{
    struct capture *capture = reader->options.capture;
    struct packet packets[BURST];
    int count = 0;
    if (capture->ops->attach != NULL) {
        capture->ops->attach(capture);
    }
    while (count != CAPTURE_END &&
           !atomic_load_explicit(reader->options.stop, memory_order_relaxed)) {
        count = capture_rx_burst(capture, packets, BURST);
        if (count > 0) {
            burst_add(reader, packets, (unsigned)count);
        }
        if (reader->options.clock == READER_WALL_CLOCK && count != CAPTURE_END) {
            live_step(reader, packets, count);
        }
        if (count > 0) {
            capture_release(capture);
        }
    }
    fragments_flush(reader->fragments);
    reader->turn.ends = pane_clock_is_open(&reader->clock);
    reader->turn.begins = false;
    turn_out(reader);
}

const struct reader_counters *reader_counters(const struct reader *reader)
{
    return &reader->counters;
}

const struct fragment_stats *reader_fragment_stats(const struct reader *reader)
{
    return fragments_stats(reader->fragments);
}
