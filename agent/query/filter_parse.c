// SPDX-License-Identifier: Apache-2.0
// By recursive descent, one function for each rule of the grammar in docs/QUERIES.md. The only
// recursion is through parentheses, whose depth is bounded.
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "agent/config/nearest.h"
#include "agent/query/filter_program.h"
#include "agent/query/filter_token.h"

enum { DEPTH_MAX = 32, EXPECTED_MAX = 160 };

struct parser {
    struct filter *filter;
    const char *text;
    size_t at; // of what follows the token
    struct filter_token token;
    unsigned depth; // of parentheses
    struct error *err;
};

static void next(struct parser *parser)
{
    filter_token_next(parser->text, &parser->at, &parser->token);
}

// The token is not what was expected. `meant`: what a person probably meant, or NULL.
static int unexpected(struct parser *parser, const char *expected, const char *meant)
{
    const struct filter_token *token = &parser->token;
    return error_set(parser->err, -EINVAL, "column %zu: found %s, expected %s%s%s%s", token->column,
                     filter_token_name(token).text, expected,
                     meant != NULL ? " (did you mean " : "", meant != NULL ? meant : "",
                     meant != NULL ? "?)" : "");
}

static uint16_t step_add(struct parser *parser, struct filter_step step)
{
    assert(parser->filter->step_count < strlen(parser->text));
    parser->filter->steps[parser->filter->step_count] = step;
    return parser->filter->step_count++;
}

static void span_add(struct parser *parser, struct filter_step *test, union filter_span span)
{
    assert(parser->filter->span_count < strlen(parser->text));
    parser->filter->spans[parser->filter->span_count++] = span;
    test->count++;
}

static int read_field(struct parser *parser, const struct filter_field **field)
{
    const struct filter_token *token = &parser->token;
    *field = token->kind == FILTER_WORD ? filter_field_find(token->text) : NULL;
    if (*field != NULL) {
        next(parser);
        return 0;
    }
    struct nearest nearest = nearest_to(token->text);
    for (size_t i = 0; i < filter_field_count && token->kind == FILTER_WORD; i++) {
        nearest_consider(&nearest, filter_fields[i].name);
    }
    return unexpected(parser, "a field such as source_ip", nearest.name);
}

static int value_unexpected(struct parser *parser, const struct filter_field *field)
{
    char expected[EXPECTED_MAX];
    field->kind->expect(field, expected, sizeof(expected));
    struct nearest nearest = nearest_to(parser->token.text);
    const bool named = field->kind->name != NULL;
    for (uint64_t number = field->least; named && number <= field->most; number++) {
        const char *name = field->kind->name(number);
        if (name != NULL) {
            nearest_consider(&nearest, name);
        }
    }
    return unexpected(parser, expected, nearest.name);
}

static int read_value(struct parser *parser, const struct filter_field *field,
                      union filter_span *span)
{
    enum filter_token_kind kind = parser->token.kind;
    if ((kind != FILTER_WORD && kind != FILTER_STRING) ||
        field->kind->read(field, parser->token.text, span) != 0) {
        return value_unexpected(parser, field);
    }
    next(parser);
    return 0;
}

// A value of a list, or a range of them.
static int read_item(struct parser *parser, const struct filter_field *field,
                     union filter_span *span)
{
    int code = read_value(parser, field, span);
    if (code != 0 || parser->token.kind != FILTER_RANGE || !field->kind->ordered) {
        return code;
    }
    next(parser);
    struct filter_token token = parser->token;
    union filter_span high;
    code = read_value(parser, field, &high);
    if (code == 0 && high.low < span->low) {
        parser->token = token;
        return unexpected(parser, "a range's higher end", NULL);
    }
    if (code == 0) {
        span->high = high.high;
    }
    return code;
}

static int read_list(struct parser *parser, const struct filter_field *field,
                     struct filter_step *test)
{
    bool more;
    do {
        union filter_span span;
        int code = read_item(parser, field, &span);
        if (code != 0) {
            return code;
        }
        span_add(parser, test, span);
        more = parser->token.kind == FILTER_COMMA;
        if (more) {
            next(parser);
        }
    } while (more);
    return 0;
}

enum comparison { EQUAL, DIFFERENT, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, COMPARISONS };

static const char *const comparisons[COMPARISONS] = {
    [EQUAL] = "=",          [DIFFERENT] = "!=", [LESS] = "<",
    [LESS_OR_EQUAL] = "<=", [GREATER] = ">",    [GREATER_OR_EQUAL] = ">=",
};

