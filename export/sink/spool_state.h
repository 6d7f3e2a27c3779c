// SPDX-License-Identifier: Apache-2.0
// What the files of the spool sink share; for them only. All is of the sink's one thread.
#ifndef WEIR_SINK_SPOOL_STATE_H
#define WEIR_SINK_SPOOL_STATE_H

#include "dataplane/base/hash.h"
#include "export/sink/sink.h"
#include "export/spool/spool.h"

// How the far sink knows a record from the spool: its place there, and two bits.
#define SPOOLING_FROM_SPOOL (UINT64_C(1) << 63)
#define SPOOLING_COUNTED    (UINT64_C(1) << 62) // of this run, and not dropped by another sink
#define SPOOLING_PLACE      (SPOOLING_COUNTED - 1)

enum {
    SPOOLING_KEYS = 1 << 20, // a power of two: hashes of keys told apart
    SPOOLING_PENDING = 512,  // records appended and not yet flushed
};

enum spooling_mark { SPOOLING_MARK_COUNTED, SPOOLING_MARK_LOST };

struct spool_sink {
    struct sink sink;
    struct sink *far;
    struct spool *spool;
    enum sink_pressure pressure;
    bool refuses;  // when the spool is full
    bool kept;     // nothing more is sent: all that comes is kept
    bool flushing; // no live records come any more
    int64_t patience_us;
    int64_t moved_us;    // when the far sink was last seen to take records
    uint64_t live;       // records in flight that are not from the spool
    uint64_t live_bytes; // of them, about
    uint64_t send_rate;
    double credit;     // records that may be sent from the spool now
    int64_t credit_us; // up to when `credit` has been counted

    // Of those with SPOOLING_MARK_COUNTED, as far as booked; and of all, as far as said.
    uint64_t overflowed_booked, damaged_booked, overflowed_said;
    int64_t full_said_us, failed_said_us; // when it was last said that it is; 0: never

    size_t pending_count;
    uint64_t pending[SPOOLING_PENDING]; // sequences, in the order in which they were appended
    struct hash_secret secret;
    uint64_t newest[SPOOLING_KEYS]; // by a key's hash: the newest segment that holds one, plus 1
};

static inline bool spooling_stalled(const struct spool_sink *spooling)
{
    return spooling->kept || sink_stalled(spooling->far);
}

static inline uint64_t *spooling_newest(struct spool_sink *spooling, const char *key, size_t bytes)
{
    return &spooling->newest[hash_bytes(key, bytes, spooling->secret) & (SPOOLING_KEYS - 1)];
}

// Whether a record finds room in the spool without another giving way. Live records in flight have
// theirs kept free: when they come back, they are older than all that was spooled meanwhile.
bool spooling_has_room(const struct spool_sink *spooling, const struct sink_message *message);

// Spools a record, or drops it; settled when it is written at the latest by spooling_write.
void spooling_append(struct spool_sink *spooling, const struct sink_message *message);

// Writes what has been appended, settles it, and books what the spool lost.
void spooling_write(struct spool_sink *spooling);

// Sends records from the spool, at most `limit`; returns how many the far sink took.
size_t spooling_send(struct spool_sink *spooling, size_t limit);

// Sends what the rate allows.
void spooling_pump(struct spool_sink *spooling);

#endif
