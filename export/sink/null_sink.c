// SPDX-License-Identifier: Apache-2.0
// Takes everything and keeps nothing: what export costs without a far end.
#include <errno.h>
#include <stdlib.h>

#include "export/sink/sink_kinds.h"

static int null_open(const char *target, const struct sink_options *options, struct sink **sink,
                     struct error *err)
{
    (void)options;
    if (*target != '\0') {
        return error_set(err, -EINVAL, "sink 'null:%s': expected nothing after 'null:'", target);
    }
    *sink = calloc(1, sizeof(**sink));
    return *sink != NULL ? 0 : error_set(err, -ENOMEM, "sink 'null:': no memory");
}

static size_t null_write(struct sink *sink, const struct sink_message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sink_deliver(sink, messages[i].sequence);
    }
    return count;
}

static void null_close(struct sink *sink)
{
    free(sink);
}

const struct sink_operations null_sink_operations = {
    .scheme = "null",
    .open = null_open,
    .write = null_write,
    .close = null_close,
};
