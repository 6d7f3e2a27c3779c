// SPDX-License-Identifier: Apache-2.0
// A condition on a flow's fields, as an operator writes it:
//
//   destination_port = 53 and not source_ip in 10.0.0.0/8
//   (ip in 10.0.0.0/8, 2001:db8::/32 or port in 1000..1999, 8080) and protocol = "dns"
//
// Fields are named as those of flow records; `ip`, `port`, `mac`, `ttl`, `teid` and their like
// without source_ or destination_ hold where either end's does, `packets` and `bytes` (since the
// flow's start) are those of both directions. The grammar and the fields are in docs/QUERIES.md.
#ifndef WEIR_QUERY_FILTER_H
#define WEIR_QUERY_FILTER_H

#include <stdbool.h>

#include "dataplane/base/error.h"
#include "dataplane/window/pane_flow.h"

struct filter;

// Sets *filter from a text. 0; -EINVAL with a message that names the column (from 1), what was
// found and what was expected; -ENOMEM. *filter is untouched on failure. Any thread.
int filter_create(struct filter **filter, const char *text, struct error *err);

// `filter` may be NULL.
void filter_free(struct filter *filter);

// Whether the flow is one of those. `filter` may be NULL: every flow is. Any thread.
bool filter_holds(const struct filter *filter, const struct pane_flow *flow);

#endif
