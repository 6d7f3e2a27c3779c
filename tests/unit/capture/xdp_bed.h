// SPDX-License-Identifier: Apache-2.0
// A network namespace of the test's own with a pair of interfaces, and frames to send through it.
#ifndef WEIR_TESTS_CAPTURE_XDP_BED_H
#define WEIR_TESTS_CAPTURE_XDP_BED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/capture/live_bed.h"

// The end that is captured from, and the end that sends.
#define BED_CAPTURED "weir0"
#define BED_SENDER   "weir1"

enum { BED_FRAME_MAX = 9018, BED_SEEN_MAX = 4096, BED_SEEN_BYTES = 256 };

// Enters a network and a mount namespace of the process's own, with a BPF file system. False where
// there are no rights to do so: the reason is on standard output.
bool bed_enter(void);

// Runs a shell command; ends the test where it fails.
void bed_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Whether a shell command succeeds.
bool bed_succeeds(const char *format, ...) __attribute__((format(printf, 1, 2)));

void bed_make(unsigned queues, unsigned mtu);
void bed_unmake(void);

struct bed_udp {
    const char *from; // IPv4 addresses
    const char *to;
    uint16_t from_port;
    uint16_t to_port;
    uint8_t protocol; // 0: UDP
    unsigned vlans;
    uint16_t fragment; // the flags and offset field of IPv4
    size_t bytes;      // of the whole frame; 0: as short as may be
};

// Writes a frame of at most BED_FRAME_MAX octets and returns its size. `mark` stands at its end.
size_t bed_frame(uint8_t *frame, const struct bed_udp *udp, uint32_t mark);

// Sends through BED_SENDER, from the CPU that makes it arrive on `queue`.
void bed_send(const uint8_t *frame, size_t bytes, unsigned queue);

struct bed_seen {
    uint32_t wire_bytes;
    uint32_t captured_bytes;
    unsigned queue; // by its place in the live capture
    int64_t time_us;
    uint8_t data[BED_SEEN_BYTES]; // at most these of them
};

struct bed_list {
    unsigned count;
    struct bed_seen seen[BED_SEEN_MAX];
};

// Reads all queues until `count` packets have come since the list was empty, or nothing came for
// half a second.
void bed_read(struct live *live, struct bed_list *list, unsigned count);

#endif
