// SPDX-License-Identifier: Apache-2.0
// pcapng: blocks, each of which says its type and length. A section header begins a section, in its
// writer's byte order; interface descriptions follow, numbered in each section from 0, each with a
// link type and a time unit of its own; packets name their interface. Other blocks are skipped.
//
// libpcap reads the format too, but ends a file at the first interface whose link type or snap
// length is not the first one's, and cannot tell where in the file it stopped.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/capture/file.h"
#include "dataplane/capture/octets.h"
#include "dataplane/capture/pcapng_interface.h"

#define BLOCK_SECTION    0x0a0d0d0au
#define BLOCK_INTERFACE  1u
#define BLOCK_PACKET_OLD 2u
#define BLOCK_SIMPLE     3u
#define BLOCK_PACKET     6u

#define BYTE_ORDER_MAGIC 0x1a2b3c4du

enum {
    // Type and length, before the body, and the length once more behind it.
    BLOCK_BYTES_MIN = 12,
    SECTION_BYTES_MIN = 28,
    INTERFACE_BYTES_MIN = 20,
    PACKET_BYTES_MIN = 32,
    SIMPLE_BYTES_MIN = 16,
};

struct pcapng_reader {
    bool swapped; // the section's byte order is not ours
    struct interface *interfaces;
    size_t interface_count;
    size_t interface_room;
};

static bool pcapng_matches(const uint8_t *magic)
{
    return octets_u32(magic, false) == BLOCK_SECTION; // reads the same in both byte orders
}

// What is wrong with a section header, or NULL; then *swapped is its byte order.
static const char *section_check(const uint8_t *data, bool *swapped)
{
    uint32_t magic = octets_u32(data + 8, false);
    if (magic != BYTE_ORDER_MAGIC && __builtin_bswap32(magic) != BYTE_ORDER_MAGIC) {
        return "a section header without byte-order magic";
    }
    if (octets_u16(data + 12, magic != BYTE_ORDER_MAGIC) != 1) {
        return "a section of a version that is not 1";
    }
    *swapped = magic != BYTE_ORDER_MAGIC;
    return NULL;
}

static int pcapng_open(struct capture_file *file, struct error *err)
{
    bool swapped;
    const char *problem = section_check(file->input->at, &swapped);
    if (problem != NULL) {
        return error_set(err, -EBADMSG, "%s is no pcapng capture: %s", file->name, problem);
    }
    file->reader = calloc(1, sizeof(struct pcapng_reader));
    return file->reader != NULL ? 0 : error_set(err, -ENOMEM, "no memory to open %s", file->name);
}

static void pcapng_close(struct capture_file *file)
{
    struct pcapng_reader *reader = file->reader;
    if (reader != NULL) {
        free(reader->interfaces);
        free(reader);
    }
}

// The blocks. Each function is given one that is whole, fills `packet` or not, and returns how many
// packets (0 or 1) it filled.

static unsigned section_take(struct capture_file *file, const uint8_t *data, uint32_t bytes,
                             struct packet *packet)
{
    (void)bytes;
    (void)packet;
    struct pcapng_reader *reader = file->reader;
    section_check(data, &reader->swapped); // pcapng_need saw that it is good
    reader->interface_count = 0;
    return 0;
}

static unsigned interface_take(struct capture_file *file, const uint8_t *data, uint32_t bytes,
                               struct packet *packet)
{
    (void)packet;
    struct pcapng_reader *reader = file->reader;
    if (reader->interface_count == reader->interface_room) {
        size_t room = reader->interface_room == 0 ? 4 : reader->interface_room * 2;
        struct interface *grown = realloc(reader->interfaces, room * sizeof(*grown));
        if (grown == NULL) {
            file_fail(file, "unreadable", "no memory for %zu interfaces", room);
            return 0;
        }
        reader->interfaces = grown;
        reader->interface_room = room;
    }
    interface_read(&reader->interfaces[reader->interface_count++], data + 8, data + bytes - 4,
                   reader->swapped);
    return 0;
}

static uint8_t interface_number(const struct pcapng_reader *reader,
                                const struct interface *interface)
{
    ptrdiff_t number = interface - reader->interfaces;
    return (uint8_t)(number < PACKET_INTERFACES ? number : PACKET_INTERFACES - 1);
}

// Counts a packet that its block has room for, and keeps it if there is a parser for it.
static unsigned packet_accept(struct capture_file *file, struct interface *interface, uint32_t room,
                              struct packet *packet)
{
    if (packet->captured_bytes > room || packet->captured_bytes > FILE_CAPTURED_BYTES_MAX) {
        file_fail(file, "corrupt_record",
                  "a packet of %u octets in a block with room for %u; expected at most %u",
                  packet->captured_bytes, room, FILE_CAPTURED_BYTES_MAX);
        return 0;
    }
    if (packet->wire_bytes < packet->captured_bytes) {
        packet->wire_bytes = packet->captured_bytes;
    }
    packet->link_type = interface->link_type;
    packet->interface = interface_number(file->reader, interface);
    file->stats.received++;
    file->stats.wire_bytes += packet->wire_bytes;
    if (interface->link_type == LINK_UNSUPPORTED) {
        file->stats.drops[CAPTURE_DROP_LINK_TYPE]++;
        if (!interface->refused) {
            interface->refused = true;
            file_refuse_link_type(file, interface->link_number, input_offset(file->input));
        }
        return 0;
    }
    file->stats.unordered += packet->time_us < file->last_us;
    file->last_us = packet->time_us;
    return 1;
}

