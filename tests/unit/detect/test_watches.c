// SPDX-License-Identifier: Apache-2.0
// Each watch on series of panes, on hand-made ones: steady traffic with lognormal noise, and what
// is done to it. No case sets an option.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/detect/watches.h"
#include "tests/unit/detect/made.h"

enum { SECOND_US = 1000000, HOSTS = 64, TOLD_MAX = 4000, FLOWS = 40 };

static const double USUAL_BYTES = 1e6; // a second
static const double PACKET_BYTES = 500;

// One made second, and what is done to it.
struct second {
    double factor; // of all traffic; 0: none
    double noise;  // of its logarithm
    double rejects;
    double fragments;
    double broken;        // share of the TCP connections begun that are not answered
    unsigned servers;     // that packets go to
    double protocol_part; // of HTTPS, whatever the factor
    double flows;         // begun
    double jitter;        // of the logarithm of these
    double pause;         // of every other second: without a packet, at its end
};

static const struct second usual = {1, 0.2, 0, 0, 0.02, HOSTS / 2, 0.5, FLOWS, 0, 0.001};

static struct {
    int at;
    struct finding finding;
} told[TOLD_MAX];
static size_t told_count;
static int now;

static struct pane pane;
static struct host hosts[HOSTS];
static uint64_t state;
static uint16_t https; // its number
static const struct prefix_set nobody;

static void tell(void *context, const struct finding *finding)
{
    (void)context;
    assert_true(told_count < TOLD_MAX);
    assert_true(finding->score >= 0.5 && finding->score <= 1);
    assert_true(finding->explanation[0] != '\0' && finding->unit != NULL);
    assert_true(isfinite(finding->observed) && isfinite(finding->expected));
    told[told_count].at = now;
    told[told_count++].finding = *finding;
}

static void *start(const struct watch_ops *ops)
{
    struct watch_options options = {.pane_us = SECOND_US, .internal = &nobody, .secret = {3, 4}};
    void *watch;
    told_count = 0;
    now = 0;
    state = 88172645463325252ULL;
    for (https = 0;
         application_name(https) == NULL || strcmp(application_name(https), "https") != 0;) {
        https++;
    }
    assert_int_equal(ops->create(&watch, &options), 0);
    return watch;
}

static void flows_feed(const struct watch_ops *ops, void *watch, const struct second *second)
{
    for (unsigned i = 0; ops->flow != NULL && second->factor > 0 && i < FLOWS; i++) {
        bool answered = made_uniform(&state) >= second->broken;
        struct pane_flow flow = {
            .key = {.port = {(uint16_t)(40000 + i), 443}, .vni_protocol = 6},
            .pane_us = pane.start_us,
            .packets = 10,
            .application = https,
            .flags = PANE_FLOW_STARTED,
            .state = answered ? FLOW_SYN | FLOW_SYN_ACK : FLOW_SYN,
        };
        memcpy(flow.key.address[1], (uint8_t[]){192, 0, 2, 1}, 4);
        ops->flow(watch, &flow);
    }
}

static void hosts_make(const struct second *second)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        hosts[i] = (struct host){.address = {192, 0, 2, (uint8_t)i}};
        if (i < HOSTS / 2) {
            hosts[i].source_packets = pane.packets * 2 / HOSTS;
        } else if (i - HOSTS / 2 < second->servers) {
            hosts[i].destination_packets = pane.packets / second->servers;
        }
    }
    pane.hosts = hosts;
    pane.host_count = HOSTS;
}

