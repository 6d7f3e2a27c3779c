// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/worker/frame.h"

#include <string.h>

enum { ETHERNET = 14, IPV4 = 20, TCP_HEADER = 20, UDP_HEADER = 8, TCP = 6, PORT = 80 };

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_addresses(uint8_t *at, const struct frame_spec *spec)
{
    const uint8_t lower[4] = {10, 0, (uint8_t)(spec->flow >> 8), (uint8_t)spec->flow};
    const uint8_t higher[4] = {172, 16, 0, (uint8_t)(spec->flow % 5)}; // servers have many clients
    memcpy(at, spec->direction == 0 ? lower : higher, 4);
    memcpy(at + 4, spec->direction == 0 ? higher : lower, 4);
}

static unsigned put_transport(uint8_t *at, const struct frame_spec *spec)
{
    if (spec->kind == FRAME_FRAGMENT_LATER) {
        return 0;
    }
    unsigned port = 40000 + spec->flow;
    put16(at, spec->direction == 0 ? port : PORT);
    put16(at + 2, spec->direction == 0 ? PORT : port);
    if (spec->protocol == TCP) {
        put16(at + 6, (unsigned)spec->time_us); // a sequence number that is seldom the last one's
        at[12] = 5 << 4;
        at[13] = spec->tcp_flags;
        return TCP_HEADER;
    }
    put16(at + 4, UDP_HEADER + spec->payload_bytes);
    return UDP_HEADER;
}

void frame_make(struct frame *frame, const struct frame_spec *spec)
{
    *frame = (struct frame){
        .time_us = spec->time_us,
        .dropped = spec->kind == FRAME_DROPPED,
        .data = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0},
    };
    if (spec->kind == FRAME_ARP) {
        put16(&frame->data[12], 0x0806);
    }
    uint8_t *ip = &frame->data[ETHERNET];
    unsigned transport = put_transport(ip + IPV4, spec);
    unsigned length = IPV4 + transport + spec->payload_bytes;
    ip[0] = 4 << 4 | 5;
    put16(ip + 2, length);
    put16(ip + 4, spec->identification);
    put16(ip + 6, spec->kind == FRAME_FRAGMENT_FIRST   ? 0x2000
                  : spec->kind == FRAME_FRAGMENT_LATER ? FRAME_LATER
                                                       : 0);
    ip[8] = 64;
    ip[9] = spec->protocol;
    put_addresses(ip + 12, spec);
    frame->wire_bytes = ETHERNET + length;
    frame->captured_bytes = ETHERNET + (spec->kind == FRAME_CUT ? IPV4 / 2 : IPV4 + transport);
}
