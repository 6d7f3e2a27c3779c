// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "dataplane/base/backoff.h"
#include "dataplane/base/ring.h"
#include "tests/unit/base/random.h"

static struct ring *ring_made(size_t slot_bytes, size_t slots)
{
    struct error err = {0};
    struct ring *ring = ring_create(slot_bytes, slots, &err);
    assert_non_null(ring);
    return ring;
}

static void only_powers_of_two_are_taken(void **state)
{
    (void)state;
    static const struct {
        size_t slots;
        bool taken;
    } cases[] = {{0, false}, {1, true}, {2, true},    {3, false},
                 {6, false}, {8, true}, {100, false}, {4096, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {0};
        struct ring *ring = ring_create(8, cases[i].slots, &err);
        assert_int_equal(ring != NULL, cases[i].taken);
        assert_int_equal(err.text[0] == '\0', cases[i].taken);
        ring_free(ring);
    }
    ring_free(NULL);
}

static void slots_are_aligned_as_their_size(void **state)
{
    (void)state;
    static const struct {
        size_t slot_bytes, alignment;
    } cases[] = {{1, 1}, {8, 8}, {24, 8}, {48, 16}, {64, 64}, {192, 64}, {256, 64}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ring *ring = ring_made(cases[i].slot_bytes, 4);
        for (size_t slot = 0; slot < 4; slot++) {
            assert_int_equal((uintptr_t)ring_reserve(ring, slot) % cases[i].alignment, 0);
        }
        ring_free(ring);
    }
}

// What a queue of bounded length is, without a ring: messages are the numbers from 0 on.
struct model {
    size_t slots;
    uint64_t submitted, released;
};

static void ends_check(struct ring *ring, const struct model *model)
{
    size_t count = (size_t)(model->submitted - model->released);
    assert_int_equal(ring_count(ring), count);
    for (size_t index = 0; index < model->slots + 2; index++) {
        assert_int_equal(ring_reserve(ring, index) != NULL, index < model->slots - count);
        const uint64_t *message = ring_peek(ring, index);
        assert_int_equal(message != NULL, index < count);
        if (message != NULL) {
            assert_int_equal(*message, model->released + index);
        }
    }
}

static void step(struct ring *ring, struct model *model, struct random *random)
{
    size_t count = (size_t)(model->submitted - model->released);
    if (random_below(random, 2) == 0) {
        size_t batch = random_below(random, model->slots - count + 1);
        // Backwards: a slot is where it is, in whatever order slots are reserved.
        for (size_t index = batch; index-- > 0;) {
            *(uint64_t *)ring_reserve(ring, index) = model->submitted + index;
        }
        ring_submit(ring, batch);
        model->submitted += batch;
    } else {
        size_t batch = random_below(random, count + 1);
        for (size_t index = 0; index < batch; index++) {
            assert_int_equal(*(uint64_t *)ring_peek(ring, index), model->released + index);
        }
        ring_release(ring, batch);
        model->released += batch;
    }
}

// Positions that pass the end of size_t are as good as any others.
static const struct {
    size_t slots, start;
} walk_cases[] = {{1, 0}, {2, 0}, {8, 0}, {64, 0}, {1, SIZE_MAX}, {8, SIZE_MAX - 11}};

static void batches_come_out_as_they_went_in(void **state)
{
    (void)state;
    enum { STEPS = 3000, CHECK_EVERY = 7 };
    for (size_t i = 0; i < sizeof(walk_cases) / sizeof(walk_cases[0]); i++) {
        struct random random = {.state = i};
        struct model model = {.slots = walk_cases[i].slots};
        struct ring *ring = ring_made(sizeof(uint64_t), model.slots);
        size_t start = walk_cases[i].start;
        atomic_store(&ring->producer.tail, start);
        atomic_store(&ring->consumer.head, start);
        ring->producer.head_seen = ring->consumer.tail_seen = start;
        for (unsigned n = 0; n < STEPS; n++) {
            step(ring, &model, &random);
            if (n % CHECK_EVERY == 0) { // not always: looking refreshes what each side has seen
                ends_check(ring, &model);
            }
        }
        assert_true(model.submitted > 10 * model.slots);
        ring_free(ring);
    }
}

static void peek_past_what_waits_finds_nothing(void **state)
{
    (void)state;
    struct ring *ring = ring_made(sizeof(uint64_t), 8);
    for (uint64_t i = 0; i < 2; i++) {
        *(uint64_t *)ring_reserve(ring, i) = i;
    }
    ring_submit(ring, 2);
    assert_non_null(ring_peek(ring, 1));
    assert_null(ring_peek(ring, 3));
    assert_null(ring_peek(ring, 7));
    ring_free(ring);
}

static void a_full_ring_opens_when_one_is_released(void **state)
{
    (void)state;
    struct ring *ring = ring_made(sizeof(uint64_t), 4);
    for (uint64_t i = 0; i < 4; i++) {
        *(uint64_t *)ring_reserve(ring, 0) = i;
        ring_submit(ring, 1);
    }
    assert_null(ring_reserve(ring, 0));
    uint64_t *oldest = ring_peek(ring, 0);
    ring_release(ring, 1);
    assert_ptr_equal(ring_reserve(ring, 0), oldest);
    assert_null(ring_reserve(ring, 1));
    ring_free(ring);
}

enum { BATCH_MAX = 32 };

struct stream {
    size_t slots;
    uint64_t messages;
    struct ring *ring;
};

struct message {
    uint64_t number;
    uint64_t derived[3]; // so that a message read half-written is seen
};

static void *producer_main(void *argument)
{
    const struct stream *stream = argument;
    struct ring *ring = stream->ring;
    struct random random = {.state = 1};
    struct backoff backoff = {0};
    uint64_t sent = 0;
    while (sent < stream->messages) {
        size_t wanted = 1 + random_below(&random, BATCH_MAX);
        size_t batch = 0;
        struct message *slot = NULL;
        while (batch < wanted && sent < stream->messages &&
               (slot = ring_reserve(ring, batch)) != NULL) {
            *slot = (struct message){sent, {sent + 1, ~sent, sent * 3}};
            batch++;
            sent++;
        }
        ring_submit(ring, batch);
        if (batch == 0) {
            backoff_wait(&backoff);
        } else {
            backoff.rounds = 0;
        }
    }
    return NULL;
}

static size_t batch_take(struct ring *ring, uint64_t received, size_t wanted)
{
    size_t batch = 0;
    const struct message *slot = NULL;
    while (batch < wanted && (slot = ring_peek(ring, batch)) != NULL) {
        uint64_t number = received + batch;
        const struct message expected = {number, {number + 1, ~number, number * 3}};
        assert_memory_equal(slot, &expected, sizeof(expected));
        batch++;
    }
    ring_release(ring, batch);
    return batch;
}

static void two_threads_lose_and_turn_nothing(void **state)
{
    (void)state;
    struct stream streams[] = {{2, 5000, NULL}, {256, 1000000, NULL}};
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        struct ring *ring = ring_made(sizeof(struct message), streams[i].slots);
        streams[i].ring = ring;
        pthread_t producer;
        assert_int_equal(pthread_create(&producer, NULL, producer_main, &streams[i]), 0);
        struct random random = {.state = 2};
        struct backoff backoff = {0};
        for (uint64_t received = 0; received < streams[i].messages;) {
            size_t batch = batch_take(ring, received, 1 + random_below(&random, BATCH_MAX));
            received += batch;
            if (batch == 0) {
                backoff_wait(&backoff);
            } else {
                backoff.rounds = 0;
            }
        }
        pthread_join(producer, NULL);
        assert_int_equal(ring_count(ring), 0);
        assert_null(ring_peek(ring, 0));
        ring_free(ring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_powers_of_two_are_taken),
        cmocka_unit_test(slots_are_aligned_as_their_size),
        cmocka_unit_test(batches_come_out_as_they_went_in),
        cmocka_unit_test(peek_past_what_waits_finds_nothing),
        cmocka_unit_test(a_full_ring_opens_when_one_is_released),
        cmocka_unit_test(two_threads_lose_and_turn_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
