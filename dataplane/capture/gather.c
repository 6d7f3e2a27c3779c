// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct part {
    struct capture *source;
    uint8_t interface;
};

struct gather {
    struct capture base;
    size_t turn; // whose burst is next
    size_t lent; // whose burst has not been released
    size_t live; // sources that have not ended; they stand first
    size_t count;
    size_t room; // for losses
    struct capture_loss *losses;
    struct part parts[];
};

static int gather_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct gather *gather = (struct gather *)capture;
    for (size_t asked = 0; asked < gather->live; asked++) {
        gather->turn = gather->turn + 1 < gather->live ? gather->turn + 1 : 0;
        struct part part = gather->parts[gather->turn];
        int received = capture_rx_burst(part.source, packets, count);
        for (int i = 0; i < received; i++) {
            packets[i].interface = part.interface;
        }
        if (received > 0) {
            gather->lent = gather->turn;
            return received;
        }
        if (received == CAPTURE_END) {
            gather->live--;
            gather->parts[gather->turn] = gather->parts[gather->live];
            gather->parts[gather->live] = part;
        }
    }
    return gather->live > 0 ? 0 : CAPTURE_END;
}

static void gather_release(struct capture *capture)
{
    struct gather *gather = (struct gather *)capture;
    capture_release(gather->parts[gather->lent].source);
}

static void gather_stats(const struct capture *capture, struct capture_stats *stats)
{
    const struct gather *gather = (const struct gather *)capture;
    *stats = (struct capture_stats){0};
    for (size_t i = 0; i < gather->count; i++) {
        struct capture_stats part;
        gather->parts[i].source->ops->stats(gather->parts[i].source, &part);
        stats->received += part.received;
        stats->wire_bytes += part.wire_bytes;
        stats->unordered += part.unordered;
        for (size_t drop = 0; drop < CAPTURE_DROP_COUNT; drop++) {
            stats->drops[drop] += part.drops[drop];
        }
    }
}

static size_t gather_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct gather *gather = (const struct gather *)capture;
    size_t count = 0;
    for (size_t i = 0; i < gather->count; i++) {
        const struct capture_loss *part;
        size_t found = gather->parts[i].source->ops->losses(gather->parts[i].source, &part);
        found = found < gather->room - count ? found : gather->room - count;
        if (found > 0) {
            memcpy(&gather->losses[count], part, found * sizeof(*part));
        }
        count += found;
    }
    *losses = gather->losses;
    return count;
}

static void gather_attach(struct capture *capture)
{
    struct gather *gather = (struct gather *)capture;
    for (size_t i = 0; i < gather->count; i++) {
        if (gather->parts[i].source->ops->attach != NULL) {
            gather->parts[i].source->ops->attach(gather->parts[i].source);
        }
    }
}

static void gather_close(struct capture *capture)
{
    struct gather *gather = (struct gather *)capture;
    if (gather != NULL) {
        free(gather->losses);
        free(gather);
    }
}

static const struct capture_ops gather_ops = {
    .name = "gather",
    .rx_burst = gather_rx_burst,
    .release = gather_release,
    .stats = gather_stats,
    .losses = gather_losses,
    .close = gather_close,
    .attach = gather_attach,
};

int gather_open(struct capture **capture, struct capture *const *sources, const uint8_t *interfaces,
                size_t source_count, struct error *err)
{
    struct gather *new = calloc(1, sizeof(*new) + source_count * sizeof(struct part));
    struct capture_loss *losses = calloc(source_count * CAPTURE_LOSSES_MAX, sizeof(*losses));
    if (new == NULL || losses == NULL) {
        free(losses);
        free(new);
        return error_set(err, -ENOMEM, "no memory to read %zu queues", source_count);
    }
    new->base.ops = &gather_ops;
    new->count = new->live = source_count;
    new->room = source_count *CAPTURE_LOSSES_MAX;
    new->losses = losses;
    for (size_t i = 0; i < source_count; i++) {
        new->parts[i] = (struct part){sources[i], interfaces[i]};
    }
    *capture = &new->base;
    return 0;
}
