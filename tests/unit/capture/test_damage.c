// SPDX-License-Identifier: Apache-2.0
// Records that lie: what is whole before them comes out, the rest is a loss that says where and
// why.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"

static const struct sample good = {INT64_C(1700000000000000), 60, 60};
static const struct sample half_of_frame = {INT64_C(1700000000000000), 60, 30};

// Reads to the end; returns how many packets came out.
static uint64_t drain(struct capture *capture)
{
    struct packet packets[CAPTURE_BURST_MAX];
    uint64_t seen = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX)) != CAPTURE_END) {
        seen += (uint64_t)received;
        capture_release(capture);
    }
    return seen;
}

// Each writes what stands between two good packets.

static void pcap_absurd_length(struct bytes *bytes)
{
    pcap_put_record(bytes, &encodings[0], &(struct sample){0, 0, 60}, 0);
    memset(bytes->data + bytes->size - 8, 0xff, 4);
}

static void pcap_longest_and_one(struct bytes *bytes)
{
    pcap_put_record(bytes, &encodings[0], &(struct sample){0, 262145, 262145}, 0);
}

// No damage: some writers put 0 for the frame's length, or leave a trailer out of it.
static void pcap_frame_shorter_than_record(struct bytes *bytes)
{
    pcap_put_record(bytes, &encodings[0], &half_of_frame, 0);
}

static void put_block_of(struct bytes *bytes, uint32_t type, size_t body_size)
{
    struct bytes body = {0};
    bytes_put(&body, NULL, body_size);
    pcapng_put_block(bytes, false, type, &body);
    bytes_free(&body);
}

static void pcapng_length_below_least(struct bytes *bytes)
{
    bytes_put_u32(bytes, 5, false);
    bytes_put_u32(bytes, 8, false);
}

static void pcapng_length_not_in_fours(struct bytes *bytes)
{
    bytes_put_u32(bytes, 5, false);
    bytes_put_u32(bytes, 13, false);
    bytes_put(bytes, NULL, 5);
}

static void pcapng_length_absurd(struct bytes *bytes)
{
    bytes_put_u32(bytes, 5, false);
    bytes_put_u32(bytes, 0xfffffff0, false);
}

static void pcapng_lengths_differ(struct bytes *bytes)
{
    put_block_of(bytes, 5, 8);
    bytes->data[bytes->size - 4]++;
}

static void pcapng_packet_block_too_short(struct bytes *bytes)
{
    put_block_of(bytes, 6, 16);
}

static void pcapng_packet_over_block(struct bytes *bytes)
{
    size_t at = bytes->size;
    pcapng_put_packet(bytes, false, 6, 0, 0, &good, 0);
    bytes->data[at + 20] = 61; // its captured length, over the block's room
}

static void pcapng_unknown_interface(struct bytes *bytes)
{
    pcapng_put_packet(bytes, false, 6, 1, 0, &good, 0);
}

static void pcapng_simple_over_block(struct bytes *bytes)
{
    size_t at = bytes->size;
    pcapng_put_simple(bytes, false, &good, 0);
    bytes->data[at + 8] = 61;
}

static void pcapng_section_without_magic(struct bytes *bytes)
{
    size_t at = bytes->size;
    pcapng_put_section(bytes, false, 1);
    bytes->data[at + 8] = 0;
}

static void pcapng_section_version(struct bytes *bytes)
{
    pcapng_put_section(bytes, true, 2);
}

static void pcapng_section_without_interface(struct bytes *bytes)
{
    pcapng_put_section(bytes, false, 1);
}

static void pcapng_simple_without_interface(struct bytes *bytes)
{
    pcapng_put_section(bytes, false, 1);
    pcapng_put_simple(bytes, false, &good, 0);
}

// No damage: sections of both byte orders in one file, as by concatenation.
static void pcapng_section_of_other_order(struct bytes *bytes)
{
    pcapng_put_section(bytes, true, 1);
    pcapng_put_interface(bytes, true, 101, NULL);
    pcapng_put_packet(bytes, true, 6, 0, 0, &good, 0);
    pcapng_put_section(bytes, false, 1);
    pcapng_put_interface(bytes, false, 1, NULL);
}

static void pcapng_frame_shorter_than_record(struct bytes *bytes)
{
    pcapng_put_packet(bytes, false, 6, 0, 0, &half_of_frame, 0);
}

// No damage: an option that runs past its block is left out.
static void pcapng_option_too_long(struct bytes *bytes)
{
    struct bytes options = {0};
    bytes_put_u16(&options, 9, false);
    bytes_put_u16(&options, 100, false);
    pcapng_put_interface(bytes, false, 1, &options);
    bytes_free(&options);
}

enum { PCAP, PCAPNG };

