// SPDX-License-Identifier: Apache-2.0
// Definitions that change a thousand times while flows come: no pane may go without its answers,
// and each answer must be right for the definition that it names.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/query/query_model.h"
#include "tests/unit/query/set_scene.h"

enum { CHANGERS = 2, CHANGES = 1000, QUERIES = 4, PANES_KEPT = 10, FLOWS = 40, MEMORY = 1 << 20 };

// What the last answer of a query said.
struct last {
    uint32_t revision; // 0: there was none
    int64_t window_us;
    int64_t start_us;
    unsigned pane; // number of the pane
};

struct traffic {
    struct query_set *set;
    struct prefix_set internal;
    struct random random;
    struct pane_flow flows[PANES_KEPT][FLOWS]; // of the latest panes
    unsigned pane;                             // number of the open one
    struct last last[QUERIES];
    unsigned told;
    uint64_t answers;
    uint64_t revisions; // that were told
    atomic_uint changing;
    atomic_uint changed;
};

static int64_t pane_start_us(unsigned pane)
{
    return SCENE_START_US + (int64_t)pane * MODEL_PANE_US;
}

// The flows of the panes since the answer's start, counted by a model of the answer's definition.
static void answer_verify(const struct traffic *traffic, const struct query_answer *answer)
{
    const char *number = strchr(answer->query->filter, '=');
    unsigned port = number != NULL ? (unsigned)strtoul(number + 1, NULL, 10) : 0;
    struct model model;
    model_init(&model, answer->query, &traffic->internal);
    for (unsigned back = 0; back < PANES_KEPT && back <= traffic->pane; back++) {
        unsigned pane = traffic->pane - back;
        for (unsigned i = 0; i < FLOWS && pane_start_us(pane) >= answer->start_us; i++) {
            const struct pane_flow *flow = &traffic->flows[pane % PANES_KEPT][i];
            model_flow(&model, flow, port == 0 || flow->key.port[1] == port);
        }
    }
    model_check(&model, answer, answer->start_us);
    model_free(&model);
}

static void answer_take(void *context, const struct query_answer *answer)
{
    struct traffic *traffic = context;
    struct last *last = &traffic->last[answer->query->name[0] - 'a'];
    int64_t from_us = answer->end_us - answer->query->window_us;
    assert_true(answer->start_us >= from_us && answer->start_us <= pane_start_us(traffic->pane));
    // d comes and goes, and may be another one with the same revision.
    bool other = answer->query->name[0] == 'd' && answer->changed;
    bool again = last->revision == answer->query->revision && last->pane + 1 == traffic->pane;
    if (again && !other) {
        assert_false(answer->changed);
        assert_int_equal(answer->start_us, last->start_us > from_us ? last->start_us : from_us);
    } else {
        assert_true(answer->changed);
        traffic->revisions++;
    }
    answer_verify(traffic, answer);
    *last = (struct last){.revision = answer->query->revision,
                          .window_us = answer->query->window_us,
                          .start_us = answer->start_us,
                          .pane = traffic->pane};
    traffic->told |= 1u << (answer->query->name[0] - 'a');
    traffic->answers++;
}

static void pane_pass(struct traffic *traffic)
{
    int64_t start_us = pane_start_us(traffic->pane);
    for (unsigned i = 0; i < FLOWS; i++) {
        struct pane_flow *flow = &traffic->flows[traffic->pane % PANES_KEPT][i];
        *flow = model_draw(&traffic->random, MODEL_ZIPF, start_us);
        query_set_flow(traffic->set, flow);
    }
    const struct pane pane = {.start_us = start_us, .end_us = start_us + MODEL_PANE_US};
    traffic->told = 0;
    query_set_pane(traffic->set, &pane, answer_take, traffic);
    assert_int_equal(traffic->told & 7, 7); // a, b and c are never removed
    traffic->pane++;
}

static json_t *members_draw(struct random *random)
{
    static const char *const subjects[] = {"address", "port", "protocol", "conversation"};
    static const char *const kinds[] = {"share", "top", "deviation"};
    static const char *const by[] = {"bytes", "packets", "flows"};
    switch (random_below(random, 7)) {
    case 0:
        return json_pack("{s:s}", "subject", subjects[random_below(random, 4)]);
    case 1:
        return json_pack("{s:s}", "by", by[random_below(random, 3)]);
    case 2:
        return json_pack("{s:s}", "filter", random_below(random, 2) == 0 ? "port = 3" : "port = 7");
    case 3:
        return json_pack("{s:n}", "filter");
    case 4:
        return json_pack("{s:s, s:i}", "kind", "top", "k", 1 + (int)random_below(random, 40));
    case 5:
        return json_pack("{s:s}", "kind", kinds[random_below(random, 3)]);
    default: {
        char window[16];
        snprintf(window, sizeof(window), "%us", 1 + (unsigned)random_below(random, PANES_KEPT));
        return json_pack("{s:s}", "window", window);
    }
    }
}

