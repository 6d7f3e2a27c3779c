// SPDX-License-Identifier: Apache-2.0
#include "export/record/loss.h"

#define LOSS_ROW(name, number, unit, help)                                                         \
    FIELD_ROW(struct record_loss, #name, number, name, U64, unit, 1, help)

static const struct field loss_fields[] = {
    LOSS_ROW(late, 1, "packets", "came after their window had left; counted into a later one"),
    LOSS_ROW(capture_drops, 2, "packets", "lost before the parser"),
    LOSS_ROW(parse_rejects, 3, "packets", "could not be parsed"),
    LOSS_ROW(evicted, 4, "flows", "left a full flow table early"),
    LOSS_ROW(hosts_overflow, 5, "packets",
             "of flows with an address that found no room among its hosts"),
};

const struct field_table record_loss_table = {
    .name = "Loss",
    .fields = loss_fields,
    .count = sizeof(loss_fields) / sizeof(loss_fields[0]),
    .bytes = sizeof(struct record_loss),
};
