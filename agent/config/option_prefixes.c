// SPDX-License-Identifier: Apache-2.0
// Network prefixes: "10.0.0.0/8", "2001:db8::/32"; without a length it is one host.
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/option.h"
#include "agent/config/quantity.h"

// Whether no bit beyond the prefix is set. One that is set is a mistyped address or length.
static bool host_bits_clear(const struct config_prefix *prefix)
{
    for (unsigned bit = prefix->bits; bit < 8 * sizeof(prefix->address); bit++) {
        if (prefix->address[bit / 8] & (0x80 >> bit % 8)) {
            return false;
        }
    }
    return true;
}

static int prefix_parse(const char *text, struct config_prefix *prefix)
{
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "/");
    if (length >= sizeof(address)) {
        return -EINVAL;
    }
    memcpy(address, text, length);
    address[length] = '\0';

    prefix->ipv6 = strchr(address, ':') != NULL;
    if (inet_pton(prefix->ipv6 ? AF_INET6 : AF_INET, address, prefix->address) != 1) {
        return -EINVAL;
    }
    int64_t most = prefix->ipv6 ? 128 : 32;
    static const struct quantity_unit bits[] = {{"", 1}, {NULL, 0}};
    int64_t given = text[length] == '/' ? quantity_parse(bits, text + length + 1) : most;
    if (given < 0 || given > most) {
        return -EINVAL;
    }
    prefix->bits = (uint8_t)given;
    return host_bits_clear(prefix) ? 0 : -EINVAL;
}

static int prefixes_add(void *slot, const json_t *item)
{
    struct config_prefixes *prefixes = slot;
    struct config_prefix prefix = {0};
    if (!json_is_string(item) || prefix_parse(json_string_value(item), &prefix) < 0) {
        return -EINVAL;
    }
    struct config_prefix *items =
        reallocarray(prefixes->items, prefixes->count + 1, sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    items[prefixes->count++] = prefix;
    prefixes->items = items;
    return 0;
}

static int prefixes_store(const struct option_row *row, const json_t *value, void *slot,
                          struct option_fault *fault)
{
    (void)row;
    return option_list_store(value, slot, fault, prefixes_add);
}

static void prefixes_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size,
             "a list of prefixes such as 10.0.0.0/8 or 2001:db8::/32, no bit set "
             "beyond their length");
}

static void prefixes_release(void *slot)
{
    free(((struct config_prefixes *)slot)->items);
}

const struct option_kind option_prefixes = {
    .size = sizeof(struct config_prefixes),
    .read = option_list_read,
    .store = prefixes_store,
    .expect = prefixes_expect,
    .release = prefixes_release,
};
