// SPDX-License-Identifier: Apache-2.0
// Any text as a filter, and what follows its NUL, or else the text, as a flow that it looks at.
// What is refused must be said with a column of the text; what is taken must say the opposite after
// "not". The flow's subjects must have a text, too.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/query/filter.h"
#include "agent/query/query.h"
#include "agent/query/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static unsigned at_most(unsigned value, unsigned most)
{
    return value <= most ? value : most;
}

// As the dataplane makes them: counts within what they count, each flag 0 or 1.
static void flow_fill(struct pane_flow *flow, const uint8_t *data, size_t size)
{
    *flow = (struct pane_flow){0};
    memcpy(flow, data, size < sizeof(*flow) ? size : sizeof(*flow));
    uint64_t vlans = (flow->key.scope & KEY_VLAN_COUNT_MASK) >> KEY_VLAN_COUNT_SHIFT;
    flow->key.scope &= ~KEY_VLAN_COUNT_MASK;
    flow->key.scope |= (uint64_t)at_most((unsigned)vlans, KEY_VLANS_MAX) << KEY_VLAN_COUNT_SHIFT;
    for (unsigned end = 0; end < 2; end++) {
        flow->rare.mpls_count[end] = (uint8_t)at_most(flow->rare.mpls_count[end], MPLS_LABELS_MAX);
    }
}

static void refused_by_a_column(const char *text, const struct error *err)
{
    size_t column = 0;
    require(sscanf(err->text, "column %zu: ", &column) == 1);
    require(column >= 1 && column <= strlen(text) + 1);
    for (const char *at = err->text; *at != '\0'; at++) {
        require(*at >= ' ' && *at <= '~');
    }
}

static void opposite_after_not(const char *text, const struct pane_flow *flow, bool holds)
{
    char *turned = NULL;
    require(asprintf(&turned, "not(%s)", text) > 0);
    struct filter *filter;
    // It can be refused: one parenthesis deeper, five octets longer.
    if (filter_create(&filter, turned, NULL) == 0) {
        require(filter_holds(filter, flow) != holds);
        filter_free(filter);
    }
    free(turned);
}

static void subjects_have_texts(const struct pane_flow *flow)
{
    for (unsigned kind = 0; kind < SUBJECT_KIND_COUNT; kind++) {
        const struct subject subject = {.kind = kind, .ipv4_bits = 20, .ipv6_bits = 50};
        struct subject_key keys[SUBJECT_KEYS_MAX];
        unsigned count = subject_keys(&subject, flow, keys);
        require(count <= SUBJECT_KEYS_MAX);
        for (unsigned i = 0; i < count; i++) {
            char text[SUBJECT_TEXT_MAX];
            subject_text(&subject, &keys[i], text);
            require(text[0] != '\0' && strnlen(text, sizeof(text)) < sizeof(text));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    size_t behind = strlen(text) < size ? strlen(text) + 1 : 0;
    struct pane_flow flow;
    flow_fill(&flow, data + behind, size - behind);
    struct filter *filter = NULL;
    struct error err = {.text = ""};
    if (filter_create(&filter, text, &err) == 0) {
        opposite_after_not(text, &flow, filter_holds(filter, &flow));
        filter_free(filter);
    } else {
        refused_by_a_column(text, &err);
    }
    free(text);
    subjects_have_texts(&flow);
    return 0;
}
