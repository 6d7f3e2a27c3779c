// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/flow/made.h"
#include "tests/unit/flow/model.h"

// How a flow stands after its packets.
struct life {
    int64_t last_us; // since its first packet; never goes back
    bool closed, reset;
};

// The flow's own time at packet n: the clock of the packets, but that it never goes back.
static int64_t flow_time(const struct model_flow *flow, size_t n)
{
    int64_t latest_us = 0;
    for (size_t i = 0; i <= n; i++) {
        int64_t time_us = flow->packets[i]->time_us - flow->packets[0]->time_us;
        latest_us = time_us > latest_us ? time_us : latest_us;
    }
    return latest_us;
}

static struct life life_of(const struct model_flow *flow)
{
    struct life life = {.last_us = flow_time(flow, flow->count - 1)};
    bool fin[2] = {false, false};
    for (size_t i = 0; i < flow->count && !life.closed; i++) {
        const struct facts *packet = flow->packets[i];
        uint8_t flags = packet->flags & FACTS_TCP ? packet->tcp_flags : 0;
        fin[packet->direction] |= (flags & FIN) != 0;
        life.reset = (flags & RST) != 0;
        life.closed = life.reset || (fin[0] && fin[1]);
    }
    return life;
}

static int64_t deadline_of(const struct model *model, const struct life *life)
{
    const struct model_timeouts *timeouts = &model->timeouts;
    int64_t quiet_us = life->last_us + (life->closed ? timeouts->linger_us : timeouts->idle_us);
    return quiet_us < timeouts->active_us ? quiet_us : timeouts->active_us;
}

static enum flow_end reason_of(const struct model *model, const struct life *life)
{
    if (life->closed) {
        return life->reset ? FLOW_END_RST : FLOW_END_FIN;
    }
    bool idle_first = life->last_us + model->timeouts.idle_us <= model->timeouts.active_us;
    return idle_first ? FLOW_END_IDLE : FLOW_END_ACTIVE;
}

static void source_and_rtt(struct said *said, const struct model_flow *flow)
{
    said->source = flow->packets[0]->direction;
    int64_t syn_us = -1;
    bool answered = false;
    for (size_t i = 0; i < flow->count && said->rtt_us < 0; i++) {
        const struct facts *packet = flow->packets[i];
        unsigned flags = packet->flags & FACTS_TCP ? packet->tcp_flags & (SYN | ACK | RST) : 0;
        bool from_source = packet->direction == said->source;
        if (flags == SYN) {
            said->source = syn_us < 0 ? packet->direction : said->source;
            syn_us = flow_time(flow, i);
        } else if (flags == (SYN | ACK) && syn_us < 0) {
            said->source = !packet->direction;
        } else if (flags == (SYN | ACK) && !from_source) {
            answered = true;
        } else if (flags == ACK && from_source && answered) {
            said->rtt_us = flow_time(flow, i) - syn_us;
        }
    }
}

// Sequence numbers without end: the one that is nearest to the highest so far.
static uint64_t retransmits_of(const struct model_flow *flow, unsigned direction)
{
    uint64_t retransmits = 0;
    int64_t highest = -1;
    for (size_t i = 0; i < flow->count; i++) {
        const struct facts *packet = flow->packets[i];
        if (packet->direction != direction || !(packet->flags & FACTS_TCP)) {
            continue;
        }
        uint32_t end = packet->tcp_sequence + packet->tcp_length;
        if (highest < 0) {
            highest = end + (INT64_C(1) << 32);
            continue;
        }
        int64_t unwrapped = highest + (int32_t)(end - (uint32_t)highest);
        bool keep_alive = packet->tcp_length == 1 && unwrapped == highest &&
                          (packet->tcp_flags & (SYN | FIN)) == 0;
        if (packet->tcp_length != 0 && (packet->tcp_flags & SYN) != 0 && unwrapped != highest) {
            highest = unwrapped; // another connection
        } else if (packet->tcp_length != 0 && unwrapped <= highest && !keep_alive) {
            retransmits++;
        } else if (packet->tcp_length != 0) {
            highest = unwrapped;
        }
    }
    return retransmits;
}

