// SPDX-License-Identifier: Apache-2.0
// AF_XDP on a pair of interfaces in a namespace of the test's own: what comes out is what was sent,
// the books balance, and the interface is left as it was found.
#include <errno.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

#include "dataplane/base/clock.h"
#include "tests/unit/capture/xdp_bed.h"

enum { SKIPPED = 77 };

static struct bed_list list;

static struct live_options options_of(enum live_xdp_mode mode)
{
    static const char *const interfaces[] = {BED_CAPTURED};
    return (struct live_options){
        .kind = LIVE_AF_XDP,
        .interfaces = {interfaces, 1},
        .promiscuous = true,
        .ring = 256,
        .pages = MEMORY_PAGES_NEVER,
        .xdp = {.mode = mode, .attach = LIVE_XDP_NATIVE},
        .sampling = 1,
    };
}

static struct live *opened(const struct live_options *options)
{
    list.count = 0;
    return bed_open(options);
}

static void assert_balanced(struct live *live, unsigned sent)
{
    assert_int_equal(bed_books(live, list.count).received, sent);
}

static void assert_seen(const struct bed_seen *seen, const uint8_t *frame, size_t bytes)
{
    assert_int_equal(seen->wire_bytes, bytes);
    assert_true(seen->captured_bytes == bytes || seen->captured_bytes >= BED_SEEN_BYTES);
    size_t kept = seen->captured_bytes < BED_SEEN_BYTES ? seen->captured_bytes : BED_SEEN_BYTES;
    assert_memory_equal(seen->data, frame, kept);
}

static const struct same_case {
    enum live_xdp_mode mode;
    enum live_xdp_attach attach;
} same_cases[] = {
    {LIVE_XDP_TAKE, LIVE_XDP_NATIVE},
    {LIVE_XDP_TAKE, LIVE_XDP_GENERIC},
    {LIVE_XDP_TAP, LIVE_XDP_NATIVE},
    {LIVE_XDP_TAP, LIVE_XDP_GENERIC},
};

// Each size comes out as it went in, also one that does not fit into a buffer.
static void test_frames_come_as_sent(void **state)
{
    (void)state;
    static const size_t sizes[] = {46, 60, 255, 256, 257, 1514, 3840, 3841, 4096, 9014};
    static uint8_t frames[10][BED_FRAME_MAX];
    for (size_t c = 0; c < sizeof(same_cases) / sizeof(same_cases[0]); c++) {
        bed_make(2, 9000);
        struct live_options options = options_of(same_cases[c].mode);
        options.xdp.attach = same_cases[c].attach;
        struct live *live = opened(&options);
        for (uint32_t i = 0; i < 10; i++) {
            struct bed_udp udp = {"10.0.0.1", "10.0.0.2", 1000, 2000, .bytes = sizes[i]};
            assert_int_equal(bed_frame(frames[i], &udp, i), sizes[i]);
            bed_send(frames[i], sizes[i], 1);
        }
        bed_read(live, &list, 10);
        assert_int_equal(list.count, 10);
        for (unsigned i = 0; i < 10; i++) {
            assert_seen(&list.seen[i], frames[i], sizes[i]);
            assert_true(list.seen[i].queue == 1 || options.xdp.attach == LIVE_XDP_GENERIC);
        }
        assert_balanced(live, 10);
        live_close(live);
        bed_unmake();
    }
}

static void test_books_balance(void **state)
{
    (void)state;
    static uint8_t frame[BED_FRAME_MAX];
    for (size_t c = 0; c < sizeof(same_cases) / sizeof(same_cases[0]); c++) {
        bed_make(1, 1500);
        struct live_options options = options_of(same_cases[c].mode);
        options.xdp.attach = same_cases[c].attach;
        struct live *live = opened(&options);
        enum { SENT = 2000 };
        struct bed_udp udp = {"10.0.0.1", "10.0.0.2", 1000, 2000};
        for (uint32_t i = 0; i < SENT; i++) {
            bed_send(frame, bed_frame(frame, &udp, i), 0);
        }
        bed_read(live, &list, SENT);
        assert_true(list.count >= 256 && list.count < SENT);
        assert_balanced(live, SENT);
        live_close(live);
        bed_unmake();
    }
}

