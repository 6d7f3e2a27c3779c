// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <rte_log.h>
#include <xdp/libxdp.h>

#include "dataplane/capture/dpdk.h"

enum {
    WORDS_BYTES = 300,
    BPF_WORDS_BYTES = 150, // of them, for what says much before the driver says what failed
};

// DPDK's log is one for the process. Its interrupt thread writes there, too.
static struct {
    pthread_mutex_t lock;
    FILE *stream;
    struct live *live; // NULL: keep the words
    size_t length;
    char words[WORDS_BYTES]; // the first are kept: they tell what began it
} caught = {.lock = PTHREAD_MUTEX_INITIALIZER};

// Line ends become what parts one word from the next, in one line.
static void words_add(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes && caught.length < sizeof(caught.words) - 3; i++) {
        if (text[i] != '\n') {
            caught.words[caught.length++] = text[i];
        } else if (caught.length > 0) {
            memcpy(&caught.words[caught.length], "; ", 2);
            caught.length += 2;
        }
    }
}

static ssize_t log_write(void *cookie, const char *text, size_t bytes)
{
    (void)cookie;
    pthread_mutex_lock(&caught.lock);
    if (caught.live == NULL) {
        words_add(text, bytes);
    } else {
        int end = (int)(bytes > 0 && text[bytes - 1] == '\n' ? bytes - 1 : bytes);
        live_tell(caught.live, LIVE_WARNING, "DPDK: %.*s", end, text);
    }
    pthread_mutex_unlock(&caught.lock);
    return (ssize_t)bytes;
}

// net_af_xdp's libraries have logs of their own.
static int bpf_print(enum libbpf_print_level level, const char *format, va_list arguments)
{
    char text[BPF_WORDS_BYTES + 2];
    int length = vsnprintf(text, BPF_WORDS_BYTES, format, arguments);
    if (level == LIBBPF_WARN && caught.length < BPF_WORDS_BYTES) {
        size_t end = strcspn(text, "\n");
        text[end] = '\n';
        log_write(NULL, text, end + 1);
    }
    return length;
}

static int xdp_print(enum libxdp_print_level level, const char *format, va_list arguments)
{
    return bpf_print(level == LIBXDP_WARN ? LIBBPF_WARN : LIBBPF_DEBUG, format, arguments);
}

int dpdk_log_open(struct error *err)
{
    libbpf_set_print(bpf_print);
    libxdp_set_print(xdp_print);
    caught.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = log_write});
    if (caught.stream == NULL || rte_openlog_stream(caught.stream) != 0) {
        return error_set(err, -ENOMEM, "no memory for DPDK's log");
    }
    return 0;
}

void dpdk_log_follow(struct live *live)
{
    pthread_mutex_lock(&caught.lock);
    caught.live = live;
    pthread_mutex_unlock(&caught.lock);
}

void dpdk_log_close(void)
{
    dpdk_log_follow(NULL);
}

void dpdk_log_clear(void)
{
    pthread_mutex_lock(&caught.lock);
    caught.length = 0;
    pthread_mutex_unlock(&caught.lock);
}

const char *dpdk_log_words(void)
{
    pthread_mutex_lock(&caught.lock);
    size_t length = caught.length;
    while (length > 0 && strchr("; .", caught.words[length - 1]) != NULL) {
        length--;
    }
    caught.words[length] = '\0';
    pthread_mutex_unlock(&caught.lock);
    return length > 0 ? caught.words : "no word from DPDK";
}
