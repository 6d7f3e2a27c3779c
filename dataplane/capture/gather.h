// SPDX-License-Identifier: Apache-2.0
// Several live sources as one, for a thread that reads them all.
#ifndef WEIR_CAPTURE_GATHER_H
#define WEIR_CAPTURE_GATHER_H

#include "dataplane/capture/capture.h"

// Takes turns: a burst is of one source, and packets of different sources are in no order of time.
// `interfaces`: of each source, what its packets' `interface` is set to. Ends when all have ended.
// The sources stay the caller's and are not closed with it. Returns 0 and sets *capture, or -ENOMEM
// with a message.
int gather_open(struct capture **capture, struct capture *const *sources, const uint8_t *interfaces,
                size_t source_count, struct error *err);

#endif