// What is sent through a filter; `passes` says what it lets through.
static const struct filter_case {
    const char *prefixes[2];
    unsigned ports[2];
    const char *protocols[2];
    struct bed_udp udp;
    bool passes;
} filter_cases[] = {
    {{"10.1.0.0/16"}, {0}, {NULL}, {"10.1.2.3", "10.2.0.1", 1, 2}, true},
    {{"10.1.0.0/16"}, {0}, {NULL}, {"10.2.0.1", "10.1.2.3", 1, 2}, true},
    {{"10.1.0.0/16"}, {0}, {NULL}, {"10.2.0.1", "10.3.2.3", 1, 2}, false},
    {{"10.1.0.0/16", "10.3.2.3"}, {0}, {NULL}, {"10.2.0.1", "10.3.2.3", 1, 2}, true},
    {{"::/0"}, {0}, {NULL}, {"10.2.0.1", "10.3.2.3", 1, 2}, false},
    {{"0.0.0.0/0"}, {0}, {NULL}, {"10.2.0.1", "10.3.2.3", 1, 2}, true},
    {{"::/0", "10.3.0.0/16"}, {0}, {NULL}, {"10.2.0.1", "10.3.2.3", 1, 2}, true},
    {{"2001:db8::/32"}, {0}, {NULL}, {"10.2.0.1", "10.3.2.3", 1, 2}, false},
    {{NULL}, {53}, {NULL}, {"10.2.0.1", "10.3.2.3", 53, 2}, true},
    {{NULL}, {53, 65535}, {NULL}, {"10.2.0.1", "10.3.2.3", 1, 65535}, true},
    {{NULL}, {53}, {NULL}, {"10.2.0.1", "10.3.2.3", 52, 54}, false},
    {{NULL}, {53}, {NULL}, {"10.2.0.1", "10.3.2.3", 53, 2, .protocol = 1}, false},
    {{NULL}, {53}, {NULL}, {"10.2.0.1", "10.3.2.3", 53, 2, .vlans = 2}, true},
    {{NULL}, {53}, {NULL}, {"10.2.0.1", "10.3.2.3", 53, 2, .fragment = 0x2000}, false},
    {{NULL}, {0}, {"udp"}, {"10.2.0.1", "10.3.2.3", 1, 2}, true},
    {{NULL}, {0}, {"tcp", "17"}, {"10.2.0.1", "10.3.2.3", 1, 2, .vlans = 1}, true},
    {{NULL}, {0}, {"tcp", "255"}, {"10.2.0.1", "10.3.2.3", 1, 2}, false},
    {{"10.2.0.0/24"}, {53}, {"udp"}, {"10.2.0.1", "10.3.2.3", 1, 53}, true},
    {{"10.2.0.0/24"}, {53}, {"tcp"}, {"10.2.0.1", "10.3.2.3", 1, 53}, false},
    {{"10.2.0.0/24"}, {54}, {"udp"}, {"10.2.0.1", "10.3.2.3", 1, 53}, false},
};

static size_t listed(const char *const *items)
{
    return items[0] == NULL ? 0 : items[1] == NULL ? 1 : 2;
}

