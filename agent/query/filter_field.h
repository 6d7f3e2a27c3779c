// SPDX-License-Identifier: Apache-2.0
// The fields that a filter can ask for, and how their values are written. For the filter's own
// files.
#ifndef WEIR_QUERY_FILTER_FIELD_H
#define WEIR_QUERY_FILTER_FIELD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/prefix.h"
#include "dataplane/window/pane_flow.h"

// One end's, either's, or something of the flow as a whole.
enum filter_ends { FILTER_SOURCE, FILTER_DESTINATION, FILTER_EITHER, FILTER_FLOW };

// Values that a condition names: a range with both its ends (none where low > high), or addresses.
union filter_span {
    struct {
        uint64_t low;
        uint64_t high;
    };
    struct prefix prefix;
};

// What a flow has of a field at one end.
struct filter_values {
    unsigned count; // 0: it has no such thing
    uint64_t numbers[KEY_VLANS_MAX];
    const uint8_t *address; // instead of numbers, where it is not NULL
    bool ipv6;
};
static_assert((int)MPLS_LABELS_MAX <= KEY_VLANS_MAX, "labels fit");

struct filter_field {
    const char *name;
    enum filter_ends ends;
    const struct filter_kind *kind;
    void (*get)(const struct pane_flow *flow, unsigned end, struct filter_values *values);
    uint64_t least; // of numbers
    uint64_t most;
};

struct filter_kind {
    bool ordered; // values have a lower and a higher: < and ranges are allowed

    // Reads one value. 0, or -EINVAL: it is not what `expect` says.
    int (*read)(const struct filter_field *field, const char *text, union filter_span *span);

    // Says what is accepted: "a number from 0 to 65535".
    void (*expect)(const struct filter_field *field, char *text, size_t size);

    // Where values have names: that of a number, or NULL where it has none. Else NULL.
    const char *(*name)(uint64_t number);
};

// filter_kind.c
extern const struct filter_kind filter_number, filter_count, filter_octets, filter_address,
    filter_mac, filter_protocol, filter_application, filter_tunnel;

extern const struct filter_field filter_fields[];
extern const size_t filter_field_count; // of them

// The field of that name, or NULL.
const struct filter_field *filter_field_find(const char *name);

#endif
