// SPDX-License-Identifier: Apache-2.0
// Theory of operation. Each protocol is a stream with two accounts, filled as time goes on: packets
// that are due to it by its share, and flows that are. Once in a tick of a millisecond a stream
// whose packets are due begins exchanges at random moments of the tick: of a new flow where one is
// due, else of that which has waited longest. An exchange is paid with an estimate, and settled
// when it is over. So rates and shares hold to within the exchanges under way, and flows keep the
// lengths and the round trips that were drawn for them; what gives way is how long a flow pauses
// between exchanges. The plain way, flows that come at random times and send at rates of their own,
// was refused: with lengths of a heavy tail it takes hours to reach a rate, and it never holds it.
#include "agent/generate/generator.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "agent/generate/attack.h"
#include "agent/generate/bulk.h"
#include "agent/generate/flow_draw.h"
#include "agent/generate/flow_set.h"
#include "agent/generate/packet_write.h"
#include "agent/generate/rates.h"
#include "agent/generate/tempo.h"
#include "agent/generate/wheel.h"

enum {
    TICK_US = 1000,
    ESTIMATE = 8, // packets of an exchange, until it is known
    FLOWS_MAX = 1 << 20,
    PAUSE_S = 5, // the longest that flows should wait for their next exchange
    CLOSING_US = 200000,
    CALL_US = 150000, // from a call's first packet to its first speech
    BYE_US = 50000,
    SETTLING_US = 1000000,
};

struct stream {
    struct rate rate;
    double packets; // due; below 0: paid ahead
    double flows;
    struct flow_list ready; // flows that wait for an exchange, longest first
    uint32_t active;
    uint32_t active_max;
    uint32_t drained; // in a tick, where the stream has no share any more
    bool spares;      // ends the next flow of too many
};

struct generator {
    struct profile profile;
    struct draw draw;
    struct wheel wheel;
    struct stream streams[PROTOCOL_COUNT];
    struct flow_set set;
    int64_t tick_us; // when the next one is due
    int64_t end_us;
    int64_t settled_us; // until then exchanges end that were begun at rates that changed
    bool is_ending;
    uint8_t unseen[FRAME_MAX]; // a frame that is made, for what follows from it, and not seen
    struct attack attacks[PROFILE_ORDERS_MAX];
    bool attacking[PROFILE_ORDERS_MAX]; // begun, perhaps over
    bool waiting[PROFILE_ORDERS_MAX];   // in the calendar
    struct packet_writer writer;
    struct flow_sizes sizes;
    struct generator_books books;
};

static enum protocol_id charged_of(const struct flow *flow)
{
    return flow->protocol < PROTOCOL_COUNT ? (enum protocol_id)flow->protocol
                                           : protocol_rows[flow->protocol].charged;
}

static void launch(struct generator *generator, uint32_t number, int64_t at_us)
{
    struct flow *flow = flow_at(&generator->set, number);
    flow->spent = 0;
    wheel_put(&generator->wheel, number, &flow->next, at_us);
}

// Speech needs a call before it, which says where it goes to. False: there is no room for one.
static bool call_begin(struct generator *generator, uint32_t speech, int64_t at_us)
{
    uint32_t call = flow_take(&generator->set);
    if (call == 0) {
        return false;
    }
    struct flow *from = flow_at(&generator->set, call);
    struct flow *to = flow_at(&generator->set, speech);
    flow_draw(from, PROTOCOL_CALL, &generator->profile, NULL, NULL, &generator->draw);
    from->partner = speech;
    to->partner = call;
    to->id = from->id;
    to->is_v6 = from->is_v6;
    memcpy(to->host, from->host, sizeof(to->host));
    to->port[CLIENT] = (uint16_t)(16384 + 2 * (from->id % 8192)); // as messages_text.c says it
    dialogue_begin(from, &generator->draw);
    generator->books.flows++;
    launch(generator, call, at_us);
    return true;
}

// A new flow of a stream, launched. False: there is no room.
static bool flow_begin(struct generator *generator, enum protocol_id id, int64_t at_us)
{
    struct stream *stream = &generator->streams[id];
    uint32_t number = stream->active < stream->active_max ? flow_take(&generator->set) : 0;
    if (number == 0) {
        return false;
    }
    struct flow *flow = flow_at(&generator->set, number);
    flow_draw(flow, id, &generator->profile, &stream->rate.bounds, &generator->sizes,
              &generator->draw);
    if (id == PROTOCOL_RTP && !call_begin(generator, number, at_us)) {
        flow_give(&generator->set, number);
        return false;
    }
    dialogue_begin(flow, &generator->draw);
    stream->active++;
    stream->flows -= 1;
    generator->books.flows++;
    launch(generator, number, at_us + (id == PROTOCOL_RTP ? CALL_US : 0));
    return true;
}

