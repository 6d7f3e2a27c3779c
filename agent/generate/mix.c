// SPDX-License-Identifier: Apache-2.0
// Theory of operation. Each protocol has a share with two accounts, filled as time goes on: packets
// that are due to it by its share, and flows that are. Once in a tick of a millisecond a share
// whose packets are due begins exchanges at random moments of the tick: of a new flow where one is
// due, else of that which has waited longest. An exchange is paid with an estimate, and settled
// when it is over. So rates and shares hold to within the exchanges under way, and flows keep the
// lengths and the round trips that were drawn for them; what gives way is how long a flow pauses
// between exchanges. The plain way, flows that come at random times and send at rates of their own,
// was refused: with lengths of a heavy tail it takes hours to reach a rate, and it never holds it.
#include "agent/generate/mix.h"

#include <assert.h>
#include <errno.h>

#include "agent/generate/flow_draw.h"
#include "agent/generate/quic.h"
#include "agent/generate/tempo.h"

enum {
    TICK_US = MIX_TICK_US,
    ESTIMATE = 8, // packets of an exchange, until it is known
    PAUSE_S = 5,  // the longest that flows should wait for their next exchange
    CLOSING_US = 200000,
    CALL_US = 150000, // from a call's first packet to its first speech
    BYE_US = 50000,
    SETTLING_US = 1000000,
};

static enum protocol_id charged_of(const struct flow *flow)
{
    return flow->protocol < PROTOCOL_COUNT ? (enum protocol_id)flow->protocol
                                           : protocol_rows[flow->protocol].charged;
}

static void launch(struct mix *mix, uint32_t number, int64_t at_us)
{
    flow_at(&mix->set, number)->spent = 0;
    wheel_put(mix->wheel, number, at_us);
}

// Speech needs a call before it, which says where it goes to. False: there is no room for one.
static bool call_begin(struct mix *mix, uint32_t speech, int64_t at_us)
{
    uint32_t call = flow_take(&mix->set);
    if (call == 0) {
        return false;
    }
    struct flow *from = flow_at(&mix->set, call);
    struct flow *to = flow_at(&mix->set, speech);
    flow_draw(from, PROTOCOL_CALL, mix->profile, NULL, NULL, mix->draw);
    from->partner = speech;
    to->partner = call;
    to->id = from->id;
    to->is_v6 = from->is_v6;
    memcpy(to->host, from->host, sizeof(to->host));
    to->port[CLIENT] = (uint16_t)(16384 + 2 * (from->id % 8192)); // as messages_text.c says it
    dialogue_begin(from, mix->draw);
    mix->begun++;
    launch(mix, call, at_us);
    return true;
}

// A new flow of a share, launched. False: there is no room.
static bool flow_begin(struct mix *mix, enum protocol_id id, int64_t at_us)
{
    struct share *share = &mix->of[id];
    uint32_t number = share->active < share->active_max ? flow_take(&mix->set) : 0;
    if (number == 0) {
        return false;
    }
    struct flow *flow = flow_at(&mix->set, number);
    flow_draw(flow, id, mix->profile, &share->rate.bounds, &mix->sizes, mix->draw);
    if (id == PROTOCOL_QUIC) {
        flow->id = quic_id(mix->hellos++, share->rate.flows);
    }
    if (id == PROTOCOL_RTP && !call_begin(mix, number, at_us)) {
        flow_give(&mix->set, number);
        return false;
    }
    dialogue_begin(flow, mix->draw);
    share->active++;
    share->flows -= 1;
    mix->begun++;
    launch(mix, number, at_us + (id == PROTOCOL_RTP ? CALL_US : 0));
    return true;
}

static void flow_end(struct mix *mix, uint32_t number)
{
    struct flow *flow = flow_at(&mix->set, number);
    uint32_t partner = flow->partner;
    if (flow->protocol < PROTOCOL_COUNT) {
        mix->of[flow->protocol].active--;
    }
    if (partner != 0 && !mix->is_ending) { // speech is over, and so is the call
        flow_at(&mix->set, partner)->partner = 0;
        launch(mix, partner, mix->wheel->now_us + BYE_US);
    }
    flow_give(&mix->set, number);
}

// Makes a flow that waits go on with its end, where it has one.
static void flow_stop(struct mix *mix, uint32_t number, int64_t at_us)
{
    struct flow *flow = flow_at(&mix->set, number);
    if (protocol_rows[flow->protocol].transport == PROTOCOL_TCP) {
        dialogue_end(flow);
        launch(mix, number, at_us);
    } else {
        flow_end(mix, number);
    }
}

// Ends flows of a protocol that has no packets any more.
static void share_drain(struct mix *mix, struct share *share, int64_t tick_us)
{
    uint32_t number;
    for (uint32_t i = 0;
         i < share->drained && (number = flow_list_take(&share->ready, &mix->set)) != 0; i++) {
        flow_stop(mix, number, tick_us + draw_below(mix->draw, TICK_US));
    }
}

