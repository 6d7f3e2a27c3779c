// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/profile.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/config/nearest.h"
#include "agent/config/quantity.h"

enum { US_PER_S = 1000000 };

void profile_init(struct profile *profile)
{
    *profile = (struct profile){.seed = 1,
                                .start_us = INT64_C(1767225600) * US_PER_S,
                                .duration_us = 60 * US_PER_S,
                                .packets_per_second = 10000,
                                .addresses = 2000,
                                .ipv6_share = 0.2,
                                .day_us = INT64_C(86400) * US_PER_S};
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        profile->shares[id] = protocol_rows[id].share;
    }
}

void profile_take(struct profile *profile, const struct profile *from)
{
    profile->packets_per_second = from->packets_per_second;
    profile->flows_per_second = from->flows_per_second;
    profile->addresses = from->addresses;
    profile->ipv6_share = from->ipv6_share;
    profile->rhythm = from->rhythm;
    profile->day_us = from->day_us;
    memcpy(profile->shares, from->shares, sizeof(profile->shares));
}

static int number_read(const char *text, double least, double most, double *to, struct error *err)
{
    char *end;
    bool decimal = strspn(text, "0123456789.eE+-kM") == strlen(text); // strtod takes more
    double number = strtod(text, &end);
    number *= *end == 'k' ? 1e3 : *end == 'M' ? 1e6 : 1;
    end += *end == 'k' || *end == 'M';
    if (!decimal || end == text || *end != '\0' || !(number >= least && number <= most)) {
        return error_set(err, -EINVAL, "expected a number from %.10g to %.10g; got %s", least, most,
                         text);
    }
    *to = number;
    return 0;
}

static int duration_read(const char *text, int64_t most, int64_t *to, struct error *err)
{
    int64_t us = quantity_parse(quantity_durations, text);
    if (us < 1000 || us > most) {
        return error_set(err, -EINVAL, "expected a duration from 1ms to %" PRId64 "h; got %s",
                         most / US_PER_S / 3600, text);
    }
    *to = us;
    return 0;
}

static int set_seed(struct profile *profile, const char *text, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long long seed = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return error_set(err, -EINVAL, "expected a whole number; got %s", text);
    }
    profile->seed = seed;
    return 0;
}

static int set_start(struct profile *profile, const char *text, struct error *err)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    time_t seconds = end != NULL ? timegm(&parts) : -1;
    if (end == NULL || *end != '\0' || seconds < 0 || seconds > UINT32_MAX) {
        return error_set(err, -EINVAL, "expected a time such as 2026-01-01T00:00:00Z; got %s",
                         text);
    }
    profile->start_us = (int64_t)seconds * US_PER_S;
    return 0;
}

static int set_duration(struct profile *profile, const char *text, struct error *err)
{
    if (strcmp(text, "forever") == 0 || strcmp(text, "0") == 0) {
        profile->duration_us = PROFILE_FOREVER;
        return 0;
    }
    return duration_read(text, INT64_C(8784) * 3600 * US_PER_S, &profile->duration_us, err);
}

static int set_day(struct profile *profile, const char *text, struct error *err)
{
    return duration_read(text, INT64_C(8784) * 3600 * US_PER_S, &profile->day_us, err);
}

static int set_packets(struct profile *profile, const char *text, struct error *err)
{
    return number_read(text, 1, 1e8, &profile->packets_per_second, err);
}

static int set_flows(struct profile *profile, const char *text, struct error *err)
{
    return number_read(text, 0, 1e7, &profile->flows_per_second, err);
}

static int set_addresses(struct profile *profile, const char *text, struct error *err)
{
    double number = 0;
    int code = number_read(text, 4, 2.0 * ADDRESS_OUTSIDE_MAX, &number, err);
    if (code == 0 && number != (uint32_t)number) {
        code = error_set(err, -EINVAL, "expected a whole number; got %s", text);
    }
    if (code == 0) {
        profile->addresses = (uint32_t)number;
    }
    return code;
}

static int set_ipv6(struct profile *profile, const char *text, struct error *err)
{
    return number_read(text, 0, 1, &profile->ipv6_share, err);
}

static int set_rhythm(struct profile *profile, const char *text, struct error *err)
{
    return number_read(text, 0, 1, &profile->rhythm, err);
}

static int unknown(const char *what, const char *word, const struct nearest *nearest,
                   struct error *err)
{
    return error_set(err, -EINVAL, "unknown %s %s%s%s%s", what, word,
                     nearest->name != NULL ? ", did you mean " : "",
                     nearest->name != NULL ? nearest->name : "", nearest->name != NULL ? "?" : "");
}

static int share_set(double *shares, const char *name, const char *text, struct error *err)
{
    enum protocol_id id = protocol_find(name);
    if (id == PROTOCOL_COUNT) {
        struct nearest nearest = nearest_to(name);
        for (int i = 0; i < PROTOCOL_COUNT; i++) {
            nearest_consider(&nearest, protocol_rows[i].name);
        }
        return unknown("protocol", name, &nearest, err);
    }
    if (shares[id] >= 0) {
        return error_set(err, -EINVAL, "%s is named twice", name);
    }
    return number_read(text, 0, 1e6, &shares[id], err);
}

// NAME=SHARE,NAME=SHARE...; what is not named has none.
static int set_protocols(struct profile *profile, const char *text, struct error *err)
{
    double shares[PROTOCOL_COUNT];
    double sum = 0;
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        shares[id] = -1;
    }
    char *copy = strdup(text);
    char *rest = NULL;
    int code = copy == NULL ? error_set(err, -ENOMEM, "no memory") : 0;
    for (char *item = code == 0 ? strtok_r(copy, ",", &rest) : NULL; item != NULL && code == 0;
         item = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(item, '=');
        if (equals == NULL) {
            code = error_set(err, -EINVAL, "expected NAME=SHARE; got %s", item);
        } else {
            *equals = '\0';
            code = share_set(shares, item, equals + 1, err);
        }
    }
    free(copy);
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        shares[id] = fmax(shares[id], 0);
        sum += shares[id];
    }
    if (code == 0 && sum <= 0) {
        code = error_set(err, -EINVAL, "expected a share above 0; got %s", text);
    }
    if (code == 0) {
        memcpy(profile->shares, shares, sizeof(shares));
    }
    return code;
}

static int set_anomaly(struct profile *profile, const char *text, struct error *err)
{
    if (profile->order_count == PROFILE_ORDERS_MAX) {
        return error_set(err, -EINVAL, "at most %d are made", PROFILE_ORDERS_MAX);
    }
    int code = order_parse(text, &profile->orders[profile->order_count], err);
    profile->order_count += code == 0;
    return code;
}

static const struct setting {
    const char *name;
    int (*set)(struct profile *profile, const char *text, struct error *err);
} settings[] = {
    {"seed", set_seed},
    {"start", set_start},
    {"duration", set_duration},
    {"packets_per_second", set_packets},
    {"flows_per_second", set_flows},
    {"addresses", set_addresses},
    {"ipv6_share", set_ipv6},
    {"rhythm", set_rhythm},
    {"day", set_day},
    {"protocols", set_protocols},
    {"anomaly", set_anomaly},
};

int profile_set(struct profile *profile, const char *name, const char *text, struct error *err)
{
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        nearest_consider(&nearest, settings[i].name);
        if (strcmp(settings[i].name, name) == 0) {
            struct error inner;
            int code = settings[i].set(profile, text, &inner);
            return code == 0 ? 0 : error_set(err, code, "%s: %s", name, inner.text);
        }
    }
    return unknown("member", name, &nearest, err);
}