static void test_filter(void **state)
{
    (void)state;
    bed_make(1, 1500);
    for (size_t i = 0; i < sizeof(filter_cases) / sizeof(filter_cases[0]); i++) {
        const struct filter_case *c = &filter_cases[i];
        struct live_options options = options_of(i % 2 == 0 ? LIVE_XDP_TAP : LIVE_XDP_TAKE);
        options.filter.prefixes = (struct live_list){c->prefixes, listed(c->prefixes)};
        options.filter.protocols = (struct live_list){c->protocols, listed(c->protocols)};
        options.filter.ports = (struct live_numbers){c->ports, c->ports[0] == 0   ? 0
                                                               : c->ports[1] == 0 ? 1
                                                                                  : 2};
        struct live *live = opened(&options);
        uint8_t frame[BED_FRAME_MAX];
        size_t bytes = bed_frame(frame, &c->udp, (uint32_t)i);
        bed_send(frame, bytes, 0);
        bed_read(live, &list, 1);
        if (list.count != c->passes) {
            fail_msg("case %zu: %u packets", i, list.count);
        }
        assert_int_equal(bed_stats(live).drops[CAPTURE_DROP_FILTERED], !c->passes);
        assert_int_equal(bed_stats(live).wire_bytes, bytes);
        assert_balanced(live, 1);
        live_close(live);
    }
}

// IPv6, and what is no IP.
static void test_filter_of_other_frames(void **state)
{
    (void)state;
    static const uint8_t arp[60] = {[5] = 1, [11] = 2, [12] = 0x08, [13] = 0x06};
    static const uint8_t ipv6[70] = {
        [5] = 1,     [11] = 2,    [12] = 0x86, [13] = 0xdd, [14] = 0x60, [19] = 16,
        [20] = 60,   [21] = 64, // destination options
        [22] = 0x20, [23] = 0x01, [24] = 0x0d, [25] = 0xb8, [38] = 0x20, [39] = 0x01,
        [40] = 0x0d, [41] = 0xb9, [54] = 17,   [62] = 0x12, [63] = 0x34, [65] = 53,
    };
    static const char *const prefixes[] = {"2001:db8::/32", "::/0"};
    static const unsigned ports[] = {0x1234};
    bed_make(1, 1500);
    struct live_options options = options_of(LIVE_XDP_TAP);
    options.filter.ports = (struct live_numbers){ports, 1};
    for (unsigned i = 0; i < 2; i++) {
        options.filter.prefixes = (struct live_list){&prefixes[i], 1};
        struct live *live = opened(&options);
        bed_send(arp, sizeof(arp), 0);
        bed_send(ipv6, sizeof(ipv6), 0);
        bed_read(live, &list, 2);
        assert_int_equal(list.count, 1);
        assert_seen(&list.seen[0], ipv6, sizeof(ipv6));
        assert_int_equal(bed_stats(live).drops[CAPTURE_DROP_FILTERED], 1);
        live_close(live);
    }
}

// Of each flow both directions come or none, and of a fragmented datagram all fragments.
static void test_sampling_keeps_flows_whole(void **state)
{
    (void)state;
    enum { FLOWS = 1000, ONE_IN = 8 };
    uint8_t frame[BED_FRAME_MAX];
    bed_make(1, 1500);
    struct live_options options = options_of(LIVE_XDP_TAP);
    options.sampling = ONE_IN;
    options.ring = 4096;
    struct live *live = opened(&options);
    for (uint32_t flow = 0; flow < FLOWS; flow++) {
        char address[32];
        snprintf(address, sizeof(address), "10.9.%u.%u", flow / 100, flow % 100);
        uint16_t more = flow % 2 != 0 ? 0x2000 : 0; // every second is a first fragment
        struct bed_udp there = {address, "10.0.0.1", (uint16_t)(flow + 1024), 53, .fragment = more};
        struct bed_udp back = {"10.0.0.1", address, 53, (uint16_t)(flow + 1024)};
        // Where a port would stand, later fragments have something else.
        struct bed_udp later = {address, "10.0.0.1", 7, 9, .fragment = 100};
        bed_send(frame, bed_frame(frame, &there, flow), 0);
        bed_send(frame, bed_frame(frame, more != 0 ? &later : &back, flow), 0);
    }
    bed_read(live, &list, 2 * FLOWS);
    assert_balanced(live, 2 * FLOWS);
    assert_int_equal(bed_stats(live).drops[CAPTURE_DROP_SAMPLED_OUT], 2 * FLOWS - list.count);
    // Of 1000 flows 125; 6 standard deviations are 63.
    assert_in_range(list.count / 2, FLOWS / ONE_IN - 63, FLOWS / ONE_IN + 63);
    assert_int_equal(list.count % 2, 0);
    for (unsigned i = 0; i < list.count; i += 2) {
        const struct bed_seen *pair = &list.seen[i];
        assert_memory_equal(pair[0].data + pair[0].wire_bytes - 4,
                            pair[1].data + pair[1].wire_bytes - 4, 4);
    }
    live_close(live);
}

