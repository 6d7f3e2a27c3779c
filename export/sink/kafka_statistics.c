// SPDX-License-Identifier: Apache-2.0
#include "export/sink/kafka_statistics.h"

#include <jansson.h>
#include <string.h>

// Sums over all brokers.
struct told {
    struct kafka_totals totals;
    uint64_t up;
    uint64_t sent_records;
    uint64_t round_trips; // of this interval
    uint64_t round_trip_us;
    uint64_t slowest_us;
};

// A number of the object; 0 where there is none.
static uint64_t number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 ? (uint64_t)value : 0;
}

static void broker_add(struct told *told, const json_t *broker)
{
    const char *state = json_string_value(json_object_get(broker, "state"));
    bool known = json_integer_value(json_object_get(broker, "nodeid")) >= 0; // not of the address
    told->up += known && state != NULL && strcmp(state, "UP") == 0;
    told->sent_records += number(broker, "waitresp_msg_cnt");
    told->totals.retries += number(broker, "txretries");
    told->totals.timeouts += number(broker, "req_timeouts");
    told->totals.errors += number(broker, "txerrs") + number(broker, "rxerrs");

    const json_t *round_trip = json_object_get(broker, "rtt");
    uint64_t slowest_us = number(round_trip, "p99");
    told->round_trips += number(round_trip, "cnt");
    told->round_trip_us += number(round_trip, "sum");
    told->slowest_us = slowest_us > told->slowest_us ? slowest_us : told->slowest_us;
}

static void rise(counter *c, uint64_t now, uint64_t *seen)
{
    counter_add(c, now > *seen ? now - *seen : 0);
    *seen = now;
}

void kafka_statistics_read(const char *json, size_t bytes, struct kafka_totals *seen,
                           struct sink_queue *queue)
{
    json_t *all = json_loadb(json, bytes, 0, NULL);
    json_t *brokers = json_object_get(all, "brokers");
    struct told told = {0};
    const char *name;
    json_t *broker;
    if (!json_is_object(brokers)) {
        json_decref(all);
        return;
    }
    json_object_foreach(brokers, name, broker)
    {
        broker_add(&told, broker);
    }
    json_decref(all);
    counter_set(&queue->brokers_up, told.up);
    counter_set(&queue->sent_records, told.sent_records);
    counter_add(&queue->round_trips, told.round_trips);
    counter_add(&queue->round_trip_us, told.round_trip_us);
    if (told.round_trips > 0) { // else what was last seen holds
        counter_set(&queue->round_trip_p99_us, told.slowest_us);
    }
    rise(&queue->retries, told.totals.retries, &seen->retries);
    rise(&queue->timeouts, told.totals.timeouts, &seen->timeouts);
    rise(&queue->errors, told.totals.errors, &seen->errors);
}
