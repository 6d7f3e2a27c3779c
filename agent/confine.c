// SPDX-License-Identifier: Apache-2.0
#include "agent/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cores.h"
#include "export/spool/directory.h"

int confine_begin(struct confine *confine, const struct config *config, const struct log *log,
                  struct error *err)
{
    const struct config_strings *interfaces = &config->capture.interface;
    bool reads_apart = config->capture.spread == CONFIG_SPREAD_FLOWS && config->workers > 1;
    struct cores_options cores = {
        .cores = &config->worker.cores,
        .threads = (unsigned)config->workers + reads_apart,
        .interface = interfaces->count > 0 ? interfaces->items[0] : NULL,
    };
    confine->config = config;
    int code = privileges_find(&confine->privileges, config->privileges.user, err);
    if (code == 0) {
        code = privileges_check(config->capture.source, err);
    }
    if (code == 0) {
        code = cores_keep_away(&cores, log, err);
    }
    if (code == 0) {
        code = privileges_seal(err);
    }
    if (code == 0 && config->privileges.seccomp) {
        code = seccomp_worker_create(&confine->worker, config->capture.source, err);
    }
    return code;
}

int confine_narrow(const struct confine *confine, struct error *err)
{
    return privileges_narrow(&confine->privileges, err);
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);
    return length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

// Whether Kafka's keys and certificates can be read without rights. librdkafka would only name an
// error of its library.
static int keys_check(const struct config_properties *properties, struct error *err)
{
    for (size_t i = 0; i < properties->count; i++) {
        const struct config_property *property = &properties->items[i];
        bool file = ends_with(property->name, ".location") || ends_with(property->name, ".keytab");
        if (file && access(property->value, R_OK) != 0 && errno == EACCES) {
            return error_set(err, -EACCES,
                             "export.kafka.properties.%s: '%s' cannot be read without rights, and "
                             "weir has none from here on; expected a file that privileges.user "
                             "may read",
                             property->name, property->value);
        }
    }
    return 0;
}

// Of a spool that another process has open, nothing must change hands.
static int spool_give(const struct privileges *privileges, const char *spool, struct error *err)
{
    int directory = open(spool, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool locked = directory >= 0 && directory_is_locked(directory);
    if (directory >= 0) {
        close(directory);
    }
    return locked ? error_set(err, -EBUSY,
                              "spool '%s': another process has it open; each sensor needs an "
                              "export.spool.directory of its own",
                              spool)
                  : privileges_give(privileges, spool, err);
}

// Where it cannot be made, whoever opens the file or changes a query is told.
static void directory_of_make(const struct confine *confine, const char *file)
{
    const char *slash = strrchr(file, '/');
    char *directory = slash != NULL ? strndup(file, (size_t)(slash - file)) : NULL;
    if (directory != NULL) {
        (void)privileges_make(&confine->privileges, directory);
    }
    free(directory);
}

// A generator's socket is its directory's owner's.
static void directory_of_generator_make(const struct confine *confine)
{
    static const char local[] = "unix:";
    const char *at = confine->config->control.generator;
    if (strncmp(at, local, strlen(local)) == 0) {
        directory_of_make(confine, at + strlen(local));
    }
}

int confine_drop(void *context, struct error *err)
{
    const struct confine *confine = context;
    directory_of_make(confine, confine->config->query.file);
    directory_of_make(confine, confine->config->history.file);
    directory_of_generator_make(confine);
    const char *spool = confine->config->export.spool.directory;
    int code = spool[0] != '\0' ? spool_give(&confine->privileges, spool, err) : 0;
    if (code == 0) {
        code = privileges_drop(&confine->privileges, err);
    }
    return code == 0 ? keys_check(&confine->config->export.kafka.properties, err) : code;
}

int confine_end(const struct confine *confine, const struct log *log, struct error *err)
{
    if (!confine->config->privileges.seccomp) {
        return 0;
    }
    if (!seccomp_possible()) {
        log_warning(log, "agent", "system calls are not filtered: not with AddressSanitizer");
        return 0;
    }
    return seccomp_process(confine->config->capture.source, err);
}

void confine_thread(void *context)
{
    const struct confine *confine = context;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL); // they are the main thread's
    if (confine->worker != NULL) {
        seccomp_worker_enter(confine->worker);
    }
}

bool confine_listen(struct confine *confine, const struct log *log)
{
    if (confine->worker == NULL || confine->told || !seccomp_worker_failed(confine->worker)) {
        return false;
    }
    confine->told = true;
    log_error(log, "agent", "system calls of a thread that handles packets are not filtered");
    return true;
}

void confine_fini(struct confine *confine)
{
    seccomp_worker_free(confine->worker);
    confine->worker = NULL;
}
