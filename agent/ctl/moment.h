// SPDX-License-Identifier: Apache-2.0
// Times as a person writes them.
#ifndef WEIR_CTL_MOMENT_H
#define WEIR_CTL_MOMENT_H

#include <stdint.h>

#include "dataplane/base/error.h"

// Microseconds since the epoch of "2026-11-21T20:29:21Z" (ISO 8601 in UTC, with up to six digits
// behind a point if need be), of "2026-11-21", which is where that day begins, or of a number,
// which is them. 0, or -EINVAL with a message that begins with `name`; *us is untouched then.
int moment_read(const char *name, const char *text, int64_t *us, struct error *err);

#endif
