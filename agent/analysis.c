// SPDX-License-Identifier: Apache-2.0
#include "agent/analysis.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/detect/anomalies.h"
#include "agent/publish/fill.h"

struct analysis {
    struct analysis_output output;
    const struct log *log;
    uint32_t sampling;
    struct prefix_set internal;
    struct query_set *queries;
    struct anomalies *anomalies; // NULL: not looked for
    unsigned anomalies_open;
};

static int queries_open(struct analysis *analysis, const struct config *config, struct error *err)
{
    struct query_set_options options = {
        .path = config->query.file[0] != '\0' ? config->query.file : NULL,
        .max = (unsigned)config->query.max,
        .memory_bytes = (uint64_t)config->query.memory_bytes,
        .pane_us = config->window.pane_us,
        .internal = &analysis->internal,
    };
    struct error why;
    int code = query_set_create(&analysis->queries, &options, &why);
    if (code == -EACCES && !config->query.asked_for) {
        log_warning(analysis->log, "query",
                    "queries do not survive this run: the default file is another user's",
                    log_text("reason", why.text));
        options.path = NULL;
        code = query_set_create(&analysis->queries, &options, &why);
    }
    if (code != 0) {
        *err = why;
    }
    return code;
}

static int anomalies_open(struct analysis *analysis, const struct config *config,
                          const struct config_strings *interfaces, struct error *err)
{
    struct watch_options options = {
        .pane_us = config->window.pane_us,
        .internal = &analysis->internal,
        .interface_names = interfaces != NULL ? (const char *const *)interfaces->items : NULL,
        .interface_count = interfaces != NULL ? interfaces->count : 0,
    };
    hash_secret_draw(&options.secret);
    return anomalies_create(&analysis->anomalies, &options, err);
}

int analysis_create(struct analysis **analysis, const struct config *config,
                    const struct config_strings *interfaces, const struct log *log,
                    const struct analysis_output *output, struct error *err)
{
    struct analysis *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for queries");
    }
    new->output = *output;
    new->log = log;
    new->sampling = (uint32_t)config->capture.sampling;
    const struct config_strings *internal = &config->network.internal;
    int code =
        prefix_set_init(&new->internal, (const char *const *)internal->items, internal->count, err);
    if (code == 0) {
        code = queries_open(new, config, err);
    }
    if (code == 0 && config->detect.anomalies) {
        code = anomalies_open(new, config, interfaces, err);
    }
    if (code != 0) {
        analysis_free(new);
        return code;
    }
    *analysis = new;
    return 0;
}

void analysis_free(struct analysis *analysis)
{
    if (analysis != NULL) {
        anomalies_free(analysis->anomalies);
        query_set_free(analysis->queries);
        prefix_set_fini(&analysis->internal);
        free(analysis);
    }
}

struct query_set *analysis_queries(struct analysis *analysis)
{
    return analysis->queries;
}

unsigned analysis_anomalies_open(const struct analysis *analysis)
{
    return analysis->anomalies_open;
}

static struct record *reserve(const struct analysis *analysis, enum record_type type)
{
    return analysis->output.reserve(analysis->output.context, type);
}

static void submit(const struct analysis *analysis, const struct record *record, int code)
{
    if (code != 0) {
        log_warning(analysis->log, "agent", "no memory for all of a record",
                    log_text("type", record_types[record->type].name));
    }
    analysis->output.submit(analysis->output.context, record);
}

static void answer_tell(void *context, const struct query_answer *answer)
{
    const struct analysis *analysis = context;
    struct record *record = reserve(analysis, RECORD_QUERY);
    if (record != NULL) {
        submit(analysis, record, fill_query(record, answer, analysis->sampling));
    }
}

static void anomaly_tell(void *context, const struct anomaly *anomaly)
{
    struct analysis *analysis = context;
    analysis->anomalies_open += anomaly->phase == ANOMALY_BEGINS;
    analysis->anomalies_open -= anomaly->phase == ANOMALY_ENDS;
    struct record *record = reserve(analysis, RECORD_ANOMALY);
    if (record != NULL) {
        submit(analysis, record, fill_anomaly(record, anomaly, analysis->sampling));
    }
}

void analysis_flow(struct analysis *analysis, const struct pane_flow *flow)
{
    query_set_flow(analysis->queries, flow);
    if (analysis->anomalies != NULL) {
        anomalies_flow(analysis->anomalies, flow);
    }
}

void analysis_pane(struct analysis *analysis, const struct pane *pane)
{
    if (analysis->anomalies != NULL) {
        anomalies_pane(analysis->anomalies, pane, anomaly_tell, analysis);
    }
    query_set_pane(analysis->queries, pane, answer_tell, analysis);
}

void analysis_end(struct analysis *analysis)
{
    if (analysis->anomalies != NULL) {
        anomalies_end(analysis->anomalies, anomaly_tell, analysis);
    }
}
