// SPDX-License-Identifier: Apache-2.0
#include "export/record/docs.h"

#include "export/record/record.h"

enum { PREFIX_BYTES = 4 * FIELD_NAME_BYTES }; // of the names before a nested one

static const char preamble[] =
    "# Records\n"
    "\n"
    "Generated from the tables in `export/record/`; a test fails when this page and they differ.\n"
    "\n"
    "Weir publishes records of the types below, each to one of two Kafka topics, or to files.\n"
    "The topics' names are configurable; these are the defaults.\n"
    "\n";

// Between what holds for every record and the fields.
static const char encodings[] =
    "\n"
    "## Encodings\n"
    "\n"
    "The option `export.encoding` says how records go to Kafka: `json`, the default, or "
    "`protobuf`,\n"
    "Protocol Buffers as [weir.proto](weir.proto) has them. Files (`ndjson:`) are always JSON. "
    "Both\n"
    "say the same.\n"
    "\n"
    "| | JSON | Protobuf |\n"
    "|---|---|---|\n"
    "| choose it when | whoever reads has no schema: people, scripts, search engines | records are "
    "many; a flow takes about a quarter of the octets and 60 % of the work |\n"
    "| a message | one object without blanks, UTF-8, fields in the order of the tables below | one "
    "`weir.v1.Record`, no length before it, fields in any order |\n"
    "| the type | `type` | which member of `body` is set; there is no field `type` |\n"
    "| not known | left out | not set: scalars are `optional`, so that a counted zero is told from "
    "it |\n"
    "| list without members | `[]` | as if left out: Protobuf has no sign for it |\n"
    "| integer | number | `uint32`, from 33 bits on `uint64`; `int64` for what may be negative |\n"
    "| number | one to six decimals, rounded half up, so that equal numbers are equal text; from "
    "9e15 on none; what is not finite is left out | `double`, not rounded; left out likewise |\n"
    "| IP address | text: IPv4 dotted, IPv6 as RFC 5952 has it | `bytes`: 4 or 16, network order "
    "|\n"
    "| MAC address | text: lower case, with colons | `bytes`: 6 |\n"
    "| true or false | `true`, `false` | `bool` |\n"
    "| text | what is not valid UTF-8 is replaced with U+FFFD | the same, `string` |\n"
    "| one of | its name | enum; 0 is never written, the names count from 1 in the order given |\n"
    "| list of integers | array | packed `repeated uint32` |\n"
    "| object, list of objects | object, array | a message, `repeated` |\n"
    "\n"
    "Protobuf and not Avro: an Avro message means nothing without the very schema it was written\n"
    "by, which by custom a registry hands out. Such a registry would have to answer before a "
    "record\n"
    "can leave, one more thing at the edge whose outage stops export. A Protobuf message carries\n"
    "the numbers of its fields, and a reader with an older or newer `weir.proto` reads what it\n"
    "knows; numbers also make the rules of the next section simple.\n"
    "\n"
    "## Schema evolution\n"
    "\n"
    "- **Fields are only added.** `schema` counts up, for each type of record by itself, when its\n"
    "  fields change; *since* says in which schema one came.\n"
    "- **A number is given once.** What a field's number stands for, its name and its type never\n"
    "  change; a field that means something else is a new field with a new number. Should a field\n"
    "  go after all, its number goes to its table's list of retired ones, `reserved` in\n"
    "  `weir.proto`, and is never used again; a test holds every number against that list.\n"
    "- **Names of *one of* are only appended**, so that the numbers of the others stay.\n"
    "- **A further type of record** is a further member of `body`.\n"
    "- **A reader has to tolerate** fields that it does not know, in JSON and in Protobuf; values "
    "of\n"
    "  *one of* that it does not know; a `body` that is not set for it, which is a type that it "
    "does\n"
    "  not know; and any field's absence, which means not known and never zero. A reader that "
    "does\n"
    "  so need not look at `schema` at all.\n"
    "- Numbers 1 to 15 take one octet in Protobuf and are kept for what is in nearly every "
    "record.\n";

