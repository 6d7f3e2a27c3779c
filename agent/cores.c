// SPDX-License-Identifier: Apache-2.0
#include "agent/cores.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/base/cpu.h"

enum { FILE_OCTETS = 4096, LIST_OCTETS = 512 };

bool cores_parse(const char *text, cpu_set_t *set)
{
    CPU_ZERO(set);
    while (*text != '\0' && *text != '\n') {
        char *end;
        unsigned long first = strtoul(text, &end, 10);
        if (end == text) {
            return false;
        }
        unsigned long last = first;
        if (*end == '-') {
            text = end + 1;
            last = strtoul(text, &end, 10);
        }
        if (end == text || last < first || last >= CPU_SETSIZE || (*end != ',' && *end > ' ')) {
            return false;
        }
        for (unsigned long cpu = first; cpu <= last; cpu++) {
            CPU_SET(cpu, set);
        }
        text = *end == ',' ? end + 1 : end;
    }
    return true;
}

// Reads a file of the kernel's. False where there is none.
static bool file_read(const char *path, char *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t octets = fd >= 0 ? read(fd, text, FILE_OCTETS - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[octets > 0 ? octets : 0] = '\0';
    return octets >= 0;
}

// Writes those of `cores` that are not in `set`; returns how many.
static unsigned others_list(const struct config_numbers *cores, const cpu_set_t *set, char *text)
{
    unsigned count = 0;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < cores->count; i++) {
        if (!CPU_ISSET(cores->items[i], set)) {
            used += (size_t)snprintf(text + used, used < LIST_OCTETS ? LIST_OCTETS - used : 0,
                                     "%s%u", count > 0 ? "," : "", cores->items[i]);
            used = used < LIST_OCTETS ? used : LIST_OCTETS;
            count++;
        }
    }
    return count;
}

static void isolation_check(const struct config_numbers *cores, const struct log *log)
{
    char text[FILE_OCTETS];
    char list[LIST_OCTETS];
    cpu_set_t isolated;
    if (file_read("/sys/devices/system/cpu/isolated", text) && cores_parse(text, &isolated) &&
        others_list(cores, &isolated, list) > 0) {
        log_warning(log, "agent",
                    "workers' CPUs are not isolated: other programs may take their time (kernel "
                    "parameter isolcpus, or an isolated cpuset)",
                    log_text("cpus", list));
    }
}

// Interfaces without a device (veth, loopback) have no node, and neither has a machine with just
// one.
static void node_check(const struct cores_options *options, const struct log *log)
{
    char path[128];
    char text[FILE_OCTETS];
    char list[LIST_OCTETS];
    cpu_set_t near;
    if (options->interface == NULL || strchr(options->interface, '/') != NULL) {
        return;
    }
    snprintf(path, sizeof(path), "/sys/class/net/%.32s/device/numa_node", options->interface);
    int node = file_read(path, text) && text[0] != '\0' ? atoi(text) : -1;
    snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist", node);
    if (node >= 0 && file_read(path, text) && cores_parse(text, &near) &&
        others_list(options->cores, &near, list) > 0) {
        log_warning(log, "agent",
                    "workers' CPUs are on another NUMA node than the interface: each packet comes "
                    "from far memory",
                    log_text("cpus", list), log_text("interface", options->interface),
                    log_signed("node", node));
    }
}

static void number_check(const struct cores_options *options, const struct log *log)
{
    if (options->cores->count < options->threads) {
        log_warning(log, "agent",
                    "fewer worker.cores than threads that handle packets: the rest share CPUs with "
                    "the agent",
                    log_unsigned("cores", options->cores->count),
                    log_unsigned("threads", options->threads));
    }
}

int cores_keep_away(const struct cores_options *options, const struct log *log, struct error *err)
{
    const struct config_numbers *cores = options->cores;
    if (cores->count == 0) {
        return 0;
    }
    cpu_set_t rest;
    CPU_ZERO(&rest);
    sched_getaffinity(0, sizeof(rest), &rest);
    for (size_t i = 0; i < cores->count; i++) {
        cpu_set_t one;
        int code = cpu_set_one(cores->items[i], &one, err);
        if (code != 0) {
            return code;
        }
        CPU_CLR(cores->items[i], &rest);
    }
    if (CPU_COUNT(&rest) == 0) {
        log_warning(log, "agent",
                    "worker.cores names every CPU at hand: the agent and the exporter share them "
                    "with the workers");
    } else if (sched_setaffinity(0, sizeof(rest), &rest) != 0) {
        return error_set(err, -errno, "cannot keep off the workers' CPUs: %s", strerror(errno));
    }
    number_check(options, log);
    isolation_check(cores, log);
    node_check(options, log);
    return 0;
}
