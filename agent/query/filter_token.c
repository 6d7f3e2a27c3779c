// SPDX-License-Identifier: Apache-2.0
#include "agent/query/filter_token.h"

#include <stdio.h>
#include <string.h>

static const char blanks[] = " \t\r\n";
static const char operators[] = "=!<>";
static const char cut_sign[] = "...";

static bool is_printable(char character)
{
    return character >= ' ' && character <= '~';
}

static bool is_word(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           (character != '\0' && strchr("_.:/-", character) != NULL);
}

// Up to a range's "..".
static size_t word_length(const char *text)
{
    size_t length = 0;
    while (is_word(text[length]) && !(text[length] == '.' && text[length + 1] == '.')) {
        length++;
    }
    return length;
}

// Of what is between the quotes; the string is closed where a quote follows.
static size_t string_length(const char *text)
{
    size_t length = 0;
    while (is_printable(text[length]) && text[length] != '"') {
        length++;
    }
    return length;
}

static void keep(struct filter_token *token, const char *text, size_t length)
{
    if (length < sizeof(token->text)) {
        memcpy(token->text, text, length);
        token->text[length] = '\0';
        return;
    }
    size_t kept = sizeof(token->text) - sizeof(cut_sign);
    memcpy(token->text, text, kept);
    memcpy(token->text + kept, cut_sign, sizeof(cut_sign));
}

// Returns the octets that it takes.
static size_t string_read(const char *text, struct filter_token *token)
{
    size_t length = string_length(text + 1);
    bool closed = text[1 + length] == '"';
    token->kind = closed ? FILTER_STRING : FILTER_UNCLOSED;
    keep(token, text + 1, length);
    return 1 + length + closed;
}

static size_t sign_read(const char *text, struct filter_token *token)
{
    static const char signs[] = "(),";
    static const enum filter_token_kind kinds[] = {FILTER_OPEN, FILTER_CLOSE, FILTER_COMMA};
    const char *sign = strchr(signs, text[0]);
    token->kind = sign != NULL ? kinds[sign - signs] : FILTER_CHARACTER;
    keep(token, text, 1);
    return 1;
}

static size_t token_read(const char *text, struct filter_token *token)
{
    size_t length = word_length(text);
    if (length > 0) {
        token->kind = FILTER_WORD;
    } else if (text[0] == '.') {
        token->kind = FILTER_RANGE;
        length = 2;
    } else if (text[0] == '"') {
        return string_read(text, token);
    } else if ((length = strspn(text, operators)) > 0) {
        token->kind = FILTER_OPERATOR;
    } else {
        return sign_read(text, token);
    }
    keep(token, text, length);
    return length;
}

void filter_token_next(const char *text, size_t *at, struct filter_token *token)
{
    *at += strspn(text + *at, blanks);
    token->column = *at + 1;
    if (text[*at] == '\0') {
        token->kind = FILTER_END;
        token->text[0] = '\0';
        return;
    }
    *at += token_read(text + *at, token);
}

bool filter_token_is(const struct filter_token *token, const char *text)
{
    return (token->kind == FILTER_WORD || token->kind == FILTER_OPERATOR) &&
           strcmp(token->text, text) == 0;
}

struct filter_token_name filter_token_name(const struct filter_token *token)
{
    struct filter_token_name name;
    unsigned octet = (unsigned char)token->text[0];
    switch (token->kind) {
    case FILTER_END:
        snprintf(name.text, sizeof(name.text), "the end");
        break;
    case FILTER_UNCLOSED:
        snprintf(name.text, sizeof(name.text), "a string without its closing quote");
        break;
    case FILTER_CHARACTER:
        // Neither half a UTF-8 sequence nor a control character may come into a message.
        snprintf(name.text, sizeof(name.text),
                 is_printable(token->text[0]) ? "\"%c\"" : "octet %#x", octet);
        break;
    default:
        snprintf(name.text, sizeof(name.text), "\"%s\"", token->text);
    }
    return name;
}
