// SPDX-License-Identifier: Apache-2.0
// Drives a generator into an egress: paces it, and lets other threads look at it and change it.
//
// One thread runs it. Any other thread may look, change, hold, resume, order and end, at any time
// between drive_create and drive_free; none of those is waited for by the packets, but for the
// copying of a few hundred octets. What is asked for before drive_run is done when that begins.
//
// Two clocks: the traffic's own goes on by what the profile says, and only while it runs; a
// profile's duration and the times of its anomalies are by that one. Where frames leave live it
// falls behind the wall clock by what it was held, and by what the machine could not keep up with
// (more than 100 ms behind is not caught up on, so that no burst comes of it). All times that are
// told here are of the wall clock for live traffic, of the capture else.
#ifndef WEIR_GENERATE_DRIVE_H
#define WEIR_GENERATE_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/generate/egress.h"
#include "agent/generate/profile.h"

struct drive;

enum {
    DRIVE_ANOMALIES_MAX = 4096, // in one run: those of the profile and all that are ordered
};

enum drive_state {
    DRIVE_RUNNING,
    DRIVE_STOPPED, // held: no frame leaves, and the traffic's clock stands still
    DRIVE_OVER,    // drive_run has returned; nothing can be changed any more
};

struct drive_options {
    struct profile profile; // start_us is not used where the egress is live: it is now
    struct egress *egress;  // the caller's, to be closed behind drive_free
    bool begins_stopped;
    bool (*ends)(void *context); // asked by drive_run every few milliseconds; NULL: never
    void *context;               // for it
};

struct drive_anomaly {
    enum order_kind kind; // order_rows[kind] has name and unit
    char subject[ORDER_SUBJECT_MAX];
    double strength; // as it is made; 1 where the kind has none (its unit is NULL)
    int64_t
        begin_us;   // since the epoch; of one to come: as it will be if nothing is held until then
    int64_t end_us; // the first microsecond after it, likewise
    uint64_t packets; // its own; 0 of a spike, a drop and a silence
};

struct drive_look {
    enum drive_state state;
    struct profile profile;    // as it now is; its orders are those that it began with
    uint64_t packets;          // that have left
    uint64_t octets;           // of their frames
    uint64_t flows;            // begun
    double packets_per_second; // that left in the last second
    int64_t late_us;   // how late a frame was, at most, in the last second; 0: none, or not live
    int64_t behind_us; // of the traffic's clock, in all: by what the machine could not do
    struct drive_anomaly
        anomalies[PROFILE_ORDERS_MAX]; // to come and under way, as they were ordered
    unsigned anomaly_count;
};

// 0, or -EINVAL (a profile that contradicts itself) or -ENOMEM with a message. The options are
// copied.
int drive_create(struct drive **drive, const struct drive_options *options, struct error *err);

// NULL is fine. No other thread may be in a call any more.
void drive_free(struct drive *drive);

// Makes the traffic, in the caller's thread, until its duration is over and its TCP flows are
// closed (within a second after), or until options.ends() or drive_end say so, at once then. 0, or
// a negative errno of the egress with a message. Once only.
int drive_run(struct drive *drive, struct error *err);

// All that follow: any thread. They do not wait for drive_run but drive_order.

// Asks drive_run to return: within about 10 ms.
void drive_end(struct drive *drive);

// What there is, at most 20 ms old; packets and flows of a drive that is over are exact.
void drive_look(struct drive *drive, struct drive_look *look);

// Holds the traffic, within about 10 ms, or lets it go on where it was. Without effect where it is
// so already, or over.
void drive_hold(struct drive *drive);
void drive_resume(struct drive *drive);

// The traffic is made by this profile within about 10 ms: rates (packets_per_second,
// flows_per_second, shares), addresses, ipv6_share, rhythm and day_us are taken, the other members
// are not. To change one member, take the profile of drive_look and set it there with profile_set.
// Flows under way keep their addresses. TCP flows are not cut: those too many for a lower rate are
// ended by and by, within it; those of a protocol that has no share any more within five seconds,
// beyond it. Takes effect when it goes on, where it is held. 0, -EINVAL with a message that begins
// with the member's name and nothing changed (flows_per_second that those packets cannot make),
// -ENOMEM, or -ESHUTDOWN where it is over. Computes for up to half a second where flows_per_second
// is above 0, else for some milliseconds.
int drive_change(struct drive *drive, const struct profile *profile, struct error *err);

// An anomaly that begins now: order->begin_us is not used but for the length that it makes with
// end_us; order_make has it at 0. Blocks until the traffic has taken it, for about 10 ms, and fills
// *anomaly in as drive_look lists it (NULL: not). A strength of 0 is as many packets a second as
// the profile has now. 0, or with a message and nothing ordered: -EBUSY where the traffic is held,
// -ENOSPC where PROFILE_ORDERS_MAX are to come or under way (or DRIVE_ANOMALIES_MAX have been in
// all), -ESHUTDOWN where it is over, -ETIMEDOUT where drive_run did not take it within a second,
// -ENOMEM.
int drive_order(struct drive *drive, const struct order *order, struct drive_anomaly *anomaly,
                struct error *err);

// All anomalies that there have been, in the order in which they began, as far as they had begun,
// for truth_write; of one under way end_us is when the traffic ended. After drive_run, same thread.
// To be freed; NULL where there is no memory or *count is 0.
struct drive_anomaly *drive_truth(const struct drive *drive, unsigned *count);

#endif
