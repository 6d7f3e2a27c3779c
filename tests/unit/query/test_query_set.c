// SPDX-License-Identifier: Apache-2.0
// Answers of all kinds, against the plain way of finding them.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/query/set_scene.h"

enum { MEMORY = 16 << 20, SMALL_MEMORY = 30000 };

static const char *const definitions[] = {
    "{\"name\": \"share\", \"kind\": \"share\", \"subject\": \"protocol\", \"percent\": 5, "
    "\"window\": \"10s\"}",
    "{\"name\": \"share.all\", \"kind\": \"share\", \"subject\": \"conversation\", \"percent\": 0, "
    "\"window\": \"20s\", \"traffic\": \"all\"}",
    "{\"name\": \"share.fine\", \"kind\": \"share\", \"subject\": \"address\", \"percent\": 0.3, "
    "\"by\": \"packets\", \"window\": \"1s\"}",
    "{\"name\": \"top\", \"kind\": \"top\", \"subject\": \"address\", \"k\": 7, "
    "\"by\": \"packets\", \"window\": \"30s\"}",
    "{\"name\": \"top.one\", \"kind\": \"top\", \"subject\": \"source\", \"k\": 1, "
    "\"window\": \"3s\"}",
    "{\"name\": \"top.most\", \"kind\": \"top\", \"subject\": \"conversation\", \"k\": 1000, "
    "\"window\": \"1m\", \"by\": \"flows\"}",
    "{\"name\": \"top.filtered\", \"kind\": \"top\", \"subject\": \"prefix\", \"k\": 100, "
    "\"window\": \"7s\", \"filter\": \"port = 7\"}",
    "{\"name\": \"deviation\", \"kind\": \"deviation\", \"subject\": \"port\", "
    "\"deviations\": 1.5, \"window\": \"5s\"}",
    "{\"name\": \"deviation.zero\", \"kind\": \"deviation\", \"subject\": \"address\", "
    "\"deviations\": 3, \"baseline\": \"zero\", \"by\": \"flows\", \"window\": \"15s\"}",
    "{\"name\": \"deviation.none\", \"kind\": \"deviation\", \"subject\": \"destination\", "
    "\"deviations\": 0, \"window\": \"2s\", \"by\": \"packets\"}",
};

static void all_are_added(struct scene *scene)
{
    for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
        scene_add(scene, definitions[i]);
    }
}

static void answers_are_those_of_the_plain_way(void **state)
{
    (void)state;
    for (unsigned stream = 0; stream < MODEL_STREAM_COUNT; stream++) {
        struct scene scene;
        scene_begin(&scene, NULL, MEMORY);
        all_are_added(&scene);
        for (unsigned pane = 0; pane < 50; pane++) {
            if (random_below(&scene.random, 10) == 0) { // a silence that was cut out
                scene.pane_us += (int64_t)random_below(&scene.random, 40) * MODEL_PANE_US;
            }
            scene_flows(&scene, stream, (unsigned)random_below(&scene.random, 200));
            scene_close(&scene);
            assert_int_equal(scene.told, scene.query_count);
        }
        scene_end(&scene);
    }
}

// A whole hour, with little in each pane.
static void windows_are_up_to_an_hour(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    scene_add(&scene, "{\"name\": \"hour\", \"kind\": \"top\", \"subject\": \"address\", "
                      "\"window\": \"1h\", \"k\": 20}");
    for (unsigned pane = 0; pane < 3900; pane++) {
        scene.check = pane % 100 == 0 || pane > 3890 ? model_check : NULL;
        scene_flows(&scene, MODEL_ROTATING, 3);
        scene_close(&scene);
    }
    scene_end(&scene);
}

static void bounds_hold_where_memory_is_too_small(void **state)
{
    (void)state;
    for (unsigned stream = 0; stream < MODEL_STREAM_COUNT; stream++) {
        struct scene scene;
        scene_begin(&scene, NULL, SMALL_MEMORY);
        scene_add(&scene, "{\"name\": \"one\", \"kind\": \"share\", \"subject\": \"address\", "
                          "\"percent\": 0, \"window\": \"20s\"}");
        scene_add(&scene, "{\"name\": \"two\", \"kind\": \"share\", \"subject\": \"conversation\", "
                          "\"percent\": 1, \"window\": \"40s\", \"by\": \"packets\"}");
        scene_add(&scene, "{\"name\": \"three\", \"kind\": \"share\", \"subject\": \"address\", "
                          "\"percent\": 0.5, \"window\": \"1s\", \"by\": \"flows\"}");
        scene.check = model_check_bounds;
        unsigned erred = 0;
        for (unsigned pane = 0; pane < 100; pane++) {
            scene_flows(&scene, stream, (unsigned)random_below(&scene.random, 300));
            scene_close(&scene);
            erred += scene_find(&scene, "two")->error > 0;
        }
        assert_true(erred > 20);
        scene_end(&scene);
    }
}

