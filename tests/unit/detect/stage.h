// SPDX-License-Identifier: Apache-2.0
// A stage for watches on flows: flows made by hand are given to the talkers and to some watches as
// the sensor does it, pane by pane, and what is told is kept.
#ifndef WEIR_TESTS_STAGE_H
#define WEIR_TESTS_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/detect/anomaly.h"
#include "agent/detect/watch.h"

enum { STAGE_FINDINGS = 64, STAGE_WATCHES = 16 };

struct stage {
    const struct watch_ops *const *ops; // ends with NULL
    struct watch_options options;
    void *watch[STAGE_WATCHES];
    struct pane pane;                        // that is filled
    struct finding findings[STAGE_FINDINGS]; // of the pane that was closed last
    unsigned finding_count;
    uint64_t told; // in all panes
};

// All watches on flows, in the order of the table.
extern const struct watch_ops *const stage_watches[];

void stage_init(struct stage *stage, const struct watch_ops *const *ops);
void stage_fini(struct stage *stage);

// What a flow did, from its source's side. Zeros are what most flows have: TCP to port 443.
struct play {
    uint32_t source, destination; // IPv4, host order
    uint16_t source_port, port;
    uint8_t protocol;
    bool goes_on;                   // from an earlier pane: `sent` ... are of its whole life
    uint32_t sent, got;             // packets since its start
    uint32_t packets;               // of them in this pane, where it goes on
    uint32_t sent_bytes, got_bytes; // of each packet; 0: 100
    uint8_t flags[2];               // TCP, by source and destination
    uint8_t signature[2];           // the same
};

enum { PLAY_SYN = 0x02, PLAY_RST = 0x04, PLAY_ACK = 0x10 };

void stage_play(struct stage *stage, const struct play *play);

// A handshake and some data; SYNs (or a packet of UDP) that nobody answers; an answer that refuses.
void stage_served(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port);
void stage_unanswered(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port);
void stage_refused(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port);
void stage_asked(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port,
                 bool answered); // UDP

// The pane is over.
void stage_close(struct stage *stage);

// What was told of a subject in the pane that was closed last, or NULL.
const struct finding *stage_told(const struct stage *stage, const char *detector,
                                 const char *subject);

#endif
