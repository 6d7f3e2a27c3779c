// SPDX-License-Identifier: Apache-2.0
#include "export/record/window.h"

static const struct field protocol_fields[] = {
    FIELD_ROW(struct record_protocol, "name", 1, name, STRING, "", 1,
              "application where it is known, else transport"),
    FIELD_ROW(struct record_protocol, "packets", 2, packets, U64, "packets", 1, "its packets"),
    FIELD_ROW(struct record_protocol, "bytes", 3, bytes, U64, "octets", 1, "their octets"),
};

static const struct field_table protocol_table = {
    .name = "Protocol",
    .fields = protocol_fields,
    .count = sizeof(protocol_fields) / sizeof(protocol_fields[0]),
    .bytes = sizeof(struct record_protocol),
};

#define WINDOW_FIELD_ROW(id, ...)                                                                  \
    [RECORD_WINDOW_##id] = FIELD_ROW(struct record_window, __VA_ARGS__),
static const struct field window_fields[] = {RECORD_WINDOW_FIELDS(WINDOW_FIELD_ROW)};

const struct field_table record_window_table = {
    .name = "Window",
    .fields = window_fields,
    .count = RECORD_WINDOW_FIELD_COUNT,
    .bytes = sizeof(struct record_window),
};
