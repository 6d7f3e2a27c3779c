// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/query/query_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef __int128 int128;

void model_init(struct model *model, const struct query *query, const struct prefix_set *internal)
{
    *model = (struct model){.query = *query, .internal = internal};
}

void model_free(struct model *model)
{
    free(model->sums);
    free(model->totals);
}

static void sum_add(struct model_sum **sums, size_t *count, size_t *room, struct model_sum sum)
{
    if (*count == *room) {
        *room = *room * 2 + 1000;
        *sums = realloc(*sums, *room * sizeof(**sums));
        assert_non_null(*sums);
    }
    (*sums)[(*count)++] = sum;
}

static bool is_external(const struct model *model, const struct pane_flow *flow)
{
    bool ipv6 = (flow->key.scope & KEY_IPV6) != 0;
    bool inside[2];
    for (unsigned end = 0; end < 2; end++) {
        inside[end] = prefix_set_holds(model->internal, flow->key.address[end], ipv6);
    }
    return model->internal->count == 0 || inside[0] != inside[1];
}

void model_flow(struct model *model, const struct pane_flow *flow, bool filtered)
{
    const uint64_t values[QUERY_BY_COUNT] = {
        [QUERY_BYTES] = flow->bytes,
        [QUERY_PACKETS] = flow->packets,
        [QUERY_FLOWS] = flow->flags & PANE_FLOW_STARTED ? 1 : 0,
    };
    uint64_t value = values[model->query.by];
    if (!filtered || (model->query.traffic == QUERY_EXTERNAL && !is_external(model, flow))) {
        return;
    }
    struct subject_key keys[SUBJECT_KEYS_MAX];
    unsigned count = subject_keys(&model->query.subject, flow, keys);
    struct model_sum sum = {.pane_us = flow->pane_us, .value = value};
    sum_add(&model->totals, &model->pane_count, &model->pane_room, sum);
    for (unsigned i = 0; i < count && value > 0; i++) {
        sum.key = keys[i];
        sum_add(&model->sums, &model->count, &model->room, sum);
    }
}

static int by_key(const void *left, const void *right)
{
    const struct query_row *one = left;
    const struct query_row *other = right;
    return memcmp(&one->key, &other->key, sizeof(one->key));
}

static int by_value(const void *left, const void *right)
{
    const struct query_row *one = left;
    const struct query_row *other = right;
    return one->value != other->value ? (one->value > other->value ? -1 : 1) : by_key(left, right);
}

static void subjects_sum(const struct model *model, int64_t from_us, struct model_answer *answer)
{
    size_t count = 0;
    struct query_row *rows = calloc(model->count + 1, sizeof(*rows));
    assert_non_null(rows);
    for (size_t i = 0; i < model->count; i++) {
        if (model->sums[i].pane_us >= from_us) {
            rows[count++] =
                (struct query_row){.key = model->sums[i].key, .value = model->sums[i].value};
        }
    }
    qsort(rows, count, sizeof(*rows), by_key);
    size_t different = 0;
    for (size_t i = 0; i < count; i++) {
        if (different > 0 && by_key(&rows[different - 1], &rows[i]) == 0) {
            rows[different - 1].value += rows[i].value;
        } else {
            rows[different++] = rows[i];
        }
    }
    answer->subjects = rows;
    answer->subject_count = different;
}

// Conditions with percent and deviations in tenths, which is what tests have.
static bool row_matches(const struct query *query, uint64_t value, uint64_t total, int128 count,
                        int128 sum, int128 squares)
{
    int128 variance = count * squares - sum * sum; // times count^2
    int128 factor = llround(query->deviations * 10);
    int128 above = count * (int128)value - (query->baseline == QUERY_MEAN ? sum : 0);
    switch (query->kind) {
    case QUERY_SHARE:
        return (int128)value * 1000 > (int128)total * llround(query->percent * 10);
    case QUERY_DEVIATION:
        return above > 0 && above * above * 100 > factor * factor * variance;
    default:
        return true;
    }
}

struct model_answer model_answer(const struct model *model, int64_t from_us)
{
    struct model_answer answer = {0};
    int128 sum = 0;
    int128 squares = 0;
    subjects_sum(model, from_us, &answer);
    for (size_t i = 0; i < model->pane_count; i++) {
        answer.total += model->totals[i].pane_us >= from_us ? model->totals[i].value : 0;
    }
    for (size_t i = 0; i < answer.subject_count; i++) {
        int128 value = answer.subjects[i].value;
        sum += value;
        squares += value * value;
    }
    answer.matching = calloc(answer.subject_count + 1, sizeof(*answer.matching));
    assert_non_null(answer.matching);
    for (size_t i = 0; i < answer.subject_count; i++) {
        if (row_matches(&model->query, answer.subjects[i].value, answer.total,
                        (int128)answer.subject_count, sum, squares)) {
            answer.matching[answer.matching_count++] = answer.subjects[i];
        }
    }
    qsort(answer.matching, answer.matching_count, sizeof(*answer.matching), by_value);
    if (model->query.kind == QUERY_TOP && answer.matching_count > model->query.k) {
        answer.matching_count = model->query.k;
    }
    return answer;
}

void model_answer_free(struct model_answer *answer)
{
    free(answer->subjects);
    free(answer->matching);
}

