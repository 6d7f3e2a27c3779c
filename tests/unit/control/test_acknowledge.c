// SPDX-License-Identifier: Apache-2.0
// Anomalies and what clients say of them: shown with the anomaly as long as it is kept, whatever
// comes of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api.h"

#define ROOT       "/api/v1"
#define ANOMALY(n) ROOT "/anomalies/" #n
#define YES        "{\"acknowledged\": true, \"note\": \"a backup\"}"
#define NO         "{\"acknowledged\": false}"
#define LISTED     ROOT "/anomalies"

static int start(void **state)
{
    struct api *api = calloc(1, sizeof(*api));
    api_start(api, NULL);
    *state = api;
    return 0;
}

static int stop(void **state)
{
    api_stop(*state);
    free(*state);
    return 0;
}

static void anomaly_tell(struct api *api, uint64_t number, enum record_phase phase, double score)
{
    struct record record = {.sequence = 0};
    record_init(&record, RECORD_ANOMALY);
    record.anomaly.anomaly = number;
    record.anomaly.phase = (uint8_t)phase;
    record.anomaly.score = score;
    record_know(&record, RECORD_ANOMALY_ANOMALY);
    record_know(&record, RECORD_ANOMALY_PHASE);
    record_know(&record, RECORD_ANOMALY_SCORE);
    api_tell(api, &record);
}

// Fails unless the anomalies that are shown hold the one, and not the other.
static void shows(struct api *api, const char *there, const char *not_there)
{
    struct answer answer = api_ask(api, "GET", LISTED, NULL, NULL);
    if (answer.status != 200 || strstr(answer.body, there) == NULL ||
        (not_there != NULL && strstr(answer.body, not_there) != NULL)) {
        fail_msg("expected %s, not %s; got %s", there, not_there != NULL ? not_there : "-",
                 answer.body);
    }
    answer_free(&answer);
}

static void test_stays_with_the_anomaly(void **state)
{
    struct api *api = *state;
    anomaly_tell(api, 7, RECORD_PHASE_BEGIN, 1.5);
    anomaly_tell(api, 8, RECORD_PHASE_BEGIN, 2.5);
    api_expect(api, "PATCH", ANOMALY(7), YES, 200, "\"note\":\"a backup\"}}");
    shows(api, "\"score\":1.5,\"acknowledged\":{\"at_us\":", "\"score\":2.5,\"acknowledged\"");
    anomaly_tell(api, 7, RECORD_PHASE_UPDATE, 3.5);
    shows(api, "\"score\":3.5,\"acknowledged\":{\"at_us\":", "\"score\":1.5");
    anomaly_tell(api, 7, RECORD_PHASE_END, 4.5);
    shows(api, "\"score\":4.5,\"acknowledged\":{\"at_us\":", "\"score\":3.5");
    api_expect(api, "PATCH", ANOMALY(7), "{\"acknowledged\": true}", 200, "\"note\":\"\"}}");
    shows(api, "\"note\":\"\"", "a backup");
    api_expect(api, "PATCH", ANOMALY(7), NO, 200, "\"score\":4.5}");
    shows(api, "\"score\":4.5}", "acknowledged");
    api_expect(api, "PATCH", ANOMALY(7), NO, 200, "\"score\":4.5}");
}

static void test_is_logged_with_who_asked(void **state)
{
    struct api *api = *state;
    struct notice notice;
    anomaly_tell(api, 7, RECORD_PHASE_BEGIN, 1.5);
    api_expect(api, "PATCH", ANOMALY(7), YES, 200, "\"by\":\"127.0.0.1:");
    api_expect(api, "PATCH", ANOMALY(7), NO, 200, "\"anomaly\":7");
    api_expect(api, "PATCH", ANOMALY(9), YES, 404, "'9'");
    assert_true(control_notice(api->control, &notice));
    assert_non_null(strstr(notice.message.text, "anomaly 7 acknowledged by 127.0.0.1:"));
    assert_non_null(strstr(notice.message.text, ": a backup"));
    assert_true(control_notice(api->control, &notice));
    assert_non_null(strstr(notice.message.text, "anomaly 7 taken back by 127.0.0.1:"));
    assert_false(control_notice(api->control, &notice));
}

// What is logged of it is UTF-8, wherever it had to be cut.
static void test_long_notes_are_cut_between_characters(void **state)
{
    struct api *api = *state;
    struct notice notice;
    char body[1024];
    anomaly_tell(api, 7, RECORD_PHASE_BEGIN, 1.5);
    for (int shift = 0; shift < 3; shift++) {
        int bytes =
            snprintf(body, sizeof(body), "{\"acknowledged\": true, \"note\": \"%.*s", shift, "ab");
        for (int i = 0; i < 198; i++) {
            bytes += snprintf(body + bytes, sizeof(body) - (size_t)bytes, "\u20ac");
        }
        snprintf(body + bytes, sizeof(body) - (size_t)bytes, "\"}");
        api_expect(api, "PATCH", ANOMALY(7), body, 200, "\u20ac\"}}");
        assert_true(control_notice(api->control, &notice));
        json_t *line = json_string(notice.message.text);
        assert_non_null(line);
        json_decref(line);
        assert_non_null(strstr(notice.message.text, "... (cut; the whole line has 6"));
    }
}

static void test_wrong_wishes_are_refused(void **state)
{
    struct api *api = *state;
    char long_note[256];
    anomaly_tell(api, 7, RECORD_PHASE_BEGIN, 1.5);
    static const struct {
        const char *path, *body;
        unsigned status;
        const char *says;
    } cases[] = {
        {ANOMALY(8), YES, 404, "no anomaly of this run has the number '8'"},
        {ANOMALY(0), YES, 404, "'0'"},
        {ANOMALY(seven), YES, 404, "'seven'"},
        {ANOMALY(99999999999999999999), YES, 404, "'99999999999999999999'"},
        {ANOMALY(7), "{}", 400, "acknowledged: expected true or false"},
        {ANOMALY(7), "{\"acknowledged\": 1}", 400, "acknowledged: expected true or false"},
        {ANOMALY(7), "{\"acknowledged\": true, \"nota\": \"x\"}", 400, "unknown member"},
        {ANOMALY(7), "{\"acknowledged\": true, \"note\": 1}", 400, "note: expected a text"},
        {ANOMALY(7), "{\"acknowledged\": false, \"note\": \"x\"}", 400, "note: expected none"},
        {ANOMALY(7), "[]", 400, "expected a JSON object"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        api_expect(api, "PATCH", cases[i].path, cases[i].body, cases[i].status, cases[i].says);
    }
    snprintf(long_note, sizeof(long_note), "{\"acknowledged\": true, \"note\": \"%0201d\"}", 0);
    api_expect(api, "PATCH", ANOMALY(7), long_note, 400, "at most 200 characters");
    shows(api, "\"anomaly\":7", "acknowledged");
    api_expect(api, "GET", ANOMALY(7), NULL, 405, "Allow: PATCH, OPTIONS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stays_with_the_anomaly, start, stop),
        cmocka_unit_test_setup_teardown(test_is_logged_with_who_asked, start, stop),
        cmocka_unit_test_setup_teardown(test_long_notes_are_cut_between_characters, start, stop),
        cmocka_unit_test_setup_teardown(test_wrong_wishes_are_refused, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
