// SPDX-License-Identifier: Apache-2.0
// AF_XDP on a pair of interfaces in a namespace of the test's own: what comes out is what was sent,
// the books balance, and the interface is left as it was found.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/capture/xdp_bed.h"

enum { SKIPPED = 77 };

static struct bed_list list;

static struct live_options options_of(enum live_xdp_mode mode)
{
    static const char *const interfaces[] = {BED_CAPTURED};
    return (struct live_options){
        .kind = LIVE_AF_XDP,
        .interfaces = {interfaces, 1},
        .promiscuous = true,
        .ring = 256,
        .pages = MEMORY_PAGES_NEVER,
        .xdp = {.mode = mode, .attach = LIVE_XDP_NATIVE},
        .sampling = 1,
    };
}

static struct live *opened(const struct live_options *options)
{
    struct live *live = NULL;
    struct error err = {""};
    if (live_open(&live, options, &err) != 0) {
        fail_msg("%s", err.text);
    }
    list.count = 0;
    return live;
}

static void assert_balanced(struct live *live, unsigned sent)
{
    struct capture_stats stats = bed_stats(live);
    uint64_t drops = 0;
    for (unsigned i = 0; i < CAPTURE_DROP_COUNT; i++) {
        drops += stats.drops[i];
    }
    assert_int_equal(stats.received, list.count + drops);
    assert_int_equal(stats.received, sent);
}

static void assert_seen(const struct bed_seen *seen, const uint8_t *frame, size_t bytes)
{
    assert_int_equal(seen->wire_bytes, bytes);
    assert_true(seen->captured_bytes == bytes || seen->captured_bytes >= BED_SEEN_BYTES);
    size_t kept = seen->captured_bytes < BED_SEEN_BYTES ? seen->captured_bytes : BED_SEEN_BYTES;
    assert_memory_equal(seen->data, frame, kept);
}

static const struct same_case {
    enum live_xdp_mode mode;
    enum live_xdp_attach attach;
} same_cases[] = {
    {LIVE_XDP_TAKE, LIVE_XDP_NATIVE},
    {LIVE_XDP_TAKE, LIVE_XDP_GENERIC},
};

// Each size comes out as it went in, also one that does not fit into a buffer.
static void test_frames_come_as_sent(void **state)
{
    (void)state;
    static const size_t sizes[] = {46, 60, 255, 256, 257, 1514, 3840, 3841, 4096, 9014};
    static uint8_t frames[10][BED_FRAME_MAX];
    for (size_t c = 0; c < sizeof(same_cases) / sizeof(same_cases[0]); c++) {
        bed_make(2, 9000);
        struct live_options options = options_of(same_cases[c].mode);
        options.xdp.attach = same_cases[c].attach;
        struct live *live = opened(&options);
        for (uint32_t i = 0; i < 10; i++) {
            struct bed_udp udp = {"10.0.0.1", "10.0.0.2", 1000, 2000, .bytes = sizes[i]};
            assert_int_equal(bed_frame(frames[i], &udp, i), sizes[i]);
            bed_send(frames[i], sizes[i], 1);
        }
        bed_read(live, &list, 10);
        assert_int_equal(list.count, 10);
        for (unsigned i = 0; i < 10; i++) {
            assert_seen(&list.seen[i], frames[i], sizes[i]);
            assert_true(list.seen[i].queue == 1 || options.xdp.attach == LIVE_XDP_GENERIC);
        }
        assert_balanced(live, 10);
        live_close(live);
        bed_unmake();
    }
}

static void notices_print(struct live *live)
{
    struct notice notice;
    while (live_notice(live, &notice)) {
        print_message("notice %u: %s\n", notice.kind, notice.message.text);
    }
}

static void test_books_balance(void **state)
{
    (void)state;
    static uint8_t frame[BED_FRAME_MAX];
    for (size_t c = 0; c < sizeof(same_cases) / sizeof(same_cases[0]); c++) {
        bed_make(1, 1500);
        struct live_options options = options_of(same_cases[c].mode);
        options.xdp.attach = same_cases[c].attach;
        struct live *live = opened(&options);
        notices_print(live);
        enum { SENT = 2000 };
        struct bed_udp udp = {"10.0.0.1", "10.0.0.2", 1000, 2000};
        for (uint32_t i = 0; i < SENT; i++) {
            bed_send(frame, bed_frame(frame, &udp, i), 0);
        }
        bed_read(live, &list, SENT);
        assert_true(list.count >= 256 && list.count < SENT);
        assert_balanced(live, SENT);
        live_close(live);
        bed_unmake();
    }
}

static int each_teardown(void **state)
{
    (void)state;
    bed_unmake();
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, each_teardown)

int main(void)
{
    if (!bed_enter()) {
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_frames_come_as_sent),
        TEST(test_books_balance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
