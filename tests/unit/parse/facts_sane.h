// SPDX-License-Identifier: Apache-2.0
// What holds of any facts, whatever the frame was.
#ifndef WEIR_TESTS_FACTS_SANE_H
#define WEIR_TESTS_FACTS_SANE_H

#include "dataplane/parse/parse.h"

// NULL, or what is wrong with facts that parse_packet gave for the packet.
const char *facts_complaint(const struct facts *facts, const struct packet *packet);

// NULL, or the first thing in which the two differ, of all that their flags claim.
const char *facts_difference(const struct facts *one, const struct facts *other);

#endif