static const struct damage {
    const char *name;
    int format;
    void (*put)(struct bytes *bytes);
    uint64_t received; // of the packet before it, its own, the packet behind it
    const char *cause; // NULL: no loss
    const char *detail;
    size_t offset; // of the loss, from what `put` wrote
} damages[] = {
    {"pcap absurd length", PCAP, pcap_absurd_length, 1, "corrupt_record", "4294967295 octets", 0},
    {"pcap longest and one", PCAP, pcap_longest_and_one, 1, "corrupt_record", "262145 octets", 0},
    {"pcap frame shorter than record", PCAP, pcap_frame_shorter_than_record, 3, NULL, NULL, 0},
    {"pcapng length below least", PCAPNG, pcapng_length_below_least, 1, "corrupt_record",
     "of 8 octets", 0},
    {"pcapng length not in fours", PCAPNG, pcapng_length_not_in_fours, 1, "corrupt_record",
     "of 13 octets", 0},
    {"pcapng length absurd", PCAPNG, pcapng_length_absurd, 1, "corrupt_record",
     "of 4294967280 octets", 0},
    {"pcapng lengths differ", PCAPNG, pcapng_lengths_differ, 1, "corrupt_record",
     "two lengths differ", 0},
    {"pcapng packet block too short", PCAPNG, pcapng_packet_block_too_short, 1, "corrupt_record",
     "of 28 octets", 0},
    {"pcapng packet over block", PCAPNG, pcapng_packet_over_block, 1, "corrupt_record", "61 octets",
     0},
    {"pcapng unknown interface", PCAPNG, pcapng_unknown_interface, 1, "corrupt_record",
     "interface 1", 0},
    {"pcapng simple over block", PCAPNG, pcapng_simple_over_block, 1, "corrupt_record", "61 octets",
     0},
    {"pcapng section without magic", PCAPNG, pcapng_section_without_magic, 1, "corrupt_record",
     "byte-order magic", 0},
    {"pcapng section version", PCAPNG, pcapng_section_version, 1, "corrupt_record", "version", 0},
    {"pcapng section without interface", PCAPNG, pcapng_section_without_interface, 1,
     "corrupt_record", "describes 0", 28},
    {"pcapng simple without interface", PCAPNG, pcapng_simple_without_interface, 1,
     "corrupt_record", "describes 0", 28},
    {"pcapng section of other order", PCAPNG, pcapng_section_of_other_order, 3, NULL, NULL, 0},
    {"pcapng frame shorter than record", PCAPNG, pcapng_frame_shorter_than_record, 3, NULL, NULL,
     0},
    {"pcapng option too long", PCAPNG, pcapng_option_too_long, 2, NULL, NULL, 0},
};

static void put_before(struct bytes *bytes, int format)
{
    if (format == PCAP) {
        pcap_put_header(bytes, &encodings[0], 1);
        pcap_put_record(bytes, &encodings[0], &good, 0);
    } else {
        pcapng_put_section(bytes, false, 1);
        pcapng_put_interface(bytes, false, 1, NULL);
        pcapng_put_packet(bytes, false, 6, 0, (uint64_t)good.time_us, &good, 0);
    }
}

static void put_behind(struct bytes *bytes, int format)
{
    if (format == PCAP) {
        pcap_put_record(bytes, &encodings[0], &good, 0);
    } else {
        pcapng_put_packet(bytes, false, 6, 0, (uint64_t)good.time_us, &good, 0);
    }
}

static void damaged_record_ends_the_file(void **state)
{
    const struct damage *damage = *state;
    struct bytes bytes = {0};
    put_before(&bytes, damage->format);
    size_t offset = bytes.size + damage->offset;
    damage->put(&bytes);
    put_behind(&bytes, damage->format);

    struct capture *capture;
    struct error err;
    assert_int_equal(file_carry(&bytes, &capture, &err), 0);
    assert_int_equal(drain(capture), damage->received);
    struct capture_stats stats;
    capture->ops->stats(capture, &stats);
    assert_int_equal(stats.received, damage->received);
    const struct capture_loss *losses;
    size_t loss_count = capture->ops->losses(capture, &losses);
    assert_int_equal(loss_count, damage->cause != NULL);
    if (loss_count > 0) {
        assert_string_equal(losses[0].cause, damage->cause);
        assert_non_null(strstr(losses[0].detail, damage->detail));
        assert_int_equal(losses[0].offset, offset);
        assert_int_equal(losses[0].bytes, bytes.size - offset);
    }
    capture->ops->close(capture);
    bytes_free(&bytes);
}

static void frames_are_never_shorter_than_their_record(void **state)
{
    (void)state;
    for (int format = PCAP; format <= PCAPNG; format++) {
        struct bytes bytes = {0};
        put_before(&bytes, format);
        (format == PCAP ? pcap_frame_shorter_than_record
                        : pcapng_frame_shorter_than_record)(&bytes);
        struct capture *capture;
        struct error err;
        assert_int_equal(file_carry(&bytes, &capture, &err), 0);
        struct packet packets[2];
        assert_int_equal(capture_rx_burst(capture, packets, 2), 2);
        assert_int_equal(packets[1].captured_bytes, 60);
        assert_int_equal(packets[1].wire_bytes, 60);
        capture->ops->close(capture);
        bytes_free(&bytes);
    }
}

