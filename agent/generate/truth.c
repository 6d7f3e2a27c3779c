// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/truth.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void line_write(FILE *to, const struct drive_anomaly *anomaly)
{
    const struct order_row *row = &order_rows[anomaly->kind];
    fprintf(to,
            "{\"begin_us\":%" PRId64 ",\"end_us\":%" PRId64 ",\"kind\":\"%s\",\"subject\":\"%s\"",
            anomaly->begin_us, anomaly->end_us, row->name, anomaly->subject);
    if (row->unit != NULL) {
        fprintf(to, ",\"strength\":%.10g,\"unit\":\"%s\"", anomaly->strength, row->unit);
    }
    if (anomaly->kind < ORDER_SPIKE) {
        fprintf(to, ",\"packets\":%" PRIu64, anomaly->packets);
    }
    fputs("}\n", to);
}

int truth_open(const char *path, FILE **to, struct error *err)
{
    *to = fopen(path, "we");
    int code = *to == NULL ? -errno : 0;
    return code == 0 ? 0 : error_set(err, code, "cannot create %s: %s", path, strerror(-code));
}

int truth_write(FILE *to, const char *path, const struct drive_anomaly *anomalies, unsigned count,
                struct error *err)
{
    for (unsigned i = 0; i < count; i++) {
        line_write(to, &anomalies[i]);
    }
    bool failed = ferror(to) != 0;
    if (fclose(to) != 0 || failed) {
        return error_set(err, -EIO, "cannot write %s", path);
    }
    return 0;
}
