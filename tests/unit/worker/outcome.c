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

static int host_compare(const void *one, const void *other)
{
    return memcmp(one, other, sizeof(struct host));
}

static void pane_closed(void *context, const struct pane *pane)
{
    struct outcome *outcome = context;
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
    struct error err = {0};
    struct workers *workers = NULL;
    assert_int_equal(workers_create(&workers, options, &err), 0);
    struct ring *rings[WORKERS_MAX];
    for (unsigned i = 0; i < options->count; i++) {
        rings[i] = workers_ring(workers, i);
    }
    struct collect_options collecting = {
        .rings = rings,
        .ring_count = options->count,
        .max_hosts = options->tally.window.max_hosts,
        .pages = MEMORY_PAGES_NEVER,
    };
    struct collect_events events = {.context = outcome, .flow = flow_ended, .pane = pane_closed};
    struct collect *collect = NULL;
    assert_int_equal(collect_create(&collect, &collecting, &events, &err), 0);
    assert_int_equal(workers_start(workers, &err), 0);
    drain(outcome, workers, collect, consumer);
    workers_join(workers);
    workers_books(workers, &outcome->books);
    assert_int_equal(workers_parsed(workers), outcome->books.parsed);
    for (unsigned i = 0; i < options->count; i++) {
        assert_int_equal(ring_count(rings[i]), 0); // nothing follows the end
    }
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

void outcome_check(const struct outcome *outcome)
{
    uint64_t flow_packets = 0, flow_bytes = 0;
    for (size_t i = 0; i < outcome->flows.count; i++) {
        const struct said_side *side = outcome->flows.items[i].side;
        flow_packets += side[0].packets + side[1].packets;
        flow_bytes += side[0].bytes + side[1].bytes;
    }
    struct pane sum = {0};
    for (unsigned i = 0; i < outcome->pane_count; i++) {
        const struct pane *pane = &outcome->panes[i];
        sum.packets += pane->packets;
        sum.bytes += pane->bytes;
        sum.flows_started += pane->flows_started;
        sum.flows_ended += pane->flows_ended;
        sum.loss.late += pane->loss.late;
        sum.loss.parse_rejects += pane->loss.parse_rejects;
        sum.loss.evicted += pane->loss.evicted;
        assert_int_equal(pane->flows_active, sum.flows_started - sum.flows_ended);
    }
    const struct workers_books *books = &outcome->books;
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
