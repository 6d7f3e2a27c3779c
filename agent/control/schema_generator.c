// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <string.h>

#include "agent/control/schema.h"

// Of the generator of traffic, by the letters of `in`: what it shows (s), what can be changed (c),
// what is said of an anomaly that is ordered (o), and of one that is listed (a).
static const struct {
    const char *name;
    const char *type; // "amount": a number, or a text such as 50k
    const char *in;
    const char *help;
} generator_members[] = {
    {"state", "string", "sc", "running or stopped"},
    {"output", "string", "s", "where packets go"},
    {"packets_per_second", "amount", "sc", "in the mean of a day"},
    {"flows_per_second", "amount", "sc", "0: as many as lengths of real flows make of the packets"},
    {"addresses", "amount", "sc", "hosts, a half of them inside"},
    {"ipv6_share", "amount", "sc", "of flows, 0 to 1"},
    {"rhythm", "amount", "sc", "how much traffic swings about its mean over a day, 0 to 1"},
    {"seed", "integer", "s", "of what is drawn"},
    {"protocols", "shares", "sc", "shares of the packets by protocol; who is not named has none"},
    {"anomalies", "anomalies", "s", "those that are to come, under way or over"},
    {"packets", "integer", "s", "sent so far"},
    {"octets", "integer", "s", "of them"},
    {"flows", "integer", "s", "begun so far"},
    {"measured_packets_per_second", "number", "s", "what leaves now"},
    {"late_us", "integer", "s", "how late packets are, in microseconds"},
    {"kind", "string", "oa", "docs/GENERATOR.md names them"},
    {"length", "string", "o", "how long it takes, such as 20s"},
    {"subject", "string", "oa", "whom it is about, or what"},
    {"strength", "amount", "oa", "in the unit of its kind"},
    {"unit", "string", "a", "of the strength"},
    {"begin_us", "integer", "a", "in microseconds since the epoch"},
    {"end_us", "integer", "a", "the first microsecond after it"},
};

static json_t *generator_member_schema(const char *type, bool given)
{
    if (strcmp(type, "amount") == 0 && given) {
        return json_pack("{s:[{s:s}, {s:s}]}", "oneOf", "type", "number", "type", "string");
    }
    if (strcmp(type, "shares") == 0 && !given) {
        return json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type",
                         "number");
    }
    if (strcmp(type, "shares") == 0) { // such as dns=10,https=90
        return json_pack("{s:[{s:s, s:{s:s}}, {s:s}]}", "oneOf", "type", "object",
                         "additionalProperties", "type", "number", "type", "string");
    }
    if (strcmp(type, "anomalies") == 0) {
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "$ref",
                         "#/components/schemas/GeneratorAnomaly");
    }
    return json_pack("{s:s}", "type", strcmp(type, "amount") == 0 ? "number" : type);
}

static json_t *generator_schema(char in)
{
    json_t *properties = json_object();
    bool given = in == 'c' || in == 'o';
    for (size_t i = 0; i < sizeof(generator_members) / sizeof(generator_members[0]); i++) {
        if (strchr(generator_members[i].in, in) != NULL) {
            json_t *schema = generator_member_schema(generator_members[i].type, given);
            json_object_set_new(schema, "description", json_string(generator_members[i].help));
            json_object_set_new(properties, generator_members[i].name, schema);
        }
    }
    json_t *schema = json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties", 0,
                               "properties", properties);
    if (in == 'o') {
        json_object_set_new(schema, "required", json_pack("[s, s]", "kind", "length"));
    }
    return schema;
}

void schemas_generator_add(json_t *schemas)
{
    json_object_set_new(schemas, "Generator", generator_schema('s'));
    json_object_set_new(schemas, "GeneratorChange", generator_schema('c'));
    json_object_set_new(schemas, "GeneratorOrder", generator_schema('o'));
    json_object_set_new(schemas, "GeneratorAnomaly", generator_schema('a'));
}
