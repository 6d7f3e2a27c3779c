// SPDX-License-Identifier: Apache-2.0
// A small process that outlives the sensor by a moment: when that ends, for whatever reason, it
// takes the sensor's XDP programs off their interfaces. The sensor itself could not, for it has
// given up its rights by then, or was killed.
//
// It is forked before any AF_XDP socket is there, so that it keeps none alive. A program that stays
// by itself when its sensor is killed (a pinned link, or one attached by netlink as here) would go
// on copying or taking packets for nobody; one that goes by itself (an unpinned link) cannot stand
// in libxdp's dispatcher.
#ifndef WEIR_CAPTURE_XDP_KEEPER_H
#define WEIR_CAPTURE_XDP_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dataplane/base/error.h"
#include "dataplane/capture/xdp_steer.h"

struct xdp_keeper {
    int fd; // -1: there is none
    pid_t pid;
};

// What it says about an interface.
struct xdp_keeper_answer {
    uint32_t interface; // its index
    bool attached;      // our program is still there
    char name[64];      // what the kernel runs now; may be empty
};

// Forks it for these programs. Before any thread is started. Returns 0, or a negative errno with a
// message.
int xdp_keeper_start(struct xdp_keeper *keeper, struct xdp_steer *const *steers, unsigned count,
                     struct error *err);

// Never block. The answer to a question comes later, once; returns 1 and fills *answer, 0 where
// there is none yet, or a negative errno where the keeper is gone.
void xdp_keeper_ask(const struct xdp_keeper *keeper, unsigned interface);
int xdp_keeper_answer(const struct xdp_keeper *keeper, struct xdp_keeper_answer *answer);

// Has it take the programs off and end; waits up to five seconds. Returns whether it was there to
// do so.
bool xdp_keeper_stop(struct xdp_keeper *keeper);

#endif
