// SPDX-License-Identifier: Apache-2.0
// TCP conversations and what is to be said of them, case by case.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/flow/made.h"
#include "tests/unit/flow/recorder.h"

enum { SEGMENTS_MAX = 10, FLOWS_MAX = 3, CLIENT = 0, SERVER = 1, UNKNOWN = -1 };

#define MS     INT64_C(1000)
#define SECOND INT64_C(1000000)
#define WRAP   UINT32_MAX

struct segment {
    int64_t time_us;
    uint8_t from; // CLIENT is endpoint 0 of the key, SERVER endpoint 1
    uint8_t flags;
    uint32_t sequence, length; // in sequence numbers: SYN and FIN take one each
    uint32_t bytes;            // 0: MADE_BYTES
};

struct expected {
    enum flow_end end;
    unsigned source;
    int64_t rtt_us; // UNKNOWN
    unsigned packets;
    unsigned retransmits[2];
    unsigned syn_bytes[2];
};

// Idle 30 s, active 300 s, linger 5 s; what lives at the end is ended by shutdown.
static const struct conversation {
    const char *name;
    struct segment segments[SEGMENTS_MAX];
    unsigned count;
    struct expected flows[FLOWS_MAX]; // in the order in which they end
    unsigned flow_count;
} conversations[] = {
    {.name = "handshake of the lower endpoint",
     .segments = {{0, CLIENT, SYN, 100, 1, 60},
                  {20 * MS, SERVER, SYN | ACK, 500, 1, 52},
                  {31 * MS, CLIENT, ACK, 101, 0},
                  {40 * MS, CLIENT, PSH | ACK, 101, 10}},
     .count = 4,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, 31 * MS, 4, {0, 0}, {60, 52}}},
     .flow_count = 1},
    {.name = "handshake of the higher endpoint",
     .segments = {{0, SERVER, SYN, 100, 1, 60},
                  {20 * MS, CLIENT, SYN | ACK, 500, 1, 52},
                  {31 * MS, SERVER, ACK, 101, 0}},
     .count = 3,
     .flows = {{FLOW_END_SHUTDOWN, SERVER, 31 * MS, 3, {0, 0}, {52, 60}}},
     .flow_count = 1},
    {.name = "the round trip begins at the last SYN",
     .segments = {{0, CLIENT, SYN, 100, 1, 60},
                  {1 * SECOND, CLIENT, SYN, 100, 1, 48},
                  {1 * SECOND + 20 * MS, SERVER, SYN | ACK, 500, 1},
                  {1 * SECOND + 25 * MS, CLIENT, ACK, 101, 0}},
     .count = 4,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, 25 * MS, 4, {1, 0}, {60, 100}}},
     .flow_count = 1},
    {.name = "the round trip ends at the first ACK, data or not, and stays",
     .segments = {{0, CLIENT, SYN, 100, 1},
                  {2 * MS, SERVER, SYN | ACK, 500, 1},
                  {3 * MS, CLIENT, PSH | ACK, 101, 20},
                  {9 * MS, CLIENT, ACK, 121, 0},
                  {10 * MS, CLIENT, SYN, 100, 1},
                  {19 * MS, CLIENT, ACK, 121, 0}},
     .count = 6,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, 3 * MS, 6, {0, 0}, {100, 100}}},
     .flow_count = 1},
    {.name = "a SYN of another number starts the numbers anew",
     .segments = {{0, CLIENT, SYN, 9000, 1},
                  {1 * MS, CLIENT, ACK, 9001, 500},
                  {2 * MS, CLIENT, SYN, 100, 1},
                  {3 * MS, CLIENT, ACK, 101, 20},
                  {4 * MS, CLIENT, ACK, 101, 20}},
     .count = 5,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 5, {1, 0}, {100, 0}}},
     .flow_count = 1},
    {.name = "ECN bits are no obstacle to a handshake",
     .segments = {{0, CLIENT, SYN | 0xc0, 100, 1},
                  {2 * MS, SERVER, SYN | ACK | 0x40, 500, 1},
                  {3 * MS, CLIENT, ACK, 101, 0}},
     .count = 3,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, 3 * MS, 3, {0, 0}, {100, 100}}},
     .flow_count = 1},
    {.name = "no round trip without the answer",
     .segments = {{0, CLIENT, SYN, 100, 1}, {3 * MS, CLIENT, ACK, 101, 0}},
     .count = 2,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 2, {0, 0}, {100, 0}}},
     .flow_count = 1},
    {.name = "no round trip by an ACK of the server",
     .segments = {{0, CLIENT, SYN, 100, 1},
                  {2 * MS, SERVER, SYN | ACK, 500, 1},
                  {3 * MS, SERVER, ACK, 501, 0}},
     .count = 3,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 3, {0, 0}, {100, 100}}},
     .flow_count = 1},
    {.name = "no round trip by an answer of the client to itself",
     .segments = {{0, CLIENT, SYN, 100, 1},
                  {2 * MS, CLIENT, SYN | ACK, 500, 1},
                  {3 * MS, CLIENT, ACK, 501, 0}},
     .count = 3,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 3, {0, 0}, {100, 0}}},
     .flow_count = 1},
    {.name = "SYN+ACK seen first: the other end is the source",
     .segments = {{0, SERVER, SYN | ACK, 500, 1, 52}, {3 * MS, CLIENT, ACK, 101, 0}},
     .count = 2,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 2, {0, 0}, {0, 52}}},
     .flow_count = 1},
    {.name = "a SYN seen late turns the roles",
     .segments = {{0, SERVER, ACK, 500, 0},
                  {1 * MS, SERVER, PSH | ACK, 500, 10},
                  {2 * MS, CLIENT, SYN, 100, 1}},
     .count = 3,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 3, {0, 0}, {100, 0}}},
     .flow_count = 1},
    {.name = "the first SYN says who the source is",
     .segments = {{0, SERVER, SYN, 500, 1}, {1 * MS, CLIENT, SYN, 100, 1}},
     .count = 2,
     .flows = {{FLOW_END_SHUTDOWN, SERVER, UNKNOWN, 2, {0, 0}, {100, 100}}},
     .flow_count = 1},
    {.name = "a SYN with RST is no handshake",
     .segments = {{0, SERVER, ACK, 500, 0}, {1 * MS, CLIENT, SYN | RST, 100, 1}},
     .count = 2,
     .flows = {{FLOW_END_RST, SERVER, UNKNOWN, 2, {0, 0}, {100, 0}}},
     .flow_count = 1},
    {.name = "in the middle: the first to be seen is the source",
     .segments = {{0, SERVER, PSH | ACK, 500, 10}, {1 * MS, CLIENT, ACK, 100, 0}},
     .count = 2,
     .flows = {{FLOW_END_SHUTDOWN, SERVER, UNKNOWN, 2}},
     .flow_count = 1},
    {.name = "both FINs close, the last ACK still counts",
     .segments = {{0, CLIENT, FIN | ACK, 100, 1},
                  {1 * MS, SERVER, FIN | ACK, 500, 1},
                  {2 * MS, CLIENT, ACK, 101, 0},
                  {20 * SECOND, CLIENT, ACK, 101, 0}},
     .count = 4,
     .flows = {{FLOW_END_FIN, CLIENT, UNKNOWN, 3}, {FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 1}},
     .flow_count = 2},
    {.name = "closed at the end: no shutdown",
     .segments = {{0, CLIENT, FIN | ACK, 100, 1}, {1 * MS, SERVER, FIN | ACK, 500, 1}},
     .count = 2,
     .flows = {{FLOW_END_FIN, CLIENT, UNKNOWN, 2}},
     .flow_count = 1},
    {.name = "one FIN closes nothing, however often",
     .segments = {{0, CLIENT, FIN | ACK, 100, 1},
                  {1 * SECOND, CLIENT, FIN | ACK, 100, 1},
                  {20 * SECOND, SERVER, PSH | ACK, 500, 10}},
     .count = 3,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 3, {1, 0}}},
     .flow_count = 1},
    {.name = "RST closes",
     .segments = {{0, CLIENT, SYN, 100, 1}, {1 * MS, SERVER, RST | ACK, 0, 0}},
     .count = 2,
     .flows = {{FLOW_END_RST, CLIENT, UNKNOWN, 2, {0, 0}, {100, 0}}},
     .flow_count = 1},
    {.name = "RST after both FINs: it was closed by them",
     .segments = {{0, CLIENT, FIN | ACK, 100, 1},
                  {1 * MS, SERVER, FIN | ACK, 500, 1},
                  {2 * MS, CLIENT, RST, 101, 0}},
     .count = 3,
     .flows = {{FLOW_END_FIN, CLIENT, UNKNOWN, 3}},
     .flow_count = 1},
    {.name = "FINs after a RST: it was closed by that",
     .segments = {{0, CLIENT, RST, 100, 0},
                  {1 * MS, SERVER, FIN | ACK, 500, 1},
                  {2 * MS, CLIENT, FIN | ACK, 100, 1}},
     .count = 3,
     .flows = {{FLOW_END_RST, CLIENT, UNKNOWN, 3}},
     .flow_count = 1},
    {.name = "a closed flow lingers as long as segments come",
     .segments = {{0, CLIENT, RST, 100, 0},
                  {5 * SECOND, SERVER, ACK, 500, 0},
                  {10 * SECOND, SERVER, ACK, 500, 0},
                  {15 * SECOND + 1, SERVER, ACK, 500, 0}},
     .count = 4,
     .flows = {{FLOW_END_RST, CLIENT, UNKNOWN, 3}, {FLOW_END_SHUTDOWN, SERVER, UNKNOWN, 1}},
     .flow_count = 2},
    {.name = "an open flow waits for the idle timeout to the last microsecond",
     .segments = {{0, CLIENT, ACK, 100, 0},
                  {30 * SECOND, SERVER, ACK, 500, 0},
                  {60 * SECOND + 1, SERVER, ACK, 500, 0}},
     .count = 3,
     .flows = {{FLOW_END_IDLE, CLIENT, UNKNOWN, 2}, {FLOW_END_SHUTDOWN, SERVER, UNKNOWN, 1}},
     .flow_count = 2},
    {.name = "a SYN after the close opens the next flow",
     .segments = {{0, CLIENT, RST, 100, 0},
                  {1 * MS, SERVER, SYN, 900, 1, 60},
                  {2 * MS, CLIENT, SYN | ACK, 300, 1, 56},
                  {4 * MS, SERVER, ACK, 901, 0}},
     .count = 4,
     .flows = {{FLOW_END_RST, CLIENT, UNKNOWN, 1},
               {FLOW_END_SHUTDOWN, SERVER, 3 * MS, 3, {0, 0}, {56, 60}}},
     .flow_count = 2},
    {.name = "a SYN+ACK after the close is a stray",
     .segments = {{0, CLIENT, RST, 100, 0}, {1 * MS, SERVER, SYN | ACK, 900, 1, 60}},
     .count = 2,
     .flows = {{FLOW_END_RST, CLIENT, UNKNOWN, 2, {0, 0}, {0, 60}}},
     .flow_count = 1},
    {.name = "a SYN in an open flow opens nothing",
     .segments = {{0, CLIENT, ACK, 100, 0}, {1 * MS, SERVER, SYN, 900, 1}},
     .count = 2,
     .flows = {{FLOW_END_SHUTDOWN, SERVER, UNKNOWN, 2, {0, 0}, {0, 100}}},
     .flow_count = 1},
    {.name = "what brings nothing new is a retransmission",
     .segments = {{0, CLIENT, ACK, 1000, 100},
                  {1, CLIENT, ACK, 1100, 100},
                  {2, CLIENT, ACK, 1100, 100},
                  {3, CLIENT, ACK, 1000, 200},
                  {4, CLIENT, ACK, 1150, 10},
                  {5, CLIENT, ACK, 1150, 51},
                  {6, CLIENT, ACK, 1201, 1},
                  {7, SERVER, ACK, 1000, 100}},
     .count = 8,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 8, {3, 0}}},
     .flow_count = 1},
    {.name = "the second FIN of an end is a retransmission, though of one number",
     .segments = {{0, CLIENT, ACK, 1000, 100},
                  {1, CLIENT, FIN | ACK, 1100, 1},
                  {2, CLIENT, FIN | ACK, 1100, 1}},
     .count = 3,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 3, {1, 0}}},
     .flow_count = 1},
    {.name = "keep-alives and bare ACKs are none",
     .segments = {{0, CLIENT, ACK, 1000, 100},
                  {1, CLIENT, ACK, 1099, 1},
                  {2, CLIENT, ACK, 1099, 1},
                  {3, CLIENT, ACK, 1099, 0},
                  {4, CLIENT, ACK, 900, 0},
                  {5, CLIENT, ACK, 1098, 1}},
     .count = 6,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 6, {1, 0}}},
     .flow_count = 1},
    {.name = "sequence numbers wrap",
     .segments = {{0, CLIENT, ACK, WRAP - 49, 40},
                  {1, CLIENT, ACK, WRAP - 9, 40},
                  {2, CLIENT, ACK, WRAP - 9, 40},
                  {3, CLIENT, ACK, 30, 40},
                  {4, CLIENT, ACK, WRAP - 49, 40},
                  {5, CLIENT, ACK, 70, 40}},
     .count = 6,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 6, {2, 0}}},
     .flow_count = 1},
    {.name = "of several SYNs the first one's length is told, up to 16 bits",
     .segments = {{0, CLIENT, SYN, 100, 1, 70000}, {1, CLIENT, SYN, 100, 1, 44}},
     .count = 2,
     .flows = {{FLOW_END_SHUTDOWN, CLIENT, UNKNOWN, 2, {1, 0}, {65535, 0}}},
     .flow_count = 1},
};

