// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0
// The XDP program of live capture. It stands in a libxdp dispatcher beside programs of others, so
// that all it does not want it passes on.
//
//   take  redirects a queue's packets into that queue's AF_XDP socket; the host gets none of them.
//   tap   passes every packet on to the host, and copies its beginning into the queue's ring
//   buffer.
//
// Both may first choose: by a filter, then by sampling of whole flows. Only the outermost headers
// are looked at. What is not chosen goes on to the host, and is counted.
#include "bpf/steer.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/steer_tuple.h"

const volatile struct steer_settings settings;

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __type(key, __u32);
    __type(value, __u32);
    __uint(max_entries, 1);
} sockets SEC(".maps");

struct ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
};

// Inner maps are put in by user space, for the captured queues only.
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(key_size, sizeof(__u32));
    __uint(max_entries, 1);
    __array(values, struct ring);
} copies SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct steer_counts);
    __uint(max_entries, 1);
} counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct steer_prefix);
    __type(value, __u8);
    __uint(max_entries, STEER_PREFIXES_MAX);
} prefixes SEC(".maps");

// Plain adds: a queue's packets of one CPU are handled one after the other.
static __always_inline void count(struct xdp_md *ctx, enum steer_cause cause)
{
    __u32 index = ctx->rx_queue_index * settings.cpus + bpf_get_smp_processor_id();
    struct steer_counts *c = bpf_map_lookup_elem(&counts, &index);
    if (c != NULL) {
        c->packets[cause]++;
        c->bytes[cause] += bpf_xdp_get_buff_len(ctx);
    }
}

static __always_inline int queue_wanted(__u32 queue)
{
    return settings.all_queues ||
           (queue < STEER_QUEUES_MAX && settings.queues[queue / 64 & 15] >> queue % 64 & 1);
}

// The longest that fits is found: where that is one of IPv6 (::/0), none of IPv4 fits.
static __always_inline int prefix_listed(const struct steer_tuple *t, int end)
{
    struct steer_prefix key = {.bits = 128};
    __builtin_memcpy(key.address, t->address[end], sizeof(key.address));
    const __u8 *bits = bpf_map_lookup_elem(&prefixes, &key);
    return bits != NULL && (t->ip != 4 || *bits >= STEER_IPV4_BITS);
}

static __always_inline int port_listed(__u16 port)
{
    return settings.ports[port / 64 & 1023] >> port % 64 & 1;
}

// Each list that is given must match, by source or destination. What is no IP matches none.
static __always_inline int filter_passes(const struct steer_tuple *t)
{
    if (!t->ip) {
        return 0;
    }
    if (settings.filter_protocols &&
        !(settings.protocols[t->protocol / 64 & 3] >> t->protocol % 64 & 1)) {
        return 0;
    }
    if (settings.filter_ports &&
        !(t->ports && (port_listed(t->port[0]) || port_listed(t->port[1])))) {
        return 0;
    }
    return !settings.filter_prefixes || prefix_listed(t, 0) || prefix_listed(t, 1);
}

// Whether the packet is to be captured; counts it where it is not.
static __always_inline int chosen(struct xdp_md *ctx)
{
    int filter = settings.filter_prefixes || settings.filter_ports || settings.filter_protocols;
    if (!filter && settings.sampling == 1) {
        return 1;
    }
    struct steer_tuple tuple = {};
    steer_tuple_read(ctx, &tuple);
    if (filter && !filter_passes(&tuple)) {
        count(ctx, STEER_FILTERED);
        return 0;
    }
    // A hash is taken for a fraction of 2^32.
    if (settings.sampling != 1 &&
        (__u64)steer_tuple_hash(&tuple, settings.seed) * settings.sampling >> 32 != 0) {
        count(ctx, STEER_SAMPLED_OUT);
        return 0;
    }
    return 1;
}

static __always_inline void copy(struct xdp_md *ctx)
{
    __u32 queue = ctx->rx_queue_index;
    void *ring = bpf_map_lookup_elem(&copies, &queue);
    if (ring == NULL) {
        return;
    }
    struct steer_copy *slot = bpf_ringbuf_reserve(ring, sizeof(*slot), 0);
    if (slot == NULL) {
        count(ctx, STEER_RING_FULL);
        return;
    }
    __u32 wire_bytes = bpf_xdp_get_buff_len(ctx);
    __u32 bytes = wire_bytes < STEER_COPY_BYTES ? wire_bytes : STEER_COPY_BYTES;
    slot->time_ns = bpf_ktime_get_ns();
    slot->wire_bytes = wire_bytes;
    slot->captured_bytes = bytes;
    if (bytes == 0 || bpf_xdp_load_bytes(ctx, 0, slot->data, bytes) != 0) {
        slot->captured_bytes = 0;
    }
    bpf_ringbuf_submit(slot, BPF_RB_NO_WAKEUP); // the reader polls
}

SEC("xdp.frags")
int weir_steer(struct xdp_md *ctx)
{
    if (!queue_wanted(ctx->rx_queue_index) || !chosen(ctx)) {
        return XDP_PASS;
    }
    if (settings.tap) {
        copy(ctx);
        return XDP_PASS;
    }
    return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);
}

char steer_license[] SEC("license") = "Dual MIT/GPL";
