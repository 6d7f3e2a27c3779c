// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/packet_write.h"

#include <assert.h>
#include <errno.h>

#include "agent/generate/quic.h"

enum { ETHERNET = 14, HOPS_MAX = 16, BASE_STATIONS = 16 };

int packet_writer_init(struct packet_writer *writer, uint64_t seed)
{
    bulk_init(&writer->bulk, seed);
    writer->hellos = quic_hellos_create();
    return writer->hellos != NULL ? 0 : -ENOMEM;
}

void packet_writer_fini(struct packet_writer *writer)
{
    quic_hellos_free(writer->hellos);
}

static void ends_fill(const struct flow *flow, enum end from, struct frame_ends *ends)
{
    enum end to = from == CLIENT ? SERVER : CLIENT;
    address_fill(&ends->source, flow->host[from], flow->is_v6);
    address_fill(&ends->destination, flow->host[to], flow->is_v6);
    ends->source_port = flow->port[from];
    ends->destination_port = flow->port[to];
    if (protocol_rows[flow->protocol].transport == PROTOCOL_ICMP) { // the sequence number
        *(from == CLIENT ? &ends->destination_port : &ends->source_port) =
            (uint16_t)(flow->round + 1);
    }
    ends->id = (uint16_t)(flow->id + flow->sent[from]);
    bool far = from == SERVER && flow->host[SERVER] >> 24 != 10;
    ends->ttl = (uint8_t)(64 - (far ? 4 + flow->id % HOPS_MAX : 0));
    if (flow->host[SERVER] >> 28 == 14) {
        ends->ttl = 2; // as UPnP wants it
    }
}

// Returns the payload's sum.
static uint32_t payload_write(const struct packet_writer *writer, const struct turn *turn,
                              const struct making *making, uint8_t *to, unsigned *length)
{
    const struct message *message = turn->message;
    if (message == NULL) {
        *length = 0;
        return 0;
    }
    if (message->bulk != BULK_NONE) {
        *length = turn->bulk_bytes;
        return bulk_write(&writer->bulk, message->bulk, turn->bulk_bytes, to);
    }
    if (message->text != NULL) {
        *length = (unsigned)strlen(message->text);
        memcpy(to, message->text, *length);
        return frame_sum((const uint8_t *)message->text, *length); // which is there already
    }
    *length = message->make(making, to);
    assert(*length <= 1400);
    return frame_sum(to, *length);
}

static unsigned tunnelled_write(const struct flow *flow, const struct frame_ends *ends,
                                const struct frame_tcp *tcp, enum end from, unsigned length,
                                uint32_t sum, uint8_t *frame)
{
    unsigned inner =
        frame_write_tcp_packet(frame + ETHERNET + FRAME_TUNNEL, ends, tcp, length, sum);
    struct address core = address_of(ADDRESS_RESERVED, false);
    struct address station =
        address_of(ADDRESS_RESERVED + 1 + flow->host[CLIENT] % BASE_STATIONS, false);
    struct frame_tunnel tunnel = {.source = from == CLIENT ? station : core,
                                  .destination = from == CLIENT ? core : station,
                                  .teid = flow->id ^ (uint32_t)from};
    return frame_write_tunnel(frame, &tunnel, inner);
}

unsigned packet_write(const struct packet_writer *writer, const struct flow *flow,
                      const struct turn *turn, struct draw *draw, int64_t now_us, uint8_t *frame,
                      unsigned *payload)
{
    const struct protocol_row *row = &protocol_rows[flow->protocol];
    struct frame_ends ends;
    ends_fill(flow, turn->from, &ends);
    struct making making = {.ends = &ends,
                            .draw = draw,
                            .noise = writer->bulk.noise,
                            .hellos = writer->hellos,
                            .now_us = now_us,
                            .id = flow->id,
                            .round = flow->round,
                            .number = flow->sent[turn->from],
                            .bulk_bytes = (unsigned)flow->bulk_left * flow->bulk_bytes,
                            .from = turn->from};
    uint8_t *to = frame + frame_payload_offset(flow->is_v6, row->transport, turn->tcp_flags,
                                               row->is_tunnelled);
    uint32_t sum = payload_write(writer, turn, &making, to, payload);
    if (row->transport == PROTOCOL_UDP) {
        return frame_write_udp(frame, &ends, *payload, sum);
    }
    if (row->transport == PROTOCOL_ICMP) {
        return frame_write_echo(frame, &ends, turn->from == SERVER, *payload, sum);
    }
    enum end other = turn->from == CLIENT ? SERVER : CLIENT;
    struct frame_tcp tcp = {.sequence = flow->sequence[turn->from],
                            .acknowledged =
                                (turn->tcp_flags & TCP_ACK) != 0 ? flow->sequence[other] : 0,
                            .flags = turn->tcp_flags};
    if (row->is_tunnelled) {
        return tunnelled_write(flow, &ends, &tcp, turn->from, *payload, sum, frame);
    }
    return frame_write_tcp(frame, &ends, &tcp, *payload, sum);
}
