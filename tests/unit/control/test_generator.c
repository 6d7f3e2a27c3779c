// SPDX-License-Identifier: Apache-2.0
// A generator's API, and a sensor's that hands requests on to it, to a dead one, a slow one, and to
// servers that are none.
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/control/forward.h"
#include "agent/control/listener_local.h"
#include "api.h"
#include "dataplane/base/clock.h"

#define ROOT  "/api/v1"
#define TOKEN "0123456789abcdef"

enum { NOBODY = 65534 };

// What stands for a generator: it knows one member, and one kind of anomaly.
struct made {
    struct control_generator generator;
    struct api api;                 // of it, only what clients need
    char where[128];                // as control.generator says it
    atomic_uint packets_per_second; // the server's thread writes, the test reads
    atomic_uint orders;
};

static json_t *show(void *context)
{
    struct made *made = context;
    return json_pack("{s:s, s:i}", "state", "running", "packets_per_second",
                     (int)atomic_load(&made->packets_per_second));
}

static int change(void *context, json_t *members, struct error *err)
{
    struct made *made = context;
    json_t *value = json_object_get(members, "packets_per_second");
    if (!json_is_integer(value)) {
        return error_set(err, -EINVAL, "packets_per_second: expected a number");
    }
    atomic_store(&made->packets_per_second, (unsigned)json_integer_value(value));
    return 0;
}

static int order(void *context, json_t *order, json_t **begun, struct error *err)
{
    struct made *made = context;
    const char *kind = json_string_value(json_object_get(order, "kind"));
    if (kind == NULL || strcmp(kind, "syn_flood") != 0) {
        return error_set(err, -EINVAL, "unknown kind of anomaly");
    }
    if (atomic_fetch_add(&made->orders, 1) > 0) {
        return error_set(err, -ENOSPC, "there are too many");
    }
    *begun = json_pack("{s:s}", "kind", kind);
    return 0;
}

static void made_start(struct made *made, const char *listen, const char *token)
{
    struct error err;
    *made = (struct made){.generator = {show, change, order, made}};
    atomic_store(&made->packets_per_second, 100);
    struct control_options options = {.listen = listen,
                                      .listen_name = "--listen",
                                      .token = token,
                                      .token_name = "--token-file",
                                      .sensor = "generator",
                                      .generator = &made->generator,
                                      .windows_kept = 1};
    if (control_create(&made->api.control, &options, &err) != 0 ||
        control_start(made->api.control, &err) != 0) {
        fail_msg("%s", err.text);
    }
    unsigned port = control_port(made->api.control);
    snprintf(made->where, sizeof(made->where), port > 0 ? "127.0.0.1:%u" : "unix:/%u", port);
    if (port == 0) {
        snprintf(made->where, sizeof(made->where), "%s", listen);
    }
}

static void made_stop(struct made *made)
{
    control_free(made->api.control);
}

static void test_a_generator_serves_what_is_its_own(void **state)
{
    (void)state;
    struct made made;
    made_start(&made, "127.0.0.1:0", NULL);
    const struct api *api = &made.api;
    api_expect(api, "GET", ROOT "/generator", NULL, 200, "\"packets_per_second\":100");
    api_expect(api, "PATCH", ROOT "/generator", "{\"packets_per_second\":7}", 200, ":7}");
    api_expect(api, "PATCH", ROOT "/generator", "{\"packets\":7}", 400, "expected a number");
    api_expect(api, "PATCH", ROOT "/generator", "[]", 400, "expected a JSON object");
    assert_int_equal(atomic_load(&made.packets_per_second), 7);
    api_expect(api, "POST", ROOT "/generator/anomalies", "{\"kind\":\"syn_flood\"}", 201,
               "Location: " ROOT "/generator");
    api_expect(api, "POST", ROOT "/generator/anomalies", "{\"kind\":\"syn_flood\"}", 409, "many");
    api_expect(api, "POST", ROOT "/generator/anomalies", "{\"kind\":\"x\"}", 400, "unknown kind");
    api_expect(api, "GET", ROOT "/health", NULL, 200, "alive");
    static const char *const of_sensors[] = {"/queries", "/windows", "/config", "/stream",
                                             "/ready"};
    for (size_t i = 0; i < sizeof(of_sensors) / sizeof(of_sensors[0]); i++) {
        char path[64];
        snprintf(path, sizeof(path), ROOT "%s", of_sensors[i]);
        api_expect(api, "GET", path, NULL, 404, "this is a generator of traffic");
    }
    api_expect(api, "GET", "/metrics", NULL, 404, "this is a generator of traffic");
    api_expect(api, "GET", "/", NULL, 404, "no such path");
    struct answer answer = api_ask(api, "GET", ROOT, NULL, NULL);
    json_t *index = json_loads(answer.body, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(index, "routes")), 6);
    json_decref(index);
    answer_free(&answer);
    api_expect(api, "GET", ROOT "/openapi.json", NULL, 200, "GeneratorOrder");
    struct notice notice;
    assert_true(control_notice(made.api.control, &notice));
    assert_non_null(strstr(notice.message.text, "generator told by 127.0.0.1:"));
    assert_non_null(strstr(notice.message.text, ": {\"packets_per_second\":7}"));
    made_stop(&made);
}

