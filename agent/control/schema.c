// SPDX-License-Identifier: Apache-2.0
#include "agent/control/schema.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

#include "agent/query/query.h"
#include "export/record/record.h"

// The schemas that come from no table.
static const char plain[] =
    "{\"Error\": {\"type\": \"object\", \"required\": [\"error\"], \"properties\": {"
    "\"error\": {\"type\": \"string\", \"description\": \"what was found and what was "
    "expected\"}}},"
    "\"Index\": {\"type\": \"object\", \"required\": [\"routes\"], \"properties\": {"
    "\"routes\": {\"type\": \"array\", \"items\": {\"type\": \"object\","
    "\"required\": [\"method\", \"path\", \"summary\"], \"properties\": {"
    "\"method\": {\"type\": \"string\"}, \"path\": {\"type\": \"string\"},"
    "\"summary\": {\"type\": \"string\"}}}}}},"
    "\"Health\": {\"type\": \"object\", \"required\": [\"alive\", \"version\", \"seconds\"],"
    "\"properties\": {\"alive\": {\"type\": \"boolean\"}, \"version\": {\"type\": \"string\"},"
    "\"seconds\": {\"type\": \"number\", \"description\": \"since the start\"}}},"
    "\"Ready\": {\"type\": \"object\", \"required\": [\"ready\"], \"properties\": {"
    "\"ready\": {\"type\": \"boolean\"},"
    "\"error\": {\"type\": \"string\", \"description\": \"why it is not\"}}},"
    "\"Config\": {\"type\": \"object\", \"description\": \"options by name; docs/CONFIGURATION.md "
    "says what each accepts and whether it can change live\", \"additionalProperties\": true},"
    "\"Books\": {\"type\": \"object\", \"description\": \"counters by name, as of weir's "
    "--summary\","
    "\"additionalProperties\": true},"
    "\"Acknowledgement\": {\"type\": \"object\", \"required\": [\"acknowledged\"],"
    "\"additionalProperties\": false, \"properties\": {\"acknowledged\": {\"type\": "
    "\"boolean\", \"description\": \"false takes it back\"}, \"note\": {\"type\": \"string\","
    "\"maxLength\": 200, \"description\": \"what others should know\"}}},"
    "\"Acknowledged\": {\"type\": \"object\", \"required\": [\"at_us\", \"by\", \"note\"],"
    "\"additionalProperties\": false, \"description\": \"who has seen it; absent: nobody\","
    "\"properties\": {\"at_us\": {\"type\": \"integer\", \"description\": \"in microseconds since "
    "the epoch\"}, \"by\": {\"type\": \"string\", \"description\": \"address and port\"},"
    "\"note\": {\"type\": \"string\"}}},"
    "\"Stream\": {\"type\": \"string\", \"description\": \"server-sent events; "
    "docs/CONTROL.md names them\"},"
    "\"OpenAPI\": {\"type\": \"object\", \"required\": [\"openapi\", \"paths\"],"
    "\"additionalProperties\": true}}";

// Replies that are lists: the member's name, and the schema of what is in it.
static const struct {
    const char *schema;
    const char *member;
    const char *item;
} lists[] = {
    {"Queries", "queries", "Query"},
    {"Answers", "answers", "QueryRecord"},
    {"Anomalies", "anomalies", "AnomalyRecord"},
    {"Windows", "windows", "WindowRecord"},
};

// Pages of the history: what is in them.
static const struct {
    const char *schema;
    const char *item;
} histories[] = {
    {"HistoryWindows", "WindowRecord"},
    {"HistoryAnswers", "QueryRecord"},
    {"HistoryAnomalies", "AnomalyRecord"},
};

static const struct {
    const char *name;
    const char *type;
    const char *const *names; // the values that it can have, then NULL; NULL: any
    const char *help;
} query_members[] = {
    {"name", "string", NULL, "letters, digits, dots, - and _"},
    {"kind", "string", query_kind_names, "which subjects are told"},
    {"subject", "string", subject_kind_names, "what is told apart"},
    {"ipv4_bits", "integer", NULL, "length of IPv4 prefixes, where prefixes are told apart"},
    {"ipv6_bits", "integer", NULL, "length of IPv6 prefixes"},
    {"by", "string", query_by_names, "what is counted"},
    {"window", "string", NULL, "the last T, such as 60s"},
    {"percent", "number", NULL, "of kind share: more than this part of the traffic"},
    {"k", "integer", NULL, "of kind top: this many"},
    {"deviations", "number", NULL, "of kind deviation: this many above the baseline"},
    {"baseline", "string", query_baseline_names, "of kind deviation"},
    {"traffic", "string", query_traffic_names, "with one end inside network.internal, or all"},
    {"filter", "string", NULL, "which flows count; docs/QUERIES.md"},
    {"revision", "integer", NULL, "1, and one more with each change; not set by clients"},
};

static json_t *enum_add(json_t *schema, const char *const *names)
{
    json_t *values = json_array();
    for (unsigned i = 0; names[i] != NULL; i++) {
        json_array_append_new(values, json_string(names[i]));
    }
    json_object_set_new(schema, "enum", values);
    return schema;
}

