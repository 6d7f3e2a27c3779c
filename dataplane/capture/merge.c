// SPDX-License-Identifier: Apache-2.0
// A binary heap of the sources by the time of the packet that each gives out next. While one source
// stays the oldest, as where captures of different hours are given, a packet costs two comparisons.
#include "dataplane/capture/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/capture/held.h"

struct merge {
    struct capture base;
    size_t source_count;
    struct held *held; // one for each source
    size_t *heap;      // those that hold a packet, the oldest first
    size_t heap_count;
    size_t *waiting; // those that must be asked before a packet can be given out
    size_t waiting_count;
    int64_t last_us;
    uint64_t unordered;
    struct capture_loss *losses; // as they were last asked for
};

static bool goes_before(const struct merge *merge, size_t a, size_t b)
{
    int64_t a_us = merge->held[a].packets[merge->held[a].next].time_us;
    int64_t b_us = merge->held[b].packets[merge->held[b].next].time_us;
    return a_us < b_us || (a_us == b_us && a < b);
}

static void heap_sink(struct merge *merge)
{
    size_t *heap = merge->heap;
    size_t parent = 0;
    for (;;) {
        size_t child = 2 * parent + 1;
        if (child >= merge->heap_count) {
            return;
        }
        if (child + 1 < merge->heap_count && goes_before(merge, heap[child + 1], heap[child])) {
            child++;
        }
        if (!goes_before(merge, heap[child], heap[parent])) {
            return;
        }
        size_t source = heap[parent];
        heap[parent] = heap[child];
        heap[child] = source;
        parent = child;
    }
}

static void heap_push(struct merge *merge, size_t source)
{
    size_t *heap = merge->heap;
    size_t at = merge->heap_count++;
    for (; at > 0 && goes_before(merge, source, heap[(at - 1) / 2]); at = (at - 1) / 2) {
        heap[at] = heap[(at - 1) / 2];
    }
    heap[at] = source;
}

// Whether each source that has not ended holds a packet.
static bool sources_fill(struct merge *merge)
{
    while (merge->waiting_count > 0) {
        size_t source = merge->waiting[merge->waiting_count - 1];
        int status = held_fill(&merge->held[source]);
        if (status == 0) {
            return false;
        }
        merge->waiting_count--;
        if (status > 0) {
            heap_push(merge, source);
        }
    }
    return true;
}

static int merge_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct merge *merge = (struct merge *)capture;
    if (!sources_fill(merge)) {
        return 0;
    }
    unsigned n = 0;
    // A source whose burst is used up can be asked only after these packets are released.
    while (n < count && merge->heap_count > 0 && merge->waiting_count == 0) {
        size_t source = merge->heap[0];
        struct held *held = &merge->held[source];
        const struct packet *packet = &held->packets[held->next++];
        merge->unordered += packet->time_us < merge->last_us;
        merge->last_us = packet->time_us;
        packets[n++] = *packet;
        if (held->next == held->count) {
            merge->waiting[merge->waiting_count++] = source;
            merge->heap[0] = merge->heap[--merge->heap_count];
        }
        heap_sink(merge);
    }
    return n > 0 ? (int)n : CAPTURE_END;
}

static void merge_release(struct capture *capture)
{
    (void)capture; // each source's burst is released when its next one is asked for
}

static void merge_stats(const struct capture *capture, struct capture_stats *stats)
{
    const struct merge *merge = (const struct merge *)capture;
    *stats = (struct capture_stats){0};
    for (size_t i = 0; i < merge->source_count; i++) {
        held_add_stats(&merge->held[i], stats);
    }
    stats->unordered = merge->unordered; // of the one stream
}

static size_t merge_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct merge *merge = (const struct merge *)capture;
    size_t count = 0;
    for (size_t i = 0; i < merge->source_count; i++) {
        const struct capture *source = merge->held[i].source;
        const struct capture_loss *rows;
        size_t row_count = source->ops->losses(source, &rows);
        memcpy(&merge->losses[count], rows, row_count * sizeof(*rows));
        count += row_count;
    }
    *losses = merge->losses;
    return count;
}

static void merge_free(struct merge *merge)
{
    free(merge->losses);
    free(merge->waiting);
    free(merge->heap);
    free(merge->held);
    free(merge);
}

static void merge_close(struct capture *capture)
{
    struct merge *merge = (struct merge *)capture;
    if (merge == NULL) {
        return;
    }
    for (size_t i = 0; i < merge->source_count; i++) {
        struct capture *source = merge->held[i].source;
        source->ops->close(source);
    }
    merge_free(merge);
}

static const struct capture_ops merge_ops = {
    "merge", merge_rx_burst, merge_release, merge_stats, merge_losses, merge_close,
};

int merge_open(struct capture **capture, struct capture *const *sources, size_t source_count,
               struct error *err)
{
    struct merge *merge = calloc(1, sizeof(*merge));
    if (merge == NULL) {
        return error_set(err, -ENOMEM, "no memory to join %zu captures", source_count);
    }
    merge->held = calloc(source_count, sizeof(*merge->held));
    merge->heap = calloc(source_count, sizeof(*merge->heap));
    merge->waiting = calloc(source_count, sizeof(*merge->waiting));
    merge->losses = calloc(source_count * CAPTURE_LOSSES_MAX, sizeof(*merge->losses));
    if (!merge->held || !merge->heap || !merge->waiting || !merge->losses) {
        merge_free(merge);
        return error_set(err, -ENOMEM, "no memory to join %zu captures", source_count);
    }
    merge->base.ops = &merge_ops;
    merge->source_count = source_count;
    merge->waiting_count = source_count;
    merge->last_us = INT64_MIN;
    for (size_t i = 0; i < source_count; i++) {
        merge->held[i].source = sources[i];
        merge->waiting[i] = i;
    }
    *capture = &merge->base;
    return 0;
}
