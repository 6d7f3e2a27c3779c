// SPDX-License-Identifier: Apache-2.0
// The same streams of packets through every encoding and every carrier must come out the same; and
// cut anywhere, they must come out up to the cut.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"

enum { ETHERNET = 1, SAMPLES_MAX = 8000, LONGEST = 262144, NAME_BYTES = 80 };

#define START_US INT64_C(1700000000999000)

static struct sample small_sample(size_t i)
{
    return (struct sample){START_US + (int64_t)i * 700, 60, 60};
}

static struct sample sized_sample(size_t i)
{
    return (struct sample){START_US + (int64_t)i, (uint32_t)i, (uint32_t)i};
}

static struct sample snapped_sample(size_t i)
{
    return (struct sample){START_US + (int64_t)i, 64, 1400 + (uint32_t)i};
}

static struct sample longest_sample(size_t i)
{
    return (struct sample){START_US + (int64_t)i, LONGEST, LONGEST};
}

static struct sample unordered_sample(size_t i)
{
    return (struct sample){START_US + (i % 3 == 0 ? -5000000 : (int64_t)i), 60, 60};
}

static struct sample timeless_sample(size_t i)
{
    (void)i;
    return (struct sample){0, 60, 60};
}

static const struct {
    size_t count;
    uint64_t unordered;
    struct sample (*sample)(size_t i);
} streams[] = {
    {0, 0, small_sample},      {1, 0, small_sample},     {SAMPLES_MAX, 0, small_sample},
    {700, 0, sized_sample},    {200, 0, snapped_sample}, {3, 0, longest_sample},
    {10, 3, unordered_sample}, {70, 0, timeless_sample},
};

// One of the ways by which packets get to the reader.
struct way {
    char name[NAME_BYTES];
    const struct encoding *encoding;
    const struct carrier *carrier;
};

static void assert_packet(const struct packet *packet, const struct sample *sample, size_t number)
{
    assert_int_equal(packet->time_us, sample->time_us);
    assert_int_equal(packet->captured_bytes, sample->captured_bytes);
    assert_int_equal(packet->wire_bytes, sample->wire_bytes);
    assert_int_equal(packet->link_type, LINK_ETHERNET);
    static uint8_t octets[LONGEST];
    sample_fill(octets, packet->captured_bytes, number);
    assert_memory_equal(packet->data, octets, packet->captured_bytes);
}

// Reads to the end, in bursts of odd sizes; each packet must be the sample of its number.
static size_t assert_samples(struct capture *capture, const struct sample *samples, size_t count)
{
    struct packet packets[CAPTURE_BURST_MAX];
    size_t seen = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, 1 + seen * 5 % CAPTURE_BURST_MAX)) !=
           CAPTURE_END) {
        for (int i = 0; i < received; i++, seen++) {
            assert_true(seen < count);
            assert_packet(&packets[i], &samples[seen], seen);
        }
        capture_release(capture);
    }
    assert_int_equal(capture_rx_burst(capture, packets, 1), CAPTURE_END);
    return seen;
}

static void whole_streams_come_out(void **state)
{
    const struct way *way = *state;
    struct sample *samples = test_calloc(SAMPLES_MAX, sizeof(*samples));
    for (size_t stream = 0; stream < sizeof(streams) / sizeof(streams[0]); stream++) {
        size_t count = streams[stream].count;
        uint64_t wire_bytes = 0;
        for (size_t i = 0; i < count; i++) {
            samples[i] = streams[stream].sample(i);
            wire_bytes += samples[i].wire_bytes;
        }
        struct written written = {0};
        way->encoding->write(way->encoding, ETHERNET, samples, count, &written);
        struct capture *capture;
        struct error err;
        assert_int_equal(carrier_open(way->carrier, &written.bytes, &capture, &err), 0);
        bytes_free(&written.bytes);

        assert_int_equal(assert_samples(capture, samples, count), count);
        struct capture_stats stats;
        capture->ops->stats(capture, &stats);
        assert_int_equal(stats.received, count);
        assert_int_equal(stats.wire_bytes, wire_bytes);
        assert_int_equal(stats.unordered, streams[stream].unordered);
        assert_int_equal(stats.drops[CAPTURE_DROP_LINK_TYPE], 0);
        const struct capture_loss *losses;
        assert_int_equal(capture->ops->losses(capture, &losses), 0);
        capture->ops->close(capture);
    }
    test_free(samples);
}

enum { CUT_SAMPLES = 3 };

