// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/frame.h"

#include <endian.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "tests/bench/mix.h"

enum {
    FRAME_MIN = 60,       // Ethernet pads what is shorter
    TCP_DATA_BYTES = 6,   // so that 14 + 20 + 20 + 6 fill the smallest frame
    UDP_DATA_BYTES = 18,  // and 14 + 20 + 8 + 18 as well
    CLIENT_PORTS = 64000, // a client takes one after the other from 1024 on
};

static const uint8_t router_mac[2][ETH_ALEN] = {{0x02, 0, 0, 0, 0, 1}, {0x02, 0, 0, 0, 0, 2}};
static const uint16_t tcp_service[] = {443, 443, 443, 443, 80, 80, 22, 25};
static const uint16_t udp_service[] = {443, 443, 443, 443, 443, 443, 5004, 51820};

// What a flow's number decides. Index 0 is the client, 1 the server.
struct flow_facts {
    uint32_t host[2];
    uint16_t port[2];
    uint32_t first_sequence[2];
    bool udp;
    bool ipv6;
};

static void flow_describe(const struct frame_hosts *hosts, uint64_t flow, struct flow_facts *facts)
{
    const uint64_t clients = hosts->flows / 8;
    const uint64_t servers = hosts->flows / 128;
    const uint64_t drawn = mix64(flow + 1);
    facts->udp = (drawn & 3) == 0;
    facts->ipv6 = (drawn >> 8) % 100 < hosts->ipv6_percent;
    facts->host[0] = (uint32_t)(flow % clients);
    facts->host[1] = (uint32_t)((drawn >> 16) % servers);
    facts->port[0] = (uint16_t)(1024 + flow / clients % CLIENT_PORTS);
    facts->port[1] = (facts->udp ? udp_service : tcp_service)[drawn >> 61];
    facts->first_sequence[0] = (uint32_t)mix64(drawn);
    facts->first_sequence[1] = (uint32_t)mix64(drawn + 1);
}

// The one's complement sum of RFC 1071 over `length` octets (even), added to `sum`, ready to store.
static uint16_t checksum(const uint8_t *data, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i += sizeof(uint16_t)) {
        uint16_t word;
        memcpy(&word, data + i, sizeof(word));
        sum += word;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

// The next sequence number of an end that has sent `sent` packets: the SYN takes one.
static uint32_t tcp_sequence(const struct flow_facts *facts, const struct turn *turn, int end)
{
    uint32_t sent = turn->sent[end];
    return facts->first_sequence[end] + (sent == 0 ? 0 : 1 + (sent - 1) * TCP_DATA_BYTES);
}

static size_t tcp_write(uint8_t *out, const struct flow_facts *facts, const struct turn *turn)
{
    const int from = turn->direction;
    const bool syn = turn->sent[from] == 0;
    const struct tcphdr tcp = {
        .source = htobe16(facts->port[from]),
        .dest = htobe16(facts->port[!from]),
        .seq = htobe32(tcp_sequence(facts, turn, from)),
        .ack_seq = htobe32(turn->sent[!from] == 0 ? 0 : tcp_sequence(facts, turn, !from)),
        .doff = sizeof(tcp) / 4,
        .syn = syn,
        .ack = turn->sent[!from] != 0,
        .psh = !syn,
        .fin = turn->closing,
        .window = htobe16(64240),
    };
    memcpy(out, &tcp, sizeof(tcp));
    return sizeof(tcp) + (syn ? 0 : TCP_DATA_BYTES);
}

static size_t udp_write(uint8_t *out, const struct flow_facts *facts, const struct turn *turn)
{
    const struct udphdr udp = {
        .source = htobe16(facts->port[turn->direction]),
        .dest = htobe16(facts->port[!turn->direction]),
        .len = htobe16(sizeof(udp) + UDP_DATA_BYTES),
    };
    memcpy(out, &udp, sizeof(udp));
    return sizeof(udp) + UDP_DATA_BYTES;
}

// The client's network is 10.0.0.0/8 or 2001:db8:1::/64, the server's 198.18.0.0/15 or
// 2001:db8:2::/64.
static void ipv4_write(uint8_t *out, const struct flow_facts *facts, const struct turn *turn,
                       size_t payload_bytes)
{
    const uint32_t address[2] = {0x0a000000 | facts->host[0], 0xc6120000 | facts->host[1]};
    struct iphdr ip = {
        .version = 4,
        .ihl = sizeof(ip) / 4,
        .tot_len = htobe16((uint16_t)(sizeof(ip) + payload_bytes)),
        .id = htobe16((uint16_t)turn->sent[turn->direction]),
        .frag_off = htobe16(IP_DF),
        .ttl = turn->direction == 0 ? 63 : 57,
        .protocol = facts->udp ? IPPROTO_UDP : IPPROTO_TCP,
        .saddr = htobe32(address[turn->direction]),
        .daddr = htobe32(address[!turn->direction]),
    };
    ip.check = checksum((const uint8_t *)&ip, sizeof(ip), 0);
    memcpy(out, &ip, sizeof(ip));
}

static struct in6_addr ipv6_address(const struct flow_facts *facts, int end)
{
    struct in6_addr address = {{{0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)(1 + end)}}};
    address.s6_addr32[3] = htobe32(facts->host[end]);
    return address;
}

