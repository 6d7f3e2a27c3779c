// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/signals.h"
#include "dataplane/base/clock.h"

enum { HANDLER_RAN = 50, WENT_ON = 51, APART_US = 30000 };

struct plan {
    int first;
    int second; // 0: none
    int64_t apart_us;
    enum log_format format;
    int status;
    const char *said; // a part of it
};

static void at_exit(void)
{
    _exit(HANDLER_RAN);
}

static void child_main(const struct plan *plan)
{
    atexit(at_exit);
    signals_install();
    signals_note_hangup();
    signals_format(plan->format);
    signals_losses(1, 2);
    signals_losses(1234567, 0);
    if (signals_stop() || signals_hangup()) {
        _exit(1);
    }
    raise(plan->first);
    if (plan->first == SIGHUP) {
        _exit(signals_hangup() && !signals_hangup() && !signals_stop() ? WENT_ON : 1);
    }
    if (!signals_stop()) {
        _exit(1);
    }
    clock_sleep_us(plan->apart_us);
    if (plan->second != 0) {
        raise(plan->second);
    }
    _exit(WENT_ON);
}

static void signals_end_as_planned(void **state)
{
    static const struct plan plans[] = {
        {SIGHUP, 0, 0, LOG_FORMAT_TEXT, WENT_ON, ""},
        {SIGINT, 0, 0, LOG_FORMAT_TEXT, WENT_ON, ""},
        {SIGTERM, SIGHUP, 0, LOG_FORMAT_TEXT, WENT_ON, ""},
        {SIGTERM, SIGTERM, 0, LOG_FORMAT_TEXT, WENT_ON, ""}, // as one
        {SIGINT, SIGINT, APART_US, LOG_FORMAT_TEXT, 1,
         "error agent: ended at once by a second signal packets_lost=1234567 records_lost=0\n"},
        {SIGINT, SIGTERM, 0, LOG_FORMAT_TEXT, 1, "packets_lost=1234567 records_lost=0\n"},
        {SIGTERM, SIGTERM, APART_US, LOG_FORMAT_JSON, 1,
         ",\"level\":\"error\",\"room\":\"agent\",\"message\":\"ended at once by a second signal\""
         ",\"packets_lost\":1234567,\"records_lost\":0}\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        int out[2];
        assert_int_equal(pipe(out), 0);
        fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            dup2(out[1], STDERR_FILENO);
            child_main(&plans[i]);
        }
        close(out[1]);
        char said[1024];
        size_t used = 0;
        ssize_t more;
        while ((more = read(out[0], said + used, sizeof(said) - 1 - used)) > 0) {
            used += (size_t)more;
        }
        said[used] = '\0';
        close(out[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), plans[i].status);
        if (plans[i].said[0] == '\0') {
            assert_string_equal(said, "");
        } else {
            assert_non_null(strstr(said, plans[i].said));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signals_end_as_planned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
