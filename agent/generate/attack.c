// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/attack.h"

#include "agent/generate/octets.h"

enum {
    ANSWER_US = 500,
    TARGET_PORT = 445, // of a scan for hosts
    FLOOD_PORT = 80,
    PORT_UNASSIGNED = 49152, // from here on, so that nothing takes a flood for what it is not
    PORTS = 16000,
    UDP_OCTETS = 200,
    ECHO_OCTETS = 56,
    ANSWER_OCTETS = 1200, // of DNS, amplified
    REFLECTORS = 100,
    TALKERS = 0x0afe0001, // 10.254.0.0/16
    RESOLVER = ADDRESS_OUTSIDE,
};

void attack_init(struct attack *attack, const struct order *order, int64_t begin_us)
{
    *attack = (struct attack){
        .order = order, .due_us = begin_us, .gap_us = 1e6 / order->strength, .port = 40000};
}

static unsigned syn(uint8_t *frame, struct frame_ends *ends, uint32_t sequence)
{
    struct frame_tcp tcp = {.sequence = sequence, .flags = TCP_SYN};
    return frame_write_tcp(frame, ends, &tcp, 0, 0);
}

// A port that is closed.
static unsigned refusal(uint8_t *frame, struct frame_ends *ends, uint32_t sequence)
{
    struct frame_tcp tcp = {.acknowledged = sequence + 1, .flags = TCP_RST | TCP_ACK};
    return frame_write_tcp(frame, ends, &tcp, 0, 0);
}

static void turn_round(struct frame_ends *ends)
{
    struct frame_ends other = *ends;
    ends->source = other.destination;
    ends->destination = other.source;
    ends->source_port = other.destination_port;
    ends->destination_port = other.source_port;
}

static unsigned fill(uint8_t *frame, const struct frame_ends *ends, unsigned count, uint8_t octet)
{
    memset(frame + frame_payload_offset(ends->source.is_v6, PROTOCOL_UDP, 0, false), octet, count);
    uint8_t pair[2] = {octet, octet};
    return frame_sum(pair, 2) * (count / 2);
}

// An answer with many TXT records to a question that the one who gets it has not asked.
static unsigned amplified(uint8_t *frame, struct frame_ends *ends, uint32_t drawn)
{
    static const char question[] = "\7example\3org\0\0\x10\0\1";
    enum { HEADER = 12, QUESTION = sizeof(question) - 1, TXT = 76, TEXT = 63 };
    enum { ANSWERS = (ANSWER_OCTETS - HEADER - QUESTION) / TXT };
    uint8_t *to = frame + frame_payload_offset(ends->source.is_v6, PROTOCOL_UDP, 0, false);
    octets_16(to, (uint16_t)drawn);
    octets_16(to + 2, 0x8180);
    octets_16(to + 4, 1);
    octets_16(to + 6, ANSWERS);
    octets_32(to + 8, 0);
    memcpy(to + HEADER, question, QUESTION);
    uint8_t *txt = to + HEADER + QUESTION;
    for (unsigned i = 0; i < ANSWERS; i++, txt += TXT) {
        octets_16(txt, 0xc00c);
        octets_16(txt + 2, 16);
        octets_16(txt + 4, 1);
        octets_32(txt + 6, 60);
        octets_16(txt + 10, TEXT + 1);
        txt[12] = TEXT;
        memset(txt + 13, 'a' + (int)i % 26, TEXT);
    }
    unsigned length = (unsigned)(txt - to);
    return frame_write_udp(frame, ends, length, frame_sum(to, length));
}

static unsigned dns(uint8_t *frame, struct frame_ends *ends, uint32_t drawn, bool is_answer)
{
    static const char question[] = "\3www\7example\3com\0\0\1\0\1";
    static const char answer[] = "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\x64\x40\0\1";
    uint8_t *to = frame + frame_payload_offset(ends->source.is_v6, PROTOCOL_UDP, 0, false);
    octets_16(to, (uint16_t)drawn);
    octets_16(to + 2, is_answer ? 0x8180 : 0x0100);
    octets_16(to + 4, 1);
    octets_16(to + 6, is_answer);
    octets_32(to + 8, 0);
    unsigned length = 12;
    memcpy(to + length, question, sizeof(question) - 1);
    length += sizeof(question) - 1;
    if (is_answer) {
        memcpy(to + length, answer, sizeof(answer) - 1);
        length += sizeof(answer) - 1;
    }
    return frame_write_udp(frame, ends, length, frame_sum(to, length));
}

