// SPDX-License-Identifier: Apache-2.0
// One record on its way out: any of the types, in a slot of fixed size.
#ifndef WEIR_RECORD_RECORD_H
#define WEIR_RECORD_RECORD_H

#include <assert.h>
#include <stdbool.h>

#include "export/record/anomaly.h"
#include "export/record/field.h"
#include "export/record/flow.h"
#include "export/record/query.h"
#include "export/record/window.h"

enum record_type { RECORD_FLOW, RECORD_WINDOW, RECORD_QUERY, RECORD_ANOMALY, RECORD_TYPE_COUNT };

enum record_topic { RECORD_TOPIC_TRAFFIC, RECORD_TOPIC_PROCESSED, RECORD_TOPIC_COUNT };

struct record {
    uint64_t known;       // bit n: field n of the type's table holds
    uint64_t sequence;    // the exporter's, for the record's id
    uint8_t type;         // enum record_type
    uint32_t owned_bytes; // the exporter's: of its rows and texts, while it waits
    union {
        struct record_flow flow;
        struct record_window window;
        struct record_query query;
        struct record_anomaly anomaly;
    };
};
static_assert((int)RECORD_FLOW_FIELD_COUNT <= 64 && (int)RECORD_WINDOW_FIELD_COUNT <= 64 &&
                  (int)RECORD_QUERY_FIELD_COUNT <= 64 && (int)RECORD_ANOMALY_FIELD_COUNT <= 64,
              "known has 64 bits");
static_assert(sizeof(((struct record *)0)->query) <= sizeof(struct record_flow) &&
                  sizeof(((struct record *)0)->anomaly) <= sizeof(struct record_flow),
              "slots are as large as what is in nearly all of them");

// A type of record. A further type is a table of fields, a member of the union, an enumerator and a
// row of record_types; encoders and documents need nothing more.
struct record_type_row {
    const char *name;
    const char *help;
    unsigned schema;
    uint16_t number; // of the type's body in Protobuf's Record, beside those of record_common
    enum record_topic topic;
    const struct field_table *table;
    uint64_t owned; // the fields of kinds FIELD_ROWS and FIELD_OWNED, for record_release
};

extern const struct record_type_row record_types[RECORD_TYPE_COUNT];
extern const char *const record_topic_names[RECORD_TOPIC_COUNT]; // unless configured otherwise

// What every record starts with, in this order; encoders write it from what they know themselves.
enum record_common { RECORD_NAME, RECORD_SCHEMA, RECORD_SENSOR, RECORD_ID, RECORD_COMMON_COUNT };
extern const struct field record_common[RECORD_COMMON_COUNT]; // offset means nothing here
extern const struct field_table record_common_table;

// Empties a record whatever it held (a slot of a ring is used again and again): no field is known.
static inline void record_init(struct record *record, enum record_type type)
{
    record->type = type;
    record->known = 0;
    record->owned_bytes = 0;
}

// Says that `field` (enum record_flow_field and so on, by the type) has been filled in.
static inline void record_know(struct record *record, unsigned field)
{
    record->known |= UINT64_C(1) << field;
}

static inline bool record_knows(const struct record *record, unsigned field)
{
    return (record->known >> field & 1) != 0;
}

static inline const void *record_body(const struct record *record)
{
    return &record->flow;
}

// Writes what follows from the other fields: a flow's community id, where its parts are known.
void record_identify(struct record *record);

// Frees the rows and texts that the record owns: those of known fields. The record itself is the
// caller's.
void record_release(struct record *record);

// What these take on the heap.
size_t record_owned_bytes(const struct record *record);

#endif
