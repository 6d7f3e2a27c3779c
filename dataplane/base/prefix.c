// SPDX-License-Identifier: Apache-2.0
// A set keeps the widest of nested prefixes only and sorts them: they are ranges then that do not
// overlap, and the one that may hold an address is the last that does not begin behind it.
#include "dataplane/base/prefix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned bits_max(bool ipv6)
{
    return ipv6 ? 128 : 32;
}

static int address_read(struct prefix *prefix, const char *text, size_t length)
{
    char address[INET6_ADDRSTRLEN];
    if (length >= sizeof(address)) {
        return -EINVAL;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    prefix->ipv6 = strchr(address, ':') != NULL;
    int family = prefix->ipv6 ? AF_INET6 : AF_INET;
    return inet_pton(family, address, prefix->address) == 1 ? 0 : -EINVAL;
}

static int bits_read(struct prefix *prefix, const char *text)
{
    char *end = NULL;
    unsigned long bits = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || bits > bits_max(prefix->ipv6)) {
        return -EINVAL;
    }
    prefix->bits = (uint8_t)bits;
    return 0;
}

int prefix_read(struct prefix *prefix, const char *text, struct error *err)
{
    struct prefix read = {0};
    size_t length = strcspn(text, "/");
    if (address_read(&read, text, length) != 0) {
        return error_set(err, -EINVAL,
                         "%s is no prefix; expected such as 10.0.0.0/8 or 2001:db8::/32", text);
    }
    read.bits = (uint8_t)bits_max(read.ipv6);
    if (text[length] == '/' && bits_read(&read, text + length + 1) != 0) {
        return error_set(err, -EINVAL, "the length of %s; expected a number from 0 to %u", text,
                         bits_max(read.ipv6));
    }
    uint8_t masked[16];
    memcpy(masked, read.address, sizeof(masked));
    prefix_mask(masked, read.bits);
    if (memcmp(masked, read.address, sizeof(masked)) != 0) {
        return error_set(err, -EINVAL,
                         "%s is an address within a prefix, with bits past its first %u; expected "
                         "these to be 0",
                         text, read.bits);
    }
    *prefix = read;
    return 0;
}

bool prefix_holds(const struct prefix *prefix, const uint8_t address[16], bool ipv6)
{
    unsigned octets = prefix->bits / 8;
    unsigned rest = prefix->bits % 8;
    return prefix->ipv6 == ipv6 && memcmp(prefix->address, address, octets) == 0 &&
           (rest == 0 || (prefix->address[octets] ^ address[octets]) >> (8 - rest) == 0);
}

void prefix_mask(uint8_t address[16], unsigned bits)
{
    for (unsigned octet = 0; octet < 16; octet++) {
        unsigned kept = bits > octet * 8 ? bits - octet * 8 : 0;
        address[octet] &= kept < 8 ? (uint8_t)(0xff00 >> kept) : 0xff;
    }
}

static int prefix_compare(const void *one, const void *other)
{
    const struct prefix *a = one;
    const struct prefix *b = other;
    int order = a->ipv6 - b->ipv6;
    if (order == 0) {
        order = memcmp(a->address, b->address, sizeof(a->address));
    }
    return order != 0 ? order : a->bits - b->bits;
}

// Leaves out prefixes that lie within others, which are right before them once all are sorted.
static size_t widest_keep(struct prefix *items, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !prefix_holds(&items[kept - 1], items[i].address, items[i].ipv6)) {
            items[kept++] = items[i];
        }
    }
    return kept;
}

int prefix_set_init(struct prefix_set *set, const char *const *texts, size_t count,
                    struct error *err)
{
    struct prefix *items = calloc(count + 1, sizeof(*items));
    if (items == NULL) {
        return error_set(err, -ENOMEM, "no memory for %zu prefixes", count);
    }
    for (size_t i = 0; i < count; i++) {
        int code = prefix_read(&items[i], texts[i], err);
        if (code != 0) {
            free(items);
            return code;
        }
    }
    qsort(items, count, sizeof(*items), prefix_compare);
    *set = (struct prefix_set){.items = items, .count = widest_keep(items, count)};
    return 0;
}

void prefix_set_fini(struct prefix_set *set)
{
    free(set->items);
    *set = (struct prefix_set){0};
}

bool prefix_set_holds(const struct prefix_set *set, const uint8_t address[16], bool ipv6)
{
    struct prefix alone = {.bits = 128, .ipv6 = ipv6};
    memcpy(alone.address, address, sizeof(alone.address));
    size_t from = 0, to = set->count; // the first prefix behind the address is among from..to
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (prefix_compare(&set->items[middle], &alone) <= 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from != 0 && prefix_holds(&set->items[from - 1], address, ipv6);
}
