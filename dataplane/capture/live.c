// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/live.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { NOTICES_EACH = 10 }; // that a kind may put when it opens an interface
static_assert(NOTICES_MAX >= LIVE_INTERFACES_MAX * NOTICES_EACH, "none of them is lost");

static int (*const openers[])(struct live **, const struct live_options *, struct error *) = {
    [LIVE_AF_XDP] = af_xdp_open,
    [LIVE_DPDK] = dpdk_open,
    [LIVE_AF_PACKET] = af_packet_open,
};

static int options_check(const struct live_options *options, struct error *err)
{
    bool dpdk = options->kind == LIVE_DPDK;
    if (options->interfaces.count == 0) {
        return error_set(err, -EINVAL, "nothing to capture from: set %s (weir devices lists them)",
                         dpdk ? "capture.dpdk.device" : "capture.interface");
    }
    if (options->interfaces.count > LIVE_INTERFACES_MAX) {
        return error_set(err, -EINVAL, "%zu interfaces to capture from; expected at most %d",
                         options->interfaces.count, LIVE_INTERFACES_MAX);
    }
    bool filter = options->filter.prefixes.count + options->filter.ports.count +
                      options->filter.protocols.count !=
                  0;
    const char *only = filter                      ? "filter"
                       : options->sampling != 1    ? "sampling"
                       : options->queues.count > 0 ? "queues"
                                                   : NULL;
    if (options->kind != LIVE_AF_XDP && only != NULL) {
        return error_set(err, -EINVAL,
                         "capture.%s is for AF_XDP alone; expected capture.source=af_xdp", only);
    }
    return 0;
}

int live_open(struct live **live, const struct live_options *options, struct error *err)
{
    int code = options_check(options, err);
    return code != 0 ? code : openers[options->kind](live, options, err);
}

void live_tell(struct live *live, unsigned kind, const char *format, ...)
{
    char text[sizeof(((struct notice *)0)->message.text)];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    notices_put(&live->notices, kind, text);
}
