// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/time_text.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS_PER_MINUTE = 60, SECONDS_PER_HOUR = 3600, SECONDS_PER_DAY = 86400 };

static const double LATEST = 1e12; // seconds; beyond it a number is no time

// Takes `digits` digits that make a number from `least` to `most`.
static bool digits_take(const char **at, int digits, int least, int most, int *number)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        char digit = (*at)[i];
        if (digit < '0' || digit > '9') {
            return false;
        }
        value = 10 * value + (digit - '0');
    }
    *at += digits;
    *number = value;
    return value >= least && value <= most;
}

static bool char_take(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

// Days from the epoch to a day of the Gregorian calendar. Years are counted from March, so that the
// day that leap years add is the last.
static long days_of(int year, int month, int day)
{
    long from_march = (month + 9) % 12;
    long years = year - (month < 3);
    long leaps = years / 4 - years / 100 + years / 400;
    long days_to_epoch = 719468;
    return 365 * years + leaps + (153 * from_march + 2) / 5 + day - 1 - days_to_epoch;
}

static bool date_take(const char **at, double *time_s)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    bool taken = digits_take(at, 4, 1, 9999, &year) && char_take(at, '-') &&
                 digits_take(at, 2, 1, 12, &month) && char_take(at, '-') &&
                 digits_take(at, 2, 1, 31, &day);
    if (!taken) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    *time_s = (double)days_of(year, month, day) * SECONDS_PER_DAY;
    return day <= month_days[month - 1] + (month == 2 && leap);
}

static bool clock_take(const char **at, double *time_s)
{
    int hour, minute, second = 0;
    if (!digits_take(at, 2, 0, 23, &hour) || !char_take(at, ':') ||
        !digits_take(at, 2, 0, 59, &minute)) {
        return false;
    }
    if (char_take(at, ':') && !digits_take(at, 2, 0, 60, &second)) {
        return false;
    }
    *time_s += hour * SECONDS_PER_HOUR + minute * SECONDS_PER_MINUTE + second;
    if (char_take(at, '.')) {
        double part = 0.1;
        if (!isdigit((unsigned char)**at)) {
            return false;
        }
        for (; isdigit((unsigned char)**at); (*at)++, part /= 10) {
            *time_s += part * (**at - '0');
        }
    }
    return true;
}

static bool offset_take(const char **at, double *time_s)
{
    int sign = **at == '+' ? 1 : -1;
    int hours, minutes = 0;
    if (char_take(at, 'Z') || **at == '\0') {
        return true;
    }
    if ((!char_take(at, '+') && !char_take(at, '-')) || !digits_take(at, 2, 0, 23, &hours)) {
        return false;
    }
    bool colon = char_take(at, ':');
    if ((colon || **at != '\0') && !digits_take(at, 2, 0, 59, &minutes)) {
        return false;
    }
    *time_s -= sign * (hours * SECONDS_PER_HOUR + minutes * SECONDS_PER_MINUTE);
    return true;
}

static bool number_take(const char *text, double *time_s)
{
    char *end;
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') {
        return false;
    }
    double seconds = strtod(text, &end);
    *time_s = seconds;
    return *end == '\0' && fabs(seconds) <= LATEST;
}

bool time_text_read(const char *text, double *time_s)
{
    double read;
    if (!number_take(text, &read)) {
        bool taken = date_take(&text, &read);
        if (taken && *text != '\0') {
            taken = (char_take(&text, ' ') || char_take(&text, 'T')) && clock_take(&text, &read) &&
                    offset_take(&text, &read) && *text == '\0';
        }
        if (!taken) {
            return false;
        }
    }
    *time_s = read;
    return true;
}
