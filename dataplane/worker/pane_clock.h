// SPDX-License-Identifier: Apache-2.0
// Packet time cut into panes, by whoever reads the stream: all workers turn their panes at the same
// packet, however many they are.
#ifndef WEIR_WORKER_PANE_CLOCK_H
#define WEIR_WORKER_PANE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/window/pane.h"

// One pane ends and the next begins. Either may be missing: the first turn ends none, the last turn
// begins none.
struct pane_turn {
    bool ends;
    bool begins;
    int64_t first_us; // of the packets in the pane that ends; INT64_MAX and INT64_MIN: no packet
    int64_t last_us;
    struct pane_loss loss;   // of the pane that ends, as far as the reader knows it
    struct pane_books books; // when it ends, the reader's part: up to `late`
    uint64_t capture_drops;  // loss.capture_drops, for each worker that the reader feeds
    uint64_t fragments;      // packets of the pane that ends that are fragments
    struct pane_interface interfaces[PACKET_INTERFACES]; // of the pane that ends
    int64_t start_us;                                    // of the pane that begins
    int64_t end_us;
};

struct pane_clock {
    int64_t pane_us;
    int64_t quiet_us; // silence that is cut into empty panes; what is longer is skipped
    int64_t start_us; // of the open pane
    int64_t end_us;
    int64_t busy_us; // end of the last pane with a packet in it
};

void pane_clock_init(struct pane_clock *clock, int64_t pane_us, int64_t quiet_us);

// False before the first step.
static inline bool pane_clock_is_open(const struct pane_clock *clock)
{
    return clock->start_us != clock->end_us;
}

// True where `time_us` lies outside the open pane: before it (late) or past it (turns are due).
static inline bool pane_clock_is_outside(const struct pane_clock *clock, int64_t time_us)
{
    return time_us < clock->start_us || time_us >= clock->end_us;
}

// The clock that packets get their times from was set back to `time_us`, before the open pane: the
// next step goes there.
void pane_clock_rewind(struct pane_clock *clock, int64_t time_us);

// Sets the bounds of the next pane on the way to `time_us` in `turn` and moves there. False when
// none is due: the time is inside the open pane, or before it.
bool pane_clock_step(struct pane_clock *clock, int64_t time_us, struct pane_turn *turn);

#endif
