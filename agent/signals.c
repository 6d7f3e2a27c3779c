// SPDX-License-Identifier: Apache-2.0
#include "agent/signals.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "agent/exit_status.h"
#include "dataplane/base/clock.h"

enum { WAIT_STEP_US = 50000, SAME_US = 10000, LAST_WORDS_OCTETS = 256 };

// A signal handler can reach nothing but globals. All are lock-free, so that it may.
static atomic_int first_number; // of the signal that asked to stop; 0: none has
static atomic_int first_sender;
static _Atomic int64_t first_us;
static atomic_bool hangup;
static atomic_int format;
static _Atomic uint64_t packets_at_stake;
static _Atomic uint64_t records_at_stake;

static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2, "for a signal handler");

struct words {
    char text[LAST_WORDS_OCTETS];
    size_t used;
};

// What may be called in a signal handler does not include snprintf.
static void words_add(struct words *words, const char *text)
{
    while (*text != '\0' && words->used < LAST_WORDS_OCTETS) {
        words->text[words->used++] = *text++;
    }
}

static void words_add_number(struct words *words, uint64_t number)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    words_add(words, digits + at);
}

static _Noreturn void end_at_once(void)
{
    static const char *const parts[][4] = {
        [LOG_FORMAT_TEXT] = {"error agent: ended at once by a second signal",
                             " packets_lost=", " records_lost=", "\n"},
        [LOG_FORMAT_JSON] =
            {"\",\"room\":\"agent\",\"message\":\"ended at once by a second signal\"",
             ",\"packets_lost\":", ",\"records_lost\":", "}\n"},
    };
    const char *const *part = parts[atomic_load(&format)];
    struct words words = {.used = 0};
    if (atomic_load(&format) == LOG_FORMAT_JSON) {
        words_add(&words, "{\"time_us\":");
        words_add_number(&words, (uint64_t)clock_wall_us());
        words_add(&words, ",\"level\":\"error");
    }
    words_add(&words, part[0]);
    words_add(&words, part[1]);
    words_add_number(&words, atomic_load(&packets_at_stake));
    words_add(&words, part[2]);
    words_add_number(&words, atomic_load(&records_at_stake));
    words_add(&words, part[3]);
    ssize_t written = write(STDERR_FILENO, words.text, words.used);
    (void)written;
    _exit(EXIT_STATUS_FAILED);
}

static void stop_ask(int number, siginfo_t *info, void *context)
{
    (void)context;
    int none = 0;
    int64_t now_us = clock_monotonic_us();
    if (atomic_compare_exchange_strong(&first_number, &none, number)) {
        atomic_store(&first_sender, info->si_pid);
        atomic_store(&first_us, now_us);
        return;
    }
    bool same = none == number && atomic_load(&first_sender) == info->si_pid &&
                now_us - atomic_load(&first_us) < SAME_US;
    if (!same) {
        end_at_once();
    }
}

static void hangup_note(int number)
{
    (void)number;
    atomic_store(&hangup, true);
}

void signals_format(enum log_format wanted)
{
    atomic_store(&format, (int)wanted);
}

void signals_install(void)
{
    struct sigaction stop = {.sa_sigaction = stop_ask, .sa_flags = SA_SIGINFO};
    sigemptyset(&stop.sa_mask);
    sigaddset(&stop.sa_mask, SIGINT);
    sigaddset(&stop.sa_mask, SIGTERM);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    // A closed pipe is an error of the write to it, told like any other.
    signal(SIGPIPE, SIG_IGN);
}

void signals_note_hangup(void)
{
    struct sigaction note = {.sa_handler = hangup_note, .sa_flags = SA_RESTART};
    sigaction(SIGHUP, &note, NULL);
}

bool signals_stop(void)
{
    return atomic_load(&first_number) != 0;
}

bool signals_hangup(void)
{
    return atomic_exchange(&hangup, false);
}

void signals_losses(uint64_t packets, uint64_t records)
{
    atomic_store_explicit(&packets_at_stake, packets, memory_order_relaxed);
    atomic_store_explicit(&records_at_stake, records, memory_order_relaxed);
}

void signals_wait(int64_t us)
{
    int64_t until_us = clock_monotonic_us() + us;
    while (!signals_stop() && clock_monotonic_us() < until_us) {
        clock_sleep_us(WAIT_STEP_US);
    }
}
