// SPDX-License-Identifier: Apache-2.0
// What a packet's link type and time are, by what its file says of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"

enum { REFUSED = LINK_UNSUPPORTED };

static const struct link_case {
    const char *name;
    uint32_t number;
    int link_type;
    const char *detail; // of the loss, where refused
} link_cases[] = {
    {"null", 0, LINK_NULL, NULL},
    {"Ethernet", 1, LINK_ETHERNET, NULL},
    {"PPP", 9, LINK_PPP, NULL},
    {"raw IP, as BSD numbers it", 12, LINK_RAW_IP, NULL},
    {"raw IP, as OpenBSD numbers it", 14, LINK_RAW_IP, NULL},
    {"PPP in HDLC framing", 50, LINK_PPP, NULL},
    {"raw IP", 101, LINK_RAW_IP, NULL},
    {"Cisco HDLC", 104, LINK_CISCO_HDLC, NULL},
    {"loopback of OpenBSD", 108, LINK_LOOP, NULL},
    {"Linux cooked", 113, LINK_LINUX_SLL, NULL},
    {"IPv4", 228, LINK_RAW_IP, NULL},
    {"IPv6", 229, LINK_RAW_IP, NULL},
    {"Linux cooked v2", 276, LINK_LINUX_SLL2, NULL},
    {"PPPoE", 51, REFUSED, "link type 51 (PPP_ETHER) is not supported; expected Ethernet, raw IP"},
    {"IEEE 802.11", 105, REFUSED, "link type 105 (IEEE802_11) is not supported"},
    {"no name", 9999, REFUSED, "link type 9999 (no name known) is not supported"},
};

// The packets of a capture, at most 8 of them.
static int read_all(struct capture *capture, struct packet *packets)
{
    int received = capture_rx_burst(capture, packets, 8);
    if (received == CAPTURE_END) {
        received = 0;
    }
    struct packet more;
    assert_int_equal(capture_rx_burst(capture, &more, 1), CAPTURE_END);
    return received;
}

static void assert_link_type(const struct link_case *link, const struct bytes *bytes,
                             uint64_t loss_offset)
{
    struct capture *capture;
    struct error err;
    assert_int_equal(file_carry(bytes, &capture, &err), 0);
    bool refused = link->link_type == REFUSED;
    struct packet packets[8];
    assert_int_equal(read_all(capture, packets), refused ? 0 : 2);
    struct capture_stats stats;
    capture->ops->stats(capture, &stats);
    assert_int_equal(stats.received, 2);
    assert_int_equal(stats.wire_bytes, 2 * 1000);
    assert_int_equal(stats.drops[CAPTURE_DROP_LINK_TYPE], refused ? 2 : 0);
    assert_int_equal(stats.unordered, refused ? 0 : 1);
    const struct capture_loss *losses;
    assert_int_equal(capture->ops->losses(capture, &losses), refused);
    if (refused) {
        assert_string_equal(losses[0].cause, "link_type");
        assert_non_null(strstr(losses[0].detail, link->detail));
        assert_int_equal(losses[0].offset, loss_offset);
    } else {
        assert_int_equal(packets[0].link_type, link->link_type);
    }
    capture->ops->close(capture);
}

static void link_type_is_known_or_refused(void **state)
{
    const struct link_case *link = *state;
    const struct sample samples[] = {{7, 60, 1000}, {6, 60, 1000}};
    for (size_t i = 0; i < encoding_count; i++) {
        struct written written = {0};
        encodings[i].write(&encodings[i], (uint16_t)link->number, samples, 2, &written);
        size_t first = 0; // the cut before the first packet
        while (written.cuts[first + 1].packets == 0) {
            first++;
        }
        assert_link_type(link, &written.bytes, written.cuts[first].bytes);
        bytes_free(&written.bytes);
    }
}

// The upper bits of the number say how long the frame check sequences are.
static void frame_check_bits_are_no_link_type(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    pcap_put_header(&bytes, &encodings[1], 0x24000000 | 1);
    pcap_put_record(&bytes, &encodings[1], &(struct sample){7, 60, 1000}, 0);
    pcap_put_record(&bytes, &encodings[1], &(struct sample){6, 60, 1000}, 0);
    assert_link_type(&link_cases[1], &bytes, 0);
    bytes_free(&bytes);
}

