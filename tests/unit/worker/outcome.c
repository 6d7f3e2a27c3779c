// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/worker/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/collect/collect.h"
#include "dataplane/base/clock.h"

enum { IDLE_US = 50 };

static void flow_ended(void *context, const struct flow_record *flow)
{
    struct outcome *outcome = context;
    said_of_entry(said_set_add(&outcome->flows), &flow->flow, flow->end);
}

static void activity_clear(struct outcome *outcome)
{
    outcome->activity = (struct outcome_activity){.first_us = INT64_MAX, .last_us = INT64_MIN};
}

static void flow_active(void *context, const struct pane_flow *flow)
{
    struct outcome *outcome = context;
    struct outcome_activity *sum = &outcome->activity;
    assert_int_not_equal(flow->packets, 0);
    sum->packets += flow->packets;
    sum->bytes += flow->bytes;
    sum->wire_bytes += flow->wire_bytes;
    sum->started += (flow->flags & PANE_FLOW_STARTED) != 0;
    sum->first_us = flow->pane_us < sum->first_us ? flow->pane_us : sum->first_us;
    sum->last_us = flow->pane_us > sum->last_us ? flow->pane_us : sum->last_us;
    outcome->activities++;
}

static void activity_check(const struct outcome_activity *sum, const struct pane *pane)
{
    assert_int_equal(sum->packets + pane->loss.activity_shed, pane->packets);
    if (pane->loss.activity_shed == 0) {
        assert_int_equal(sum->bytes, pane->bytes);
        assert_int_equal(sum->wire_bytes, pane->wire_bytes);
        assert_int_equal(sum->started, pane->flows_started);
    }
    if (sum->packets != 0) {
        assert_int_equal(sum->first_us, pane->start_us);
        assert_int_equal(sum->last_us, pane->start_us);
    }
}

static int host_compare(const void *one, const void *other)
{
    return memcmp(one, other, sizeof(struct host));
}

static void pane_closed(void *context, const struct pane *pane)
{
    struct outcome *outcome = context;
    activity_check(&outcome->activity, pane);
    activity_clear(outcome);
    outcome->panes = reallocarray(outcome->panes, outcome->pane_count + 1, sizeof(*outcome->panes));
    assert_non_null(outcome->panes);
    struct pane *copy = &outcome->panes[outcome->pane_count++];
    memcpy(copy, pane, sizeof(*copy));
    copy->hosts = calloc(pane->host_count + 1, sizeof(*copy->hosts));
    assert_non_null(copy->hosts);
    memcpy(copy->hosts, pane->hosts, pane->host_count * sizeof(*copy->hosts));
    qsort(copy->hosts, copy->host_count, sizeof(*copy->hosts), host_compare);
}

static void drain(struct outcome *outcome, struct workers *workers, struct collect *collect,
                  const struct outcome_consumer *consumer)
{
    while (!collect_ended(collect)) {
        bool found = collect_poll(collect) != 0;
        clock_sleep_us(found ? consumer->pause_us : IDLE_US);
        uint64_t enough = consumer->stop_after_flows;
        if (enough > 0 && outcome->flows.count >= enough) {
            workers_stop(workers);
        }
    }
}

void outcome_run(struct outcome *outcome, const struct workers_options *options,
                 const struct outcome_consumer *consumer)
{
    memset(outcome, 0, sizeof(*outcome));
    activity_clear(outcome);
    struct error err = {0};
    struct workers *workers = NULL;
    assert_int_equal(workers_create(&workers, options, &err), 0);
    struct ring *rings[WORKERS_MAX];
    struct ring *activities[WORKERS_MAX];
    for (unsigned i = 0; i < options->count; i++) {
        rings[i] = workers_ring(workers, i);
        activities[i] = workers_activities(workers, i);
    }
    struct collect_options collecting = {
        .rings = rings,
        .activities = activities,
        .ring_count = options->count,
        .max_hosts = options->tally.window.max_hosts,
        .pages = MEMORY_PAGES_NEVER,
    };
    struct collect_events events = {
        .context = outcome, .flow = flow_ended, .activity = flow_active, .pane = pane_closed};
    struct collect *collect = NULL;
    assert_int_equal(collect_create(&collect, &collecting, &events, &err), 0);
    assert_int_equal(workers_start(workers, &err), 0);
    drain(outcome, workers, collect, consumer);
    workers_join(workers);
    workers_books(workers, &outcome->books);
    assert_int_equal(workers_parsed(workers), outcome->books.parsed);
    for (unsigned i = 0; i < options->count; i++) {
        assert_int_equal(ring_count(rings[i]), 0); // nothing follows the end
        assert_int_equal(ring_count(activities[i]), 0);
    }
    assert_int_equal(outcome->activity.packets, 0);
    collect_free(collect);
    workers_free(workers);
}