static void near(double left, double right)
{
    assert_true(fabs(left - right) <= 1e-9 * (fabs(left) + fabs(right)) + 1e-9);
}

static void spread_check(const struct query_answer *answer, const struct model_answer *wanted)
{
    long double mean = 0;
    long double variance = 0;
    for (size_t i = 0; i < wanted->subject_count; i++) {
        mean += (long double)wanted->subjects[i].value / (long double)wanted->subject_count;
    }
    for (size_t i = 0; i < wanted->subject_count; i++) {
        long double apart = (long double)wanted->subjects[i].value - mean;
        variance += apart * apart / (long double)wanted->subject_count;
    }
    near(answer->mean, (double)mean);
    near(answer->stddev, (double)sqrtl(variance));
    for (uint32_t i = 0; i < answer->row_count; i++) {
        double value = (double)answer->rows[i].value;
        near(answer->rows[i].percent, 100 * value / (double)wanted->total);
        near(answer->rows[i].deviations,
             answer->stddev > 0 ? (value - (double)mean) / (double)sqrtl(variance) : 0);
    }
}

void model_check(const struct model *model, const struct query_answer *answer, int64_t from_us)
{
    struct model_answer wanted = model_answer(model, from_us);
    size_t rows = wanted.matching_count < QUERY_ROWS_MAX ? wanted.matching_count : QUERY_ROWS_MAX;
    assert_true(answer->exact && answer->error == 0);
    assert_true(answer->total == wanted.total);
    assert_true(answer->subjects == wanted.subject_count);
    assert_true(answer->matching == wanted.matching_count);
    assert_true(answer->row_count == rows);
    for (size_t i = 0; i < rows; i++) {
        assert_true(answer->rows[i].value == wanted.matching[i].value);
        assert_memory_equal(&answer->rows[i].key, &wanted.matching[i].key,
                            sizeof(struct subject_key));
    }
    spread_check(answer, &wanted);
    model_answer_free(&wanted);
}

void model_check_bounds(const struct model *model, const struct query_answer *answer,
                        int64_t from_us)
{
    struct model_answer wanted = model_answer(model, from_us);
    uint64_t told = 0;
    assert_true(answer->exact == (answer->error == 0));
    assert_true(answer->total == wanted.total);
    for (size_t i = 0; i < wanted.subject_count; i++) {
        const struct query_row *subject = &wanted.subjects[i];
        uint64_t value = 0;
        for (uint32_t row = 0; row < answer->row_count; row++) {
            if (by_key(&answer->rows[row], subject) == 0) {
                value = answer->rows[row].value;
                told++;
            }
        }
        assert_true(value <= subject->value);
        bool all = answer->row_count == answer->subjects; // each that is known has its row
        assert_true(!all || subject->value - value <= answer->error);
        if (model->query.kind == QUERY_SHARE && subject->value > answer->error) {
            bool surely =
                row_matches(&model->query, subject->value - answer->error, wanted.total, 1, 0, 0);
            assert_true(!surely || value > 0 || answer->row_count == QUERY_ROWS_MAX);
        }
    }
    assert_int_equal(told, answer->row_count);
    model_answer_free(&wanted);
}

static uint32_t zipf(struct random *random, uint32_t count)
{
    double unit = (double)(random_next(random) >> 11) * 0x1p-53;
    return (uint32_t)exp(unit * log(count)) % count;
}

static uint32_t host_draw(struct random *random, enum model_stream stream, int64_t pane_us)
{
    switch (stream) {
    case MODEL_ZIPF:
        return zipf(random, 1500);
    case MODEL_ROTATING:
        return random_below(random, 3) > 0
                   ? (uint32_t)(pane_us / MODEL_PANE_US / 10 * 7 + (int64_t)random_below(random, 5))
                   : 1000 + (uint32_t)random_below(random, 300);
    case MODEL_EACH_NEW:
        return (uint32_t)random_below(random, UINT32_C(1) << 30);
    default:
        return (uint32_t)random_below(random, 300);
    }
}

struct pane_flow model_draw(struct random *random, enum model_stream stream, int64_t pane_us)
{
    struct pane_flow flow = {.pane_us = pane_us};
    uint32_t other = host_draw(random, stream, pane_us);
    bool inside = random_below(random, 8) == 0; // both ends
    flow.key.address[0][0] = 10;
    flow.key.address[0][3] = (uint8_t)random_below(random, 20);
    flow.key.address[1][0] = inside ? 10 : (uint8_t)(100 + (other >> 24));
    flow.key.address[1][1] = (uint8_t)(other >> 16);
    flow.key.address[1][2] = (uint8_t)(other >> 8);
    flow.key.address[1][3] = (uint8_t)other;
    flow.key.port[0] = (uint16_t)(30000 + random_below(random, 1000));
    flow.key.port[1] = (uint16_t)(other % 50);
    flow.key.vni_protocol = random_below(random, 3) == 0 ? 17 : 6;
    flow.packets = stream == MODEL_EQUAL ? 1 : 1 + (uint32_t)random_below(random, 50);
    flow.bytes = stream == MODEL_EQUAL ? 100 : flow.packets * (40 + random_below(random, 1460));
    flow.flags = random_below(random, 2) == 0 ? PANE_FLOW_STARTED : 0;
    flow.state = random_below(random, 2) == 0 ? FLOW_SOURCE : 0;
    return flow;
}