static void ipv6_write(uint8_t *out, const struct flow_facts *facts, const struct turn *turn,
                       size_t payload_bytes)
{
    const struct ip6_hdr ip = {
        .ip6_flow = htobe32(UINT32_C(6) << 28),
        .ip6_plen = htobe16((uint16_t)payload_bytes),
        .ip6_nxt = facts->udp ? IPPROTO_UDP : IPPROTO_TCP,
        .ip6_hlim = turn->direction == 0 ? 63 : 57,
        .ip6_src = ipv6_address(facts, turn->direction),
        .ip6_dst = ipv6_address(facts, !turn->direction),
    };
    memcpy(out, &ip, sizeof(ip));
}

size_t frame_build(uint8_t *frame, const struct frame_hosts *hosts, const struct turn *turn)
{
    struct flow_facts facts;
    flow_describe(hosts, turn->flow, &facts);
    const size_t ip_bytes = facts.ipv6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr);
    const size_t address_bytes =
        facts.ipv6 ? 2 * sizeof(struct in6_addr) : 2 * sizeof(struct in_addr);
    const uint16_t ether_type = htobe16(facts.ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
    uint8_t *ip = frame + ETH_HLEN;
    uint8_t *payload = ip + ip_bytes;

    memset(frame, 0, FRAME_MAX);
    memcpy(frame, router_mac[!turn->direction], ETH_ALEN);
    memcpy(frame + ETH_ALEN, router_mac[turn->direction], ETH_ALEN);
    memcpy(frame + 2 * ETH_ALEN, &ether_type, sizeof(ether_type));
    size_t payload_bytes = (facts.udp ? udp_write : tcp_write)(payload, &facts, turn);
    (facts.ipv6 ? ipv6_write : ipv4_write)(ip, &facts, turn, payload_bytes);

    // The pseudo header: the addresses, which lie right before the payload, protocol and length.
    const uint8_t protocol = facts.udp ? IPPROTO_UDP : IPPROTO_TCP;
    uint16_t sum = checksum(payload - address_bytes, address_bytes + payload_bytes,
                            htobe16(protocol) + htobe16((uint16_t)payload_bytes));
    memcpy(payload + (facts.udp ? offsetof(struct udphdr, check) : offsetof(struct tcphdr, check)),
           &sum, sizeof(sum));

    size_t frame_bytes = ETH_HLEN + ip_bytes + payload_bytes;
    return frame_bytes < FRAME_MIN ? FRAME_MIN : frame_bytes;
}
