// SPDX-License-Identifier: Apache-2.0
#include "export/record/record.h"

#include <malloc.h>
#include <stdlib.h>

#include "export/record/community_id.h"

const char *const record_topic_names[RECORD_TOPIC_COUNT] = {
    [RECORD_TOPIC_TRAFFIC] = "network-traffic",
    [RECORD_TOPIC_PROCESSED] = "processed-data",
};

const struct record_type_row record_types[RECORD_TYPE_COUNT] = {
    [RECORD_FLOW] =
        {
            .name = "flow",
            .help = "One flow that ended, or went on past the active timeout.",
            .schema = 2,
            .number = 8,
            .topic = RECORD_TOPIC_TRAFFIC,
            .table = &record_flow_table,
        },
    [RECORD_WINDOW] =
        {
            .name = "window",
            .help = "All traffic of one window of packet time.",
            .schema = 3,
            .number = 9,
            .topic = RECORD_TOPIC_PROCESSED,
            .table = &record_window_table,
            .owned = UINT64_C(1) << RECORD_WINDOW_PROTOCOLS,
        },
    [RECORD_QUERY] =
        {
            .name = "query",
            .help = "What a standing query found when a pane closed.",
            .schema = 1,
            .number = 10,
            .topic = RECORD_TOPIC_PROCESSED,
            .table = &record_query_table,
            .owned = UINT64_C(1) << RECORD_QUERY_QUERY | UINT64_C(1) << RECORD_QUERY_FILTER |
                     UINT64_C(1) << RECORD_QUERY_ROWS,
        },
    [RECORD_ANOMALY] =
        {
            .name = "anomaly",
            .help = "Something odd in the traffic, when it begins, goes on and ends.",
            .schema = 1,
            .number = 11,
            .topic = RECORD_TOPIC_PROCESSED,
            .table = &record_anomaly_table,
            .owned = UINT64_C(1) << RECORD_ANOMALY_SUBJECT |
                     UINT64_C(1) << RECORD_ANOMALY_EXPLANATION |
                     UINT64_C(1) << RECORD_ANOMALY_CONTRIBUTORS,
        },
};

#define COMMON_ROW(name_, number_, kind_, help_)                                                   \
    {                                                                                              \
        .name = name_, .kind = kind_, .since = 1, .unit = "", .help = help_, .number = number_     \
    }
// The type has no number: in Protobuf it is which of the bodies is there. 4 to 7 are left for what
// further fields all records may get.
const struct field record_common[RECORD_COMMON_COUNT] = {
    [RECORD_NAME] = COMMON_ROW("type", 0, FIELD_STRING, "type of the record"),
    [RECORD_SCHEMA] = COMMON_ROW("schema", 1, FIELD_U32, "version of the type's fields"),
    [RECORD_SENSOR] = COMMON_ROW("sensor", 2, FIELD_STRING, "name of the sensor, as configured"),
    [RECORD_ID] = COMMON_ROW("id", 3, FIELD_TEXT, "unique, for de-duplication"),
};
const struct field_table record_common_table = {
    .name = "Record",
    .fields = record_common,
    .count = RECORD_COMMON_COUNT,
};

void record_identify(struct record *record)
{
    uint8_t digest[COMMUNITY_ID_DIGEST_BYTES];
    if (record->type == RECORD_FLOW && community_id_digest(record, 0, digest)) {
        community_id_write(digest, record->flow.community_id);
        record_know(record, RECORD_FLOW_COMMUNITY_ID);
    }
}

// Where the record's struct points to a block of its own.
static void **owned_block(const struct record *record, const struct field *field)
{
    void *member = (uint8_t *)(uintptr_t)record + offsetof(struct record, flow) + field->offset;
    return field->kind == FIELD_OWNED ? member : &((struct field_rows *)member)->row;
}

void record_release(struct record *record)
{
    const struct record_type_row *type = &record_types[record->type];
    for (uint64_t owned = type->owned & record->known; owned != 0; owned &= owned - 1) {
        const struct field *field = &type->table->fields[__builtin_ctzll(owned)];
        void **block = owned_block(record, field);
        free(*block);
        *block = NULL;
        if (field->kind == FIELD_ROWS) {
            *(struct field_rows *)(void *)block = (struct field_rows){0};
        }
    }
}

size_t record_owned_bytes(const struct record *record)
{
    const struct record_type_row *type = &record_types[record->type];
    size_t bytes = 0;
    for (uint64_t owned = type->owned & record->known; owned != 0; owned &= owned - 1) {
        bytes +=
            malloc_usable_size(*owned_block(record, &type->table->fields[__builtin_ctzll(owned)]));
    }
    return bytes;
}
