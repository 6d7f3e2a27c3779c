// SPDX-License-Identifier: Apache-2.0
// Panes that come and go against sums made anew for each window.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/series/sliding_window.h"
#include "tests/unit/base/random.h"

enum { KEYS = 500, PANES = 400, LENGTH_MAX = 64, PANE_US = 1000, ADDS_MAX = 400 };

static const struct hash_secret secret = {.seed = 5, .more = 6};

// All panes there ever were.
struct model {
    unsigned count;
    int64_t start_us[PANES];
    struct pane_loss loss[PANES];
    uint64_t values[PANES][KEYS];
    uint64_t totals[PANES];
};

struct scene {
    struct model model;
    struct space_saving summary;
    struct sliding_window window;
    struct random random;
    uint32_t length;
};

struct key {
    uint8_t octets[KEY_INDEX_KEY_BYTES];
};

static struct key key_of(uint32_t number)
{
    struct key key = {{0}};
    memcpy(key.octets + 20, &number, sizeof(number));
    return key;
}

typedef uint32_t stream(struct scene *scene);

static uint32_t uniform(struct scene *scene)
{
    return (uint32_t)random_below(&scene->random, KEYS);
}

static uint32_t zipf(struct scene *scene)
{
    double unit = (double)(random_next(&scene->random) >> 11) * 0x1p-53;
    return (uint32_t)exp(unit * log(KEYS)) % KEYS;
}

// Few heavy keys, which are others every twenty panes, among many that hardly come again.
static uint32_t rotating(struct scene *scene)
{
    bool heavy = random_below(&scene->random, 3) > 0;
    return heavy ? (scene->model.count / 20 * 7 + (uint32_t)random_below(&scene->random, 5)) % KEYS
                 : (uint32_t)random_below(&scene->random, KEYS);
}

static stream *const streams[] = {uniform, zipf, rotating};

static struct scene *scene_begin(const struct sliding_window_options *options, uint64_t seed)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    scene->random.state = seed;
    scene->length = 1;
    assert_int_equal(space_saving_init(&scene->summary, options->pane_keys, secret, NULL), 0);
    assert_int_equal(sliding_window_init(&scene->window, options, NULL), 0);
    return scene;
}

static void scene_end(struct scene *scene)
{
    space_saving_fini(&scene->summary);
    sliding_window_fini(&scene->window);
    free(scene);
}

// One pane that starts at `start_us`, with so many weights from `draw`.
static void pane_pass(struct scene *scene, int64_t start_us, unsigned adds, stream *draw)
{
    struct model *model = &scene->model;
    unsigned pane = model->count++;
    model->start_us[pane] = start_us;
    model->loss[pane] = (struct pane_loss){.late = random_below(&scene->random, 3),
                                           .shed = random_below(&scene->random, 1000)};
    for (unsigned i = 0; i < adds; i++) {
        uint32_t number = draw(scene);
        uint64_t weight = 1 + random_below(&scene->random, 3000);
        struct key key = key_of(number);
        space_saving_add(&scene->summary, key.octets, weight);
        model->values[pane][number] += weight;
        model->totals[pane] += weight;
    }
    const struct sliding_pane added = {
        .start_us = start_us, .total = model->totals[pane], .loss = model->loss[pane]};
    sliding_window_resize(&scene->window, scene->length);
    sliding_window_drop(&scene->window, start_us + PANE_US - scene->length * PANE_US);
    sliding_window_add(&scene->window, &added, &scene->summary);
    space_saving_clear(&scene->summary);
}

