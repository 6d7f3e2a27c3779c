// SPDX-License-Identifier: Apache-2.0
// What `weir ctl` can be asked: one row for each verb and each flag, which the parser, help and
// shell completion read.
#ifndef WEIR_CTL_VERB_H
#define WEIR_CTL_VERB_H

#include <assert.h>
#include <jansson.h>
#include <stdbool.h>

#include "agent/ctl/client.h"

enum ctl_flag {
    // Of every verb.
    CTL_URL,
    CTL_TOKEN_FILE,
    CTL_CACERT,
    CTL_JSON,
    CTL_HELP,
    // Members of a query.
    CTL_NAME,
    CTL_KIND,
    CTL_SUBJECT,
    CTL_IPV4_BITS,
    CTL_IPV6_BITS,
    CTL_BY,
    CTL_WINDOW,
    CTL_PERCENT,
    CTL_K,
    CTL_DEVIATIONS,
    CTL_BASELINE,
    CTL_TRAFFIC,
    CTL_FILTER,
    // Of lists.
    CTL_ALL,
    CTL_LAST,
    CTL_FROM,
    CTL_TO,
    // Of an acknowledgement.
    CTL_NOTE,
    CTL_UNDO,
    // Of an anomaly that is ordered.
    CTL_LENGTH,
    CTL_STRENGTH,
    CTL_FLAG_COUNT,
};

#define CTL_BIT(flag) (1u << (flag))
static_assert(CTL_FLAG_COUNT <= 32, "each has its bit");
enum {
    CTL_COMMON = CTL_BIT(CTL_NAME) - 1,
    CTL_CHANGES = CTL_BIT(CTL_ALL) - CTL_BIT(CTL_KIND),
    CTL_MEMBERS = CTL_CHANGES | CTL_BIT(CTL_NAME),
    CTL_SPAN = CTL_BIT(CTL_FROM) | CTL_BIT(CTL_TO) | CTL_BIT(CTL_LAST),
};

struct ctl_flag_row {
    const char *name;     // without its hyphens
    const char *argument; // NULL: it takes none
    const char *member;   // of a query; NULL: of none
    const char *help;
};

extern const struct ctl_flag_row ctl_flags[CTL_FLAG_COUNT];

// A line that was parsed.
struct ctl {
    struct client client;
    const struct ctl_verb *verb;
    const char *given[CTL_FLAG_COUNT]; // NULL: was not; "" where the flag takes no argument
    char *const *arguments;
    int argument_count;
};

struct ctl_verb {
    const char *words; // one or two
    const char *arguments;
    const char *help;
    unsigned flags; // besides CTL_COMMON
    int least;      // arguments
    int most;
    // 0, or a negative errno with a message: -EINVAL is wrong use.
    int (*work)(struct ctl *ctl, struct error *err);
};

extern const struct ctl_verb ctl_verbs[];
extern const unsigned ctl_verb_count;

int ctl_query_list(struct ctl *ctl, struct error *err);
int ctl_query_show(struct ctl *ctl, struct error *err);
int ctl_query_add(struct ctl *ctl, struct error *err);
int ctl_query_change(struct ctl *ctl, struct error *err);
int ctl_query_remove(struct ctl *ctl, struct error *err);
int ctl_query_answer(struct ctl *ctl, struct error *err);
int ctl_anomaly_list(struct ctl *ctl, struct error *err);
int ctl_anomaly_acknowledge(struct ctl *ctl, struct error *err);
int ctl_window_list(struct ctl *ctl, struct error *err);
int ctl_history_windows(struct ctl *ctl, struct error *err);
int ctl_history_answers(struct ctl *ctl, struct error *err);
int ctl_history_anomalies(struct ctl *ctl, struct error *err);
int ctl_history_erase(struct ctl *ctl, struct error *err);
int ctl_config_show(struct ctl *ctl, struct error *err);
int ctl_config_set(struct ctl *ctl, struct error *err);
int ctl_generator_show(struct ctl *ctl, struct error *err); // work_generator.c
int ctl_generator_start(struct ctl *ctl, struct error *err);
int ctl_generator_stop(struct ctl *ctl, struct error *err);
int ctl_generator_set(struct ctl *ctl, struct error *err);
int ctl_generator_anomaly(struct ctl *ctl, struct error *err);
int ctl_books(struct ctl *ctl, struct error *err);
int ctl_health(struct ctl *ctl, struct error *err);

#endif
