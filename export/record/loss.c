// SPDX-License-Identifier: Apache-2.0
#include "export/record/loss.h"

#define LOSS_ROW(name, number, unit, since, help)                                                  \
    FIELD_ROW(struct record_loss, #name, number, name, U64, unit, since, help)

static const struct field loss_fields[] = {
    LOSS_ROW(late, 1, "packets", 1, "came after their window had left; counted into a later one"),
    LOSS_ROW(capture_drops, 2, "packets", 1, "lost before the parser"),
    LOSS_ROW(parse_rejects, 3, "packets", 1, "could not be parsed"),
    LOSS_ROW(evicted, 4, "flows", 1, "left a full flow table early"),
    LOSS_ROW(hosts_overflow, 5, "packets", 1,
             "of flows with an address that found no room among its hosts"),
    LOSS_ROW(shed, 6, "flows", 2, "ended without a record, which found no room on its way out"),
    LOSS_ROW(activity_shed, 7, "packets", 3,
             "of flows whose activity found no room on its way to queries and detectors"),
};

const struct field_table record_loss_table = {
    .name = "Loss",
    .fields = loss_fields,
    .count = sizeof(loss_fields) / sizeof(loss_fields[0]),
    .bytes = sizeof(struct record_loss),
};
