// SPDX-License-Identifier: Apache-2.0
#include "agent/query/query_member.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/config/quantity.h"
#include "agent/query/filter.h"
#include "agent/query/query_answer.h"

enum { PERCENT_MAX = 100, DEVIATIONS_MAX = 1000000, IPV4_BITS = 32, IPV6_BITS = 128 };
enum { PERCENT = 10, K = 10, DEVIATIONS = 3, IPV4_BITS_DEFAULT = 24, IPV6_BITS_DEFAULT = 48 };
#define WINDOW_US INT64_C(60000000) // made up to whole panes

const char *const query_kind_names[QUERY_KIND_COUNT + 1] = {
    [QUERY_SHARE] = "share", [QUERY_TOP] = "top", [QUERY_DEVIATION] = "deviation"};
const char *const query_by_names[QUERY_BY_COUNT + 1] = {
    [QUERY_BYTES] = "bytes", [QUERY_PACKETS] = "packets", [QUERY_FLOWS] = "flows"};
const char *const query_baseline_names[QUERY_BASELINE_COUNT + 1] = {
    [QUERY_MEAN] = "mean", [QUERY_ZERO] = "zero"};
const char *const query_traffic_names[QUERY_TRAFFIC_COUNT + 1] = {
    [QUERY_EXTERNAL] = "external", [QUERY_ALL] = "all"};

static bool always(const struct query *query)
{
    (void)query;
    return true;
}

static bool is_share(const struct query *query)
{
    return query->kind == QUERY_SHARE;
}

static bool is_top(const struct query *query)
{
    return query->kind == QUERY_TOP;
}

static bool is_deviation(const struct query *query)
{
    return query->kind == QUERY_DEVIATION;
}

static bool has_prefix(const struct query *query)
{
    enum subject_kind kind = query->subject.kind;
    return kind == SUBJECT_SOURCE_PREFIX || kind == SUBJECT_DESTINATION_PREFIX ||
           kind == SUBJECT_PREFIX;
}

static int name_store(struct query *query, const json_t *value, int64_t pane_us, struct error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    (void)pane_us;
    (void)err;
    const char *text = json_string_value(value);
    if (text == NULL || text[0] == '\0' || strlen(text) > QUERY_NAME_MAX ||
        text[strspn(text, allowed)] != '\0' || strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
        return -EINVAL;
    }
    strcpy(query->name, text);
    return 0;
}

static void name_expect(int64_t pane_us, char *text, size_t size)
{
    (void)pane_us;
    snprintf(text, size, "a name of 1 to %d letters, digits, dots, - and _", QUERY_NAME_MAX);
}

static json_t *name_show(const struct query *query)
{
    return json_string(query->name);
}

// The number of a name. -EINVAL where it is none of them.
static int choice_of(const char *const *names, const json_t *value)
{
    const char *text = json_string_value(value);
    for (int i = 0; text != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            return i;
        }
    }
    return -EINVAL;
}

static void choice_expect(const char *const *names, char *text, size_t size)
{
    int used = snprintf(text, size, "one of %s", names[0]);
    for (int i = 1; names[i] != NULL && used >= 0 && (size_t)used < size; i++) {
        used += snprintf(text + used, size - (size_t)used, ", %s", names[i]);
    }
}

// A member that is one of some names, by an enum whose first one is the default.
#define CHOICE(member, field, names)                                                               \
    static int member##_store(struct query *query, const json_t *value, int64_t pane_us,           \
                              struct error *err)                                                   \
    {                                                                                              \
        (void)pane_us;                                                                             \
        (void)err;                                                                                 \
        int choice = value != NULL ? choice_of(names, value) : 0;                                  \
        query->field = choice >= 0 ? (unsigned)choice : query->field;                              \
        return choice >= 0 ? 0 : choice;                                                           \
    }                                                                                              \
    static void member##_expect(int64_t pane_us, char *text, size_t size)                          \
    {                                                                                              \
        (void)pane_us;                                                                             \
        choice_expect(names, text, size);                                                          \
    }                                                                                              \
    static json_t *member##_show(const struct query *query)                                        \
    {                                                                                              \
        return json_string(names[query->field]);                                                   \
    }

CHOICE(kind, kind, query_kind_names)
CHOICE(subject, subject.kind, subject_kind_names)
CHOICE(by, by, query_by_names)
CHOICE(baseline, baseline, query_baseline_names)
CHOICE(traffic, traffic, query_traffic_names)

// A member that is a whole number.
#define INTEGER(member, field, type, standard, least, most)                                        \
    static int member##_store(struct query *query, const json_t *value, int64_t pane_us,           \
                              struct error *err)                                                   \
    {                                                                                              \
        (void)pane_us;                                                                             \
        (void)err;                                                                                 \
        json_int_t number = value != NULL ? json_integer_value(value) : (standard);                \
        if ((value != NULL && !json_is_integer(value)) || number < (least) || number > (most)) {   \
            return -EINVAL;                                                                        \
        }                                                                                          \
        query->field = (type)number;                                                               \
        return 0;                                                                                  \
    }                                                                                              \
    static void member##_expect(int64_t pane_us, char *text, size_t size)                          \
    {                                                                                              \
        (void)pane_us;                                                                             \
        snprintf(text, size, "an integer from %d to %d", (least), (most));                         \
    }                                                                                              \
    static json_t *member##_show(const struct query *query)                                        \
    {                                                                                              \
        return json_integer(query->field);                                                         \
    }

