// SPDX-License-Identifier: Apache-2.0
// Starts DPDK's environment. Its command line is made from the options; the operator's own words
// come last and win.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "dataplane/capture/dpdk.h"

enum { ARGUMENTS_MAX = 128, TEXT_BYTES = 8192 };

// The EAL keeps pointers into its arguments.
static struct {
    bool started;
    bool full; // something did not fit
    int count;
    char *items[ARGUMENTS_MAX + 1];
    size_t used;
    char text[TEXT_BYTES];
} line;

// What does not fit is left out, and line.full tells.
static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(&line.text[line.used], TEXT_BYTES - line.used, format, arguments);
    va_end(arguments);
    if (line.count == ARGUMENTS_MAX || line.used + (size_t)length >= TEXT_BYTES) {
        line.full = true;
        return;
    }
    line.items[line.count++] = &line.text[line.used];
    line.used += (size_t)length + 1;
}

static void add_words(const char *words)
{
    if (words == NULL) {
        return;
    }
    for (words += strspn(words, " \t"); *words != '\0'; words += strspn(words, " \t")) {
        size_t length = strcspn(words, " \t");
        add("%.*s", (int)length, words);
        words += length;
    }
}

static void add_virtual(const char *name, const struct live_options *options)
{
    char given[16];
    // The driver's own ring is short, and the descriptors it is configured with nothing to it.
    if (strncmp(name, "net_af_packet", strlen("net_af_packet")) == 0 &&
        !dpdk_argument(name, "framecnt", given, sizeof(given))) {
        add("--vdev=%s,framecnt=%u", name, options->ring);
    } else {
        add("--vdev=%s", name);
    }
}

static bool add_devices(const struct live_options *options)
{
    bool pci = false;
    for (size_t i = 0; i < options->interfaces.count; i++) {
        const char *name = options->interfaces.items[i];
        if (dpdk_name_is_pci(name)) {
            add("-a");
            add("%s", name);
            pci = true;
        } else {
            add_virtual(name, options);
        }
    }
    return pci;
}

static int line_make(const struct live_options *options, bool huge, struct error *err)
{
    add("weir");
    // One lcore, where this thread is; workers are threads of our own and register themselves.
    add("--lcores=0@%d", sched_getcpu());
    add("--no-telemetry");
    add("--log-level=error");
    if (huge) {
        // Nothing in hugetlbfs or /run that another sensor could meet or that would be left behind.
        add("--in-memory");
    } else {
        // --in-memory knows huge pages only; this keeps the rest out of the file system.
        add("--no-shconf");
        add("--no-huge");
        add("-m");
        add("%zu", (dpdk_memory_bytes(options, (size_t)sysconf(_SC_PAGESIZE)) >> 20) + 1);
    }
    // A directory by that name stays in /run/dpdk, empty; several sensors share it.
    add("--file-prefix=weir");
    if (!add_devices(options)) {
        add("--no-pci");
        add("--iova-mode=va");
    }
    add_words(options->dpdk.arguments);
    if (line.full) {
        return error_set(err, -EINVAL,
                         "too many arguments for DPDK, or too long; expected capture.dpdk.device "
                         "and capture.dpdk.arguments to need at most %d, of %d octets together",
                         ARGUMENTS_MAX, TEXT_BYTES);
    }
    return 0;
}

static int device_check(const char *name, struct error *err)
{
    if (dpdk_name_is_pci(name)) {
        return dpdk_pci_check(name, err);
    }
    char beneath[IF_NAMESIZE];
    struct interface interface;
    if (!dpdk_beneath_name(name, beneath, sizeof(beneath))) {
        return 0;
    }
    int code = interface_open(&interface, beneath, err);
    if (code == 0) {
        interface_close(&interface);
    }
    return code;
}

// What follows a device's name are its arguments.
static bool same_device(const char *a, const char *b)
{
    size_t length = strcspn(a, ",");
    return length == strcspn(b, ",") && strncmp(a, b, length) == 0;
}

// Before the EAL starts, which it does only once.
static int devices_check(const struct live_options *options, struct error *err)
{
    const char *const *names = options->interfaces.items;
    int code = 0;
    for (size_t i = 0; i < options->interfaces.count && code == 0; i++) {
        code = device_check(names[i], err);
        for (size_t before = 0; before < i && code == 0; before++) {
            if (same_device(names[before], names[i])) {
                code = error_set(err, -EINVAL, "capture.dpdk.device names %.*s twice",
                                 (int)strcspn(names[i], ","), names[i]);
            }
        }
    }
    return code;
}

// EAL's help, five score lines where it is wrongly told, would go among the records.
static int eal_init(void)
{
    fflush(stdout);
    int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (output >= 0 && nowhere >= 0) {
        dup2(nowhere, STDOUT_FILENO);
    }
    int code = rte_eal_init(line.count, line.items);
    fflush(stdout);
    if (output >= 0) {
        dup2(output, STDOUT_FILENO);
        close(output);
    }
    if (nowhere >= 0) {
        close(nowhere);
    }
    return code;
}

int dpdk_eal_start(struct live *live, const struct live_options *options, struct error *err)
{
    if (line.started) {
        return error_set(err, -EALREADY, "DPDK starts only once in a process: start weir anew");
    }
    int code = devices_check(options, err);
    int huge = code == 0 ? dpdk_pages_huge(live, options, err) : code;
    code = huge < 0 ? huge : line_make(options, huge == 1, err);
    if (code == 0) {
        code = dpdk_log_open(err);
    }
    if (code != 0) {
        return code;
    }
    cpu_set_t cpus;
    pthread_getaffinity_np(pthread_self(), sizeof(cpus), &cpus);
    line.started = true;
    // net_af_xdp's program alone on its interface, so that it can be taken away whole.
    setenv("LIBXDP_SKIP_DISPATCHER", "1", 0);
    if (eal_init() < 0) {
        const char *own = options->dpdk.arguments;
        bool any = own != NULL && *own != '\0';
        code =
            error_set(err, rte_errno != 0 ? -rte_errno : -EINVAL, "DPDK does not start: %s%s%s%s",
                      dpdk_log_words(), dpdk_rights_lacking(options->interfaces.items[0]),
                      any ? "; it was also given: " : "", any ? own : "");
    }
    pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
    return code;
}

void dpdk_eal_stop(void)
{
    rte_eal_cleanup();
}