static const struct sample cut_samples[CUT_SAMPLES] = {
    {START_US, 60, 60},
    {START_US + 1, 33, 1400},
    {START_US + 2, 0, 60},
};

// The last place at or before `size` where the file may end without loss; NULL before the first.
static const struct cut *cut_before(const struct written *written, size_t size)
{
    const struct cut *last = NULL;
    for (size_t i = 0; i < written->cut_count && written->cuts[i].bytes <= size; i++) {
        last = &written->cuts[i];
    }
    return last;
}

static void assert_cut(const struct way *way, const struct written *written, size_t size)
{
    const struct bytes head = {.data = written->bytes.data, .size = size};
    const struct cut *cut = cut_before(written, size);
    struct capture *capture = NULL;
    struct error err;
    int code = carrier_open(way->carrier, &head, &capture, &err);
    if (cut == NULL) {
        assert_true(code < 0);
        assert_null(capture);
        return;
    }
    assert_int_equal(code, 0);
    assert_int_equal(assert_samples(capture, cut_samples, CUT_SAMPLES), cut->packets);
    const struct capture_loss *losses;
    size_t loss_count = capture->ops->losses(capture, &losses);
    assert_int_equal(loss_count, size > cut->bytes);
    if (loss_count > 0) {
        assert_string_equal(losses[0].cause, "truncated");
        assert_int_equal(losses[0].offset, cut->bytes);
        assert_int_equal(losses[0].bytes, size - cut->bytes);
    }
    capture->ops->close(capture);
}

static void cut_files_come_out_up_to_the_cut(void **state)
{
    const struct way *way = *state;
    struct written written = {0};
    way->encoding->write(way->encoding, ETHERNET, cut_samples, CUT_SAMPLES, &written);
    for (size_t size = 0; size <= written.bytes.size; size++) {
        assert_cut(way, &written, size);
    }
    bytes_free(&written.bytes);
}

// Here the packing is cut, not what is packed.
static void cut_packings_come_out_up_to_the_cut(void **state)
{
    const struct way *way = *state;
    struct written written = {0};
    way->encoding->write(way->encoding, ETHERNET, cut_samples, CUT_SAMPLES, &written);
    struct bytes packed = {0};
    way->carrier->pack(&written.bytes, &packed);
    size_t last_seen = 0;
    for (size_t size = 0; size < packed.size; size++) {
        const struct bytes head = {.data = packed.data, .size = size};
        struct capture *capture = NULL;
        struct error err;
        if (way->carrier->open(&head, &capture, &err) < 0) {
            assert_int_equal(last_seen, 0);
            assert_null(capture);
            continue;
        }
        size_t seen = assert_samples(capture, cut_samples, CUT_SAMPLES);
        assert_true(seen >= last_seen);
        last_seen = seen;
        const struct capture_loss *losses;
        assert_int_equal(capture->ops->losses(capture, &losses), 1);
        assert_string_equal(losses[0].cause, "truncated");
        capture->ops->close(capture);
    }
    bytes_free(&packed);
    bytes_free(&written.bytes);
}

static void add_test(struct CMUnitTest *test, const char *what, CMUnitTestFunction function,
                     struct way *way)
{
    snprintf(way->name, sizeof(way->name), "%s: %s through %s", what, way->encoding->name,
             way->carrier->name);
    *test = (struct CMUnitTest){.name = way->name, .test_func = function, .initial_state = way};
}

int main(void)
{
    size_t most = 2 * encoding_count * carrier_count;
    struct CMUnitTest *tests = calloc(most, sizeof(*tests));
    struct way *ways = calloc(most, sizeof(*ways));
    if (tests == NULL || ways == NULL) {
        return EXIT_FAILURE;
    }
    size_t count = 0;
    for (size_t i = 0; i < encoding_count * carrier_count; i++) {
        const struct encoding *encoding = &encodings[i / carrier_count];
        const struct carrier *carrier = &carriers[i % carrier_count];
        ways[count] = (struct way){.encoding = encoding, .carrier = carrier};
        add_test(&tests[count], "whole", whole_streams_come_out, &ways[count]);
        count++;
        ways[count] = (struct way){.encoding = encoding, .carrier = carrier};
        add_test(&tests[count], "cut",
                 carrier->pack == NULL ? cut_files_come_out_up_to_the_cut
                                       : cut_packings_come_out_up_to_the_cut,
                 &ways[count]);
        count++;
    }
    int failed = _cmocka_run_group_tests("readers", tests, count, NULL, NULL);
    free(ways);
    free(tests);
    return failed;
}
