// SPDX-License-Identifier: Apache-2.0
// The XDP program weir_steer on one interface: loaded, attached beside programs of others through
// libxdp's dispatcher, and the counters it keeps.
#ifndef WEIR_CAPTURE_XDP_STEER_H
#define WEIR_CAPTURE_XDP_STEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/steer.h"
#include "dataplane/base/error.h"
#include "dataplane/capture/interface.h"
#include "dataplane/capture/live.h"

// The name that tells the sensor's programs from others', also those that a dead sensor left.
#define XDP_STEER_NAME "weir_steer"

struct steer;
struct xdp_program;

struct xdp_steer {
    struct steer *skeleton;
    struct xdp_program *program;
    struct steer_counts *counts;
    size_t counts_bytes;
    unsigned cpus;
    unsigned index;   // of the interface
    int program_fd;   // belongs to the two above
    uint32_t id;      // of the program
    uint32_t main_id; // of what is attached to the interface: the dispatcher, or the program alone
    bool generic;     // attached behind the driver
    int native_error; // why, where it was tried in the driver first
    bool alone;       // without dispatcher
    bool attached;
};

// Keeps libbpf and libxdp from writing to standard error, and lets libxdp mount the BPF file system
// it needs. Once, before all else of these files, and before any thread is started.
void xdp_steer_prepare(void);

// Loads and attaches the program to the interface, for `queues`, those to capture from (`count` of
// them out of `total`), as `options` say (native or generic, tap or take, filter, sampling).
// Returns 0 and fills *steer, or a negative errno with a message.
int xdp_steer_open(struct xdp_steer *steer, const struct interface *interface,
                   const struct live_options *options, const unsigned *queues, unsigned count,
                   unsigned total, uint32_t seed, struct error *err);

// Takes the program off the interface, and no other; needs the rights that attaching took. Returns
// 0, or a negative errno.
int xdp_steer_detach(struct xdp_steer *steer);

// Frees all but leaves the program attached.
void xdp_steer_close(struct xdp_steer *steer);

// Whether libxdp finds a BPF file system, in which it keeps what makes several programs one.
bool xdp_steer_bpffs(void);

int xdp_steer_sockets_fd(const struct xdp_steer *steer);
int xdp_steer_copies_fd(const struct xdp_steer *steer);

// Packets (bytes) of a queue that did not come to user space for `cause`. Any thread.
uint64_t xdp_steer_packets(const struct xdp_steer *steer, unsigned queue, enum steer_cause cause);
uint64_t xdp_steer_bytes(const struct xdp_steer *steer, unsigned queue, enum steer_cause cause);

#endif
