// SPDX-License-Identifier: Apache-2.0
// What standing queries cost the agent thread: bench_queries QUERIES FLOWS PANES
// Feeds panes of so many flows each, between 200 hosts inside and about FLOWS addresses outside,
// to a set of so many queries: the six of a network monitor in turn, over ten seconds to a minute,
// each third with a filter. Prints one line of JSON.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/query/query_set.h"
#include "tests/unit/base/random.h"

enum { PANE_US = 1000000, MEMORY = 16 << 20, QUERIES_MAX = 1024 };

static void give_up(const char *what)
{
    fprintf(stderr, "bench_queries: %s\n", what);
    exit(EXIT_FAILURE);
}

// Of the processor, not of the clock: neighbours show less.
static int64_t spent_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static struct query_set *set_make(unsigned queries, const struct prefix_set *internal)
{
    static const char *const kinds[] = {"share", "top", "deviation"};
    const struct query_set_options options = {
        .max = QUERIES_MAX, .memory_bytes = MEMORY, .pane_us = PANE_US, .internal = internal};
    struct query_set *set;
    struct error err;
    if (query_set_create(&set, &options, &err) < 0) {
        give_up(err.text);
    }
    for (unsigned i = 0; i < queries; i++) {
        char text[256];
        snprintf(
            text, sizeof(text),
            "{\"name\": \"q%u\", \"kind\": \"%s\", \"subject\": \"%s\", \"window\": \"%us\"%s}", i,
            kinds[i % 3], i / 3 % 2 == 0 ? "address" : "protocol", 10 + i % 6 * 10,
            i % 3 == 2 ? ", \"filter\": \"port = 443 and not ip in 192.0.2.0/24\"" : "");
        json_t *json = json_loads(text, 0, NULL);
        if (query_set_add(set, json, &err) < 0) {
            give_up(err.text);
        }
        json_decref(json);
    }
    return set;
}

// Few hosts outside have most of the flows, about as 1/rank.
static void flow_draw(struct pane_flow *flow, struct random *random, unsigned hosts)
{
    static const uint16_t ports[] = {443, 443, 443, 80, 53, 53, 22, 8080};
    double unit = (double)(random_next(random) >> 11) * 0x1p-53;
    uint32_t outside = (uint32_t)exp(unit * log((double)hosts));
    *flow = (struct pane_flow){.flags = PANE_FLOW_STARTED};
    flow->key.address[0][0] = 10;
    flow->key.address[0][3] = (uint8_t)random_below(random, 200);
    flow->key.address[1][0] = 100;
    memcpy(flow->key.address[1] + 1, &outside, 3);
    flow->key.port[0] = (uint16_t)(32768 + random_below(random, 28000));
    flow->key.port[1] = ports[random_below(random, 8)];
    flow->key.vni_protocol = flow->key.port[1] == 53 ? 17 : 6;
    flow->packets = 1 + (uint32_t)random_below(random, 20);
    flow->bytes = flow->packets * (40 + random_below(random, 1460));
}

static void answer_count(void *context, const struct query_answer *answer)
{
    *(uint64_t *)context += answer->row_count;
}

int main(int argc, char **argv)
{
    static const char *const inside[] = {"10.0.0.0/8"};
    unsigned queries = argc == 4 ? (unsigned)strtoul(argv[1], NULL, 10) : QUERIES_MAX + 1;
    unsigned flows = argc == 4 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    unsigned panes = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    struct pane_flow *made = calloc(flows, sizeof(*made));
    struct prefix_set internal;
    if (queries > QUERIES_MAX || flows == 0 || panes == 0 || made == NULL ||
        prefix_set_init(&internal, inside, 1, NULL) < 0) {
        give_up("expected QUERIES (up to 1024) FLOWS PANES");
    }
    struct query_set *set = set_make(queries, &internal);
    struct random random = {.state = 1};
    int64_t flow_ns = 0;
    int64_t pane_ns = 0;
    uint64_t rows = 0;
    for (int64_t number = 0; number < panes; number++) {
        for (unsigned i = 0; i < flows; i++) {
            flow_draw(&made[i], &random, flows);
        }
        int64_t start_ns = spent_ns();
        for (unsigned i = 0; i < flows; i++) {
            query_set_flow(set, &made[i]);
        }
        int64_t fed_ns = spent_ns();
        const struct pane pane = {.start_us = number * PANE_US, .end_us = (number + 1) * PANE_US};
        query_set_pane(set, &pane, answer_count, &rows);
        pane_ns += spent_ns() - fed_ns;
        flow_ns += fed_ns - start_ns;
    }
    printf("{\"queries\":%u,\"flows\":%u,\"panes\":%u,\"ns_per_flow\":%.1f,\"us_per_pane\":%.1f,"
           "\"rows_per_pane\":%.1f}\n",
           queries, flows, panes, (double)flow_ns / flows / panes, (double)pane_ns / 1e3 / panes,
           (double)rows / panes);
    query_set_free(set);
    prefix_set_fini(&internal);
    free(made);
    return EXIT_SUCCESS;
}
