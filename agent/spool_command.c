// SPDX-License-Identifier: Apache-2.0
#include "agent/spool_command.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/outlet.h"
#include "agent/signals.h"
#include "dataplane/base/backoff.h"
#include "export/spool/spool.h"

enum { US_PER_S = 1000000 };

static struct log log_of(const struct config *config)
{
    return (struct log){
        .fd = STDERR_FILENO, .format = config->log.format, .level = config->log.level};
}

static json_t *time_text(int64_t us)
{
    time_t seconds = us / US_PER_S;
    struct tm parts;
    char text[32];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return json_string(text);
}

static json_t *survey_json(const char *directory, const struct spool_survey *survey)
{
    json_t *root = json_pack("{s:s, s:I, s:I, s:I, s:I, s:b}", "directory", directory, "records",
                             (json_int_t)survey->records, "segments", (json_int_t)survey->segments,
                             "bytes", (json_int_t)survey->bytes, "damaged_bytes",
                             (json_int_t)survey->damaged_bytes, "in_use", survey->open);
    if (survey->oldest_us != 0) {
        json_object_set_new(root, "oldest", time_text(survey->oldest_us));
    }
    return root;
}

enum exit_status spool_show(const struct command *command)
{
    struct log log = log_of(&command->config);
    const char *directory = command->config.export.spool.directory;
    struct spool_survey survey;
    struct error err;
    if (spool_survey(directory, &survey, &err) != 0) {
        log_error(&log, "spool", err.text);
        return EXIT_STATUS_FAILED;
    }
    json_t *root = survey_json(directory, &survey);
    int code = root != NULL ? json_dumpf(root, stdout, JSON_INDENT(2)) : -1;
    json_decref(root);
    if (code != 0 || putchar('\n') == EOF || fflush(stdout) != 0) {
        log_error(&log, "spool", "cannot write to standard output");
        return EXIT_STATUS_FAILED;
    }
    return EXIT_STATUS_DONE;
}

// False where records were lost.
static bool drain(struct exporter *exporter, const struct config *config, const struct log *log)
{
    struct backoff backoff = {0};
    bool limited = false;
    bool lost = false;
    exporter_drain(exporter);
    while (!exporter_drained(exporter)) {
        lost |= outlet_listen(exporter, log);
        if (signals_stop() && !limited) {
            limited = true;
            log_info(log, "agent", "stopping: told to by a signal");
            exporter_limit(exporter, config->shutdown.timeout_us);
        }
        backoff_wait(&backoff);
    }
    exporter_finish(exporter);
    lost |= outlet_listen(exporter, log);
    return !lost;
}

enum exit_status spool_send(const struct command *command)
{
    const struct config *config = &command->config;
    struct log log = log_of(config);
    struct exporter *exporter = NULL;
    struct error err;
    int code = outlet_open(&exporter, config, SINK_PRESSURE_WAITS, NULL, &log, &err);
    if (code == 0) {
        signals_install();
        code = exporter_start(exporter, &err);
    }
    if (code != 0) {
        log_error(&log, "export", err.text);
        exporter_free(exporter);
        return code == -EINVAL ? EXIT_STATUS_WRONG_USE : EXIT_STATUS_FAILED;
    }
    bool kept = drain(exporter, config, &log);
    outlet_tell_spool(exporter, config, &log);
    struct exporter_books books;
    exporter_books(exporter, &books);
    exporter_free(exporter);
    log_info(&log, "agent", "done", log_unsigned("found", books.spool.found),
             log_unsigned("settled", books.spool.settled), log_unsigned("held", books.spool.held));
    bool all = kept && books.spool.held == 0 && books.spool.dropped == 0;
    return all ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}
