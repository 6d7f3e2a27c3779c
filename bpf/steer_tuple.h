// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0
// The outermost addresses, ports and protocol of a frame, for weir_steer's filter and sampling.
// Reads what lies in the frame's first buffer, where drivers put at least the headers.
#ifndef WEIR_BPF_STEER_TUPLE_H
#define WEIR_BPF_STEER_TUPLE_H

enum { STEER_VLAN_TAGS_MAX = 3, STEER_EXTENSIONS_MAX = 6 };

struct steer_tuple {
    __u8 address[2][16]; // source, destination; of a frame that is no IP its MAC addresses
    __u16 port[2];       // 0 where there are none, and in fragments: they stay with their datagram
    __u8 protocol;
    __u8 ip;    // its version; 0: it is none
    __u8 ports; // there are some
};

// Offsets are checked against data_end each time: the verifier wants no less.
struct steer_cursor {
    const __u8 *at;
    const __u8 *end;
};

static __always_inline const __u8 *steer_take(struct steer_cursor *c, __u32 bytes)
{
    const __u8 *at = c->at;
    if (at + bytes > c->end) {
        return NULL;
    }
    c->at = at + bytes;
    return at;
}

static __always_inline __u16 steer_u16(const __u8 *at)
{
    return (__u16)(at[0] << 8 | at[1]);
}

static __always_inline void steer_ports_read(struct steer_cursor *c, struct steer_tuple *t)
{
    if (t->protocol != IPPROTO_TCP && t->protocol != IPPROTO_UDP && t->protocol != IPPROTO_SCTP &&
        t->protocol != IPPROTO_DCCP && t->protocol != IPPROTO_UDPLITE) {
        return;
    }
    const __u8 *ports = steer_take(c, 4);
    if (ports != NULL) {
        t->port[0] = steer_u16(ports);
        t->port[1] = steer_u16(ports + 2);
        t->ports = 1;
    }
}

static __always_inline void steer_ipv4_read(struct steer_cursor *c, struct steer_tuple *t)
{
    const __u8 *ip = steer_take(c, 20);
    if (ip == NULL) {
        return;
    }
    t->ip = 4;
    t->protocol = ip[9];
    for (int end = 0; end < 2; end++) {
        __builtin_memset(t->address[end], 0, 16);
        t->address[end][10] = t->address[end][11] = 0xff;
        __builtin_memcpy(t->address[end] + 12, ip + 12 + 4 * end, 4);
    }
    __u32 options = (ip[0] & 15) * 4;
    int fragment = steer_u16(ip + 6) & 0x3fff;
    if (options >= 20 && !fragment && steer_take(c, (options - 20) & 63) != NULL) {
        steer_ports_read(c, t);
    }
}

static __always_inline void steer_ipv6_read(struct steer_cursor *c, struct steer_tuple *t)
{
    const __u8 *ip = steer_take(c, 40);
    if (ip == NULL) {
        return;
    }
    t->ip = 6;
    t->protocol = ip[6];
    __builtin_memcpy(t->address[0], ip + 8, 16);
    __builtin_memcpy(t->address[1], ip + 24, 16);
    for (int i = 0; i < STEER_EXTENSIONS_MAX; i++) {
        if (t->protocol != IPPROTO_HOPOPTS && t->protocol != IPPROTO_ROUTING &&
            t->protocol != IPPROTO_DSTOPTS && t->protocol != IPPROTO_FRAGMENT) {
            steer_ports_read(c, t);
            return;
        }
        const __u8 *extension = steer_take(c, 8);
        if (extension == NULL) {
            return;
        }
        int fragment = t->protocol == IPPROTO_FRAGMENT;
        t->protocol = extension[0];
        // The first fragment names the same next header as the others; none is followed further.
        if (fragment || steer_take(c, extension[1] * 8u) == NULL) {
            return;
        }
    }
}

static __always_inline void steer_tuple_read(struct xdp_md *ctx, struct steer_tuple *t)
{
    struct steer_cursor c = {(const __u8 *)(long)ctx->data, (const __u8 *)(long)ctx->data_end};
    const __u8 *ethernet = steer_take(&c, 14);
    if (ethernet == NULL) {
        return;
    }
    __u16 type = steer_u16(ethernet + 12);
    for (int i = 0; i < STEER_VLAN_TAGS_MAX; i++) {
        if (type != ETH_P_8021Q && type != ETH_P_8021AD && type != ETH_P_QINQ1) {
            break;
        }
        const __u8 *tag = steer_take(&c, 4);
        if (tag == NULL) {
            return;
        }
        type = steer_u16(tag + 2);
    }
    if (type == ETH_P_IP) {
        steer_ipv4_read(&c, t);
    } else if (type == ETH_P_IPV6) {
        steer_ipv6_read(&c, t);
    } else {
        __builtin_memcpy(t->address[0], ethernet + 6, 6);
        __builtin_memcpy(t->address[1], ethernet, 6);
    }
}

static __always_inline __u32 steer_mix(__u64 value)
{
    value *= 0x9e3779b97f4a7c15ull;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93ull;
    return (__u32)(value >> 32);
}

static __always_inline __u32 steer_end_hash(const __u8 *address, __u16 port, __u32 seed)
{
    __u64 halves[2];
    __builtin_memcpy(halves, address, sizeof(halves));
    return steer_mix(halves[1] ^ port ^ ((__u64)steer_mix(halves[0] ^ seed) << 16));
}

// The same for both directions: the ends' hashes are added.
static __always_inline __u32 steer_tuple_hash(const struct steer_tuple *t, __u32 seed)
{
    __u64 ends = (__u64)steer_end_hash(t->address[0], t->port[0], seed) +
                 steer_end_hash(t->address[1], t->port[1], seed);
    return steer_mix(ends ^ (__u64)t->protocol << 40 ^ seed);
}

#endif