// The section's interface of that number; NULL after file_fail.
static struct interface *interface_of(struct capture_file *file, uint32_t number)
{
    struct pcapng_reader *reader = file->reader;
    if (number < reader->interface_count) {
        return &reader->interfaces[number];
    }
    file_fail(file, "corrupt_record", "a packet of interface %u in a section that describes %zu",
              number, reader->interface_count);
    return NULL;
}

static unsigned packet_take(struct capture_file *file, const uint8_t *data, uint32_t bytes,
                            struct packet *packet)
{
    bool swapped = ((const struct pcapng_reader *)file->reader)->swapped;
    bool old = octets_u32(data, swapped) == BLOCK_PACKET_OLD; // 16 bits, and 16 that count drops
    struct interface *interface =
        interface_of(file, old ? octets_u16(data + 8, swapped) : octets_u32(data + 8, swapped));
    if (interface == NULL) {
        return 0;
    }
    uint64_t units =
        (uint64_t)octets_u32(data + 12, swapped) << 32 | octets_u32(data + 16, swapped);
    *packet = (struct packet){
        .data = data + 28,
        .time_us = interface_time_us(interface, units),
        .captured_bytes = octets_u32(data + 20, swapped),
        .wire_bytes = octets_u32(data + 24, swapped),
    };
    return packet_accept(file, interface, bytes - PACKET_BYTES_MIN, packet);
}

// A packet of the first interface, with no time of its own: it is given that of the one before it.
static unsigned simple_take(struct capture_file *file, const uint8_t *data, uint32_t bytes,
                            struct packet *packet)
{
    bool swapped = ((const struct pcapng_reader *)file->reader)->swapped;
    struct interface *interface = interface_of(file, 0);
    if (interface == NULL) {
        return 0;
    }
    uint32_t wire = octets_u32(data + 8, swapped);
    uint32_t snap = interface->snap_bytes;
    *packet = (struct packet){
        .data = data + 12,
        .time_us = file->last_us == INT64_MIN ? 0 : file->last_us,
        .captured_bytes = snap != 0 && wire > snap ? snap : wire,
        .wire_bytes = wire,
    };
    return packet_accept(file, interface, bytes - SIMPLE_BYTES_MIN, packet);
}

static const struct block_kind {
    uint32_t type;
    uint32_t bytes_min;
    unsigned (*take)(struct capture_file *file, const uint8_t *data, uint32_t bytes,
                     struct packet *packet);
} block_kinds[] = {
    {BLOCK_PACKET, PACKET_BYTES_MIN, packet_take},
    {BLOCK_PACKET_OLD, PACKET_BYTES_MIN, packet_take},
    {BLOCK_SIMPLE, SIMPLE_BYTES_MIN, simple_take},
    {BLOCK_INTERFACE, INTERFACE_BYTES_MIN, interface_take},
    {BLOCK_SECTION, SECTION_BYTES_MIN, section_take},
};

static const struct block_kind *block_kind_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof(block_kinds) / sizeof(block_kinds[0]); i++) {
        if (block_kinds[i].type == type) {
            return &block_kinds[i];
        }
    }
    return NULL; // skipped
}

// The length of the block at the window's front, as far as it can be told yet.
static size_t pcapng_need(struct capture_file *file)
{
    const uint8_t *data = file->input->at;
    size_t held = (size_t)(file->input->end - data);
    if (held < BLOCK_BYTES_MIN) {
        return BLOCK_BYTES_MIN;
    }
    bool swapped = ((const struct pcapng_reader *)file->reader)->swapped;
    if (pcapng_matches(data)) { // its length is already in the new section's byte order
        if (held < SECTION_BYTES_MIN) {
            return SECTION_BYTES_MIN;
        }
        const char *problem = section_check(data, &swapped);
        if (problem != NULL) {
            file_fail(file, "corrupt_record", "%s", problem);
            return 0;
        }
    }
    uint32_t type = octets_u32(data, swapped);
    uint32_t bytes = octets_u32(data + 4, swapped);
    const struct block_kind *kind = block_kind_of(type);
    uint32_t least = kind != NULL ? kind->bytes_min : BLOCK_BYTES_MIN;
    if (bytes < least || bytes % 4 != 0 || bytes > INPUT_NEED_MAX) {
        file_fail(file, "corrupt_record",
                  "a block of type %#x of %u octets; expected %u to %u, in fours", type, bytes,
                  least, INPUT_NEED_MAX);
        return 0;
    }
    return bytes;
}

static unsigned pcapng_take(struct capture_file *file, struct packet *packets, unsigned count)
{
    const struct pcapng_reader *reader = file->reader;
    struct input *input = file->input;
    unsigned n = 0;
    while (n < count) {
        size_t bytes = pcapng_need(file);
        if (bytes == 0 || bytes > (size_t)(input->end - input->at)) {
            break;
        }
        const uint8_t *data = input->at;
        if (memcmp(data + 4, data + bytes - 4, 4) != 0) {
            file_fail(file, "corrupt_record", "a block whose two lengths differ");
            break;
        }
        const struct block_kind *kind = block_kind_of(octets_u32(data, reader->swapped));
        if (kind != NULL) {
            n += kind->take(file, data, (uint32_t)bytes, &packets[n]);
        }
        if (file->ended) {
            break;
        }
        input->at += bytes;
    }
    return n;
}

const struct file_format pcapng_format = {
    "pcapng",    SECTION_BYTES_MIN, pcapng_matches, pcapng_open,
    pcapng_take, pcapng_need,       pcapng_close,
};
