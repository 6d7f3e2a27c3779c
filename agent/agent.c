// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <errno.h>
#include <unistd.h>

#include "agent/accounts.h"
#include "agent/housekeeping.h"
#include "agent/outlet.h"
#include "agent/overwrite.h"
#include "agent/signals.h"
#include "agent/state.h"
#include "agent/summary.h"
#include "agent/wiring.h"
#include "dataplane/base/backoff.h"
#include "dataplane/base/clock.h"

static void complain(struct agent *agent, const char *room, const struct error *err)
{
    progress_clear(&agent->progress);
    log_error(&agent->log, room, err->text);
    agent->failed = true;
}

// There is no use in reading on while records are lost, unless it is a single one or the choice
// made for a spool that is full. A link does not come again: there it is said, and the rest goes
// on.
static void export_watch(struct agent *agent)
{
    struct exporter_books books;
    exporter_books(agent->exporter, &books);
    uint64_t lost = books.drops[EXPORT_WRITE_FAILED] + books.drops[EXPORT_BROKER_UNREACHABLE] +
                    books.drops[EXPORT_BROKER_REFUSED] + books.drops[EXPORT_SPOOL_FAILED];
    if (!agent->stopping && lost != 0 && agent->intake.live == NULL) {
        log_error(&agent->log, "agent", "stopping: records are being lost, see the message above");
        housekeeping_stop(agent);
    }
}

static void wait_meanwhile(void *agent)
{
    housekeeping(agent);
}

static void flow_publish(void *context, const struct flow_record *flow)
{
    struct agent *agent = context;
    publisher_flow(&agent->publisher, flow);
}

static void flow_analyse(void *context, const struct pane_flow *flow)
{
    const struct agent *agent = context;
    analysis_flow(agent->analysis, flow);
}

static void pane_publish(void *context, const struct pane *pane)
{
    struct agent *agent = context;
    if (publisher_pane(&agent->publisher, pane) != 0) {
        log_error(&agent->log, "agent", "no memory for a window's protocols; it goes without them");
        agent->failed = true;
    }
    analysis_pane(agent->analysis, pane);
    agent->pane_books = pane->books;
    agent->activity_shed += pane->loss.activity_shed;
    agent->pane_delay_us = agent->intake.live != NULL ? clock_wall_us() - pane->end_us : 0;
}

static void record_look(void *context, const struct record *record)
{
    struct agent *agent = context;
    size_t bytes = 0;
    const char *json = json_text_make(&agent->json, record, &bytes);
    control_link_tell(&agent->control, record, json, bytes);
    history_link_tell(&agent->history, record, json, bytes);
}

static void collect_all(struct agent *agent)
{
    struct backoff backoff = {0};
    while (!collect_ended(agent->collect)) {
        if (collect_poll(agent->collect) != 0) {
            backoff.rounds = 0;
        } else {
            backoff_wait(&backoff);
        }
        if (housekeeping(agent)) {
            export_watch(agent);
        }
    }
    analysis_end(agent->analysis);
    workers_join(agent->workers);
}

static void export_all(struct agent *agent)
{
    struct backoff backoff = {0};
    exporter_drain(agent->exporter);
    while (!exporter_drained(agent->exporter)) {
        backoff_wait(&backoff);
        housekeeping(agent);
    }
    exporter_finish(agent->exporter);
}

static int collect_open(struct agent *agent, struct error *err)
{
    struct ring *rings[WORKERS_MAX];
    struct ring *activities[WORKERS_MAX];
    unsigned count = (unsigned)agent->config->workers;
    for (unsigned i = 0; i < count; i++) {
        rings[i] = workers_ring(agent->workers, i);
        activities[i] = workers_activities(agent->workers, i);
    }
    struct collect_options options = {
        .rings = rings,
        .activities = activities,
        .ring_count = count,
        .max_hosts = wiring_max_hosts(agent->config),
        .pages = agent->config->memory.huge_pages,
    };
    struct collect_events events = {
        .context = agent,
        .flow = flow_publish,
        .activity = flow_analyse,
        .pane = pane_publish,
    };
    return collect_create(&agent->collect, &options, &events, err);
}

static struct record *record_reserve(void *context, enum record_type type)
{
    struct agent *agent = context;
    return publisher_reserve(&agent->publisher, type);
}

static void record_submit(void *context, const struct record *record)
{
    struct agent *agent = context;
    publisher_submit(&agent->publisher, record);
}

static int analysis_open(struct agent *agent, struct error *err)
{
    struct analysis_output output = {agent, record_reserve, record_submit};
    const struct config_strings *interfaces =
        agent->intake.live != NULL ? wiring_interfaces(agent->config) : NULL;
    return analysis_create(&agent->analysis, agent->config, interfaces, &agent->log, &output, err);
}

static void publisher_open(struct agent *agent)
{
    agent->publisher = (struct publisher){
        .exporter = agent->exporter,
        .slots = (size_t)agent->config->export.queue,
        .bytes = (uint64_t)agent->config->export.queue_bytes,
        .sampling = (uint32_t)agent->config->capture.sampling,
        .live = agent->intake.live != NULL,
        .waiting = wait_meanwhile,
        .look = agent->json.encoder != NULL ? record_look : NULL,
        .context = agent,
    };
}

