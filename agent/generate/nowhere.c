// SPDX-License-Identifier: Apache-2.0
// Frames that are made and not kept, to measure what making them takes. They lie in turn in a ring
// as large as those of network cards, so that writing them costs what it costs there.
#include <errno.h>
#include <stdlib.h>

#include "agent/generate/egress.h"
#include "agent/generate/frame.h"

enum { SLOT = 2048, SLOTS = 512 };

struct nowhere {
    struct egress egress;
    unsigned next;
    uint8_t slots[SLOTS][SLOT];
};

_Static_assert((int)SLOT >= (int)FRAME_MAX, "room for any frame");

static uint8_t *room(struct egress *egress, struct error *err)
{
    struct nowhere *nowhere = (struct nowhere *)egress;
    (void)err;
    return nowhere->slots[nowhere->next];
}

static int put(struct egress *egress, unsigned length, int64_t time_us, struct error *err)
{
    struct nowhere *nowhere = (struct nowhere *)egress;
    (void)length;
    (void)time_us;
    (void)err;
    nowhere->next = (nowhere->next + 1) % SLOTS;
    return 0;
}

static int flush(struct egress *egress, struct error *err)
{
    (void)egress;
    (void)err;
    return 0;
}

static void nowhere_close(struct egress *egress)
{
    free(egress);
}

static const struct egress_operations operations = {
    .room = room, .put = put, .flush = flush, .close = nowhere_close};

int egress_nowhere_open(struct egress **egress, struct error *err)
{
    struct nowhere *nowhere = calloc(1, sizeof(*nowhere));
    if (nowhere == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    nowhere->egress = (struct egress){.operations = &operations};
    *egress = &nowhere->egress;
    return 0;
}