static void bytes_copy(const struct bytes *plain, struct bytes *copy)
{
    bytes_put(copy, plain->data, plain->size);
}

// Whatever octet of a file is turned over, reading it ends, and no more packets come out than a
// damage can make of the octets at hand: a record takes 16 at the least.
static void any_octet_may_be_damaged(void **state)
{
    (void)state;
    for (size_t way = 0; way < encoding_count * carrier_count; way++) {
        const struct encoding *encoding = &encodings[way / carrier_count];
        const struct carrier *carrier = &carriers[way % carrier_count];
        const struct sample samples[] = {good, good, good};
        struct written written = {0};
        encoding->write(encoding, 1, samples, 3, &written);
        struct bytes stored = {0};
        (carrier->pack != NULL ? carrier->pack : bytes_copy)(&written.bytes, &stored);
        for (size_t i = 0; i < stored.size; i++) {
            stored.data[i] ^= 0xff;
            struct capture *capture;
            struct error err;
            if (carrier->open(&stored, &capture, &err) == 0) {
                assert_true(drain(capture) <= written.bytes.size / 16);
                capture->ops->close(capture);
            }
            stored.data[i] ^= 0xff;
        }
        bytes_free(&stored);
        bytes_free(&written.bytes);
    }
}

static void damaged_packing_is_a_loss(void **state)
{
    (void)state;
    static void (*const packs[])(const struct bytes *, struct bytes *) = {gzip_pack, zstd_pack};
    for (size_t pack = 0; pack < sizeof(packs) / sizeof(packs[0]); pack++) {
        struct written written = {0};
        static const struct sample samples[4000];
        encodings[0].write(&encodings[0], 1, samples, 4000, &written);
        struct bytes packed = {0};
        packs[pack](&written.bytes, &packed);
        // Behind the last member stands what is none.
        bytes_put(&packed, "0123456789abcdef", 16);
        struct capture *capture;
        struct error err;
        assert_int_equal(file_carry(&packed, &capture, &err), 0);
        assert_int_equal(drain(capture), 4000);
        const struct capture_loss *losses;
        assert_int_equal(capture->ops->losses(capture, &losses), 1);
        assert_string_equal(losses[0].cause, "corrupt_stream");
        assert_int_equal(losses[0].offset, written.bytes.size);
        capture->ops->close(capture);
        bytes_free(&packed);
        bytes_free(&written.bytes);
    }
}

// A file that somebody cuts while it is mapped must not end the process.
static void file_cut_while_read_is_a_loss(void **state)
{
    (void)state;
    enum { PACKETS = 40, PACKETS_LEFT = 30 };
    struct bytes bytes = {0};
    pcap_put_header(&bytes, &encodings[0], 1);
    const struct sample large = {good.time_us, 262144, 262144};
    for (size_t i = 0; i < PACKETS; i++) {
        pcap_put_record(&bytes, &encodings[0], &large, i);
    }
    char path[PATH_BYTES];
    int fd = file_of(&bytes, path);
    const char *paths[] = {path};
    struct capture *capture;
    struct error err;
    assert_int_equal(capture_open_files(&capture, paths, 1, 0, &err), 0);

    struct packet packets[2];
    assert_int_equal(capture_rx_burst(capture, packets, 2), 2);
    capture_release(capture);
    size_t left = 24 + PACKETS_LEFT * (16 + 262144) + 1000;
    assert_int_equal(ftruncate(fd, (off_t)left), 0);
    assert_int_equal(drain(capture), PACKETS_LEFT - 2);
    const struct capture_loss *losses;
    assert_int_equal(capture->ops->losses(capture, &losses), 1);
    assert_string_equal(losses[0].cause, "unreadable");
    assert_int_equal(losses[0].offset, left - 1000);
    assert_int_equal(losses[0].bytes, bytes.size - (left - 1000));

    capture->ops->close(capture);
    close(fd);
    bytes_free(&bytes);
}

int main(void)
{
    enum { DAMAGES = sizeof(damages) / sizeof(damages[0]) };
    struct CMUnitTest damage_tests[DAMAGES];
    for (size_t i = 0; i < DAMAGES; i++) {
        damage_tests[i] = (struct CMUnitTest){
            .name = damages[i].name,
            .test_func = damaged_record_ends_the_file,
            .initial_state = (void *)&damages[i],
        };
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_never_shorter_than_their_record),
        cmocka_unit_test(any_octet_may_be_damaged),
        cmocka_unit_test(damaged_packing_is_a_loss),
        cmocka_unit_test(file_cut_while_read_is_a_loss),
    };
    return cmocka_run_group_tests(damage_tests, NULL, NULL) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
