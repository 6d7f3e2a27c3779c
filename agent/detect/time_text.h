// SPDX-License-Identifier: Apache-2.0
// Timestamps as people and programs write them.
#ifndef WEIR_DETECT_TIME_TEXT_H
#define WEIR_DETECT_TIME_TEXT_H

#include <stdbool.h>

// Reads "2014-04-10", "2014-04-10 07:15[:00[.5]]", the same with a T between or with a Z or an
// offset (+02:00, +0200, +02) behind it, or a number of seconds since the epoch. Without an offset
// the time is taken for UTC. False, with *time_s untouched, for anything else. Any thread.
bool time_text_read(const char *text, double *time_s);

#endif
