// SPDX-License-Identifier: Apache-2.0
// What went over the link between two moments.
#ifndef WEIR_RECORD_WINDOW_H
#define WEIR_RECORD_WINDOW_H

#include "export/record/field.h"
#include "export/record/loss.h"

struct record_protocol {
    const char *name; // of static storage
    uint64_t packets;
    uint64_t bytes;
};

struct record_window {
    int64_t start_us;
    int64_t end_us;
    uint64_t packets;
    uint64_t bytes;
    uint64_t wire_bytes;
    double mean_packet_bytes;
    double mean_interarrival_us;
    uint64_t flows_started;
    uint64_t flows_ended;
    uint64_t flows_active;
    uint64_t sources;
    uint64_t destinations;
    double source_entropy;
    double destination_entropy;
    struct field_rows protocols; // of struct record_protocol
    struct record_loss loss;
    uint32_t sampling;
};

// ROW(enumerator, name, number, member, kind, unit, since, help, further members of struct field)
#define RECORD_WINDOW_FIELDS(ROW)                                                                  \
    ROW(START_US, "start_us", 1, start_us, I64, "us", 1, "where the window starts, inclusive")     \
    ROW(END_US, "end_us", 2, end_us, I64, "us", 1, "where it ends, exclusive")                     \
    ROW(PACKETS, "packets", 3, packets, U64, "packets", 1, "packets in it")                        \
    ROW(BYTES, "bytes", 4, bytes, U64, "octets", 1,                                                \
        "octets of those packets as their innermost IP headers state them")                        \
    ROW(WIRE_BYTES, "wire_bytes", 5, wire_bytes, U64, "octets", 1,                                 \
        "octets of those packets' frames on the wire, without FCS")                                \
    ROW(MEAN_PACKET_BYTES, "mean_packet_bytes", 6, mean_packet_bytes, DOUBLE, "octets", 1,         \
        "bytes for each packet")                                                                   \
    ROW(MEAN_INTERARRIVAL_US, "mean_interarrival_us", 7, mean_interarrival_us, DOUBLE, "us", 1,    \
        "mean time between two packets")                                                           \
    ROW(FLOWS_STARTED, "flows_started", 8, flows_started, U64, "flows", 1, "flows begun in it")    \
    ROW(FLOWS_ENDED, "flows_ended", 9, flows_ended, U64, "flows", 1, "flows ended in it")          \
    ROW(FLOWS_ACTIVE, "flows_active", 10, flows_active, U64, "flows", 1,                           \
        "flows in the table at its end")                                                           \
    ROW(SOURCES, "sources", 11, sources, U64, "hosts", 1,                                          \
        "different addresses that are the source of a flow active in it")                          \
    ROW(DESTINATIONS, "destinations", 12, destinations, U64, "hosts", 1,                           \
        "different addresses that are the destination of one")                                     \
    ROW(SOURCE_ENTROPY, "source_entropy", 13, source_entropy, DOUBLE, "bits", 1,                   \
        "Shannon entropy of its packets over the sources of their flows")                          \
    ROW(DESTINATION_ENTROPY, "destination_entropy", 14, destination_entropy, DOUBLE, "bits", 1,    \
        "Shannon entropy of its packets over the destinations of their flows")                     \
    ROW(PROTOCOLS, "protocols", 15, protocols, ROWS, "", 1, "its traffic by protocol",             \
        .table = &protocol_table)                                                                  \
    ROW(LOSS, "loss", 16, loss, OBJECT, "", 1, "what the window lacks",                            \
        .table = &record_loss_table)                                                               \
    ROW(SAMPLING, "sampling", 17, sampling, U32, "", 2,                                            \
        "one flow in this many was looked at; left out where all were")

enum record_window_field {
#define WINDOW_FIELD_ENUM(id, ...) RECORD_WINDOW_##id,
    RECORD_WINDOW_FIELDS(WINDOW_FIELD_ENUM)
#undef WINDOW_FIELD_ENUM
        RECORD_WINDOW_FIELD_COUNT,
};

extern const struct field_table record_window_table; // row n is enum record_window_field n

#endif
