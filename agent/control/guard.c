// SPDX-License-Identifier: Apache-2.0
#include "agent/control/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 256 };

// The host of "HOST[:PORT]", an IPv6 address without its brackets. False: it is too long.
static bool host_of(const char *text, char host[HOST_MAX])
{
    bool brackets = text[0] == '[';
    size_t length = strcspn(text + brackets, brackets ? "]" : ":");
    if (length >= HOST_MAX) {
        return false;
    }
    memcpy(host, text + brackets, length);
    host[length] = '\0';
    return true;
}

static bool is_loopback(const char *host)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (inet_pton(AF_INET, host, &ipv4) == 1) {
        return ntohl(ipv4.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    if (inet_pton(AF_INET6, host, &ipv6) == 1) {
        return IN6_IS_ADDR_LOOPBACK(&ipv6);
    }
    return strcasecmp(host, "localhost") == 0;
}

// A server beyond loopback has many names, none of which is known here, and asks for a token, which
// no web page has.
static bool host_is_ours(const struct guard *guard, const char *text)
{
    char host[HOST_MAX];
    return !endpoint_is_loopback(&guard->listen) ||
           (host_of(text, host) && (is_loopback(host) || endpoint_is_at(&guard->listen, host)));
}

static bool origin_is_ours(const struct guard *guard, const char *host, const char *origin)
{
    const char *scheme = guard->tls ? "https://" : "http://";
    size_t length = strlen(scheme);
    return host != NULL && strncasecmp(origin, scheme, length) == 0 &&
           strcasecmp(origin + length, host) == 0;
}

// Takes as long whatever the first octet is that differs.
static bool token_is(const char *given, const char *token)
{
    size_t length = strlen(token);
    size_t given_length = strlen(given);
    unsigned char differs = length != given_length;
    for (size_t i = 0; i < given_length; i++) {
        differs |= (unsigned char)(given[i] ^ token[length > 0 ? i % length : 0]);
    }
    return differs == 0;
}

enum guard_verdict guard_judge(const struct guard *guard, const char *host, const char *origin,
                               const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (host != NULL && !host_is_ours(guard, host)) {
        return GUARD_FOREIGN_HOST;
    }
    if (origin != NULL && !origin_is_ours(guard, host, origin)) {
        return GUARD_FOREIGN_ORIGIN;
    }
    if (guard->token == NULL) {
        return GUARD_ADMITS;
    }
    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0) {
        return GUARD_NO_TOKEN;
    }
    const char *given = authorization + sizeof(scheme) - 1;
    return token_is(given + strspn(given, " "), guard->token) ? GUARD_ADMITS : GUARD_WRONG_TOKEN;
}

unsigned guard_status(enum guard_verdict verdict)
{
    return verdict == GUARD_NO_TOKEN || verdict == GUARD_WRONG_TOKEN ? 401 : 403;
}

const char *guard_message(enum guard_verdict verdict)
{
    switch (verdict) {
    case GUARD_FOREIGN_HOST:
        return "Host: expected a name of loopback or the address that the API listens on";
    case GUARD_FOREIGN_ORIGIN:
        return "Origin: pages of other sites may not use this API";
    case GUARD_NO_TOKEN:
        return "Authorization: expected Bearer and the token that weir was given";
    default:
        return "Authorization: the token is not the one that weir was given";
    }
}