static int agent_open(struct agent *agent, const struct command *command, struct error *err)
{
    bool confined = command->id == COMMAND_RUN;
    int code = confined ? confine_begin(&agent->confine, agent->config, &agent->log, err) : 0;
    if (code == 0) {
        code = command->summary_path != NULL
                   ? summary_open(&agent->summary, command->summary_path, err)
                   : 0;
    }
    if (code == 0) {
        code = command->id == COMMAND_RUN ? intake_open_live(&agent->intake, agent->config, err)
                                          : intake_open_files(&agent->intake, command, err);
    }
    if (code == 0 && confined) {
        code = confine_narrow(&agent->confine, err);
    }
    if (code == 0) {
        struct workers_options options = wiring_workers(agent->config, &agent->intake);
        options.thread_ready = confined ? confine_thread : NULL;
        options.context = &agent->confine;
        code = workers_create(&agent->workers, &options, err);
    }
    if (code == 0) {
        code = analysis_open(agent, err);
    }
    if (code == 0) {
        code = history_link_open(&agent->history, agent->config, &agent->log, err);
    }
    if (code == 0) {
        code = control_link_open(&agent->control, agent->config, analysis_queries(agent->analysis),
                                 agent->history.history, &agent->log, err);
    }
    if (code == 0 && (agent->history.history != NULL || agent->control.control != NULL)) {
        code = json_text_init(&agent->json, agent->config->sensor, err);
    }
    if (code == 0) {
        // A link does not wait, nor does a capture replayed at a pace of its own.
        bool waits = command->id == COMMAND_REPLAY && command->speed == 0;
        enum sink_pressure pressure = waits ? SINK_PRESSURE_WAITS : SINK_PRESSURE_SPOOLS;
        struct outlet_pause pause = {confine_drop, &agent->confine};
        code = outlet_open(&agent->exporter, agent->config, pressure, confined ? &pause : NULL,
                           &agent->log, err);
    }
    if (code == 0) {
        code = history_link_start(&agent->history, agent->config, err);
    }
    if (code == 0) {
        publisher_open(agent);
        code = collect_open(agent, err);
    }
    if (code == 0 && confined) {
        code = confine_end(&agent->confine, &agent->log, err);
    }
    return code;
}

// Mirrors agent_open; whatever was not opened is NULL.
static void agent_close(struct agent *agent)
{
    collect_free(agent->collect);
    exporter_free(agent->exporter);
    control_link_close(&agent->control);
    history_link_close(&agent->history);
    json_text_fini(&agent->json);
    analysis_free(agent->analysis);
    workers_free(agent->workers);
    intake_close(&agent->intake);
    confine_fini(&agent->confine);
    summary_close(agent->summary);
}

static void embedded_hold(struct agent *agent)
{
    int64_t hold_us = agent->config->export.kafka.embedded_hold_us;
    if (hold_us > 0 && outlet_is_embedded(agent->exporter)) {
        log_info(&agent->log, "agent", "holding the embedded broker; a signal ends it");
        signals_wait(hold_us);
    }
}

// What cannot be, whatever the machine does, is wrong use.
static enum exit_status status_of(int code)
{
    return code == -EINVAL ? EXIT_STATUS_WRONG_USE : EXIT_STATUS_FAILED;
}

static enum exit_status run(struct agent *agent)
{
    struct error err;
    agent->began_us = clock_monotonic_us();
    if (control_link_start(&agent->control, &err) != 0) {
        complain(agent, "control", &err);
        return EXIT_STATUS_FAILED;
    }
    if (exporter_start(agent->exporter, &err) != 0) {
        complain(agent, "export", &err);
        return EXIT_STATUS_FAILED;
    }
    int code = workers_start(agent->workers, &err);
    if (code != 0) {
        complain(agent, "worker", &err);
        exporter_finish(agent->exporter);
        return status_of(code);
    }
    progress_init(&agent->progress);
    control_link_ready(&agent->control, NULL);
    if (agent->intake.live != NULL) {
        housekeeping_capture(agent);
        log_info(&agent->log, "agent", "capturing",
                 log_unsigned("queues", live_queue_count(agent->intake.live)),
                 log_unsigned("workers", (uint64_t)agent->config->workers));
    }
    collect_all(agent);
    export_all(agent);
    progress_clear(&agent->progress);
    housekeeping_exporter(agent);
    outlet_tell_spool(agent->exporter, agent->config, &agent->log);

    struct books books;
    accounts_close(agent, &books);
    accounts_tell(agent, &books);
    embedded_hold(agent);
    if (!books_balance(&books)) {
        return EXIT_STATUS_UNBALANCED;
    }
    bool lost = books_export_drops(&books.exports) != books.exports.drops[EXPORT_SHED];
    return agent->failed || lost ? EXIT_STATUS_FAILED : EXIT_STATUS_DONE;
}

enum exit_status agent_work(const struct command *command)
{
    struct agent agent = {
        .command = command,
        .config = &command->config,
        .log = {.fd = STDERR_FILENO,
                .format = command->config.log.format,
                .level = command->config.log.level},
    };
    struct error err;
    // Opening may wait for a pipe's first octets: a signal then ends the process as it always does,
    // but for one that only asks to open files anew.
    if (command->id == COMMAND_RUN) {
        signals_note_hangup();
    }
    int code = overwrite_check(command, &err);
    if (code == 0) {
        code = log_open(&agent.log, command->config.log.file, &err);
    }
    if (code == 0) {
        code = agent_open(&agent, command, &err);
    }
    enum exit_status status = status_of(code);
    if (code == 0) {
        signals_install();
        signals_format(agent.log.format);
        status = run(&agent);
    } else {
        log_error(&agent.log, "agent", err.text);
    }
    agent_close(&agent);
    log_close(&agent.log);
    return status;
}
