// SPDX-License-Identifier: Apache-2.0
// Lists of small numbers, up to the row's `most`: 8, "8" or a range "2-5".
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/config/option.h"

enum { NUMBER_MAX = 65535 }; // whatever the row says: a range is kept as all its numbers

// A number from 0 to NUMBER_MAX at *text, which moves past it; -EINVAL: there is none.
static int number_read(const char **text)
{
    if (!isdigit((unsigned char)**text)) {
        return -EINVAL;
    }
    char *end;
    unsigned long number = strtoul(*text, &end, 10);
    *text = end;
    return number <= NUMBER_MAX ? (int)number : -EINVAL;
}

static int numbers_append(struct config_numbers *numbers, unsigned number)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->items[i] == number) {
            return -EINVAL;
        }
    }
    unsigned *items = reallocarray(numbers->items, numbers->count + 1, sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    items[numbers->count++] = number;
    numbers->items = items;
    return 0;
}

static int numbers_add(void *slot, const json_t *item)
{
    char digits[24] = "";
    if (json_is_integer(item)) {
        snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(item));
    }
    const char *text = json_is_string(item) ? json_string_value(item) : digits;
    int first = number_read(&text);
    int last = first;
    if (first >= 0 && *text == '-') {
        text++;
        last = number_read(&text);
    }
    if (first < 0 || last < first || *text != '\0') {
        return -EINVAL;
    }
    int status = 0;
    for (int number = first; number <= last && status == 0; number++) {
        status = numbers_append(slot, (unsigned)number);
    }
    return status;
}

static int numbers_store(const struct option_row *row, const json_t *value, void *slot,
                         struct option_fault *fault)
{
    const struct config_numbers *numbers = slot;
    unsigned long most = strtoul(row->most, NULL, 10);
    int status = option_list_store(value, slot, fault, numbers_add);
    for (size_t i = 0; i < numbers->count && status == 0; i++) {
        status = numbers->items[i] <= most ? 0 : -EINVAL;
    }
    return status;
}

static void numbers_expect(const struct option_row *row, char *text, size_t size)
{
    snprintf(text, size, "a list of numbers from 0 to %s and ranges such as 2-5, none twice",
             row->most);
}

static void numbers_release(void *slot)
{
    free(((struct config_numbers *)slot)->items);
}

const struct option_kind option_numbers = {
    .size = sizeof(struct config_numbers),
    .read = option_list_read,
    .store = numbers_store,
    .expect = numbers_expect,
    .release = numbers_release,
};
