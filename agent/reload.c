// SPDX-License-Identifier: Apache-2.0
#include "agent/reload.h"

#include <errno.h>
#include <jansson.h>
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

static const struct taker {
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

static void config_reload(const struct command *command, struct log *log, json_t *taken)
{
    struct command again;
    struct config_problems problems = {0};
    if (command_parse(&again, command->argc, command->argv, &problems) == 0) {
        struct change change = {&again.config, log};
        for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
            takers[i].take(&change);
            json_object_set(taken, takers[i].name,
                            json_object_get(again.config.written, takers[i].name));
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

// The option's row of what can change, or NULL.
static const struct taker *taker_find(const char *name)
{
    for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
        if (strcmp(takers[i].name, name) == 0) {
            return &takers[i];
        }
    }
    return NULL;
}

// Reads the option into *wanted, which is to be freed where that is done (0).
static int wanted_read(struct config *wanted, const char *name, json_t *value, struct error *err)
{
    struct config_problems problems = {0};
    const struct taker *taker = taker_find(name);
    // No value is looked at in vain: one may name a file.
    if (taker == NULL && config_knows(name)) {
        return error_set(err, -EBUSY, "%s: cannot change while weir runs; it needs a restart",
                         name);
    }
    if (config_init(wanted, err) != 0) {
        return -ENOMEM;
    }
    int code = config_set(wanted, (struct config_place){0}, name, value, &problems);
    if (code != 0 || taker == NULL) {
        config_free(wanted);
        return error_set(err, -EINVAL, "%s", problems.shown[0].text);
    }
    return 0;
}

int reload_option_check(const char *name, json_t *value, struct error *err)
{
    struct config wanted;
    int code = wanted_read(&wanted, name, value, err);
    if (code == 0) {
        config_free(&wanted);
    }
    return code;
}

int reload_option(struct log *log, const char *name, json_t *value, struct error *err)
{
    struct config wanted;
    int code = wanted_read(&wanted, name, value, err);
    if (code == 0) {
        taker_find(name)->take(&(struct change){&wanted, log});
        config_free(&wanted);
    }
    return code;
}

json_t *reload(const struct command *command, struct log *log, struct exporter *exporter)
{
    struct error err;
    json_t *taken = json_object();
    if (log_reopen(log, command->config.log.file, &err) != 0) {
        log_error(log, "agent", err.text);
    }
    log_info(log, "agent", "opening files anew: told to by a signal");
    exporter_reopen(exporter);
    if (command->config_path != NULL) {
        config_reload(command, log, taken);
    }
    return taken;
}
