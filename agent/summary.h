// SPDX-License-Identifier: Apache-2.0
// The books at the end: as JSON where the user asked for them, and in the log what a person has to
// know of them. Main thread.
#ifndef WEIR_SUMMARY_H
#define WEIR_SUMMARY_H

#include "agent/books.h"
#include "agent/log/log.h"

// Opens `path` ("-": standard output) and keeps what is in it: a start that fails leaves the last
// books alone. 0 and *summary, or a negative errno with a message.
int summary_open(FILE **summary, const char *path, struct error *err);

// Empties it and writes the books. 0 or a negative errno.
int summary_write(FILE *summary, const struct books *books);

// `summary` may be NULL.
void summary_close(FILE *summary);

// Logs what was lost, for what cause and what to do about it, and that the work is done. False
// where a part of the input could not be read or the books do not balance.
bool summary_log(const struct books *books, const struct log *log);

#endif
