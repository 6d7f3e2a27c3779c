// SPDX-License-Identifier: Apache-2.0
// A row says where its value lies in struct metrics and as what. A row with labels is one sample
// for each name: of a table of names (causes, types), or of names that came with the values.
#include "agent/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

enum type { COUNTER, GAUGE, INFO, TYPE_COUNT };
enum kind { U64, MICROSECONDS, REAL, NAMED }; // microseconds are told in seconds

static const double US_PER_S = 1e6;

static const char *const type_names[TYPE_COUNT] = {"counter", "gauge", "info"};

struct row {
    const char *name;
    enum type type;
    enum kind kind;
    const char *unit; // also the name's end, before _total; "" for none
    const char *help;
    size_t offset;
    const char *label; // NULL: one sample
    // U64 with a label: how many, and the name of each; NULL there: left out.
    size_t count;
    const char *(*name_of)(size_t index);
    size_t count_offset; // NAMED: of how many there are, an unsigned
};

static const char *drop_name(size_t cause)
{
    return capture_drop_name[cause];
}

static const char *reject_name(size_t cause)
{
    return cause != PARSE_OK ? parse_reject_name[cause] : NULL;
}

static const char *record_name(size_t type)
{
    return record_types[type].name;
}

static const char *cause_name(size_t cause)
{
    return cause >= EXPORT_DROP_FIRST ? export_cause_names[cause] : NULL;
}

static const char *trouble_name(size_t trouble)
{
    return sink_trouble_names[trouble];
}

static const char *history_drop_name(size_t cause)
{
    return history_drop_names[cause];
}

#define AT(member) .offset = offsetof(struct metrics, member)
#define BOOKS(name_, type_, unit_, member, help_)                                                  \
    {                                                                                              \
        .name = name_, .type = type_, .kind = U64, .unit = unit_, .help = help_, AT(books.member)  \
    }
#define HISTORY_ROW(name_, type_, unit_, member, help_)                                            \
    {                                                                                              \
        .name = name_, .type = type_, .kind = U64, .unit = unit_, .help = help_,                   \
        AT(history.member)                                                                         \
    }
#define EXPORTS(name_, type_, unit_, member, help_)                                                \
    {                                                                                              \
        .name = name_, .type = type_, .kind = U64, .unit = unit_, .help = help_,                   \
        AT(exports.member)                                                                         \
    }
#define EXPORTS_TIME(name_, type_, member, help_)                                                  \
    {                                                                                              \
        .name = name_, .type = type_, .kind = MICROSECONDS, .unit = "seconds", .help = help_,      \
        AT(exports.member)                                                                         \
    }
#define REAL_ROW(name_, type_, unit_, member, help_)                                               \
    {                                                                                              \
        .name = name_, .type = type_, .kind = REAL, .unit = unit_, .help = help_, AT(member)       \
    }
#define EACH(name_, unit_, label_, member, count_, name_of_, help_)                                \
    {                                                                                              \
        .name = name_, .type = COUNTER, .kind = U64, .unit = unit_, .help = help_,                 \
        AT(books.member), .label = label_, .count = count_, .name_of = name_of_                    \
    }

