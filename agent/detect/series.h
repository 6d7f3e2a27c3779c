// SPDX-License-Identifier: Apache-2.0
// A series as CSV, row by row: a timestamp, a value, and further columns that are not looked at.
// The first line may be a header. Lines without anything are passed over, quotes around a field and
// blanks at its ends taken away.
#ifndef WEIR_DETECT_SERIES_H
#define WEIR_DETECT_SERIES_H

#include <stdbool.h>

#include "agent/detect/detector.h"
#include "dataplane/base/error.h"

enum { SERIES_LINE_MAX = 4096 };

struct series_row {
    // As they were written; the reader's, until the next row.
    const char *time_text;
    const char *value_text;
    // The time is NAN where the field is empty or names nothing (NaN, NA, null ...), the value also
    // where it is infinite.
    struct detect_point point;
};

struct series;

// Reads from `fd`, which stays the caller's; `name` is for messages and must outlive the series. 0,
// or -ENOMEM with *series untouched.
int series_create(struct series **series, int fd, const char *name);

// 1 and a row; 0 at the end; a negative errno with a message: what is there is no row (-EINVAL, the
// message names file, line, column, what was found and what was expected) or cannot be read.
// Nothing can be read after that. May block. Any one thread.
int series_next(struct series *series, struct series_row *row, struct error *err);

// Whether series_next has its next line at hand, so that it will not block.
bool series_ready(const struct series *series);

void series_free(struct series *series);

#endif
