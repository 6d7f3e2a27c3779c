// SPDX-License-Identifier: Apache-2.0
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/capture/dpdk.h"

#define BIT(capability) (UINT64_C(1) << (capability))

// As found by taking them away one by one (docs/CAPTURE.md).
static const struct need {
    const char *driver; // what a device's name begins with
    uint64_t capabilities;
} needs[] = {
    {"net_af_packet", BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN)},
    {"net_af_xdp", BIT(CAP_NET_RAW) | BIT(CAP_NET_ADMIN) | BIT(CAP_IPC_LOCK) | BIT(CAP_SYS_ADMIN)},
    {"net_tap", BIT(CAP_NET_ADMIN)},
    {"net_pcap", BIT(CAP_NET_RAW)}, // where it opens an interface
};

static const struct {
    unsigned capability;
    const char *name;
} names[] = {
    {CAP_NET_RAW, "CAP_NET_RAW"},
    {CAP_NET_ADMIN, "CAP_NET_ADMIN"},
    {CAP_IPC_LOCK, "CAP_IPC_LOCK"},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
};

static uint64_t needed(const char *name)
{
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        bool file = strstr(name, ",rx_pcap=") != NULL;
        if (!file && strncmp(name, needs[i].driver, strlen(needs[i].driver)) == 0) {
            return needs[i].capabilities;
        }
    }
    return 0;
}

static uint64_t held(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &head, data) != 0) {
        return UINT64_MAX;
    }
    return (uint64_t)data[1].effective << 32 | data[0].effective;
}

const char *dpdk_rights_lacking(const char *name)
{
    static char text[96];
    uint64_t lacking = needed(name) & ~held();
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && lacking != 0; i++) {
        if ((lacking & BIT(names[i].capability)) != 0) {
            length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
                                       length == 0 ? "; weir lacks " : ", ", names[i].name);
        }
    }
    return text;
}
