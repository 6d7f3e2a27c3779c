// SPDX-License-Identifier: Apache-2.0
// Where packets come from. Every source stands behind one table of operations; a source that wraps
// others (several files as one stream, a capture's own pace) is a source itself.
#ifndef WEIR_CAPTURE_CAPTURE_H
#define WEIR_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"
#include "dataplane/packet/packet.h"

enum {
    CAPTURE_BURST_MAX = 64,

    // Of one file: how it ended, and the first few link types in it that no parser knows (the drops
    // count all of them).
    CAPTURE_LOSSES_MAX = 8,
};

// rx_burst's answer at the end of the stream; nothing follows it.
#define CAPTURE_END (-1)

// Why packets that the source saw did not reach the parser. One row each in capture_drop_name.
enum capture_drop {
    CAPTURE_DROP_LINK_TYPE, // the frame is of a link type that no parser knows
    CAPTURE_DROP_RING_FULL, // the reader was too slow: no room between kernel or NIC and sensor
    CAPTURE_DROP_NO_BUFFER, // no buffer free to receive into, which a slow reader causes, too
    CAPTURE_DROP_MISSED,    // by the NIC, before any queue: what its own counter says
    CAPTURE_DROP_ERRORS,    // the NIC received it damaged

    // Left out as the configuration asks: no loss.
    CAPTURE_DROP_FILTERED,
    CAPTURE_DROP_SAMPLED_OUT,

    CAPTURE_DROP_COUNT,
    CAPTURE_DROP_LOSSES = CAPTURE_DROP_FILTERED, // those before it were not asked for
};

extern const char *const capture_drop_name[CAPTURE_DROP_COUNT];

// A part of the input that could not be read at all: no packet can be told from it.
struct capture_loss {
    char file[256];   // or the interface
    char cause[32];   // "truncated", "corrupt_record", "unreadable", "link_type", "detached"
    char detail[192]; // for a person: what was found and what was expected
    uint64_t offset;  // octets from the beginning of the (uncompressed) file
    uint64_t bytes;   // octets not read from there on; 0 where it is unknown (a pipe)
};

struct capture_stats {
    uint64_t received;                  // packets that the source saw, dropped ones included
    uint64_t wire_bytes;                // of those
    uint64_t drops[CAPTURE_DROP_COUNT]; // packets
    uint64_t unordered;                 // packets older than the one before them
};

struct capture;

struct capture_ops {
    const char *name;

    // Fills up to `count` (at most CAPTURE_BURST_MAX) packets, in the order of the stream. Returns
    // how many; 0: none just now; CAPTURE_END: no more will come. What went wrong inside the stream
    // is no error of this call: it is in stats and losses. Blocks only where the source keeps a
    // pace or waits on a pipe, and returns within 100 ms even then.
    int (*rx_burst)(struct capture *capture, struct packet *packets, unsigned count);

    // Gives the packets of the last rx_burst back; their data must not be touched after it.
    void (*release)(struct capture *capture);

    // A copy of the counters; a live source asks the kernel or the NIC for theirs. From the thread
    // that calls rx_burst, or after its end.
    void (*stats)(const struct capture *capture, struct capture_stats *stats);

    // The losses so far, those of one file in its order; valid until the next call and until close.
    // Returns how many, at most CAPTURE_LOSSES_MAX for each file. Same threads as stats.
    size_t (*losses)(const struct capture *capture, const struct capture_loss **losses);

    // Frees everything. `capture` may be NULL.
    void (*close)(struct capture *capture);

    // Called once by the thread that is to call rx_burst, before its first call. NULL: not needed.
    void (*attach)(struct capture *capture);
};

// Every source begins with this.
struct capture {
    const struct capture_ops *ops;
};

static inline int capture_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    return capture->ops->rx_burst(capture, packets, count);
}

static inline void capture_release(struct capture *capture)
{
    capture->ops->release(capture);
}

// Opens capture files as one stream in time order. Each of `paths` is classic pcap (memory-mapped),
// pcapng, either of them packed with gzip or zstd, a pipe with one of these, or "-" for standard
// input (once). Waits for the first octets of each. `speed`: 0 for as fast as it goes, 1 for the
// capture's own pace, N for N times that.
//
// Returns 0 and sets *capture, or a negative errno with a message that names the file, what was
// found and what was expected, and *capture untouched: what open(2) fails with (-ENOENT, -EACCES),
// -EISDIR, -ENODATA (empty), -EBADMSG (no capture), -EINVAL (arguments), -ENOMEM. A file of a link
// type that no parser knows is no error here: each of its packets is counted as
// CAPTURE_DROP_LINK_TYPE, and a loss "link_type" names the type.
int capture_open_files(struct capture **capture, const char *const *paths, size_t path_count,
                       double speed, struct error *err);

#endif