// What the window says, against the panes it must hold: all that start at `from_us` or later.
static void window_check(const struct scene *scene, int64_t from_us)
{
    const struct model *model = &scene->model;
    const struct sliding_window *window = &scene->window;
    static uint64_t sums[KEYS];
    uint64_t total = 0;
    uint64_t late = 0;
    uint64_t shed = 0;
    uint128 sum = 0;
    memset(sums, 0, sizeof(sums));
    for (unsigned pane = 0; pane < model->count; pane++) {
        if (model->start_us[pane] < from_us) {
            continue;
        }
        total += model->totals[pane];
        late += model->loss[pane].late;
        shed += model->loss[pane].shed;
        for (uint32_t number = 0; number < KEYS; number++) {
            sums[number] += model->values[pane][number];
        }
    }
    assert_true(window->total == total);
    assert_true(window->loss.late == late && window->loss.shed == shed);
    uint64_t known = 0;
    for (uint32_t number = 0; number < KEYS; number++) {
        struct key key = key_of(number);
        uint32_t tag = key_index_tag(key.octets, secret);
        uint32_t at = key_index_find(&window->index, window->keys, key.octets, tag);
        uint64_t value = at != KEY_INDEX_NONE ? window->keys[at].value : 0;
        assert_true(at == KEY_INDEX_NONE || value > 0);
        assert_true(value <= sums[number] && sums[number] - value <= window->error);
        known += value > 0;
        sum += value;
    }
    assert_true(window->ranking.count == known && window->ranking.sum == sum);
    assert_true(window->key_quota.used == known);
}

static const struct sliding_window_options ample = {.pane_keys = KEYS,
                                                    .keys = 10 * KEYS,
                                                    .cells = 2 * KEYS * LENGTH_MAX,
                                                    .panes_max = LENGTH_MAX,
                                                    .secret = {.seed = 5, .more = 6}};

static void sums_are_exact_where_there_is_room(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {1, 2, 7, LENGTH_MAX};
    for (unsigned i = 0; i < 12; i++) {
        struct scene *scene = scene_begin(&ample, i);
        scene->length = lengths[i % 4];
        int64_t at_us = INT64_C(1700000000000000);
        for (unsigned pane = 0; pane < PANES; pane++) {
            bool silence = random_below(&scene->random, 40) == 0;
            at_us += PANE_US * (1 + (silence ? (int64_t)random_below(&scene->random, 100) : 0));
            unsigned adds = (unsigned)random_below(&scene->random, ADDS_MAX);
            pane_pass(scene, at_us, adds, streams[i / 4]);
            window_check(scene, at_us + PANE_US - lengths[i % 4] * PANE_US);
            assert_int_equal(scene->window.error, 0);
        }
        scene_end(scene);
    }
}

// Rooms that are far too small, in all ways.
static void errors_are_bounded_where_there_is_none(void **state)
{
    (void)state;
    static const struct sliding_window_options tight[] = {
        {.pane_keys = 20, .keys = 1000, .cells = 100000},
        {.pane_keys = 1000, .keys = 30, .cells = 100000},
        {.pane_keys = 1000, .keys = 1000, .cells = 200},
        {.pane_keys = 50, .keys = 60, .cells = 150},
        {.pane_keys = 1, .keys = 1, .cells = 1},
    };
    static const uint32_t lengths[] = {1, 3, LENGTH_MAX};
    unsigned erred[5] = {0}; // panes with an error, of each of these rooms
    for (unsigned i = 0; i < 5 * 3 * 3; i++) {
        struct sliding_window_options options = tight[i / 9];
        options.panes_max = LENGTH_MAX;
        options.secret = secret;
        struct scene *scene = scene_begin(&options, i);
        scene->length = lengths[i / 3 % 3];
        for (unsigned pane = 0; pane < PANES; pane++) {
            int64_t at_us = (int64_t)pane * PANE_US;
            unsigned adds = (unsigned)random_below(&scene->random, ADDS_MAX);
            pane_pass(scene, at_us, adds, streams[i % 3]);
            window_check(scene, at_us + PANE_US - (int64_t)scene->length * PANE_US);
            erred[i / 9] += scene->window.error > 0;
        }
        scene_end(scene);
    }
    for (unsigned i = 0; i < 5; i++) {
        assert_true(erred[i] > 100);
    }
}

