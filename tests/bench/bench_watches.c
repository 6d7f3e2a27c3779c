// SPDX-License-Identifier: Apache-2.0
// How calm the watches on traffic are, and what they find: days of made panes, second by second,
// through all watches.
//
//   bench_watches [DAYS [FLOWS-A-SECOND [SEED [jobs|calm [inject]]]]]
//
// The traffic is made of flows: sessions begin at random (more by day, and on weekdays), last for a
// time with a Pareto tail and send at a rate with a lognormal one, which makes sums that are bursty
// at every scale (Willinger et al., "Self-Similarity Through High-Variability", 1997), under the
// ceiling of a link. There is a backup at night and a job each hour. Each anomaly that begins is
// printed. With `inject`, an event of each kind and strength is put in now and then from the
// third day on, and a table says which were found, and when.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/anomalies.h"

enum { DAY_S = 86400, FLOWS_MAX = 200000, HOSTS_MAX = 1 << 16, SLOTS = 1 << 17 };
enum { CLIENTS = 400, SERVERS = 4000, EVENTS_MAX = 4096 };

static const int64_t START_US = INT64_C(1700438400) * 1000000; // Monday, 00:00
static const double LINK_BYTES = 125e6;                        // a second

static uint64_t random_state;

static double uniform(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / (double)(1ULL << 53);
}

static double normal(void)
{
    return sqrt(-2 * log(1 - uniform())) * cos(2 * M_PI * uniform());
}

static unsigned poisson(double mean)
{
    if (mean > 50) {
        return (unsigned)fmax(0, round(mean + sqrt(mean) * normal()));
    }
    double limit = exp(-mean), product = uniform();
    unsigned count = 0;
    while (product > limit) {
        product *= uniform();
        count++;
    }
    return count;
}

static unsigned zipf(unsigned count)
{
    return (unsigned)(pow((double)count, uniform())) - 1;
}

