// SPDX-License-Identifier: Apache-2.0
// The first octets of a payload: whose they are, and that nobody's are guessed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dataplane/parse/walk.h"
#include "tests/unit/parse/frame_text.h"

#define SPOKEN "5353482d322e302d" // "SSH-2.0-"

static const struct parse_options usual = {.vlan_in_key = true, .decap_tunnels = true};

static const struct payload_case {
    const char *name;
    const char *frame;
    bool told;
} rows[] = {
    {"tcp", "@eth 0800 @a4:06 @tcp " SPOKEN, true},
    {"tcp, more of it", "@eth 0800 @a4:06 @tcp " SPOKEN " @data:100", true},
    {"tcp, ipv6", "@eth 86dd @a6:06 @tcp " SPOKEN, true},
    {"tcp in a vlan", "@eth 8100 0064 0800 @a4:06 @tcp " SPOKEN, true},
    {"tcp behind options",
     "@eth 0800 @a4:06 03e807d0 01020304 05060708 8010 0000 00000000 0101080a "
     "0000000100000002 " SPOKEN,
     true},
    {"tcp behind options of ip",
     "@eth 0800 4600 0034 0000 4000 4006 0000 0a000001 0a000002 01010101 "
     "03e807d0 01020304 05060708 5018 0000 00000000 " SPOKEN,
     true},
    {"tcp, an octet short", "@eth 0800 @a4:06 @tcp 5353482d322e30", false},
    {"tcp, only padding", "@eth 0800 @a4:06 @tcp @end " SPOKEN, false},
    {"tcp, an octet and padding", "@eth 0800 @a4:06 @tcp 53 @end 53482d322e302d00", false},
    {"tcp, zeros", "@eth 0800 @a4:06 @tcp 0000000000000000 @data:20", false},
    {"udp", "@eth 0800 @a4:11 @udp " SPOKEN, true},
    {"udp, ipv6", "@eth 86dd @a6:11 @udp " SPOKEN, true},
    {"udp, an octet short", "@eth 0800 @a4:11 @udp 5353482d322e30 @end @data:20", false},
    {"udp, first fragment", "@eth 0800 @a4:11,2000,abcd @udp " SPOKEN, true},
    {"udp, later fragment", "@eth 0800 @a4:11,2002,abcd " SPOKEN SPOKEN SPOKEN, false},
    {"what a tunnel hides",
     "@eth 0800 @ip4:11 @udp:50000,4789 08000000 00123400 0a0000000001 0a0000000002 0800 "
     "@a4:06 @tcp " SPOKEN,
     true},
    {"what a tunnel hides says nothing",
     "@eth 0800 @ip4:11 @udp:50000,4789 08000000 00123400 0a0000000001 0a0000000002 0800 "
     "@a4:01 0800 0000 00000000 @data:20",
     false},
    {"no tunnel on a tunnel's port", "@eth 0800 @ip4:11 @udp:50000,6081 " SPOKEN, true},
    {"icmp", "@eth 0800 @a4:01 0800 0000 00000000 " SPOKEN SPOKEN, false},
    {"no ports", "@eth 0800 @a4:fd " SPOKEN SPOKEN, false},
};

// In memory of just the captured size, so that a read behind it is caught.
static uint64_t payload_of(const struct payload_case *row, uint32_t cut, bool walks)
{
    struct frame frame = {.swapped = false};
    frame_append(&frame, row->frame);
    frame_end(&frame);
    uint8_t *octets = malloc(frame.bytes - cut);
    assert_non_null(octets);
    memcpy(octets, frame.octets, frame.bytes - cut);
    struct packet packet = {.data = octets,
                            .captured_bytes = frame.bytes - cut,
                            .wire_bytes = frame.bytes,
                            .link_type = LINK_ETHERNET};
    struct facts facts;
    memset(&facts, 0xa5, sizeof(facts));
    enum parse_reject reject =
        walks ? walk_packet(&packet, &usual, &facts) : parse_packet(&packet, &usual, &facts);
    free(octets);
    assert_int_equal(reject, PARSE_OK);
    return facts.payload;
}

static void the_first_eight_octets_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t expected = 0;
        if (rows[i].told) {
            memcpy(&expected, "SSH-2.0-", sizeof(expected));
        }
        for (unsigned walks = 0; walks < 2; walks++) {
            if (payload_of(&rows[i], 0, walks) != expected) {
                fail_msg("%s: it is %s, path %u", rows[i].name, rows[i].told ? "missed" : "guessed",
                         walks);
            }
        }
    }
}

static void what_is_cut_is_not_guessed(void **state)
{
    (void)state;
    for (unsigned walks = 0; walks < 2; walks++) {
        assert_int_equal(payload_of(&rows[0], 1, walks), 0);
        assert_int_equal(payload_of(&rows[0], 8, walks), 0);
        assert_int_not_equal(payload_of(&rows[1], 100, walks), 0);
        assert_int_equal(payload_of(&rows[1], 101, walks), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_eight_octets_are_told),
        cmocka_unit_test(what_is_cut_is_not_guessed),
    };
    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
