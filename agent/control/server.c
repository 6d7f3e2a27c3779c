// SPDX-License-Identifier: Apache-2.0
#include "agent/control/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/config/text_file.h"
#include "agent/control/exchange.h"
#include "agent/control/listener.h"
#include "agent/control/listener_local.h"
#include "agent/control/visitors.h"
#include "dataplane/base/clock.h"

enum {
    CONNECTIONS_MAX = 1200,
    CROWD_PERCENT = 95,
    CONNECTION_BYTES = 16 * 1024, // for a request's line and headers, and what is read or written
    IDLE_S = 10,
    WAIT_MS_MAX = 1000,
    PEM_BYTES_MAX = 1024 * 1024,
    US_PER_MS = 1000,
};

// What has forward secrecy and authenticates what it encrypts.
#define PRIORITIES                                                                                 \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:"           \
    "+CHACHA20-POLY1305:+AES-128-GCM:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE"

struct server {
    struct control *control;
    struct MHD_Daemon *daemon;
    struct guard guard;
    struct visitors visitors;
    char *token;
    char *certificate; // with the key, as long as the daemon lives
    char *key;
    int listener; // the daemon's once it runs; -1: none
    int poll_fd;  // the daemon's epoll
    pthread_t thread;
    bool started;
    atomic_bool stopping;
    void (*thread_ready)(void *);
    void *context;
    struct error said; // by libmicrohttpd, last
};

static enum MHD_Result taken(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_bytes, void **exchange)
{
    struct server *server = context;
    (void)version;
    return exchange_take(server->control, &server->guard, connection, url, method, upload,
                         upload_bytes, (struct exchange **)exchange);
}

void server_renew(struct server *server, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (info != NULL && info->socket_context != NULL) {
        visitors_renew(&server->visitors, info->socket_context, clock_monotonic_us());
    }
}

static void completed(void *context, struct MHD_Connection *connection, void **exchange,
                      enum MHD_RequestTerminationCode how)
{
    struct server *server = context;
    (void)how;
    exchange_free(*exchange);
    *exchange = NULL;
    server_renew(server, connection);
}

static void connected(void *context, struct MHD_Connection *connection, void **socket_context,
                      enum MHD_ConnectionNotificationCode what)
{
    struct server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        visitors_remove(&server->visitors, *socket_context);
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info != NULL
                          ? visitors_add(&server->visitors, info->connect_fd, clock_monotonic_us())
                          : NULL;
}

// As libmicrohttpd decodes, but for %00: what follows it would be lost.
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strstr(text, "%00") != NULL ? strlen(text) : MHD_http_unescape(text);
}

static void __attribute__((format(printf, 2, 0)))
said(void *context, const char *format, va_list arguments)
{
    struct server *server = context;
    vsnprintf(server->said.text, sizeof(server->said.text), format, arguments);
    server->said.text[strcspn(server->said.text, "\n")] = '\0';
}

static int daemon_start(struct server *server, const struct control_options *options,
                        struct error *err)
{
    bool tls = server->certificate != NULL;
    unsigned room = listener_room(CONNECTIONS_MAX);
    struct MHD_OptionItem secrets[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, server->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, server->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    visitors_init(&server->visitors, room * CROWD_PERCENT / 100);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0), 0,
        NULL, NULL, taken, server, MHD_OPTION_EXTERNAL_LOGGER, said, server,
        MHD_OPTION_LISTEN_SOCKET, server->listener, MHD_OPTION_CONNECTION_LIMIT, room,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_COMPLETED,
        completed, server, MHD_OPTION_NOTIFY_CONNECTION, connected, server,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL, MHD_OPTION_ARRAY, tls ? secrets : &secrets[3],
        MHD_OPTION_END);
    if (server->daemon == NULL) {
        return error_set(err, -EINVAL, "%s: the HTTP server does not start: %s",
                         tls ? "control.certificate, control.key" : options->listen_name,
                         server->said.text[0] != '\0' ? server->said.text : "no reason was given");
    }
    server->poll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return 0;
}

static int options_check(const struct control_options *options, const struct endpoint *listen,
                         struct error *err)
{
    if (options->token == NULL && !endpoint_is_loopback(listen)) {
        return error_set(err, -EINVAL, "%s is not loopback; expected %s with it", options->listen,
                         options->token_name);
    }
    if ((options->certificate == NULL) != (options->key == NULL)) {
        return error_set(err, -EINVAL, "control.certificate and control.key belong together");
    }
    return 0;
}

static int pem_read(const char *path, char **pem, struct error *err)
{
    size_t bytes;
    return text_file_read(path, PEM_BYTES_MAX, pem, &bytes, err);
}