static const char rules[] =
    "\n"
    "## What holds for every record\n"
    "\n"
    "- **One record** is one Kafka message, or one line of an NDJSON file.\n"
    "- **Left out.** A field that is not known is left out: it is never null, and never a zero\n"
    "  that stands for \"don't know\". A zero was counted.\n"
    "- **Times** end in `_us`: microseconds since 1970-01-01 UTC, from the packets' time stamps.\n"
    "  Round trips and times between packets are microseconds too.\n"
    "- **Integers** are exact up to 64 bits: read them as such where the parser offers it.\n"
    "- **Ids and de-duplication.** `id` is the run's random 64-bit number in hexadecimal, a "
    "hyphen\n"
    "  and the record's number in that run. Within one producer session Kafka's idempotence keeps\n"
    "  duplicates out; a consumer that must not count twice keeps the ids that it has seen.\n"
    "- **Keys.** The Kafka key of a flow record is its community id, so that both directions of a\n"
    "  conversation, and all its records, are in one partition and in order. Any other record, "
    "and\n"
    "  a flow without community id (its ports are unknown, as in a lone fragment), has the "
    "sensor's\n"
    "  name.\n"
    "- **source** is the end that sent the flow's first packet (for TCP the SYN, if one was "
    "seen),\n"
    "  **destination** the other.\n";

// What each kind is; the section on encodings tells how either writes it.
static const char *const kind_names[FIELD_KIND_COUNT] = {
    [FIELD_U8] = "integer",    [FIELD_U16] = "integer",
    [FIELD_U32] = "integer",   [FIELD_U64] = "integer",
    [FIELD_I64] = "integer",   [FIELD_DOUBLE] = "number",
    [FIELD_IP] = "IP address", [FIELD_MAC] = "MAC address",
    [FIELD_STRING] = "text",   [FIELD_OWNED] = "text",
    [FIELD_TEXT] = "text",     [FIELD_BOOL] = "true or false",
    [FIELD_ENUM] = "one of",   [FIELD_NUMBERS] = "list of integers",
    [FIELD_OBJECT] = "object", [FIELD_ROWS] = "list of objects",
};

static void write_head(FILE *out)
{
    fputs("\n| field | number | type | unit | since | meaning |\n|---|---:|---|---|---|---|\n",
          out);
}

// `schema`: the type's. A table that several types share counts its own, which may be further on.
static void write_row(FILE *out, const char *prefix, const struct field *field, unsigned schema)
{
    unsigned since = field->since < schema ? field->since : schema;
    fprintf(out, "| `%s%s` | ", prefix, field->name);
    if (field->number != 0) {
        fprintf(out, "%u", field->number);
    }
    fprintf(out, " | %s", kind_names[field->kind]);
    for (const char *const *name = field->names; name != NULL && *name != NULL; name++) {
        fprintf(out, "%s `%s`", name == field->names ? "" : ",", *name);
    }
    fprintf(out, " | %s | %u | %s |\n", field->unit, since, field->help);
}

static void write_table(FILE *out, const char *prefix, const struct field_table *table,
                        unsigned schema)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        write_row(out, prefix, field, schema);
        if (field->table != NULL) {
            char inner[PREFIX_BYTES];
            snprintf(inner, sizeof(inner), "%.*s%.*s.", PREFIX_BYTES - FIELD_NAME_BYTES - 1, prefix,
                     FIELD_NAME_BYTES - 1, field->name);
            write_table(out, inner, field->table, schema);
        }
    }
}

static void write_topics(FILE *out)
{
    fputs("| topic | types |\n|---|---|\n", out);
    for (size_t topic = 0; topic < RECORD_TOPIC_COUNT; topic++) {
        fprintf(out, "| `%s` |", record_topic_names[topic]);
        const char *separator = " ";
        for (size_t type = 0; type < RECORD_TYPE_COUNT; type++) {
            if (record_types[type].topic == topic) {
                fprintf(out, "%s`%s`", separator, record_types[type].name);
                separator = ", ";
            }
        }
        fputs(" |\n", out);
    }
}

void record_docs_write(FILE *out)
{
    fputs(preamble, out);
    write_topics(out);
    fputs(rules, out);
    fputs(encodings, out);

    fputs("\n## Fields of every record\n", out);
    write_head(out);
    for (size_t i = 0; i < RECORD_COMMON_COUNT; i++) {
        write_row(out, "", &record_common[i], 1);
    }
    for (size_t type = 0; type < RECORD_TYPE_COUNT; type++) {
        fprintf(out, "\n## `%s` (schema %u)\n\n%s In Protobuf it is member %u of `body`.\n",
                record_types[type].name, record_types[type].schema, record_types[type].help,
                record_types[type].number);
        write_head(out);
        write_table(out, "", record_types[type].table, record_types[type].schema);
    }
}
