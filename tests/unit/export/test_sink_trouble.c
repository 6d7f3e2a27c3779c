// SPDX-License-Identifier: Apache-2.0
// What goes wrong with sinks: addresses that cannot be, files that refuse, readers that rest or
// leave, brokers that do not answer.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/export/lines.h"
#include "tests/unit/export/settled.h"

enum { BATCH = 500, SHORT_TIMEOUT_US = 300000, READ_BYTES = 4096 };

static struct lines lines;
static struct settled settled;
static char folder[] = "/tmp/weir-trouble-XXXXXX";

static struct sink *open_with(const char *address, const struct sink_property *property)
{
    struct sink_options options = {
        .kafka_timeout_us = SHORT_TIMEOUT_US,
        .topic.partitions = 1,
        .properties = property,
        .property_count = property != NULL,
    };
    memset(&settled, 0, sizeof(settled));
    struct sink_events events = settled_events(&settled);
    struct sink *sink = NULL;
    struct error err = {0};
    if (sink_open(address, &options, &events, &sink, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return sink;
}

static struct sink *open_at(const char *scheme, const char *path)
{
    char address[256];
    snprintf(address, sizeof(address), "%s%s", scheme, path);
    return open_with(address, NULL);
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", text, part);
    }
}

static void test_refused_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        struct sink_property property;
        int code;
        const char *says[2];
    } cases[] = {
        {"", {0}, -EINVAL, {"ndjson:PATH", "kafka://"}},
        {"flows.ndjson", {0}, -EINVAL, {"flows.ndjson", "ndjson:PATH"}},
        {"file:x", {0}, -EINVAL, {"file:x", "ndjson:PATH"}},
        {"ndjson:", {0}, -EINVAL, {"ndjson:", "path"}},
        {"ndjson:/tmp", {0}, -EISDIR, {"/tmp", "directory"}},
        {"ndjson:/nowhere/x", {0}, -ENOENT, {"/nowhere/x", "No such file"}},
        {"null:x", {0}, -EINVAL, {"null:x", "nothing"}},
        {"kafka:embedded", {0}, -EINVAL, {"kafka:embedded", "kafka://"}},
        {"kafka://", {0}, -EINVAL, {"kafka://", "HOST:PORT"}},
        {"kafka://broker", {0}, -EINVAL, {"broker", "HOST:PORT"}},
        {"kafka://broker:", {0}, -EINVAL, {"broker:", "HOST:PORT"}},
        {"kafka://:9092", {0}, -EINVAL, {":9092", "HOST:PORT"}},
        {"kafka://broker:0", {0}, -EINVAL, {"broker:0", "HOST:PORT"}},
        {"kafka://broker:65536", {0}, -EINVAL, {"broker:65536", "HOST:PORT"}},
        {"kafka://a:1,b:2,", {0}, -EINVAL, {"a:1,b:2,", "HOST:PORT"}},
        {"kafka://embedded",
         {"linger.mss", "5"},
         -EINVAL,
         {"export.kafka.properties.linger.mss", "No such configuration property"}},
        {"kafka://embedded",
         {"linger.ms", "soon"},
         -EINVAL,
         {"export.kafka.properties.linger.ms = 'soon'", "nvalid"}},
        {"kafka://embedded",
         {"sasl.pasword", "hunter2"},
         -EINVAL,
         {"export.kafka.properties.sasl.pasword", "No such configuration property"}},
        {"kafka://embedded",
         {"sasl.oauthbearer.method", "hunter2"},
         -EINVAL,
         {"export.kafka.properties.sasl.oauthbearer.method", "refuse"}},
        {"kafka://embedded", {"acks", "1"}, -EINVAL, {"acks: expected all", "replicas in sync"}},
        {"kafka://embedded",
         {"enable.idempotence", "false"},
         -EINVAL,
         {"enable.idempotence: expected true", "twice"}},
        {"kafka://b:1",
         {"test.mock.num.brokers", "1"},
         -EINVAL,
         {"test.mock.num.brokers: expected it to be left alone", "kafka://embedded"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sink_options options = {
            .topic.partitions = 1,
            .properties = &cases[i].property,
            .property_count = cases[i].property.name != NULL,
        };
        struct sink_events events = settled_events(&settled);
        struct sink *untouched = NULL;
        struct error err = {0};
        int code = sink_open(cases[i].address, &options, &events, &untouched, &err);
        assert_int_equal(code, cases[i].code);
        assert_null(untouched);
        assert_contains(err.text, cases[i].says[0]);
        assert_contains(err.text, cases[i].says[1]);
        assert_null(strstr(err.text, "hunter2")); // a secret, or what may be one
    }
}

// The file holds the first `count` lines, whole, and nothing else.
static void check_file(const char *path, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += lines.messages[i].value_bytes + 1;
    }
    char *held = malloc(bytes + 1);
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, held, bytes + 1), bytes);
    assert_memory_equal(held, lines.text, bytes);
    close(fd);
    free(held);
}

