// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/worker/memory_capture.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

// One of so many calls finds nothing just now.
enum { IDLE_CALLS = 5 };

// These run on a thread of the code under test, from where cmocka's assertions cannot jump out.
static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void frame_lend(struct memory_capture *source, const struct frame *frame)
{
    uint8_t *data = malloc(frame->captured_bytes);
    must(data != NULL);
    memcpy(data, frame->data, frame->captured_bytes);
    source->lent[source->lent_count++] = (struct packet){
        .data = data,
        .time_us = frame->time_us + source->later_us,
        .captured_bytes = frame->captured_bytes,
        .wire_bytes = frame->wire_bytes,
        .link_type = LINK_ETHERNET,
        .interface = (uint8_t)(frame->time_us % MEMORY_INTERFACES),
    };
}

static int memory_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct memory_capture *source = (struct memory_capture *)capture;
    must(source->lent_count == 0 && !source->ended && count <= CAPTURE_BURST_MAX);
    cpu_set_t allowed;
    must(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
    source->cpus = CPU_COUNT(&allowed);
    if (++source->calls % IDLE_CALLS == 0) {
        return 0;
    }
    while (source->lent_count < count && source->lent_count < source->burst_max) {
        if (source->next == source->count && source->again_us > 0) {
            source->next = 0;
            source->later_us += source->again_us;
        }
        if (source->next == source->count) {
            break;
        }
        const struct frame *frame = &source->frames[source->next++];
        source->stats.received++;
        source->stats.wire_bytes += frame->wire_bytes;
        if (frame->dropped) {
            source->stats.drops[CAPTURE_DROP_LINK_TYPE]++;
        } else {
            frame_lend(source, frame);
        }
    }
    memcpy(packets, source->lent, source->lent_count * sizeof(*packets));
    source->ended = source->lent_count == 0;
    return source->ended ? CAPTURE_END : (int)source->lent_count;
}

static void memory_release(struct capture *capture)
{
    struct memory_capture *source = (struct memory_capture *)capture;
    must(source->lent_count > 0);
    while (source->lent_count > 0) {
        free((void *)source->lent[--source->lent_count].data);
    }
}

static void memory_stats(const struct capture *capture, struct capture_stats *stats)
{
    *stats = ((const struct memory_capture *)capture)->stats;
}

static size_t memory_losses(const struct capture *capture, const struct capture_loss **losses)
{
    (void)capture;
    *losses = NULL;
    return 0;
}

static void memory_close(struct capture *capture)
{
    (void)capture;
}

static const struct capture_ops memory_ops = {
    .name = "memory",
    .rx_burst = memory_rx_burst,
    .release = memory_release,
    .stats = memory_stats,
    .losses = memory_losses,
    .close = memory_close,
};

void memory_capture_init(struct memory_capture *source)
{
    source->capture.ops = &memory_ops;
    source->list[0] = &source->capture;
}
