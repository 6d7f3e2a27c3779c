// SPDX-License-Identifier: Apache-2.0
// The values of all options, as agent.c takes them apart: a room is given the few it needs in a
// struct of its own and never sees this one. Names, ranges and defaults are rows of option_table.c.
//
// One thread at a time; once the command line is parsed nothing writes here any more.
#ifndef WEIR_CONFIG_CONFIG_H
#define WEIR_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/config/problems.h"
#include "agent/log/log.h"
#include "dataplane/base/error.h"
#include "dataplane/base/memory.h"

struct json_t; // jansson's

enum config_idle { CONFIG_IDLE_SLEEPS, CONFIG_IDLE_POLLS };
enum config_source { CONFIG_AF_XDP, CONFIG_DPDK, CONFIG_AF_PACKET };
enum config_spread { CONFIG_SPREAD_QUEUES, CONFIG_SPREAD_FLOWS };
enum config_xdp_mode { CONFIG_XDP_TAP, CONFIG_XDP_TAKE };
enum config_xdp_attach { CONFIG_XDP_ATTACH_AUTO, CONFIG_XDP_NATIVE, CONFIG_XDP_GENERIC };
enum config_xdp_copy { CONFIG_XDP_COPY_AUTO, CONFIG_XDP_COPY, CONFIG_XDP_ZERO_COPY };
enum config_encoding { CONFIG_JSON, CONFIG_PROTOBUF };
enum config_missing { CONFIG_MISSING_EXPECTED, CONFIG_MISSING_CREATED };
enum config_compression {
    CONFIG_COMPRESSION_BROKERS,
    CONFIG_COMPRESSION_PRODUCERS,
    CONFIG_COMPRESSION_NONE,
    CONFIG_COMPRESSION_GZIP,
    CONFIG_COMPRESSION_SNAPPY,
    CONFIG_COMPRESSION_LZ4,
    CONFIG_COMPRESSION_ZSTD,
};
enum config_full { CONFIG_FULL_DROPS_OLDEST, CONFIG_FULL_REFUSES_NEWEST };

struct config_numbers {
    size_t count;
    unsigned *items; // each once, in the order given
};

struct config_strings {
    size_t count;
    char **items;
};

struct config_property {
    char *name;
    char *value; // of a secret: what its file or environment variable held
};

struct config_properties {
    size_t count;
    struct config_property *items;
};

struct config {
    char *sensor;
    int64_t workers;
    struct {
        struct config_numbers cores; // CPUs in the order of the workers; none: not pinned
        enum config_idle idle;
    } worker;
    struct {
        enum config_source source;
        struct config_strings interface;
        enum config_spread spread;
        struct config_numbers queues; // none: all
        bool promiscuous;
        int64_t ring; // packets; a power of two
        int64_t sampling;
        struct {
            enum config_xdp_mode mode;
            enum config_xdp_attach attach;
            enum config_xdp_copy copy;
        } af_xdp;
        struct {
            int64_t ring_bytes;
        } af_packet;
        struct {
            struct config_strings device;
            int64_t mbufs; // 0: derived
            char *arguments;
        } dpdk;
        struct {
            struct config_strings prefixes;
            struct config_numbers ports;
            struct config_strings protocols;
        } filter;
    } capture;
    struct {
        bool tunnels;
    } parse;
    struct {
        struct {
            bool vlan;
        } key;
        struct {
            int64_t max_flows;
            int64_t max_rare; // 0: a fourth of max_flows
        } table;
        int64_t idle_timeout_us;
        int64_t active_timeout_us;
        int64_t tcp_linger_us;
        struct {
            int64_t max;
            int64_t timeout_us;
        } fragments;
    } flow;
    struct {
        int64_t pane_us;
        int64_t max_hosts;  // 0: derived from flow.table.max_flows
        int64_t activities; // of each worker; a power of two; 0: derived from flow.table.max_flows
    } window;
    struct {
        struct config_strings internal;
    } network;
    struct {
        char *file;     // of definitions; empty: none
        bool asked_for; // it was given: it is an error where it cannot be read
        int64_t max;
        int64_t memory_bytes; // of each
    } query;
    struct {
        bool anomalies;
    } detect;
    struct {
        char *file;     // empty: none
        bool asked_for; // it was given: it is an error where it cannot be had
        int64_t max_age_us;
        int64_t max_bytes;
    } history;
    struct {
        enum memory_pages huge_pages;
    } memory;
    struct {
        struct config_strings outputs; // sinks, their syntax checked, none twice
        enum config_encoding encoding;
        struct {
            char *flow;
            char *processed;
            enum config_missing missing;
            int64_t partitions;
            int64_t replication;  // 0: the broker's default
            int64_t retention_us; // 0: the broker's default
            enum config_compression compression;
        } topics;
        struct {
            struct config_properties properties;
            int64_t timeout_us;
            int64_t embedded_hold_us;
        } kafka;
        struct {
            char *directory; // empty: none
            int64_t max_bytes;
            enum config_full full;
            int64_t sync_us;
            int64_t send_rate; // records a second
        } spool;
        int64_t queue; // records; a power of two
        int64_t queue_bytes;
    } export;
    struct {
        char *listen;      // empty: nowhere
        bool asked_for;    // where it listens was given: it is an error where it cannot
        char *token;       // what its file or environment variable held; empty: none
        char *certificate; // files; empty: no TLS
        char *key;
        int64_t windows; // kept
        char *generator; // where its API is; empty: none
        char *generator_token;
    } control;
    struct {
        int64_t timeout_us;
    } shutdown;
    struct {
        char *user; // empty: whoever started weir, or nobody for root
        bool seccomp;
    } privileges;
    struct {
        char *file; // empty: standard error
        enum log_format format;
        enum log_level level;
    } log;

    // Every option as it was written (name: value), which is what `weir config` shows. A secret is
    // in it as the reference that was given, never as what the reference led to.
    struct json_t *written;
};

// Sets every option to its default. 0, or -ENOMEM with a message; release with config_free.
int config_init(struct config *config, struct error *err);

// Takes a zeroed struct as well as one that config_init filled.
void config_free(struct config *config);

// Sets one option from a JSON value, to which it may keep a reference. 0, or -EINVAL and one more
// in `problems`; the old value stays then. `name` may be a Kafka property.
int config_set(struct config *config, struct config_place place, const char *name,
               struct json_t *value, struct config_problems *problems);

// The same from what was written on the command line.
int config_set_text(struct config *config, struct config_place place, const char *name,
                    const char *text, struct config_problems *problems);

// Whether there is an option of that name.
bool config_knows(const char *name);

// Calls `differs` for each option that is not written in the same way in both, and says whether it
// can change while the agent runs.
void config_compare(const struct config *left, const struct config *right,
                    void (*differs)(void *context, const char *name, bool live), void *context);

// Checks what only whole configurations can get wrong and fills in what the machine knows (the
// sensor's name). 0, or -EINVAL and more in `problems`.
int config_finish(struct config *config, struct config_problems *problems);

#endif
