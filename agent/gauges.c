// SPDX-License-Identifier: Apache-2.0
#include "agent/gauges.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TASKS "/proc/self/task"

static const double NS = 1e9;

// The first line of a task's file, without its end; false where there is none any more.
static bool task_read(const char *task, const char *file, char *text, size_t size)
{
    char path[300];
    snprintf(path, sizeof(path), TASKS "/%s/%s", task, file);
    FILE *from = fopen(path, "re");
    bool read = from != NULL && fgets(text, (int)size, from) != NULL;
    if (from != NULL) {
        fclose(from);
    }
    text[read ? strcspn(text, "\n") : 0] = '\0';
    return read;
}

static struct metrics_named *thread_of(struct metrics *metrics, const char *name)
{
    for (unsigned i = 0; i < metrics->thread_count; i++) {
        if (strcmp(metrics->threads[i].name, name) == 0) {
            return &metrics->threads[i];
        }
    }
    if (metrics->thread_count == METRICS_THREADS_MAX) {
        return NULL;
    }
    struct metrics_named *thread = &metrics->threads[metrics->thread_count++];
    snprintf(thread->name, sizeof(thread->name), "%s", name);
    thread->value = 0;
    return thread;
}

void gauges_threads(struct metrics *metrics)
{
    DIR *tasks = opendir(TASKS);
    if (tasks == NULL) {
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(tasks)) != NULL) {
        char name[METRICS_NAME_MAX];
        char times[64];
        unsigned long long ran_ns = 0;
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !task_read(entry->d_name, "comm", name, sizeof(name)) ||
            !task_read(entry->d_name, "schedstat", times, sizeof(times)) ||
            sscanf(times, "%llu", &ran_ns) != 1) {
            continue;
        }
        struct metrics_named *thread = thread_of(metrics, name);
        if (thread != NULL) {
            thread->value += (double)ran_ns / NS;
        }
    }
    closedir(tasks);
}

static void ring_add(struct metrics *metrics, struct ring *ring, const char *name)
{
    if (metrics->ring_count < METRICS_RINGS_MAX) {
        struct metrics_named *to = &metrics->rings[metrics->ring_count++];
        snprintf(to->name, sizeof(to->name), "%s", name);
        to->value = (double)ring_count(ring) / (double)(ring->mask + 1);
    }
}

void gauges_rings(struct metrics *metrics, struct workers *workers, unsigned worker_count,
                  struct exporter *exporter)
{
    char name[METRICS_NAME_MAX];
    for (unsigned i = 0; i < worker_count; i++) {
        snprintf(name, sizeof(name), "messages-%u", i);
        ring_add(metrics, workers_ring(workers, i), name);
        snprintf(name, sizeof(name), "activities-%u", i);
        ring_add(metrics, workers_activities(workers, i), name);
    }
    ring_add(metrics, exporter_ring(exporter), "records");
}
