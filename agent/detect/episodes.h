// SPDX-License-Identifier: Apache-2.0
// What is told of a subject pane after pane, made into one anomaly with a begin, updates and an
// end. Fixed memory. One thread at a time; nothing here blocks.
#ifndef WEIR_DETECT_EPISODES_H
#define WEIR_DETECT_EPISODES_H

#include "agent/detect/anomalies.h"

enum {
    EPISODES_MAX = 256,      // open or remembered at a time
    EPISODES_ALIKE_MAX = 32, // open, of one detector
};

struct episodes;

// 0 or -ENOMEM; *episodes is untouched then.
int episodes_create(struct episodes **episodes, int64_t pane_us, struct hash_secret secret);
void episodes_free(struct episodes *episodes); // may be NULL

// A pane is looked at: what ended before it is told. Then findings of that pane are taken, each of
// which is copied; then episodes_close tells what they made begin, go on or end.
void episodes_open(struct episodes *episodes, const struct pane *pane, anomaly_teller *tell,
                   void *context);
void episodes_take(struct episodes *episodes, const struct finding *finding);
void episodes_close(struct episodes *episodes, const struct pane *pane, anomaly_teller *tell,
                    void *context);

// Ends all that is open.
void episodes_end(struct episodes *episodes, anomaly_teller *tell, void *context);

#endif
