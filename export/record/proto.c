// SPDX-License-Identifier: Apache-2.0
#include "export/record/proto.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>

#include "export/record/record.h"

enum { TABLES_MAX = 64 };

// A table that several records hold (a loss) is one message, written where it is first met.
struct tables {
    const struct field_table *table[TABLES_MAX];
    size_t count;
};

static const char preamble[] =
    "// SPDX-License-Identifier: Apache-2.0\n"
    "// Generated from the tables in export/record/; a test fails when this file and they differ.\n"
    "// docs/RECORDS.md says what holds for every record, and how these messages may change.\n"
    "syntax = \"proto3\";\n"
    "\n"
    "package weir.v1;\n";

static const struct {
    const char *type; // NULL: named by the field
    const char *note;
} kinds[FIELD_KIND_COUNT] = {
    [FIELD_U8] = {"optional uint32", ""},
    [FIELD_U16] = {"optional uint32", ""},
    [FIELD_U32] = {"optional uint32", ""},
    [FIELD_U64] = {"optional uint64", ""},
    [FIELD_I64] = {"optional int64", ""},
    [FIELD_DOUBLE] = {"optional double", ""},
    [FIELD_IP] = {"optional bytes", "; 4 or 16 octets, network order"},
    [FIELD_MAC] = {"optional bytes", "; 6 octets"},
    [FIELD_BOOL] = {"optional bool", ""},
    [FIELD_STRING] = {"optional string", ""},
    [FIELD_OWNED] = {"optional string", ""},
    [FIELD_TEXT] = {"optional string", ""},
    [FIELD_ENUM] = {NULL, ""},
    [FIELD_NUMBERS] = {"repeated uint32", ""}, // packed, as proto3 has it unless told otherwise
    [FIELD_OBJECT] = {NULL, ""},
    [FIELD_ROWS] = {NULL, ""},
};

// end_reason as EndReason.
static void write_camel(FILE *out, const char *name)
{
    for (bool first = true; *name != '\0'; name++) {
        if (*name != '_') {
            fputc(first ? toupper(*name) : *name, out);
        }
        first = *name == '_';
    }
}

static void write_upper(FILE *out, const char *name)
{
    for (; *name != '\0'; name++) {
        fputc(toupper(*name), out);
    }
}

static void write_enum(FILE *out, const struct field *field)
{
    fputs("  enum ", out);
    write_camel(out, field->name);
    fputs(" {\n    ", out);
    write_upper(out, field->name);
    fputs("_UNSPECIFIED = 0; // never written\n", out);
    for (unsigned i = 0; field->names[i] != NULL; i++) {
        fputs("    ", out);
        write_upper(out, field->name);
        fputc('_', out);
        write_upper(out, field->names[i]);
        fprintf(out, " = %u;\n", i + 1);
    }
    fputs("  }\n\n", out);
}

static void write_comment(FILE *out, const struct field *field)
{
    fprintf(out, "  // %s", field->help);
    if (field->unit[0] != '\0') {
        fprintf(out, " (%s)", field->unit);
    }
    fprintf(out, "%s\n", kinds[field->kind].note);
}

static void write_field(FILE *out, const struct field *field)
{
    write_comment(out, field);
    if (kinds[field->kind].type != NULL) {
        fprintf(out, "  %s", kinds[field->kind].type);
    } else if (field->kind == FIELD_ENUM) {
        fputs("  optional ", out);
        write_camel(out, field->name);
    } else {
        fprintf(out, "  %s%s", field->kind == FIELD_ROWS ? "repeated " : "optional ",
                field->table->name);
    }
    fprintf(out, " %s = %u;\n", field->name, field->number);
}

static void write_retired(FILE *out, const struct field_table *table)
{
    for (const uint16_t *number = table->retired; number != NULL && *number != 0; number++) {
        fprintf(out, "  reserved %u;\n", *number);
    }
}

static bool is_first(struct tables *written, const struct field_table *table)
{
    for (size_t i = 0; i < written->count; i++) {
        if (written->table[i] == table) {
            return false;
        }
    }
    assert(written->count < TABLES_MAX);
    written->table[written->count++] = table;
    return true;
}

static void write_message(FILE *out, struct tables *written, const struct field_table *table,
                          const char *help)
{
    if (!is_first(written, table)) {
        return;
    }
    fprintf(out, "\n// %s\nmessage %s {\n", help, table->name);
    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].kind == FIELD_ENUM) {
            write_enum(out, &table->fields[i]);
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        write_field(out, &table->fields[i]);
    }
    write_retired(out, table);
    fputs("}\n", out);
    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].table != NULL) {
            write_message(out, written, table->fields[i].table, table->fields[i].help);
        }
    }
}

// What every record has is there in all, so that it needs no `optional`.
static const char *common_type(const struct field *field)
{
    return field->kind == FIELD_U32 ? "uint32" : "string";
}

static void write_record(FILE *out)
{
    fprintf(out, "\n// One Kafka message.\nmessage %s {\n", record_common_table.name);
    for (size_t i = 0; i < RECORD_COMMON_COUNT; i++) {
        const struct field *field = &record_common[i];
        if (i != RECORD_NAME) {
            write_comment(out, field);
            fprintf(out, "  %s %s = %u;\n", common_type(field), field->name, field->number);
        }
    }
    fprintf(out, "  // %s\n  oneof body {\n", record_common[RECORD_NAME].help);
    for (size_t i = 0; i < RECORD_TYPE_COUNT; i++) {
        fprintf(out, "    %s %s = %u;\n", record_types[i].table->name, record_types[i].name,
                record_types[i].number);
    }
    fputs("  }\n", out);
    write_retired(out, &record_common_table);
    fputs("}\n", out);
}

void record_proto_write(FILE *out)
{
    struct tables written = {0};
    fputs(preamble, out);
    write_record(out);
    for (size_t i = 0; i < RECORD_TYPE_COUNT; i++) {
        write_message(out, &written, record_types[i].table, record_types[i].help);
    }
}
