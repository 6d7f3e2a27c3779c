// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/watch_text.h"

#include <stdio.h>

enum { NAMED_MAX = 3 };

void hosts_add(struct finding *finding, const struct pane *pane, double pane_s)
{
    const struct host *most[ANOMALY_CONTRIBUTORS_MAX];
    uint64_t packets[ANOMALY_CONTRIBUTORS_MAX];
    unsigned count = 0;
    for (uint32_t i = 0; i < pane->host_count; i++) {
        const struct host *host = &pane->hosts[i];
        uint64_t of = host->source_packets + host->destination_packets;
        unsigned at = count;
        for (; at > 0 && packets[at - 1] < of; at--) {
            if (at < ANOMALY_CONTRIBUTORS_MAX) {
                packets[at] = packets[at - 1];
                most[at] = most[at - 1];
            }
        }
        if (at < ANOMALY_CONTRIBUTORS_MAX) {
            packets[at] = of;
            most[at] = host;
            count += count < ANOMALY_CONTRIBUTORS_MAX;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        char text[ANOMALY_SUBJECT_MAX];
        finding_address(text, most[i]->address, most[i]->ipv6);
        finding_add(finding, text, (uint64_t)((double)packets[i] / pane_s));
    }
}

void contributors_text(char *text, size_t size, const struct finding *finding)
{
    size_t used = 0;
    text[0] = '\0';
    unsigned count =
        finding->contributor_count < NAMED_MAX ? finding->contributor_count : NAMED_MAX;
    for (unsigned i = 0; i < count && used < size; i++) {
        const char *join = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s", join, finding->contributors[i].name);
    }
}