static void assert_refused(const struct live_options *options, int code, const char *message)
{
    struct live *live = NULL;
    struct error err = {""};
    assert_int_equal(live_open(&live, options, &err), code);
    assert_null(live);
    if (strstr(err.text, message) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, message);
    }
}

static const struct wrong_case {
    const char *prefix;
    const char *protocol;
    unsigned queue;
    enum live_xdp_copy copy;
    int code;
    const char *message;
} wrong_cases[] = {
    {.queue = 2, .code = -EINVAL, .message = BED_CAPTURED " has no queue 2: it has 2, from 0 to 1"},
    {.prefix = "10.0.0.1/8", .code = -EINVAL, .message = "10.0.0.1/8 is an address within"},
    {.prefix = "10.0.0.0/33", .code = -EINVAL, .message = "expected a number from 0 to 32"},
    {.prefix = "ten", .code = -EINVAL, .message = "ten is no prefix"},
    {.protocol = "tpc", .code = -EINVAL, .message = "tpc is no protocol"},
    {.copy = LIVE_XDP_ZERO_COPY, .code = -EOPNOTSUPP, .message = "capture.af_xdp.copy=auto"},
};

static void test_what_cannot_be_is_refused(void **state)
{
    (void)state;
    bed_make(2, 1500);
    for (size_t i = 0; i < sizeof(wrong_cases) / sizeof(wrong_cases[0]); i++) {
        const struct wrong_case *c = &wrong_cases[i];
        struct live_options options = options_of(LIVE_XDP_TAKE);
        options.filter.prefixes = (struct live_list){&c->prefix, c->prefix != NULL};
        options.filter.protocols = (struct live_list){&c->protocol, c->protocol != NULL};
        options.queues = (struct live_numbers){&c->queue, 1};
        options.xdp.copy = c->copy;
        assert_refused(&options, c->code, c->message);
        assert_false(bed_succeeds("ip link show " BED_CAPTURED " | grep -q xdp"));
    }
}

// A program of someone else, that passes everything.
static int other_attach(void)
{
    struct bpf_insn pass[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "other_xdp", "GPL", pass, 2, NULL);
    if (fd < 0) {
        return fd;
    }
    int code = bpf_xdp_attach((int)if_nametoindex(BED_CAPTURED), fd, XDP_FLAGS_DRV_MODE, NULL);
    close(fd);
    return code;
}

static bool program_is_there(void)
{
    return bed_succeeds("ip link show " BED_CAPTURED " | grep -q 'xdp'");
}

static bool keeper_is_there(void)
{
    return bed_succeeds("pgrep -x weir-keeper -P %d >/dev/null", (int)getpid());
}

// Waits until `is` says so, for at most two seconds.
static bool becomes(bool (*is)(void), bool wanted)
{
    for (unsigned i = 0; i < 100 && is() != wanted; i++) {
        clock_sleep_us(20000);
    }
    return is() == wanted;
}

static bool noticed(struct live *live, unsigned kind, const char *text)
{
    struct notice notice;
    bool found = false;
    while (live_notice(live, &notice)) {
        found |= notice.kind == kind && strstr(notice.message.text, text) != NULL;
    }
    return found;
}

