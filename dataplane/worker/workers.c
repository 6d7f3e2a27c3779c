// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/cpu.h"
#include "dataplane/worker/lane.h"

struct worker {
    struct workers *all;
    struct tally *tally;
    struct lane lane; // where there is more than one worker
    pthread_t thread;
    unsigned index;
};

struct workers {
    struct workers_options options;
    struct reader *reader;
    pthread_t reader_thread; // where there is more than one worker
    unsigned started;        // worker threads
    bool reader_started;
    atomic_bool stop;
    unsigned cores[WORKERS_MAX + 1];
    struct worker worker[WORKERS_MAX];
};

static void spread_add(void *context, const struct facts *facts, unsigned count)
{
    struct workers *workers = context;
    for (unsigned i = 0; i < count; i++) {
        // The low bits: the flow index takes its buckets from the high ones.
        uint64_t low = facts[i].hash & 0xffff;
        lane_put(&workers->worker[low * workers->options.count >> 16].lane, &facts[i]);
    }
    for (unsigned i = 0; i < workers->options.count; i++) {
        lane_flush(&workers->worker[i].lane);
    }
}

static void spread_turn(void *context, const struct pane_turn *turn)
{
    struct workers *workers = context;
    struct pane_turn mine = *turn;
    for (unsigned i = 0; i < workers->options.count; i++) {
        lane_turn(&workers->worker[i].lane, &mine);
        mine.loss = (struct pane_loss){0}; // the reader's losses are told once
    }
}

static void single_add(void *context, const struct facts *facts, unsigned count)
{
    struct workers *workers = context;
    tally_add(workers->worker[0].tally, facts, count);
}

static void single_turn(void *context, const struct pane_turn *turn)
{
    struct workers *workers = context;
    tally_turn(workers->worker[0].tally, turn);
}

static int worker_init(struct workers *workers, unsigned index, struct error *err)
{
    struct worker *worker = &workers->worker[index];
    worker->all = workers;
    worker->index = index;
    int code = tally_create(&worker->tally, &workers->options.tally, err);
    if (code == 0 && workers->options.count > 1) {
        code = lane_init(&worker->lane, err);
    }
    return code;
}

int workers_create(struct workers **workers, const struct workers_options *options,
                   struct error *err)
{
    struct workers *new = aligned_alloc(64, (sizeof(*new) + 63) / 64 * 64);
    if (new == NULL) {
        return error_set(err, -ENOMEM, "no memory for the workers");
    }
    memset(new, 0, sizeof(*new));
    new->options = *options;
    for (unsigned i = 0; i < options->core_count && i <= WORKERS_MAX; i++) {
        new->cores[i] = options->cores[i];
    }

    struct hash_secret secret;
    hash_secret_draw(&secret);
    new->options.tally.flow.secret = secret;
    new->options.tally.window.secret = secret;
    new->options.reader.secret = secret;
    new->options.reader.stop = &new->stop;
    bool single = options->count == 1;
    struct reader_output output = {
        .context = new,
        .add = single ? single_add : spread_add,
        .turn = single ? single_turn : spread_turn,
    };
    int code = reader_create(&new->reader, &new->options.reader, &output, err);
    for (unsigned i = 0; i < options->count && code == 0; i++) {
        code = worker_init(new, i, err);
    }
    if (code != 0) {
        workers_free(new);
        return code;
    }
    *workers = new;
    return 0;
}

void workers_free(struct workers *workers)
{
    if (workers == NULL) {
        return;
    }
    for (unsigned i = 0; i < workers->options.count; i++) {
        lane_fini(&workers->worker[i].lane);
        tally_free(workers->worker[i].tally);
    }
    reader_free(workers->reader);
    free(workers);
}

static void *single_main(void *argument)
{
    struct worker *worker = argument;
    cpu_thread_name("weir-worker");
    reader_run(worker->all->reader);
    tally_end(worker->tally);
    return NULL;
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    char name[24];
    snprintf(name, sizeof(name), "weir-worker-%u", worker->index);
    cpu_thread_name(name);
    lane_run(&worker->lane, worker->tally);
    tally_end(worker->tally);
    return NULL;
}

static void lanes_end(struct workers *workers)
{
    for (unsigned i = 0; i < workers->started; i++) {
        lane_end(&workers->worker[i].lane);
    }
}

static void *reader_main(void *argument)
{
    struct workers *workers = argument;
    cpu_thread_name("weir-reader");
    reader_run(workers->reader);
    lanes_end(workers);
    return NULL;
}

// Starts a thread on its CPU, if it has one: the `place`-th of the configured.
static int thread_start(const struct workers *workers, unsigned place, pthread_t *thread,
                        void *(*run)(void *), void *argument, struct error *err)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (place < workers->options.core_count) {
        cpu_set_t set;
        int refused = cpu_set_one(workers->cores[place], &set, err);
        if (refused != 0) {
            pthread_attr_destroy(&attributes);
            return refused;
        }
        pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
    }
    int code = pthread_create(thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    if (code != 0) {
        return error_set(err, -code, "cannot start a thread: %s", strerror(code));
    }
    return 0;
}

int workers_start(struct workers *workers, struct error *err)
{
    unsigned count = workers->options.count;
    void *(*run)(void *) = count == 1 ? single_main : worker_main;
    int code = 0;
    while (workers->started < count && code == 0) {
        struct worker *worker = &workers->worker[workers->started];
        code = thread_start(workers, workers->started, &worker->thread, run, worker, err);
        workers->started += code == 0;
    }
    if (code == 0 && count > 1) {
        code = thread_start(workers, count, &workers->reader_thread, reader_main, workers, err);
        workers->reader_started = code == 0;
    }
    if (code != 0) {
        lanes_end(workers); // those that run end at once: no packet was read
        workers_join(workers);
    }
    return code;
}

void workers_stop(struct workers *workers)
{
    atomic_store_explicit(&workers->stop, true, memory_order_relaxed);
}

struct ring *workers_ring(struct workers *workers, unsigned index)
{
    return tally_ring(workers->worker[index].tally);
}

uint64_t workers_parsed(const struct workers *workers)
{
    return counter_read(&reader_counters(workers->reader)->parsed);
}

void workers_join(struct workers *workers)
{
    if (workers->reader_started) {
        pthread_join(workers->reader_thread, NULL);
        workers->reader_started = false;
    }
    while (workers->started > 0) {
        pthread_join(workers->worker[--workers->started].thread, NULL);
    }
}

static void flow_stats_add(struct flow_table_stats *sum, const struct flow_table_stats *one)
{
    sum->started += one->started;
    sum->ended += one->ended;
    sum->evicted += one->evicted;
    sum->packets += one->packets;
    sum->ended_packets += one->ended_packets;
    sum->rare_refused += one->rare_refused;
}

void workers_books(const struct workers *workers, struct workers_books *books)
{
    const struct reader_counters *counters = reader_counters(workers->reader);
    *books = (struct workers_books){
        .parsed = counter_read(&counters->parsed),
        .late = counter_read(&counters->late),
        .fragments = *reader_fragment_stats(workers->reader),
    };
    for (unsigned cause = 0; cause < PARSE_REJECT_COUNT; cause++) {
        books->rejects[cause] = counter_read(&counters->rejects[cause]);
    }
    for (unsigned i = 0; i < workers->options.count; i++) {
        flow_stats_add(&books->flows, tally_flow_stats(workers->worker[i].tally));
    }
}
