// SPDX-License-Identifier: Apache-2.0
// What is missing from a record, so that a consumer knows how far to trust it.
#ifndef WEIR_RECORD_LOSS_H
#define WEIR_RECORD_LOSS_H

#include "export/record/field.h"

struct record_loss {
    uint64_t late;
    uint64_t capture_drops;
    uint64_t parse_rejects;
    uint64_t evicted;
    uint64_t hosts_overflow;
    uint64_t shed;
    uint64_t activity_shed;
};

extern const struct field_table record_loss_table;

#endif
