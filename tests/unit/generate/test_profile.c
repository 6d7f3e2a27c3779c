// SPDX-License-Identifier: Apache-2.0
// Profiles in words and in files, and what is said of wrong ones.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "made.h"

static int file_read(const char *text, struct profile *profile, struct error *err)
{
    char path[] = "/tmp/weir-profile-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    profile_init(profile);
    int code = profile_read(profile, path, err);
    unlink(path);
    return code;
}

static void test_file(void **state)
{
    (void)state;
    struct profile profile;
    struct error err;
    assert_int_equal(file_read("{\"seed\": 18446744073709551615, \"duration\": \"2h\","
                               " \"packets_per_second\": \"2.5k\", \"addresses\": 512,"
                               " \"ipv6_share\": 0.25, \"start\": \"2026-03-01T12:00:00Z\","
                               " \"protocols\": {\"dns\": 1, \"rtp\": 2.5},"
                               " \"anomalies\": [\"silence@1m+5s\", \"spike@2m+5s:rtp=2\"]}",
                               &profile, &err),
                     -EINVAL); // a number of JSON is signed
    assert_int_equal(file_read("{\"seed\": \"18446744073709551615\", \"duration\": \"2h\","
                               " \"packets_per_second\": \"2.5k\", \"addresses\": 512,"
                               " \"ipv6_share\": 0.25, \"start\": \"2026-03-01T12:00:00Z\","
                               " \"protocols\": {\"dns\": 1, \"rtp\": 2.5},"
                               " \"anomalies\": [\"silence@1m+5s\", \"spike@2m+5s:rtp=2\"]}",
                               &profile, &err),
                     0);
    assert_true(profile.seed == UINT64_MAX && profile.duration_us == INT64_C(7200000000));
    assert_true(profile.packets_per_second == 2500 && profile.addresses == 512);
    assert_true(profile.ipv6_share == 0.25 && profile.start_us == INT64_C(1772366400000000));
    assert_true(profile.shares[PROTOCOL_RTP] == 2.5 && profile.shares[PROTOCOL_HTTPS] == 0);
    assert_int_equal(profile.order_count, 2);
    assert_int_equal(profile.orders[1].protocol, PROTOCOL_RTP);
}

static void test_files_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        {"{", ":1:"},
        {"[]", "expected an object"},
        {"{\"sead\": 1}", "did you mean seed?"},
        {"{\"seed\": true}", "expected a string or a number"},
        {"{\"protocols\": {\"dnss\": 1}}", "did you mean dns?"},
        {"{\"protocols\": {\"dns\": \"much\"}}", "expected a number for dns"},
        {"{\"protocols\": {\"dns=5,http\": 1}}", "unknown protocol dns=5,http"},
        {"{\"protocols\": \"dns=5,dns=6\"}", "dns is named twice"},
        {"{\"addresses\": 5.5}", "expected a whole number; got 5.5"},
        {"{\"addresses\": \"0x10\"}", "expected a number from 4 to"},
        {"{\"rhythm\": \" 0.5\"}", "expected a number from 0 to 1; got  0.5"},
        {"{\"protocols\": {\"dns\": 0}}", "share above 0"},
        {"{\"anomalies\": [\"silence\"]}", "KIND@BEGIN+LENGTH"},
        {"{\"anomalies\": [1]}", "KIND@BEGIN+LENGTH"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct profile profile;
        struct error err = {""};
        assert_true(file_read(cases[i].text, &profile, &err) < 0);
        if (strstr(err.text, cases[i].said) == NULL) {
            fail_msg("%s: %s", cases[i].text, err.text);
        }
    }
}

static void test_settings_that_are_wrong(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"seed", "-1"},
        {"seed", "1x"},
        {"seed", "18446744073709551616"},
        {"duration", "0s"},
        {"duration", "60"},
        {"duration", "9000h"},
        {"start", "yesterday"},
        {"start", "2026-13-01T00:00:00Z"},
        {"addresses", "3"},
        {"addresses", "10M"},
        {"ipv6_share", "1.1"},
        {"ipv6_share", "nan"},
        {"rhythm", "-0.1"},
        {"packets_per_second", "0"},
        {"packets_per_second", "inf"},
        {"protocols", "dns"},
        {"protocols", ""},
        {"flows_per_second", ""},
        {"day", "1us"},
    };
    struct profile before;
    struct profile profile;
    profile_init(&before);
    profile_init(&profile);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {""};
        if (profile_set(&profile, cases[i][0], cases[i][1], &err) != -EINVAL) {
            fail_msg("%s: %s was taken", cases[i][0], cases[i][1]);
        }
        assert_memory_equal(err.text, cases[i][0], strlen(cases[i][0]));
        assert_memory_equal(&before, &profile, sizeof(profile)); // nothing was changed
    }
}

static void test_orders_are_bounded(void **state)
{
    (void)state;
    struct profile profile;
    struct error err;
    profile_init(&profile);
    for (int i = 0; i < PROFILE_ORDERS_MAX; i++) {
        assert_int_equal(profile_set(&profile, "anomaly", "silence@1s+1s", &err), 0);
    }
    assert_int_equal(profile_set(&profile, "anomaly", "silence@1s+1s", &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_files_that_are_wrong),
        cmocka_unit_test(test_settings_that_are_wrong),
        cmocka_unit_test(test_orders_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