// What sessions of a protocol are like.
static const struct kind {
    uint16_t port;
    uint8_t protocol;
    double share;   // of the sessions
    double shape;   // of the Pareto tail of their time
    double least_s; // the time's minimum
    double rate;    // median, octets a second
    double spread;  // of the rate's logarithm
    double packet;  // octets
} kinds[] = {
    {443, 6, 0.42, 1.3, 0.5, 20e3, 1.5, 900}, {53, 17, 0.3, 3, 0.1, 300, 0.4, 120},
    {80, 6, 0.12, 1.4, 0.4, 12e3, 1.4, 800},  {443, 17, 0.08, 1.3, 0.5, 30e3, 1.4, 1000},
    {22, 6, 0.01, 1.2, 5, 2e3, 1.8, 300},     {25, 6, 0.02, 1.5, 0.5, 8e3, 1.0, 600},
    {993, 6, 0.02, 1.2, 2, 1e3, 1.0, 300},    {123, 17, 0.03, 3, 0.1, 90, 0.1, 90},
    {5060, 17, 0.01, 1.5, 10, 8e3, 0.2, 200},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct flow {
    int kind;
    unsigned client, server;
    uint16_t port;
    double left_s, rate;
    uint8_t state;
    bool fresh;
};

static struct flow flows[FLOWS_MAX];
static size_t flow_count;
static struct pane pane;
static struct host hosts[HOSTS_MAX];
static uint32_t slots[SLOTS]; // index + 1 of a host
static struct application_ports *ports;
static struct anomalies *anomalies;
static uint64_t refused;

enum event { SPIKE, DROP, SHIFT, SILENCE, BROKEN, MALFORMED, EVENTS };
static const char *const event_names[] = {"spike",   "drop",   "shift",
                                          "silence", "broken", "malformed"};
static const double strengths[EVENTS][4] = {{2, 4, 8, 16},         {0.5, 0.25, 0.1, 0.01},
                                            {1.5, 2, 4, 8},        {0, 0, 0, 0},
                                            {0.3, 0.5, 0.7, 0.95}, {0.01, 0.05, 0.2, 0.5}};
static const int lengths[EVENTS] = {20, 20, 900, 30, 60, 60};
static struct injected {
    int second, kind, level;
    int found; // seconds after; -1: not
} injected[EVENTS_MAX];
static int injected_count;
static double second_now;
static bool has_jobs;
static unsigned long begun, strays;
static unsigned long by_detector[32];
static const char *detectors[32];

static void host_count_add(const uint8_t address[16], uint64_t packets, int role)
{
    uint32_t number;
    memcpy(&number, address, 4);
    uint32_t at = (number * UINT32_C(2654435761)) >> 15;
    while (slots[at] != 0 && memcmp(hosts[slots[at] - 1].address, address, 16) != 0) {
        at = (at + 1) % SLOTS;
    }
    if (slots[at] == 0) {
        if (pane.host_count == HOSTS_MAX) {
            refused++;
            return;
        }
        hosts[pane.host_count] = (struct host){0};
        memcpy(hosts[pane.host_count].address, address, 16);
        slots[at] = ++pane.host_count;
    }
    struct host *host = &hosts[slots[at] - 1];
    if (role == 0) {
        host->source_packets += packets;
    } else {
        host->destination_packets += packets;
    }
}

static void flow_tell(const struct flow *flow, double bytes, int64_t start_us)
{
    const struct kind *kind = &kinds[flow->kind];
    uint32_t packets = (uint32_t)fmax(1, bytes / kind->packet);
    uint8_t client[16] = {10, 1, (uint8_t)(flow->client >> 8), (uint8_t)flow->client};
    uint8_t server[16] = {93, 184, (uint8_t)(flow->server >> 8), (uint8_t)flow->server};
    struct pane_flow told = {
        .key = {.port = {flow->port, kind->port}, .vni_protocol = kind->protocol},
        .pane_us = start_us,
        .bytes = (uint64_t)bytes,
        .wire_bytes = (uint64_t)bytes + 18 * packets,
        .packets = packets,
        .total_packets = {packets, packets},
        .total_bytes = {(uint64_t)bytes, (uint64_t)bytes},
        .flags = flow->fresh ? PANE_FLOW_STARTED : 0,
        .state = flow->state,
        .tcp_flags = {0x1a, 0x12},
        .ttl = {64, 57},
    };
    memcpy(told.key.address[0], client, 16);
    memcpy(told.key.address[1], server, 16);
    if ((flow->state & FLOW_SYN_ACK) == 0 && kind->protocol == 6) {
        told.tcp_flags[0] = 2;
        told.tcp_flags[1] = 0;
    }
    told.application = application_find(ports, kind->protocol, told.key.port);
    pane.packets += packets;
    pane.bytes += told.bytes;
    pane.wire_bytes += told.wire_bytes;
    pane.flows_started += flow->fresh;
    pane.protocols[told.application].packets += packets;
    pane.protocols[told.application].bytes += told.bytes;
    host_count_add(client, packets, 0);
    host_count_add(server, packets, 1);
    anomalies_flow(anomalies, &told);
}

static void flow_begin(double second, double broken)
{
    if (flow_count == FLOWS_MAX) {
        refused++;
        return;
    }
    double draw = uniform();
    int number = 0;
    while (number + 1 < KINDS && draw >= kinds[number].share) {
        draw -= kinds[number++].share;
    }
    const struct kind *kind = &kinds[number];
    bool tcp = kind->protocol == 6;
    bool answered = uniform() >= fmax(0.03, broken);
    flows[flow_count++] = (struct flow){
        .kind = number,
        .client = zipf(CLIENTS),
        .server = zipf(SERVERS),
        .port = (uint16_t)(32768 + uniform() * 28000),
        .left_s =
            answered ? fmin(kind->least_s * pow(1 - uniform(), -1 / kind->shape), 20000) : 0.1,
        .rate = answered ? kind->rate * exp(kind->spread * normal()) : 120,
        .state = !tcp       ? 0
                 : answered ? FLOW_SYN | FLOW_SYN_ACK | FLOW_ESTABLISHED
                            : FLOW_SYN,
        .fresh = true,
    };
    (void)second;
}

// More by day than by night, less at the weekend.
static double busy(double second)
{
    double day = fmod(second, DAY_S) / DAY_S;
    bool weekend = (int)(second / DAY_S) % 7 >= 5;
    double shape = 0.25 + 0.75 * pow((1 - cos(2 * M_PI * (day - 0.1))) / 2, 1.5);
    return shape * (weekend ? 0.5 : 1);
}

// Bulk transfers by schedule.
static void jobs_run(int second, int64_t start_us)
{
    int of_day = second % DAY_S;
    struct flow backup = {.kind = 4, .client = 7, .server = 3, .port = 40022, .state = 7};
    if (of_day >= 7200 + 60 * (second / DAY_S % 5) && of_day < 9000) {
        backup.fresh = of_day == 7200;
        flow_tell(&backup, 40e6 * (0.8 + 0.3 * uniform()), start_us);
    }
    if (second % 3600 < 20) {
        backup.client = 9;
        flow_tell(&backup, 5e6 * (0.8 + 0.3 * uniform()), start_us);
    }
}

static const struct injected *event_now(int second)
{
    if (injected_count == 0) {
        return NULL;
    }
    const struct injected *last = &injected[injected_count - 1];
    return second < last->second + lengths[last->kind] ? last : NULL;
}

// Until the next packet, where they come at random.
static int64_t quiet_us(void)
{
    return (int64_t)(fmin(-log(1 - uniform()) / (double)pane.packets, 0.5) * 1e6);
}

static void pane_make(int second, double sessions)
{
    int64_t start_us = START_US + (int64_t)second * 1000000;
    const struct injected *event = event_now(second);
    double strength = event != NULL ? strengths[event->kind][event->level] : 1;
    int kind = event != NULL ? (int)event->kind : EVENTS;
    memset(slots, 0, sizeof(slots));
    pane = (struct pane){.start_us = start_us, .end_us = start_us + 1000000, .hosts = hosts};
    pane.first_us = start_us;
    pane.last_us = start_us + 999999;
    double factor = kind == SPIKE || kind == DROP || kind == SHIFT ? strength : 1;
    for (unsigned i = poisson(sessions * busy(second) * factor); i > 0; i--) {
        flow_begin(second, kind == BROKEN ? strength : 0);
    }
    double sum = 0;
    for (size_t i = 0; i < flow_count; i++) {
        sum += flows[i].rate * fmin(flows[i].left_s, 1);
    }
    double room = fmin(1, LINK_BYTES / fmax(sum * factor, 1));
    size_t kept = 0;
    for (size_t i = 0; i < flow_count; i++) {
        struct flow *flow = &flows[i];
        double bytes = flow->rate * fmin(flow->left_s, 1) * room * factor;
        bool sends = flow->fresh || uniform() < 0.6 || flow->rate > 1e5;
        bool lost = kind == SILENCE || (kind == DROP && uniform() > strength);
        if (sends && !lost) {
            flow_tell(flow, fmax(60, bytes * (0.7 + 0.6 * uniform())), start_us);
        }
        flow->fresh = false;
        flow->left_s -= 1;
        if (flow->left_s > 0) {
            flows[kept++] = *flow;
        }
    }
    flow_count = kept;
    if (kind != SILENCE && has_jobs) {
        jobs_run(second, start_us);
    }
    pane.loss.parse_rejects = poisson(0.5);
    if (kind == MALFORMED) {
        pane.loss.parse_rejects += (uint64_t)((double)pane.packets * strength);
    }
    if (pane.packets == 0) {
        pane.first_us = INT64_MAX;
        pane.last_us = INT64_MIN;
    } else {
        pane.first_us += quiet_us();
        pane.last_us -= quiet_us();
    }
}

static void on_anomaly(void *context, const struct anomaly *anomaly)
{
    (void)context;
    if (anomaly->phase != ANOMALY_BEGINS) {
        return;
    }
    begun++;
    int row = 0;
    while (detectors[row] != NULL && strcmp(detectors[row], anomaly->finding.detector) != 0) {
        row++;
    }
    detectors[row] = anomaly->finding.detector;
    by_detector[row]++;
    bool expected = false;
    if (injected_count > 0) {
        struct injected *last = &injected[injected_count - 1];
        int after = (int)second_now - last->second;
        if (after < lengths[last->kind] + 150) {
            last->found = last->found < 0 ? after : last->found;
            expected = true;
        }
    }
    strays += !expected;
    int second = (int)second_now;
    printf("%s day %d %02d:%02d:%02d %s %s score %.2f, %g for %g: %s\n", expected ? "  " : "##",
           second / DAY_S, second % DAY_S / 3600, second % 3600 / 60, second % 60,
           anomaly->finding.detector, anomaly->finding.subject, anomaly->finding.score,
           anomaly->finding.observed, anomaly->finding.expected, anomaly->finding.explanation);
}

static void inject(int second)
{
    if (injected_count < EVENTS_MAX && second > 2 * DAY_S && second % 2400 == 1234) {
        int number = injected_count;
        injected[injected_count++] =
            (struct injected){second, number % EVENTS, number / EVENTS % 4, -1};
    }
}

static void table_print(void)
{
    for (int kind = 0; kind < EVENTS; kind++) {
        for (int level = 0; level < 4; level++) {
            int count = 0, found = 0, delay = 0, slowest = 0;
            for (int i = 0; i < injected_count; i++) {
                if (injected[i].kind == kind && injected[i].level == level) {
                    count++;
                    found += injected[i].found >= 0;
                    delay += injected[i].found >= 0 ? injected[i].found : 0;
                    slowest = injected[i].found > slowest ? injected[i].found : slowest;
                }
            }
            printf("%-10s %5g: %3d of %3d found, after %.1f s, %d s at most\n", event_names[kind],
                   strengths[kind][level], found, count, found > 0 ? (double)delay / found : 0,
                   slowest);
        }
    }
}

int main(int argc, char **argv)
{
    int days = argc > 1 ? atoi(argv[1]) : 2;
    double sessions = argc > 2 ? atof(argv[2]) : 40;
    random_state = argc > 3 ? strtoull(argv[3], NULL, 10) * 88172645463325252ULL : 1;
    has_jobs = argc <= 4 || strcmp(argv[4], "calm") != 0;
    bool injects = argc > 5;
    struct prefix_set internal = {0};
    struct watch_options options = {
        .pane_us = 1000000, .internal = &internal, .secret = {random_state, 77}};
    struct error err;
    ports = malloc(sizeof(*ports));
    if (ports == NULL || anomalies_create(&anomalies, &options, &err) != 0) {
        return 1;
    }
    application_ports_init(ports);
    double bytes = 0, squares = 0;
    for (int second = 0; second < days * DAY_S; second++) {
        second_now = second;
        if (injects) {
            inject(second);
        }
        pane_make(second, sessions);
        bytes += (double)pane.bytes;
        squares += (double)pane.bytes * (double)pane.bytes;
        anomalies_pane(anomalies, &pane, on_anomaly, NULL);
    }
    anomalies_end(anomalies, on_anomaly, NULL);
    double mean = bytes / days / DAY_S;
    printf("%d days, mean %.1f Mbit/s, deviation %.1f Mbit/s, %llu refused\n", days, mean * 8 / 1e6,
           sqrt(squares / days / DAY_S - mean * mean) * 8 / 1e6, (unsigned long long)refused);
    for (int i = 0; detectors[i] != NULL; i++) {
        printf("%-12s %lu begun\n", detectors[i], by_detector[i]);
    }
    printf("%lu anomalies, %.2f a day that are no event's\n", begun, (double)strays / days);
    if (injects) {
        table_print();
    }
    anomalies_free(anomalies);
    free(ports);
    return 0;
}