// Writes all lines where only some fit; then what was delivered is in the file, whole, and the rest
// is counted. Returns how many were delivered.
static size_t check_full(struct sink *sink, const char *path, const char *reason)
{
    lines_write(&lines, sink);
    size_t delivered = settled.of_cause[EXPORT_DELIVERED];
    assert_true(delivered > 0 && delivered < lines.count);
    assert_int_equal(settled.of_cause[EXPORT_WRITE_FAILED], lines.count - delivered);
    assert_int_equal(settled.complaints, 1);
    assert_contains(settled.complaint.text, path);
    assert_contains(settled.complaint.text, reason);
    check_file(path, delivered);
    return delivered;
}

static void test_file_cannot_grow(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof(path), "%s/limited", folder);
    lines_make(&lines, 0, BATCH);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    // Ends inside a line, and inside another one where the first half has been cut off.
    for (rlim_t cut = 1; cut < 3; cut++) {
        struct rlimit small = {.rlim_cur = lines.text_bytes / 2 + cut, .rlim_max = before.rlim_max};
        struct sink *sink = open_at("ndjson:", path);
        setrlimit(RLIMIT_FSIZE, &small);
        size_t delivered = check_full(sink, path, "File too large");
        setrlimit(RLIMIT_FSIZE, &before);

        // With room again the file goes on where the last whole line ended.
        struct sink_message *next = &lines.messages[delivered];
        assert_int_equal(sink_write(sink, next, lines.count - delivered), lines.count - delivered);
        assert_int_equal(settled.of_cause[EXPORT_DELIVERED], lines.count);
        assert_int_equal(settled.complaints, 1);
        check_file(path, lines.count);
        sink_close(sink);
    }
    unlink(path);
}

static void test_disk_full(void **state)
{
    (void)state;
    char mounted[128];
    char path[192];
    snprintf(mounted, sizeof(mounted), "%s/small", folder);
    snprintf(path, sizeof(path), "%s/flows", mounted);
    assert_int_equal(mkdir(mounted, 0700), 0);
    // In a mount namespace of our own, so that nothing stays mounted whatever happens.
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("weir-test", mounted, "tmpfs", 0, "size=64k") != 0) {
        print_message("no disk to fill: only root may mount one\n");
        rmdir(mounted);
        skip();
    }
    lines_make(&lines, 0, BATCH);
    struct sink *sink = open_at("ndjson:", path);
    check_full(sink, path, "No space left on device");
    sink_close(sink);
    assert_int_equal(umount(mounted), 0);
    rmdir(mounted);
}

static void test_full_device(void **state)
{
    (void)state;
    struct sink *sink = open_with("ndjson:/dev/full", NULL);
    lines_make(&lines, 0, BATCH);
    lines_write(&lines, sink);
    lines_make(&lines, BATCH, BATCH);
    lines_write(&lines, sink);
    assert_int_equal(settled.of_cause[EXPORT_WRITE_FAILED], 2 * BATCH);
    assert_int_equal(settled.complaints, 1); // not once for each record, nor for each batch
    assert_contains(settled.complaint.text, "ndjson:/dev/full");
    assert_contains(settled.complaint.text, "No space left on device");
    sink_close(sink);
}

// A pipe with a reader; `reader` is its descriptor.
static struct sink *open_pipe(const char *path, int *reader)
{
    assert_int_equal(mkfifo(path, 0600), 0);
    *reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(*reader >= 0);
    return open_at("ndjson:", path);
}

