// SPDX-License-Identifier: Apache-2.0
// The words and signs that a filter's text is made of.
#ifndef WEIR_QUERY_FILTER_TOKEN_H
#define WEIR_QUERY_FILTER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

// With its NUL. No field and no value is as long as this.
enum { FILTER_TOKEN_MAX = 64 };

enum filter_token_kind {
    FILTER_END,
    FILTER_WORD,     // a field, a keyword or a value: and, source_ip, 10.0.0.0/8, 0x1f
    FILTER_STRING,   // between double quotes: a value, whatever it is spelt like
    FILTER_OPERATOR, // any run of = ! < >
    FILTER_OPEN,
    FILTER_CLOSE,
    FILTER_COMMA,
    FILTER_RANGE,     // ..
    FILTER_UNCLOSED,  // a string without its second quote
    FILTER_CHARACTER, // one that no filter has; every token before it is ASCII
};

struct filter_token {
    enum filter_token_kind kind;
    size_t column;               // of its first octet, from 1
    char text[FILTER_TOKEN_MAX]; // without quotes; what is too long is cut and ends with "..."
};

// Reads the token that is first at `text`, `*at` octets from its start, and moves *at past it.
void filter_token_next(const char *text, size_t *at, struct filter_token *token);

// Whether the token is this keyword or operator, unquoted.
bool filter_token_is(const struct filter_token *token, const char *text);

// How the token is called in a message: `"foo"`, `the end`.
struct filter_token_name {
    char text[FILTER_TOKEN_MAX + 2];
};
struct filter_token_name filter_token_name(const struct filter_token *token);

#endif