static void flow_end(struct generator *generator, uint32_t number)
{
    struct flow *flow = flow_at(&generator->set, number);
    uint32_t partner = flow->partner;
    if (flow->protocol < PROTOCOL_COUNT) {
        generator->streams[flow->protocol].active--;
    }
    if (partner != 0 && !generator->is_ending) { // speech is over, and so is the call
        flow_at(&generator->set, partner)->partner = 0;
        launch(generator, partner, generator->wheel.now_us + BYE_US);
    }
    flow_give(&generator->set, number);
}

// Makes a flow that waits go on with its end, where it has one.
static void flow_stop(struct generator *generator, uint32_t number, int64_t at_us)
{
    struct flow *flow = flow_at(&generator->set, number);
    if (protocol_rows[flow->protocol].transport == PROTOCOL_TCP) {
        dialogue_end(flow);
        launch(generator, number, at_us);
    } else {
        flow_end(generator, number);
    }
}

// Ends flows of a stream that has no share any more.
static void stream_drain(struct generator *generator, struct stream *stream)
{
    uint32_t number;
    for (uint32_t i = 0;
         i < stream->drained && (number = flow_list_take(&stream->ready, &generator->set)) != 0;
         i++) {
        flow_stop(generator, number, generator->tick_us + draw_below(&generator->draw, TICK_US));
    }
}

// Begins exchanges of a stream until nothing is due to it.
static void stream_tick(struct generator *generator, enum protocol_id id)
{
    struct stream *stream = &generator->streams[id];
    double seconds = TICK_US * 1e-6 * tempo_factor(&generator->profile, id, generator->tick_us);
    double flows_most = stream->rate.flows + 1;
    stream->packets += stream->rate.packets * seconds;
    stream->flows += stream->rate.flows * seconds;
    stream->flows = fmin(fmax(stream->flows, -flows_most), flows_most);
    if (generator->tick_us <
        generator->settled_us) { // what was too much by then is not made up for
        stream->packets = fmax(stream->packets, -stream->rate.packets - ESTIMATE);
    }
    while (stream->packets > 0) {
        int64_t at_us = generator->tick_us + draw_below(&generator->draw, TICK_US);
        bool begun = stream->flows >= 1 && flow_begin(generator, id, at_us);
        uint32_t number = begun ? 0 : flow_list_take(&stream->ready, &generator->set);
        stream->spares = stream->active > stream->active_max && !stream->spares;
        if (number != 0 && stream->spares) {
            flow_stop(generator, number, at_us);
        } else if (number != 0) {
            launch(generator, number, at_us);
        } else if (!begun && !flow_begin(generator, id, at_us)) {
            break; // all are under way
        }
        stream->packets -= ESTIMATE;
    }
}

static void attacks_tick(struct generator *generator)
{
    for (unsigned i = 0; i < generator->profile.order_count; i++) {
        const struct order *order = &generator->profile.orders[i];
        int64_t begin_us = generator->profile.start_us + order->begin_us;
        bool begins = order->kind < ORDER_SPIKE && !generator->attacking[i] &&
                      begin_us < generator->tick_us + TICK_US && begin_us < generator->end_us;
        if (begins) {
            generator->attacking[i] = true;
            generator->waiting[i] = true;
            wheel_put(&generator->wheel, generator->set.max + 1 + i, &generator->attacks[i].next,
                      begin_us);
        }
    }
}

static void flow_close(struct generator *generator, uint32_t number)
{
    flow_stop(generator, number,
              generator->wheel.now_us + draw_below(&generator->draw, CLOSING_US));
}

// The time is over: flows of TCP that wait are closed, the others need no end.
static void streams_end(struct generator *generator)
{
    generator->is_ending = true;
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        struct stream *stream = &generator->streams[id];
        uint32_t number;
        while (protocol_rows[id].transport == PROTOCOL_TCP &&
               (number = flow_list_take(&stream->ready, &generator->set)) != 0) {
            flow_close(generator, number);
        }
    }
}

static void tick(struct generator *generator)
{
    if (generator->tick_us >= generator->end_us) {
        if (!generator->is_ending) {
            streams_end(generator);
        }
    } else {
        for (int id = 0; id < PROTOCOL_COUNT; id++) {
            if (generator->streams[id].rate.packets > 0) {
                stream_tick(generator, (enum protocol_id)id);
            } else {
                stream_drain(generator, &generator->streams[id]);
            }
        }
        attacks_tick(generator);
    }
    generator->tick_us += TICK_US;
}

static void exchange_end(struct generator *generator, uint32_t number, bool is_over)
{
    struct flow *flow = flow_at(&generator->set, number);
    struct stream *stream = &generator->streams[charged_of(flow)];
    bool is_call = flow->protocol == PROTOCOL_CALL;
    stream->packets += (is_call ? 0 : ESTIMATE) - (double)flow->spent;
    if (is_over) {
        flow_end(generator, number);
    } else if (is_call) {
        assert(flow->partner != 0); // which launches it when it ends
    } else if (generator->is_ending && protocol_rows[flow->protocol].transport == PROTOCOL_TCP) {
        flow_close(generator, number);
    } else {
        flow_list_put(&stream->ready, &generator->set, number);
    }
}