static void side_of(struct said_side *said, const struct model_flow *flow, unsigned direction)
{
    const struct facts *opening = flow->packets[0];
    const uint8_t *mac =
        opening->direction == direction ? opening->source_mac : opening->destination_mac;
    memcpy(said->mac, mac, sizeof(said->mac));
    for (size_t i = 0; i < flow->count; i++) {
        const struct facts *packet = flow->packets[i];
        if (packet->direction != direction) {
            continue;
        }
        if (said->packets == 0) {
            said->ttl = packet->ttl;
            said->tos = packet->tos;
        }
        if (said->has_transport == 0) {
            said->has_transport = (packet->flags & (FACTS_TCP | FACTS_ICMP)) != 0;
            said->icmp_type = packet->icmp_type;
            said->icmp_code = packet->icmp_code;
        }
        said->packets++;
        said->bytes += packet->bytes;
        said->wire_bytes += packet->wire_bytes;
        said->tcp_flags |= packet->tcp_flags;
        said->tcp_options |= packet->tcp_options;
        if (packet->tcp_flags & SYN && said->tcp_syn_bytes == 0) {
            said->tcp_syn_bytes = packet->bytes;
        }
    }
    said->retransmits = retransmits_of(flow, direction);
}

static void flow_end(struct model *model, struct model_flow *flow, enum flow_end end)
{
    struct said *said = said_set_add(&model->ended);
    const struct facts *opening = flow->packets[0];
    said->key = opening->key;
    said->start_us = opening->time_us;
    said->end_us = opening->time_us + flow_time(flow, flow->count - 1);
    for (size_t i = 1; i < flow->count; i++) {
        int64_t gap_us = flow_time(flow, i) - flow_time(flow, i - 1);
        said->gap_squares += (uint64_t)(gap_us * gap_us);
    }
    said->end = end;
    source_and_rtt(said, flow);
    side_of(&said->side[0], flow, 0);
    side_of(&said->side[1], flow, 1);
    flow->count = 0;
}

void model_init(struct model *model, const struct model_timeouts *timeouts)
{
    memset(model, 0, sizeof(*model));
    model->timeouts = *timeouts;
}

void model_fini(struct model *model)
{
    for (size_t i = 0; i < MODEL_FLOWS_MAX; i++) {
        free(model->flows[i].packets);
    }
    said_set_free(&model->ended);
}

static bool is_next_flow(const struct model *model, const struct model_flow *flow,
                         const struct facts *facts)
{
    struct life life = life_of(flow);
    if (facts->time_us - flow->packets[0]->time_us > deadline_of(model, &life)) {
        return true;
    }
    return life.closed && facts->flags & FACTS_TCP && (facts->tcp_flags & (SYN | ACK)) == SYN;
}

void model_add(struct model *model, const struct facts *facts)
{
    uint32_t number = made_key_flow(&facts->key);
    assert_in_range(number, 0, MODEL_FLOWS_MAX - 1);
    struct model_flow *flow = &model->flows[number];
    if (flow->count != 0 && is_next_flow(model, flow, facts)) {
        struct life life = life_of(flow);
        flow_end(model, flow, reason_of(model, &life));
    }
    if (flow->count == flow->room) {
        flow->room = flow->room * 2 + 16;
        flow->packets = reallocarray(flow->packets, flow->room, sizeof(*flow->packets));
        assert_non_null(flow->packets);
    }
    flow->packets[flow->count++] = facts;
}

void model_expire(struct model *model, int64_t now_us)
{
    for (size_t i = 0; i < MODEL_FLOWS_MAX; i++) {
        struct model_flow *flow = &model->flows[i];
        if (flow->count == 0) {
            continue;
        }
        struct life life = life_of(flow);
        if (flow->packets[0]->time_us + deadline_of(model, &life) < now_us) {
            flow_end(model, flow, reason_of(model, &life));
        }
    }
}

void model_end_all(struct model *model)
{
    for (size_t i = 0; i < MODEL_FLOWS_MAX; i++) {
        struct model_flow *flow = &model->flows[i];
        if (flow->count != 0) {
            struct life life = life_of(flow);
            flow_end(model, flow, life.closed ? reason_of(model, &life) : FLOW_END_SHUTDOWN);
        }
    }
}
