// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/detect/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

#define SECOND_US INT64_C(1000000)
#define START_US  (INT64_C(1700000000) * SECOND_US)

const struct watch_ops *const stage_watches[] = {
    &watch_amplification,
    &watch_flood,
    &watch_scan,
    &watch_peers,
    &watch_flow_flood,
    &watch_newcomers,
    &watch_stranger,
    &watch_beacon,
    &watch_port,
    &watch_protocol,
    NULL,
};

static void pane_open(struct stage *stage, int64_t start_us)
{
    stage->pane = (struct pane){.start_us = start_us, .end_us = start_us + SECOND_US};
}

void stage_init(struct stage *stage, const struct watch_ops *const *ops)
{
    memset(stage, 0, sizeof(*stage));
    stage->ops = ops;
    stage->options.pane_us = SECOND_US;
    stage->options.secret = (struct hash_secret){.seed = 12345, .more = 67890};
    assert_int_equal(talkers_create(&stage->options.talkers, SECOND_US, stage->options.secret), 0);
    for (unsigned i = 0; ops[i] != NULL; i++) {
        assert_int_equal(ops[i]->create(&stage->watch[i], &stage->options), 0);
    }
    pane_open(stage, START_US);
}

void stage_fini(struct stage *stage)
{
    for (unsigned i = 0; stage->ops[i] != NULL; i++) {
        stage->ops[i]->free(stage->watch[i]);
    }
    talkers_free(stage->options.talkers);
}

static void address_write(uint8_t address[16], uint32_t host)
{
    for (unsigned i = 0; i < 4; i++) {
        address[i] = (uint8_t)(host >> (24 - 8 * i));
    }
}

static void flow_make(struct pane_flow *flow, const struct play *play, int64_t pane_us)
{
    unsigned source = play->source > play->destination ||
                      (play->source == play->destination && play->source_port > play->port);
    uint32_t both = play->sent + play->got;
    uint64_t sent_bytes = play->sent_bytes != 0 ? play->sent_bytes : 100;
    uint64_t got_bytes = play->got_bytes != 0 ? play->got_bytes : 100;
    memset(flow, 0, sizeof(*flow));
    address_write(flow->key.address[source], play->source);
    address_write(flow->key.address[!source], play->destination);
    flow->key.port[source] = play->source_port;
    flow->key.port[!source] = play->port;
    flow->key.vni_protocol = play->protocol;
    flow->pane_us = pane_us;
    flow->flags = play->goes_on ? 0 : PANE_FLOW_STARTED;
    flow->state = source ? FLOW_SOURCE : 0;
    flow->total_packets[source] = play->sent;
    flow->total_packets[!source] = play->got;
    flow->total_bytes[source] = play->sent * sent_bytes;
    flow->total_bytes[!source] = play->got * got_bytes;
    flow->packets = play->goes_on ? play->packets : both;
    flow->bytes =
        both == 0 ? 0 : (flow->total_bytes[0] + flow->total_bytes[1]) * flow->packets / both;
    flow->tcp_flags[source] = play->flags[0];
    flow->tcp_flags[!source] = play->flags[1];
    flow->signature[source] = play->signature[0];
    flow->signature[!source] = play->signature[1];
}

static void flows_count(struct stage *stage)
{
    const struct pane_flow *flow;
    while ((flow = talkers_next(stage->options.talkers)) != NULL) {
        for (unsigned i = 0; stage->ops[i] != NULL; i++) {
            if (stage->ops[i]->flow != NULL) {
                stage->ops[i]->flow(stage->watch[i], flow);
            }
        }
    }
}

void stage_play(struct stage *stage, const struct play *play)
{
    struct pane_flow flow;
    struct play whole = *play;
    whole.protocol = play->protocol != 0 ? play->protocol : PROTOCOL_TCP;
    flow_make(&flow, &whole, stage->pane.start_us);
    stage->pane.packets += flow.packets;
    stage->pane.bytes += flow.bytes;
    stage->pane.flows_started += !play->goes_on;
    if (talkers_take(stage->options.talkers, &flow)) {
        flows_count(stage);
    }
}

static uint16_t client_port(const struct stage *stage)
{
    return (uint16_t)(32768 + stage->pane.flows_started % 28000);
}

void stage_served(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port)
{
    stage_play(stage, &(struct play){.source = source,
                                     .destination = destination,
                                     .source_port = client_port(stage),
                                     .port = port,
                                     .sent = 6,
                                     .got = 6,
                                     .got_bytes = 800,
                                     .flags = {PLAY_SYN | PLAY_ACK, PLAY_SYN | PLAY_ACK}});
}

void stage_unanswered(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port)
{
    stage_play(stage, &(struct play){.source = source,
                                     .destination = destination,
                                     .source_port = client_port(stage),
                                     .port = port,
                                     .sent = 1,
                                     .sent_bytes = 60,
                                     .flags = {PLAY_SYN, 0}});
}

void stage_refused(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port)
{
    stage_play(stage, &(struct play){.source = source,
                                     .destination = destination,
                                     .source_port = client_port(stage),
                                     .port = port,
                                     .sent = 1,
                                     .got = 1,
                                     .sent_bytes = 60,
                                     .got_bytes = 60,
                                     .flags = {PLAY_SYN, PLAY_RST | PLAY_ACK}});
}

void stage_asked(struct stage *stage, uint32_t source, uint32_t destination, uint16_t port,
                 bool answered)
{
    stage_play(stage, &(struct play){.source = source,
                                     .destination = destination,
                                     .source_port = client_port(stage),
                                     .port = port,
                                     .protocol = PROTOCOL_UDP,
                                     .sent = 1,
                                     .got = answered,
                                     .sent_bytes = 70,
                                     .got_bytes = 180});
}

static void keep(void *context, const struct finding *finding)
{
    struct stage *stage = context;
    assert_true(finding->score >= 0.5 && finding->score <= 1);
    assert_true(finding->observed > 0 && finding->expected >= 0);
    assert_true(strlen(finding->explanation) > 0);
    assert_true(strlen(finding->explanation) + 1 < sizeof(finding->explanation)); // not cut
    if (stage->finding_count < STAGE_FINDINGS) {
        stage->findings[stage->finding_count] = *finding;
    }
    stage->finding_count++;
    stage->told++;
}

void stage_close(struct stage *stage)
{
    struct watch_teller teller = {.tell = keep, .context = stage};
    stage->finding_count = 0;
    flows_count(stage);
    talkers_close(stage->options.talkers, &stage->pane);
    for (unsigned i = 0; stage->ops[i] != NULL; i++) {
        stage->ops[i]->pane(stage->watch[i], &stage->pane, &teller);
    }
    pane_open(stage, stage->pane.end_us);
}

const struct finding *stage_told(const struct stage *stage, const char *detector,
                                 const char *subject)
{
    for (unsigned i = 0; i < stage->finding_count && i < STAGE_FINDINGS; i++) {
        const struct finding *finding = &stage->findings[i];
        if (strcmp(finding->detector, detector) == 0 && strcmp(finding->subject, subject) == 0) {
            return finding;
        }
    }
    return NULL;
}
