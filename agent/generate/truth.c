// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/truth.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void line_write(FILE *to, const struct profile *profile, const struct order *order,
                       uint64_t packets, int64_t until_us)
{
    const struct order_row *row = &order_rows[order->kind];
    int64_t begin_us = profile->start_us + order->begin_us;
    int64_t end_us = profile->start_us + order->end_us;
    fprintf(to,
            "{\"begin_us\":%" PRId64 ",\"end_us\":%" PRId64 ",\"kind\":\"%s\",\"subject\":\"%s\"",
            begin_us, end_us < until_us ? end_us : until_us, row->name, order->subject);
    if (row->unit != NULL) {
        fprintf(to, ",\"strength\":%.10g,\"unit\":\"%s\"",
                order->strength > 0 ? order->strength : profile->packets_per_second, row->unit);
    }
    if (order->kind < ORDER_SPIKE) {
        fprintf(to, ",\"packets\":%" PRIu64, packets);
    }
    fputs("}\n", to);
}

int truth_write(const char *path, const struct profile *profile,
                const struct generator_books *books, int64_t until_us, struct error *err)
{
    FILE *to = fopen(path, "we");
    if (to == NULL) {
        int code = -errno;
        return error_set(err, code, "cannot create %s: %s", path, strerror(-code));
    }
    bool told[PROFILE_ORDERS_MAX] = {0};
    for (unsigned n = 0; n < profile->order_count; n++) {
        unsigned first = PROFILE_ORDERS_MAX;
        for (unsigned i = 0; i < profile->order_count; i++) {
            if (!told[i] && (first == PROFILE_ORDERS_MAX ||
                             profile->orders[i].begin_us < profile->orders[first].begin_us)) {
                first = i;
            }
        }
        told[first] = true;
        if (profile->start_us + profile->orders[first].begin_us < until_us) {
            line_write(to, profile, &profile->orders[first], books->of_orders[first], until_us);
        }
    }
    bool failed = ferror(to) != 0;
    if (fclose(to) != 0 || failed) {
        return error_set(err, -EIO, "cannot write %s", path);
    }
    return 0;
}
