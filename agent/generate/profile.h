// SPDX-License-Identifier: Apache-2.0
// What traffic is to be made.
#ifndef WEIR_GENERATE_PROFILE_H
#define WEIR_GENERATE_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/generate/order.h"
#include "agent/generate/protocol.h"
#include "dataplane/base/error.h"

enum { PROFILE_ORDERS_MAX = 64 };

#define PROFILE_FOREVER INT64_MAX

struct profile {
    uint64_t seed;
    int64_t start_us;          // of the capture, since the epoch
    int64_t duration_us;       // PROFILE_FOREVER: until it is ended
    double packets_per_second; // in the mean of a day
    double flows_per_second;   // 0: as many as the model's lengths make of the packets
    uint32_t addresses;        // of hosts, a half of them inside
    double ipv6_share;         // of flows, 0 to 1
    double rhythm;             // how much traffic swings about its mean over a day, 0 to 1
    int64_t day_us;
    double shares[PROTOCOL_COUNT]; // of packets, relative to one another
    struct order orders[PROFILE_ORDERS_MAX];
    unsigned order_count;
};

// A minute of 10000 packets a second from the first day of 2026 on, seed 1.
void profile_init(struct profile *profile);

// Sets one member by its name, from text as on the command line; "anomaly" adds one. 0, or -EINVAL
// with a message that begins with the name.
int profile_set(struct profile *profile, const char *name, const char *text, struct error *err);

// Takes over what may change while traffic is made: rates, shares, addresses, ipv6_share, rhythm
// and day_us.
void profile_take(struct profile *profile, const struct profile *from);

// The same from a member of an object: a string or a number, and of "protocols" an object of names
// and numbers, of "anomalies" an array of strings.
struct json_t;
int profile_put(struct profile *profile, const char *name, struct json_t *value, struct error *err);

// Sets members from JSON text, as profile_read does; `name` is what messages call it.
int profile_parse(struct profile *profile, const char *text, size_t size, const char *name,
                  struct error *err);

// Reads members from a JSON file, an object of values as for profile_put. 0, or a negative errno
// with a message. May block.
int profile_read(struct profile *profile, const char *path, struct error *err);

#endif
