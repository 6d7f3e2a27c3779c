// SPDX-License-Identifier: Apache-2.0
#include "api.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"

enum { ANSWER_BYTES_MAX = 16 * 1024 * 1024, POLL_US = 2000, SECONDS_MAX = 30 };

// Takes log.level as a level, knows log.file as one that needs a restart, and nothing else.
static int option_set(void *context, enum control_step step, const char *name, json_t *value,
                      struct error *err)
{
    (void)context, (void)step;
    if (strcmp(name, "log.file") == 0) {
        return error_set(err, -EBUSY, "%s: cannot change while weir runs", name);
    }
    if (strcmp(name, "log.level") != 0) {
        return error_set(err, -EINVAL, "unknown option \"%s\"", name);
    }
    if (!json_is_string(value)) {
        return error_set(err, -EINVAL, "%s: expected one of error, info", name);
    }
    return 0;
}

static void *agent_run(void *context)
{
    struct api *api = context;
    while (atomic_load(&api->polls)) {
        control_poll(api->control, option_set, api);
        clock_sleep_us(POLL_US);
    }
    return NULL;
}

static void start(struct api *api, const char *token, const char *generator_at,
                  const char *generator_token)
{
    struct error err;
    *api = (struct api){.control = NULL};
    struct query_set_options set = {
        .max = 8, .memory_bytes = 1 << 20, .pane_us = 1000000, .internal = &api->internal};
    if (query_set_create(&api->queries, &set, &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_t *config = json_pack("{s:s, s:s}", "log.level", "info", "sensor", "edge-1");
    struct control_options options = {.listen = "127.0.0.1:0",
                                      .listen_name = "control.listen",
                                      .token = token,
                                      .token_name = "control.token",
                                      .sensor = "edge-1",
                                      .queries = api->queries,
                                      .config = config,
                                      .generator_at = generator_at,
                                      .generator_token = generator_token,
                                      .windows_kept = 100};
    if (control_create(&api->control, &options, &err) != 0 ||
        control_start(api->control, &err) != 0 || json_text_init(&api->json, "edge-1", &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_decref(config);
    atomic_store(&api->polls, true);
    assert_int_equal(pthread_create(&api->agent, NULL, agent_run, api), 0);
}

void api_start(struct api *api, const char *token)
{
    start(api, token, NULL, NULL);
}

void api_start_beside(struct api *api, const char *generator_at, const char *generator_token)
{
    start(api, NULL, generator_at, generator_token);
}

void api_stop(struct api *api)
{
    atomic_store(&api->polls, false);
    pthread_join(api->agent, NULL);
    control_free(api->control);
    json_text_fini(&api->json);
    query_set_free(api->queries);
}

void api_tell(struct api *api, const struct record *record)
{
    size_t bytes = 0;
    const char *json = json_text_make(&api->json, record, &bytes);
    control_tell(api->control, record, json, bytes);
}

void api_window(struct api *api, int64_t start_us, uint64_t packets)
{
    struct record record = {.sequence = 0};
    record_init(&record, RECORD_WINDOW);
    record.window.start_us = start_us;
    record.window.end_us = start_us + 1000000;
    record.window.packets = packets;
    record_know(&record, RECORD_WINDOW_START_US);
    record_know(&record, RECORD_WINDOW_END_US);
    record_know(&record, RECORD_WINDOW_PACKETS);
    api_tell(api, &record);
}

int api_connect(const struct api *api)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)control_port(api->control)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = SECONDS_MAX};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static struct answer answer_read(int fd)
{
    struct answer answer = {.text = calloc(1, ANSWER_BYTES_MAX)};
    ssize_t got;
    while ((got = recv(fd, answer.text + answer.bytes, ANSWER_BYTES_MAX - 1 - answer.bytes, 0)) >
           0) {
        answer.bytes += (size_t)got;
    }
    sscanf(answer.text, "HTTP/1.1 %u", &answer.status);
    const char *end = strstr(answer.text, "\r\n\r\n");
    answer.body = end != NULL ? end + 4 : "";
    return answer;
}

struct answer api_send(const struct api *api, const void *octets, size_t bytes)
{
    int fd = api_connect(api);
    for (size_t sent = 0; sent < bytes;) {
        ssize_t now = send(fd, (const char *)octets + sent, bytes - sent, MSG_NOSIGNAL);
        if (now <= 0) {
            break; // the server has answered and closed
        }
        sent += (size_t)now;
    }
    struct answer answer = answer_read(fd);
    close(fd);
    return answer;
}

struct answer api_ask(const struct api *api, const char *method, const char *path, const char *more,
                      const char *body)
{
    char length[96] = "";
    char *request;
    if (body != NULL) {
        snprintf(length, sizeof(length),
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    }
    int bytes = asprintf(&request,
                         "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
                         "%s%s\r\n%s",
                         method, path, control_port(api->control), more != NULL ? more : "", length,
                         body != NULL ? body : "");
    assert_true(bytes > 0);
    struct answer answer = api_send(api, request, (size_t)bytes);
    free(request);
    return answer;
}

void api_expect(const struct api *api, const char *method, const char *path, const char *body,
                unsigned status, const char *contains)
{
    struct answer answer = api_ask(api, method, path, NULL, body);
    if (answer.status != status || strstr(answer.text, contains) == NULL) {
        fail_msg("%s %s %s: expected %u and %s; got %.2000s", method, path,
                 body != NULL ? body : "", status, contains, answer.text);
    }
    answer_free(&answer);
}

void answer_free(struct answer *answer)
{
    free(answer->text);
    *answer = (struct answer){0};
}