static void packets_name_their_interface(void **state)
{
    (void)state;
    enum { INTERFACES = 20, PACKETS = 6, LAST = PACKET_INTERFACES - 1 };
    static const uint8_t numbers[PACKETS] = {1, 0, LAST - 1, LAST, LAST + 1, INTERFACES - 1};
    static const uint8_t told[PACKETS] = {1, 0, LAST - 1, LAST, LAST, LAST};
    struct bytes bytes = {0};
    pcapng_put_section(&bytes, false, 1);
    const struct sample sample = {0, 60, 60};
    for (unsigned i = 0; i < INTERFACES; i++) {
        pcapng_put_interface(&bytes, false, 1, NULL);
    }
    for (unsigned i = 0; i < PACKETS; i++) {
        pcapng_put_packet(&bytes, false, 6, numbers[i], 0, &sample, 0);
    }
    struct capture *capture;
    struct error err;
    assert_int_equal(file_carry(&bytes, &capture, &err), 0);
    struct packet packets[8];
    assert_int_equal(read_all(capture, packets), PACKETS);
    for (unsigned i = 0; i < PACKETS; i++) {
        assert_int_equal(packets[i].interface, told[i]);
    }
    capture->ops->close(capture);
    bytes_free(&bytes);
}

static void one_file_may_have_many_link_types(void **state)
{
    (void)state;
    enum { INTERFACES = 40 };
    struct bytes bytes = {0};
    pcapng_put_section(&bytes, false, 1);
    const struct sample sample = {0, 60, 60};
    for (uint16_t i = 0; i < INTERFACES; i++) {
        pcapng_put_interface(&bytes, false,
                             i == 0   ? 1
                             : i == 1 ? 101
                                      : (uint16_t)(200 + i % 20),
                             NULL);
        pcapng_put_packet(&bytes, false, 6, i, 0, &sample, 0);
    }
    struct capture *capture;
    struct error err;
    assert_int_equal(file_carry(&bytes, &capture, &err), 0);
    struct packet packets[8];
    assert_int_equal(read_all(capture, packets), 2);
    assert_int_equal(packets[0].link_type, LINK_ETHERNET);
    assert_int_equal(packets[1].link_type, LINK_RAW_IP);
    struct capture_stats stats;
    capture->ops->stats(capture, &stats);
    assert_int_equal(stats.received, INTERFACES);
    assert_int_equal(stats.drops[CAPTURE_DROP_LINK_TYPE], INTERFACES - 2);
    const struct capture_loss *losses;
    size_t loss_count = capture->ops->losses(capture, &losses);
    assert_int_equal(loss_count, CAPTURE_LOSSES_MAX - 1);
    for (size_t i = 1; i < loss_count; i++) {
        assert_string_not_equal(losses[i].detail, losses[i - 1].detail);
    }
    capture->ops->close(capture);
    bytes_free(&bytes);
}

#define FAR INT64_C(1152921504606846976) // where times are clamped

static const struct time_case {
    const char *name;
    int resolution; // if_tsresol; -1: not given
    int64_t offset_s;
    uint64_t units;
    int64_t time_us;
} time_cases[] = {
    {"microseconds by default", -1, 0, 1700000000123456, 1700000000123456},
    {"seconds", 0, 0, 1700000000, 1700000000000000},
    {"milliseconds", 3, 0, 1700000000123, 1700000000123000},
    {"microseconds", 6, 0, 1700000000123456, 1700000000123456},
    {"nanoseconds", 9, 0, 1700000000123456789, 1700000000123456},
    {"picoseconds", 12, 0, 5000000, 5},
    {"ten to the minus 25", 25, 0, UINT64_MAX, 1},
    {"ten to the minus 127", 127, 0, UINT64_MAX, 0},
    {"two to the minus 0", 0x80, 0, 1700000000, 1700000000000000},
    {"two to the minus 20", 0x80 | 20, 0, 3 << 19, 1500000},
    {"two to the minus 32", 0x80 | 32, 0, UINT64_C(1700000000) << 32 | 0x80000000,
     1700000000500000},
    {"two to the minus 127", 0x80 | 127, 0, UINT64_MAX, 0},
    {"offset", -1, 1000, 5, 1000000005},
    {"offset before the epoch", -1, -2, 5, -1999995},
    {"absurd seconds", 0, 0, UINT64_MAX, FAR},
    {"absurd microseconds", 6, 0, UINT64_MAX, FAR},
    {"absurd offset", 6, INT64_MAX, UINT64_MAX, FAR + FAR / 1000000 * 1000000},
    {"absurd offset before the epoch", 6, INT64_MIN, 0, -(FAR / 1000000 * 1000000)},
};

