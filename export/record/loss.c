// SPDX-License-Identifier: Apache-2.0
#include "export/record/loss.h"

#define LOSS_ROW(name, unit, help) FIELD_ROW(struct record_loss, #name, name, U64, unit, 1, help)

static const struct field loss_fields[] = {
    LOSS_ROW(late, "packets", "came after their window had left; counted into a later one"),
    LOSS_ROW(capture_drops, "packets", "lost before the parser"),
    LOSS_ROW(parse_rejects, "packets", "could not be parsed"),
    LOSS_ROW(evicted, "flows", "left a full flow table early"),
    LOSS_ROW(hosts_overflow, "packets",
             "of flows with an address that found no room among its hosts"),
};

const struct field_table record_loss_table = {
    .fields = loss_fields,
    .count = sizeof(loss_fields) / sizeof(loss_fields[0]),
    .bytes = sizeof(struct record_loss),
};