// What one pane let go is forgotten with it.
static void answers_become_exact_again(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, SMALL_MEMORY);
    scene_add(&scene, "{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"address\", "
                      "\"window\": \"10s\"}");
    scene.check = NULL;
    scene_flows(&scene, MODEL_EACH_NEW, 5000);
    for (unsigned pane = 0; pane < 30; pane++) {
        scene.check = pane < 10 ? model_check_bounds : model_check;
        scene_flows(&scene, MODEL_UNIFORM, 5);
        scene_close(&scene);
        assert_int_equal(scene_find(&scene, "a")->error > 0, pane < 10);
    }
    scene_end(&scene);
}

// More than any list of a ranking is meant to hold, cut in its middle.
static void many_equal_subjects_are_cut_by_key(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    scene_add(&scene, "{\"name\": \"top\", \"kind\": \"top\", \"subject\": \"address\", "
                      "\"window\": \"4s\", \"k\": 37, \"by\": \"packets\"}");
    scene_add(&scene, "{\"name\": \"share\", \"kind\": \"share\", \"subject\": \"address\", "
                      "\"window\": \"4s\", \"percent\": 0, \"by\": \"packets\"}");
    scene_add(&scene, "{\"name\": \"above\", \"kind\": \"deviation\", \"subject\": \"address\", "
                      "\"window\": \"4s\", \"deviations\": 0, \"by\": \"packets\"}");
    for (unsigned pane = 0; pane < 4; pane++) {
        for (uint32_t i = 0; i < 5000; i++) {
            uint32_t number = i * 7919 % 5000; // each once, in no order
            struct pane_flow flow = {.pane_us = scene.pane_us, .packets = 100, .bytes = 10000};
            flow.key.address[0][0] = (uint8_t)(100 + number % 2);
            flow.key.address[0][2] = (uint8_t)(number >> 8);
            flow.key.address[0][3] = (uint8_t)number;
            flow.key.address[1][0] = 10;
            flow.key.vni_protocol = 6;
            query_set_flow(scene.set, &flow);
            for (size_t q = 0; q < scene.query_count; q++) {
                model_flow(&scene.queries[q].model, &flow, true);
            }
        }
        scene_close(&scene);
    }
    scene_end(&scene);
}

// A clock that is set back: what was before is not of the window.
static void a_pane_of_the_past_begins_anew(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, NULL, MEMORY);
    all_are_added(&scene);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned pane = 0; pane < 10; pane++) {
            scene_flows(&scene, MODEL_ZIPF, 50);
            scene_close(&scene);
        }
        scene.pane_us -= (round + 1) * 4 * MODEL_PANE_US;
        for (size_t q = 0; q < scene.query_count; q++) {
            scene.queries[q].since_us = scene.pane_us;
            scene.queries[q].model.count = 0;
            scene.queries[q].model.pane_count = 0;
        }
    }
    scene_end(&scene);
}

static void answer_remember(void *context, const struct query_answer *answer)
{
    *(struct query_answer *)context = *answer;
}

// The loss of all panes of the window, and nothing of those that left.
static void loss_is_that_of_the_window(void **state)
{
    (void)state;
    struct scene scene;
    struct query_answer answer;
    scene_begin(&scene, NULL, MEMORY);
    scene_add(&scene, "{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"address\", "
                      "\"window\": \"3s\"}");
    for (uint64_t number = 1; number <= 10; number++) {
        const struct pane pane = {
            .start_us = scene.pane_us,
            .end_us = scene.pane_us + MODEL_PANE_US,
            .loss = {.late = number, .capture_drops = 10 * number, .shed = 100 * number},
        };
        query_set_pane(scene.set, &pane, answer_remember, &answer);
        uint64_t first = number > 2 ? number - 2 : 1;
        uint64_t sum = (first + number) * (number - first + 1) / 2;
        assert_int_equal(answer.loss.late, sum);
        assert_int_equal(answer.loss.capture_drops, 10 * sum);
        assert_int_equal(answer.loss.shed, 100 * sum);
        assert_int_equal(answer.loss.evicted, 0);
        assert_int_equal(answer.total, 0);
        assert_int_equal(answer.row_count, 0);
        assert_true(answer.exact);
        scene.pane_us += MODEL_PANE_US;
    }
    scene_end(&scene);
}

