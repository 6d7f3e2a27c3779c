// SPDX-License-Identifier: Apache-2.0
#include "agent/generate_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/config/secret.h"
#include "agent/control/control.h"
#include "agent/generate/drive.h"
#include "agent/generate/truth.h"
#include "agent/generate_control.h"
#include "agent/signals.h"
#include "dataplane/base/clock.h"

enum {
    PATH_MAX_HERE = 4096,
    US_PER_S = 1000000,
};

struct task {
    struct profile profile;
    const char *output;
    const char *truth; // NULL: beside the capture
    FILE *truth_file;  // NULL: not made yet
    struct egress *egress;
    struct drive *drive;
    const char *listen;     // NULL: nowhere
    const char *token_file; // NULL: none
    bool begins_stopped;
    struct generate_control shown;
    struct control_generator operations;
    struct control *control; // NULL: there is none
    struct log log;
};

// A setting that is none of the profile's. False: it is.
static bool setting_take(struct task *task, const struct command_setting *setting)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"output", &task->output},
                 {"truth", &task->truth},
                 {"listen", &task->listen},
                 {"token_file", &task->token_file}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(setting->name, texts[i].name) == 0) {
            *texts[i].value = setting->value;
            return true;
        }
    }
    bool stopped = strcmp(setting->name, "stopped") == 0;
    task->begins_stopped |= stopped;
    return stopped || strcmp(setting->name, "profile") == 0;
}

// The members that the command line sets; those of a profile file come first.
static int settings_apply(struct task *task, const struct command *command, struct error *err)
{
    int code = 0;
    profile_init(&task->profile);
    for (size_t i = 0; i < command->setting_count && code == 0; i++) {
        if (strcmp(command->settings[i].name, "profile") == 0) {
            code = profile_read(&task->profile, command->settings[i].value, err);
        }
    }
    for (size_t i = 0; i < command->setting_count && code == 0; i++) {
        const struct command_setting *setting = &command->settings[i];
        const char *output = task->output;
        if (!setting_take(task, setting)) {
            code = profile_set(&task->profile, setting->name, setting->value, err);
        } else if (output != NULL && output != task->output) {
            code = error_set(err, -EINVAL, "-o: traffic goes one way; got %s and %s", output,
                             task->output);
        }
    }
    if (code == 0 && task->listen == NULL && (task->begins_stopped || task->token_file != NULL)) {
        code = error_set(err, -EINVAL, "%s: expected --listen with it",
                         task->begins_stopped ? "--stopped" : "--token-file");
    }
    return code;
}

// Where the truth goes; NULL: nowhere. Beside a capture it is in `beside`.
static const char *truth_path(const struct task *task, char beside[PATH_MAX_HERE])
{
    bool is_file = strncmp(task->output, "pcap:", 5) == 0 && strcmp(task->output, "pcap:-") != 0;
    if (task->truth != NULL || !is_file) {
        return task->truth;
    }
    snprintf(beside, PATH_MAX_HERE, "%s.truth.ndjson", task->output + 5);
    return beside;
}

// Of a capture that nothing odd was ordered for there is no truth, unless that still happens.
static int truth_prepare(struct task *task, struct error *err)
{
    char beside[PATH_MAX_HERE];
    const char *path = truth_path(task, beside);
    bool expected = task->truth != NULL || task->profile.order_count > 0;
    return path != NULL && expected ? truth_open(path, &task->truth_file, err) : 0;
}

static int truth_tell(struct task *task, struct error *err)
{
    char beside[PATH_MAX_HERE];
    const char *path = truth_path(task, beside);
    unsigned count;
    struct drive_anomaly *anomalies = drive_truth(task->drive, &count);
    FILE *to = task->truth_file;
    int code = to == NULL && path != NULL && count > 0 ? truth_open(path, &to, err) : 0;
    if (code == 0 && to != NULL) {
        code = truth_write(to, path, anomalies, count, err);
    }
    task->truth_file = NULL;
    free(anomalies);
    return code;
}

