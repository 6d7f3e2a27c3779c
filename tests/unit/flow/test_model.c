// SPDX-License-Identifier: Apache-2.0
// The flow table against the model of it, on packets that no sane network would send.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/base/random.h"
#include "tests/unit/flow/made.h"
#include "tests/unit/flow/model.h"
#include "tests/unit/flow/recorder.h"

enum { PACKETS = 4000, MAX_FLOWS = 1024 };
#define SECOND   INT64_C(1000000)
#define FOREVER  (INT64_C(1) << 60)
#define START_US INT64_C(1700000000000000)

static const struct scene {
    const char *name;
    unsigned flows;
    int64_t step_us;   // mean time between two packets
    unsigned jumps;    // of 1000 packets: a silence of up to twice the idle timeout before it
    unsigned backward; // of 1000 packets: one older than the latest, by up to the idle timeout
    unsigned closing;  // of 1000 TCP packets: one with SYN, FIN or RST
    struct model_timeouts timeouts;
    int64_t start_us;
    int64_t grain_us; // times are whole ones of it; 0: of a microsecond
} scenes[] = {
    {"orderly", 12, SECOND / 20, 5, 0, 60, {3 * SECOND, 10 * SECOND, SECOND}, START_US},
    {"backwards", 12, SECOND / 20, 5, 200, 60, {3 * SECOND, 10 * SECOND, SECOND}, START_US},
    {"closing all the time",
     6,
     SECOND / 50,
     5,
     50,
     700,
     {3 * SECOND, 9 * SECOND, SECOND},
     START_US},
    {"no linger", 6, SECOND / 50, 5, 20, 300, {3 * SECOND, 9 * SECOND, 0}, START_US},
    {"linger over idle", 6, SECOND / 5, 9, 20, 200, {2 * SECOND, 9 * SECOND, 5 * SECOND}, START_US},
    {"active under idle", 8, SECOND / 9, 9, 20, 90, {5 * SECOND, 2 * SECOND, SECOND}, START_US},
    {"gaps about the timeout", 2, SECOND, 0, 20, 60, {2 * SECOND, 20 * SECOND, SECOND}, START_US},
    {"an hour", 3, 20 * SECOND, 9, 20, 30, {600 * SECOND, 3600 * SECOND, 90 * SECOND}, START_US},
    {"many flows", 60, SECOND / 50, 5, 50, 60, {2 * SECOND, 9 * SECOND, SECOND}, START_US},
    {"just at the timeouts",
     4,
     SECOND,
     5,
     50,
     60,
     {4 * SECOND, 9 * SECOND, 2 * SECOND},
     START_US,
     SECOND},
    {"before 1970", 12, SECOND / 20, 5, 50, 60, {3 * SECOND, 9 * SECOND, SECOND}, -20 * SECOND},
};

static uint8_t protocol_of(uint32_t flow)
{
    static const uint8_t protocols[] = {MADE_TCP, MADE_TCP, MADE_UDP, MADE_TCP, MADE_ICMP};
    return protocols[flow % sizeof(protocols)];
}

static uint8_t flags_draw(const struct scene *scene, struct random *random)
{
    static const uint8_t closing[] = {SYN,       SYN, SYN | ACK, ACK,
                                      FIN | ACK, RST, SYN | FIN, RST | FIN};
    static const uint8_t plain[] = {ACK, ACK, PSH | ACK, 0};
    return random_below(random, 1000) < scene->closing ? closing[random_below(random, 8)]
                                                       : plain[random_below(random, 4)];
}

// Sequence numbers close to each other and about the place where they wrap.
static struct facts packet_draw(const struct scene *scene, struct random *random, int64_t time_us)
{
    uint32_t flow = (uint32_t)random_below(random, scene->flows);
    struct facts facts = made_facts(&(struct made){
        .time_us = time_us,
        .flow = flow,
        .protocol = protocol_of(flow),
        .direction = (uint8_t)random_below(random, 2),
        .tcp_flags = flags_draw(scene, random),
        .sequence = (uint32_t)random_below(random, 400) - 200,
        .length = random_below(random, 3) == 0 ? (uint32_t)random_below(random, 3) : 100,
        .bytes = 40 + (uint32_t)random_below(random, 1460),
    });
    if (random_below(random, 20) == 0) {
        made_fragment_later(&facts);
    }
    return facts;
}

static int64_t grain(const struct scene *scene, int64_t time_us)
{
    return scene->grain_us != 0 ? time_us / scene->grain_us * scene->grain_us : time_us;
}

static struct facts *packets_draw(const struct scene *scene, struct random *random)
{
    struct facts *packets = aligned_alloc(64, PACKETS * sizeof(*packets));
    assert_non_null(packets);
    int64_t latest_us = scene->start_us;
    uint64_t idle_us = (uint64_t)scene->timeouts.idle_us;
    for (unsigned i = 0; i < PACKETS; i++) {
        latest_us += (int64_t)random_below(random, 2 * (uint64_t)scene->step_us);
        if (random_below(random, 1000) < scene->jumps) {
            latest_us += (int64_t)random_below(random, 2 * idle_us);
        }
        bool backward = random_below(random, 1000) < scene->backward;
        int64_t older_us = backward ? (int64_t)random_below(random, idle_us) : 0;
        packets[i] = packet_draw(scene, random, grain(scene, latest_us - older_us));
    }
    return packets;
}

static void start(const struct scene *scene, struct recorder *recorder, struct model *model)
{
    recorder_init(recorder, &(struct flow_options){
                                .max_flows = MAX_FLOWS,
                                .max_rare = 1,
                                .idle_timeout_us = scene->timeouts.idle_us,
                                .active_timeout_us = scene->timeouts.active_us,
                                .tcp_linger_us = scene->timeouts.linger_us,
                            });
    model_init(model, &scene->timeouts);
}

