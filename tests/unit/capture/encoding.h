// SPDX-License-Identifier: Apache-2.0
// Every way to write packets into a capture file that the readers must read.
#ifndef WEIR_TESTS_CAPTURE_ENCODING_H
#define WEIR_TESTS_CAPTURE_ENCODING_H

#include "tests/unit/capture/bytes.h"

struct sample {
    int64_t time_us;
    uint32_t captured_bytes;
    uint32_t wire_bytes;
};

// What the octets of packet `number` are.
void sample_fill(uint8_t *octets, size_t count, size_t number);

// Where a file may end without anything being lost, and how many packets it then holds.
struct cut {
    size_t bytes;
    size_t packets;
};

enum { CUTS_MAX = 16 };

// A capture file, and its first cuts.
struct written {
    struct bytes bytes;
    size_t cut_count;
    struct cut cuts[CUTS_MAX];
};

struct encoding {
    const char *name;
    void (*write)(const struct encoding *encoding, uint16_t link_number,
                  const struct sample *samples, size_t count, struct written *written);
    bool big_endian;
    uint32_t units_per_us; // of time
    uint32_t block_type;   // pcapng: of the packets
    uint32_t magic;        // pcap
    uint16_t minor;        // pcap: of version 2
    bool lengths_swapped;  // pcap: the frame's length stands before the record's
    uint8_t record_extra;  // pcap: octets behind a record's header
};

extern const struct encoding encodings[];
extern const size_t encoding_count;

// The parts of files, for those who write odd ones.

void pcap_put_header(struct bytes *bytes, const struct encoding *encoding, uint32_t link_number);
void pcap_put_record(struct bytes *bytes, const struct encoding *encoding,
                     const struct sample *sample, size_t number);

// `body` is padded to a multiple of 4.
void pcapng_put_block(struct bytes *bytes, bool big_endian, uint32_t type,
                      const struct bytes *body);
void pcapng_put_section(struct bytes *bytes, bool big_endian, uint16_t major);
void pcapng_put_option(struct bytes *bytes, bool big_endian, uint16_t code, const void *value,
                       uint16_t size);
// `options` may be NULL.
void pcapng_put_interface(struct bytes *bytes, bool big_endian, uint16_t link_number,
                          const struct bytes *options);
// `type` 6, or 2 for the obsolete block. `units` is the time; the sample's own is not looked at.
void pcapng_put_packet(struct bytes *bytes, bool big_endian, uint32_t type, uint32_t interface,
                       uint64_t units, const struct sample *sample, size_t number);
void pcapng_put_simple(struct bytes *bytes, bool big_endian, const struct sample *sample,
                       size_t number);

#endif
