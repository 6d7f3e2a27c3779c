// SPDX-License-Identifier: Apache-2.0
#include "agent/control/exchange.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/control/route.h"

enum {
    BLOCK_BYTES = 16 * 1024,   // of a reply that is made at once
    DROPPED_MAX = 1024 * 1024, // of a body that is not wanted, before the connection is closed
    LENGTH_TEXT_MAX = 20,
};

static const char busy[] = "{\"error\":\"too much is under way; try again\"}\n";

// Headers of every reply: nothing here is for a browser to show, to guess at or to keep.
static const char *const headers[][2] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
};

static const char *header_of(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static ssize_t page_next(void *context, uint64_t position, char *buffer, size_t most)
{
    (void)position; // pages are read once, from the beginning
    size_t bytes = page_read(context, buffer, most);
    return bytes > 0 ? (ssize_t)bytes : MHD_CONTENT_READER_END_OF_STREAM;
}

static void page_done(void *context)
{
    page_free(context);
}

// Writes "GET, HEAD, OPTIONS" and the like.
static void allow_write(unsigned allowed, char *text, size_t size)
{
    size_t used = 0;
    for (unsigned i = 0; i < HTTP_METHOD_COUNT && used < size; i++) {
        if ((allowed >> i & 1) != 0) {
            used += (size_t)snprintf(text + used, size - used, "%s, ",
                                     i == HTTP_GET ? "GET, HEAD" : http_method_names[i]);
        }
    }
    if (used < size) {
        snprintf(text + used, size - used, "OPTIONS");
    }
}

static void headers_add(struct MHD_Response *response, const struct reply *reply)
{
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
    if (reply->status != MHD_HTTP_NO_CONTENT) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                reply->type != NULL ? reply->type : "application/json");
    }
    if (reply->location[0] != '\0') {
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, reply->location);
    }
    if (reply->allow != 0) {
        char allow[64];
        allow_write(reply->allow, allow, sizeof(allow));
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    }
    if (reply->status == MHD_HTTP_UNAUTHORIZED) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                "Bearer realm=\"weir\"");
    }
    if (reply->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    }
}

// What a page, or its absence, is sent as; the page goes with it.
static struct MHD_Response *page_response(struct page *page)
{
    if (page == NULL) {
        return MHD_create_response_from_buffer(sizeof(busy) - 1, (void *)busy,
                                               MHD_RESPMEM_PERSISTENT);
    }
    size_t block = page->bytes < BLOCK_BYTES ? page->bytes + 1 : BLOCK_BYTES;
    struct MHD_Response *response =
        MHD_create_response_from_callback(page->bytes, block, page_next, page, page_done);
    if (response == NULL) {
        page_free(page);
    }
    return response;
}

static enum MHD_Result asset_send(struct exchange *exchange, const struct asset *asset)
{
    unsigned status;
    struct MHD_Response *response = asset_response(asset, exchange->connection, &status);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result sent = MHD_queue_response(exchange->connection, status, response);
    MHD_destroy_response(response);
    return sent;
}

// Queues the reply, whose page goes with it.
static enum MHD_Result reply_send(struct exchange *exchange, struct reply *reply)
{
    struct MHD_Response *response = NULL;
    if (reply->asset != NULL) {
        return asset_send(exchange, reply->asset);
    }
    if (reply->streams) {
        response = stream_open(exchange->control, exchange->connection,
                               header_of(exchange, "Last-Event-ID"));
        reply->type = "text/event-stream";
    }
    if (response == NULL) {
        reply->status = reply->streams ? MHD_HTTP_SERVICE_UNAVAILABLE : reply->status;
        reply->type = reply->streams ? NULL : reply->type;
        response = page_response(reply->page);
        reply->page = NULL;
    }
    if (response == NULL) {
        return MHD_NO;
    }
    headers_add(response, reply);
    enum MHD_Result sent = MHD_queue_response(exchange->connection, reply->status, response);
    MHD_destroy_response(response);
    return sent;
}

// Of a client on a socket in the file system.
static void who_local_write(const struct exchange *exchange, char text[ENDPOINT_TEXT_MAX])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t bytes = sizeof(peer);
    if (info != NULL && getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0) {
        snprintf(text, ENDPOINT_TEXT_MAX, "process %d of user %u", (int)peer.pid, peer.uid);
    }
}