// Begins exchanges of a share until nothing is due to it.
static void share_tick(struct mix *mix, enum protocol_id id, int64_t tick_us)
{
    struct share *share = &mix->of[id];
    double seconds = TICK_US * 1e-6 * tempo_factor(mix->profile, id, tick_us);
    double flows_most = share->rate.flows + 1;
    share->packets += share->rate.packets * seconds;
    share->flows += share->rate.flows * seconds;
    share->flows = fmin(fmax(share->flows, -flows_most), flows_most);
    if (tick_us < mix->settled_us) { // what was too much by then is not made up for
        share->packets = fmax(share->packets, -share->rate.packets - ESTIMATE);
    }
    while (share->packets > 0) {
        int64_t at_us = tick_us + draw_below(mix->draw, TICK_US);
        bool begun = share->flows >= 1 && flow_begin(mix, id, at_us);
        uint32_t number = begun ? 0 : flow_list_take(&share->ready, &mix->set);
        share->spares = share->active > share->active_max && !share->spares;
        if (number != 0 && share->spares) {
            flow_stop(mix, number, at_us);
        } else if (number != 0) {
            launch(mix, number, at_us);
        } else if (!begun && !flow_begin(mix, id, at_us)) {
            break; // all are under way
        }
        share->packets -= ESTIMATE;
    }
}

void mix_tick(struct mix *mix, int64_t tick_us)
{
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        if (mix->of[id].rate.packets > 0) {
            share_tick(mix, (enum protocol_id)id, tick_us);
        } else {
            share_drain(mix, &mix->of[id], tick_us);
        }
    }
}

static void flow_close(struct mix *mix, uint32_t number)
{
    flow_stop(mix, number, mix->wheel->now_us + draw_below(mix->draw, CLOSING_US));
}

void mix_end(struct mix *mix)
{
    mix->is_ending = true;
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        struct share *share = &mix->of[id];
        uint32_t number;
        while (protocol_rows[id].transport == PROTOCOL_TCP &&
               (number = flow_list_take(&share->ready, &mix->set)) != 0) {
            flow_close(mix, number);
        }
    }
}

static void exchange_end(struct mix *mix, uint32_t number, bool is_over)
{
    struct flow *flow = flow_at(&mix->set, number);
    struct share *share = &mix->of[charged_of(flow)];
    bool is_call = flow->protocol == PROTOCOL_CALL;
    share->packets += (is_call ? 0 : ESTIMATE) - (double)flow->spent;
    if (is_over) {
        flow_end(mix, number);
    } else if (is_call) {
        assert(flow->partner != 0); // which launches it when it ends
    } else if (mix->is_ending && protocol_rows[flow->protocol].transport == PROTOCOL_TCP) {
        flow_close(mix, number);
    } else {
        flow_list_put(&share->ready, &mix->set, number);
    }
}

unsigned mix_step(struct mix *mix, uint32_t number, uint8_t *frame)
{
    struct flow *flow = flow_at(&mix->set, number);
    struct turn turn;
    unsigned payload = 0;
    flow->is_ending |= mix->is_ending;
    dialogue_turn(flow, &turn);
    unsigned length =
        packet_write(&mix->writer, flow, &turn, mix->draw, mix->wheel->now_us, frame, &payload);
    flow->spent++;
    int64_t gap_us = dialogue_advance(flow, &turn, payload, mix->draw);
    if (gap_us >= 0) {
        wheel_put(mix->wheel, number, mix->wheel->now_us + gap_us);
    } else {
        exchange_end(mix, number, gap_us == DIALOGUE_ENDS);
    }
    return length;
}

void mix_set(struct mix *mix, const struct rate rates[PROTOCOL_COUNT])
{
    mix->settled_us = mix->wheel->now_us + SETTLING_US;
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        struct share *share = &mix->of[id];
        double most = rates[id].packets * PAUSE_S / ESTIMATE;
        if (share->rate.packets <= 0) { // nothing is left from before
            share->packets = 0;
            share->flows = 0;
        }
        share->rate = rates[id];
        share->active_max = most < mix->set.max ? (uint32_t)most + 1 : mix->set.max;
        share->drained = share->active / (PAUSE_S * 1000) + 1;
    }
}

int mix_init(struct mix *mix, const struct profile *profile, struct draw *draw, struct wheel *wheel)
{
    *mix = (struct mix){.profile = profile, .draw = draw, .wheel = wheel};
    flow_sizes_init(&mix->sizes);
    int code = packet_writer_init(&mix->writer, profile->seed);
    return code == 0 ? flow_set_init(&mix->set, MIX_FLOWS_MAX) : code;
}

void mix_fini(struct mix *mix)
{
    packet_writer_fini(&mix->writer);
    flow_set_fini(&mix->set);
}