static void test_close_leaves_nothing(void **state)
{
    (void)state;
    bed_make(2, 1500);
    struct live_options options = options_of(LIVE_XDP_TAP);
    struct live *live = opened(&options);
    assert_true(program_is_there());
    assert_true(becomes(keeper_is_there, true));
    assert_true(bed_succeeds("ip -d link show " BED_CAPTURED " | grep -q 'promiscuity [1-9]'"));
    live_close(live);
    assert_false(program_is_there());
    assert_false(keeper_is_there());
    assert_true(bed_succeeds("ip -d link show " BED_CAPTURED " | grep -q 'promiscuity 0'"));
}

static bool programs_are_on(const char *name)
{
    return bed_succeeds("ip link show %s | grep -q xdp", name);
}

// All or none.
static void test_several_interfaces(void **state)
{
    (void)state;
    static const char *const both[] = {BED_CAPTURED, BED_SENDER};
    static const char *const one_is_missing[] = {BED_CAPTURED, "weir9"};
    static const char *const twice[] = {BED_CAPTURED, BED_CAPTURED};
    bed_make(2, 1500);
    struct live_options options = options_of(LIVE_XDP_TAKE);
    options.interfaces = (struct live_list){both, 2};
    struct live *live = opened(&options);
    assert_int_equal(live_queue_count(live), 4);
    assert_true(programs_are_on(BED_CAPTURED) && programs_are_on(BED_SENDER));
    uint8_t frame[BED_FRAME_MAX];
    struct bed_udp udp = {"10.0.0.1", "10.0.0.2", 1, 2};
    bed_send(frame, bed_frame(frame, &udp, 0), 1);
    bed_read(live, &list, 1);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.seen[0].queue, 1);
    live_close(live);
    assert_false(programs_are_on(BED_CAPTURED) || programs_are_on(BED_SENDER));

    options.interfaces = (struct live_list){one_is_missing, 2};
    assert_refused(&options, -ENODEV, "no interface is called weir9");
    assert_false(programs_are_on(BED_CAPTURED));

    options.interfaces = (struct live_list){twice, 2};
    assert_refused(&options, -EINVAL, "capture.interface names " BED_CAPTURED " twice");
    assert_false(programs_are_on(BED_CAPTURED));
}

