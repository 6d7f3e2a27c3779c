// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "dataplane/capture/live.h"

int af_packet_open(struct live **live, const struct live_options *options, struct error *err)
{
    (void)live;
    (void)options;
    return error_set(err, -ENOSYS, "not yet");
}
