// SPDX-License-Identifier: Apache-2.0
// A drive does what other threads ask of it while it runs.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/generate/drive.h"
#include "dataplane/base/clock.h"
#include "made.h"

enum { PATIENCE_US = 20000000, US_PER_S = 1000000 };

// An egress that keeps what a test wants to know of its frames.
struct sink {
    struct egress egress;
    uint8_t frame[FRAME_MAX];
    _Atomic uint64_t frames;
    _Atomic uint64_t to_victim;
    _Atomic uint64_t not_dns;
    _Atomic int64_t lag_us; // of the last frame's time behind the monotonic clock
};

static uint8_t *sink_room(struct egress *egress, struct error *err)
{
    (void)err;
    return ((struct sink *)egress)->frame;
}

static int sink_put(struct egress *egress, unsigned length, int64_t time_us, struct error *err)
{
    static const uint8_t victim[] = {203, 0, 113, 5};
    struct sink *sink = (struct sink *)egress;
    struct made_packet packet;
    (void)err;
    made_read(sink->frame, length, &packet);
    bool is_attack = memcmp(packet.destination, victim, 4) == 0;
    bool is_dns = packet.port[0] == 53 || packet.port[1] == 53;
    atomic_fetch_add(&sink->to_victim, is_attack);
    atomic_fetch_add(&sink->not_dns, !is_attack && !is_dns);
    atomic_store(&sink->lag_us, clock_monotonic_us() - time_us);
    atomic_fetch_add(&sink->frames, 1);
    return 0;
}

static int sink_flush(struct egress *egress, struct error *err)
{
    (void)egress;
    (void)err;
    return 0;
}

static const struct egress_operations sink_operations = {
    .room = sink_room, .put = sink_put, .flush = sink_flush};

struct driven {
    struct sink sink;
    struct drive *drive;
    pthread_t thread;
    int code;
};

static void *run(void *argument)
{
    struct driven *driven = argument;
    driven->code = drive_run(driven->drive, NULL);
    return NULL;
}

