// SPDX-License-Identifier: Apache-2.0
// An anomaly on order: what is odd in the traffic, from when to when, and with whom.
#ifndef WEIR_GENERATE_ORDER_H
#define WEIR_GENERATE_ORDER_H

#include <stdint.h>

#include "agent/generate/address.h"
#include "dataplane/base/error.h"

enum order_kind {
    ORDER_SYN_FLOOD,
    ORDER_UDP_FLOOD,
    ORDER_ICMP_FLOOD,
    ORDER_AMPLIFICATION,
    ORDER_HORIZONTAL_SCAN,
    ORDER_VERTICAL_SCAN,
    ORDER_NEW_TALKERS,
    ORDER_SPIKE, // from here on: of the traffic itself, nothing of their own
    ORDER_DROP,
    ORDER_SILENCE,
    ORDER_KINDS,
};

struct order_row {
    const char *name;
    const char *unit;    // of the strength; NULL: it has none
    double strength;     // unless it is said; 0: as many packets a second as the rest
    const char *subject; // unless it is said
};

extern const struct order_row order_rows[ORDER_KINDS];

enum { ORDER_SUBJECT_MAX = 48 };

struct order {
    enum order_kind kind;
    int64_t begin_us; // from the beginning of the traffic
    int64_t end_us;
    double strength;                 // 0: as above
    char subject[ORDER_SUBJECT_MAX]; // an address, "all traffic", "protocol dns", a prefix
    struct address address;          // where it is one
    int protocol;                    // of a spike or drop; -1: all
};

// What an order is made of, in words; length such as "20s"; subject and strength NULL: as usual.
struct order_text {
    const char *kind;
    const char *length;
    const char *subject;
    const char *strength;
};

// An order that begins at 0. 0, or -EINVAL with a message that says which part is wrong.
int order_make(const struct order_text *text, struct order *order, struct error *err);

// Reads KIND@BEGIN+LENGTH[:SUBJECT][=STRENGTH], such as "syn_flood@60s+20s:198.51.100.7=5k". 0, or
// -EINVAL with a message.
int order_parse(const char *text, struct order *order, struct error *err);

#endif
