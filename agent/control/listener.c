// SPDX-License-Identifier: Apache-2.0
#include "agent/control/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/control/listener_local.h"

enum { BACKLOG = 1024 };

static int socket_prepare(int fd, const struct endpoint *endpoint)
{
    int on = 1;
    bool ipv6 = endpoint->address.ss_family == AF_INET6;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (ipv6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
        bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->bytes) != 0 ||
        listen(fd, BACKLOG) != 0) {
        return -errno;
    }
    return 0;
}

int listener_open(struct endpoint *endpoint, struct error *err)
{
    char text[ENDPOINT_TEXT_MAX];
    if (endpoint_path(endpoint) != NULL) {
        return listener_local_open(endpoint, err);
    }
    int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int code = fd >= 0 ? socket_prepare(fd, endpoint) : -errno;
    if (code == 0) {
        socklen_t bytes = sizeof(endpoint->address);
        code = getsockname(fd, (struct sockaddr *)&endpoint->address, &bytes) == 0 ? 0 : -errno;
    }
    if (code == 0) {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    endpoint_text(endpoint, text);
    return error_set(err, code, "cannot listen on %s: %s", text, strerror(-code));
}

unsigned listener_room(unsigned wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return wanted;
    }
    rlim_t enough = 2 * (rlim_t)wanted;
    if (limit.rlim_cur < enough) {
        struct rlimit more = limit;
        more.rlim_cur = limit.rlim_max < enough ? limit.rlim_max : enough;
        if (setrlimit(RLIMIT_NOFILE, &more) == 0) {
            limit = more;
        }
    }
    return limit.rlim_cur >= enough ? wanted : (unsigned)(limit.rlim_cur / 2);
}