// Feeds `count` seconds of the kind.
static void pass(const struct watch_ops *ops, void *watch, int count, struct second second)
{
    struct watch_teller teller = {tell, NULL};
    for (int i = 0; i < count; i++, now++) {
        memset(&pane, 0, sizeof(pane));
        pane.start_us = (int64_t)now * SECOND_US;
        pane.end_us = pane.start_us + SECOND_US;
        double bytes = USUAL_BYTES * second.factor * exp(second.noise * made_normal(&state));
        pane.bytes = (uint64_t)bytes;
        pane.packets = (uint64_t)(bytes / PACKET_BYTES);
        pane.first_us = pane.start_us;
        pane.last_us = pane.end_us - (now % 2 == 0 ? (int64_t)(second.pause * SECOND_US) : 1);
        double flows = second.factor > 0 ? second.flows : 0;
        flows *= second.jitter > 0 ? exp(second.jitter * made_normal(&state)) : 1;
        pane.flows_started = (uint64_t)flows;
        pane.loss.parse_rejects = (uint64_t)second.rejects;
        pane.fragments = (uint64_t)second.fragments;
        uint64_t part = (uint64_t)(bytes * second.protocol_part);
        pane.protocols[https].bytes = part;
        pane.protocols[https].packets = (uint64_t)((double)part / PACKET_BYTES);
        pane.protocols[17].bytes = pane.bytes - part;
        pane.protocols[17].packets = pane.packets - pane.protocols[https].packets;
        hosts_make(&second);
        flows_feed(ops, watch, &second);
        ops->pane(watch, &pane, &teller);
    }
}

static struct second with_factor(double factor)
{
    struct second second = usual;
    second.factor = factor;
    return second;
}

// The last finding of the detector and subject that was told in these panes; fails if there is
// none.
static const struct finding *found(const char *detector, const char *subject, int first, int end)
{
    for (size_t i = 0; i < told_count; i++) {
        if (told[i].at >= first && told[i].at < end &&
            strcmp(told[i].finding.detector, detector) == 0 &&
            strcmp(told[i].finding.subject, subject) == 0) {
            return &told[i].finding;
        }
    }
    fail_msg("%s of %s was not told from %d to %d", detector, subject, first, end);
    return NULL;
}

static void assert_calm(int first, int end)
{
    for (size_t i = 0; i < told_count; i++) {
        if (told[i].at >= first && told[i].at < end) {
            fail_msg("told in pane %d: %s of %s, score %.2f: %s", told[i].at,
                     told[i].finding.detector, told[i].finding.subject, told[i].finding.score,
                     told[i].finding.explanation);
        }
    }
}

static void test_steady_traffic_is_calm(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 6; i++) {
        const struct watch_ops *ops[] = {&watch_volume,  &watch_silence,    &watch_change,
                                         &watch_entropy, &watch_handshakes, &watch_malformed};
        void *watch = start(ops[i]);
        pass(ops[i], watch, 20000, usual);
        assert_calm(0, 20000);
        ops[i]->free(watch);
        ops[i]->free(NULL);
    }
}

