// SPDX-License-Identifier: Apache-2.0
// The packet of a dialogue's turn, with its payload and headers.
#ifndef WEIR_GENERATE_PACKET_WRITE_H
#define WEIR_GENERATE_PACKET_WRITE_H

#include "agent/generate/bulk.h"
#include "agent/generate/dialogue.h"

struct packet_writer {
    struct bulk_templates bulk;
    struct quic_hellos *hellos;
};

// 0, or -ENOMEM.
int packet_writer_init(struct packet_writer *writer, uint64_t seed);
void packet_writer_fini(struct packet_writer *writer);

// Writes a frame of at most FRAME_MAX octets and returns its length; *payload is how many octets
// are the transport's.
unsigned packet_write(const struct packet_writer *writer, const struct flow *flow,
                      const struct turn *turn, struct draw *draw, int64_t now_us, uint8_t *frame,
                      unsigned *payload);

#endif