static void finish(struct recorder *recorder, struct model *model, struct facts *packets)
{
    said_sets_compare(&recorder->ended, &model->ended);
    assert_int_equal(flow_table_stats(recorder->table)->evicted, 0);
    recorder_fini(recorder);
    model_fini(model);
    free(packets);
}

// What all packets before packet n did, by flow: what folds must have told when they are over.
static void activity_check(struct recorder *recorder, const struct facts *packets, unsigned n)
{
    struct flow_activity sums[MODEL_FLOWS_MAX] = {0};
    for (unsigned i = 0; i < n; i++) {
        struct flow_activity *sum = &sums[made_key_flow(&packets[i].key)];
        sum->packets++;
        sum->bytes += packets[i].bytes;
        sum->wire_bytes += packets[i].wire_bytes;
    }
    for (unsigned flow = 0; flow < MODEL_FLOWS_MAX; flow++) {
        assert_memory_equal(&recorder->activity[flow].sum, &sums[flow], sizeof(sums[flow]));
    }
}

// Between two folds a flow is told of once, and once more for each time that it ended.
static void fold_check(struct recorder *recorder, const struct facts *packets, unsigned n)
{
    for (unsigned flow = 0; flow < MODEL_FLOWS_MAX; flow++) {
        recorder->activity[flow].events = 0;
    }
    flow_table_fold(recorder->table);
    for (unsigned flow = 0; flow < MODEL_FLOWS_MAX; flow++) {
        assert_in_range(recorder->activity[flow].events, 0, 1);
    }
    activity_check(recorder, packets, n);
}

// The oldest time among packet n and those after it: a sweep up to there can be due at any moment.
static int64_t oldest_to_come(const struct facts *packets, unsigned n)
{
    int64_t oldest_us = packets[n].time_us;
    for (unsigned i = n; i < PACKETS; i++) {
        oldest_us = packets[i].time_us < oldest_us ? packets[i].time_us : oldest_us;
    }
    return oldest_us;
}

static void records_do_not_depend_on_bursts_and_sweeps(void **state)
{
    const struct scene *scene = *state;
    static const struct {
        unsigned burst_max, sweeps; // sweeps: after one of so many bursts; 0: never
    } schedules[] = {{1, 0}, {1, 1}, {7, 3}, {64, 1}, {300, 0}, {300, 2}};
    for (size_t s = 0; s < sizeof(schedules) / sizeof(schedules[0]); s++) {
        struct random random = {.state = 1};
        struct recorder recorder;
        struct model model;
        start(scene, &recorder, &model);
        struct facts *packets = packets_draw(scene, &random);
        for (unsigned done = 0; done < PACKETS;) {
            unsigned burst = 1 + (unsigned)random_below(&random, schedules[s].burst_max);
            burst = burst < PACKETS - done ? burst : PACKETS - done;
            flow_table_add(recorder.table, &packets[done], burst);
            for (unsigned i = 0; i < burst; i++) {
                model_add(&model, &packets[done++]);
            }
            unsigned every = schedules[s].sweeps;
            if (every != 0 && random_below(&random, every) == 0 && done < PACKETS) {
                int64_t early_us = (int64_t)random_below(&random, 5 * SECOND);
                flow_table_expire(recorder.table, oldest_to_come(packets, done) - early_us);
            }
        }
        flow_table_expire(recorder.table, FOREVER);
        model_expire(&model, FOREVER);
        finish(&recorder, &model, packets);
    }
}

static void sweeps_end_what_is_due_and_nothing_else(void **state)
{
    const struct scene *scene = *state;
    struct random random = {.state = 2};
    struct recorder recorder;
    struct model model;
    start(scene, &recorder, &model);
    struct facts *packets = packets_draw(scene, &random);
    const struct flow_table_stats *stats = flow_table_stats(recorder.table);
    for (unsigned i = 0; i < PACKETS; i++) {
        flow_table_add(recorder.table, &packets[i], 1);
        model_add(&model, &packets[i]);
        if (random_below(&random, 10) == 0) {
            // To either side of the packets' time: sweeps may also come too soon.
            int64_t now_us =
                packets[i].time_us + (int64_t)random_below(&random, 4 * SECOND) - SECOND;
            now_us = grain(scene, now_us);
            flow_table_expire(recorder.table, now_us);
            model_expire(&model, now_us);
        }
        assert_int_equal(stats->ended, model.ended.count);
        if (random_below(&random, 50) == 0) {
            fold_check(&recorder, packets, i + 1);
        }
    }
    assert_int_equal(stats->packets, PACKETS);
    flow_table_end_all(recorder.table);
    model_end_all(&model);
    assert_int_equal(stats->ended, stats->started);
    assert_int_equal(stats->ended_packets, PACKETS);
    activity_check(&recorder, packets, PACKETS); // those that ended need no fold
    finish(&recorder, &model, packets);
}

int main(void)
{
    enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };
    struct CMUnitTest tests[2 * SCENES];
    char names[2 * SCENES][64];
    for (size_t i = 0; i < SCENES; i++) {
        snprintf(names[2 * i], sizeof(names[0]), "bursts and sweeps: %s", scenes[i].name);
        snprintf(names[2 * i + 1], sizeof(names[0]), "exact sweeps: %s", scenes[i].name);
        tests[2 * i] = (struct CMUnitTest){names[2 * i], records_do_not_depend_on_bursts_and_sweeps,
                                           NULL, NULL, (void *)&scenes[i]};
        tests[2 * i + 1] =
            (struct CMUnitTest){names[2 * i + 1], sweeps_end_what_is_due_and_nothing_else, NULL,
                                NULL, (void *)&scenes[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
