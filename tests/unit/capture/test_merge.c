// SPDX-License-Identifier: Apache-2.0
// Several files come out as one stream in the order of time.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"

enum { FILES_MAX = 5, PACKETS_MAX = 2000 };

// The files of one stream. A packet's length says which file it is of.
struct files {
    size_t count;
    int fds[FILES_MAX];
    char paths[FILES_MAX][PATH_BYTES];
    const char *arguments[FILES_MAX];
};

static uint32_t length_of(size_t file)
{
    return 10 + (uint32_t)file;
}

static void files_add(struct files *files, const struct bytes *stored)
{
    size_t file = files->count++;
    files->fds[file] = file_of(stored, files->paths[file]);
    files->arguments[file] = files->paths[file];
}

static void files_add_times(struct files *files, const int64_t *times_us, size_t count)
{
    static struct sample samples[PACKETS_MAX];
    for (size_t i = 0; i < count; i++) {
        uint32_t length = length_of(files->count);
        samples[i] = (struct sample){times_us[i], length, length};
    }
    const struct encoding *encoding = &encodings[files->count % encoding_count];
    struct written written = {0};
    encoding->write(encoding, 1, samples, count, &written);
    files_add(files, &written.bytes);
    bytes_free(&written.bytes);
}

static struct capture *files_open(struct files *files)
{
    struct capture *capture = NULL;
    struct error err;
    assert_int_equal(capture_open_files(&capture, files->arguments, files->count, 0, &err), 0);
    for (size_t i = 0; i < files->count; i++) {
        close(files->fds[i]);
    }
    return capture;
}

struct seen {
    int64_t time_us;
    size_t file;
};

static size_t read_all(struct capture *capture, struct seen *seen, size_t room)
{
    struct packet packets[CAPTURE_BURST_MAX];
    size_t count = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX)) != CAPTURE_END) {
        for (int i = 0; i < received; i++, count++) {
            assert_true(count < room);
            seen[count] = (struct seen){packets[i].time_us, packets[i].captured_bytes - 10};
        }
        capture_release(capture);
    }
    return count;
}

#define TIMES(...) {__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)

static const struct order_case {
    const char *name;
    size_t file_count;
    struct {
        int64_t times_us[8];
        size_t count;
    } files[FILES_MAX];
    struct seen expected[12];
    uint64_t unordered;
} order_cases[] = {
    {"one after the other", 2, {{TIMES(1, 2)}, {TIMES(3, 4)}}, {{1, 0}, {2, 0}, {3, 1}, {4, 1}}, 0},
    {"given in the wrong order",
     2,
     {{TIMES(3, 4)}, {TIMES(1, 2)}},
     {{1, 1}, {2, 1}, {3, 0}, {4, 0}},
     0},
    {"interleaved",
     3,
     {{TIMES(1, 4, 9)}, {TIMES(2, 5)}, {TIMES(3, 8)}},
     {{1, 0}, {2, 1}, {3, 2}, {4, 0}, {5, 1}, {8, 2}, {9, 0}},
     0},
    {"ties go by argument",
     4,
     {{TIMES(5, 5)}, {TIMES(5)}, {TIMES(5, 6)}, {TIMES(4, 5)}},
     {{4, 3}, {5, 0}, {5, 0}, {5, 1}, {5, 2}, {5, 3}, {6, 2}},
     0},
    {"an empty file among them", 3, {{TIMES(2)}, {{0}, 0}, {TIMES(1)}}, {{1, 2}, {2, 0}}, 0},
    {"a file out of order keeps its order",
     2,
     {{TIMES(5, 1, 6)}, {TIMES(2, 7)}},
     {{2, 1}, {5, 0}, {1, 0}, {6, 0}, {7, 1}},
     1},
};

static void streams_merge(void **state)
{
    const struct order_case *order = *state;
    struct files files = {0};
    size_t expected = 0;
    for (size_t i = 0; i < order->file_count; i++) {
        files_add_times(&files, order->files[i].times_us, order->files[i].count);
        expected += order->files[i].count;
    }
    struct capture *capture = files_open(&files);
    struct seen seen[12];
    assert_int_equal(read_all(capture, seen, 12), expected);
    for (size_t i = 0; i < expected; i++) {
        assert_int_equal(seen[i].time_us, order->expected[i].time_us);
        assert_int_equal(seen[i].file, order->expected[i].file);
    }
    struct capture_stats stats;
    capture->ops->stats(capture, &stats);
    assert_int_equal(stats.received, expected);
    assert_int_equal(stats.unordered, order->unordered);
    capture->ops->close(capture);
}

