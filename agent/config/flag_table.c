// SPDX-License-Identifier: Apache-2.0
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/flag.h"

enum {
    IN_NONE = COMMAND_BIT(COMMAND_NONE),
    IN_REPLAY = COMMAND_BIT(COMMAND_REPLAY),
    IN_RUN = COMMAND_BIT(COMMAND_RUN),
    IN_WORK = IN_REPLAY | IN_RUN,
    IN_DEVICES = COMMAND_BIT(COMMAND_DEVICES),
    IN_SHOW = COMMAND_BIT(COMMAND_SPOOL_SHOW),
    IN_SEND = COMMAND_BIT(COMMAND_SPOOL_SEND),
    IN_DETECT = COMMAND_BIT(COMMAND_DETECT),
    IN_GENERATE = COMMAND_BIT(COMMAND_GENERATE),
    IN_CONFIG = COMMAND_BIT(COMMAND_CONFIG),
    IN_ALL = IN_WORK | IN_DEVICES | IN_SHOW | IN_SEND | IN_DETECT | IN_CONFIG,
};

const struct command_row command_rows[COMMAND_COUNT] = {
    [COMMAND_NONE] = {NULL, "COMMAND [OPTIONS]", NULL},
    [COMMAND_REPLAY] =
        {
            "replay",
            "replay [OPTIONS] FILE...",
            "Replays captures (pcap, pcapng, also packed with gzip or zstd; - is standard input) "
            "and ends when all is exported",
        },
    [COMMAND_RUN] =
        {
            "run",
            "run [OPTIONS]",
            "Captures live (capture.source, capture.interface) until SIGINT or SIGTERM, then "
            "drains "
            "and ends",
        },
    [COMMAND_DEVICES] =
        {
            "devices",
            "devices [OPTIONS]",
            "Lists what there is to capture from, with what, and what that takes; needs no right",
        },
    [COMMAND_SPOOL_SHOW] =
        {
            "spool show",
            "spool show [OPTIONS]",
            "Says what waits in the spool (export.spool.directory), as JSON; also while weir runs",
        },
    [COMMAND_SPOOL_SEND] =
        {
            "spool send",
            "spool send [OPTIONS]",
            "Sends what waits in the spool (export.spool.directory) to the Kafka output, and ends",
        },
    [COMMAND_DETECT] =
        {
            "detect",
            "detect --series FILE [OPTIONS]",
            "Finds anomalies in a series of timestamps and values (CSV) and prints each row with "
            "its score, from 0 to 1, and a flag, 0 or 1",
        },
    [COMMAND_GENERATE] =
        {
            "generate",
            "generate -o pcap:FILE|interface:NAME|dpdk:DEVICE|null: [OPTIONS]",
            "Makes synthetic traffic, with anomalies on order, for a capture file or on an "
            "interface",
        },
    [COMMAND_CONFIG] =
        {
            "config",
            "config [OPTIONS] [--defaults|--docs|--check FILE]",
            "Shows the configuration that the options lead to, documents or checks it",
        },
    [COMMAND_CTL] =
        {
            "ctl",
            "ctl [OPTIONS] COMMAND",
            "Asks and tells a running weir (control.listen): queries, anomalies, windows, options, "
            "books; weir ctl --help tells more",
        },
    [COMMAND_COMPLETION] =
        {
            "completion",
            "completion bash",
            "Prints what makes bash (and zsh, after bashcompinit) complete weir's command line",
        },
};

static struct config_place place_of(const struct flag_row *flag)
{
    return (struct config_place){.name = flag->spelling};
}

static void take_help(struct command_line *line, const struct flag_row *flag, const char *argument)
{
    (void)flag;
    (void)argument;
    line->command->page = COMMAND_PAGE_HELP;
}

static void take_version(struct command_line *line, const struct flag_row *flag,
                         const char *argument)
{
    (void)flag;
    (void)argument;
    line->command->page = COMMAND_PAGE_VERSION;
}