// As long as the window has a pane of which not all came.
static void what_never_came_is_not_exact(void **state)
{
    (void)state;
    struct scene scene;
    struct query_answer answer;
    scene_begin(&scene, NULL, MEMORY);
    scene_add(&scene, "{\"name\": \"a\", \"kind\": \"top\", \"subject\": \"address\", "
                      "\"window\": \"3s\"}");
    for (unsigned number = 1; number <= 10; number++) {
        const struct pane pane = {
            .start_us = scene.pane_us,
            .end_us = scene.pane_us + MODEL_PANE_US,
            .loss = {.activity_shed = number == 4 ? 7 : 0},
        };
        query_set_pane(scene.set, &pane, answer_remember, &answer);
        assert_int_equal(answer.exact, number < 4 || number > 6);
        scene.pane_us += MODEL_PANE_US;
    }
    scene_end(&scene);
}

// What is just as great as the bound is not greater.
static void conditions_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        uint64_t bytes[6]; // of as many subjects
        unsigned matching;
    } cases[] = {
        {"\"kind\": \"share\", \"percent\": 25", {25, 75}, 1},
        {"\"kind\": \"share\", \"percent\": 24.9", {25, 75}, 2},
        {"\"kind\": \"share\", \"percent\": 0.3", {3, 997}, 1},
        {"\"kind\": \"share\", \"percent\": 0.7", {7, 993}, 1},
        {"\"kind\": \"share\", \"percent\": 100", {7}, 0},
        {"\"kind\": \"share\", \"percent\": 33.3", {333, 667}, 1},
        {"\"kind\": \"share\", \"percent\": 33.299999999", {333, 667}, 2},
        {"\"kind\": \"deviation\", \"deviations\": 1", {10, 20}, 0},
        {"\"kind\": \"deviation\", \"deviations\": 0.999999999", {10, 20}, 1},
        {"\"kind\": \"deviation\", \"deviations\": 0", {5, 5, 5}, 0},
        {"\"kind\": \"deviation\", \"deviations\": 2", {7, 7, 7, 7, 77}, 0},
        {"\"kind\": \"deviation\", \"deviations\": 1.99", {7, 7, 7, 7, 77}, 1},
        {"\"kind\": \"deviation\", \"deviations\": 2, \"baseline\": \"zero\"", {10, 30}, 1},
        {"\"kind\": \"deviation\", \"deviations\": 3, \"baseline\": \"zero\"", {10, 30}, 0},
        {"\"kind\": \"deviation\", \"deviations\": 3, \"baseline\": \"zero\"", {5, 5, 5}, 3},
        {"\"kind\": \"deviation\", \"deviations\": 1",
         {UINT64_C(1000000000000001), UINT64_C(3000000000000007)},
         0},
        {"\"kind\": \"share\", \"percent\": 50",
         {UINT64_C(1000000000000001), UINT64_C(1000000000000001)},
         0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene scene;
        struct query_answer answer;
        char definition[256];
        snprintf(definition, sizeof(definition),
                 "{\"name\": \"a\", \"subject\": \"destination_port\", \"window\": \"1s\", %s}",
                 cases[i].condition);
        scene_begin(&scene, NULL, MEMORY);
        scene_add(&scene, definition);
        for (uint16_t port = 0; port < 6; port++) {
            struct pane_flow flow = {.bytes = cases[i].bytes[port], .packets = 1};
            flow.key.address[0][0] = 10;
            flow.key.address[1][0] = 20;
            flow.key.port[1] = (uint16_t)(port + 1);
            flow.key.vni_protocol = 6;
            query_set_flow(scene.set, &flow);
        }
        const struct pane pane = {.start_us = 0, .end_us = MODEL_PANE_US};
        query_set_pane(scene.set, &pane, answer_remember, &answer);
        if (answer.matching != cases[i].matching || answer.row_count != cases[i].matching) {
            fail_msg("case %zu: %u match", i, (unsigned)answer.matching);
        }
        scene_end(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_the_plain_way),
        cmocka_unit_test(windows_are_up_to_an_hour),
        cmocka_unit_test(bounds_hold_where_memory_is_too_small),
        cmocka_unit_test(answers_become_exact_again),
        cmocka_unit_test(many_equal_subjects_are_cut_by_key),
        cmocka_unit_test(a_pane_of_the_past_begins_anew),
        cmocka_unit_test(loss_is_that_of_the_window),
        cmocka_unit_test(what_never_came_is_not_exact),
        cmocka_unit_test(conditions_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