INTEGER(k, k, uint32_t, K, 1, QUERY_ROWS_MAX)
INTEGER(ipv4_bits, subject.ipv4_bits, uint8_t, IPV4_BITS_DEFAULT, 1, IPV4_BITS)
INTEGER(ipv6_bits, subject.ipv6_bits, uint8_t, IPV6_BITS_DEFAULT, 1, IPV6_BITS)

// A number from 0 to `most`, or the default. -EINVAL where the value is none.
static int number_of(const json_t *value, double standard, double most, double *number)
{
    double read = value != NULL ? json_number_value(value) : standard;
    if ((value != NULL && !json_is_number(value)) || !(read >= 0 && read <= most)) {
        return -EINVAL;
    }
    *number = read;
    return 0;
}

static int percent_store(struct query *query, const json_t *value, int64_t pane_us,
                         struct error *err)
{
    (void)pane_us;
    (void)err;
    return number_of(value, PERCENT, PERCENT_MAX, &query->percent);
}

static void percent_expect(int64_t pane_us, char *text, size_t size)
{
    (void)pane_us;
    snprintf(text, size, "a number from 0 to %d", PERCENT_MAX);
}

static json_t *percent_show(const struct query *query)
{
    return json_real(query->percent);
}

static int deviations_store(struct query *query, const json_t *value, int64_t pane_us,
                            struct error *err)
{
    (void)pane_us;
    (void)err;
    return number_of(value, DEVIATIONS, DEVIATIONS_MAX, &query->deviations);
}

static void deviations_expect(int64_t pane_us, char *text, size_t size)
{
    (void)pane_us;
    snprintf(text, size, "a number from 0 to %d", DEVIATIONS_MAX);
}

static json_t *deviations_show(const struct query *query)
{
    return json_real(query->deviations);
}

// In the largest unit that it is a whole number of, as a configuration has it.
static void duration_text(int64_t us, char *text, size_t size)
{
    const struct quantity_unit *best = &quantity_durations[0];
    for (const struct quantity_unit *unit = best; unit->suffix != NULL; unit++) {
        if (us % unit->factor == 0) {
            best = unit;
        }
    }
    snprintf(text, size, "%" PRId64 "%s", us / best->factor, best->suffix);
}

static int window_store(struct query *query, const json_t *value, int64_t pane_us,
                        struct error *err)
{
    (void)err;
    int64_t window_us = (WINDOW_US + pane_us - 1) / pane_us * pane_us;
    if (value != NULL) {
        const char *text = json_string_value(value);
        window_us = quantity_parse(quantity_durations, text != NULL ? text : "");
    }
    if (window_us < pane_us || window_us > QUERY_WINDOW_MAX_US || window_us % pane_us != 0) {
        return -EINVAL;
    }
    query->window_us = window_us;
    return 0;
}

static void window_expect(int64_t pane_us, char *text, size_t size)
{
    char pane[32];
    duration_text(pane_us, pane, sizeof(pane));
    snprintf(text, size,
             "a duration from %s to 1h in whole panes of %s, with its unit, such as 60s", pane,
             pane);
}

static json_t *window_show(const struct query *query)
{
    char text[32];
    duration_text(query->window_us, text, sizeof(text));
    return json_string(text);
}

static int filter_store(struct query *query, const json_t *value, int64_t pane_us,
                        struct error *err)
{
    (void)pane_us;
    const char *text = value != NULL ? json_string_value(value) : "";
    if (text == NULL) {
        return -EINVAL;
    }
    struct error why;
    struct filter *filter = NULL;
    int code = text[0] != '\0' ? filter_create(&filter, text, &why) : 0;
    filter_free(filter);
    if (code != 0) {
        return error_set(err, code, "filter, %s", why.text);
    }
    strcpy(query->filter, text);
    return 0;
}

static void filter_expect(int64_t pane_us, char *text, size_t size)
{
    (void)pane_us;
    snprintf(text, size, "a string such as \"destination_port = 53\"");
}

static json_t *filter_show(const struct query *query)
{
    return query->filter[0] != '\0' ? json_string(query->filter) : json_null();
}

#define MEMBER(member)                                                                             \
    .name = #member, .store = member##_store, .expect = member##_expect, .show = member##_show
#define PREFIX_OWNERS "queries by source_prefix, destination_prefix or prefix"

// clang-format off
const struct query_member query_members[] = {
    {MEMBER(name), .required = true, .belongs = always},
    {MEMBER(kind), .required = true, .belongs = always},
    {MEMBER(subject), .required = true, .belongs = always},
    {MEMBER(ipv4_bits), .belongs = has_prefix, .owners = PREFIX_OWNERS},
    {MEMBER(ipv6_bits), .belongs = has_prefix, .owners = PREFIX_OWNERS},
    {MEMBER(by), .belongs = always},
    {MEMBER(window), .belongs = always},
    {MEMBER(percent), .belongs = is_share, .owners = "queries of kind share"},
    {MEMBER(k), .belongs = is_top, .owners = "queries of kind top"},
    {MEMBER(deviations), .belongs = is_deviation, .owners = "queries of kind deviation"},
    {MEMBER(baseline), .belongs = is_deviation, .owners = "queries of kind deviation"},
    {MEMBER(traffic), .belongs = always},
    {MEMBER(filter), .belongs = always},
};
// clang-format on

const size_t query_member_count = sizeof(query_members) / sizeof(query_members[0]);

const struct query_member *query_member_find(const char *name)
{
    for (size_t i = 0; i < query_member_count; i++) {
        if (strcmp(query_members[i].name, name) == 0) {
            return &query_members[i];
        }
    }
    return NULL;
}