// Who sends to whom, and from and to which ports.
static void ends_fill(const struct attack *attack, uint32_t inside, struct frame_ends *ends)
{
    bool is_v6 = attack->order->address.is_v6;
    uint32_t drawn = attack->draw;
    uint16_t any_port = (uint16_t)(1024 + (drawn >> 8) % 60000);
    struct address stranger = address_of(ADDRESS_STRANGE + drawn % ADDRESS_STRANGE_MAX, is_v6);
    *ends = (struct frame_ends){.source = stranger,
                                .destination = attack->order->address,
                                .source_port = any_port,
                                .destination_port = FLOOD_PORT,
                                .id = (uint16_t)drawn,
                                .ttl = (uint8_t)(48 + drawn % 16)};
    switch (attack->order->kind) {
    case ORDER_UDP_FLOOD:
        ends->source_port = (uint16_t)(PORT_UNASSIGNED + (drawn >> 8) % PORTS);
        ends->destination_port = (uint16_t)(PORT_UNASSIGNED + drawn % PORTS);
        break;
    case ORDER_ICMP_FLOOD:
        ends->destination_port = (uint16_t)attack->made;
        break;
    case ORDER_AMPLIFICATION:
        ends->source = address_of(ADDRESS_STRANGE + drawn % REFLECTORS, is_v6);
        ends->source_port = 53;
        ends->destination_port = attack->port;
        break;
    case ORDER_HORIZONTAL_SCAN:
        ends->source = attack->order->address;
        ends->destination = address_of(ADDRESS_INSIDE + (uint32_t)attack->made % inside, is_v6);
        ends->destination_port = TARGET_PORT;
        break;
    case ORDER_VERTICAL_SCAN:
        ends->source = attack->order->address;
        ends->destination = address_of(ADDRESS_INSIDE, is_v6);
        ends->source_port = attack->port;
        ends->destination_port = (uint16_t)(1 + attack->made % 65535);
        break;
    case ORDER_NEW_TALKERS:
        ends->source = address_of(TALKERS + (uint32_t)attack->made % 65000, false);
        ends->destination = address_of(RESOLVER, false);
        ends->destination_port = 53;
        break;
    default:
        break;
    }
}

// Whether the one that was made is answered: scans where something is, new talkers always.
static bool answers(const struct attack *attack)
{
    switch (attack->order->kind) {
    case ORDER_HORIZONTAL_SCAN:
        return attack->made % 5 == 0;
    case ORDER_VERTICAL_SCAN:
    case ORDER_NEW_TALKERS:
        return true;
    default:
        return false;
    }
}

static unsigned packet_write(const struct attack *attack, struct frame_ends *ends, uint8_t *frame)
{
    switch (attack->order->kind) {
    case ORDER_UDP_FLOOD: {
        uint32_t sum = fill(frame, ends, UDP_OCTETS, 'x');
        return frame_write_udp(frame, ends, UDP_OCTETS, sum);
    }
    case ORDER_ICMP_FLOOD: {
        uint32_t sum = fill(frame, ends, ECHO_OCTETS, 'x');
        return frame_write_echo(frame, ends, false, ECHO_OCTETS, sum);
    }
    case ORDER_AMPLIFICATION:
        return amplified(frame, ends, attack->draw);
    case ORDER_NEW_TALKERS:
        return dns(frame, ends, attack->draw, attack->is_answered);
    default:
        return attack->is_answered ? refusal(frame, ends, attack->draw)
                                   : syn(frame, ends, attack->draw);
    }
}

// An answer comes before the next one is made.
static int64_t answer_gap(const struct attack *attack)
{
    return attack->gap_us / 2 < ANSWER_US ? (int64_t)(attack->gap_us / 2) : ANSWER_US;
}

// Since it began; a thousandth more, so that a third of a second is over after three.
static int64_t due_us(const struct attack *attack, uint64_t number)
{
    return (int64_t)((double)number * attack->gap_us + 0.001);
}

unsigned attack_write(struct attack *attack, uint32_t inside, struct draw *draw, uint8_t *frame,
                      int64_t *gap_us)
{
    struct frame_ends ends;
    if (!attack->is_answered) {
        attack->draw = (uint32_t)draw_bits(draw);
    }
    ends_fill(attack, inside, &ends);
    if (attack->is_answered) {
        turn_round(&ends);
        ends.ttl = 64;
    }
    unsigned length = packet_write(attack, &ends, frame);
    if (!attack->is_answered && answers(attack)) {
        attack->is_answered = true;
        *gap_us = answer_gap(attack);
        return length;
    }
    *gap_us = due_us(attack, attack->made + 1) - due_us(attack, attack->made);
    if (attack->is_answered) {
        *gap_us -= answer_gap(attack);
        *gap_us = *gap_us < 0 ? 0 : *gap_us;
    }
    attack->is_answered = false;
    attack->made++;
    return length;
}