static int server_open(struct server *server, const struct control_options *options,
                       struct error *err)
{
    struct error why;
    int code = endpoint_read_any(&server->guard.listen, options->listen, &why);
    if (code == 0) {
        code = options_check(options, &server->guard.listen, &why);
    }
    if (code != 0) {
        return error_set(err, code, "%s: %s", options->listen_name, why.text);
    }
    if (code == 0 && options->token != NULL) {
        server->token = strdup(options->token);
        server->guard.token = server->token;
        code = server->token != NULL ? 0 : error_set(err, -ENOMEM, "no memory for the token");
    }
    if (code == 0 && options->certificate != NULL) {
        server->guard.tls = true;
        code = pem_read(options->certificate, &server->certificate, err);
    }
    if (code == 0 && options->key != NULL) {
        code = pem_read(options->key, &server->key, err);
    }
    if (code == 0) {
        server->listener = listener_open(&server->guard.listen, &why);
        code = server->listener >= 0 ? 0 : server->listener;
        if (code != 0) {
            return error_set(err, code, "%s: %s", options->listen_name, why.text);
        }
    }
    return code == 0 ? daemon_start(server, options, err) : code;
}

int server_create(struct server **server, struct control *control,
                  const struct control_options *options, struct error *err)
{
    struct server *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for the control API");
    }
    new->control = control;
    new->listener = -1;
    new->thread_ready = options->thread_ready;
    new->context = options->context;
    int code = server_open(new, options, err);
    if (code != 0) {
        server_free(new);
        return code;
    }
    *server = new;
    return 0;
}

// Lets those go on whose change is done, and says when the next is given up.
static int64_t changes_finish(struct server *server)
{
    struct change *change;
    int64_t until_us;
    while ((change = changes_collect(&server->control->changes, clock_monotonic_us(), &until_us)) !=
           NULL) {
        exchange_resume(change);
    }
    return until_us;
}

// The same of those that a generator elsewhere has answered.
static void errands_finish(struct forward *forward)
{
    struct errand *errand;
    while (forward != NULL && (errand = forward_collect(forward)) != NULL) {
        exchange_return(errand);
    }
}

// How long there is nothing to do unless something comes.
static int wait_ms(struct server *server, int64_t until_us)
{
    MHD_UNSIGNED_LONG_LONG wanted;
    int64_t left_us = until_us - clock_monotonic_us();
    int64_t ms = left_us < WAIT_MS_MAX * US_PER_MS ? left_us / US_PER_MS + 1 : WAIT_MS_MAX;
    if (MHD_get_timeout(server->daemon, &wanted) == MHD_YES && (int64_t)wanted < ms) {
        ms = (int64_t)wanted;
    }
    return ms > 0 ? (int)ms : 0;
}

static void *server_run(void *context)
{
    struct server *server = context;
    struct pollfd fds[] = {{.fd = server->poll_fd, .events = POLLIN},
                           {.fd = server->control->wake, .events = POLLIN}};
    if (server->thread_ready != NULL) {
        server->thread_ready(server->context);
    }
    while (!atomic_load_explicit(&server->stopping, memory_order_relaxed)) {
        int64_t until_us = changes_finish(server);
        errands_finish(server->control->forward);
        int64_t turn_us = streams_turn(server->control, clock_monotonic_us());
        MHD_run(server->daemon);
        int64_t expires_us = visitors_expire(&server->visitors, clock_monotonic_us());
        until_us = until_us < expires_us ? until_us : expires_us;
        poll(fds, 2, wait_ms(server, until_us < turn_us ? until_us : turn_us));
        if ((fds[1].revents & POLLIN) != 0) {
            uint64_t count;
            ssize_t had = read(server->control->wake, &count, sizeof(count));
            (void)had; // it only wakes
        }
    }
    return NULL;
}

int server_start(struct server *server, struct error *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // they are the main thread's
    int code = pthread_create(&server->thread, NULL, server_run, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code != 0) {
        return error_set(err, -code, "cannot start the control API's thread: %s", strerror(code));
    }
    server->started = true;
    pthread_setname_np(server->thread, "weir-control");
    return 0;
}

static void thread_end(struct server *server)
{
    uint64_t one = 1;
    atomic_store_explicit(&server->stopping, true, memory_order_relaxed);
    ssize_t woken = write(server->control->wake, &one, sizeof(one));
    (void)woken; // it looks once a second anyway
    pthread_join(server->thread, NULL);
}

void server_free(struct server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->started) {
        thread_end(server);
    }
    struct change *change;
    while ((change = changes_withdraw(&server->control->changes)) != NULL) {
        exchange_resume(change);
    }
    struct errand *errand;
    struct forward *forward = server->control->forward;
    while (forward != NULL && (errand = forward_withdraw(forward)) != NULL) {
        exchange_return(errand);
    }
    streams_end(server->control);
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon); // and closes the listener
    } else if (server->listener >= 0) {
        close(server->listener);
    }
    if (server->listener >= 0 && endpoint_path(&server->guard.listen) != NULL) {
        listener_local_remove(&server->guard.listen);
    }
    free(server->token);
    free(server->certificate);
    free(server->key);
    free(server);
}

unsigned server_port(const struct server *server)
{
    return endpoint_port(&server->guard.listen);
}
