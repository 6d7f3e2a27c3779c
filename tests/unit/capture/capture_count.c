// SPDX-License-Identifier: Apache-2.0
// Prints for each file given how many packets the readers count in it, or "-", and what they lost.
#include <inttypes.h>
#include <stdio.h>

#include "dataplane/capture/capture.h"

static void count(const char *path)
{
    struct capture *capture;
    struct error err;
    if (capture_open_files(&capture, &path, 1, 0, &err) != 0) {
        printf("%s\t-\t%s\n", path, err.text);
        return;
    }
    struct packet packets[CAPTURE_BURST_MAX];
    uint64_t given = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX)) != CAPTURE_END) {
        given += (uint64_t)received;
        capture_release(capture);
    }
    struct capture_stats stats;
    capture->ops->stats(capture, &stats);
    printf("%s\t%" PRIu64 "\t", path, stats.received);
    if (stats.received != given + stats.drops[CAPTURE_DROP_LINK_TYPE]) {
        printf("only %" PRIu64 " given out; ", given);
    }
    const struct capture_loss *losses;
    size_t loss_count = capture->ops->losses(capture, &losses);
    for (size_t i = 0; i < loss_count; i++) {
        printf("%s at %" PRIu64 ": %s; ", losses[i].cause, losses[i].offset, losses[i].detail);
    }
    printf("\n");
    capture->ops->close(capture);
}

int main(int argument_count, char **arguments)
{
    for (int i = 1; i < argument_count; i++) {
        count(arguments[i]);
    }
    return 0;
}
