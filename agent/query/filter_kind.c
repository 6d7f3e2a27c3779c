// SPDX-License-Identifier: Apache-2.0
// Kinds of values, and how they are written.
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/quantity.h"
#include "agent/query/filter_field.h"
#include "dataplane/flow/application.h"

enum { MAC_OCTETS = 6, MAC_TEXT = 3 * MAC_OCTETS - 1 };

static int within(const struct filter_field *field, uint64_t number, union filter_span *span)
{
    if (number < field->least || number > field->most) {
        return -EINVAL;
    }
    span->low = span->high = number;
    return 0;
}

// Decimal, or hexadecimal after 0x. -EINVAL where the text is no such number.
static int whole_read(const char *text, uint64_t *number)
{
    bool hex = text[0] == '0' && text[1] == 'x';
    const char *digits = hex ? text + 2 : text;
    if (digits[0] == '\0' ||
        digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")] != '\0') {
        return -EINVAL;
    }
    errno = 0;
    *number = strtoull(digits, NULL, hex ? 16 : 10);
    return errno == 0 ? 0 : -EINVAL;
}

static int number_read(const struct filter_field *field, const char *text, union filter_span *span)
{
    uint64_t number;
    int code = whole_read(text, &number);
    return code == 0 ? within(field, number, span) : code;
}

static void number_expect(const struct filter_field *field, char *text, size_t size)
{
    snprintf(text, size, "a number from %" PRIu64 " to %" PRIu64, field->least, field->most);
}

// A plain number, too: what it counts is plain from the field.
static int quantity_read(const struct filter_field *field, const struct quantity_unit *units,
                         const char *text, union filter_span *span)
{
    if (number_read(field, text, span) == 0) {
        return 0;
    }
    int64_t number = quantity_parse(units, text);
    return number >= 0 ? within(field, (uint64_t)number, span) : -EINVAL;
}

static int count_read(const struct filter_field *field, const char *text, union filter_span *span)
{
    return quantity_read(field, quantity_counts, text, span);
}

static void count_expect(const struct filter_field *field, char *text, size_t size)
{
    (void)field;
    snprintf(text, size, "a number such as 1000 or 10k");
}

static int octets_read(const struct filter_field *field, const char *text, union filter_span *span)
{
    return quantity_read(field, quantity_sizes, text, span);
}

static void octets_expect(const struct filter_field *field, char *text, size_t size)
{
    (void)field;
    snprintf(text, size, "a number of octets such as 1500 or 10MB");
}

static int address_read(const struct filter_field *field, const char *text, union filter_span *span)
{
    (void)field;
    return prefix_read(&span->prefix, text, NULL) == 0 ? 0 : -EINVAL;
}

static void address_expect(const struct filter_field *field, char *text, size_t size)
{
    (void)field;
    snprintf(text, size,
             "an address, or a prefix without bits set past its length, such as 10.0.0.0/8 or "
             "2001:db8::/32");
}

static int mac_read(const struct filter_field *field, const char *text, union filter_span *span)
{
    uint64_t number = 0;
    for (int i = 0; i < MAC_TEXT; i++) {
        bool colon = i % 3 == 2;
        if (colon ? text[i] != ':' : !isxdigit((unsigned char)text[i])) {
            return -EINVAL;
        }
        if (!colon) {
            const char digit[] = {text[i], '\0'};
            number = number << 4 | strtoul(digit, NULL, 16);
        }
    }
    return text[MAC_TEXT] == '\0' ? within(field, number, span) : -EINVAL;
}

static void mac_expect(const struct filter_field *field, char *text, size_t size)
{
    (void)field;
    snprintf(text, size, "a MAC address such as 02:00:00:00:00:01");
}

static int name_read(const struct filter_field *field, const char *text, union filter_span *span)
{
    for (uint64_t number = field->least; number <= field->most; number++) {
        const char *name = field->kind->name(number);
        if (name != NULL && strcmp(name, text) == 0) {
            return within(field, number, span);
        }
    }
    return -EINVAL;
}

static const char *protocol_name(uint64_t number)
{
    return number < APPLICATION_MAX ? application_name((uint16_t)number) : NULL;
}

// A number is IANA's of the IP protocol; those of applications mean nothing outside.
static int protocol_read(const struct filter_field *field, const char *text,
                         union filter_span *span)
{
    uint64_t number;
    if (whole_read(text, &number) == 0) {
        return number < APPLICATION_FIRST ? within(field, number, span) : -EINVAL;
    }
    return name_read(field, text, span);
}

static void protocol_expect(const struct filter_field *field, char *text, size_t size)
{
    snprintf(text, size, "a number from 0 to %d or a name such as %s", APPLICATION_FIRST - 1,
             field->most < APPLICATION_FIRST ? "tcp" : "tcp or dns");
}

static void application_expect(const struct filter_field *field, char *text, size_t size)
{
    (void)field;
    snprintf(text, size, "an application's name such as dns");
}

static const char *tunnel_name(uint64_t number)
{
    static const char *const names[TUNNEL_COUNT] = {
        [TUNNEL_VXLAN] = "vxlan",   [TUNNEL_GENEVE] = "geneve", [TUNNEL_GTPU] = "gtpu",
        [TUNNEL_GRE] = "gre",       [TUNNEL_ERSPAN] = "erspan", [TUNNEL_IPIP] = "ipip",
        [TUNNEL_6IN4] = "6in4",     [TUNNEL_TEREDO] = "teredo", [TUNNEL_L2TP] = "l2tp",
        [TUNNEL_CAPWAP] = "capwap",
    };
    return number < TUNNEL_COUNT ? names[number] : NULL;
}

static void tunnel_expect(const struct filter_field *field, char *text, size_t size)
{
    (void)field;
    int used = snprintf(text, size, "one of");
    for (uint64_t number = TUNNEL_NONE + 1; number < TUNNEL_COUNT; number++) {
        used += snprintf(text + used, size - (size_t)used, "%s %s",
                         number > TUNNEL_NONE + 1 ? "," : "", tunnel_name(number));
    }
}

const struct filter_kind filter_number = {
    .ordered = true,
    .read = number_read,
    .expect = number_expect,
};

const struct filter_kind filter_count = {
    .ordered = true,
    .read = count_read,
    .expect = count_expect,
};

const struct filter_kind filter_octets = {
    .ordered = true,
    .read = octets_read,
    .expect = octets_expect,
};

const struct filter_kind filter_address = {
    .read = address_read,
    .expect = address_expect,
};

const struct filter_kind filter_mac = {
    .read = mac_read,
    .expect = mac_expect,
};

const struct filter_kind filter_protocol = {
    .read = protocol_read,
    .expect = protocol_expect,
    .name = protocol_name,
};

const struct filter_kind filter_application = {
    .read = name_read,
    .expect = application_expect,
    .name = protocol_name,
};

const struct filter_kind filter_tunnel = {
    .read = name_read,
    .expect = tunnel_expect,
    .name = tunnel_name,
};
