// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0
// What the XDP program weir_steer and the user space that loads it share: its constants, the layout
// of its maps, the counters it keeps.
#ifndef WEIR_BPF_STEER_H
#define WEIR_BPF_STEER_H

#include <linux/types.h>

enum {
    STEER_QUEUES_MAX = 1024, // receive queues of an interface
    STEER_COPY_BYTES = 256,  // octets of a packet that a copy holds
    STEER_PREFIXES_MAX = 4096,
    STEER_IPV4_BITS = 96, // before an IPv4 address
};

// Why a packet did not come to user space; the counters of one queue on one CPU.
enum steer_cause { STEER_RING_FULL, STEER_FILTERED, STEER_SAMPLED_OUT, STEER_CAUSES };

// A cache line: a CPU writes no line of another's. Map `counts`, mapped into user space, entry
// queue * settings.cpus + CPU.
struct steer_counts {
    __u64 packets[STEER_CAUSES];
    __u64 bytes[STEER_CAUSES]; // on the wire
    __u64 unused[2];
};

// Constants of one loaded program. The verifier knows them and removes what they switch off.
struct steer_settings {
    __u32 tap;      // 1: copy and pass on; 0: redirect to the AF_XDP sockets
    __u32 cpus;     // possible ones
    __u32 sampling; // keep one flow in this many
    __u32 seed;     // of the hash that chooses them
    __u32 filter_prefixes;
    __u32 filter_ports;
    __u32 filter_protocols;
    __u32 all_queues;
    __u64 queues[STEER_QUEUES_MAX / 64]; // bits: those that are captured, unless all are
    __u64 protocols[256 / 64];           // bits
    __u64 ports[65536 / 64];             // bits
};

// Key of the map `prefixes`, a trie; IPv4 stands there as ::ffff:a.b.c.d, so that its prefixes have
// STEER_IPV4_BITS and more. The value is `bits` once more.
struct steer_prefix {
    __u32 bits;
    __u8 address[16];
};

// What tap puts into a queue's ring buffer for each packet.
struct steer_copy {
    __u64 time_ns; // CLOCK_MONOTONIC
    __u32 wire_bytes;
    __u32 captured_bytes;
    __u8 data[STEER_COPY_BYTES];
};

#endif
