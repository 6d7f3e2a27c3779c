// SPDX-License-Identifier: Apache-2.0
// The agent thread leaves windows, answers, anomalies and books while clients read and change: run
// it under ThreadSanitizer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api.h"

#define ROOT    "/api/v1"
#define LASTING "1000000000" // an anomaly that goes on

enum { CLIENTS = 4, ROUNDS = 40 };

static void answer_tell(struct api *api, int64_t end_us)
{
    char name[] = "q0";
    struct record record = {.sequence = 0};
    record_init(&record, RECORD_QUERY);
    record.query.query = name;
    record.query.end_us = end_us;
    record_know(&record, RECORD_QUERY_QUERY);
    record_know(&record, RECORD_QUERY_END_US);
    api_tell(api, &record);
}

static void anomaly_tell(struct api *api, uint64_t number, uint8_t phase)
{
    struct record record = {.sequence = 0};
    record_init(&record, RECORD_ANOMALY);
    record.anomaly.anomaly = number;
    record.anomaly.phase = phase;
    record_know(&record, RECORD_ANOMALY_ANOMALY);
    record_know(&record, RECORD_ANOMALY_PHASE);
    api_tell(api, &record);
}

struct client {
    struct api *api;
    unsigned number;
    unsigned wrong;
};

static void ask(struct client *client, const char *method, const char *path, const char *body)
{
    struct answer answer = api_ask(client->api, method, path, NULL, body);
    // Another client may have removed a query, or added it.
    bool right = (answer.status >= 200 && answer.status < 300) || answer.status == 404 ||
                 answer.status == 409;
    client->wrong += !right;
    answer_free(&answer);
}

static void *client_run(void *context)
{
    static const char definition[] = "{\"name\":\"q0\",\"kind\":\"top\",\"subject\":\"port\"}";
    struct client *client = context;
    for (unsigned i = 0; i < ROUNDS; i++) {
        ask(client, "POST", ROOT "/queries", definition);
        ask(client, "GET", ROOT "/windows?limit=100", NULL);
        ask(client, "GET", ROOT "/answers", NULL);
        ask(client, "PATCH", ROOT "/queries/q0", i % 2 == 0 ? "{\"k\":5}" : "{\"k\":6}");
        ask(client, "GET", ROOT "/anomalies", NULL);
        ask(client, "PATCH", ROOT "/config", "{\"log.level\":\"info\"}");
        ask(client, "PATCH", ROOT "/anomalies/" LASTING,
            i % 2 == 0 ? "{\"acknowledged\":true}" : "{\"acknowledged\":false}");
        ask(client, "GET", ROOT "/books", NULL);
        ask(client, "DELETE", ROOT "/queries/q0", NULL);
    }
    return NULL;
}

static void test_clients_read_while_the_agent_thread_writes(void **state)
{
    (void)state;
    struct api api;
    struct client clients[CLIENTS];
    pthread_t threads[CLIENTS];
    struct notice notice;
    unsigned ended = 0;
    api_start(&api, NULL);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.api = &api, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, client_run, &clients[i]), 0);
    }
    for (int64_t pane = 0; ended < CLIENTS; pane++) {
        api_window(&api, pane * 1000000, 1);
        answer_tell(&api, pane);
        anomaly_tell(&api, (uint64_t)pane, RECORD_PHASE_BEGIN);
        anomaly_tell(&api, (uint64_t)(pane > 3 ? pane - 3 : 0), RECORD_PHASE_END);
        anomaly_tell(&api, strtoull(LASTING, NULL, 10), RECORD_PHASE_UPDATE);
        control_books(api.control, json_pack("{s:I}", "received", (json_int_t)pane));
        control_ready(api.control, pane % 2 == 0, "odd");
        while (control_notice(api.control, &notice)) {
        }
        ended += pthread_tryjoin_np(threads[ended], NULL) == 0;
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(clients[i].wrong, 0);
    }
    // What was said last of an anomaly holds, whatever its record said meanwhile.
    api_expect(&api, "PATCH", ROOT "/anomalies/" LASTING, "{\"acknowledged\":true}", 200, "by");
    anomaly_tell(&api, strtoull(LASTING, NULL, 10), RECORD_PHASE_UPDATE);
    api_expect(&api, "GET", ROOT "/anomalies?state=open", NULL, 200, "\"acknowledged\":{");
    // What was removed last has left no answer behind, whoever was first.
    answer_tell(&api, 1);
    api_expect(&api, "GET", ROOT "/answers", NULL, 200, "{\"answers\":[]}");
    api_stop(&api);
}

static void test_an_anomaly_is_shown_once_in_its_last_phase(void **state)
{
    (void)state;
    struct api api;
    api_start(&api, NULL);
    api_expect(&api, "GET", ROOT "/anomalies", NULL, 200, "{\"anomalies\":[]}");
    anomaly_tell(&api, 1, RECORD_PHASE_BEGIN);
    anomaly_tell(&api, 2, RECORD_PHASE_BEGIN);
    anomaly_tell(&api, 1, RECORD_PHASE_UPDATE);
    struct answer answer = api_ask(&api, "GET", ROOT "/anomalies?state=open", NULL, NULL);
    json_t *json = json_loads(answer.body, 0, NULL);
    json_t *list = json_object_get(json, "anomalies");
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "anomaly")), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "phase")),
                        "update");
    json_decref(json);
    answer_free(&answer);
    anomaly_tell(&api, 2, RECORD_PHASE_END);
    api_expect(&api, "GET", ROOT "/anomalies?state=open", NULL, 200, "\"anomaly\":1,");
    api_expect(&api, "GET", ROOT "/anomalies?limit=1", NULL, 200, "\"anomaly\":1,");
    api_expect(&api, "GET", ROOT "/anomalies", NULL, 200, "\"anomaly\":2,\"phase\":\"end\"");
    // Of those that ended, as many are kept as of windows.
    for (uint64_t number = 3; number < 203; number++) {
        anomaly_tell(&api, number, RECORD_PHASE_END);
    }
    answer = api_ask(&api, "GET", ROOT "/anomalies?limit=1000", NULL, NULL);
    json = json_loads(answer.body, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "anomalies")), 101);
    json_decref(json);
    answer_free(&answer);
    api_stop(&api);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_read_while_the_agent_thread_writes),
        cmocka_unit_test(test_an_anomaly_is_shown_once_in_its_last_phase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
