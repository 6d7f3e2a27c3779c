// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/egress.h"

#include <errno.h>
#include <string.h>

static int nowhere_open(struct egress **egress, const char *name, struct error *err)
{
    if (name[0] != '\0') {
        return error_set(err, -EINVAL, "-o: expected nothing behind null:; got %s", name);
    }
    return egress_nowhere_open(egress, err);
}

static const struct kind {
    const char *prefix;
    int (*open)(struct egress **egress, const char *name, struct error *err);
} kinds[] = {
    {"pcap:", egress_file_open},
    {"interface:", egress_interface_open},
    {"dpdk:", egress_dpdk_open},
    {"null:", nowhere_open},
};

int egress_open(struct egress **egress, const char *output, struct error *err)
{
    for (size_t i = 0; output != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(output, kinds[i].prefix, length) == 0) {
            return kinds[i].open(egress, output + length, err);
        }
    }
    return error_set(err, -EINVAL,
                     "-o: expected pcap:FILE, interface:NAME, dpdk:DEVICE or null:%s%s",
                     output != NULL ? "; got " : "", output != NULL ? output : "");
}
