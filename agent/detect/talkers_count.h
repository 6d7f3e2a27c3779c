// SPDX-License-Identifier: Apache-2.0
// Counting what a flow did for its source and its destination. Inside of talkers.
#ifndef WEIR_DETECT_TALKERS_COUNT_H
#define WEIR_DETECT_TALKERS_COUNT_H

#include "agent/detect/talkers.h"

// Fetches what counting will need of the tables: for what comes soon.
void talkers_prefetch(const struct talkers *talkers, const struct contact *contact);

void talkers_count(struct talkers *talkers, const struct contact *contact);

#endif
