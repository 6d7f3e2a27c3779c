// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "made.h"

struct profile made_profile(const char *const *settings)
{
    struct profile profile;
    struct error err;
    profile_init(&profile);
    for (; settings[0] != NULL; settings += 2) {
        if (profile_set(&profile, settings[0], settings[1], &err) != 0) {
            fail_msg("%s", err.text);
        }
    }
    return profile;
}

struct generator *made_generator(const char *const *settings)
{
    struct profile profile = made_profile(settings);
    struct generator *generator = NULL;
    struct error err;
    if (generator_create(&generator, &profile, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return generator;
}

bool made_next(struct generator *generator, uint8_t *frame, struct generated *generated)
{
    generated->time_us = generator_seek(generator, INT64_MAX);
    if (generated->time_us < 0) {
        return false;
    }
    generated->length = generator_make(generator, frame);
    return true;
}

static unsigned number(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t number_32(const uint8_t *at)
{
    return (uint32_t)number(at) << 16 | number(at + 2);
}

// RFC 1071, octet by octet.
static uint32_t add(uint32_t sum, const uint8_t *at, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static void ip_read(const uint8_t *ip, unsigned length, struct made_packet *packet);

static void udp_read(const uint8_t *udp, unsigned length, struct made_packet *packet)
{
    assert_int_equal(number(udp + 4), length);
    packet->payload = length - 8;
    if (packet->port[1] == 2152) {
        assert_int_equal(udp[8], 0x30);
        assert_int_equal(udp[9], 0xff);
        assert_int_equal(number(udp + 10), length - 16);
        *packet = (struct made_packet){.is_tunnelled = true};
        ip_read(udp + 16, length - 16, packet);
    }
}

static void transport_read(const uint8_t *at, unsigned length, struct made_packet *packet)
{
    unsigned width = packet->is_v6 ? 16 : 4;
    uint32_t pseudo =
        add(add(length + packet->protocol, packet->source, width), packet->destination, width);
    bool is_icmp = packet->protocol == PROTOCOL_ICMP;
    assert_int_equal(add(is_icmp ? 0 : pseudo, at, length), 0xffff);
    if (packet->protocol == PROTOCOL_TCP || packet->protocol == PROTOCOL_UDP) {
        packet->port[0] = (uint16_t)number(at);
        packet->port[1] = (uint16_t)number(at + 2);
    }
    if (packet->protocol == PROTOCOL_TCP) {
        packet->sequence = number_32(at + 4);
        packet->acknowledged = number_32(at + 8);
        packet->flags = at[13];
        packet->payload = length - (at[12] >> 4) * 4U;
    } else if (packet->protocol == PROTOCOL_UDP) {
        udp_read(at, length, packet);
    }
}

static void ip_read(const uint8_t *ip, unsigned length, struct made_packet *packet)
{
    packet->is_v6 = ip[0] >> 4 == 6;
    packet->ip_bytes = length;
    if (packet->is_v6) {
        assert_int_equal(number(ip + 4), length - 40);
        packet->protocol = ip[6];
        memcpy(packet->source, ip + 8, 16);
        memcpy(packet->destination, ip + 24, 16);
        transport_read(ip + 40, length - 40, packet);
    } else {
        assert_int_equal(ip[0], 0x45);
        assert_int_equal(number(ip + 2), length);
        assert_int_equal(add(0, ip, 20), 0xffff);
        packet->protocol = ip[9];
        memcpy(packet->source, ip + 12, 4);
        memcpy(packet->destination, ip + 16, 4);
        transport_read(ip + 20, length - 20, packet);
    }
}

void made_read(const uint8_t *frame, unsigned length, struct made_packet *packet)
{
    *packet = (struct made_packet){0};
    assert_in_range(length, 14 + 20, 14 + FRAME_MTU);
    unsigned type = number(frame + 12);
    assert_int_equal(type, frame[14] >> 4 == 6 ? 0x86dd : 0x0800);
    ip_read(frame + 14, length - 14, packet);
}
