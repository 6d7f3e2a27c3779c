// SPDX-License-Identifier: Apache-2.0
// The parser on any octets. An input is a link type, the options, how many octets the frame had
// beyond those captured, and the octets. The rows of the unit tests are the seeds: the mutator
// begins with one of them now and then, so there is no corpus to keep.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/parse/walk.h"
#include "tests/unit/parse/cases.h"
#include "tests/unit/parse/facts_sane.h"
#include "tests/unit/parse/frame_text.h"

enum { INPUT_LINK, INPUT_OPTIONS, INPUT_MORE_WIRE, INPUT_FRAME };
enum { OPTION_VLAN = 1, OPTION_DECAP = 2 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

static void demand_no(const char *complaint)
{
    demand(complaint == NULL, complaint);
}

// A reject is about the outermost packet, so looking into tunnels must not change it; and VLAN ids
// change nothing but the key's.
static void options_check(const struct packet *packet, const struct parse_options *options,
                          enum parse_reject reject, const struct facts *facts)
{
    const struct parse_options closed = {options->vlan_in_key, !options->decap_tunnels};
    const struct parse_options other = {!options->vlan_in_key, options->decap_tunnels};
    struct facts turned;
    demand(parse_packet(packet, &closed, &turned) == reject, "decapsulation changed the reject");
    demand(parse_packet(packet, &other, &turned) == reject, "VLAN ids changed the reject");
    if (reject == PARSE_OK) {
        turned.key.scope &= ~KEY_VLAN_MASK;
        turned.key.scope |= facts->key.scope & KEY_VLAN_MASK;
        demand_no(facts_difference(facts, &turned));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < INPUT_FRAME) {
        return 0;
    }
    const uint32_t captured = (uint32_t)(size - INPUT_FRAME);
    const struct packet packet = {
        .data = data + INPUT_FRAME,
        .time_us = 1,
        .captured_bytes = captured,
        .wire_bytes = captured + data[INPUT_MORE_WIRE] * 257u,
        .link_type = data[INPUT_LINK] % (LINK_TYPE_COUNT + 1),
    };
    const struct parse_options options = {
        .vlan_in_key = (data[INPUT_OPTIONS] & OPTION_VLAN) != 0,
        .decap_tunnels = (data[INPUT_OPTIONS] & OPTION_DECAP) != 0,
    };
    struct facts once, again;
    memset(&once, 0x00, sizeof(once));
    memset(&again, 0xff, sizeof(again));
    const enum parse_reject reject = parse_packet(&packet, &options, &once);
    demand(reject < PARSE_REJECT_COUNT, "an unknown reject");
    demand(walk_packet(&packet, &options, &again) == reject, "the two paths disagree");
    if (reject == PARSE_OK) {
        demand_no(facts_complaint(&once, &packet));
        demand_no(facts_difference(&once, &again));
    }
    options_check(&packet, &options, reject, &once);
    return 0;
}

static const struct parse_case *case_pick(unsigned seed)
{
    static const struct parse_cases *const tables[] = {&cases_link, &cases_reject, &cases_ip,
                                                       &cases_tunnel};
    const struct parse_cases *table = tables[seed % 4];
    return &table->rows[seed / 4 % table->count];
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    enum { SEED_EVERY = 32 };
    if (seed % SEED_EVERY != 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    const struct parse_case *row = case_pick(seed / SEED_EVERY);
    struct frame frame = {0};
    frame_append(&frame, row->frame);
    frame_end(&frame);
    if (INPUT_FRAME + frame.bytes > max_size) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    data[INPUT_LINK] = row->link;
    data[INPUT_OPTIONS] = OPTION_VLAN | OPTION_DECAP;
    data[INPUT_MORE_WIRE] = row->more_wire != 0;
    memcpy(data + INPUT_FRAME, frame.octets, frame.bytes);
    return INPUT_FRAME + frame.bytes;
}
