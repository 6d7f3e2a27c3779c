// SPDX-License-Identifier: Apache-2.0
// The table of all watches.
#ifndef WEIR_DETECT_WATCHES_H
#define WEIR_DETECT_WATCHES_H

#include "agent/detect/watch.h"

extern const struct watch_ops *const watches[]; // ends with NULL

#endif
