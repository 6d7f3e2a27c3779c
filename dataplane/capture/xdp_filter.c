// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/xdp_filter.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/prefix.h"

static const struct {
    const char *name;
    unsigned number;
} protocols[] = {
    {"icmp", IPPROTO_ICMP}, {"tcp", IPPROTO_TCP},       {"udp", IPPROTO_UDP},
    {"gre", IPPROTO_GRE},   {"icmpv6", IPPROTO_ICMPV6}, {"sctp", IPPROTO_SCTP},
};

static int number_read(const char *text, unsigned max, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value > max) {
        return -EINVAL;
    }
    *number = (unsigned)value;
    return 0;
}

static int protocol_read(const char *text, unsigned *number, struct error *err)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (strcmp(text, protocols[i].name) == 0) {
            *number = protocols[i].number;
            return 0;
        }
    }
    if (number_read(text, 255, number) == 0) {
        return 0;
    }
    return error_set(err, -EINVAL,
                     "capture.filter.protocols: %s is no protocol; expected tcp, udp, icmp, "
                     "icmpv6, sctp, gre or a number from 0 to 255",
                     text);
}

int xdp_filter_prefix(struct steer_prefix *prefix, const char *text, struct error *err)
{
    struct prefix read;
    struct error why;
    if (prefix_read(&read, text, &why) != 0) {
        return error_set(err, -EINVAL, "capture.filter.prefixes: %.480s", why.text);
    }
    unsigned offset = read.ipv6 ? 0 : STEER_IPV4_BITS;
    prefix->bits = offset + read.bits;
    memset(prefix->address, 0, 10);
    memset(prefix->address + 10, 0xff, 2);
    memcpy(prefix->address + offset / 8, read.address, 16 - offset / 8);
    return 0;
}

int xdp_filter_settings(struct steer_settings *settings, const struct live_options *options,
                        struct error *err)
{
    settings->filter_prefixes = options->filter.prefixes.count != 0;
    settings->filter_ports = options->filter.ports.count != 0;
    settings->filter_protocols = options->filter.protocols.count != 0;
    if (options->filter.prefixes.count > STEER_PREFIXES_MAX) {
        return error_set(err, -EINVAL, "capture.filter.prefixes: %zu of them; expected at most %d",
                         options->filter.prefixes.count, STEER_PREFIXES_MAX);
    }
    for (size_t i = 0; i < options->filter.prefixes.count; i++) {
        struct steer_prefix prefix;
        int code = xdp_filter_prefix(&prefix, options->filter.prefixes.items[i], err);
        if (code != 0) {
            return code;
        }
    }
    for (size_t i = 0; i < options->filter.ports.count; i++) {
        unsigned port = options->filter.ports.items[i];
        if (port > 65535) {
            return error_set(err, -EINVAL, "capture.filter.ports: %u; expected at most 65535",
                             port);
        }
        settings->ports[port / 64] |= UINT64_C(1) << port % 64;
    }
    for (size_t i = 0; i < options->filter.protocols.count; i++) {
        unsigned protocol = 0;
        int code = protocol_read(options->filter.protocols.items[i], &protocol, err);
        if (code != 0) {
            return code;
        }
        settings->protocols[protocol / 64] |= UINT64_C(1) << protocol % 64;
    }
    return 0;
}
