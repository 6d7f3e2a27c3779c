// SPDX-License-Identifier: Apache-2.0
// Losses of a pane, each another number, and the same as a record has them.
#ifndef WEIR_TESTS_PUBLISH_LOSSES_H
#define WEIR_TESTS_PUBLISH_LOSSES_H

#include "dataplane/window/pane.h"
#include "export/record/loss.h"

extern const struct pane_loss losses_made;

// Fails the test where one is not as in losses_made.
void losses_assert(const struct record_loss *loss);

#endif