static void test_spikes_and_drops_are_told_in_their_pane(void **unused)
{
    (void)unused;
    static const struct {
        int after; // seconds of usual traffic
        double factor;
        const char *detector;
    } cases[] = {
        {70, 100, "spike"},
        {3600, 10, "spike"},
        {3600, 0.05, "drop"},
        {20000, 6, "spike"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *watch = start(&watch_volume);
        int at = cases[i].after;
        pass(&watch_volume, watch, at, usual);
        pass(&watch_volume, watch, 1, with_factor(cases[i].factor));
        assert_calm(0, at);
        const struct finding *finding = found(cases[i].detector, "all traffic", at, at + 1);
        assert_true((finding->observed > finding->expected) == (cases[i].factor > 1));
        assert_true(finding->contributor_count > 0);
        watch_volume.free(watch);
    }
}

static void test_nothing_is_told_of_the_first_minute(void **unused)
{
    (void)unused;
    void *watch = start(&watch_volume);
    pass(&watch_volume, watch, 30, usual);
    pass(&watch_volume, watch, 1, with_factor(1000));
    pass(&watch_volume, watch, 20, usual);
    assert_calm(0, 51);
    watch_volume.free(watch);
}

static void test_a_spike_ends_when_it_has_become_usual(void **unused)
{
    (void)unused;
    void *watch = start(&watch_volume);
    pass(&watch_volume, watch, 3600, usual);
    pass(&watch_volume, watch, 1200, with_factor(10));
    found("spike", "all traffic", 3600, 3601);
    assert_calm(4500, 4800);
    watch_volume.free(watch);
}

static void test_ten_panes_show_what_one_does_not(void **unused)
{
    (void)unused;
    struct second noisy = usual, raised = with_factor(8);
    noisy.noise = raised.noise = 0.7;
    void *watch = start(&watch_volume);
    pass(&watch_volume, watch, 20000, noisy);
    assert_calm(0, 20000);
    pass(&watch_volume, watch, 30, raised);
    found("spike", "all traffic", 20000, 20030);
    watch_volume.free(watch);
}

// Packets of what is there already can go on, and what little there is counts as well.
static void test_a_lack_of_new_flows_is_told(void **unused)
{
    (void)unused;
    struct second few = usual, less = usual, more = usual;
    few.flows = 18;
    less.flows = 3;
    more.flows = 36;
    void *watch = start(&watch_volume);
    pass(&watch_volume, watch, 600, few);
    pass(&watch_volume, watch, 20, less);
    assert_calm(0, 600);
    const struct finding *finding = found("drop", "all traffic", 600, 612);
    assert_string_equal(finding->unit, "flows/s");
    pass(&watch_volume, watch, 600, few);
    pass(&watch_volume, watch, 20, more); // too few to be told as too many
    assert_calm(640, 1240);
    watch_volume.free(watch);
}

static void test_what_all_measures_show_needs_less(void **unused)
{
    (void)unused;
    struct second bursty = usual, fewer = usual, smaller;
    bursty.noise = fewer.noise = 0.7;
    bursty.jitter = fewer.jitter = 0.7;
    bursty.flows = 100;
    fewer.factor = 0.3;
    smaller = fewer;
    fewer.flows = 100 * fewer.factor;
    smaller.flows = bursty.flows;
    void *watch = start(&watch_volume);
    pass(&watch_volume, watch, 3600, bursty);
    pass(&watch_volume, watch, 20, smaller); // as many flows begin
    assert_calm(0, 3620);
    watch_volume.free(watch);

    watch = start(&watch_volume);
    pass(&watch_volume, watch, 3600, bursty);
    assert_calm(0, 3600);
    pass(&watch_volume, watch, 20, fewer);
    found("drop", "all traffic", 3600, 3620);
    watch_volume.free(watch);
}

static void test_a_protocol_is_told_where_all_traffic_is_not(void **unused)
{
    (void)unused;
    struct second little = usual, much = usual;
    little.protocol_part = 0.06;
    much.protocol_part = 0.9;
    void *watch = start(&watch_volume);
    pass(&watch_volume, watch, 3600, little);
    assert_calm(0, 3600);
    pass(&watch_volume, watch, 1, much);
    found("spike", "protocol https", 3600, 3601);
    watch_volume.free(watch);

    watch = start(&watch_volume);
    pass(&watch_volume, watch, 3600, usual);
    pass(&watch_volume, watch, 1, with_factor(20));
    assert_int_equal(told_count, 1); // of all traffic
    watch_volume.free(watch);
}

static void test_what_comes_at_its_hour_is_usual_from_the_third_day_on(void **unused)
{
    (void)unused;
    enum { DAY = 86400, AT = 40000, LENGTH = 900 };
    void *watch = start(&watch_volume);
    for (int day = 0; day < 5; day++) {
        pass(&watch_volume, watch, AT, usual);
        pass(&watch_volume, watch, LENGTH, with_factor(12));
        pass(&watch_volume, watch, DAY - AT - LENGTH, usual);
    }
    found("spike", "all traffic", AT, AT + 1);
    assert_calm(2 * DAY + 1, 5 * DAY);
    pass(&watch_volume, watch, DAY / 4, usual); // at another hour
    pass(&watch_volume, watch, 1, with_factor(60));
    found("spike", "all traffic", 5 * DAY + DAY / 4, 5 * DAY + DAY / 4 + 1);
    watch_volume.free(watch);
}

static void test_silence_is_told_when_it_is_longer_than_ever(void **unused)
{
    (void)unused;
    void *watch = start(&watch_silence);
    pass(&watch_silence, watch, 600, usual);
    pass(&watch_silence, watch, 10, with_factor(0));
    assert_calm(0, 601);
    const struct finding *finding = found("silence", "all traffic", 600, 604);
    assert_string_equal(finding->unit, "s");
    watch_silence.free(watch);

    // Where it is often silent for some seconds, it must be for longer.
    watch = start(&watch_silence);
    for (int i = 0; i < 100; i++) {
        pass(&watch_silence, watch, 20, usual);
        pass(&watch_silence, watch, i % 5, with_factor(0));
    }
    pass(&watch_silence, watch, 20, usual);
    int begin = now;
    pass(&watch_silence, watch, 60, with_factor(0));
    assert_calm(0, begin + 7);
    found("silence", "all traffic", begin + 7, begin + 20);
    watch_silence.free(watch);
}

static void test_silence_whose_panes_did_not_come_is_told_afterwards(void **unused)
{
    (void)unused;
    void *watch = start(&watch_silence);
    pass(&watch_silence, watch, 600, usual);
    now += 7200;
    pass(&watch_silence, watch, 10, usual);
    assert_int_equal(told_count, 1);
    assert_true(fabs(found("silence", "all traffic", 7800, 7801)->observed - 7200) < 2);
    watch_silence.free(watch);
}

static void test_a_protocol_that_is_always_there_falls_silent(void **unused)
{
    (void)unused;
    struct second without = usual;
    without.protocol_part = 0;
    void *watch = start(&watch_silence);
    pass(&watch_silence, watch, 3700, usual);
    pass(&watch_silence, watch, 20, without);
    found("silence", "protocol https", 3700, 3710);
    watch_silence.free(watch);

    watch = start(&watch_silence); // not known for long enough
    pass(&watch_silence, watch, 600, usual);
    pass(&watch_silence, watch, 100, without);
    assert_calm(0, 700);
    watch_silence.free(watch);
}

static void test_a_shift_is_told_once_and_a_spike_is_none(void **unused)
{
    (void)unused;
    static const double factors[] = {3, 0.3, 20};
    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
        void *watch = start(&watch_change);
        pass(&watch_change, watch, 3600, usual);
        pass(&watch_change, watch, 20, with_factor(factors[i]));
        pass(&watch_change, watch, 1980, usual);
        assert_calm(0, 5580);
        pass(&watch_change, watch, 3600, with_factor(factors[i]));
        const struct finding *finding = found("change", "all traffic", 5580, 5720);
        assert_true(fabs(log2(finding->observed / finding->expected / factors[i])) < 0.5);
        assert_int_equal(told_count, 1);
        watch_change.free(watch);
    }
}

