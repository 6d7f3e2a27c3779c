// SPDX-License-Identifier: Apache-2.0
// Several sources as one stream in the order of the packets' times.
#ifndef WEIR_CAPTURE_MERGE_H
#define WEIR_CAPTURE_MERGE_H

#include "dataplane/capture/capture.h"

// Of packets with the same time the one of the earlier source goes first. A source that has nothing
// just now holds up the others, since its next packet may be the oldest. Returns 0 and takes over
// the sources, or -ENOMEM with nothing taken.
int merge_open(struct capture **capture, struct capture *const *sources, size_t source_count,
               struct error *err);

#endif