static void who_write(struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct endpoint from = {.bytes = 0};
    char text[ENDPOINT_TEXT_MAX] = "?";
    if (endpoint_path(&exchange->guard->listen) != NULL) {
        who_local_write(exchange, text);
    } else if (info != NULL && info->client_addr != NULL) {
        bool ipv6 = info->client_addr->sa_family == AF_INET6;
        from.bytes = ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        memcpy(&from.address, info->client_addr, from.bytes);
        endpoint_text(&from, text);
    }
    snprintf(exchange->who, sizeof(exchange->who), "%s%s", text,
             exchange->guard->token != NULL ? " with the token" : "");
}

// The method's number; HEAD is a GET whose body libmicrohttpd keeps back. -1: it is another one.
static int method_of(const char *name)
{
    if (strcmp(name, MHD_HTTP_METHOD_HEAD) == 0) {
        return HTTP_GET;
    }
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (strcmp(name, http_method_names[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    if (type == NULL || strncasecmp(type, json, sizeof(json) - 1) != 0) {
        return false;
    }
    const char *rest = type + sizeof(json) - 1;
    return rest[strspn(rest, " \t")] == '\0' || rest[strspn(rest, " \t")] == ';';
}

// What a body's headers say of it, before any of it is taken. False: the reply says what is wrong.
static bool body_check(const struct exchange *exchange, const struct route *route,
                       struct reply *reply)
{
    struct budget *budget = &exchange->control->budget;
    const char *length = header_of(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);
    bool large = length != NULL &&
                 (strlen(length) > LENGTH_TEXT_MAX || strtoull(length, NULL, 10) > BODY_BYTES_MAX);
    if (large) {
        reply_error(reply, budget, 413, "the body is too large; expected at most %d octets",
                    BODY_BYTES_MAX);
    } else if (route->takes != NULL &&
               !is_json(header_of(exchange, MHD_HTTP_HEADER_CONTENT_TYPE))) {
        reply_error(reply, budget, 415, "Content-Type: expected application/json");
    } else {
        return true;
    }
    return false;
}

// Whether the body may come; else the reply is made.
static bool admit(struct exchange *exchange, const char *url, const char *method,
                  struct reply *reply)
{
    struct budget *budget = &exchange->control->budget;
    enum guard_verdict verdict =
        guard_judge(exchange->guard, header_of(exchange, MHD_HTTP_HEADER_HOST),
                    header_of(exchange, MHD_HTTP_HEADER_ORIGIN),
                    header_of(exchange, MHD_HTTP_HEADER_AUTHORIZATION));
    bool needs_token = verdict == GUARD_NO_TOKEN || verdict == GUARD_WRONG_TOKEN;
    bool sensor = exchange->control->queries != NULL; // whose page it is
    if (sensor && (verdict == GUARD_ADMITS || needs_token) && method_of(method) == HTTP_GET) {
        reply->asset = asset_find(url); // no secret, and what asks for the token
        if (reply->asset != NULL) {
            return false;
        }
    }
    if (verdict == GUARD_ADMITS && sensor && asset_count == 0 && strcmp(url, "/") == 0) {
        reply_error(reply, budget, 404, "this weir was built without its page; see %s", API_ROOT);
        return false;
    }
    if (verdict != GUARD_ADMITS) {
        reply_error(reply, budget, guard_status(verdict), "%s", guard_message(verdict));
        return false;
    }
    unsigned allowed;
    char name[80];
    int number = method_of(method);
    const struct route *route =
        route_find(number >= 0 ? (enum http_method)number : HTTP_GET, url, &allowed, name);
    if (number < 0 && allowed != 0) {
        bool asks = strcmp(method, MHD_HTTP_METHOD_OPTIONS) == 0;
        if (asks) {
            reply_page(reply, MHD_HTTP_NO_CONTENT, page_create(budget, 0, "", ""));
        } else {
            reply_error(reply, budget, 405, "%.40s: not for this path; see Allow", method);
        }
        reply->allow = allowed;
        return false;
    }
    if (route == NULL || number < 0) {
        struct request request = {.method = number >= 0 ? (enum http_method)number : HTTP_GET,
                                  .path = url};
        route_serve(exchange->control, &request, reply); // 404 or 405
        return false;
    }
    return body_check(exchange, route, reply);
}

static enum MHD_Result parameter_take(void *context, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct request *request = context;
    (void)kind;
    if (request->parameter_count < PARAMETERS_MAX) {
        request->parameters[request->parameter_count] = (struct parameter){name, value};
    }
    request->parameter_count++;
    return MHD_YES;
}

// Everything has come.
static enum MHD_Result answer(struct exchange *exchange, const char *url, const char *method)
{
    struct reply reply = {0};
    struct request request = {
        .method = (enum http_method)method_of(method),
        .path = url,
        .body = exchange->body,
        .body_bytes = exchange->body_bytes,
    };
    snprintf(request.who, sizeof(request.who), "%s", exchange->who);
    if (exchange->changed) {
        route_config_changed(exchange->control, exchange->change, exchange->who, &reply);
    } else if (exchange->returned) {
        route_generator_answered(exchange->control, exchange->errand, exchange->who, &reply);
    } else if (exchange->dropped > 0) {
        reply_error(&reply, &exchange->control->budget, 413,
                    "the body is too large; expected at most %d octets", BODY_BYTES_MAX);
    } else {
        MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, parameter_take,
                                  &request);
        route_serve(exchange->control, &request, &reply);
    }
    if (reply.change != NULL) {
        exchange->change = reply.change;
        exchange->change->waiter = exchange;
    }
    if (reply.errand != NULL) {
        exchange->errand = reply.errand;
        exchange->errand->waiter = exchange;
    }
    if (reply.change != NULL || reply.errand != NULL) {
        MHD_suspend_connection(exchange->connection);
        return MHD_YES;
    }
    return reply_send(exchange, &reply);
}

// Keeps a piece of the body. MHD_NO closes the connection: there is too much of it.
static enum MHD_Result body_take(struct exchange *exchange, const char *octets, size_t bytes)
{
    size_t whole = exchange->body_bytes + bytes;
    if (whole > exchange->body_room && whole <= BODY_BYTES_MAX && exchange->dropped == 0) {
        size_t room = 2 * whole < BODY_BYTES_MAX ? 2 * whole : BODY_BYTES_MAX;
        size_t more = room - exchange->body_room;
        if (!budget_take(&exchange->control->budget, more)) {
            return MHD_NO;
        }
        char *grown = realloc(exchange->body, room);
        if (grown == NULL) {
            budget_return(&exchange->control->budget, more);
            return MHD_NO;
        }
        exchange->body = grown;
        exchange->body_room = room;
    }
    if (whole > exchange->body_room || exchange->dropped > 0) {
        exchange->dropped += bytes;
        return exchange->dropped <= DROPPED_MAX ? MHD_YES : MHD_NO;
    }
    memcpy(exchange->body + exchange->body_bytes, octets, bytes);
    exchange->body_bytes = whole;
    return MHD_YES;
}

enum MHD_Result exchange_take(struct control *control, const struct guard *guard,
                              struct MHD_Connection *connection, const char *url,
                              const char *method, const char *upload, size_t *upload_bytes,
                              struct exchange **exchange)
{
    if (*exchange == NULL) {
        struct exchange *new = calloc(1, sizeof(*new));
        struct reply reply = {0};
        if (new == NULL) {
            return MHD_NO;
        }
        *new = (struct exchange){.control = control, .connection = connection, .guard = guard};
        *exchange = new;
        who_write(new);
        return admit(new, url, method, &reply) ? MHD_YES : reply_send(new, &reply);
    }
    if (*upload_bytes > 0) {
        size_t bytes = *upload_bytes;
        *upload_bytes = 0;
        return body_take(*exchange, upload, bytes);
    }
    return answer(*exchange, url, method);
}

void exchange_resume(struct change *change)
{
    struct exchange *exchange = change->waiter;
    if (exchange == NULL) {
        change_free(change);
        return;
    }
    exchange->changed = true;
    MHD_resume_connection(exchange->connection);
}

void exchange_return(struct errand *errand)
{
    struct exchange *exchange = errand->waiter;
    if (exchange == NULL) {
        errand_free(errand);
        return;
    }
    exchange->returned = true;
    MHD_resume_connection(exchange->connection);
}

void exchange_free(struct exchange *exchange)
{
    if (exchange != NULL) {
        if (exchange->returned) {
            errand_free(exchange->errand);
        } else if (exchange->errand != NULL) {
            exchange->errand->waiter = NULL;
        }
        if (exchange->changed) {
            change_free(exchange->change);
        } else if (exchange->change != NULL) {
            exchange->change->waiter = NULL;
        }
        budget_return(&exchange->control->budget, exchange->body_room);
        free(exchange->body);
        free(exchange);
    }
}
