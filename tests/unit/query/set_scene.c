// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/query/set_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

json_t *scene_json(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);
    if (json == NULL) {
        fail_msg("%s: %s", text, error.text);
    }
    return json;
}

void scene_begin(struct scene *scene, const char *path, uint64_t memory_bytes)
{
    static const char *const inside[] = {"10.0.0.0/8"};
    struct error err = {{0}};
    *scene = (struct scene){.random.state = 1, .pane_us = SCENE_START_US, .check = model_check};
    assert_int_equal(prefix_set_init(&scene->internal, inside, 1, &err), 0);
    const struct query_set_options options = {
        .path = path,
        .max = SCENE_QUERIES_MAX,
        .memory_bytes = memory_bytes,
        .pane_us = MODEL_PANE_US,
        .internal = &scene->internal,
    };
    if (query_set_create(&scene->set, &options, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

void scene_end(struct scene *scene)
{
    query_set_free(scene->set);
    for (size_t i = 0; i < scene->query_count; i++) {
        model_free(&scene->queries[i].model);
    }
    prefix_set_fini(&scene->internal);
}

struct scene_query *scene_add(struct scene *scene, const char *definition)
{
    struct error err = {{0}};
    struct query query;
    json_t *json = scene_json(definition);
    if (query_read(&query, json, MODEL_PANE_US, &err) != 0 ||
        query_set_add(scene->set, json, &err) != 0) {
        fail_msg("%s: %s", definition, err.text);
    }
    json_decref(json);
    assert_true(scene->query_count < SCENE_QUERIES_MAX);
    struct scene_query *added = &scene->queries[scene->query_count++];
    model_init(&added->model, &query, &scene->internal);
    added->since_us = scene->pane_us;
    added->filter_port =
        query.filter[0] != '\0' ? (uint32_t)strtoul(strchr(query.filter, '=') + 1, NULL, 10) : 0;
    return added;
}

struct scene_query *scene_find(struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->query_count; i++) {
        if (strcmp(scene->queries[i].model.query.name, name) == 0) {
            return &scene->queries[i];
        }
    }
    fail_msg("no query %s", name);
    return NULL;
}

void scene_flows(struct scene *scene, enum model_stream stream, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct pane_flow flow = model_draw(&scene->random, stream, scene->pane_us);
        query_set_flow(scene->set, &flow);
        for (size_t q = 0; q < scene->query_count; q++) {
            struct scene_query *query = &scene->queries[q];
            bool filtered = query->filter_port == 0 || flow.key.port[0] == query->filter_port ||
                            flow.key.port[1] == query->filter_port;
            if (scene->pane_us >= query->since_us) {
                model_flow(&query->model, &flow, filtered);
            }
        }
    }
}

static void answer_check(void *context, const struct query_answer *answer)
{
    struct scene *scene = context;
    struct scene_query *query = scene_find(scene, answer->query->name);
    int64_t from_us = scene->pane_us + MODEL_PANE_US - answer->query->window_us;
    int64_t start_us = from_us > query->since_us ? from_us : query->since_us;
    assert_int_equal(answer->start_us, start_us);
    assert_int_equal(answer->end_us, scene->pane_us + MODEL_PANE_US);
    if (scene->check != NULL) {
        scene->check(&query->model, answer, start_us);
    }
    query->answers++;
    query->changed = answer->changed;
    query->error = answer->error;
    scene->told++;
}

void scene_close(struct scene *scene)
{
    const struct pane pane = {
        .start_us = scene->pane_us,
        .end_us = scene->pane_us + MODEL_PANE_US,
        .loss = {.late = scene->late},
    };
    scene->told = 0;
    query_set_pane(scene->set, &pane, answer_check, scene);
    scene->pane_us += MODEL_PANE_US;
}
