// SPDX-License-Identifier: Apache-2.0
#include "agent/reload.h"

#include <string.h>

struct change {
    const struct config *to;
    struct log *log;
};

// The options that can change, each with what takes it over.
static void log_level_take(const struct change *change)
{
    change->log->level = change->to->log.level;
}

static const struct {
    const char *name;
    void (*take)(const struct change *change);
} takers[] = {
    {"log.level", log_level_take},
};

static void differs(void *context, const char *name, bool live)
{
    const struct change *change = context;
    if (!live) {
        log_warning(change->log, "config", "the option was changed; it needs a restart",
                    log_text("option", name));
    }
}

static void config_reload(const struct command *command, struct log *log)
{
    struct command again;
    struct config_problems problems = {0};
    if (command_parse(&again, command->argc, command->argv, &problems) == 0) {
        struct change change = {&again.config, log};
        for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
            takers[i].take(&change);
        }
        config_compare(&command->config, &again.config, differs, &change);
        log_info(log, "config", "read again", log_text("file", command->config_path));
    } else {
        for (size_t i = 0; i < problems.count && i < CONFIG_PROBLEMS_SHOWN; i++) {
            log_error(log, "config", problems.shown[i].text);
        }
        log_error(log, "config", "the configuration file is wrong; nothing was changed",
                  log_text("file", command->config_path), log_unsigned("problems", problems.count));
    }
    command_free(&again);
}

void reload(const struct command *command, struct log *log, struct exporter *exporter)
{
    struct error err;
    if (log_reopen(log, command->config.log.file, &err) != 0) {
        log_error(log, "agent", err.text);
    }
    log_info(log, "agent", "opening files anew: told to by a signal");
    exporter_reopen(exporter);
    if (command->config_path != NULL) {
        config_reload(command, log);
    }
}