// Asks both through a sensor.
static void hands_on(const struct made *made, const char *who)
{
    struct api api;
    struct notice notice;
    api_start_beside(&api, made->where, NULL);
    api_expect(&api, "GET", ROOT "/generator", NULL, 200, "\"packets_per_second\":100");
    api_expect(&api, "PATCH", ROOT "/generator", "{\"packets_per_second\":9}", 200, ":9}");
    assert_int_equal(atomic_load(&made->packets_per_second), 9);
    api_expect(&api, "PATCH", ROOT "/generator", "{\"packets\":7}", 400, "expected a number");
    api_expect(&api, "PATCH", ROOT "/generator", "{", 400, "line 1, column 1");
    api_expect(&api, "POST", ROOT "/generator/anomalies", "{\"kind\":\"syn_flood\"}", 201,
               "Location: " ROOT "/generator");
    api_expect(&api, "POST", ROOT "/generator/anomalies", "{\"kind\":\"syn_flood\"}", 409, "many");
    api_expect(&api, "GET", ROOT, NULL, 200, "/generator/anomalies");
    assert_true(control_notice(made->api.control, &notice));
    assert_non_null(strstr(notice.message.text, who));
    assert_true(control_notice(api.control, &notice));
    assert_non_null(strstr(notice.message.text, "generator told by 127.0.0.1:"));
    assert_true(control_notice(api.control, &notice));
    assert_non_null(strstr(notice.message.text, "syn_flood"));
    assert_false(control_notice(api.control, &notice)); // what was refused is no change
    api_stop(&api);
}

static void test_a_sensor_hands_on(void **state)
{
    (void)state;
    struct made made;
    made_start(&made, "127.0.0.1:0", NULL);
    hands_on(&made, "generator told by 127.0.0.1:");
    made_stop(&made);
}

static char folder[] = "/tmp/weir-generator-XXXXXX";

static void path_write(char *path, size_t size, const char *before, const char *name)
{
    snprintf(path, size, "%s%s/%s", before, folder, name);
}

