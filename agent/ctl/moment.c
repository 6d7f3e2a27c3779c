// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/moment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { US_PER_S = 1000000, FRACTION_DIGITS = 6 };

#define DIGITS "0123456789"

static bool number_read(const char *text, int64_t *us)
{
    errno = 0;
    *us = strtoll(text, NULL, 10);
    return text[0] != '\0' && text[strspn(text, DIGITS)] == '\0' && errno == 0;
}

// ".5" and the like, up to the "Z".
static bool fraction_read(const char *text, int64_t *us)
{
    size_t digits = *text == '.' ? strspn(text + 1, DIGITS) : 0;
    *us = 0;
    if (*text == '.' && (digits == 0 || digits > FRACTION_DIGITS)) {
        return false;
    }
    for (size_t i = 0; i < FRACTION_DIGITS && digits > 0; i++) {
        *us = 10 * *us + (i < digits ? text[1 + i] - '0' : 0);
    }
    text += digits > 0 ? 1 + digits : 0;
    return strcmp(text, "Z") == 0;
}

// Only the form that `format` spells out: strptime passes over blanks, and takes fewer digits.
static const char *form_read(const char *text, const char *form, const char *format,
                             struct tm *parts)
{
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool fits = form[i] == 'D' ? text[i] != '\0' && strchr(DIGITS, text[i]) != NULL
                                   : text[i] == form[i];
        if (!fits) {
            return NULL;
        }
    }
    *parts = (struct tm){0};
    return strptime(text, format, parts);
}

int moment_read(const char *name, const char *text, int64_t *us, struct error *err)
{
    struct tm parts;
    int64_t fraction_us = 0, number;
    if (number_read(text, &number)) {
        *us = number;
        return 0;
    }
    const char *end = form_read(text, "DDDD-DD-DDTDD:DD:DD", "%Y-%m-%dT%H:%M:%S", &parts);
    bool right = end != NULL && fraction_read(end, &fraction_us);
    if (!right) {
        end = form_read(text, "DDDD-DD-DD", "%Y-%m-%d", &parts);
        right = end != NULL && *end == '\0';
    }
    struct tm asked = parts;
    time_t seconds = right ? timegm(&parts) : -1;
    // A 31st of February would be taken for a day of March.
    right = right && seconds >= 0 && asked.tm_mday == parts.tm_mday && asked.tm_sec == parts.tm_sec;
    if (!right) {
        return error_set(
            err, -EINVAL,
            "%s: expected a time in UTC such as 2026-11-21T20:29:21Z or 2026-11-21, or "
            "microseconds since the epoch; got %s",
            name, text);
    }
    *us = (int64_t)seconds * US_PER_S + fraction_us;
    return 0;
}