static void take_file(struct command_line *line, const struct flag_row *flag, const char *argument)
{
    if (line->command->config_path != NULL) {
        config_problem_add(line->problems, place_of(flag),
                           "one configuration file is read; got %s and %s",
                           line->command->config_path, argument);
    }
    line->command->config_path = argument;
}

static void take_view(struct command_line *line, const struct flag_row *flag,
                      enum command_view view)
{
    if (line->command->view != COMMAND_VIEW_EFFECTIVE) {
        config_problem_add(line->problems, place_of(flag),
                           "only one of --defaults, --docs and --check can be shown");
    }
    line->command->view = view;
}

static void take_defaults(struct command_line *line, const struct flag_row *flag,
                          const char *argument)
{
    (void)argument;
    take_view(line, flag, COMMAND_VIEW_DEFAULTS);
}

static void take_docs(struct command_line *line, const struct flag_row *flag, const char *argument)
{
    (void)argument;
    take_view(line, flag, COMMAND_VIEW_DOCS);
}

static void take_check(struct command_line *line, const struct flag_row *flag, const char *argument)
{
    take_view(line, flag, COMMAND_VIEW_CHECK);
    take_file(line, flag, argument);
}

static void take_option(struct command_line *line, const struct flag_row *flag,
                        const char *argument)
{
    config_set_text(&line->command->config, place_of(flag), flag->option, argument, line->problems);
}

static void take_set(struct command_line *line, const struct flag_row *flag, const char *argument)
{
    const char *equals = strchr(argument, '=');
    if (equals == NULL) {
        config_problem_add(line->problems, place_of(flag), "expected NAME=VALUE; got %s", argument);
        return;
    }
    char *name = strndup(argument, (size_t)(equals - argument));
    if (name != NULL) {
        config_set_text(&line->command->config, place_of(flag), name, equals + 1, line->problems);
    }
    free(name);
}

static void take_output(struct command_line *line, const struct flag_row *flag,
                        const char *argument)
{
    if (json_array_append_new(line->outputs, json_string(argument)) < 0) {
        config_problem_add(line->problems, place_of(flag), "the output's name is not UTF-8");
    }
}

static void take_summary(struct command_line *line, const struct flag_row *flag,
                         const char *argument)
{
    (void)flag;
    line->command->summary_path = argument;
}

static void take_series(struct command_line *line, const struct flag_row *flag,
                        const char *argument)
{
    if (line->command->series_path != NULL) {
        config_problem_add(line->problems, place_of(flag), "one series is read; got %s and %s",
                           line->command->series_path, argument);
    }
    line->command->series_path = argument;
}

static void take_setting(struct command_line *line, const struct flag_row *flag,
                         const char *argument)
{
    struct command *command = line->command;
    if (command->setting_count == COMMAND_SETTINGS_MAX) {
        config_problem_add(line->problems, place_of(flag), "at most %d settings are read",
                           COMMAND_SETTINGS_MAX);
        return;
    }
    command->settings[command->setting_count++] =
        (struct command_setting){.name = flag->option, .value = argument};
}

static void take_speed(struct command_line *line, const struct flag_row *flag, const char *argument)
{
    static const struct {
        const char *name;
        double speed;
    } named[] = {{"max", 0}, {"real", 1}};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (strcmp(argument, named[i].name) == 0) {
            line->command->speed = named[i].speed;
            return;
        }
    }
    char *end;
    double speed = strtod(argument, &end);
    if (*end != '\0' || !isfinite(speed) || speed <= 0) {
        config_problem_add(line->problems, place_of(flag),
                           "expected max, real or a number above 0; got %s", argument);
        return;
    }
    line->command->speed = speed;
}

