// SPDX-License-Identifier: Apache-2.0
#include "agent/query/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/query/filter_program.h"
#include "agent/query/query.h"

int filter_create(struct filter **filter, const char *text, struct error *err)
{
    size_t length = strnlen(text, QUERY_FILTER_MAX + 1);
    if (length > QUERY_FILTER_MAX) {
        return error_set(err, -EINVAL, "column %d: expected the end, at most %d octets are taken",
                         QUERY_FILTER_MAX + 1, QUERY_FILTER_MAX);
    }
    struct filter *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return error_set(err, -ENOMEM, "no memory for a filter");
    }
    made->steps = calloc(length + 1, sizeof(*made->steps));
    made->spans = calloc(length + 1, sizeof(*made->spans));
    int code = made->steps != NULL && made->spans != NULL
                   ? filter_parse(made, text, err)
                   : error_set(err, -ENOMEM, "no memory for a filter");
    if (code != 0) {
        filter_free(made);
        return code;
    }
    *filter = made;
    return 0;
}

void filter_free(struct filter *filter)
{
    if (filter != NULL) {
        free(filter->steps);
        free(filter->spans);
        free(filter);
    }
}

static bool span_holds(const union filter_span *span, const struct filter_values *values)
{
    if (values->address != NULL) {
        return prefix_holds(&span->prefix, values->address, values->ipv6);
    }
    for (unsigned i = 0; i < values->count; i++) {
        if (values->numbers[i] >= span->low && values->numbers[i] <= span->high) {
            return true;
        }
    }
    return false;
}

// What a test has seen of a flow.
struct seen {
    bool has;    // the field
    bool within; // and a value in one of the spans
};

static void end_look(const struct filter *filter, const struct filter_step *step,
                     const struct pane_flow *flow, unsigned end, struct seen *seen)
{
    struct filter_values values = {0};
    filter_fields[step->field].get(flow, end, &values);
    if (values.count == 0) {
        return;
    }
    seen->has = true;
    for (unsigned i = 0; i < step->count && !seen->within; i++) {
        seen->within = span_holds(&filter->spans[step->first + i], &values);
    }
}

static bool test_holds(const struct filter *filter, const struct filter_step *step,
                       const struct pane_flow *flow)
{
    enum filter_ends ends = filter_fields[step->field].ends;
    unsigned source = pane_flow_source(flow);
    struct seen seen = {0};
    if (ends != FILTER_DESTINATION) {
        end_look(filter, step, flow, source, &seen);
    }
    if (ends == FILTER_DESTINATION || ends == FILTER_EITHER) {
        end_look(filter, step, flow, !source, &seen);
    }
    if (step->count == 0) {
        return seen.has;
    }
    return seen.has && seen.within != step->differs;
}

bool filter_holds(const struct filter *filter, const struct pane_flow *flow)
{
    bool holds = true;
    unsigned count = filter != NULL ? filter->step_count : 0;
    for (unsigned i = 0; i < count;) {
        const struct filter_step *step = &filter->steps[i++];
        switch ((enum filter_op)step->op) {
        case FILTER_TEST:
            holds = test_holds(filter, step, flow);
            break;
        case FILTER_NOT:
            holds = !holds;
            break;
        case FILTER_AND:
            i = holds ? i : step->first;
            break;
        case FILTER_OR:
            i = holds ? step->first : i;
            break;
        }
    }
    return holds;
}
