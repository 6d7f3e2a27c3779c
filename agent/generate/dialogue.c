// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/dialogue.h"

enum {
    BULK_SEGMENTS_MAX = 10, // a window's worth
    BULK_LEAST = 32,        // octets of a segment; QUIC needs 21
    HEADERS = 40,           // of IP and TCP
    ACKNOWLEDGE = 2,        // segments at once
    SERIAL_US = 12,         // between segments of one sender: a gigabit's
    CLIENT_SHARE = 8,       // the tap is close to the clients: this part of a round trip away
};

static const struct protocol_row *row_of(const struct flow *flow)
{
    return &protocol_rows[flow->protocol];
}

static bool is_tcp(const struct flow *flow)
{
    return row_of(flow)->transport == PROTOCOL_TCP;
}

static const struct message *message_of(const struct flow *flow)
{
    return &row_of(flow)->script.messages[flow->message];
}

// Segments are as large as they can be, or anything less, in such a mix that the mean is the
// model's; those of a round are all alike.
static void bulk_draw(struct flow *flow, struct draw *draw)
{
    const struct protocol_row *row = row_of(flow);
    unsigned quantum = row->bulk_quantum;
    if (quantum == 0) {
        return;
    }
    unsigned most =
        FRAME_MTU - HEADERS - (flow->is_v6 ? 20 : 0) - (row->is_tunnelled ? FRAME_TUNNEL : 0);
    double mean = flow->mean_bytes > HEADERS ? flow->mean_bytes - HEADERS : 1;
    double full = 2 * mean / most - 1; // the share, where the others are anything up to that
    unsigned bytes = full > 0 && draw_unit(draw) < full
                         ? most
                         : draw_below(draw, full > 0 ? most : 2 * (unsigned)mean) + 1;
    bytes = bytes / quantum * quantum;
    unsigned least = quantum > BULK_LEAST ? quantum : BULK_LEAST;
    flow->bulk_bytes = (uint16_t)(bytes < least ? least : bytes);
    uint32_t longer = flow->sent[flow->sent[SERVER] > flow->sent[CLIENT]];
    uint32_t left = flow->length > longer + 1 ? flow->length - longer - 1 : 1;
    unsigned segments = 2 + draw_below(draw, BULK_SEGMENTS_MAX - 1);
    flow->bulk_left = (uint8_t)(segments < left ? segments : left);
}

void dialogue_begin(struct flow *flow, struct draw *draw)
{
    flow->stage = is_tcp(flow) ? STAGE_SYN : STAGE_TALK;
    bulk_draw(flow, draw);
}

// Whether all messages have been said.
static bool is_said(const struct flow *flow)
{
    const struct script *script = &row_of(flow)->script;
    return flow->message >= script->opening + script->body + script->end;
}

// Whether it is time for an acknowledgement of bulk, of every other segment and of the last.
static bool acknowledges(const struct flow *flow)
{
    return flow->unacknowledged >= ACKNOWLEDGE ||
           (flow->unacknowledged > 0 &&
            (is_said(flow) || flow->pauses || message_of(flow)->bulk == BULK_NONE));
}

// Who received bulk; only one end sends any.
static enum end receiver(const struct flow *flow)
{
    return flow->protocol == PROTOCOL_SMTP ? SERVER : CLIENT;
}

static enum end sender_of(const struct flow *flow)
{
    switch ((enum dialogue_stage)flow->stage) {
    case STAGE_SYN:
    case STAGE_ACK:
    case STAGE_FIN:
    case STAGE_LAST_ACK:
        return CLIENT;
    case STAGE_SYN_ACK:
    case STAGE_FIN_ACK:
        return SERVER;
    default:
        return is_tcp(flow) && acknowledges(flow) ? receiver(flow) : message_of(flow)->from;
    }
}