static void time_is_told_by_the_interface(void **state)
{
    const struct time_case *time = *state;
    for (int big = 0; big <= 1; big++) {
        struct bytes options = {0};
        // Given as often as there is room for; once would do.
        for (int i = 0; time->resolution >= 0 && i < 70; i++) {
            uint8_t resolution = (uint8_t)time->resolution;
            pcapng_put_option(&options, big, 9, &resolution, 1);
        }
        struct bytes offset = {0};
        bytes_put_u64(&offset, (uint64_t)time->offset_s, big);
        pcapng_put_option(&options, big, 14, offset.data, 8);
        struct bytes bytes = {0};
        pcapng_put_section(&bytes, big, 1);
        pcapng_put_interface(&bytes, big, 1, &options);
        const struct sample sample = {0, 60, 60};
        pcapng_put_packet(&bytes, big, 6, 0, time->units, &sample, 0);
        pcapng_put_simple(&bytes, big, &sample, 0); // which has no time of its own

        struct capture *capture;
        struct error err;
        assert_int_equal(file_carry(&bytes, &capture, &err), 0);
        struct packet packets[8];
        assert_int_equal(read_all(capture, packets), 2);
        assert_int_equal(packets[0].time_us, time->time_us);
        assert_int_equal(packets[1].time_us, time->time_us);
        assert_int_equal(packets[1].captured_bytes, 60);
        capture->ops->close(capture);
        bytes_free(&bytes);
        bytes_free(&offset);
        bytes_free(&options);
    }
}

// A record may claim any fraction of a second, and a second up to the year 2106.
static void absurd_fractions_are_added(void **state)
{
    (void)state;
    struct bytes bytes = {0};
    pcap_put_header(&bytes, &encodings[0], 1);
    pcap_put_record(&bytes, &encodings[0], &(struct sample){0, 4, 4}, 0);
    memset(bytes.data + 24, 0xff, 8);
    struct capture *capture;
    struct error err;
    assert_int_equal(file_carry(&bytes, &capture, &err), 0);
    struct packet packets[8];
    assert_int_equal(read_all(capture, packets), 1);
    assert_int_equal(packets[0].time_us, INT64_C(4294967295) * 1000001);
    capture->ops->close(capture);
    bytes_free(&bytes);
}

int main(void)
{
    enum {
        LINK_CASES = sizeof(link_cases) / sizeof(link_cases[0]),
        TIME_CASES = sizeof(time_cases) / sizeof(time_cases[0]),
    };
    struct CMUnitTest link_tests[LINK_CASES];
    for (size_t i = 0; i < LINK_CASES; i++) {
        link_tests[i] = (struct CMUnitTest){link_cases[i].name, link_type_is_known_or_refused, NULL,
                                            NULL, (void *)&link_cases[i]};
    }
    struct CMUnitTest time_tests[TIME_CASES];
    for (size_t i = 0; i < TIME_CASES; i++) {
        time_tests[i] = (struct CMUnitTest){time_cases[i].name, time_is_told_by_the_interface, NULL,
                                            NULL, (void *)&time_cases[i]};
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_check_bits_are_no_link_type),
        cmocka_unit_test(one_file_may_have_many_link_types),
        cmocka_unit_test(packets_name_their_interface),
        cmocka_unit_test(absurd_fractions_are_added),
    };
    return cmocka_run_group_tests(link_tests, NULL, NULL) +
           cmocka_run_group_tests(time_tests, NULL, NULL) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
