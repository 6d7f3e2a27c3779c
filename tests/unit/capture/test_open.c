// SPDX-License-Identifier: Apache-2.0
// What is no capture is refused, by a message that says what was found and what was expected.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"

static void put_nothing(struct bytes *bytes)
{
    (void)bytes;
}

static void put_text(struct bytes *bytes)
{
    bytes_put(bytes, "Hello, dear reader of captures", 30);
}

static void put_short_text(struct bytes *bytes)
{
    bytes_put(bytes, "Hi", 2);
}

static void put_binary(struct bytes *bytes)
{
    bytes_put(bytes,
              "\x7f"
              "ELF\x02\x01\x01",
              7);
}

static void put_three_octets(struct bytes *bytes)
{
    bytes_put(bytes, "\xd4\xc3\xb2", 3);
}

static void put_pcap_header_cut(struct bytes *bytes)
{
    pcap_put_header(bytes, &encodings[0], 1);
    bytes->size--;
}

static void put_pcap_version(struct bytes *bytes)
{
    pcap_put_header(bytes, &encodings[0], 1);
    bytes->data[4] = 1;
}

static void put_section_cut(struct bytes *bytes)
{
    pcapng_put_section(bytes, false, 1);
    bytes->size--;
}

static void put_section_without_magic(struct bytes *bytes)
{
    pcapng_put_section(bytes, false, 1);
    bytes->data[8] = 0;
}

static void put_section_version(struct bytes *bytes)
{
    pcapng_put_section(bytes, true, 2);
}

static void put_packed_text(struct bytes *bytes)
{
    struct bytes text = {0};
    put_text(&text);
    gzip_pack(&text, bytes);
    bytes_free(&text);
}

static void put_packed_nothing(struct bytes *bytes)
{
    uint8_t none = 0;
    const struct bytes nothing = {.data = &none, .size = 0};
    zstd_pack(&nothing, bytes);
}

static void put_packing_cut(struct bytes *bytes)
{
    put_packed_text(bytes);
    bytes->size = 12;
}

static const struct refusal {
    const char *name;
    void (*put)(struct bytes *bytes);
    int code;
    const char *message; // a part of it
} refusals[] = {
    {"empty", put_nothing, -ENODATA, "is empty; expected a capture"},
    {"text", put_text, -EBADMSG, "is not a capture: it begins with \"Hello, dear read\"; expected"},
    {"short text", put_short_text, -EBADMSG, "it begins with \"Hi\"; expected pcap, pcapng"},
    {"binary", put_binary, -EBADMSG, "it begins with 7f 45 4c 46; expected"},
    {"three octets", put_three_octets, -EBADMSG, "it begins with d4 c3 b2; expected"},
    {"pcap header cut", put_pcap_header_cut, -EBADMSG, "pcap file header: 23 octets, expected 24"},
    {"pcap version", put_pcap_version, -EBADMSG, "version 1.4; expected 2.4"},
    {"section cut", put_section_cut, -EBADMSG, "pcapng file header: 27 octets, expected 28"},
    {"section without magic", put_section_without_magic, -EBADMSG, "byte-order magic"},
    {"section version", put_section_version, -EBADMSG, "version"},
    {"packed text", put_packed_text, -EBADMSG, "it begins with \"Hello, dear rea"},
    {"packed nothing", put_packed_nothing, -ENODATA, "is empty"},
    {"packing cut", put_packing_cut, -EBADMSG, "its gzip data ends too early"},
};

static void no_capture_is_refused(void **state)
{
    const struct refusal *refusal = *state;
    struct bytes bytes = {0};
    refusal->put(&bytes);
    for (size_t i = 0; i < carrier_count; i++) {
        if (carriers[i].pack != NULL) {
            continue;
        }
        struct capture *capture = NULL;
        struct error err = {""};
        assert_int_equal(carriers[i].open(&bytes, &capture, &err), refusal->code);
        assert_null(capture);
        assert_non_null(strstr(err.text, refusal->message));
        assert_non_null(strstr(err.text, carriers[i].file_name));
    }
    bytes_free(&bytes);
}

static void assert_refused(const char *const *paths, size_t count, double speed, int code,
                           const char *message)
{
    struct capture *capture = NULL;
    struct error err = {""};
    assert_int_equal(capture_open_files(&capture, paths, count, speed, &err), code);
    assert_null(capture);
    assert_non_null(strstr(err.text, message));
}

static void what_cannot_be_opened_is_refused(void **state)
{
    (void)state;
    const char *missing[] = {"/nonexistent/a.pcap"};
    assert_refused(missing, 1, 0, -ENOENT, "cannot open /nonexistent/a.pcap: No such file");
    const char *directory[] = {"/proc/self"};
    assert_refused(directory, 1, 0, -EISDIR, "/proc/self is a directory; expected a capture file");
    const char *twice[] = {"-", "-"};
    assert_refused(twice, 2, 0, -EINVAL, "standard input (-) is given 2 times; expected once");
    assert_refused(NULL, 0, 0, -EINVAL, "no capture file given");
    assert_refused(missing, 1, -1, -EINVAL, "a speed of -1; expected 0 or more");
    assert_refused(missing, 1, NAN, -EINVAL, "a speed of");
}

// The last of several files is bad: those before it must be closed again, which ASan watches.
static void one_bad_file_refuses_all(void **state)
{
    (void)state;
    struct written written = {0};
    encodings[0].write(&encodings[0], 1, &(struct sample){1, 60, 60}, 1, &written);
    char good[PATH_BYTES];
    int fd = file_of(&written.bytes, good);
    const char *paths[] = {good, good, "/nonexistent/a.pcap"};
    assert_refused(paths, 3, 1, -ENOENT, "/nonexistent/a.pcap");
    close(fd);
    bytes_free(&written.bytes);
}

static void file_without_permission_is_refused(void **state)
{
    (void)state;
    uid_t user = geteuid();
    char path[] = "test_capture_open.secret";
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0);
    assert_true(fd >= 0);
    close(fd);
    if (user == 0) { // whom permissions do not stop
        assert_int_equal(seteuid(65534), 0);
    }
    const char *paths[] = {path};
    struct capture *capture = NULL;
    struct error err = {""};
    int code = capture_open_files(&capture, paths, 1, 0, &err);
    assert_int_equal(seteuid(user), 0);
    unlink(path);
    assert_int_equal(code, -EACCES);
    assert_non_null(strstr(err.text, "test_capture_open.secret: Permission denied"));
}

int main(void)
{
    enum { REFUSALS = sizeof(refusals) / sizeof(refusals[0]) };
    struct CMUnitTest refusal_tests[REFUSALS];
    for (size_t i = 0; i < REFUSALS; i++) {
        refusal_tests[i] = (struct CMUnitTest){
            .name = refusals[i].name,
            .test_func = no_capture_is_refused,
            .initial_state = (void *)&refusals[i],
        };
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_opened_is_refused),
        cmocka_unit_test(one_bad_file_refuses_all),
        cmocka_unit_test(file_without_permission_is_refused),
    };
    return cmocka_run_group_tests(refusal_tests, NULL, NULL) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
