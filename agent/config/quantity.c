// SPDX-License-Identifier: Apache-2.0
#include "agent/config/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const struct quantity_unit quantity_counts[] = {
    {"", 1},
    {"k", 1000},
    {"M", 1000 * 1000},
    {"G", 1000 * 1000 * 1000},
    {"Ki", INT64_C(1) << 10},
    {"Mi", INT64_C(1) << 20},
    {"Gi", INT64_C(1) << 30},
    {NULL, 0},
};

const struct quantity_unit quantity_durations[] = {
    {"us", 1},
    {"ms", 1000},
    {"s", 1000 * 1000},
    {"m", 60 * INT64_C(1000000)},
    {"h", 3600 * INT64_C(1000000)},
    {NULL, 0},
};

const struct quantity_unit quantity_sizes[] = {
    {"B", 1},
    {"kB", 1000},
    {"MB", 1000 * 1000},
    {"GB", 1000 * 1000 * 1000},
    {"TB", INT64_C(1000000000000)},
    {"KiB", INT64_C(1) << 10},
    {"MiB", INT64_C(1) << 20},
    {"GiB", INT64_C(1) << 30},
    {"TiB", INT64_C(1) << 40},
    {NULL, 0},
};

int64_t quantity_parse(const struct quantity_unit *units, const char *text)
{
    if (!isdigit((unsigned char)text[0])) {
        return -EINVAL;
    }
    char *suffix;
    errno = 0;
    int64_t number = strtoll(text, &suffix, 10);
    if (errno == ERANGE) {
        return -ERANGE;
    }
    while (units->suffix != NULL && strcmp(units->suffix, suffix) != 0) {
        units++;
    }
    if (units->suffix == NULL) {
        return -EINVAL;
    }
    return __builtin_mul_overflow(number, units->factor, &number) ? -ERANGE : number;
}
