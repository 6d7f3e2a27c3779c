// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/export/settled.h"

static void on_settle(void *context, uint64_t sequence, enum export_cause cause,
                      const struct sink_message *message)
{
    (void)message;
    struct settled *settled = context;
    settled->times[sequence]++;
    settled->cause[sequence] = cause;
    settled->of_cause[cause]++;
    settled->total++;
}

static void on_complain(void *context, enum sink_complaint complaint, const char *text)
{
    (void)complaint;
    struct settled *settled = context;
    settled->complaints++;
    error_set(&settled->complaint, 0, "%s", text);
}

struct sink_events settled_events(struct settled *settled)
{
    return (struct sink_events){.settle = on_settle, .complain = on_complain, .context = settled};
}