// Opens in a process of its own, that is killed when all is open, after its keeper perhaps.
static void open_and_be_killed(bool keeper_too)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct live_options options = options_of(LIVE_XDP_TAKE);
        struct live *live = NULL;
        char ok = live_open(&live, &options, NULL) == 0;
        ssize_t written = write(ends[1], &ok, 1);
        pause();
        _exit(written != 1);
    }
    char ok = 0;
    close(ends[1]);
    assert_int_equal(read(ends[0], &ok, 1), 1);
    close(ends[0]);
    assert_true(ok);
    assert_true(program_is_there());
    if (keeper_too) {
        for (unsigned i = 0; i < 100; i++) { // until it has its name
            if (bed_succeeds("pkill -KILL -x weir-keeper -P %d", (int)pid)) {
                break;
            }
            clock_sleep_us(20000);
        }
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void test_keeper_cleans_up_behind_a_killed_sensor(void **state)
{
    (void)state;
    bed_make(2, 1500);
    open_and_be_killed(false);
    assert_true(becomes(program_is_there, false));
}

static void test_next_start_cleans_up_where_no_keeper_could(void **state)
{
    (void)state;
    bed_make(2, 1500);
    open_and_be_killed(true);
    clock_sleep_us(300000);
    assert_true(program_is_there());
    struct live_options options = options_of(LIVE_XDP_TAP);
    struct live *live = opened(&options);
    assert_true(noticed(live, LIVE_WARNING, "took off 1 XDP program of a weir that was killed"));
    live_close(live);
    assert_false(program_is_there());
}

static void test_one_sensor_for_each_queue(void **state)
{
    (void)state;
    static const unsigned zero[] = {0}, one[] = {1};
    bed_make(2, 1500);
    struct live_options options = options_of(LIVE_XDP_TAP);
    options.queues = (struct live_numbers){zero, 1};
    struct live *live = opened(&options);
    assert_refused(&options, -EBUSY, "another weir captures from queue 0 of " BED_CAPTURED);
    options.xdp.mode = LIVE_XDP_TAKE;
    assert_refused(&options, -EBUSY, "another weir captures from queue 0 of " BED_CAPTURED);
    options.queues = (struct live_numbers){one, 1};
    if (noticed(live, LIVE_INFO, "other XDP programs find no place")) {
        print_message("no dispatcher here: two sensors on one interface are not tested\n");
        assert_refused(&options, -EBUSY, "another XDP program is there");
    } else {
        struct live *second = opened(&options);
        uint8_t frame[BED_FRAME_MAX];
        struct bed_udp udp = {"10.0.0.1", "10.0.0.2", 1, 2};
        bed_send(frame, bed_frame(frame, &udp, 0), 0);
        bed_send(frame, bed_frame(frame, &udp, 1), 1);
        bed_read(live, &list, 1);
        assert_int_equal(list.count, 1);
        list.count = 0;
        bed_read(second, &list, 1);
        assert_int_equal(list.count, 1);
        live_close(second);
    }
    assert_true(program_is_there());
    live_close(live);
    assert_false(program_is_there());
}

// Watches until the queue has ended.
static const struct capture_loss *ended(struct live *live)
{
    struct packet packets[CAPTURE_BURST_MAX];
    struct capture *queue = live_queue(live, 0);
    for (unsigned i = 0; i < 50; i++) {
        live_watch(live);
        if (capture_rx_burst(queue, packets, CAPTURE_BURST_MAX) == CAPTURE_END) {
            const struct capture_loss *losses;
            assert_int_equal(queue->ops->losses(queue, &losses), 1);
            return losses;
        }
        capture_release(queue);
        clock_sleep_us(20000);
    }
    fail_msg("the queue did not end");
    return NULL;
}

static void assert_ended(struct live *live, const char *detail)
{
    const struct capture_loss *loss = ended(live);
    assert_string_equal(loss->file, BED_CAPTURED);
    assert_string_equal(loss->cause, "detached");
    if (strstr(loss->detail, detail) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", loss->detail, detail);
    }
    assert_true(noticed(live, LIVE_ERROR, detail));
}

static void test_what_happens_to_the_interface_is_seen(void **state)
{
    (void)state;
    static const enum live_xdp_mode modes[] = {LIVE_XDP_TAP, LIVE_XDP_TAKE};
    for (unsigned i = 0; i < 2; i++) {
        struct live_options options = options_of(modes[i]);
        uint8_t frame[BED_FRAME_MAX];
        struct bed_udp udp = {"10.0.0.1", "10.0.0.2", 1, 2};
        size_t bytes = bed_frame(frame, &udp, 0);

        bed_make(1, 1500);
        struct live *live = opened(&options);
        live_watch(live);
        bed_run("ip link set " BED_CAPTURED " down");
        live_watch(live);
        assert_true(noticed(live, LIVE_WARNING, "the interface was set down"));
        bed_run("ip link set " BED_CAPTURED " up");
        live_watch(live);
        assert_true(noticed(live, LIVE_INFO, "the link is up again"));
        bed_send(frame, bytes, 0);
        bed_read(live, &list, 1);
        assert_int_equal(list.count, 1);
        bed_run("ip link set " BED_CAPTURED " xdp off");
        assert_ended(live, "took XDP program");
        assert_balanced(live, 1);
        live_close(live);
        bed_unmake();

        bed_make(1, 1500);
        live = opened(&options);
        bed_send(frame, bytes, 0);
        clock_sleep_us(100000);
        bed_unmake();
        bed_read(live, &list, 1);
        assert_int_equal(list.count, 1);
        assert_ended(live, "no longer there");
        assert_balanced(live, 1);
        live_close(live);
    }
}

static void test_queues_that_come_later_are_told(void **state)
{
    (void)state;
    static const char *const said = BED_CAPTURED " has 2 receive queues now, and had 1";
    bed_make(2, 1500);
    bed_run("ethtool -L " BED_SENDER " tx 1 && ethtool -L " BED_CAPTURED " rx 1");
    struct live_options options = options_of(LIVE_XDP_TAP);
    struct live *live = opened(&options);
    assert_int_equal(live_queue_count(live), 1);
    live_watch(live);
    assert_false(noticed(live, LIVE_WARNING, said));
    bed_run("ethtool -L " BED_CAPTURED " rx 2");
    live_watch(live);
    assert_true(noticed(live, LIVE_WARNING, said));
    live_watch(live);
    assert_false(noticed(live, LIVE_WARNING, said));
    live_close(live);
}

static void test_program_of_another_takes_the_place(void **state)
{
    (void)state;
    bed_make(1, 1500);
    struct live_options options = options_of(LIVE_XDP_TAP);
    struct live *live = opened(&options);
    bed_run("ip link set " BED_CAPTURED " xdp off");
    assert_int_equal(other_attach(), 0);
    assert_ended(live, "(other_xdp) in the place of");
    live_close(live);
    assert_true(program_is_there()); // the other one
}

// As where libxdp's dispatcher is to be had, or not.
static void test_program_of_another_stays(void **state)
{
    (void)state;
    bed_make(1, 1500);
    assert_int_equal(other_attach(), 0);
    struct live_options options = options_of(LIVE_XDP_TAP);
    assert_refused(&options, -EBUSY, "another XDP program is there that does not share");
    options.xdp.attach = LIVE_XDP_ATTACH_AUTO;
    assert_refused(&options, -EBUSY, "another XDP program is there that does not share");
    assert_true(program_is_there());
}

// The rights with which the program can be attached, but alone only.
static bool rights_reduce(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    uint32_t low = CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_NET_RAW);
    uint32_t high = CAP_TO_MASK(CAP_BPF) | CAP_TO_MASK(CAP_PERFMON);
    struct __user_cap_data_struct sets[2] = {{low, low, 0}, {high, high, 0}};
    return syscall(SYS_capset, &header, sets) == 0;
}

