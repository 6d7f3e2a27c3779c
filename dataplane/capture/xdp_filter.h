// SPDX-License-Identifier: Apache-2.0
// What the operator wants filtered, as the XDP program takes it.
#ifndef WEIR_CAPTURE_XDP_FILTER_H
#define WEIR_CAPTURE_XDP_FILTER_H

#include "bpf/steer.h"
#include "dataplane/base/error.h"
#include "dataplane/capture/live.h"

// Sets the filter's parts of *settings. Returns 0, or -EINVAL with a message that names the entry
// that is wrong.
int xdp_filter_settings(struct steer_settings *settings, const struct live_options *options,
                        struct error *err);

// Reads "10.0.0.0/8" or "2001:db8::/32"; without a length a single address. Bits past the length
// must be 0. Returns 0, or -EINVAL with a message.
int xdp_filter_prefix(struct steer_prefix *prefix, const char *text, struct error *err);

#endif
