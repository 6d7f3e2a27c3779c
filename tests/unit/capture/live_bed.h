// SPDX-License-Identifier: Apache-2.0
// What tests of live sources do with one: open it, read it, hold its books.
#ifndef WEIR_TESTS_CAPTURE_LIVE_BED_H
#define WEIR_TESTS_CAPTURE_LIVE_BED_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/capture/live.h"

// Opens it, attached to this thread; the test fails where that fails.
struct live *bed_open(const struct live_options *options);

typedef void packet_look(const struct packet *packet, void *context);

// Reads until `wanted` packets came, or none for a while (0: a short one); returns how many did.
// `look` sees each and may be NULL.
uint64_t bed_drain(struct live *live, uint64_t wanted, packet_look *look, void *context);

// Of all queues together. bed_books: received must be what they gave out and dropped.
struct capture_stats bed_stats(struct live *live);
struct capture_stats bed_books(struct live *live, uint64_t given);

// Takes what there is to tell; whether any of it has these words.
bool bed_told(struct live *live, const char *words);

#endif