// Of the token; COMPARISONS where it is none that the field takes.
static enum comparison comparison_of(const struct parser *parser, const struct filter_field *field)
{
    unsigned count = field->kind->ordered ? COMPARISONS : LESS;
    for (unsigned i = 0; i < count; i++) {
        if (filter_token_is(&parser->token, comparisons[i])) {
            return i;
        }
    }
    return COMPARISONS;
}

// Makes a span of one number that of all numbers which compare so with it.
static void span_compare(union filter_span *span, enum comparison comparison)
{
    static const union filter_span none = {.low = 1, .high = 0};
    if (comparison == LESS_OR_EQUAL) {
        span->low = 0;
    } else if (comparison == GREATER_OR_EQUAL) {
        span->high = UINT64_MAX;
    } else if (comparison == LESS) {
        *span = span->low == 0 ? none : (union filter_span){.low = 0, .high = span->low - 1};
    } else if (comparison == GREATER) {
        *span = span->low == UINT64_MAX
                    ? none
                    : (union filter_span){.low = span->low + 1, .high = UINT64_MAX};
    }
}

static int read_comparison(struct parser *parser, const struct filter_field *field,
                           struct filter_step *test)
{
    enum comparison comparison = comparison_of(parser, field);
    if (comparison == COMPARISONS) {
        return unexpected(parser,
                          field->kind->ordered ? "an operator: =, !=, <, <=, >, >= or in"
                                               : "an operator: =, != or in",
                          NULL);
    }
    next(parser);
    union filter_span span;
    int code = read_value(parser, field, &span);
    if (code == 0) {
        span_compare(&span, comparison);
        span_add(parser, test, span);
        test->differs = comparison == DIFFERENT;
    }
    return code;
}

// What may follow a field that stands alone: it asks whether the flow has one.
static bool ends_condition(const struct filter_token *token)
{
    return token->kind == FILTER_END || token->kind == FILTER_CLOSE ||
           filter_token_is(token, "and") || filter_token_is(token, "or");
}

static int read_condition(struct parser *parser)
{
    const struct filter_field *field;
    int code = read_field(parser, &field);
    if (code != 0) {
        return code;
    }
    struct filter_step test = {.op = FILTER_TEST,
                               .field = (uint8_t)(field - filter_fields),
                               .first = parser->filter->span_count};
    if (filter_token_is(&parser->token, "in")) {
        next(parser);
        code = read_list(parser, field, &test);
    } else if (!ends_condition(&parser->token)) {
        code = read_comparison(parser, field, &test);
    }
    if (code == 0) {
        step_add(parser, test);
    }
    return code;
}

static int read_any(struct parser *parser);

static int read_group(struct parser *parser)
{
    if (parser->depth == DEPTH_MAX) {
        return error_set(parser->err, -EINVAL, "column %zu: parentheses are more than %d deep",
                         parser->token.column, DEPTH_MAX);
    }
    parser->depth++;
    next(parser);
    int code = read_any(parser);
    parser->depth--;
    if (code == 0 && parser->token.kind != FILTER_CLOSE) {
        return unexpected(parser, "\"and\", \"or\" or \")\"", NULL);
    }
    if (code == 0) {
        next(parser);
    }
    return code;
}

static int read_not(struct parser *parser)
{
    bool turned = false;
    while (filter_token_is(&parser->token, "not")) {
        turned = !turned;
        next(parser);
    }
    int code = parser->token.kind == FILTER_OPEN ? read_group(parser) : read_condition(parser);
    if (code == 0 && turned) {
        step_add(parser, (struct filter_step){.op = FILTER_NOT});
    }
    return code;
}

// Parts that one keyword joins.
static int read_chain(struct parser *parser, const char *keyword, enum filter_op op,
                      int (*read_part)(struct parser *parser))
{
    int code = read_part(parser);
    while (code == 0 && filter_token_is(&parser->token, keyword)) {
        uint16_t join = step_add(parser, (struct filter_step){.op = (uint8_t)op});
        next(parser);
        code = read_part(parser);
        parser->filter->steps[join].first = parser->filter->step_count;
    }
    return code;
}

static int read_all(struct parser *parser)
{
    return read_chain(parser, "and", FILTER_AND, read_not);
}

static int read_any(struct parser *parser)
{
    return read_chain(parser, "or", FILTER_OR, read_all);
}

int filter_parse(struct filter *filter, const char *text, struct error *err)
{
    struct parser parser = {.filter = filter, .text = text, .err = err};
    next(&parser);
    int code = read_any(&parser);
    if (code == 0 && parser.token.kind != FILTER_END) {
        return unexpected(&parser, "\"and\", \"or\" or the end", NULL);
    }
    return code;
}