static void expected_check(const struct said *said, const struct expected *expected)
{
    assert_int_equal(said->end, expected->end);
    assert_int_equal(said->source, expected->source);
    assert_int_equal(said->rtt_us, expected->rtt_us);
    assert_int_equal(said->side[0].packets + said->side[1].packets, expected->packets);
    for (unsigned side = 0; side < 2; side++) {
        assert_int_equal(said->side[side].retransmits, expected->retransmits[side]);
        assert_int_equal(said->side[side].tcp_syn_bytes, expected->syn_bytes[side]);
    }
}

static void conversation_is_told(void **state)
{
    const struct conversation *conversation = *state;
    struct recorder recorder;
    recorder_init(&recorder, &(struct flow_options){.max_flows = 1024,
                                                    .max_rare = 1,
                                                    .idle_timeout_us = 30 * SECOND,
                                                    .active_timeout_us = 300 * SECOND,
                                                    .tcp_linger_us = 5 * SECOND});
    unsigned flags[2] = {0, 0};
    for (unsigned i = 0; i < conversation->count; i++) {
        const struct segment *segment = &conversation->segments[i];
        struct facts facts = made_facts(&(struct made){
            .time_us = 1700000000 * SECOND + segment->time_us,
            .protocol = MADE_TCP,
            .direction = segment->from,
            .tcp_flags = segment->flags,
            .sequence = segment->sequence,
            .length = segment->length,
            .bytes = segment->bytes,
        });
        flags[segment->from] |= segment->flags;
        flow_table_add(recorder.table, &facts, 1);
    }
    flow_table_end_all(recorder.table);
    assert_int_equal(recorder.ended.count, conversation->flow_count);
    unsigned told[2] = {0, 0};
    for (unsigned i = 0; i < conversation->flow_count; i++) {
        expected_check(&recorder.ended.items[i], &conversation->flows[i]);
        told[0] |= recorder.ended.items[i].side[0].tcp_flags;
        told[1] |= recorder.ended.items[i].side[1].tcp_flags;
    }
    assert_int_equal(told[0], flags[0]);
    assert_int_equal(told[1], flags[1]);
    recorder_fini(&recorder);
}

int main(void)
{
    enum { CONVERSATIONS = sizeof(conversations) / sizeof(conversations[0]) };
    struct CMUnitTest tests[CONVERSATIONS];
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        tests[i] = (struct CMUnitTest){conversations[i].name, conversation_is_told, NULL, NULL,
                                       (void *)&conversations[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