struct changer {
    struct traffic *traffic;
    unsigned number;
};

static void change_once(struct query_set *set, struct random *random)
{
    char name[2] = {(char)('a' + random_below(random, QUERIES)), '\0'};
    struct error err;
    json_t *members = members_draw(random);
    int code = query_set_change(set, name, members, &err);
    if (code == -ENOENT || (name[0] == 'd' && random_below(random, 3) == 0)) {
        json_t *definition = json_pack("{s:s, s:s, s:s, s:s}", "name", "d", "kind", "top",
                                       "subject", "address", "window", "2s");
        code = code == -ENOENT ? query_set_add(set, definition, &err)
                               : query_set_remove(set, name, &err);
        json_decref(definition);
    }
    if (code != 0 && code != -EEXIST && code != -ENOENT) { // the other one was faster
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    json_decref(members);
    json_t *all = query_set_list(set);
    json_t *one = query_set_get(set, "a");
    if (json_array_size(all) < 3 || one == NULL) {
        abort();
    }
    json_decref(all);
    json_decref(one);
}

static void *changes_make(void *context)
{
    struct changer *changer = context;
    struct random random = {.state = 100 + changer->number};
    for (unsigned i = 0; i < CHANGES / CHANGERS; i++) {
        change_once(changer->traffic->set, &random);
        atomic_fetch_add(&changer->traffic->changed, 1);
        if (i % 4 == 0) {
            usleep(200);
        }
    }
    atomic_fetch_sub(&changer->traffic->changing, 1);
    return NULL;
}

static struct query_set *set_open(const char *path, const struct prefix_set *internal)
{
    const struct query_set_options options = {.path = path,
                                              .max = QUERIES,
                                              .memory_bytes = MEMORY,
                                              .pane_us = MODEL_PANE_US,
                                              .internal = internal};
    struct query_set *set = NULL;
    struct error err;
    if (query_set_create(&set, &options, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return set;
}

static void no_pane_is_lost_and_no_answer_wrong(void **state)
{
    (void)state;
    static struct traffic traffic;
    static const char *const inside[] = {"10.0.0.0/8"};
    char directory[] = "/tmp/weir-test-queries-XXXXXX";
    char path[64];
    struct error err;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/q", directory);
    assert_int_equal(prefix_set_init(&traffic.internal, inside, 1, &err), 0);
    traffic.set = set_open(path, &traffic.internal);
    traffic.random.state = 8;
    for (char name[2] = "a"; name[0] <= 'c'; name[0]++) {
        json_t *definition = json_pack("{s:s, s:s, s:s, s:s}", "name", name, "kind", "share",
                                       "subject", "address", "window", "4s");
        assert_int_equal(query_set_add(traffic.set, definition, &err), 0);
        json_decref(definition);
    }
    pthread_t threads[CHANGERS];
    struct changer changers[CHANGERS];
    atomic_store(&traffic.changing, CHANGERS);
    for (unsigned i = 0; i < CHANGERS; i++) {
        changers[i] = (struct changer){.traffic = &traffic, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, changes_make, &changers[i]), 0);
    }
    while (atomic_load(&traffic.changing) > 0) {
        pane_pass(&traffic);
    }
    for (unsigned i = 0; i < CHANGERS; i++) {
        pthread_join(threads[i], NULL);
    }
    pane_pass(&traffic);
    assert_int_equal(atomic_load(&traffic.changed), CHANGES);
    assert_true(traffic.revisions > 10 && traffic.answers > 3 * traffic.pane);
    // The file has what the set has.
    struct query_set *again = set_open(path, &traffic.internal);
    json_t *left = query_set_list(traffic.set);
    json_t *right = query_set_list(again);
    assert_true(json_equal(left, right));
    json_decref(left);
    json_decref(right);
    query_set_free(again);
    query_set_free(traffic.set);
    prefix_set_fini(&traffic.internal);
    unlink(path);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_pane_is_lost_and_no_answer_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
