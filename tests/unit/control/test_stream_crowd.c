// SPDX-License-Identifier: Apache-2.0
// The agent thread tells records while clients follow the event stream, leave, and come back: run
// it under ThreadSanitizer.
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/control/events.h"
#include "api.h"
#include "dataplane/base/clock.h"

enum {
    CLIENTS = 6,
    LEGS = 4,         // times that a client follows, each but the first from where it left
    LEG_EVENTS = 250, // that it stays for
    TELL_US = 2000,   // who comes back within seconds is not too late
    FLOOD = 2 * EVENTS_MAX,
    FLOOD_BYTES = 4000, // of each: more than the kernel holds for who does not read
};

struct follower {
    const struct api *api;
    FILE *from;
    char run[32];  // of the last id
    uint64_t last; // event's number; 0: none has been told
    unsigned events;
    char id[64]; // of the event that is being read
    bool hello;  // the next event is the first
    bool resumed;
    unsigned wrong; // events that were left out or broken
};

// Asks for the stream, behind the last event where there was one. HTTP/1.0: the body comes as is.
static void follow(struct follower *follower)
{
    char request[256];
    char id[96] = "";
    if (follower->last > 0) {
        snprintf(id, sizeof(id), "Last-Event-ID: %s-%" PRIu64 "\r\n", follower->run,
                 follower->last);
    }
    int bytes = snprintf(request, sizeof(request),
                         "GET /api/v1/stream HTTP/1.0\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
                         control_port(follower->api->control), id);
    int fd = api_connect(follower->api);
    assert_int_equal(send(fd, request, (size_t)bytes, MSG_NOSIGNAL), bytes);
    follower->from = fdopen(fd, "r");
    assert_non_null(follower->from);
}

// From then on it is told what happens.
static void await_hello(const struct follower *follower)
{
    char first;
    assert_int_equal(recv(fileno(follower->from), &first, 1, MSG_PEEK), 1);
}

static void leave(struct follower *follower)
{
    fclose(follower->from);
    follower->from = NULL;
}

static void id_take(struct follower *follower, const char *id, bool hello)
{
    uint64_t number = 0;
    char run[sizeof(follower->run)];
    bool read = sscanf(id, "%31[^-]-%" SCNu64, run, &number) == 2;
    bool known = follower->last > 0;
    follower->wrong += !read || (known && !hello && number != follower->last + 1) ||
                       (known && strcmp(run, follower->run) != 0);
    follower->events += !hello;
    follower->last = number;
    snprintf(follower->run, sizeof(follower->run), "%s", run);
}

// Reads until it has had so many events, or the stream ends.
// One line of the stream; an event is had with its data.
static void line_take(struct follower *follower, const char *line, size_t bytes)
{
    if (strncmp(line, "id: ", 4) == 0) {
        snprintf(follower->id, sizeof(follower->id), "%s", line + 4);
    } else if (strncmp(line, "data: ", 6) == 0) {
        bool hello = follower->hello;
        follower->wrong += strchr("{[", line[6]) == NULL || strchr("}]", line[bytes - 2]) == NULL;
        if (hello) {
            follower->resumed = strcmp(line + 6, "{\"resumed\":true}\n") == 0;
        }
        if (follower->id[0] != '\0') { // what held before has none
            id_take(follower, follower->id, hello);
        }
        follower->hello = false;
        follower->id[0] = '\0';
    }
}

// Reads until it has had so many events, or the stream ends, be it within a line.
static void read_events(struct follower *follower, unsigned events)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t bytes;
    follower->hello = true;
    follower->id[0] = '\0';
    follower->events = 0;
    while (follower->events < events && (bytes = getline(&line, &room, follower->from)) > 0 &&
           line[bytes - 1] == '\n') {
        line_take(follower, line, (size_t)bytes);
    }
    free(line);
}