static void create(struct driven *driven, const char *const *settings, bool is_live,
                   bool begins_stopped)
{
    struct error err;
    *driven = (struct driven){.sink.egress = {.operations = &sink_operations, .is_live = is_live}};
    struct drive_options options = {.profile = made_profile(settings),
                                    .egress = &driven->sink.egress,
                                    .begins_stopped = begins_stopped};
    if (drive_create(&driven->drive, &options, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

static void begin(struct driven *driven, const char *const *settings, bool begins_stopped)
{
    create(driven, settings, true, begins_stopped);
    assert_int_equal(pthread_create(&driven->thread, NULL, run, driven), 0);
}

static void finish(struct driven *driven)
{
    drive_end(driven->drive);
    pthread_join(driven->thread, NULL);
    assert_int_equal(driven->code, 0);
}

// Until there have been so many more.
static void await_more(_Atomic uint64_t *count, uint64_t more)
{
    uint64_t enough = atomic_load(count) + more;
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    while (atomic_load(count) < enough) {
        assert_true(clock_monotonic_us() < until_us);
        clock_sleep_us(1000);
    }
}

static const char *const endless[] = {"duration", "forever", "packets_per_second", "5k", NULL};

static void test_runs_to_its_end(void **state)
{
    (void)state;
    static const char *const settings[] = {"duration",
                                           "3s",
                                           "packets_per_second",
                                           "1000",
                                           "anomaly",
                                           "syn_flood@1s+1s:203.0.113.5=100",
                                           "anomaly",
                                           "spike@2500ms+10s:dns=2",
                                           "anomaly",
                                           "silence@3500ms+1s",
                                           NULL};
    struct driven driven;
    struct drive_look look;
    unsigned count;
    create(&driven, settings, false, false);
    assert_int_equal(drive_run(driven.drive, NULL), 0);
    drive_look(driven.drive, &look);
    assert_int_equal(look.state, DRIVE_OVER);
    assert_int_equal(look.packets, driven.sink.frames);
    assert_in_range(look.packets, 2900, 4000);
    struct drive_anomaly *told = drive_truth(driven.drive, &count);
    assert_int_equal(count, 2); // the third never came
    int64_t start_us = look.profile.start_us;
    assert_int_equal(told[0].kind, ORDER_SYN_FLOOD);
    assert_int_equal(told[0].begin_us, start_us + US_PER_S);
    assert_int_equal(told[0].end_us, start_us + 2 * US_PER_S);
    assert_int_equal(told[0].packets, 100);
    assert_int_equal(told[1].end_us, start_us + 3 * US_PER_S);
    free(told);
    assert_int_equal(drive_change(driven.drive, &look.profile, NULL), -ESHUTDOWN);
    drive_free(driven.drive);
}

static void test_holds_and_goes_on(void **state)
{
    (void)state;
    struct driven driven;
    struct drive_look look;
    begin(&driven, endless, true);
    clock_sleep_us(50000);
    assert_int_equal(driven.sink.frames, 0);
    drive_look(driven.drive, &look);
    assert_int_equal(look.state, DRIVE_STOPPED);
    drive_resume(driven.drive);
    await_more(&driven.sink.frames, 200); // for which it takes 40 ms
    drive_look(driven.drive, &look);
    assert_int_equal(look.state, DRIVE_RUNNING);
    assert_true(look.packets_per_second > 0);

    int64_t lag_us = driven.sink.lag_us;
    drive_hold(driven.drive);
    clock_sleep_us(100000);
    uint64_t frames = driven.sink.frames;
    clock_sleep_us(500000);
    assert_int_equal(driven.sink.frames, frames);
    drive_resume(driven.drive);
    await_more(&driven.sink.frames, 1000);
    assert_true(driven.sink.lag_us >= lag_us + 450000); // what was missed is not made up for
    finish(&driven);
    drive_look(driven.drive, &look);
    assert_int_equal(look.packets, driven.sink.frames);
    drive_free(driven.drive);
}

static void test_changes(void **state)
{
    (void)state;
    struct driven driven;
    struct drive_look look;
    struct error err;
    begin(&driven, endless, false);
    await_more(&driven.sink.not_dns, 500);
    drive_look(driven.drive, &look);
    assert_int_equal(profile_set(&look.profile, "protocols", "dns=1", &err), 0);
    assert_int_equal(profile_set(&look.profile, "packets_per_second", "3k", &err), 0);
    assert_int_equal(drive_change(driven.drive, &look.profile, &err), 0);
    drive_look(driven.drive, &look);
    assert_true(look.profile.packets_per_second == 3000);
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    for (uint64_t others = 0; others != driven.sink.not_dns;) { // no more come
        others = driven.sink.not_dns;
        await_more(&driven.sink.frames, 3000);
        assert_true(clock_monotonic_us() < until_us);
    }
    look.profile.flows_per_second = 1e6;
    assert_int_equal(drive_change(driven.drive, &look.profile, &err), -EINVAL);
    assert_non_null(strstr(err.text, "flows_per_second"));
    drive_look(driven.drive, &look);
    assert_true(look.profile.flows_per_second == 0);
    finish(&driven);
    drive_free(driven.drive);
}

static void test_orders(void **state)
{
    (void)state;
    static const struct order_text text = {"syn_flood", "200ms", "203.0.113.5", "5k"};
    struct driven driven;
    struct drive_look look;
    struct drive_anomaly anomaly;
    struct order order;
    struct error err;
    unsigned count;
    begin(&driven, endless, false);
    assert_int_equal(order_make(&text, &order, &err), 0);
    int64_t now_us = clock_wall_us();
    assert_int_equal(drive_order(driven.drive, &order, &anomaly, &err), 0);
    assert_true(anomaly.begin_us > now_us - US_PER_S && anomaly.begin_us < clock_wall_us() + 10000);
    assert_int_equal(anomaly.end_us, anomaly.begin_us + 200000);
    drive_look(driven.drive, &look);
    assert_int_equal(look.anomaly_count, 1);
    assert_int_equal(look.anomalies[0].begin_us, anomaly.begin_us);
    int64_t until_us = clock_monotonic_us() + PATIENCE_US;
    while (look.anomaly_count > 0 && clock_monotonic_us() < until_us) {
        clock_sleep_us(10000);
        drive_look(driven.drive, &look);
    }
    drive_hold(driven.drive);
    assert_int_equal(drive_order(driven.drive, &order, NULL, &err), -EBUSY);
    finish(&driven);
    assert_int_equal(drive_order(driven.drive, &order, NULL, &err), -ESHUTDOWN);
    struct drive_anomaly *told = drive_truth(driven.drive, &count);
    assert_int_equal(count, 1);
    assert_int_equal(told[0].packets, 1000);
    assert_int_equal(driven.sink.to_victim, 1000);
    free(told);
    drive_free(driven.drive);
}

static void test_room_for_orders_is_used_again(void **state)
{
    (void)state;
    static const struct order_text text = {"syn_flood", "1ms", NULL, "1"};
    static const struct order_text lasting = {"spike", "1h", NULL, "1"};
    struct driven driven;
    struct order order;
    struct error err;
    unsigned count;
    begin(&driven, endless, false);
    assert_int_equal(order_make(&text, &order, &err), 0);
    for (unsigned i = 0; i < PROFILE_ORDERS_MAX + 10; i++) {
        assert_int_equal(drive_order(driven.drive, &order, NULL, &err), 0);
        await_more(&driven.sink.frames, 20);
    }
    assert_int_equal(order_make(&lasting, &order, &err), 0);
    for (unsigned i = 0; i < PROFILE_ORDERS_MAX; i++) {
        assert_int_equal(drive_order(driven.drive, &order, NULL, &err), 0);
    }
    assert_int_equal(drive_order(driven.drive, &order, NULL, &err), -ENOSPC);
    await_more(&driven.sink.frames, 100); // until all have begun
    finish(&driven);
    struct drive_anomaly *told = drive_truth(driven.drive, &count);
    assert_int_equal(count, 2 * PROFILE_ORDERS_MAX + 10);
    for (unsigned i = 0; i < PROFILE_ORDERS_MAX + 10; i++) {
        assert_int_equal(told[i].packets, 1);
    }
    free(told);
    drive_free(driven.drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_to_its_end),
        cmocka_unit_test(test_holds_and_goes_on),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_room_for_orders_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
