// SPDX-License-Identifier: Apache-2.0
// What a table of record fields is made of. Types only: the tables are beside the records they
// describe, and encoders and docs/RECORDS.md both come from them.
#ifndef WEIR_RECORD_FIELD_H
#define WEIR_RECORD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FIELD_NUMBERS_MAX = 4,    // labels or VLAN ids kept of one packet
    FIELD_TEXT_BYTES = 32,    // of a FIELD_TEXT, its final NUL included
    FIELD_NAME_BYTES = 28,    // of a name, its final NUL included: `,"name":` then fits 32 octets
    FIELD_NUMBER_MAX = 18999, // Protobuf keeps the thousand above for itself
};

struct field_ip {
    uint8_t version;    // 4 or 6
    uint8_t octets[16]; // network order; an IPv4 address in the first four
};

struct field_numbers {
    uint32_t count; // at most FIELD_NUMBERS_MAX
    uint32_t value[FIELD_NUMBERS_MAX];
};

// Rows in one heap block of malloc, owned by the record: record_release frees it. Texts of the rows
// may stand in the same block, behind them.
struct field_rows {
    void *row; // `count` structs of the field's table
    uint32_t count;
};

// X(kind, the type of the member it stands for)
#define FIELD_KINDS(X)                                                                             \
    X(U8, uint8_t)                                                                                 \
    X(U16, uint16_t)                                                                               \
    X(U32, uint32_t)                                                                               \
    X(U64, uint64_t)                                                                               \
    X(I64, int64_t)                                                                                \
    X(DOUBLE, double)                                                                              \
    X(BOOL, bool)                                                                                  \
    X(IP, struct field_ip)                                                                         \
    X(MAC, uint8_t[6])                                                                             \
    X(STRING, const char *)         /* UTF-8; of static storage, or in the block of its rows */    \
    X(OWNED, char *)                /* UTF-8, of malloc and the record's, or NULL; not in rows */  \
    X(TEXT, char[FIELD_TEXT_BYTES]) /* made by us: plain ASCII, nothing to escape */               \
    X(ENUM, uint8_t)                /* index of field.names */                                     \
    X(NUMBERS, struct field_numbers)                                                               \
    X(OBJECT, void) /* a struct of its own: field.table */                                         \
    X(ROWS, struct field_rows)

enum field_kind {
#define FIELD_KIND(kind, type) FIELD_##kind,
    FIELD_KINDS(FIELD_KIND)
#undef FIELD_KIND
        FIELD_KIND_COUNT,
};

#define FIELD_TYPE(kind, type) typedef __typeof__(type) field_type_##kind;
FIELD_KINDS(FIELD_TYPE)
#undef FIELD_TYPE

struct field_table;

struct field {
    const char *name;
    const char *unit; // "" for a plain number or text
    const char *help;
    const char *const *names;        // FIELD_ENUM: what each value is called, in order, then NULL
    const struct field_table *table; // FIELD_OBJECT and FIELD_ROWS: what is in there
    uint32_t offset;                 // of the member, in octets
    uint8_t kind;                    // enum field_kind
    uint8_t since;                   // the first schema number that has the field
    uint16_t number;                 // in Protobuf: no other field's of the table, ever
};

struct field_table {
    const char *name; // of the message in Protobuf
    const struct field *fields;
    const uint16_t *retired; // numbers of fields that are gone, then 0; NULL where none are
    size_t count;
    size_t bytes; // of the struct described: the stride of FIELD_ROWS
};

// The row of one member. What follows `0 *` has no effect but to refuse, at compile time, a member
// of another type than the kind's, a name that is too long and a number that cannot be.
#define FIELD_ROW(record, name_, number_, member, kind_, unit_, since_, help_, ...)                \
    {                                                                                              \
        .name = name_, .unit = unit_, .help = help_,                                               \
        .offset = offsetof(record, member) +                                                       \
                  0 * sizeof((field_type_##kind_ *)0 == &((record *)0)->member) +                  \
                  0 * sizeof(char[sizeof(name_) <= FIELD_NAME_BYTES ? 1 : -1]) +                   \
                  0 * sizeof(char[(number_) > 0 && (number_) <= FIELD_NUMBER_MAX ? 1 : -1]),       \
        .kind = FIELD_##kind_, .since = since_, .number = (number_), __VA_ARGS__                   \
    }

#endif
