// SPDX-License-Identifier: Apache-2.0
// What a filter's text becomes: steps, taken in order with one truth in hand. A test replaces it,
// "not" turns it over, and "and" and "or" jump ahead, past what they join, where it decides. All
// jumps lead forward, so that a flow takes each step at most once, whatever the text was.
#ifndef WEIR_QUERY_FILTER_PROGRAM_H
#define WEIR_QUERY_FILTER_PROGRAM_H

#include "agent/query/filter.h"
#include "agent/query/filter_field.h"

enum filter_op {
    FILTER_TEST, // the truth becomes whether the field has a value within one of the spans
    FILTER_NOT,
    FILTER_AND, // to step `first` unless the truth holds
    FILTER_OR,  // to step `first` if it does
};

struct filter_step {
    uint8_t op;     // enum filter_op
    uint8_t field;  // TEST: index in filter_fields
    bool differs;   // TEST: true where the flow has the field, and nothing of it is in a span
    uint16_t first; // TEST: span; AND, OR: step
    uint16_t count; // TEST: spans; 0: whether the flow has the field at all
};

struct filter {
    struct filter_step *steps;
    union filter_span *spans;
    uint16_t step_count;
    uint16_t span_count;
};

// Fills a zeroed filter, whose steps and spans have room for one each for every octet of the text:
// none takes less. 0, or -EINVAL with a message.
int filter_parse(struct filter *filter, const char *text, struct error *err);

#endif