void dialogue_turn(const struct flow *flow, struct turn *turn)
{
    static const uint8_t flags[] = {
        [STAGE_SYN] = TCP_SYN,           [STAGE_SYN_ACK] = TCP_SYN | TCP_ACK,
        [STAGE_ACK] = TCP_ACK,           [STAGE_TALK] = TCP_ACK,
        [STAGE_FIN] = TCP_FIN | TCP_ACK, [STAGE_FIN_ACK] = TCP_FIN | TCP_ACK,
        [STAGE_LAST_ACK] = TCP_ACK};
    *turn = (struct turn){.from = sender_of(flow), .tcp_flags = flags[flow->stage]};
    if (flow->stage == STAGE_TALK && !(is_tcp(flow) && acknowledges(flow))) {
        turn->message = message_of(flow);
        turn->bulk_bytes = turn->message->bulk != BULK_NONE ? flow->bulk_bytes : 0;
        bool last = turn->message->bulk == BULK_NONE || flow->bulk_left == 1;
        turn->tcp_flags |= last ? TCP_PSH : 0;
    }
}

void dialogue_end(struct flow *flow)
{
    const struct script *script = &row_of(flow)->script;
    flow->is_ending = true;
    flow->message = script->opening + script->body;
    if (is_said(flow) && is_tcp(flow)) {
        flow->stage = STAGE_FIN;
    }
}

// Behind a message: to the next one, or a further round, or the end.
static void message_advance(struct flow *flow, struct draw *draw)
{
    const struct script *script = &row_of(flow)->script;
    unsigned end = script->opening + script->body;
    flow->message++;
    if (flow->message == script->opening && script->body == 0) {
        flow->pauses = true; // until its partner is done
        return;
    }
    if (flow->message != end || script->body == 0) {
        return;
    }
    flow->round++;
    uint32_t longer = flow->sent[flow->sent[SERVER] > flow->sent[CLIENT]];
    unsigned closing = is_tcp(flow) ? 2 : 0;
    if (!flow->is_ending && longer + closing < flow->length) {
        flow->message = script->opening;
        flow->pauses = true;
        bulk_draw(flow, draw);
    }
}

static int64_t gap_of(const struct flow *flow, enum end from, struct draw *draw)
{
    uint32_t gap = row_of(flow)->gap_us;
    if (gap != 0) {
        return gap;
    }
    enum end next = sender_of(flow);
    if (next == from) {
        return SERIAL_US + draw_below(draw, SERIAL_US);
    }
    uint32_t near = flow->rtt_us / CLIENT_SHARE;
    uint32_t trip = next == CLIENT ? near : flow->rtt_us - near;
    return trip + draw_below(draw, trip / 4 + 20) + 1;
}

static void talk_advance(struct flow *flow, const struct turn *turn, struct draw *draw)
{
    if (turn->message == NULL) {
        flow->unacknowledged = 0;
    } else if (turn->message->bulk == BULK_NONE) {
        flow->unacknowledged = 0; // goes along
        message_advance(flow, draw);
    } else {
        flow->unacknowledged += is_tcp(flow);
        flow->bulk_left--;
        if (flow->bulk_left == 0) {
            message_advance(flow, draw);
        }
    }
}

int64_t dialogue_advance(struct flow *flow, const struct turn *turn, unsigned payload,
                         struct draw *draw)
{
    bool counts = (turn->tcp_flags & (TCP_SYN | TCP_FIN)) != 0;
    flow->sequence[turn->from] += payload + counts;
    flow->sent[turn->from]++;
    if (flow->stage == STAGE_TALK) {
        talk_advance(flow, turn, draw);
    } else {
        flow->stage++;
    }
    bool is_talking = flow->stage == STAGE_TALK;
    if (is_talking && is_said(flow) && (flow->unacknowledged == 0 || !is_tcp(flow))) {
        flow->stage = is_tcp(flow) ? STAGE_FIN : STAGE_OVER;
    }
    if (flow->stage == STAGE_OVER) {
        return DIALOGUE_ENDS;
    }
    if (flow->pauses && (flow->unacknowledged == 0 || !is_tcp(flow))) {
        flow->pauses = false;
        return DIALOGUE_PAUSES;
    }
    return gap_of(flow, turn->from, draw);
}