// A pane of many keys, then panes of a few heavy ones that were never there: these find room.
static void a_huge_pane_leaves_room_for_those_to_come(void **state)
{
    (void)state;
    struct sliding_window_options options = {
        .pane_keys = KEYS, .keys = 400, .cells = 400, .panes_max = LENGTH_MAX, .secret = secret};
    struct scene *scene = scene_begin(&options, 1);
    scene->length = 10;
    pane_pass(scene, 0, 5000, uniform);
    uint64_t error = scene->window.error;
    assert_true(error > 0);
    for (unsigned pane = 1; pane < 10; pane++) {
        for (unsigned i = 0; i < 5; i++) {
            struct key key = key_of(10000 + pane * 100 + i);
            space_saving_add(&scene->summary, key.octets, 1000000);
        }
        pane_pass(scene, pane * PANE_US, 0, uniform);
        assert_int_equal(scene->window.error, error);
    }
    assert_int_equal(ranking_below(&scene->window.ranking, RANKING_BUCKETS),
                     ranking_bucket(1000000));
    pane_pass(scene, 10 * PANE_US, 0, uniform);
    assert_int_equal(scene->window.error, 0);
    scene_end(scene);
}

static void the_window_changes_its_length(void **state)
{
    (void)state;
    struct scene *scene = scene_begin(&ample, 9);
    int64_t from_us = INT64_MIN;
    for (unsigned pane = 0; pane < PANES; pane++) {
        int64_t at_us = (int64_t)(pane + 1000) * PANE_US;
        if (random_below(&scene->random, 8) == 0) {
            scene->length = 1 + (uint32_t)random_below(&scene->random, LENGTH_MAX);
        }
        pane_pass(scene, at_us, 30, zipf);
        int64_t wanted_us = at_us + PANE_US - (int64_t)scene->length * PANE_US;
        from_us = wanted_us > from_us ? wanted_us : from_us; // what has left does not come back
        int64_t begun_us = from_us > 1000 * PANE_US ? from_us : 1000 * PANE_US;
        assert_int_equal(scene->window.from_us, begun_us);
        window_check(scene, from_us);
    }
    scene_end(scene);
}

static void a_cleared_window_begins_anew(void **state)
{
    (void)state;
    struct scene *scene = scene_begin(&ample, 9);
    scene->length = 5;
    for (unsigned round = 0; round < 5; round++) {
        assert_false(sliding_window_is_after(&scene->window, 0));
        for (unsigned pane = 0; pane < 8; pane++) {
            pane_pass(scene, (int64_t)pane * PANE_US, 100, uniform);
        }
        assert_true(sliding_window_is_after(&scene->window, 7 * PANE_US));
        assert_false(sliding_window_is_after(&scene->window, 8 * PANE_US));
        window_check(scene, 3 * PANE_US);
        sliding_window_clear(&scene->window);
        scene->model.count = 0;
        memset(&scene->model, 0, sizeof(scene->model));
        window_check(scene, 0);
        assert_int_equal(scene->window.cell_quota.used, 0);
    }
    scene_end(scene);
}

// However many panes could be in a window: those of one that is short take room for these alone.
static void memory_of_panes_goes_with_the_length(void **state)
{
    (void)state;
    struct scene *scene = scene_begin(&ample, 4);
    scene->length = 8;
    for (int64_t pane = 0; pane < 3 * LENGTH_MAX; pane++) {
        pane_pass(scene, (pane + 1) * PANE_US, 20, zipf);
    }
    for (uint32_t place = 0; place < LENGTH_MAX; place++) {
        assert_int_equal(scene->window.panes[place].start_us != 0, place < 8);
    }
    scene_end(scene);
}

// Panes that overlap, which no clock should give, do not overrun the ring.
static void more_panes_than_the_window_is_long_push_out_the_oldest(void **state)
{
    (void)state;
    struct scene *scene = scene_begin(&ample, 2);
    scene->length = 10;
    for (int64_t pane = 0; pane < 100; pane++) {
        pane_pass(scene, pane, 50, uniform);
        assert_true(scene->window.held <= 10);
        window_check(scene, pane - 9);
    }
    scene_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact_where_there_is_room),
        cmocka_unit_test(errors_are_bounded_where_there_is_none),
        cmocka_unit_test(a_huge_pane_leaves_room_for_those_to_come),
        cmocka_unit_test(the_window_changes_its_length),
        cmocka_unit_test(a_cleared_window_begins_anew),
        cmocka_unit_test(memory_of_panes_goes_with_the_length),
        cmocka_unit_test(more_panes_than_the_window_is_long_push_out_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
