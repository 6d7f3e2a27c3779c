// SPDX-License-Identifier: Apache-2.0
#include "agent/accounts.h"

#include <string.h>

#include "agent/gauges.h"
#include "agent/signals.h"
#include "agent/state.h"
#include "agent/summary.h"
#include "dataplane/base/clock.h"

void accounts_warn(const struct agent *agent)
{
    struct exporter_books books;
    exporter_books(agent->exporter, &books);
    uint64_t settled = books.delivered + books.spooled;
    for (size_t cause = EXPORT_DROP_FIRST; cause < EXPORT_CAUSE_COUNT; cause++) {
        settled += books.drops[cause];
    }
    signals_losses(workers_live_packets(agent->workers),
                   agent->publisher.records > settled ? agent->publisher.records - settled : 0);
}

// What never came to the exporter are records that were lost, too.
static void shed_add(const struct agent *agent, struct books *books)
{
    for (size_t type = 0; type < RECORD_TYPE_COUNT; type++) {
        uint64_t shed = agent->publisher.shed[type];
        shed += type == RECORD_FLOW ? books->workers.shed : 0;
        books->exports.records[type] += shed;
        books->exports.drops[EXPORT_SHED] += shed;
    }
}

static void metrics_show(struct agent *agent, const struct books *books)
{
    struct metrics metrics = {
        .books = *books,
        .live_flows = (double)(books->workers.flows.started - books->workers.flows.ended),
        .flow_slots = (double)agent->config->flow.table.max_flows,
        .pane_delay_s = (double)agent->pane_delay_us / 1e6,
        .queries = (double)query_set_count(analysis_queries(agent->analysis)),
        .anomalies_open = analysis_anomalies_open(agent->analysis),
    };
    exporter_gauges(agent->exporter, &metrics.exports);
    history_link_statistics(&agent->history, &metrics.history);
    gauges_threads(&metrics);
    gauges_rings(&metrics, agent->workers, (unsigned)agent->config->workers, agent->exporter);
    control_link_metrics(&agent->control, &metrics, agent->config->sensor);
}

void accounts_show(struct agent *agent)
{
    if (control_link_wants_books(&agent->control)) {
        struct books books = {
            .running = true,
            .activity_shed = agent->activity_shed,
            .seconds = (double)(clock_monotonic_us() - agent->began_us) / 1e6,
        };
        books_take_pane(&books, &agent->pane_books);
        exporter_books(agent->exporter, &books.exports);
        shed_add(agent, &books);
        control_link_books(&agent->control, &books);
        metrics_show(agent, &books);
    }
}

void accounts_close(struct agent *agent, struct books *books)
{
    struct capture *capture = agent->intake.all;
    *books = (struct books){.seconds = (double)(clock_monotonic_us() - agent->began_us) / 1e6};
    capture->ops->stats(capture, &books->capture);
    books->loss_count = capture->ops->losses(capture, &books->losses);
    workers_books(agent->workers, &books->workers);
    exporter_books(agent->exporter, &books->exports);
    books->activity_shed = agent->activity_shed;
    shed_add(agent, books);
}

void accounts_tell(struct agent *agent, const struct books *books)
{
    agent->failed |= !summary_log(books, &agent->log);
    int code = agent->summary != NULL ? summary_write(agent->summary, books) : 0;
    if (code != 0) {
        log_error(&agent->log, "agent", "the summary could not be written whole",
                  log_text("reason", strerror(-code)));
        agent->failed = true;
    }
}
