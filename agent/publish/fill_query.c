// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/publish/fill.h"
#include "agent/publish/owned.h"

#define BIT(field) (UINT64_C(1) << RECORD_QUERY_##field)

// What every answer has, whatever its kind.
#define ALWAYS                                                                                     \
    (BIT(REVISION) | BIT(KIND) | BIT(SUBJECT) | BIT(BY) | BIT(TRAFFIC) | BIT(WINDOW_US) |          \
     BIT(START_US) | BIT(END_US) | BIT(MATCHING) | BIT(SUBJECTS) | BIT(TOTAL) | BIT(MEAN) |        \
     BIT(STDDEV) | BIT(EXACT) | BIT(LOSS))

static_assert((int)QUERY_SHARE == (int)RECORD_KIND_SHARE &&
                  (int)QUERY_TOP == (int)RECORD_KIND_TOP &&
                  (int)QUERY_DEVIATION == (int)RECORD_KIND_DEVIATION &&
                  (int)QUERY_KIND_COUNT == (int)RECORD_KIND_COUNT,
              "a record has the names of a query's kinds in their order");
static_assert((int)QUERY_BYTES == (int)RECORD_BY_BYTES &&
                  (int)QUERY_PACKETS == (int)RECORD_BY_PACKETS &&
                  (int)QUERY_FLOWS == (int)RECORD_BY_FLOWS &&
                  (int)QUERY_BY_COUNT == (int)RECORD_BY_COUNT,
              "likewise");
static_assert((int)QUERY_EXTERNAL == (int)RECORD_TRAFFIC_EXTERNAL &&
                  (int)QUERY_ALL == (int)RECORD_TRAFFIC_ALL &&
                  (int)QUERY_TRAFFIC_COUNT == (int)RECORD_TRAFFIC_COUNT,
              "likewise");
static_assert((int)QUERY_MEAN == (int)RECORD_BASELINE_MEAN &&
                  (int)QUERY_ZERO == (int)RECORD_BASELINE_ZERO &&
                  (int)QUERY_BASELINE_COUNT == (int)RECORD_BASELINE_COUNT,
              "likewise");
static_assert((int)RECORD_QUERY_ERROR_PACKETS == RECORD_QUERY_ERROR_BYTES + QUERY_PACKETS &&
                  (int)RECORD_QUERY_ERROR_FLOWS == RECORD_QUERY_ERROR_BYTES + QUERY_FLOWS,
              "an error's field is found by what is counted");

static bool is_prefix(enum subject_kind kind)
{
    return kind == SUBJECT_SOURCE_PREFIX || kind == SUBJECT_DESTINATION_PREFIX ||
           kind == SUBJECT_PREFIX;
}

static uint64_t parameters_of(const struct query *query)
{
    uint64_t known = is_prefix(query->subject.kind) ? BIT(IPV4_BITS) | BIT(IPV6_BITS) : 0;
    switch (query->kind) {
    case QUERY_SHARE:
        return known | BIT(PERCENT);
    case QUERY_TOP:
        return known | BIT(K);
    default:
        return known | BIT(DEVIATIONS) | BIT(BASELINE);
    }
}

static uint64_t known_of(const struct query_answer *answer, uint32_t sampling)
{
    uint64_t known = ALWAYS | parameters_of(answer->query);
    known |= sampling > 1 ? BIT(SAMPLING) : 0;
    known |= answer->changed ? BIT(CHANGED) : 0;
    // Nothing bounds what never came to the query.
    bool bounded = !answer->exact && answer->loss.activity_shed == 0;
    known |= bounded ? BIT(ERROR_BYTES) << answer->query->by : 0;
    return known;
}

// Rows and, behind them, their names, as close as they are: an answer can wait long on its way out.
static int fill_rows(struct field_rows *to, const struct query_answer *answer)
{
    const uint32_t count = answer->row_count;
    if (count == 0) {
        *to = (struct field_rows){0};
        return 0;
    }
    struct record_query_row *rows = malloc(count * (sizeof(*rows) + SUBJECT_TEXT_MAX));
    if (rows == NULL) {
        return -ENOMEM;
    }
    char *end = (char *)(rows + count);
    for (uint32_t i = 0; i < count; i++) {
        subject_text(&answer->query->subject, &answer->rows[i].key, end);
        end += strlen(end) + 1;
    }
    void *shorter = realloc(rows, (size_t)(end - (char *)rows));
    rows = shorter != NULL ? shorter : rows;
    const char *name = (const char *)(rows + count);
    for (uint32_t i = 0; i < count; i++) {
        const struct query_row *from = &answer->rows[i];
        rows[i] = (struct record_query_row){name, from->value, from->percent, from->deviations};
        name += strlen(name) + 1;
    }
    *to = (struct field_rows){.row = rows, .count = count};
    return 0;
}

// What is on the heap, as much of it as there is memory for.
static int fill_owned(struct record *record, const struct query_answer *answer)
{
    struct record_query *to = &record->query;
    int rows = fill_rows(&to->rows, answer);
    if (rows == 0) {
        record_know(record, RECORD_QUERY_ROWS);
    }
    int name = owned_text(record, RECORD_QUERY_QUERY, &to->query, answer->query->name);
    int filter = 0;
    if (answer->query->filter[0] != '\0') {
        filter = owned_text(record, RECORD_QUERY_FILTER, &to->filter, answer->query->filter);
    }
    return rows != 0 || name != 0 || filter != 0 ? -ENOMEM : 0;
}

int fill_query(struct record *record, const struct query_answer *answer, uint32_t sampling)
{
    const struct query *query = answer->query;
    record_init(record, RECORD_QUERY);
    record->query = (struct record_query){
        .subject = subject_kind_names[query->subject.kind],
        .window_us = query->window_us,
        .start_us = answer->start_us,
        .end_us = answer->end_us,
        .percent = query->percent,
        .deviations = query->deviations,
        .matching = answer->matching,
        .subjects = answer->subjects,
        .total = answer->total,
        .mean = answer->mean,
        .stddev = answer->stddev,
        .error = answer->error,
        .loss = loss_told(&answer->loss),
        .revision = query->revision,
        .k = query->k,
        .sampling = sampling,
        .kind = (uint8_t)query->kind,
        .by = (uint8_t)query->by,
        .traffic = (uint8_t)query->traffic,
        .baseline = (uint8_t)query->baseline,
        .ipv4_bits = query->subject.ipv4_bits,
        .ipv6_bits = query->subject.ipv6_bits,
        .exact = answer->exact,
        .changed = answer->changed,
    };
    record->known = known_of(answer, sampling);
    return fill_owned(record, answer);
}