static void test_a_sensor_hands_on_through_the_file_system(void **state)
{
    (void)state;
    struct made made;
    struct stat status;
    char listen[64];
    char who[64];
    path_write(listen, sizeof(listen), "unix:", "socket");
    made_start(&made, listen, NULL);
    assert_int_equal(stat(listen + strlen("unix:"), &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    snprintf(who, sizeof(who), "process %d of user %u: ", (int)getpid(), getuid());
    hands_on(&made, who);
    made_stop(&made);
    assert_int_equal(stat(listen + strlen("unix:"), &status), -1);
}

static void test_a_socket_is_replaced_when_nobody_listens(void **state)
{
    (void)state;
    struct endpoint endpoint;
    struct error err;
    char text[64];
    path_write(text, sizeof(text), "unix:", "stale");
    assert_int_equal(endpoint_read_any(&endpoint, text, &err), 0);
    int first = listener_local_open(&endpoint, &err);
    assert_true(first >= 0);
    assert_int_equal(listener_local_open(&endpoint, &err), -EADDRINUSE);
    close(first);
    int second = listener_local_open(&endpoint, &err);
    assert_true(second >= 0);
    close(second);
    listener_local_remove(&endpoint);
    assert_int_equal(access(endpoint_path(&endpoint), F_OK), -1);
    FILE *file = fopen(endpoint_path(&endpoint), "we");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(listener_local_open(&endpoint, &err), -EEXIST);
    assert_non_null(strstr(err.text, "is no socket"));
    assert_int_equal(unlink(endpoint_path(&endpoint)), 0);
    assert_int_equal(endpoint_read_any(&endpoint, "unix:/nowhere/at/all", &err), 0);
    assert_int_equal(listener_local_open(&endpoint, &err), -ENOENT);
}

static void test_a_socket_is_its_directorys_owners(void **state)
{
    (void)state;
    struct endpoint endpoint;
    struct error err;
    struct stat status;
    char text[64];
    if (getuid() != 0) {
        skip();
    }
    path_write(text, sizeof(text), "unix:", "given");
    assert_int_equal(mkdir(text + strlen("unix:"), 0700), 0);
    assert_int_equal(chown(text + strlen("unix:"), NOBODY, NOBODY), 0);
    strcat(text, "/socket");
    assert_int_equal(endpoint_read_any(&endpoint, text, &err), 0);
    assert_int_equal(chmod(folder, 0711), 0);
    int fd = listener_local_open(&endpoint, &err);
    assert_true(fd >= 0);
    assert_int_equal(stat(endpoint_path(&endpoint), &status), 0);
    assert_int_equal(status.st_uid, NOBODY);
    assert_int_equal(status.st_gid, NOBODY);
    assert_int_equal(status.st_mode & 0777, 0600);
    close(fd);
    listener_local_remove(&endpoint);
    text[strlen(text) - strlen("/socket")] = '\0';
    assert_int_equal(rmdir(text + strlen("unix:")), 0);
    // With no more rights than its owner has.
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(mkdir(text + strlen("unix:"), 0700), 0);
    assert_int_equal(chown(text + strlen("unix:"), NOBODY, NOBODY), 0);
    assert_int_equal(listener_local_open(&endpoint, &err), -EACCES);
    assert_int_equal(rmdir(text + strlen("unix:")), 0);
}

static void test_a_token_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *token;
        unsigned status;
        const char *contains;
    } cases[] = {
        {NULL, 502, "control.generator_token is none"},
        {TOKEN "x", 502, "control.generator_token is another"},
        {TOKEN, 200, "running"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct made made;
        struct api api;
        made_start(&made, "127.0.0.1:0", TOKEN);
        api_start_beside(&api, made.where, cases[i].token);
        api_expect(&api, "GET", ROOT "/generator", NULL, cases[i].status, cases[i].contains);
        api_stop(&api);
        made_stop(&made);
    }
}

// A server that is none: each connection gets this, after the client has said something, and is
// closed; or, where `says` is NULL, gets nothing.
struct stranger {
    const char *says;
    size_t times; // that it says it
    int listener;
    pthread_t thread;
    char where[64];
};

static void *stranger_run(void *context)
{
    const struct stranger *stranger = context;
    int held[64];
    size_t count = 0;
    int fd;
    while ((fd = accept(stranger->listener, NULL, NULL)) >= 0) {
        char request[4096];
        ssize_t got = stranger->says != NULL ? recv(fd, request, sizeof(request), 0) : 0;
        for (size_t i = 0; got > 0 && i < stranger->times; i++) {
            if (send(fd, stranger->says, strlen(stranger->says), MSG_NOSIGNAL) < 0) {
                break;
            }
        }
        if (stranger->says == NULL && count < sizeof(held) / sizeof(held[0])) {
            held[count++] = fd;
        } else {
            close(fd);
        }
    }
    while (count > 0) {
        close(held[--count]);
    }
    return NULL;
}

static void stranger_start(struct stranger *stranger, const char *says, size_t times)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(at);
    *stranger = (struct stranger){.says = says, .times = times};
    stranger->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stranger->listener, (struct sockaddr *)&at, bytes), 0);
    assert_int_equal(listen(stranger->listener, 64), 0);
    assert_int_equal(getsockname(stranger->listener, (struct sockaddr *)&at, &bytes), 0);
    snprintf(stranger->where, sizeof(stranger->where), "127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&stranger->thread, NULL, stranger_run, stranger), 0);
}

static void stranger_stop(struct stranger *stranger)
{
    shutdown(stranger->listener, SHUT_RDWR);
    pthread_join(stranger->thread, NULL);
    close(stranger->listener);
}