const struct flag_row flag_rows[] = {
    {"-c", 'c', "FILE", IN_ALL, FLAG_BEFORE_FILE, take_file, NULL,
     "read the configuration (JSON) from FILE"},
    {"--set", 0, "NAME=VALUE", IN_ALL, FLAG_AFTER_FILE, take_set, NULL,
     "set an option of the configuration; wins over the file, can be repeated"},
    {"-o", 'o', "SINK", IN_WORK | IN_SEND, FLAG_AFTER_FILE, take_output, "export.outputs",
     "send the records there: kafka://HOST:PORT[,HOST:PORT], kafka://embedded (a broker inside "
     "weir), ndjson:PATH, ndjson:- (standard output, the default) or null:; can be repeated"},
    {"--workers", 0, "N", IN_WORK, FLAG_AFTER_FILE, take_option, "workers",
     "spread the packets over N worker threads"},
    {"--speed", 0, "max|real|NUMBER", IN_REPLAY, FLAG_BEFORE_FILE, take_speed, NULL,
     "replay as fast as it goes (the default), at the capture's own pace, or at NUMBER times that"},
    {"--summary", 0, "PATH", IN_WORK, FLAG_BEFORE_FILE, take_summary, NULL,
     "write the books as JSON to PATH at the end; - is standard output"},
    {"--series", 0, "FILE", IN_DETECT, FLAG_BEFORE_FILE, take_series, NULL,
     "read the series from FILE, with a timestamp and a value in each line; - is standard input"},
    {"-o", 'o', "OUTPUT", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "output",
     "where frames go: pcap:FILE (pcap:- is standard output), interface:NAME, dpdk:DEVICE or "
     "null:"},
    {"--profile", 0, "FILE", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "profile",
     "read the profile of the traffic (JSON) from FILE; flags win over it"},
    {"--duration", 0, "DURATION", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "duration",
     "how long the traffic lasts (60s); 0: until it is ended"},
    {"--packets-per-second", 0, "N", IN_GENERATE, FLAG_BEFORE_FILE, take_setting,
     "packets_per_second", "how many packets there are (10k)"},
    {"--flows-per-second", 0, "N", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "flows_per_second",
     "how many flows begin; unless it is said, as many as lengths of real flows make of that"},
    {"--addresses", 0, "N", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "addresses",
     "how many hosts there are, a half of them inside (2000)"},
    {"--protocols", 0, "NAME=SHARE,...", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "protocols",
     "the protocols, and how the packets are shared among them"},
    {"--seed", 0, "N", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "seed",
     "other traffic of the same kind; the same for the same seed (1)"},
    {"--anomaly", 0, "KIND@BEGIN+LENGTH[:SUBJECT][=STRENGTH]", IN_GENERATE, FLAG_BEFORE_FILE,
     take_setting, "anomaly",
     "something odd from BEGIN on, such as syn_flood@60s+20s:198.51.100.7; can be repeated"},
    {"--truth", 0, "PATH", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "truth",
     "write what was odd to PATH; unless it is said, to FILE.truth.ndjson beside a capture"},
    {"--listen", 0, "ADDRESS", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "listen",
     "let the traffic be seen and changed while it is made, over a control API at HOST:PORT or "
     "unix:/PATH"},
    {"--token-file", 0, "FILE", IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "token_file",
     "have clients of that API show the token that is in FILE"},
    {"--stopped", 0, NULL, IN_GENERATE, FLAG_BEFORE_FILE, take_setting, "stopped",
     "begin when that API is told to start"},
    {"--log-format", 0, "text|json", IN_WORK | IN_SEND | IN_DETECT | IN_GENERATE, FLAG_AFTER_FILE,
     take_option, "log.format", "how lines of the log are written to standard error"},
    {"--defaults", 0, NULL, IN_CONFIG, FLAG_BEFORE_FILE, take_defaults, NULL,
     "show every option's default instead"},
    {"--docs", 0, NULL, IN_CONFIG, FLAG_BEFORE_FILE, take_docs, NULL,
     "describe every option instead, as Markdown"},
    {"--check", 0, "FILE", IN_CONFIG, FLAG_BEFORE_FILE, take_check, NULL,
     "only say whether FILE is in order"},
    {"--help", 'h', NULL, IN_NONE | IN_ALL | IN_GENERATE, FLAG_BEFORE_FILE, take_help, NULL,
     "show this help"},
    {"--version", 'V', NULL, IN_NONE, FLAG_BEFORE_FILE, take_version, NULL, "show the version"},
};
static_assert(sizeof(flag_rows) / sizeof(flag_rows[0]) == FLAG_COUNT, "one row each");
