// SPDX-License-Identifier: Apache-2.0
// What was odd in the traffic that was made, and when: the truth to judge detectors by.
#ifndef WEIR_GENERATE_TRUTH_H
#define WEIR_GENERATE_TRUTH_H

#include "agent/generate/drive.h"

// Writes a line of JSON for each anomaly. 0, or a negative errno with a message. May block.
int truth_write(const char *path, const struct drive_anomaly *anomalies, unsigned count,
                struct error *err);

#endif