static void end_tell(const struct task *task, double seconds)
{
    struct drive_look look;
    drive_look(task->drive, &look);
    if (look.behind_us > 0) {
        log_warning(&task->log, "generate", "packets were late: the machine cannot keep up",
                    log_real("seconds", (double)look.behind_us / US_PER_S));
    }
    log_info(&task->log, "generate", "done", log_unsigned("packets", look.packets),
             log_unsigned("octets", look.octets), log_unsigned("flows", look.flows),
             log_real("seconds", seconds));
}

static int token_read(const char *path, char **token, struct error *err)
{
    char reference[PATH_MAX_HERE];
    struct error why;
    snprintf(reference, sizeof(reference), "file:%s", path);
    int code = secret_read_token(reference, token, &why);
    return code == 0 ? 0 : error_set(err, code, "--token-file: %s", why.text);
}

static int control_open(struct task *task, struct error *err)
{
    char *token = NULL;
    task->shown = (struct generate_control){.drive = task->drive, .output = task->output};
    task->operations = generate_control_operations(&task->shown);
    int code = task->token_file != NULL ? token_read(task->token_file, &token, err) : 0;
    if (code == 0) {
        struct control_options options = {.listen = task->listen,
                                          .listen_name = "--listen",
                                          .token = token,
                                          .token_name = "--token-file",
                                          .sensor = "generator",
                                          .windows_kept = 1,
                                          .generator = &task->operations};
        code = control_create(&task->control, &options, err);
    }
    free(token);
    if (code == 0) {
        code = control_start(task->control, err);
    }
    if (code == 0 && control_port(task->control) > 0) {
        log_info(&task->log, "control", "serving the control API",
                 log_unsigned("port", control_port(task->control)));
    } else if (code == 0) {
        log_info(&task->log, "control", "serving the control API", log_text("at", task->listen));
    }
    return code;
}

// Logs what was asked of the API.
static void notices_tell(const struct task *task)
{
    struct notice notice;
    while (task->control != NULL && control_notice(task->control, &notice)) {
        log_info(&task->log, "control", notice.message.text);
    }
}

static bool is_to_end(void *context)
{
    notices_tell(context);
    return signals_stop();
}

static int task_run(struct task *task, struct error *err)
{
    struct drive_options options = {.profile = task->profile,
                                    .egress = task->egress,
                                    .begins_stopped = task->begins_stopped,
                                    .ends = is_to_end,
                                    .context = task};
    int code = drive_create(&task->drive, &options, err);
    if (code == 0 && task->listen != NULL) {
        code = control_open(task, err);
    }
    if (code != 0) {
        return code;
    }
    if (task->egress->is_live) {
        prctl(PR_SET_TIMERSLACK, 1); // sleeps end when they should
    }
    int64_t begun_us = clock_monotonic_us();
    code = drive_run(task->drive, err);
    notices_tell(task);
    control_free(task->control);
    task->control = NULL;
    end_tell(task, (double)(clock_monotonic_us() - begun_us) / US_PER_S);
    struct error other;
    int truth_code = truth_tell(task, code == 0 ? err : &other);
    return code != 0 ? code : truth_code;
}

enum exit_status generate_command(const struct command *command)
{
    struct task task = {.log = {.fd = STDERR_FILENO,
                                .format = command->config.log.format,
                                .level = command->config.log.level}};
    struct error err;
    int code = settings_apply(&task, command, &err);
    if (code == 0) {
        signals_install();
        code = egress_open(&task.egress, task.output, &err);
    }
    if (code == 0) {
        code = truth_prepare(&task, &err);
    }
    if (code == 0) {
        code = task_run(&task, &err);
    }
    if (task.truth_file != NULL) {
        fclose(task.truth_file);
    }
    control_free(task.control);
    drive_free(task.drive);
    if (task.egress != NULL) {
        task.egress->operations->close(task.egress);
    }
    if (code != 0) {
        log_error(&task.log, "generate", err.text);
        return code == -EINVAL ? EXIT_STATUS_WRONG_USE : EXIT_STATUS_FAILED;
    }
    return EXIT_STATUS_DONE;
}