// Bursts of the files end at different places, and the reader stops in the middle of them.
static void books_balance_at_every_burst(void **state)
{
    (void)state;
    struct files files = {0};
    for (size_t file = 0; file < FILES_MAX; file++) {
        static int64_t times_us[PACKETS_MAX];
        int64_t time_us = (int64_t)file;
        for (size_t i = 0; i < PACKETS_MAX; i++) {
            times_us[i] = time_us += (int64_t)(i * 2654435761u >> 7) % (20 + (int64_t)file * 3);
        }
        files_add_times(&files, times_us, PACKETS_MAX - file * 300);
    }
    struct capture *capture = files_open(&files);
    struct packet packets[CAPTURE_BURST_MAX];
    uint64_t given = 0;
    uint64_t wire_bytes = 0;
    int64_t last_us = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, 1 + given % 50)) != CAPTURE_END) {
        assert_true(received > 0);
        for (int i = 0; i < received; i++) {
            assert_true(packets[i].time_us >= last_us);
            last_us = packets[i].time_us;
            wire_bytes += packets[i].wire_bytes;
        }
        given += (uint64_t)received;
        capture_release(capture);
        struct capture_stats stats;
        capture->ops->stats(capture, &stats);
        assert_int_equal(stats.received, given);
        assert_int_equal(stats.wire_bytes, wire_bytes);
        assert_int_equal(stats.unordered, 0);
    }
    assert_int_equal(given, FILES_MAX * PACKETS_MAX - (1 + 2 + 3 + 4) * 300);
    capture->ops->close(capture);
}

static void losses_of_all_files_are_told(void **state)
{
    (void)state;
    struct files files = {0};
    const struct sample samples[] = {{5, 60, 60}, {6, 60, 60}};
    static const struct {
        uint16_t link_number;
        size_t extra; // octets behind the last record
    } parts[] = {{1, 3}, {1, 0}, {105, 2}};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct written written = {0};
        encodings[0].write(&encodings[0], parts[i].link_number, samples, 2, &written);
        bytes_put(&written.bytes, NULL, parts[i].extra);
        files_add(&files, &written.bytes);
        bytes_free(&written.bytes);
    }
    struct capture *capture = files_open(&files);
    struct packet packets[CAPTURE_BURST_MAX];
    uint64_t given = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX)) != CAPTURE_END) {
        given += (uint64_t)received;
        capture_release(capture);
    }
    assert_int_equal(given, 4);
    struct capture_stats stats;
    capture->ops->stats(capture, &stats);
    assert_int_equal(stats.received, 6);
    assert_int_equal(stats.drops[CAPTURE_DROP_LINK_TYPE], 2);
    static const struct {
        size_t file;
        const char *cause;
    } expected[] = {{0, "truncated"}, {2, "link_type"}, {2, "truncated"}};
    const struct capture_loss *losses;
    assert_int_equal(capture->ops->losses(capture, &losses), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(losses[i].file, files.paths[expected[i].file]);
        assert_string_equal(losses[i].cause, expected[i].cause);
    }
    capture->ops->close(capture);
}

// A pipe's next packet may be the oldest of all, so nothing goes past it.
static void waiting_pipe_holds_up_the_others(void **state)
{
    (void)state;
    struct files files = {0};
    files_add_times(&files, (int64_t[]){20}, 1);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    snprintf(files.paths[1], PATH_BYTES, "/proc/self/fd/%d", ends[0]);
    files.arguments[1] = files.paths[1];
    files.fds[1] = ends[0];
    files.count = 2;
    struct bytes header = {0};
    pcap_put_header(&header, &encodings[0], 1);
    assert_int_equal(write(ends[1], header.data, header.size), header.size);
    bytes_free(&header);
    struct capture *capture = files_open(&files);

    struct packet packets[CAPTURE_BURST_MAX];
    assert_int_equal(capture_rx_burst(capture, packets, CAPTURE_BURST_MAX), 0);
    struct bytes record = {0};
    pcap_put_record(&record, &encodings[0], &(struct sample){10, 60, 60}, 0);
    assert_int_equal(write(ends[1], record.data, 30), 30);
    assert_int_equal(capture_rx_burst(capture, packets, CAPTURE_BURST_MAX), 0);
    assert_int_equal(write(ends[1], record.data + 30, record.size - 30), record.size - 30);
    bytes_free(&record);
    assert_int_equal(capture_rx_burst(capture, packets, CAPTURE_BURST_MAX), 1);
    assert_int_equal(packets[0].time_us, 10);
    capture_release(capture);
    assert_int_equal(capture_rx_burst(capture, packets, CAPTURE_BURST_MAX), 0);
    close(ends[1]);
    assert_int_equal(capture_rx_burst(capture, packets, CAPTURE_BURST_MAX), 1);
    assert_int_equal(packets[0].time_us, 20);
    capture_release(capture);
    assert_int_equal(capture_rx_burst(capture, packets, CAPTURE_BURST_MAX), CAPTURE_END);
    capture->ops->close(capture);
}

int main(void)
{
    enum { ORDER_CASES = sizeof(order_cases) / sizeof(order_cases[0]) };
    struct CMUnitTest order_tests[ORDER_CASES];
    for (size_t i = 0; i < ORDER_CASES; i++) {
        order_tests[i] = (struct CMUnitTest){order_cases[i].name, streams_merge, NULL, NULL,
                                             (void *)&order_cases[i]};
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_balance_at_every_burst),
        cmocka_unit_test(losses_of_all_files_are_told),
        cmocka_unit_test(waiting_pipe_holds_up_the_others),
    };
    return cmocka_run_group_tests(order_tests, NULL, NULL) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
