// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/xdp_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int address_read(struct steer_prefix *prefix, const char *text, unsigned *offset)
{
    if (inet_pton(AF_INET6, text, prefix->address) == 1) {
        *offset = 0;
        return 0;
    }
    memset(prefix->address, 0, 10);
    memset(prefix->address + 10, 0xff, 2);
    *offset = 96;
    return inet_pton(AF_INET, text, prefix->address + 12) == 1 ? 0 : -EINVAL;
}

// The first bit past the prefix that is not 0; 128 where there is none.
static unsigned bit_past(const struct steer_prefix *prefix)
{
    unsigned bit = prefix->bits;
    while (bit < 128 && (prefix->address[bit / 8] >> (7 - bit % 8) & 1) == 0) {
        bit++;
    }
    return bit;
}

int xdp_filter_prefix(struct steer_prefix *prefix, const char *text, struct error *err)
{
    char address[64];
    snprintf(address, sizeof(address), "%s", text);
    char *slash = strchr(address, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    struct steer_prefix read;
    unsigned offset;
    if (strlen(text) >= sizeof(address) || address_read(&read, address, &offset) != 0) {
        return error_set(err, -EINVAL,
                         "capture.filter.prefixes: %s is no prefix; expected such as 10.0.0.0/8 "
                         "or 2001:db8::/32",
                         text);
    }
    unsigned bits = 128 - offset;
    if (slash != NULL && number_read(slash + 1, 128 - offset, &bits) != 0) {
        return error_set(err, -EINVAL,
                         "capture.filter.prefixes: the length of %s; expected a number from 0 to "
                         "%u",
                         text, 128 - offset);
    }
    read.bits = offset + bits;
    if (bit_past(&read) != 128) {
        return error_set(err, -EINVAL,
                         "capture.filter.prefixes: %s is an address within a prefix, with bits "
                         "past its first %u; expected these to be 0",
                         text, bits);
    }
    *prefix = read;
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