static void test_another_variance_is_told(void **unused)
{
    (void)unused;
    struct second restless = usual;
    restless.noise = 1.2;
    restless.factor = exp(-1.2 * 1.2 / 2 + 0.2 * 0.2 / 2); // the same mean
    void *watch = start(&watch_change);
    pass(&watch_change, watch, 7200, usual);
    pass(&watch_change, watch, 600, restless);
    assert_calm(0, 7200);
    found("variance", "all traffic", 7200, 7400);
    watch_change.free(watch);
}

// Traffic that comes and goes faster than panes, or in step with them.
static void test_pauses_are_told(void **unused)
{
    (void)unused;
    struct second stutters = usual;
    stutters.pause = 0.5;
    void *watch = start(&watch_change);
    pass(&watch_change, watch, 3600, usual);
    now += 100; // nobody knows whether that was a pause
    pass(&watch_change, watch, 3600, usual);
    pass(&watch_change, watch, 150, stutters);
    assert_calm(0, 7300);
    const struct finding *finding = found("variance", "all traffic", 7300, 7450);
    assert_string_equal(finding->unit, "packets");
    // A second of two is half empty: 2,000 packets come in a second.
    assert_true(finding->observed > 400 && finding->observed < 600);
    watch_change.free(watch);
}

static void test_entropy_falls_when_all_goes_to_one(void **unused)
{
    (void)unused;
    struct second one = usual;
    one.servers = 1;
    void *watch = start(&watch_entropy);
    pass(&watch_entropy, watch, 3600, usual);
    pass(&watch_entropy, watch, 1, one);
    assert_calm(0, 3600);
    const struct finding *finding = found("entropy", "destination addresses", 3600, 3601);
    assert_true(finding->observed < 1 && finding->expected > 4);
    assert_int_equal(told_count, 1);
    watch_entropy.free(watch);

    struct second few = usual, many = usual; // and rises
    few.servers = 2;
    many.servers = HOSTS / 2;
    watch = start(&watch_entropy);
    pass(&watch_entropy, watch, 3600, few);
    pass(&watch_entropy, watch, 1, many);
    finding = found("entropy", "destination addresses", 3600, 3601);
    assert_true(finding->observed > finding->expected);
    watch_entropy.free(watch);
}