static unsigned flow_step(struct generator *generator, uint32_t number, uint8_t *frame)
{
    struct flow *flow = flow_at(&generator->set, number);
    struct turn turn;
    unsigned payload = 0;
    flow->is_ending |= generator->is_ending;
    dialogue_turn(flow, &turn);
    unsigned length = packet_write(&generator->writer, flow, &turn, &generator->draw,
                                   generator->wheel.now_us, frame, &payload);
    flow->spent++;
    int64_t gap_us = dialogue_advance(flow, &turn, payload, &generator->draw);
    if (gap_us >= 0) {
        wheel_put(&generator->wheel, number, &flow->next, generator->wheel.now_us + gap_us);
    } else {
        exchange_end(generator, number, gap_us == DIALOGUE_ENDS);
    }
    return length;
}

static unsigned attack_step(struct generator *generator, unsigned index, uint8_t *frame)
{
    struct attack *attack = &generator->attacks[index];
    int64_t gap_us;
    unsigned length =
        attack_write(attack, generator->profile.addresses / 2, &generator->draw, frame, &gap_us);
    int64_t next_us = generator->wheel.now_us + gap_us;
    int64_t end_us = generator->profile.start_us + attack->order->end_us;
    generator->waiting[index] =
        (next_us < end_us && next_us < generator->end_us) || attack->is_answered;
    if (generator->waiting[index]) {
        wheel_put(&generator->wheel, generator->set.max + 1 + index, &attack->next, next_us);
    }
    return length;
}

static unsigned make(struct generator *generator, uint8_t *frame, unsigned *order)
{
    uint32_t item = wheel_first(&generator->wheel);
    bool is_flow = item <= generator->set.max;
    *order = is_flow ? PROFILE_ORDERS_MAX : item - generator->set.max - 1;
    wheel_take(&generator->wheel,
               is_flow ? flow_at(&generator->set, item)->next : generator->attacks[*order].next);
    return is_flow ? flow_step(generator, item, frame) : attack_step(generator, *order, frame);
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
        } else if (generator->is_ending && wheel->waiting == 0) {
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

static void streams_set(struct generator *generator, const struct rate rates[PROTOCOL_COUNT])
{
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        struct stream *stream = &generator->streams[id];
        double most = rates[id].packets * PAUSE_S / ESTIMATE;
        if (stream->rate.packets <= 0) { // nothing is left from before
            stream->packets = 0;
            stream->flows = 0;
        }
        stream->rate = rates[id];
        stream->active_max = most < generator->set.max ? (uint32_t)most + 1 : generator->set.max;
        stream->drained = stream->active / (PAUSE_S * 1000) + 1;
    }
}

void generator_change(struct generator *generator, const struct profile *profile,
                      const struct rate rates[PROTOCOL_COUNT])
{
    profile_take(&generator->profile, profile);
    streams_set(generator, rates);
    generator->settled_us = generator->tick_us + SETTLING_US;
}

int generator_order(struct generator *generator, const struct order *order)
{
    struct profile *profile = &generator->profile;
    int64_t begin_us = generator->tick_us - profile->start_us;
    unsigned number = 0;
    while (number < profile->order_count &&
           (generator->waiting[number] || profile->orders[number].end_us > begin_us)) {
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
    attack_init(&generator->attacks[number], own);
    generator->attacking[number] = false;
    generator->books.of_orders[number] = 0;
    return (int)number;
}

const struct order *generator_order_at(const struct generator *generator, unsigned number)
{
    return &generator->profile.orders[number];
}

int generator_create(struct generator **generator, const struct profile *profile, struct error *err)
{
    struct rate rates[PROTOCOL_COUNT];
    int code = rates_fill(profile, rates, err);
    if (code != 0) {
        return code;
    }
    struct generator *made = calloc(1, sizeof(*made));
    if (made == NULL || flow_set_init(&made->set, FLOWS_MAX) != 0 ||
        wheel_init(&made->wheel, profile->start_us) != 0) {
        generator_free(made);
        return error_set(err, -ENOMEM, "no memory for %d flows", FLOWS_MAX);
    }
    made->profile = *profile;
    made->tick_us = profile->start_us;
    made->end_us = profile->duration_us < INT64_MAX - profile->start_us
                       ? profile->start_us + profile->duration_us
                       : INT64_MAX;
    draw_init(&made->draw, profile->seed);
    packet_writer_init(&made->writer, profile->seed);
    flow_sizes_init(&made->sizes);
    streams_set(made, rates);
    for (unsigned i = 0; i < profile->order_count; i++) {
        struct order *order = &made->profile.orders[i];
        order->strength = order->strength > 0 ? order->strength : profile->packets_per_second;
        attack_init(&made->attacks[i], order);
    }
    *generator = made;
    return 0;
}

void generator_free(struct generator *generator)
{
    if (generator != NULL) {
        flow_set_fini(&generator->set);
        wheel_fini(&generator->wheel);
        free(generator);
    }
}

void generator_books(const struct generator *generator, struct generator_books *books)
{
    *books = generator->books;
}
