// SPDX-License-Identifier: Apache-2.0
#include "agent/control/admit.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/control/route.h"

enum { LENGTH_TEXT_MAX = 20 };

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// Of a client on a socket in the file system.
static void who_local_write(struct MHD_Connection *connection, char text[ENDPOINT_TEXT_MAX])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred peer;
    socklen_t bytes = sizeof(peer);
    if (info != NULL && getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0) {
        snprintf(text, ENDPOINT_TEXT_MAX, "process %d of user %u", (int)peer.pid, peer.uid);
    }
}

void who_write(const struct guard *guard, struct MHD_Connection *connection, char who[WHO_MAX])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct endpoint from = {.bytes = 0};
    char text[ENDPOINT_TEXT_MAX] = "?";
    if (endpoint_path(&guard->listen) != NULL) {
        who_local_write(connection, text);
    } else if (info != NULL && info->client_addr != NULL) {
        bool ipv6 = info->client_addr->sa_family == AF_INET6;
        from.bytes = ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        memcpy(&from.address, info->client_addr, from.bytes);
        endpoint_text(&from, text);
    }
    snprintf(who, WHO_MAX, "%s%s", text, guard->token != NULL ? " with the token" : "");
}

int method_of(const char *name)
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
static bool body_check(struct control *control, struct MHD_Connection *connection,
                       const struct route *route, struct reply *reply)
{
    struct budget *budget = &control->budget;
    const char *length = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    bool large = length != NULL &&
                 (strlen(length) > LENGTH_TEXT_MAX || strtoull(length, NULL, 10) > BODY_BYTES_MAX);
    if (large) {
        reply_error(reply, budget, 413, "the body is too large; expected at most %d octets",
                    BODY_BYTES_MAX);
    } else if (route->takes != NULL &&
               !is_json(header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE))) {
        reply_error(reply, budget, 415, "Content-Type: expected application/json");
    } else {
        return true;
    }
    return false;
}

bool admit(struct control *control, const struct guard *guard, struct MHD_Connection *connection,
           const char *url, const char *method, struct reply *reply)
{
    struct budget *budget = &control->budget;
    enum guard_verdict verdict = guard_judge(guard, header_of(connection, MHD_HTTP_HEADER_HOST),
                                             header_of(connection, MHD_HTTP_HEADER_ORIGIN),
                                             header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION));
    bool needs_token = verdict == GUARD_NO_TOKEN || verdict == GUARD_WRONG_TOKEN;
    bool sensor = control->queries != NULL; // whose page it is
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
        route_serve(control, &request, reply); // 404 or 405
        return false;
    }
    return body_check(control, connection, route, reply);
}
