// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/generator.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/generate/attack.h"
#include "agent/generate/mix.h"
#include "agent/generate/tempo.h"
#include "agent/generate/wheel.h"

enum { TICK_US = MIX_TICK_US, AHEAD = 12, ITEM_ORDERS = MIX_FLOWS_MAX + 1 };

struct generator {
    struct profile profile;
    struct draw draw;
    struct wheel wheel;
    struct mix mix;
    struct attack attacks[PROFILE_ORDERS_MAX];
    int64_t tick_us; // when the next one is due
    int64_t end_us;
    struct generator_books books;
    uint8_t unseen[FRAME_MAX]; // a frame that is made, for what follows from it, and not seen
};

// Whether an attack's next packet is still of it, and of the traffic.
static bool goes_on(const struct generator *generator, const struct attack *attack)
{
    int64_t end_us = generator->profile.start_us + attack->order->end_us;
    return (attack->due_us < end_us && attack->due_us < generator->end_us) || attack->is_answered;
}

// Those whose next packet is due in the tick wait in the calendar.
static void attacks_tick(struct generator *generator)
{
    for (unsigned i = 0; i < generator->profile.order_count; i++) {
        struct attack *attack = &generator->attacks[i];
        if (attack->order->kind < ORDER_SPIKE && !attack->waits &&
            attack->due_us >= generator->tick_us && attack->due_us < generator->tick_us + TICK_US &&
            goes_on(generator, attack)) {
            attack->waits = true;
            wheel_put(&generator->wheel, ITEM_ORDERS + i, attack->due_us);
        }
    }
}

static void tick(struct generator *generator)
{
    if (generator->tick_us < generator->end_us) {
        mix_tick(&generator->mix, generator->tick_us);
    } else if (!generator->mix.is_ending) {
        mix_end(&generator->mix);
    }
    attacks_tick(generator);
    generator->tick_us += TICK_US;
}

static unsigned attack_step(struct generator *generator, unsigned index, uint8_t *frame)
{
    struct attack *attack = &generator->attacks[index];
    int64_t gap_us;
    unsigned length =
        attack_write(attack, generator->profile.addresses / 2, &generator->draw, frame, &gap_us);
    attack->due_us += gap_us;
    attack->waits = attack->due_us < generator->tick_us && goes_on(generator, attack);
    if (attack->waits) {
        wheel_put(&generator->wheel, ITEM_ORDERS + index, attack->due_us);
    }
    return length;
}

// Fetches a flow whose turn will be soon, while that of another is written.
static void fetch(struct generator *generator)
{
    uint32_t item = wheel_ahead(&generator->wheel, AHEAD);
    if (item != WHEEL_NONE && item < ITEM_ORDERS) {
        __builtin_prefetch(flow_at(&generator->mix.set, item), 1);
    }
}

// *order: PROFILE_ORDERS_MAX where the frame is none's.
static unsigned make(struct generator *generator, uint8_t *frame, unsigned *order)
{
    fetch(generator);
    uint32_t item = wheel_take(&generator->wheel);
    if (item < ITEM_ORDERS) {
        *order = PROFILE_ORDERS_MAX;
        return mix_step(&generator->mix, item, frame);
    }
    *order = item - ITEM_ORDERS;
    return attack_step(generator, *order, frame);
}

int64_t generator_seek(struct generator *generator, int64_t until_us)
{
    struct wheel *wheel = &generator->wheel;
    unsigned order;
    while (wheel->now_us < until_us) {
        int64_t tick_us = generator->tick_us;
        int64_t at_us = wheel_seek(wheel, tick_us < until_us ? tick_us : until_us);
        if (at_us >= 0) {
            if (!tempo_is_silent(&generator->profile, at_us)) {
                return at_us;
            }
            make(generator, generator->unseen, &order);
        } else if (generator->mix.is_ending && wheel->waiting == 0) {
            return GENERATOR_OVER;
        } else if (wheel->now_us == tick_us) {
            tick(generator);
        }
    }
    return GENERATOR_LATER;
}

unsigned generator_make(struct generator *generator, uint8_t *frame)
{
    unsigned order;
    unsigned length = make(generator, frame, &order);
    generator->books.packets++;
    generator->books.octets += length;
    if (order < PROFILE_ORDERS_MAX) {
        generator->books.of_orders[order]++;
    }
    return length;
}

int64_t generator_now_us(const struct generator *generator)
{
    return generator->wheel.now_us;
}

void generator_change(struct generator *generator, const struct profile *profile,
                      const struct rate rates[PROTOCOL_COUNT])
{
    profile_take(&generator->profile, profile);
    mix_set(&generator->mix, rates);
}

int generator_order(struct generator *generator, const struct order *order)
{
    struct profile *profile = &generator->profile;
    int64_t begin_us = generator->tick_us - profile->start_us;
    unsigned number = 0;
    while (number < profile->order_count &&
           (generator->attacks[number].waits || profile->orders[number].end_us > begin_us)) {
        number++;
    }
    if (number == PROFILE_ORDERS_MAX) {
        return -ENOSPC;
    }
    struct order *own = &profile->orders[number];
    *own = *order;
    own->begin_us = begin_us;
    own->end_us = begin_us + order->end_us - order->begin_us;
    profile->order_count += number == profile->order_count;
    if (own->strength <= 0) {
        own->strength = profile->packets_per_second;
    }
    attack_init(&generator->attacks[number], own, generator->tick_us);
    generator->books.of_orders[number] = 0;
    return (int)number;
}

const struct order *generator_order_at(const struct generator *generator, unsigned number)
{
    return &generator->profile.orders[number];
}

static void orders_begin(struct generator *generator)
{
    struct profile *profile = &generator->profile;
    for (unsigned i = 0; i < profile->order_count; i++) {
        struct order *order = &profile->orders[i];
        order->strength = order->strength > 0 ? order->strength : profile->packets_per_second;
        attack_init(&generator->attacks[i], order, profile->start_us + order->begin_us);
    }
}

int generator_create(struct generator **generator, const struct profile *profile, struct error *err)
{
    struct rate rates[PROTOCOL_COUNT];
    int code = rates_fill(profile, rates, err);
    if (code != 0) {
        return code;
    }
    struct generator *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    made->profile = *profile;
    made->tick_us = profile->start_us;
    made->end_us = profile->duration_us < INT64_MAX - profile->start_us
                       ? profile->start_us + profile->duration_us
                       : INT64_MAX;
    draw_init(&made->draw, profile->seed);
    if (mix_init(&made->mix, &made->profile, &made->draw, &made->wheel) != 0 ||
        wheel_init(&made->wheel, profile->start_us, ITEM_ORDERS + PROFILE_ORDERS_MAX) != 0) {
        generator_free(made);
        return error_set(err, -ENOMEM, "no memory for %d flows", MIX_FLOWS_MAX);
    }
    mix_set(&made->mix, rates);
    orders_begin(made);
    *generator = made;
    return 0;
}

void generator_free(struct generator *generator)
{
    if (generator != NULL) {
        mix_fini(&generator->mix);
        wheel_fini(&generator->wheel);
        free(generator);
    }
}

void generator_books(const struct generator *generator, struct generator_books *books)
{
    *books = generator->books;
    books->flows = generator->mix.begun;
}