static void test_broken_handshakes_are_told(void **unused)
{
    (void)unused;
    struct second broken = usual;
    broken.broken = 0.8;
    void *watch = start(&watch_handshakes);
    pass(&watch_handshakes, watch, 600, usual);
    pass(&watch_handshakes, watch, 2, broken);
    assert_calm(0, 600);
    const struct finding *finding = found("handshakes", "all traffic", 600, 602);
    assert_true(finding->observed < 50 && finding->expected > 90);
    assert_non_null(strstr(finding->explanation, "192.0.2.1"));
    watch_handshakes.free(watch);

    // One way of the traffic is not seen at all: nothing is ever answered.
    broken.broken = 1;
    watch = start(&watch_handshakes);
    pass(&watch_handshakes, watch, 3600, broken);
    assert_calm(0, 3600);
    watch_handshakes.free(watch);
}

static void test_malformed_packets_are_told(void **unused)
{
    (void)unused;
    struct second some = usual, many = usual;
    some.rejects = 3;
    many.rejects = 1500;
    void *watch = start(&watch_malformed);
    pass(&watch_malformed, watch, 3600, some);
    pass(&watch_malformed, watch, 1, many);
    assert_calm(0, 3600);
    const struct finding *finding = found("malformed", "all traffic", 3600, 3601);
    assert_true(finding->observed > 20 && finding->expected < 1);
    watch_malformed.free(watch);

    some.rejects = 4000; // a link that always carries much beside IP
    watch = start(&watch_malformed);
    pass(&watch_malformed, watch, 3600, some);
    assert_calm(0, 3600);
    watch_malformed.free(watch);
}

static void test_fragments_are_told(void **unused)
{
    (void)unused;
    struct second some = usual, many = usual;
    some.fragments = 4;
    many.fragments = 1000;
    void *watch = start(&watch_malformed);
    pass(&watch_malformed, watch, 3600, some);
    pass(&watch_malformed, watch, 1, many);
    assert_calm(0, 3600);
    const struct finding *finding = found("fragments", "all traffic", 3600, 3601);
    assert_true(finding->observed > 20 && finding->expected < 1);
    assert_int_equal(told_count, 1); // and nothing of malformed ones
    watch_malformed.free(watch);

    some.fragments = 1500; // a link that carries a tunnel of packets too long for it
    watch = start(&watch_malformed);
    pass(&watch_malformed, watch, 3600, some);
    assert_calm(0, 3600);
    watch_malformed.free(watch);
}

enum { LINKS = 3 };

// Seconds of `LINKS` interfaces; each carries its factor of what is usual.
static void links_pass(void *watch, int count, const double factors[LINKS])
{
    struct watch_teller teller = {tell, NULL};
    for (int i = 0; i < count; i++, now++) {
        memset(&pane, 0, sizeof(pane));
        pane.start_us = (int64_t)now * SECOND_US;
        pane.end_us = pane.start_us + SECOND_US;
        for (unsigned link = 0; link < LINKS; link++) {
            double noise = exp(usual.noise * made_normal(&state));
            double bytes = USUAL_BYTES * factors[link] * noise;
            pane.interfaces[link].bytes = (uint64_t)bytes;
            pane.interfaces[link].packets = (uint64_t)(bytes / PACKET_BYTES);
            pane.packets += pane.interfaces[link].packets;
        }
        watch_interface.pane(watch, &pane, &teller);
    }
}