static void test_pipe_waits_for_its_reader(void **state)
{
    (void)state;
    char path[128];
    int reader;
    snprintf(path, sizeof(path), "%s/slow", folder);
    struct sink *sink = open_pipe(path, &reader);
    lines_make(&lines, 0, BATCH);
    assert_true(lines.text_bytes > 65536); // more than a pipe holds
    size_t done = sink_write(sink, lines.messages, BATCH);
    assert_true(done < BATCH); // and the call came back
    char *held = malloc(lines.text_bytes + READ_BYTES);
    size_t held_bytes = 0;
    while (held_bytes < lines.text_bytes) {
        ssize_t bytes = read(reader, held + held_bytes, READ_BYTES);
        held_bytes += bytes > 0 ? bytes : 0;
        if (done < BATCH) {
            done += sink_write(sink, lines.messages + done, BATCH - done);
        }
    }
    assert_int_equal(held_bytes, lines.text_bytes);
    assert_memory_equal(held, lines.text, lines.text_bytes);
    assert_int_equal(settled.of_cause[EXPORT_DELIVERED], BATCH);
    free(held);
    close(reader);
    sink_close(sink);
    unlink(path);
}

static void test_reader_leaves(void **state)
{
    (void)state;
    char path[128];
    int reader;
    snprintf(path, sizeof(path), "%s/left", folder);
    struct sink *sink = open_pipe(path, &reader);
    lines_make(&lines, 0, BATCH);
    size_t done = sink_write(sink, lines.messages, BATCH);
    assert_true(done < BATCH);
    close(reader);
    assert_int_equal(sink_write(sink, lines.messages + done, BATCH - done), BATCH - done);
    assert_int_equal(settled.of_cause[EXPORT_DELIVERED], done);
    assert_int_equal(settled.of_cause[EXPORT_WRITE_FAILED], BATCH - done);
    assert_contains(settled.complaint.text, "Broken pipe");
    sink_close(sink);
    unlink(path);
}

static void test_broker_does_not_answer(void **state)
{
    (void)state;
    struct sink *sink = open_with("kafka://127.0.0.1:1", NULL);
    lines_make(&lines, 0, BATCH);
    int64_t start_us = clock_monotonic_us();
    lines_write(&lines, sink);
    assert_int_equal(settled.total, 0);
    lines_flush(sink);
    assert_true(clock_monotonic_us() - start_us >= SHORT_TIMEOUT_US);
    assert_int_equal(settled.of_cause[EXPORT_BROKER_UNREACHABLE], BATCH);
    assert_int_equal(settled.complaints, 2); // of the connection, and of giving up
    assert_contains(settled.complaint.text, "kafka://127.0.0.1:1: no broker answered within 0.3s");
    assert_contains(settled.complaint.text, "Connection refused");

    // It has given up: nothing waits any more.
    lines_make(&lines, BATCH, BATCH);
    lines_write(&lines, sink);
    assert_int_equal(settled.of_cause[EXPORT_BROKER_UNREACHABLE], 2 * BATCH);
    assert_int_equal(settled.complaints, 2);
    sink_close(sink);
}

static void test_record_too_large_for_broker(void **state)
{
    (void)state;
    enum { LARGE = 4000 };
    struct sink *sink =
        open_with("kafka://embedded", &(struct sink_property){"message.max.bytes", "2000"});
    lines_make(&lines, 0, 3);
    memset(lines.text, 'x', LARGE);
    lines.messages[1].value = lines.text;
    lines.messages[1].value_bytes = LARGE;
    lines_write(&lines, sink);
    lines_flush(sink);
    assert_int_equal(settled.of_cause[EXPORT_DELIVERED], 2);
    assert_int_equal(settled.cause[1], EXPORT_RECORD_TOO_LARGE);
    assert_contains(settled.complaint.text, "network-traffic");
    sink_close(sink);
}

static int setup(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN); // so that a file at its limit is an error of write(2)
    signal(SIGPIPE, SIG_IGN);
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_addresses),
        cmocka_unit_test(test_file_cannot_grow),
        cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_full_device),
        cmocka_unit_test(test_pipe_waits_for_its_reader),
        cmocka_unit_test(test_reader_leaves),
        cmocka_unit_test(test_broker_does_not_answer),
        cmocka_unit_test(test_record_too_large_for_broker),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
