// SPDX-License-Identifier: Apache-2.0
#include "dataplane/base/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { PORT_DIGITS_MAX = 5, LOOPBACK_NET = 127 };

#define LOCAL "unix:"

// Of an address in digits; its port is 0.
static bool address_read(struct endpoint *endpoint, const char *host)
{
    struct endpoint read = {.bytes = 0};
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&read.address;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&read.address;
    if (inet_pton(AF_INET, host, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        read.bytes = sizeof(*ipv4);
    } else if (inet_pton(AF_INET6, host, &ipv6->sin6_addr) == 1) {
        ipv6->sin6_family = AF_INET6;
        read.bytes = sizeof(*ipv6);
    } else {
        return false;
    }
    *endpoint = read;
    return true;
}

static bool port_read(const char *text, uint16_t *port)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > PORT_DIGITS_MAX || text[digits] != '\0' ||
        strtoul(text, NULL, 10) > UINT16_MAX) {
        return false;
    }
    *port = (uint16_t)strtoul(text, NULL, 10);
    return true;
}

int endpoint_read(struct endpoint *endpoint, const char *text, struct error *err)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : 0;
    bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
    char host[INET6_ADDRSTRLEN + 1] = "";
    struct endpoint read;
    uint16_t port = 0;
    if (length < sizeof(host)) {
        memcpy(host, text + brackets, length - 2 * brackets);
        host[length - 2 * brackets] = '\0';
    }
    if (strcmp(host, "localhost") == 0) {
        strcpy(host, "127.0.0.1");
    }
    bool known = colon != NULL && port_read(colon + 1, &port) && address_read(&read, host);
    if (!known || brackets != (read.address.ss_family == AF_INET6)) {
        return error_set(err, -EINVAL,
                         "expected an address and a port, such as 127.0.0.1:8471 or [::1]:8471; "
                         "got %.200s",
                         text);
    }
    // The port is at the same place in both.
    ((struct sockaddr_in *)&read.address)->sin_port = htons(port);
    *endpoint = read;
    return 0;
}

int endpoint_read_any(struct endpoint *endpoint, const char *text, struct error *err)
{
    struct endpoint read = {.bytes = sizeof(struct sockaddr_un)};
    struct sockaddr_un *local = (struct sockaddr_un *)&read.address;
    if (strncmp(text, LOCAL, strlen(LOCAL)) != 0) {
        return endpoint_read(endpoint, text, err);
    }
    const char *path = text + strlen(LOCAL);
    if (path[0] != '/' || strlen(path) >= sizeof(local->sun_path)) {
        return error_set(
            err, -EINVAL,
            "expected unix: and a path from the root of at most %zu octets; got %.200s",
            sizeof(local->sun_path) - 1, text);
    }
    local->sun_family = AF_UNIX;
    strcpy(local->sun_path, path);
    *endpoint = read;
    return 0;
}

const char *endpoint_path(const struct endpoint *endpoint)
{
    bool local = endpoint->address.ss_family == AF_UNIX;
    return local ? ((const struct sockaddr_un *)&endpoint->address)->sun_path : NULL;
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
    if (endpoint->address.ss_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&endpoint->address;
        return ntohl(ipv4->sin_addr.s_addr) >> 24 == LOOPBACK_NET;
    }
    return endpoint->address.ss_family == AF_UNIX ||
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&endpoint->address)->sin6_addr);
}

unsigned endpoint_port(const struct endpoint *endpoint)
{
    bool local = endpoint->address.ss_family == AF_UNIX;
    return local ? 0 : ntohs(((const struct sockaddr_in *)&endpoint->address)->sin_port);
}

bool endpoint_is_at(const struct endpoint *endpoint, const char *host)
{
    struct endpoint other;
    if (!address_read(&other, host) || other.address.ss_family != endpoint->address.ss_family) {
        return false;
    }
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&endpoint->address;
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&endpoint->address;
    return other.address.ss_family == AF_INET
               ? ((struct sockaddr_in *)&other.address)->sin_addr.s_addr == ipv4->sin_addr.s_addr
               : IN6_ARE_ADDR_EQUAL(&((struct sockaddr_in6 *)&other.address)->sin6_addr,
                                    &ipv6->sin6_addr);
}

void endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX])
{
    char host[INET6_ADDRSTRLEN] = "?";
    if (endpoint_path(endpoint) != NULL) {
        snprintf(text, ENDPOINT_TEXT_MAX, LOCAL "%.*s", ENDPOINT_TEXT_MAX - (int)sizeof(LOCAL),
                 endpoint_path(endpoint));
        return;
    }
    bool ipv6 = endpoint->address.ss_family == AF_INET6;
    const void *octets =
        ipv6 ? (const void *)&((const struct sockaddr_in6 *)&endpoint->address)->sin6_addr
             : (const void *)&((const struct sockaddr_in *)&endpoint->address)->sin_addr;
    inet_ntop(ipv6 ? AF_INET6 : AF_INET, octets, host, sizeof(host));
    snprintf(text, ENDPOINT_TEXT_MAX, "%s%s%s:%u", ipv6 ? "[" : "", host, ipv6 ? "]" : "",
             endpoint_port(endpoint));
}
