// SPDX-License-Identifier: Apache-2.0
#include "export/record/docs.h"

#include "export/record/record.h"

static const char preamble[] =
    "# Records\n"
    "\n"
    "Generated from the tables in `export/record/`; a test fails when this page and they differ.\n"
    "\n"
    "Weir publishes records of the types below, each to one of two Kafka topics, or to files.\n"
    "The topics' names are configurable; these are the defaults.\n"
    "\n";

static const char rules[] =
    "\n"
    "## What holds for every record\n"
    "\n"
    "- **Encoding.** JSON: one object for each Kafka message, one line in an NDJSON file, no\n"
    "  blanks, UTF-8, fields in the order of the tables below. What is not valid UTF-8 in a text\n"
    "  is replaced with U+FFFD.\n"
    "- **Left out.** A field that is not known is left out: it is never null, and never a zero\n"
    "  that stands for \"don't know\". A zero was counted.\n"
    "- **Times** end in `_us`: microseconds since 1970-01-01 UTC, from the packets' time stamps.\n"
    "  Round trips and times between packets are microseconds too.\n"
    "- **Numbers.** Integers are exact up to 64 bits: read them as such where the parser offers\n"
    "  it. Fractions have one to six decimals, rounded half up, so that equal numbers are equal\n"
    "  text.\n"
    "- **Addresses** are text: IPv4 dotted, IPv6 as RFC 5952 has it, MAC addresses in lower case\n"
    "  with colons.\n"
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
    "- **Versions.** `schema` counts up when a type's fields change. Fields are only ever added;\n"
    "  *since* says in which schema one came.\n"
    "- **source** is the end that sent the flow's first packet (for TCP the SYN, if one was "
    "seen),\n"
    "  **destination** the other.\n";

// How each kind looks in JSON.
static const char *const kind_names[FIELD_KIND_COUNT] = {
    [FIELD_U8] = "integer",    [FIELD_U16] = "integer",
    [FIELD_U32] = "integer",   [FIELD_U64] = "integer",
    [FIELD_I64] = "integer",   [FIELD_DOUBLE] = "number",
    [FIELD_IP] = "IP address", [FIELD_MAC] = "MAC address",
    [FIELD_STRING] = "text",   [FIELD_TEXT] = "text",
    [FIELD_ENUM] = "one of",   [FIELD_NUMBERS] = "list of integers",
    [FIELD_OBJECT] = "object", [FIELD_ROWS] = "list of objects",
};

static void write_head(FILE *out)
{
    fputs("\n| field | type | unit | since | meaning |\n|---|---|---|---|---|\n", out);
}

static void write_row(FILE *out, const char *prefix, const struct field *field)
{
    fprintf(out, "| `%s%s` | %s", prefix, field->name, kind_names[field->kind]);
    for (const char *const *name = field->names; name != NULL && *name != NULL; name++) {
        fprintf(out, "%s `%s`", name == field->names ? "" : ",", *name);
    }
    fprintf(out, " | %s | %u | %s |\n", field->unit, field->since, field->help);
}

static void write_table(FILE *out, const char *prefix, const struct field_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        write_row(out, prefix, field);
        if (field->table != NULL) {
            char inner[2 * FIELD_NAME_BYTES];
            snprintf(inner, sizeof(inner), "%s%s.", prefix, field->name);
            write_table(out, inner, field->table);
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

    fputs("\n## Fields of every record\n", out);
    write_head(out);
    for (size_t i = 0; i < RECORD_COMMON_COUNT; i++) {
        write_row(out, "", &record_common[i]);
    }
    for (size_t type = 0; type < RECORD_TYPE_COUNT; type++) {
        fprintf(out, "\n## `%s` (schema %u)\n\n%s\n", record_types[type].name,
                record_types[type].schema, record_types[type].help);
        write_head(out);
        write_table(out, "", record_types[type].table);
    }
}