// Of a change no member is required, and a null takes one back.
static json_t *query_schema(bool whole)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < sizeof(query_members) / sizeof(query_members[0]); i++) {
        json_t *schema = json_pack("{s:s, s:s}", "type", query_members[i].type, "description",
                                   query_members[i].help);
        if (query_members[i].names != NULL && whole) {
            enum_add(schema, query_members[i].names);
        }
        if (!whole) {
            json_object_set_new(schema, "nullable", json_true());
        }
        json_object_set_new(properties, query_members[i].name, schema);
    }
    json_t *schema = json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0,
                               "properties", properties);
    if (whole) {
        json_object_set_new(schema, "required", json_pack("[s, s, s]", "name", "kind", "subject"));
    }
    return schema;
}

static json_t *table_schema(const struct field_table *table);

static json_t *field_schema(const struct field *field)
{
    switch (field->kind) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_I64:
        return json_pack("{s:s}", "type", "integer");
    case FIELD_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case FIELD_DOUBLE:
        return json_pack("{s:s}", "type", "number");
    case FIELD_NUMBERS:
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "integer");
    case FIELD_OBJECT:
        return table_schema(field->table);
    case FIELD_ROWS:
        return json_pack("{s:s, s:o}", "type", "array", "items", table_schema(field->table));
    case FIELD_ENUM:
        return enum_add(json_pack("{s:s}", "type", "string"), field->names);
    default:
        return json_pack("{s:s}", "type", "string");
    }
}

static void field_add(json_t *properties, const struct field *field)
{
    json_t *schema = field_schema(field);
    const char *part = field->unit[0] != '\0' ? ", in " : "";
    json_object_set_new(schema, "description",
                        json_sprintf("%s%s%s", field->help, part, field->unit));
    json_object_set_new(properties, field->name, schema);
}

static json_t *table_schema(const struct field_table *table)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < table->count; i++) {
        field_add(properties, &table->fields[i]);
    }
    return json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0, "properties",
                     properties);
}

// What the record has beside its own fields, but for the id: it is not given yet. What was said of
// an anomaly is this API's alone.
static json_t *record_schema(const struct record_type_row *row)
{
    json_t *schema = table_schema(row->table);
    json_t *properties = json_object_get(schema, "properties");
    json_object_set_new(properties, record_common[RECORD_NAME].name,
                        json_pack("{s:s, s:[s]}", "type", "string", "enum", row->name));
    json_object_set_new(properties, record_common[RECORD_SCHEMA].name,
                        json_pack("{s:s}", "type", "integer"));
    json_object_set_new(properties, record_common[RECORD_SENSOR].name,
                        json_pack("{s:s}", "type", "string"));
    json_object_set_new(schema, "description", json_string(row->help));
    json_object_set_new(schema, "required",
                        json_pack("[s, s, s]", record_common[RECORD_NAME].name,
                                  record_common[RECORD_SCHEMA].name,
                                  record_common[RECORD_SENSOR].name));
    if (row == &record_types[RECORD_ANOMALY]) {
        json_object_set_new(properties, "acknowledged",
                            json_pack("{s:s}", "$ref", "#/components/schemas/Acknowledged"));
    }
    return schema;
}

static json_t *history_schema(const char *item)
{
    return json_pack(
        "{s:s, s:[s, s], s:{s:{s:s, s:{s:s+}}, s:{s:s, s:b, s:s, s:{s:{s:s}, s:{s:s}}}}}", "type",
        "object", "required", "records", "next", "properties", "records", "type", "array", "items",
        "$ref", "#/components/schemas/", item, "next", "type", "object", "nullable", 1,
        "description", "parameters for the records behind these; null: there are no more",
        "properties", "last_us", "type", "integer", "last_id", "type", "integer");
}

json_t *schemas_make(void)
{
    json_t *schemas = json_loads(plain, 0, NULL);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        json_object_set_new(schemas, lists[i].schema,
                            json_pack("{s:s, s:[s], s:{s:{s:s, s:{s:s+}}}}", "type", "object",
                                      "required", lists[i].member, "properties", lists[i].member,
                                      "type", "array", "items", "$ref", "#/components/schemas/",
                                      lists[i].item));
    }
    for (size_t i = 0; i < sizeof(histories) / sizeof(histories[0]); i++) {
        json_object_set_new(schemas, histories[i].schema, history_schema(histories[i].item));
    }
    schemas_generator_add(schemas);
    json_object_set_new(schemas, "Query", query_schema(true));
    json_object_set_new(schemas, "QueryChange", query_schema(false));
    for (unsigned type = RECORD_FLOW + 1; type < RECORD_TYPE_COUNT; type++) {
        char name[64];
        snprintf(name, sizeof(name), "%c%sRecord", toupper(record_types[type].name[0]),
                 record_types[type].name + 1);
        json_object_set_new(schemas, name, record_schema(&record_types[type]));
    }
    return schemas;
}
