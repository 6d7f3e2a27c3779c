// SPDX-License-Identifier: Apache-2.0
// What the agent thread finds out beside counting: answers to standing queries, and anomalies, each
// made into a record as soon as its pane has closed. All calls are for the agent thread.
#ifndef WEIR_ANALYSIS_H
#define WEIR_ANALYSIS_H

#include "agent/config/config.h"
#include "agent/log/log.h"
#include "agent/query/query_set.h"
#include "dataplane/base/error.h"
#include "export/record/record.h"

// Where records go.
struct analysis_output {
    void *context;
    struct record *(*reserve)(void *context, enum record_type type); // NULL: it goes nowhere
    void (*submit)(void *context, const struct record *record);      // the one reserved last
};

struct analysis;

// Reads the file of queries. `interfaces`: names of those that packets come from, in their order,
// as long as the analysis lives; NULL: they have numbers only. 0 or a negative errno with a
// message; *analysis is untouched then.
int analysis_create(struct analysis **analysis, const struct config *config,
                    const struct config_strings *interfaces, const struct log *log,
                    const struct analysis_output *output, struct error *err);
void analysis_free(struct analysis *analysis); // may be NULL

// For the control API; lives as long as the analysis.
struct query_set *analysis_queries(struct analysis *analysis);

unsigned analysis_anomalies_open(const struct analysis *analysis);

void analysis_flow(struct analysis *analysis, const struct pane_flow *flow);
void analysis_pane(struct analysis *analysis, const struct pane *pane);

// The traffic has ended.
void analysis_end(struct analysis *analysis);

#endif
