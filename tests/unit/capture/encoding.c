// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/capture/encoding.h"

enum { PACKET_OLD = 2, PACKET = 6, OPTION_COMMENT = 1, OPTION_RESOLUTION = 9 };

void sample_fill(uint8_t *octets, size_t count, size_t number)
{
    for (size_t i = 0; i < count; i++) {
        octets[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
    }
}

static void put_packet(struct bytes *bytes, size_t number, uint32_t captured_bytes)
{
    bytes_put(bytes, NULL, captured_bytes);
    sample_fill(bytes->data + bytes->size - captured_bytes, captured_bytes, number);
}

static void mark_cut(struct written *written, size_t packets)
{
    if (written->cut_count < CUTS_MAX) {
        written->cuts[written->cut_count++] = (struct cut){written->bytes.size, packets};
    }
}

void pcap_put_header(struct bytes *bytes, const struct encoding *encoding, uint32_t link_number)
{
    bool big = encoding->big_endian;
    bytes_put_u32(bytes, encoding->magic, big);
    bytes_put_u16(bytes, 2, big);
    bytes_put_u16(bytes, encoding->minor, big);
    bytes_put(bytes, NULL, 8); // time zone, accuracy
    bytes_put_u32(bytes, 262144, big);
    bytes_put_u32(bytes, link_number, big);
}

void pcap_put_record(struct bytes *bytes, const struct encoding *encoding,
                     const struct sample *sample, size_t number)
{
    bool big = encoding->big_endian;
    uint32_t captured = sample->captured_bytes;
    uint32_t wire = sample->wire_bytes;
    bytes_put_u32(bytes, (uint32_t)(sample->time_us / 1000000), big);
    bytes_put_u32(bytes, (uint32_t)(sample->time_us % 1000000) * encoding->units_per_us, big);
    bytes_put_u32(bytes, encoding->lengths_swapped ? wire : captured, big);
    bytes_put_u32(bytes, encoding->lengths_swapped ? captured : wire, big);
    bytes_put(bytes, NULL, encoding->record_extra);
    put_packet(bytes, number, captured);
}

static void pcap_write(const struct encoding *encoding, uint16_t link_number,
                       const struct sample *samples, size_t count, struct written *written)
{
    pcap_put_header(&written->bytes, encoding, link_number);
    mark_cut(written, 0);
    for (size_t i = 0; i < count; i++) {
        pcap_put_record(&written->bytes, encoding, &samples[i], i);
        mark_cut(written, i + 1);
    }
}

void pcapng_put_block(struct bytes *bytes, bool big_endian, uint32_t type, const struct bytes *body)
{
    size_t padding = (4 - body->size % 4) % 4;
    uint32_t total = (uint32_t)(body->size + padding + 12);
    bytes_put_u32(bytes, type, big_endian);
    bytes_put_u32(bytes, total, big_endian);
    bytes_put(bytes, body->data, body->size);
    bytes_put(bytes, NULL, padding);
    bytes_put_u32(bytes, total, big_endian);
}

// As pcapng_put_block, and frees the body.
static void put_block(struct bytes *bytes, bool big_endian, uint32_t type, struct bytes *body)
{
    pcapng_put_block(bytes, big_endian, type, body);
    bytes_free(body);
}

void pcapng_put_section(struct bytes *bytes, bool big_endian, uint16_t major)
{
    struct bytes body = {0};
    bytes_put_u32(&body, 0x1a2b3c4d, big_endian);
    bytes_put_u16(&body, major, big_endian);
    bytes_put_u16(&body, 0, big_endian);
    bytes_put_u64(&body, UINT64_MAX, big_endian); // length of the section: not known
    put_block(bytes, big_endian, 0x0a0d0d0a, &body);
}

void pcapng_put_option(struct bytes *bytes, bool big_endian, uint16_t code, const void *value,
                       uint16_t size)
{
    bytes_put_u16(bytes, code, big_endian);
    bytes_put_u16(bytes, size, big_endian);
    bytes_put(bytes, value, size);
    bytes_put(bytes, NULL, (4 - size % 4u) % 4);
}

void pcapng_put_interface(struct bytes *bytes, bool big_endian, uint16_t link_number,
                          const struct bytes *options)
{
    struct bytes body = {0};
    bytes_put_u16(&body, link_number, big_endian);
    bytes_put_u16(&body, 0, big_endian);
    bytes_put_u32(&body, 262144, big_endian);
    if (options != NULL) {
        bytes_put(&body, options->data, options->size);
    }
    put_block(bytes, big_endian, 1, &body);
}

void pcapng_put_packet(struct bytes *bytes, bool big_endian, uint32_t type, uint32_t interface,
                       uint64_t units, const struct sample *sample, size_t number)
{
    struct bytes body = {0};
    if (type == PACKET_OLD) {
        bytes_put_u16(&body, (uint16_t)interface, big_endian);
        bytes_put_u16(&body, 7, big_endian); // packets that the writer lost
    } else {
        bytes_put_u32(&body, interface, big_endian);
    }
    bytes_put_u32(&body, (uint32_t)(units >> 32), big_endian);
    bytes_put_u32(&body, (uint32_t)units, big_endian);
    bytes_put_u32(&body, sample->captured_bytes, big_endian);
    bytes_put_u32(&body, sample->wire_bytes, big_endian);
    put_packet(&body, number, sample->captured_bytes);
    bytes_put(&body, NULL, (4 - body.size % 4) % 4);
    if (number % 2 == 1) {
        pcapng_put_option(&body, big_endian, OPTION_COMMENT, "odd", 3);
    }
    put_block(bytes, big_endian, type, &body);
}

void pcapng_put_simple(struct bytes *bytes, bool big_endian, const struct sample *sample,
                       size_t number)
{
    struct bytes body = {0};
    bytes_put_u32(&body, sample->wire_bytes, big_endian);
    put_packet(&body, number, sample->captured_bytes);
    put_block(bytes, big_endian, 3, &body);
}

// With a block of a type that no reader knows before each fifth packet.
static void pcapng_write(const struct encoding *encoding, uint16_t link_number,
                         const struct sample *samples, size_t count, struct written *written)
{
    struct bytes *bytes = &written->bytes;
    bool big = encoding->big_endian;
    pcapng_put_section(bytes, big, 1);
    mark_cut(written, 0);
    struct bytes options = {0};
    pcapng_put_option(&options, big, OPTION_COMMENT, "made", 4);
    uint8_t resolution = encoding->units_per_us == 1000 ? 9 : 6;
    pcapng_put_option(&options, big, OPTION_RESOLUTION, &resolution, 1);
    pcapng_put_interface(bytes, big, link_number, &options);
    bytes_free(&options);
    mark_cut(written, 0);
    for (size_t i = 0; i < count; i++) {
        if (i % 5 == 0) {
            struct bytes body = {0};
            bytes_put(&body, NULL, 5);
            put_block(bytes, big, 0x0bad0bad, &body);
            mark_cut(written, i);
        }
        pcapng_put_packet(bytes, big, encoding->block_type, 0,
                          (uint64_t)samples[i].time_us * encoding->units_per_us, &samples[i], i);
        mark_cut(written, i + 1);
    }
}

const struct encoding encodings[] = {
    {"pcap little-endian us", pcap_write, false, 1, .magic = 0xa1b2c3d4, .minor = 4},
    {"pcap big-endian us", pcap_write, true, 1, .magic = 0xa1b2c3d4, .minor = 4},
    {"pcap little-endian ns", pcap_write, false, 1000, .magic = 0xa1b23c4d, .minor = 4},
    {"pcap big-endian ns", pcap_write, true, 1000, .magic = 0xa1b23c4d, .minor = 4},
    {"pcap modified", pcap_write, false, 1, .magic = 0xa1b2cd34, .minor = 4, .record_extra = 8},
    {"pcap modified big-endian", pcap_write, true, 1, .magic = 0xa1b2cd34, .minor = 4,
     .record_extra = 8},
    {"pcap 2.2", pcap_write, true, 1, .magic = 0xa1b2c3d4, .minor = 2, .lengths_swapped = true},
    {"pcap 2.3", pcap_write, false, 1, .magic = 0xa1b2c3d4, .minor = 3},
    {"pcapng little-endian us", pcapng_write, false, 1, .block_type = PACKET},
    {"pcapng big-endian us", pcapng_write, true, 1, .block_type = PACKET},
    {"pcapng little-endian ns", pcapng_write, false, 1000, .block_type = PACKET},
    {"pcapng big-endian ns", pcapng_write, true, 1000, .block_type = PACKET},
    {"pcapng old packets", pcapng_write, false, 1, .block_type = PACKET_OLD},
    {"pcapng old packets big-endian", pcapng_write, true, 1, .block_type = PACKET_OLD},
};
const size_t encoding_count = sizeof(encodings) / sizeof(encodings[0]);
