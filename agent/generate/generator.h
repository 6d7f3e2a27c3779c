// SPDX-License-Identifier: Apache-2.0
// Traffic by a profile, packet by packet. It knows neither files nor interfaces nor a clock: the
// same profile gives the same packets at the same times. One thread at a time.
//
// Memory is fixed when it is made: flows that are under way (two for each packet a second, at most
// a million), and a calendar of the next second.
#ifndef WEIR_GENERATE_GENERATOR_H
#define WEIR_GENERATE_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/generate/profile.h"

struct generator;

struct generated {
    int64_t time_us; // since the epoch; never goes back
    unsigned length; // of the frame, without a checksum at its end
};

struct generator_books {
    uint64_t packets;
    uint64_t octets;                        // of frames
    uint64_t flows;                         // begun
    uint64_t of_orders[PROFILE_ORDERS_MAX]; // packets that are an anomaly's own
};

// 0, or -EINVAL or -ENOMEM with a message. The profile is copied.
int generator_create(struct generator **generator, const struct profile *profile,
                     struct error *err);
void generator_free(struct generator *generator); // NULL is fine

// Writes the next frame, at most FRAME_MAX octets. False: the time is over, and what was under way
// has ended; TCP's flows are closed within a second after.
bool generator_next(struct generator *generator, uint8_t *frame, struct generated *generated);

void generator_books(const struct generator *generator, struct generator_books *books);

#endif
