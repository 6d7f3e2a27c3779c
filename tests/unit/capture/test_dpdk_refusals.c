// SPDX-License-Identifier: Apache-2.0
// What DPDK cannot be opened with: each is refused with a message that says why.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/capture/dpdk_child.h"

static const struct refusal {
    const char *name;
    const char *device;
    const char *arguments;
    enum memory_pages pages;
    unsigned sockets;
    uint32_t ring;
    int code;
    const char *words[3]; // of the message
} refusals[] = {
    {"an unknown driver", "net_nope0", "", 1, 1, 512, -ENODEV, {"net_nope0"}},
    {"a file that is not there",
     "net_pcap0,rx_pcap=/nope",
     "",
     1,
     1,
     512,
     -ENODEV,
     {"net_pcap0,rx_pcap=/nope", "No such file"}},
    {"an interface that is not there",
     "net_af_packet0,iface=weir-nope",
     "",
     1,
     1,
     512,
     -ENODEV,
     {"weir-nope", "lo"}},
    {"no interface named", "net_af_packet0", "", 1, 1, 512, -ENODEV, {"net_af_packet0"}},
    {"too few queues",
     "net_pcap0,iface=lo",
     "",
     1,
     3,
     512,
     -EINVAL,
     {"1 receive queues", "expected 3", "capture.spread=flows"}},
    {"huge pages that are not there",
     "net_null0",
     "",
     MEMORY_PAGES_REQUIRE,
     8,
     65536,
     -ENOMEM,
     {"huge pages", "sysctl vm.nr_hugepages="}},
    {"too little memory", "net_null0", "-m 16", 1, 8, 32768, -ENOMEM, {"net_null0", "buffers"}},
    {"arguments that are none", "net_null0", "--nope", 1, 1, 512, -EINVAL, {"--nope"}},
    {"no such PCI device", "0000:ff:1f.7", "", 1, 1, 512, -ENODEV, {"0000:ff:1f.7"}},
    {"half a PCI address", "0000:03", "", 1, 1, 512, -EINVAL, {"0000:03", "0000:03:00.0"}},
    {"a PCI address with a tail", "0000:03:00.0x", "", 1, 1, 512, -EINVAL, {"0000:03:00.0x"}},
};

static void refused_with_a_reason(const void *argument)
{
    const struct refusal *refusal = argument;
    struct live *live = NULL;
    struct error err = {""};
    struct live_options options = dpdk_bed_options(&refusal->device, 1);
    options.pages = refusal->pages;
    options.sockets = refusal->sockets;
    options.ring = refusal->ring;
    options.dpdk.arguments = refusal->arguments;
    int code = live_open(&live, &options, &err);
    print_message("%s\n", err.text);
    assert_int_equal(code, refusal->code);
    assert_null(live);
    for (size_t i = 0; i < 3 && refusal->words[i] != NULL; i++) {
        assert_non_null(strstr(err.text, refusal->words[i]));
    }
}

static void assert_wrong(const char *const *names, size_t count, const char *words)
{
    struct live *live = NULL;
    struct error err = {""};
    struct live_options options = dpdk_bed_options(names, count);
    assert_int_equal(live_open(&live, &options, &err), -EINVAL);
    assert_null(live);
    assert_non_null(strstr(err.text, words));
}

static void a_name_without_end_is_refused(const void *argument)
{
    (void)argument;
    static char name[10000] = "net_pcap0,rx_pcap=";
    const char *const names[] = {name};
    size_t length = strlen(name);
    memset(name + length, 'a', sizeof(name) - 1 - length);
    assert_wrong(names, 1, "too many arguments for DPDK, or too long");
}

static void a_device_twice_is_refused(const void *argument)
{
    (void)argument;
    static const char *const names[] = {"net_null0,size=64", "net_null1", "net_null0,size=1500"};
    assert_wrong(names, 3, "capture.dpdk.device names net_null0 twice");
}

static void starts_only_once(const void *argument)
{
    (void)argument;
    struct error err = {""};
    const char *const names[] = {"net_null0"};
    struct live_options options = dpdk_bed_options(names, 1);
    live_close(bed_open(&options));
    struct live *live = NULL;
    assert_int_equal(live_open(&live, &options, &err), -EALREADY);
    assert_non_null(strstr(err.text, "only once"));
}
static const struct dpdk_scenario others[] = {
    {"a name without end is refused", a_name_without_end_is_refused, NULL, false},
    {"a device twice is refused", a_device_twice_is_refused, NULL, false},
    {"starts only once", starts_only_once, NULL, false},
};

int main(void)
{
    enum {
        OTHERS = sizeof(others) / sizeof(others[0]),
        REFUSALS = sizeof(refusals) / sizeof(refusals[0]),
    };
    struct dpdk_scenario scenarios[OTHERS + REFUSALS];
    memcpy(scenarios, others, sizeof(others));
    for (size_t i = 0; i < REFUSALS; i++) {
        scenarios[OTHERS + i] = (struct dpdk_scenario){
            .name = refusals[i].name,
            .run = refused_with_a_reason,
            .argument = &refusals[i],
        };
    }
    return dpdk_run(scenarios, OTHERS + REFUSALS);
}
