// SPDX-License-Identifier: Apache-2.0
// What was odd in the traffic that was made, and when: the truth to judge detectors by.
#ifndef WEIR_GENERATE_TRUTH_H
#define WEIR_GENERATE_TRUTH_H

#include <stdio.h>

#include "agent/generate/drive.h"

// Makes the file, and empties one that is there, so that what cannot be written is known before any
// traffic is made. *to is the caller's, for truth_write. 0, or a negative errno with a message. May
// block.
int truth_open(const char *path, FILE **to, struct error *err);

// Writes a line of JSON for each anomaly and closes the file, which `path` names in the message. 0,
// or a negative errno with a message. May block.
int truth_write(FILE *to, const char *path, const struct drive_anomaly *anomalies, unsigned count,
                struct error *err);

#endif
