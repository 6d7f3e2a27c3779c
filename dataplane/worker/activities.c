// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/activities.h"

#include <errno.h>

int activities_init(struct activities *activities, size_t slots, struct error *err)
{
    *activities = (struct activities){.ring = ring_create(sizeof(struct pane_flow), slots, err)};
    return activities->ring != NULL ? 0 : -ENOMEM;
}

void activities_fini(struct activities *activities)
{
    ring_free(activities->ring);
}

void activities_flush(struct activities *activities)
{
    ring_submit(activities->ring, activities->reserved);
    activities->reserved = 0;
}
