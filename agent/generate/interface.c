// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/interface.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/generate/frame.h"

_Static_assert((int)INTERFACE_NAME_BYTES == (int)IFNAMSIZ, "a name has room");

static int mtu_check(const char *name, struct error *err)
{
    struct ifreq request = {0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    strcpy(request.ifr_name, name);
    if (fd < 0 || ioctl(fd, SIOCGIFMTU, &request) < 0) {
        int code = -errno;
        if (fd >= 0) {
            close(fd);
        }
        return error_set(err, code, "cannot ask %s for its MTU: %s", name, strerror(-code));
    }
    close(fd);
    if (request.ifr_mtu < FRAME_MTU) {
        return error_set(err, -EMSGSIZE, "%s has an MTU of %d; %d is needed", name, request.ifr_mtu,
                         FRAME_MTU);
    }
    return 0;
}

int egress_interface_open(struct egress **egress, const char *name, struct error *err)
{
    unsigned index = strlen(name) < IFNAMSIZ ? if_nametoindex(name) : 0;
    if (index == 0) {
        return error_set(err, -ENODEV, "there is no interface %s", name);
    }
    int code = mtu_check(name, err);
    if (code != 0 || interface_xdp_open(egress, name, index)) {
        return code;
    }
    return interface_ring_open(egress, name, index, err);
}
