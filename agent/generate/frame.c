// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/frame.h"

#include <string.h>

#include "agent/generate/octets.h"

enum {
    ETHERNET = 14,
    IPV4 = 20,
    IPV6 = 40,
    TCP = 20,
    TCP_OPTIONS = 12,
    UDP = 8,
    ECHO = 8,
    GTP = 8
};
// Headers are written in words, and each word is added to the checksum from the register that it is
// written from: nothing is read back.
static uint32_t word_at(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

// Writes a number in the order of the network and returns the word as it lies in memory.
static uint32_t word_put(uint8_t *to, uint32_t number)
{
    uint32_t word = __builtin_bswap32(number);
    memcpy(to, &word, sizeof(word));
    return word;
}

static uint32_t pair(unsigned high, unsigned low)
{
    return (uint32_t)high << 16 | low;
}

enum { GTP_PORT = 2152, GTP_USER_PACKET = 255, WINDOW = 64240 };

uint32_t frame_sum(const uint8_t *octets, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count / 4; i++) { // which compilers make wide
        sum += word_at(octets + 4 * i);
    }
    uint32_t rest = 0;
    memcpy(&rest, octets + count / 4 * 4, count % 4);
    sum += rest;
    sum = (sum & UINT32_MAX) + (sum >> 32);
    return (uint32_t)((sum & UINT16_MAX) + (sum >> 16 & UINT16_MAX) + (sum >> 32));
}

