// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_TESTS_FACTS_CHECK_H
#define WEIR_TESTS_FACTS_CHECK_H

#include "dataplane/parse/parse.h"
#include "tests/unit/parse/cases.h"
#include "tests/unit/parse/frame_text.h"

// Fails the running test, naming the row, unless facts are what the row says of its frame.
void facts_check(const struct parse_case *row, const struct frame *frame,
                 const struct packet *packet, const struct facts *facts);

#endif
