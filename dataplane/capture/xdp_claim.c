// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/xdp_claim.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/base/clock.h"

enum { OPENING_US = 10000000, OPENING_STEP_US = 20000 };

static int claim(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int claim(const char *format, ...)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX}; // the name follows an octet of 0
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, format, arguments);
    va_end(arguments);
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (bind(fd, (const struct sockaddr *)&address, bytes) != 0) {
        int code = -errno;
        close(fd);
        return code;
    }
    return fd;
}

int xdp_claim_queue(unsigned interface, unsigned queue)
{
    return claim("weir/xdp/interface/%u/queue/%u", interface, queue);
}

int xdp_claim_program(uint32_t id)
{
    return claim("weir/xdp/program/%u", id);
}

int xdp_claim_opening(unsigned interface)
{
    int64_t until_us = clock_monotonic_us() + OPENING_US;
    int fd;
    while ((fd = claim("weir/xdp/interface/%u/opening", interface)) == -EADDRINUSE &&
           clock_monotonic_us() < until_us) {
        clock_sleep_us(OPENING_STEP_US);
    }
    return fd;
}

bool xdp_claim_program_taken(uint32_t id)
{
    int fd = xdp_claim_program(id);
    if (fd >= 0) {
        close(fd);
    }
    return fd == -EADDRINUSE;
}