static void *client_run(void *context)
{
    struct follower *follower = context;
    for (unsigned leg = 0; leg < LEGS; leg++) {
        follow(follower);
        uint64_t left_at = follower->last;
        read_events(follower, LEG_EVENTS);
        follower->wrong += follower->resumed != (leg > 0) || follower->events != LEG_EVENTS ||
                           (leg > 0 && follower->last != left_at + LEG_EVENTS);
        leave(follower);
    }
    return NULL;
}

// Stays until the server ends.
static void *loyal_run(void *context)
{
    struct follower *follower = context;
    follow(follower);
    read_events(follower, UINT32_MAX);
    leave(follower);
    return NULL;
}

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

static void anomaly_tell(struct api *api, uint64_t number)
{
    struct record record = {.sequence = 0};
    record_init(&record, RECORD_ANOMALY);
    record.anomaly.anomaly = number / 2;
    record.anomaly.phase = number % 2 == 0 ? RECORD_PHASE_BEGIN : RECORD_PHASE_END;
    record_know(&record, RECORD_ANOMALY_ANOMALY);
    record_know(&record, RECORD_ANOMALY_PHASE);
    api_tell(api, &record);
}

static void tell(struct api *api, int64_t pane)
{
    api_window(api, pane * 1000000, 1);
    answer_tell(api, pane);
    anomaly_tell(api, (uint64_t)pane);
    control_books(api->control, json_pack("{s:I}", "received", (json_int_t)pane));
    control_ready(api->control, pane % 2 == 0, "odd");
    clock_sleep_us(TELL_US);
}

// Each event once, in order, over all legs.
static void test_each_follower_is_told_everything(void **state)
{
    (void)state;
    static struct follower clients[CLIENTS];
    struct follower loyal = {0};
    pthread_t threads[CLIENTS];
    pthread_t loyal_thread;
    struct api api;
    unsigned ended = 0;
    api_start(&api, NULL);
    loyal.api = &api;
    assert_int_equal(pthread_create(&loyal_thread, NULL, loyal_run, &loyal), 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct follower){.api = &api};
        assert_int_equal(pthread_create(&threads[i], NULL, client_run, &clients[i]), 0);
    }
    for (int64_t pane = 0; ended < CLIENTS; pane++) {
        tell(&api, pane);
        ended += pthread_tryjoin_np(threads[ended], NULL) == 0;
    }
    api_stop(&api);
    pthread_join(loyal_thread, NULL);
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(clients[i].wrong, 0);
    }
    assert_int_equal(loyal.wrong, 0);
    assert_true(loyal.events > 0);
}

static void flood(struct api *api)
{
    char filler[FLOOD_BYTES + 1];
    memset(filler, 'x', FLOOD_BYTES);
    filler[FLOOD_BYTES] = '\0';
    for (unsigned i = 0; i < FLOOD; i++) {
        control_books(api->control, json_pack("{s:s}", "filler", filler));
    }
}

// Who does not read keeps nothing from the others, nor the old events from going; its stream ends
// without a hole, and what it comes back for is gone.
static void test_who_does_not_read_is_let_go(void **state)
{
    (void)state;
    struct follower slow = {0};
    struct follower quick = {0};
    pthread_t quick_thread;
    struct api api;
    int bytes = 65536;
    api_start(&api, NULL);
    slow.api = quick.api = &api;
    follow(&slow);
    setsockopt(fileno(slow.from), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    await_hello(&slow);
    assert_int_equal(pthread_create(&quick_thread, NULL, loyal_run, &quick), 0);
    flood(&api);
    read_events(&slow, UINT32_MAX);
    assert_int_equal(slow.wrong, 0);
    assert_true(slow.events < FLOOD);
    leave(&slow);
    follow(&slow);
    await_hello(&slow);
    control_books(api.control, json_pack("{s:i}", "received", 1));
    uint64_t had = slow.last;
    slow.last = 0;
    read_events(&slow, 1);
    assert_false(slow.resumed);
    assert_true(slow.last > had);
    leave(&slow);
    api_stop(&api);
    pthread_join(quick_thread, NULL);
    assert_int_equal(quick.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_follower_is_told_everything),
        cmocka_unit_test(test_who_does_not_read_is_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
