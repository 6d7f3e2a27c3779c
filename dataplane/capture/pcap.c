// SPDX-License-Identifier: Apache-2.0
// Classic pcap: a file header, then records. Each machine writes its own byte order, told by the
// magic; so is the unit of the time's fraction.
#include <errno.h>
#include <stdlib.h>

#include "dataplane/capture/file.h"
#include "dataplane/capture/link_type.h"
#include "dataplane/capture/octets.h"

enum {
    FILE_HEADER_BYTES = 24,
    RECORD_BYTES = 16,          // seconds, fraction, captured and wire octets; 32 bits each
    MODIFIED_RECORD_BYTES = 24, // then interface, protocol, packet type (A. Kuznetzov's libpcap)
};

// How far ahead of the record at hand memory is asked for. The processor's own prefetching ends
// with each page; with small frames this nearly doubles the rate.
#define PREFETCH_BYTES 4096

struct pcap_reader {
    unsigned (*take)(struct capture_file *file, struct packet *packets, unsigned count);
    uint32_t record_bytes; // of a record's header
    bool swapped;
    bool nanoseconds;
    bool old_lengths;
    uint8_t link_type; // enum link_type
    uint16_t link_number;
    bool refused; // the link type has been named
};

struct lengths {
    size_t captured;
    size_t wire;
};

// Writers before version 2.4 did not agree on which of the two comes first; but in their files a
// record is never longer than its frame. Today's may be: a frame length of 0 is not rare.
static inline struct lengths record_lengths(const uint8_t *record, bool swapped, bool old)
{
    size_t first = octets_u32(record + 8, swapped);
    size_t second = octets_u32(record + 12, swapped);
    return (struct lengths){
        .captured = old && first > second ? second : first,
        .wire = first > second ? first : second,
    };
}

// The loop that every packet of a replay passes: made for each variant, so that none of them costs
// a branch here.
static inline __attribute__((always_inline)) unsigned
records_take(struct capture_file *file, struct packet *packets, unsigned count, const bool swapped,
             const bool nanoseconds, const bool old_lengths)
{
    const struct pcap_reader *reader = file->reader;
    const size_t header = reader->record_bytes;
    const uint8_t link_type = reader->link_type;
    const uint8_t *at = file->input->at;
    size_t left = (size_t)(file->input->end - at);
    int64_t last_us = file->last_us;
    uint64_t wire_bytes = 0;
    uint64_t unordered = 0;
    struct packet *packet = packets;
    for (; packet < packets + count && left >= header; packet++) {
        __builtin_prefetch(at + PREFETCH_BYTES);
        struct lengths lengths = record_lengths(at, swapped, old_lengths);
        if (lengths.captured > left - header || lengths.captured > FILE_CAPTURED_BYTES_MAX) {
            break; // not whole in the window, or damaged: pcap_need tells
        }
        uint32_t fraction = octets_u32(at + 4, swapped);
        int64_t time_us =
            (int64_t)octets_u32(at, swapped) * 1000000 + (nanoseconds ? fraction / 1000 : fraction);
        unordered += time_us < last_us;
        last_us = time_us;
        wire_bytes += lengths.wire;
        packet->data = at + header;
        packet->time_us = time_us;
        packet->captured_bytes = (uint32_t)lengths.captured;
        packet->wire_bytes = (uint32_t)lengths.wire;
        packet->link_type = link_type;
        packet->interface = 0;
        at += header + lengths.captured;
        left -= header + lengths.captured;
    }
    unsigned taken = (unsigned)(packet - packets);
    file->input->at = at;
    file->last_us = last_us;
    file->stats.received += taken;
    file->stats.wire_bytes += wire_bytes;
    file->stats.unordered += unordered;
    return taken;
}

static unsigned native_us_take(struct capture_file *file, struct packet *packets, unsigned count)
{
    return records_take(file, packets, count, false, false, false);
}

static unsigned native_ns_take(struct capture_file *file, struct packet *packets, unsigned count)
{
    return records_take(file, packets, count, false, true, false);
}

static unsigned swapped_us_take(struct capture_file *file, struct packet *packets, unsigned count)
{
    return records_take(file, packets, count, true, false, false);
}

