// SPDX-License-Identifier: Apache-2.0
// What watches on panes say of who takes part. Any thread.
#ifndef WEIR_DETECT_WATCH_TEXT_H
#define WEIR_DETECT_WATCH_TEXT_H

#include <stddef.h>

#include "agent/detect/finding.h"

// Adds the hosts with the most packets in the pane, in packets a second.
void hosts_add(struct finding *finding, const struct pane *pane, double pane_s);

// "https, dns and ssh" of the contributors, at most three; nothing where there are none.
void contributors_text(char *text, size_t size, const struct finding *finding);

#endif
