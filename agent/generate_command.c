// SPDX-License-Identifier: Apache-2.0
#include "agent/generate_command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/generate/egress.h"
#include "agent/generate/generator.h"
#include "agent/generate/truth.h"
#include "agent/signals.h"
#include "dataplane/base/clock.h"

enum {
    PATH_MAX_HERE = 4096,
    US_PER_S = 1000000,
    SLEEP_MIN_US = 20, // less is waited for awake
    SLEEP_MAX_US = 100000,
    LATE_US = 10000, // more is told of
};

struct task {
    struct profile profile;
    const char *output;
    const char *truth; // NULL: beside the capture
    struct egress *egress;
    struct generator *generator;
    struct log log;
    int64_t begun_us;    // by the monotonic clock
    int64_t reached_us;  // of the traffic
    int64_t lateness_us; // the most
};

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
        if (strcmp(setting->name, "output") == 0) {
            task->output = setting->value;
        } else if (strcmp(setting->name, "truth") == 0) {
            task->truth = setting->value;
        } else if (strcmp(setting->name, "profile") != 0) {
            code = profile_set(&task->profile, setting->name, setting->value, err);
        }
    }
    return code;
}

static int output_open(struct task *task, struct error *err)
{
    static const char file[] = "pcap:", interface[] = "interface:";
    if (task->output != NULL && strncmp(task->output, file, strlen(file)) == 0) {
        return egress_file_open(&task->egress, task->output + strlen(file), err);
    }
    if (task->output != NULL && strncmp(task->output, interface, strlen(interface)) == 0) {
        return egress_interface_open(&task->egress, task->output + strlen(interface), err);
    }
    return error_set(err, -EINVAL, "-o: expected pcap:FILE or interface:NAME%s%s",
                     task->output != NULL ? "; got " : "",
                     task->output != NULL ? task->output : "");
}

// Until it is time for a packet. What was put before leaves now.
static int pace(struct task *task, int64_t time_us, struct error *err)
{
    int64_t due_us = task->begun_us + time_us - task->profile.start_us;
    int64_t now_us = clock_monotonic_us();
    if (now_us - due_us > task->lateness_us) {
        task->lateness_us = now_us - due_us;
    }
    if (now_us >= due_us) {
        return 0;
    }
    int code = task->egress->operations->flush(task->egress, err);
    while (code == 0 && !signals_stop() && (now_us = clock_monotonic_us()) < due_us) {
        int64_t left_us = due_us - now_us;
        if (left_us > SLEEP_MIN_US) {
            clock_sleep_us(left_us < SLEEP_MAX_US ? left_us : SLEEP_MAX_US);
        }
    }
    return code;
}

static int traffic_make(struct task *task, struct error *err)
{
    const struct egress_operations *to = task->egress->operations;
    struct generated made;
    int code = 0;
    while (code == 0 && !signals_stop()) {
        uint8_t *room = to->room(task->egress, err);
        if (room == NULL) {
            return -EIO;
        }
        if (!generator_next(task->generator, room, &made)) {
            break;
        }
        task->reached_us = made.time_us;
        if (task->egress->is_live) {
            code = pace(task, made.time_us, err);
        }
        if (code == 0) {
            code = to->put(task->egress, made.length, made.time_us, err);
        }
    }
    return code != 0 ? code : to->flush(task->egress, err);
}

static int truth_tell(const struct task *task, const struct generator_books *books,
                      struct error *err)
{
    char beside[PATH_MAX_HERE];
    const char *path = task->truth;
    bool is_file = strncmp(task->output, "pcap:", 5) == 0 && strcmp(task->output, "pcap:-") != 0;
    if (path == NULL && is_file && task->profile.order_count > 0) {
        snprintf(beside, sizeof(beside), "%s.truth.ndjson", task->output + 5);
        path = beside;
    }
    int64_t end_us = task->profile.start_us + task->profile.duration_us;
    int64_t until_us = signals_stop() && task->reached_us < end_us ? task->reached_us : end_us;
    return path != NULL ? truth_write(path, &task->profile, books, until_us, err) : 0;
}

static int task_run(struct task *task, struct error *err)
{
    struct generator_books books;
    if (task->egress->is_live) {
        task->profile.start_us = clock_wall_us();
        prctl(PR_SET_TIMERSLACK, 1); // sleeps end when they should
    }
    int code = generator_create(&task->generator, &task->profile, err);
    if (code != 0) {
        return code;
    }
    task->begun_us = clock_monotonic_us();
    code = traffic_make(task, err);
    double seconds = (double)(clock_monotonic_us() - task->begun_us) / US_PER_S;
    generator_books(task->generator, &books);
    struct error other;
    int truth_code = truth_tell(task, &books, code == 0 ? err : &other);
    if (task->egress->is_live && task->lateness_us > LATE_US) {
        log_warning(&task->log, "generate", "packets were late: the machine cannot keep up",
                    log_real("most_seconds", (double)task->lateness_us / US_PER_S));
    }
    log_info(&task->log, "generate", "done", log_unsigned("packets", books.packets),
             log_unsigned("octets", books.octets), log_unsigned("flows", books.flows),
             log_real("seconds", seconds));
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
        code = output_open(&task, &err);
    }
    if (code == 0) {
        code = task_run(&task, &err);
    }
    if (task.egress != NULL) {
        task.egress->operations->close(task.egress);
    }
    generator_free(task.generator);
    if (code != 0) {
        log_error(&task.log, "generate", err.text);
        return code == -EINVAL ? EXIT_STATUS_WRONG_USE : EXIT_STATUS_FAILED;
    }
    return EXIT_STATUS_DONE;
}