static void test_what_is_no_generator_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        size_t times;
        const char *contains;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\n\r\nhello", 1, "with status 200, is no weir generate"},
        {"HTTP/1.1 404 Not Found\r\n\r\n{\"error\":\"x\"}", 1, "is no weir generate"},
        {"HTTP/1.1 500 No\r\n\r\n{\"wrong\":\"x\"}", 1, "is no weir generate"},
        {"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n\r\n{}", 1, "is no weir generate"},
        {"SSH-2.0-OpenSSH_9.2\r\n", 1, "cannot be asked"},
        {"HTTP/1.1 200 OK\r\n\r\n0123456789012345678901234567890123456789", 4096,
         "with more than 65536 octets, is no weir generate"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stranger stranger;
        struct api api;
        stranger_start(&stranger, cases[i].says, cases[i].times);
        api_start_beside(&api, stranger.where, NULL);
        api_expect(&api, "GET", ROOT "/generator", NULL, 502, cases[i].contains);
        api_expect(&api, "PATCH", ROOT "/generator", "{\"a\":1}", 502, cases[i].contains);
        struct notice notice;
        assert_false(control_notice(api.control, &notice));
        api_stop(&api);
        stranger_stop(&stranger);
    }
}

static void test_nobody_there_is_said(void **state)
{
    (void)state;
    struct stranger stranger;
    struct api api;
    char where[64];
    stranger_start(&stranger, NULL, 0); // for a port that was free
    stranger_stop(&stranger);
    api_start_beside(&api, stranger.where, NULL);
    api_expect(&api, "GET", ROOT "/generator", NULL, 502, "Connection refused");
    api_stop(&api);
    path_write(where, sizeof(where), "unix:", "none");
    api_start_beside(&api, where, NULL);
    api_expect(&api, "GET", ROOT "/generator", NULL, 502, "No such file or directory");
    api_stop(&api);
    api_start(&api, NULL);
    api_expect(&api, "GET", ROOT "/generator", NULL, 404, "control.generator says where");
    api_stop(&api);
}

struct asking {
    const struct api *api;
    atomic_uint status; // 0: not yet
    pthread_t thread;
};

static void *asking_run(void *context)
{
    struct asking *asking = context;
    struct answer answer = api_ask(asking->api, "GET", ROOT "/generator", NULL, NULL);
    atomic_store(&asking->status, answer.status);
    answer_free(&answer);
    return NULL;
}

static void test_a_slow_one_holds_nobody_up(void **state)
{
    (void)state;
    struct stranger stranger;
    struct api api;
    struct asking asking[ERRANDS_MAX + 4];
    unsigned slow = 0;
    unsigned too_many = 0;
    size_t count = sizeof(asking) / sizeof(asking[0]);
    stranger_start(&stranger, NULL, 0);
    api_start_beside(&api, stranger.where, NULL);
    for (size_t i = 0; i < count; i++) {
        asking[i] = (struct asking){.api = &api};
        assert_int_equal(pthread_create(&asking[i].thread, NULL, asking_run, &asking[i]), 0);
    }
    // Others are answered while those wait.
    api_expect(&api, "GET", ROOT "/health", NULL, 200, "alive");
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(atomic_load(&asking[i].status), 504);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(asking[i].thread, NULL);
        slow += asking[i].status == 504;
        too_many += asking[i].status == 503;
    }
    assert_true(slow >= ERRANDS_MAX); // more where clients came so late that the first had gone
    assert_int_equal(slow + too_many, count);
    api_stop(&api);
    stranger_stop(&stranger);
}

static void test_it_ends_while_one_waits(void **state)
{
    (void)state;
    struct stranger stranger;
    struct api api;
    struct asking asking = {.api = &api};
    stranger_start(&stranger, NULL, 0);
    api_start_beside(&api, stranger.where, NULL);
    int fd = api_connect(&api); // one that has gone when its answer comes
    static const char request[] = "GET " ROOT "/generator HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    assert_int_equal(pthread_create(&asking.thread, NULL, asking_run, &asking), 0);
    clock_sleep_us(100000);
    close(fd);
    api_stop(&api);
    pthread_join(asking.thread, NULL);
    stranger_stop(&stranger);
}

static int folder_make(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_generator_serves_what_is_its_own),
        cmocka_unit_test(test_a_sensor_hands_on),
        cmocka_unit_test(test_a_sensor_hands_on_through_the_file_system),
        cmocka_unit_test(test_a_socket_is_replaced_when_nobody_listens),
        cmocka_unit_test(test_a_socket_is_its_directorys_owners),
        cmocka_unit_test(test_a_token_is_shown),
        cmocka_unit_test(test_what_is_no_generator_is_said),
        cmocka_unit_test(test_nobody_there_is_said),
        cmocka_unit_test(test_a_slow_one_holds_nobody_up),
        cmocka_unit_test(test_it_ends_while_one_waits),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