static void test_an_interface_is_told_apart(void **unused)
{
    (void)unused;
    static const double all[LINKS] = {1, 1, 1};
    static const struct {
        double factors[LINKS];
        const char *detector, *subject; // NULL: it is of all traffic
    } cases[] = {
        {{1, 0, 1}, "drop", "interface 1"},
        {{20, 1, 1}, "spike", "interface 0"},
        {{0.01, 0.01, 0.01}, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *watch = start(&watch_interface);
        links_pass(watch, 3600, all);
        links_pass(watch, 1, cases[i].factors);
        assert_calm(0, 3600);
        if (cases[i].detector == NULL) {
            assert_calm(3600, 3601);
        } else {
            const struct finding *finding = found(cases[i].detector, cases[i].subject, 3600, 3601);
            assert_true((finding->observed > finding->expected) == (cases[i].factors[0] > 1));
            assert_int_equal(told_count, 1);
        }
        watch_interface.free(watch);
    }
    watch_interface.free(NULL);
}

static void test_a_single_interface_is_not(void **unused)
{
    (void)unused;
    static const double one[LINKS] = {1, 0, 0}, more[LINKS] = {50, 0, 0};
    void *watch = start(&watch_interface);
    links_pass(watch, 3600, one);
    links_pass(watch, 5, more);
    assert_calm(0, 3605);
    watch_interface.free(watch);
}

static void test_interfaces_go_by_their_names(void **unused)
{
    (void)unused;
    static const char *const names[] = {"uplink", "mirror"};
    static const double all[LINKS] = {1, 1, 1}, less[LINKS] = {1, 0, 1};
    struct watch_options options = {.pane_us = SECOND_US,
                                    .internal = &nobody,
                                    .secret = {3, 4},
                                    .interface_names = names,
                                    .interface_count = 2};
    watch_interface.free(start(&watch_interface)); // nothing is told yet
    void *watch;
    assert_int_equal(watch_interface.create(&watch, &options), 0);
    links_pass(watch, 3600, all);
    links_pass(watch, 1, less);
    assert_non_null(strstr(found("drop", "interface mirror", 3600, 3601)->explanation, "mirror"));
    watch_interface.free(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steady_traffic_is_calm),
        cmocka_unit_test(test_spikes_and_drops_are_told_in_their_pane),
        cmocka_unit_test(test_an_interface_is_told_apart),
        cmocka_unit_test(test_a_single_interface_is_not),
        cmocka_unit_test(test_interfaces_go_by_their_names),
        cmocka_unit_test(test_nothing_is_told_of_the_first_minute),
        cmocka_unit_test(test_a_spike_ends_when_it_has_become_usual),
        cmocka_unit_test(test_ten_panes_show_what_one_does_not),
        cmocka_unit_test(test_a_lack_of_new_flows_is_told),
        cmocka_unit_test(test_what_all_measures_show_needs_less),
        cmocka_unit_test(test_a_protocol_is_told_where_all_traffic_is_not),
        cmocka_unit_test(test_what_comes_at_its_hour_is_usual_from_the_third_day_on),
        cmocka_unit_test(test_silence_is_told_when_it_is_longer_than_ever),
        cmocka_unit_test(test_silence_whose_panes_did_not_come_is_told_afterwards),
        cmocka_unit_test(test_a_protocol_that_is_always_there_falls_silent),
        cmocka_unit_test(test_a_shift_is_told_once_and_a_spike_is_none),
        cmocka_unit_test(test_another_variance_is_told),
        cmocka_unit_test(test_pauses_are_told),
        cmocka_unit_test(test_entropy_falls_when_all_goes_to_one),
        cmocka_unit_test(test_broken_handshakes_are_told),
        cmocka_unit_test(test_malformed_packets_are_told),
        cmocka_unit_test(test_fragments_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
