// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/parse/frame_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const uint8_t frame_outer_ipv4[8] = {192, 0, 2, 1, 192, 0, 2, 2};
const uint8_t frame_outer_ipv6[32] = {
    0x20, 0x01, 0x0d, 0xb8, [15] = 1, [16] = 0x20, 0x01, 0x0d, 0xb8, [31] = 2};
const uint8_t frame_flow_ipv4[8] = {10, 0, 0, 1, 10, 0, 0, 2};
const uint8_t frame_flow_ipv6[32] = {0xfd, [15] = 1, [16] = 0xfd, [31] = 2};
const uint8_t frame_macs[12] = {2, 0, 0, 0, 0, 0xdd, 2, 0, 0, 0, 0, 0x55};

static uint8_t *octets_add(struct frame *frame, const void *octets, uint32_t count)
{
    uint8_t *at = frame->octets + frame->bytes;
    assert_true(frame->bytes + count <= sizeof(frame->octets));
    if (octets != NULL) {
        memcpy(at, octets, count);
    } else {
        memset(at, 0, count);
    }
    frame->bytes += count;
    return at;
}

static void be16_store(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void length_add(struct frame *frame, const uint8_t *at, uint32_t from)
{
    const unsigned i = frame->length_count++;
    assert_true(i < sizeof(frame->lengths) / sizeof(frame->lengths[0]));
    frame->lengths[i].at = (uint32_t)(at - frame->octets);
    frame->lengths[i].from = from;
}

static void addresses_add(struct frame *frame, const uint8_t *addresses, uint32_t each,
                          bool swapped)
{
    octets_add(frame, addresses + (swapped ? each : 0), each);
    octets_add(frame, addresses + (swapped ? 0 : each), each);
}

static void ipv4_add(struct frame *frame, const char *arguments, bool is_flow)
{
    unsigned protocol = 0, fragment = 0x4000, id = 0x1234;
    assert_true(sscanf(arguments, "%x,%x,%x", &protocol, &fragment, &id) >= 1);
    const uint32_t start = frame->bytes;
    uint8_t *header = octets_add(frame, NULL, 12);
    header[0] = 0x45;
    header[1] = is_flow ? FRAME_FLOW_TOS : FRAME_OUTER_TOS;
    length_add(frame, header + 2, start);
    be16_store(header + 4, id);
    be16_store(header + 6, fragment);
    header[8] = is_flow ? FRAME_FLOW_TTL : FRAME_OUTER_TTL;
    header[9] = (uint8_t)protocol;
    addresses_add(frame, is_flow ? frame_flow_ipv4 : frame_outer_ipv4, 4,
                  is_flow && frame->swapped);
}

static void ipv6_add(struct frame *frame, const char *arguments, bool is_flow)
{
    unsigned next = 0;
    assert_int_equal(sscanf(arguments, "%x", &next), 1);
    const unsigned tos = is_flow ? FRAME_FLOW_TOS : FRAME_OUTER_TOS;
    const uint32_t start = frame->bytes;
    uint8_t *header = octets_add(frame, NULL, 8);
    be16_store(header, 0x6000 | tos << 4);
    length_add(frame, header + 4, start + 40);
    header[6] = (uint8_t)next;
    header[7] = is_flow ? FRAME_FLOW_TTL : FRAME_OUTER_TTL;
    addresses_add(frame, is_flow ? frame_flow_ipv6 : frame_outer_ipv6, 16,
                  is_flow && frame->swapped);
}

static void ports_add(struct frame *frame, unsigned source, unsigned destination)
{
    uint8_t *ports = octets_add(frame, NULL, 4);
    be16_store(ports, source);
    be16_store(ports + 2, destination);
}

static void flow_ports_add(struct frame *frame)
{
    if (frame->swapped) {
        ports_add(frame, FRAME_FLOW_DESTINATION_PORT, FRAME_FLOW_SOURCE_PORT);
    } else {
        ports_add(frame, FRAME_FLOW_SOURCE_PORT, FRAME_FLOW_DESTINATION_PORT);
    }
}

static void udp_add(struct frame *frame, const char *arguments)
{
    unsigned source, destination;
    const uint32_t start = frame->bytes;
    if (sscanf(arguments, "%u,%u", &source, &destination) == 2) {
        ports_add(frame, source, destination);
    } else {
        flow_ports_add(frame);
    }
    length_add(frame, octets_add(frame, NULL, 4), start);
}

static void macro_add(struct frame *frame, const char *name, const char *arguments)
{
    static const uint8_t tcp[16] = {1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18};
    const unsigned number = (unsigned)strtoul(arguments, NULL, 10);

    if (strcmp(name, "eth") == 0) {
        octets_add(frame, frame_macs, sizeof(frame_macs));
    } else if (strcmp(name, "ip4") == 0 || strcmp(name, "a4") == 0) {
        ipv4_add(frame, arguments, name[0] == 'a');
    } else if (strcmp(name, "ip6") == 0 || strcmp(name, "a6") == 0) {
        ipv6_add(frame, arguments, name[0] == 'a');
    } else if (strcmp(name, "tcp") == 0) {
        flow_ports_add(frame);
        octets_add(frame, tcp, sizeof(tcp));
    } else if (strcmp(name, "udp") == 0) {
        udp_add(frame, arguments);
    } else if (strcmp(name, "len") == 0) {
        uint8_t *at = octets_add(frame, NULL, 2);
        length_add(frame, at, frame->bytes + number);
    } else if (strcmp(name, "data") == 0) {
        memset(octets_add(frame, NULL, number), 0xee, number);
    } else if (strcmp(name, "end") == 0) {
        frame_end(frame);
    } else {
        fail_msg("no such word: @%s", name);
    }
}

static void hex_add(struct frame *frame, const char *word)
{
    const size_t length = strlen(word);
    if (length % 2 != 0) {
        fail_msg("half an octet: %s", word);
    }
    for (size_t i = 0; i < length; i += 2) {
        unsigned octet;
        if (sscanf(word + i, "%2x", &octet) != 1) {
            fail_msg("no hex: %s", word);
        }
        *octets_add(frame, NULL, 1) = (uint8_t)octet;
    }
}

void frame_append(struct frame *frame, const char *text)
{
    char words[2048], *rest = NULL;
    assert_true(strlen(text) < sizeof(words));
    strcpy(words, text);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        if (word[0] != '@') {
            hex_add(frame, word);
            continue;
        }
        char *arguments = strchr(word, ':');
        if (arguments != NULL) {
            *arguments++ = '\0';
        }
        macro_add(frame, word + 1, arguments != NULL ? arguments : "");
    }
}

void frame_end(struct frame *frame)
{
    for (unsigned i = 0; i < frame->length_count; i++) {
        be16_store(frame->octets + frame->lengths[i].at, frame->bytes - frame->lengths[i].from);
    }
    frame->length_count = 0;
}