static const struct row rows[] = {
    {.name = "weir_build", .type = INFO, .unit = "", .help = "The version that runs."},
    REAL_ROW("weir_run_seconds", GAUGE, "seconds", books.seconds, "Time since the start."),
    BOOKS("weir_received_packets", COUNTER, "packets", capture.received,
          "Packets that the capture source saw."),
    EACH("weir_capture_drops_packets", "packets", "cause", capture.drops, CAPTURE_DROP_COUNT,
         drop_name, "Packets that did not reach the parser."),
    EACH("weir_parse_rejects_packets", "packets", "cause", workers.rejects, PARSE_REJECT_COUNT,
         reject_name, "Packets of which the parser made nothing."),
    BOOKS("weir_parsed_packets", COUNTER, "packets", workers.parsed,
          "Packets that were counted to a flow."),
    BOOKS("weir_late_packets", COUNTER, "packets", workers.late,
          "Packets older than the pane that was open, which count to it."),
    BOOKS("weir_flows_started", COUNTER, "", workers.flows.started, "Flows begun."),
    BOOKS("weir_flows_ended", COUNTER, "", workers.flows.ended, "Flows ended."),
    BOOKS("weir_flows_evicted", COUNTER, "", workers.flows.evicted,
          "Flows ended early, for want of room in the table."),
    BOOKS("weir_flows_ended_packets", COUNTER, "packets", workers.flows.ended_packets,
          "Packets of flows that ended."),
    BOOKS("weir_flows_live_packets", GAUGE, "packets", live_packets,
          "Packets of flows that have not ended."),
    REAL_ROW("weir_flows_live", GAUGE, "", live_flows, "Flows in the table."),
    REAL_ROW("weir_flow_table_slots", GAUGE, "", flow_slots, "Flows that the table can hold."),
    BOOKS("weir_rare_facts_refused_packets", COUNTER, "packets", workers.flows.rare_refused,
          "Packets whose labels and tunnels found no room."),
    BOOKS("weir_activity_shed_packets", COUNTER, "packets", activity_shed,
          "Packets whose flows queries and detectors were not told of, for want of room."),
    REAL_ROW("weir_pane_delay_seconds", GAUGE, "seconds", pane_delay_s,
             "Live: how long after the end of the last pane its window was told."),
    REAL_ROW("weir_queries", GAUGE, "", queries, "Standing queries."),
    REAL_ROW("weir_anomalies_open", GAUGE, "", anomalies_open, "Anomalies that go on."),
    EACH("weir_records", "", "type", exports.records, RECORD_TYPE_COUNT, record_name,
         "Records made."),
    BOOKS("weir_records_delivered", COUNTER, "", exports.delivered,
          "Records that every output took."),
    BOOKS("weir_records_in_flight", GAUGE, "", exports.in_flight,
          "Records that are not yet known to have arrived."),
    BOOKS("weir_records_spooled", GAUGE, "", exports.spooled,
          "Records of this run that wait on disk."),
    EACH("weir_export_drops_records", "records", "cause", exports.drops, EXPORT_CAUSE_COUNT,
         cause_name, "Records that were lost."),
    EACH("weir_export_troubles", "", "trouble", exports.troubles, SINK_TROUBLE_COUNT, trouble_name,
         "What went wrong on the way out without a loss."),
    BOOKS("weir_spool_held_records", GAUGE, "records", exports.spool.held,
          "Records on disk, those of earlier runs, too."),
    BOOKS("weir_spool_bytes", GAUGE, "bytes", exports.spool.bytes, "Octets of the spool on disk."),
    EXPORTS_TIME("weir_spool_age_seconds", GAUGE, spool_age_us,
                 "How long ago the file with the spool's oldest record was begun, which is no "
                 "older; 0 where there is none."),
    EXPORTS("weir_export_queue_bytes", GAUGE, "bytes", ring_bytes,
            "Octets of the rows and texts of records that wait for the export thread."),
    EXPORTS("weir_export_queue_max_bytes", GAUGE, "bytes", ring_bytes_max,
            "How many octets these may be: export.queue_bytes."),
    EXPORTS("weir_kafka_queue_records", GAUGE, "records", kafka.records,
            "Records that librdkafka has and no broker has acknowledged."),
    EXPORTS("weir_kafka_queue_bytes", GAUGE, "bytes", kafka.bytes,
            "Octets of the values and keys of these records."),
    EXPORTS("weir_kafka_queue_max_records", GAUGE, "records", kafka.records_max,
            "Records that librdkafka takes at most: queue.buffering.max.messages; 0: any number."),
    EXPORTS("weir_kafka_queue_max_bytes", GAUGE, "bytes", kafka.bytes_max,
            "Octets that librdkafka takes at most: queue.buffering.max.kbytes."),
    EXPORTS("weir_kafka_held_records", GAUGE, "records", kafka.held_records,
            "Records that librdkafka has given back, in memory until they are sent again."),
    EXPORTS("weir_kafka_held_bytes", GAUGE, "bytes", kafka.held_bytes,
            "Octets of the values and keys of the records held."),
    EXPORTS("weir_kafka_sent_records", GAUGE, "records", kafka.sent_records,
            "Records that librdkafka has sent and that wait for an answer. This and what follows "
            "is renewed every statistics.interval.ms."),
    EXPORTS("weir_kafka_brokers_up", GAUGE, "", kafka.brokers_up,
            "Brokers to which there is a connection."),
    EXPORTS("weir_kafka_round_trips", COUNTER, "", kafka.round_trips,
            "Requests that a broker has answered."),
    EXPORTS_TIME(
        "weir_kafka_round_trip_seconds", COUNTER, kafka.round_trip_us,
        "Time that answers took, all together: over weir_kafka_round_trips_total it is the mean."),
    EXPORTS_TIME("weir_kafka_round_trip_p99_seconds", GAUGE, kafka.round_trip_p99_us,
                 "What 99 in 100 answers of the slowest broker took no longer than, when there "
                 "were any last."),
    EXPORTS("weir_kafka_retries", COUNTER, "", kafka.retries,
            "Requests that were sent again as they were. Records that a broker refused for a while "
            "go in new ones, which are not among these."),
    EXPORTS("weir_kafka_timeouts", COUNTER, "", kafka.timeouts,
            "Requests that were not answered in time."),
    EXPORTS("weir_kafka_errors", COUNTER, "", kafka.errors,
            "Connections that broke, and other errors in sending and receiving."),
    HISTORY_ROW("weir_history_written_records", COUNTER, "records", written,
                "Records that were written to the history."),
    {.name = "weir_history_drops_records",
     .type = COUNTER,
     .kind = U64,
     .unit = "records",
     .help = "Records that are not in the history.",
     AT(history.dropped),
     .label = "cause",
     .count = HISTORY_DROP_COUNT,
     .name_of = history_drop_name},
    HISTORY_ROW("weir_history_erased_records", COUNTER, "records", erased,
                "Records that were erased from the history, for age, for room or on demand."),
    HISTORY_ROW("weir_history_set_aside", COUNTER, "", set_aside,
                "Databases of the history that were damaged and set aside."),
    HISTORY_ROW("weir_history_bytes", GAUGE, "bytes", bytes, "Octets of the history on disk."),
    {.name = "weir_thread_cpu_seconds",
     .type = COUNTER,
     .kind = NAMED,
     .unit = "seconds",
     .help = "CPU time of each thread.",
     AT(threads),
     .label = "thread",
     .count_offset = offsetof(struct metrics, thread_count)},
    {.name = "weir_ring_fill_ratio",
     .type = GAUGE,
     .kind = NAMED,
     .unit = "ratio",
     .help = "How full the rings between threads are, from 0 to 1.",
     AT(rings),
     .label = "ring",
     .count_offset = offsetof(struct metrics, ring_count)},
};
static const size_t row_count = sizeof(rows) / sizeof(rows[0]);