static unsigned swapped_ns_take(struct capture_file *file, struct packet *packets, unsigned count)
{
    return records_take(file, packets, count, true, true, false);
}

static unsigned old_take(struct capture_file *file, struct packet *packets, unsigned count)
{
    const struct pcap_reader *reader = file->reader;
    return records_take(file, packets, count, reader->swapped, reader->nanoseconds, true);
}

static const struct variant {
    uint32_t magic; // as the machine at hand reads it
    bool swapped;
    bool nanoseconds;
    uint32_t record_bytes;
    unsigned (*take)(struct capture_file *file, struct packet *packets, unsigned count);
} variants[] = {
    {0xa1b2c3d4, false, false, RECORD_BYTES, native_us_take},
    {0xd4c3b2a1, true, false, RECORD_BYTES, swapped_us_take},
    {0xa1b23c4d, false, true, RECORD_BYTES, native_ns_take},
    {0x4d3cb2a1, true, true, RECORD_BYTES, swapped_ns_take},
    {0xa1b2cd34, false, false, MODIFIED_RECORD_BYTES, native_us_take},
    {0x34cdb2a1, true, false, MODIFIED_RECORD_BYTES, swapped_us_take},
};

static const struct variant *variant_of(const uint8_t *magic)
{
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
        if (variants[i].magic == octets_u32(magic, false)) {
            return &variants[i];
        }
    }
    return NULL;
}

static bool pcap_matches(const uint8_t *magic)
{
    return variant_of(magic) != NULL;
}

static int pcap_open(struct capture_file *file, struct error *err)
{
    const uint8_t *header = file->input->at;
    const struct variant *variant = variant_of(header);
    unsigned major = octets_u16(header + 4, variant->swapped);
    unsigned minor = octets_u16(header + 6, variant->swapped);
    if (major != 2) {
        return error_set(err, -EBADMSG, "%s is pcap of version %u.%u; expected 2.4", file->name,
                         major, minor);
    }
    struct pcap_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return error_set(err, -ENOMEM, "no memory to open %s", file->name);
    }
    // The upper half holds how long the frame check sequences are, for link types that have them.
    uint16_t link_number = (uint16_t)octets_u32(header + 20, variant->swapped);
    *reader = (struct pcap_reader){
        .take = minor < 4 ? old_take : variant->take,
        .record_bytes = variant->record_bytes,
        .swapped = variant->swapped,
        .nanoseconds = variant->nanoseconds,
        .old_lengths = minor < 4,
        .link_type = link_type_of(link_number),
        .link_number = link_number,
    };
    file->reader = reader;
    file->input->at += FILE_HEADER_BYTES;
    return 0;
}

static unsigned pcap_take(struct capture_file *file, struct packet *packets, unsigned count)
{
    struct pcap_reader *reader = file->reader;
    unsigned taken = reader->take(file, packets, count);
    if (reader->link_type != LINK_UNSUPPORTED || taken == 0) {
        return taken;
    }
    file->stats.drops[CAPTURE_DROP_LINK_TYPE] += taken;
    file->stats.unordered = 0; // which is about packets given out
    if (!reader->refused) {
        reader->refused = true;
        file_refuse_link_type(file, reader->link_number, FILE_HEADER_BYTES);
    }
    return 0;
}

static size_t pcap_need(struct capture_file *file)
{
    const struct pcap_reader *reader = file->reader;
    const struct input *input = file->input;
    if ((size_t)(input->end - input->at) < reader->record_bytes) {
        return reader->record_bytes;
    }
    size_t captured = record_lengths(input->at, reader->swapped, reader->old_lengths).captured;
    if (captured > FILE_CAPTURED_BYTES_MAX) {
        file_fail(file, "corrupt_record", "a record of %zu octets; expected at most %u", captured,
                  FILE_CAPTURED_BYTES_MAX);
        return 0;
    }
    return reader->record_bytes + captured;
}

static void pcap_close(struct capture_file *file)
{
    free(file->reader);
}

const struct file_format pcap_format = {
    "pcap", FILE_HEADER_BYTES, pcap_matches, pcap_open, pcap_take, pcap_need, pcap_close,
};
