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
    const char *what; // is named behind it; NULL: nothing
    int (*open)(struct egress **egress, const char *name, struct error *err);
} kinds[] = {
    {"pcap:", "a file", egress_file_open},
    {"interface:", "an interface", egress_interface_open},
    {"dpdk:", "a device", egress_dpdk_open},
    {"null:", NULL, nowhere_open},
};

int egress_open(struct egress **egress, const char *output, struct error *err)
{
    for (size_t i = 0; output != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(output, kinds[i].prefix, length) == 0) {
            return output[length] != '\0' || kinds[i].what == NULL
                       ? kinds[i].open(egress, output + length, err)
                       : error_set(err, -EINVAL, "-o: expected the name of %s behind %s",
                                   kinds[i].what, output);
        }
    }
    return error_set(err, -EINVAL,
                     "-o: expected pcap:FILE, interface:NAME, dpdk:DEVICE or null:%s%s",
                     output != NULL ? "; got " : "", output != NULL ? output : "");
}