static void test_program_of_another_stays_with_few_rights(void **state)
{
    (void)state;
    bed_make(1, 1500);
    assert_int_equal(other_attach(), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct live_options options = options_of(LIVE_XDP_TAP);
        struct live *live = NULL;
        struct error err = {""};
        options.xdp.attach = LIVE_XDP_ATTACH_AUTO;
        bool refused = rights_reduce() && live_open(&live, &options, &err) == -EBUSY &&
                       strstr(err.text, "an XDP program is there, perhaps that of a weir") != NULL;
        print_message("%s\n", err.text);
        _exit(!refused);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(program_is_there());
}

static int each_teardown(void **state)
{
    (void)state;
    bed_unmake();
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, each_teardown)

int main(void)
{
    if (!bed_enter()) {
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        TEST(test_frames_come_as_sent),
        TEST(test_books_balance),
        TEST(test_filter),
        TEST(test_filter_of_other_frames),
        TEST(test_sampling_keeps_flows_whole),
        TEST(test_what_cannot_be_is_refused),
        TEST(test_close_leaves_nothing),
        TEST(test_several_interfaces),
        TEST(test_keeper_cleans_up_behind_a_killed_sensor),
        TEST(test_next_start_cleans_up_where_no_keeper_could),
        TEST(test_one_sensor_for_each_queue),
        TEST(test_what_happens_to_the_interface_is_seen),
        TEST(test_queues_that_come_later_are_told),
        TEST(test_program_of_another_takes_the_place),
        TEST(test_program_of_another_stays),
        TEST(test_program_of_another_stays_with_few_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
