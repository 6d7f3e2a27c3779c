// SPDX-License-Identifier: Apache-2.0
#include "agent/books.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static uint64_t sum(const uint64_t *counts, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += counts[i];
    }
    return total;
}

uint64_t books_export_drops(const struct exporter_books *exports)
{
    return sum(exports->drops, EXPORT_CAUSE_COUNT);
}

static bool packets_balance(const struct books *books)
{
    const struct workers_books *workers = &books->workers;
    uint64_t lost =
        sum(books->capture.drops, CAPTURE_DROP_COUNT) + sum(workers->rejects, PARSE_REJECT_COUNT);
    return books->capture.received == workers->parsed + lost &&
           workers->parsed == workers->flows.ended_packets + books->live_packets;
}

static bool records_balance(const struct books *books)
{
    const struct flow_table_stats *flows = &books->workers.flows;
    const struct exporter_books *exports = &books->exports;
    const struct exporter_spool *spool = &exports->spool;
    uint64_t settled =
        exports->delivered + exports->in_flight + exports->spooled + books_export_drops(exports);
    return flows->started == flows->ended && flows->ended == exports->records[RECORD_FLOW] &&
           sum(exports->records, RECORD_TYPE_COUNT) == settled &&
           spool->found + spool->appended == spool->settled + spool->dropped + spool->held;
}

bool books_balance(const struct books *books)
{
    return packets_balance(books) && (books->running || records_balance(books));
}

void books_take_pane(struct books *books, const struct pane_books *pane)
{
    struct workers_books *workers = &books->workers;
    books->capture.received = pane->received;
    memcpy(books->capture.drops, pane->capture_drops, sizeof(books->capture.drops));
    memcpy(workers->rejects, pane->parse_rejects, sizeof(workers->rejects));
    workers->parsed = pane->parsed;
    workers->late = pane->late;
    workers->flows.started = pane->flows_started;
    workers->flows.ended = pane->flows_ended;
    workers->flows.evicted = pane->flows_evicted;
    workers->flows.ended_packets = pane->ended_packets;
    workers->flows.rare_refused = pane->rare_refused;
    workers->shed = pane->shed;
    books->live_packets = pane->live_packets;
}

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

// {name: count} of the counts that are not zero.
static json_t *named(const char *const *names, const uint64_t *counts, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) {
        if (counts[i] != 0) {
            json_object_set_new(object, names[i], integer(counts[i]));
        }
    }
    return object;
}

static json_t *losses(const struct books *books)
{
    json_t *array = json_array();
    for (size_t i = 0; i < books->loss_count; i++) {
        const struct capture_loss *loss = &books->losses[i];
        json_t *row = json_object();
        // A path may be no UTF-8, which JSON has no place for.
        json_t *file = json_string(loss->file);
        json_object_set_new(row, "file", file != NULL ? file : json_string("?"));
        json_object_set_new(row, "cause", json_string(loss->cause));
        json_object_set_new(row, "offset", integer(loss->offset));
        json_object_set_new(row, "bytes", integer(loss->bytes));
        json_array_append_new(array, row);
    }
    return array;
}

static void packets_set(json_t *root, const struct books *books)
{
    const struct workers_books *workers = &books->workers;
    json_object_set_new(root, "received", integer(books->capture.received));
    json_object_set_new(root, "parsed", integer(workers->parsed));
    json_object_set_new(root, "capture_drops",
                        named(capture_drop_name, books->capture.drops, CAPTURE_DROP_COUNT));
    json_object_set_new(root, "parse_rejects",
                        named(parse_reject_name, workers->rejects, PARSE_REJECT_COUNT));
    json_object_set_new(root, "capture_losses", losses(books));
    json_object_set_new(root, "late", integer(workers->late));
    json_object_set_new(root, "flows_started", integer(workers->flows.started));
    json_object_set_new(root, "flows_ended", integer(workers->flows.ended));
    json_object_set_new(root, "flows_evicted", integer(workers->flows.evicted));
    json_object_set_new(root, "flow_packets", integer(workers->flows.ended_packets));
    json_object_set_new(root, "live_packets", integer(books->live_packets));
    json_object_set_new(root, "activity_shed", integer(books->activity_shed));
    json_object_set_new(root, "fragments_unmatched", integer(workers->fragments.unmatched));
    json_object_set_new(root, "rare_facts_refused", integer(workers->flows.rare_refused));
}

static void records_set(json_t *root, const struct exporter_books *exports)
{
    json_t *records = json_object();
    for (size_t type = 0; type < RECORD_TYPE_COUNT; type++) {
        json_object_set_new(records, record_types[type].name, integer(exports->records[type]));
    }
    json_object_set_new(root, "records", records);
    json_object_set_new(root, "delivered", integer(exports->delivered));
    json_object_set_new(root, "in_flight", integer(exports->in_flight));
    json_object_set_new(root, "spooled", integer(exports->spooled));
    json_object_set_new(root, "export_drops",
                        named(export_cause_names, exports->drops, EXPORT_CAUSE_COUNT));
    json_object_set_new(root, "export_troubles",
                        named(sink_trouble_names, exports->troubles, SINK_TROUBLE_COUNT));
}

static void spool_set(json_t *root, const struct exporter_spool *spool)
{
    json_t *object = json_object();
    json_object_set_new(object, "found", integer(spool->found));
    json_object_set_new(object, "appended", integer(spool->appended));
    json_object_set_new(object, "settled", integer(spool->settled));
    json_object_set_new(object, "dropped", integer(spool->dropped));
    json_object_set_new(object, "held", integer(spool->held));
    json_object_set_new(object, "bytes", integer(spool->bytes));
    json_object_set_new(object, "damaged_bytes", integer(spool->damaged_bytes));
    json_object_set_new(root, "spool", object);
}

json_t *books_json(const struct books *books)
{
    json_t *root = json_object();
    if (root == NULL) {
        return NULL;
    }
    packets_set(root, books);
    records_set(root, &books->exports);
    spool_set(root, &books->exports.spool);
    double rate = books->seconds > 0 ? (double)books->capture.received / books->seconds : 0;
    if (!books->running) {
        json_object_set_new(root, "wire_bytes", integer(books->capture.wire_bytes));
    }
    json_object_set_new(root, "seconds", json_real(books->seconds));
    json_object_set_new(root, "packets_per_second", json_real(rate));
    json_object_set_new(root, "balanced", json_boolean(books_balance(books)));
    return root;
}

int books_write(const struct books *books, FILE *to)
{
    json_t *root = books_json(books);
    if (root == NULL) {
        return -ENOMEM;
    }
    int code = json_dumpf(root, to, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(root);
    if (code != 0 || fputc('\n', to) == EOF || fflush(to) != 0) {
        return errno != 0 ? -errno : -EIO;
    }
    return 0;
}
