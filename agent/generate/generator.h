// SPDX-License-Identifier: Apache-2.0
// Traffic by a profile, packet by packet. It knows neither files nor interfaces nor a clock: the
// same profile gives the same packets at the same times. One thread at a time.
//
// Memory is fixed when it is made: room for a million flows under way, of which what was never used
// costs nothing, and a calendar of the next second.
#ifndef WEIR_GENERATE_GENERATOR_H
#define WEIR_GENERATE_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/generate/profile.h"
#include "agent/generate/rates.h"

struct generator;

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

enum { GENERATOR_LATER = -1, GENERATOR_OVER = -2 };

// When the next frame is, since the epoch, if that is before `until_us`: it is for generator_make.
// Never goes back. GENERATOR_LATER: there is none before, and the traffic's clock stands at
// `until_us`. GENERATOR_OVER: the time is over, and what was under way has ended; TCP's flows are
// closed within a second after.
int64_t generator_seek(struct generator *generator, int64_t until_us);

// Writes the frame that was found, at most FRAME_MAX octets, and returns its length, without a
// checksum at its end.
unsigned generator_make(struct generator *generator, uint8_t *frame);

// How far the traffic's clock has come, since the epoch.
int64_t generator_now_us(const struct generator *generator);

// From now on traffic is made by that profile, but for its seed, start, duration and orders, and by
// those rates, which are the ones rates_fill made of it. What becomes of flows under way is told
// in drive.h. Where nothing has begun yet it is as if it were created so.
void generator_change(struct generator *generator, const struct profile *profile,
                      const struct rate rates[PROTOCOL_COUNT]);

// Begins an anomaly, as long as order->end_us is behind its begin_us, within a millisecond; *order
// is copied, and its strength said. Returns its number in the books, whose count begins anew, or
// -ENOSPC: all are to come or under way.
int generator_order(struct generator *generator, const struct order *order);

// The order of that number; of the profile's they are its own.
const struct order *generator_order_at(const struct generator *generator, unsigned number);

void generator_books(const struct generator *generator, struct generator_books *books);

#endif