static const void *at(const struct metrics *metrics, size_t offset)
{
    return (const char *)metrics + offset;
}

static const char *ending(const struct row *row)
{
    return row->type == COUNTER ? "_total" : row->type == INFO ? "_info" : "";
}

// A label's value, as the format wants it escaped.
static void text_write(const char *text, FILE *to)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"') {
            fputc('\\', to);
        }
        if (*text == '\n') {
            fputs("\\n", to);
        } else {
            fputc(*text, to);
        }
    }
}

// The name and its labels; every sample has the sensor's.
static void sample_begin(const struct row *row, const char *sensor, const char *value, FILE *to)
{
    fprintf(to, "%s%s{sensor=\"", row->name, ending(row));
    text_write(sensor, to);
    if (value != NULL) {
        fprintf(to, "\",%s=\"", row->label);
        text_write(value, to);
    }
    fputs("\"}", to);
}

static void real_write(double value, FILE *to)
{
    fprintf(to, " %.17g\n", isfinite(value) ? value : 0);
}

static void counts_write(const struct row *row, const struct metrics *metrics, const char *sensor,
                         FILE *to)
{
    const uint64_t *values = at(metrics, row->offset);
    for (size_t i = 0; i < row->count; i++) {
        const char *name = row->name_of(i);
        if (name != NULL) {
            sample_begin(row, sensor, name, to);
            fprintf(to, " %" PRIu64 "\n", values[i]);
        }
    }
}

static void named_write(const struct row *row, const struct metrics *metrics, const char *sensor,
                        FILE *to)
{
    const struct metrics_named *values = at(metrics, row->offset);
    unsigned count = *(const unsigned *)at(metrics, row->count_offset);
    for (unsigned i = 0; i < count; i++) {
        sample_begin(row, sensor, values[i].name, to);
        real_write(values[i].value, to);
    }
}

static void row_write(const struct row *row, const struct metrics *metrics, const char *sensor,
                      FILE *to)
{
    if (row->type == INFO) {
        fprintf(to, "%s_info{sensor=\"", row->name);
        text_write(sensor, to);
        fputs("\",version=\"" WEIR_VERSION "\"} 1\n", to);
    } else if (row->kind == NAMED) {
        named_write(row, metrics, sensor, to);
    } else if (row->label != NULL) {
        counts_write(row, metrics, sensor, to);
    } else {
        sample_begin(row, sensor, NULL, to);
        if (row->kind == U64) {
            fprintf(to, " %" PRIu64 "\n", *(const uint64_t *)at(metrics, row->offset));
        } else if (row->kind == MICROSECONDS) {
            real_write((double)*(const uint64_t *)at(metrics, row->offset) / US_PER_S, to);
        } else {
            real_write(*(const double *)at(metrics, row->offset), to);
        }
    }
}

void metrics_write(const struct metrics *metrics, const char *sensor, FILE *to)
{
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        fprintf(to, "# TYPE %s %s\n", row->name, type_names[row->type]);
        if (row->unit[0] != '\0') {
            fprintf(to, "# UNIT %s %s\n", row->name, row->unit);
        }
        fprintf(to, "# HELP %s %s\n", row->name, row->help);
        row_write(row, metrics, sensor, to);
    }
    fputs("# EOF\n", to);
}

void metrics_docs_write(FILE *to)
{
    fputs("# Metrics\n\n"
          "What `/metrics` of the control API (docs/CONTROL.md) tells, in the OpenMetrics text "
          "format that Prometheus reads (`promtool check metrics` reads the older one and takes "
          "it for wrong). Every sample has the label `sensor`. Packets' figures are "
          "as of the last pane, records' as of now; all are renewed once a second. This page is "
          "made from the table in agent/metrics.c.\n\n"
          "| metric | type | unit | label | what it is |\n|---|---|---|---|---|\n",
          to);
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        fprintf(to, "| `%s%s` | %s | %s | %s | %s |\n", row->name, ending(row),
                type_names[row->type], row->unit,
                row->label != NULL  ? row->label
                : row->type == INFO ? "version"
                                    : "",
                row->help);
    }
}