void outcome_free(struct outcome *outcome)
{
    for (unsigned i = 0; i < outcome->pane_count; i++) {
        free(outcome->panes[i].hosts);
    }
    free(outcome->panes);
    said_set_free(&outcome->flows);
}

uint64_t outcome_rejects(const struct workers_books *books)
{
    uint64_t rejects = 0;
    for (unsigned cause = 0; cause < PARSE_REJECT_COUNT; cause++) {
        rejects += books->rejects[cause];
    }
    return rejects;
}

static void books_check(const struct pane_books *books)
{
    uint64_t received = books->parsed;
    for (unsigned cause = 0; cause < PANE_DROP_CAUSES; cause++) {
        received += books->capture_drops[cause];
    }
    for (unsigned cause = 0; cause < PANE_REJECT_CAUSES; cause++) {
        received += books->parse_rejects[cause];
    }
    assert_int_equal(books->received, received);
    assert_int_equal(books->parsed, books->ended_packets + books->live_packets);
}

// When the last pane closes all is in the books.
static void last_books_check(const struct pane_books *last, const struct workers_books *books)
{
    assert_int_equal(last->parsed, books->parsed);
    assert_int_equal(last->late, books->late);
    assert_memory_equal(last->parse_rejects, books->rejects, sizeof(books->rejects));
    assert_int_equal(last->flows_started, books->flows.started);
    assert_int_equal(last->flows_ended, books->flows.ended);
    assert_int_equal(last->flows_evicted, books->flows.evicted);
    assert_int_equal(last->ended_packets, books->flows.ended_packets);
    assert_int_equal(last->live_packets, 0);
    assert_int_equal(last->rare_refused, books->flows.rare_refused);
    assert_int_equal(last->shed, books->shed);
}

void outcome_check(const struct outcome *outcome)
{
    uint64_t flow_packets = 0, flow_bytes = 0, interface_packets = 0, interface_bytes = 0;
    for (size_t i = 0; i < outcome->flows.count; i++) {
        const struct said_side *side = outcome->flows.items[i].side;
        flow_packets += side[0].packets + side[1].packets;
        flow_bytes += side[0].bytes + side[1].bytes;
    }
    struct pane sum = {0};
    for (unsigned i = 0; i < outcome->pane_count; i++) {
        const struct pane *pane = &outcome->panes[i];
        for (unsigned interface = 0; interface < PACKET_INTERFACES; interface++) {
            interface_packets += pane->interfaces[interface].packets;
            interface_bytes += pane->interfaces[interface].bytes;
        }
        sum.packets += pane->packets;
        sum.bytes += pane->bytes;
        sum.flows_started += pane->flows_started;
        sum.flows_ended += pane->flows_ended;
        sum.loss.late += pane->loss.late;
        sum.loss.parse_rejects += pane->loss.parse_rejects;
        sum.loss.evicted += pane->loss.evicted;
        assert_int_equal(pane->flows_active, sum.flows_started - sum.flows_ended);
        books_check(&pane->books);
        assert_int_equal(pane->books.flows_started, sum.flows_started);
        assert_int_equal(pane->books.ended_packets + pane->books.live_packets, sum.packets);
    }
    assert_int_equal(interface_packets, sum.packets);
    assert_int_equal(interface_bytes, sum.bytes);
    const struct workers_books *books = &outcome->books;
    last_books_check(&outcome->panes[outcome->pane_count - 1].books, books);
    assert_int_equal(flow_packets, books->parsed);
    assert_int_equal(sum.packets, books->parsed);
    assert_int_equal(sum.bytes, flow_bytes);
    assert_int_equal(books->flows.packets, books->parsed);
    assert_int_equal(books->flows.ended_packets, books->parsed);
    assert_int_equal(sum.flows_started, books->flows.started);
    assert_int_equal(sum.flows_ended, books->flows.ended);
    assert_int_equal(sum.flows_ended, outcome->flows.count);
    assert_int_equal(sum.flows_started, sum.flows_ended);
    assert_int_equal(sum.loss.late, books->late);
    assert_int_equal(sum.loss.parse_rejects, outcome_rejects(books));
    assert_int_equal(sum.loss.evicted, books->flows.evicted);
}

static void pane_compare(const struct pane *one, const struct pane *other)
{
    assert_int_equal(one->start_us, other->start_us);
    assert_memory_equal(one, other, offsetof(struct pane, hosts));
    assert_int_equal(one->host_count, other->host_count);
    assert_memory_equal(one->hosts, other->hosts, one->host_count * sizeof(struct host));
}

void outcomes_compare(struct outcome *one, struct outcome *other)
{
    said_sets_compare(&one->flows, &other->flows);
    assert_int_equal(one->pane_count, other->pane_count);
    for (unsigned i = 0; i < one->pane_count; i++) {
        pane_compare(&one->panes[i], &other->panes[i]);
    }
    assert_memory_equal(&one->books, &other->books, sizeof(one->books));
}