// The checksum field of what sums up to that, in the order of memory.
static uint16_t folded(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    sum = (sum & UINT16_MAX) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint64_t address_sum(const struct address *address)
{
    const uint8_t *at = address->octets;
    uint64_t sum = word_at(at);
    return address->is_v6 ? sum + word_at(at + 4) + word_at(at + 8) + word_at(at + 12) : sum;
}

static unsigned ip_header(const struct address *address)
{
    return address->is_v6 ? IPV6 : IPV4;
}

unsigned frame_payload_offset(bool is_v6, uint8_t protocol, uint8_t tcp_flags, bool tunnelled)
{
    unsigned options = (tcp_flags & TCP_SYN) != 0 ? TCP_OPTIONS : 0;
    return ETHERNET + (tunnelled ? FRAME_TUNNEL : 0) + (is_v6 ? IPV6 : IPV4) +
           (protocol == PROTOCOL_TCP ? TCP + options : UDP);
}

// Locally administered, of the host's address; all that is outside comes through one router.
static void mac_write(uint8_t *to, const struct address *address)
{
    const uint8_t *last = address->octets + (address->is_v6 ? 12 : 0);
    bool is_inside = last[0] == 10;
    octets_16(to, 0x0200);
    octets_32(to + 2, is_inside ? __builtin_bswap32(word_at(last)) : 1);
    if (!address->is_v6 && last[0] >> 4 == 14) { // a group
        const uint8_t group[] = {1, 0, 0x5e, last[1] & 0x7f, last[2], last[3]};
        memcpy(to, group, sizeof(group));
    }
}

static void ethernet_write(uint8_t *frame, const struct address *source,
                           const struct address *destination)
{
    mac_write(frame, destination);
    mac_write(frame + 6, source);
    octets_16(frame + 12, source->is_v6 ? 0x86dd : 0x0800);
}

// Returns the sum of the pseudo header.
static uint64_t ip_write(uint8_t *ip, const struct frame_ends *ends, uint8_t protocol,
                         unsigned length)
{
    uint64_t addresses = address_sum(&ends->source) + address_sum(&ends->destination);
    if (ends->source.is_v6) {
        word_put(ip, 6U << 28);
        word_put(ip + 4, pair(length, (unsigned)protocol << 8 | ends->ttl));
        memcpy(ip + 8, ends->source.octets, 16);
        memcpy(ip + 24, ends->destination.octets, 16);
    } else {
        uint64_t sum = addresses;
        sum += word_put(ip, pair(0x4500, IPV4 + length));
        sum += word_put(ip + 4, pair(ends->id, 0x4000)); // not to be fragmented
        sum += word_put(ip + 8, pair((unsigned)ends->ttl << 8 | protocol, 0));
        memcpy(ip + 12, ends->source.octets, 4);
        memcpy(ip + 16, ends->destination.octets, 4);
        uint16_t check = folded(sum);
        memcpy(ip + 10, &check, 2);
    }
    return addresses + __builtin_bswap32(pair(protocol, length));
}

unsigned frame_write_tcp_packet(uint8_t *ip, const struct frame_ends *ends,
                                const struct frame_tcp *tcp, unsigned length, uint32_t sum)
{
    unsigned header = TCP + ((tcp->flags & TCP_SYN) != 0 ? TCP_OPTIONS : 0);
    uint8_t *to = ip + ip_header(&ends->source);
    uint64_t pseudo = ip_write(ip, ends, PROTOCOL_TCP, header + length);
    uint64_t all = pseudo + sum;
    all += word_put(to, pair(ends->source_port, ends->destination_port));
    all += word_put(to + 4, tcp->sequence);
    all += word_put(to + 8, tcp->acknowledged);
    all += word_put(to + 12, pair(header << 10 | tcp->flags, WINDOW));
    octets_16(to + 18, 0); // nothing urgent
    if (header > TCP) {    // 1460 octets at once, selective acknowledgement, windows of 128 octets
        static const uint8_t options[TCP_OPTIONS] = {2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7};
        memcpy(to + TCP, options, sizeof(options));
        all += frame_sum(options, sizeof(options));
    }
    uint16_t check = folded(all);
    memcpy(to + 16, &check, 2);
    return ip_header(&ends->source) + header + length;
}

unsigned frame_write_tcp(uint8_t *frame, const struct frame_ends *ends, const struct frame_tcp *tcp,
                         unsigned length, uint32_t sum)
{
    ethernet_write(frame, &ends->source, &ends->destination);
    return ETHERNET + frame_write_tcp_packet(frame + ETHERNET, ends, tcp, length, sum);
}

static unsigned udp_packet(uint8_t *ip, const struct frame_ends *ends, unsigned length,
                           uint32_t sum)
{
    uint8_t *to = ip + ip_header(&ends->source);
    uint64_t pseudo = ip_write(ip, ends, PROTOCOL_UDP, UDP + length);
    uint64_t all = pseudo + sum;
    all += word_put(to, pair(ends->source_port, ends->destination_port));
    all += word_put(to + 4, pair(UDP + length, 0));
    uint16_t check = folded(all);
    check = check == 0 ? UINT16_MAX : check; // 0 says that there is none
    memcpy(to + 6, &check, 2);
    return ip_header(&ends->source) + UDP + length;
}

unsigned frame_write_udp(uint8_t *frame, const struct frame_ends *ends, unsigned length,
                         uint32_t sum)
{
    ethernet_write(frame, &ends->source, &ends->destination);
    return ETHERNET + udp_packet(frame + ETHERNET, ends, length, sum);
}

unsigned frame_write_echo(uint8_t *frame, const struct frame_ends *ends, bool is_reply,
                          unsigned length, uint32_t sum)
{
    bool is_v6 = ends->source.is_v6;
    uint8_t *to = frame + ETHERNET + ip_header(&ends->source);
    ethernet_write(frame, &ends->source, &ends->destination);
    uint64_t pseudo =
        ip_write(frame + ETHERNET, ends, is_v6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP, ECHO + length);
    if (is_v6) {
        to[0] = is_reply ? 129 : 128;
    } else {
        to[0] = is_reply ? 0 : 8;
        pseudo = 0; // ICMP of IPv4 has none
    }
    to[1] = 0;
    octets_16(to + 2, 0);
    octets_16(to + 4, is_reply ? ends->destination_port : ends->source_port);
    octets_16(to + 6, is_reply ? ends->source_port : ends->destination_port);
    uint16_t check = folded(pseudo + frame_sum(to, ECHO) + sum);
    memcpy(to + 2, &check, 2);
    return ETHERNET + ip_header(&ends->source) + ECHO + length;
}

unsigned frame_write_tunnel(uint8_t *frame, const struct frame_tunnel *tunnel, unsigned ip_length)
{
    uint8_t *gtp = frame + ETHERNET + IPV4 + UDP;
    gtp[0] = 0x30; // version 1, no option
    gtp[1] = GTP_USER_PACKET;
    octets_16(gtp + 2, (uint16_t)ip_length);
    octets_32(gtp + 4, tunnel->teid);
    struct frame_ends ends = {.source = tunnel->source,
                              .destination = tunnel->destination,
                              .source_port = GTP_PORT,
                              .destination_port = GTP_PORT,
                              .ttl = 64};
    return frame_write_udp(frame, &ends, GTP + ip_length, frame_sum(gtp, GTP + ip_length));
}
