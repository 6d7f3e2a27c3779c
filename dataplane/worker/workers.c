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
    struct reader *reader; // of its own stream, or NULL: the lane feeds it
    struct lane lane;
    pthread_t thread;
    unsigned index;
};

struct workers {
    struct workers_options options;
    struct reader *reader; // of the stream that all share; NULL where each has its own
    pthread_t reader_thread;
    unsigned started; // worker threads
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
        mine.loss = (struct pane_loss){0}; // what is the reader's is told once
        mine.books = (struct pane_books){0};
        mine.fragments = 0;
        memset(mine.interfaces, 0, sizeof(mine.interfaces));
    }
}

// Workers sweep by themselves: they know the time from what comes along their lane.
static void spread_sweep(void *context, int64_t now_us)
{
    (void)context;
    (void)now_us;
}

static void own_add(void *context, const struct facts *facts, unsigned count)
{
    struct worker *worker = context;
    tally_add(worker->tally, facts, count);
}

static void own_turn(void *context, const struct pane_turn *turn)
{
    struct worker *worker = context;
    tally_turn(worker->tally, turn);
}

static void own_sweep(void *context, int64_t now_us)
{
    struct worker *worker = context;
    tally_sweep(worker->tally, now_us);
}

// The reader of the `index`-th stream.
static int stream_init(const struct workers *workers, unsigned index,
                       const struct reader_output *output, struct reader **reader,
                       struct error *err)
{
    struct reader_options options = workers->options.reader;
    options.capture = workers->options.captures[index];
    return reader_create(reader, &options, output, err);
}

static bool has_own_streams(const struct workers *workers)
{
    return workers->options.capture_count == workers->options.count;
}

static int worker_init(struct workers *workers, unsigned index, struct error *err)
{
    struct worker *worker = &workers->worker[index];
    worker->all = workers;
    worker->index = index;
    int code = tally_create(&worker->tally, &workers->options.tally, err);
    if (code == 0 && has_own_streams(workers)) {
        struct reader_output output = {
            .context = worker, .add = own_add, .turn = own_turn, .sweep = own_sweep};
        code = stream_init(workers, index, &output, &worker->reader, err);
    } else if (code == 0) {
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
    int code = 0;
    if (!has_own_streams(new)) {
        struct reader_output output = {
            .context = new, .add = spread_add, .turn = spread_turn, .sweep = spread_sweep};
        code = stream_init(new, 0, &output, &new->reader, err);
    }
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
        reader_free(workers->worker[i].reader);
        tally_free(workers->worker[i].tally);
    }
    reader_free(workers->reader);
    free(workers);
}

static void thread_begin(const struct workers *workers, const char *name)
{
    cpu_thread_name(name);
    if (workers->options.thread_ready != NULL) {
        workers->options.thread_ready(workers->options.context);
    }
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    char name[24] = "weir-worker";
    if (worker->all->options.count > 1) {
        snprintf(name, sizeof(name), "weir-worker-%u", worker->index);
    }
    thread_begin(worker->all, name);
    if (worker->reader != NULL) {
        reader_run(worker->reader);
    } else {
        lane_run(&worker->lane, worker->tally);
    }
    tally_end(worker->tally);
    return NULL;
}

static void lanes_end(struct workers *workers)
{
    for (unsigned i = 0; i < workers->started && workers->reader != NULL; i++) {
        lane_end(&workers->worker[i].lane);
    }
}

static void *reader_main(void *argument)
{
    struct workers *workers = argument;
    thread_begin(workers, "weir-reader");
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
    int code = 0;
    while (workers->started < count && code == 0) {
        struct worker *worker = &workers->worker[workers->started];
        code = thread_start(workers, workers->started, &worker->thread, worker_main, worker, err);
        workers->started += code == 0;
    }
    if (code == 0 && workers->reader != NULL) {
        code = thread_start(workers, count, &workers->reader_thread, reader_main, workers, err);
        workers->reader_started = code == 0;
    }
    if (code != 0) {
        // Those that run end at once.
        workers_stop(workers);
        lanes_end(workers);
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

struct ring *workers_activities(struct workers *workers, unsigned index)
{
    return tally_activities(workers->worker[index].tally);
}

static const struct reader *stream_at(const struct workers *workers, unsigned index)
{
    return workers->reader != NULL ? workers->reader : workers->worker[index].reader;
}

uint64_t workers_parsed(const struct workers *workers)
{
    uint64_t parsed = 0;
    for (unsigned i = 0; i < workers->options.capture_count; i++) {
        parsed += counter_read(&reader_counters(stream_at(workers, i))->parsed);
    }
    return parsed;
}

uint64_t workers_live_packets(const struct workers *workers)
{
    uint64_t packets = 0;
    for (unsigned i = 0; i < workers->options.count; i++) {
        packets += tally_live_packets(workers->worker[i].tally);
    }
    return packets;
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

static void stream_books_add(struct workers_books *books, const struct reader *reader)
{
    const struct reader_counters *counters = reader_counters(reader);
    books->parsed += counter_read(&counters->parsed);
    books->late += counter_read(&counters->late);
    for (unsigned cause = 0; cause < PARSE_REJECT_COUNT; cause++) {
        books->rejects[cause] += counter_read(&counters->rejects[cause]);
    }
    books->fragments.matched += reader_fragment_stats(reader)->matched;
    books->fragments.unmatched += reader_fragment_stats(reader)->unmatched;
}

void workers_books(const struct workers *workers, struct workers_books *books)
{
    *books = (struct workers_books){0};
    for (unsigned i = 0; i < workers->options.capture_count; i++) {
        stream_books_add(books, stream_at(workers, i));
    }
    for (unsigned i = 0; i < workers->options.count; i++) {
        flow_stats_add(&books->flows, tally_flow_stats(workers->worker[i].tally));
        books->shed += tally_shed(workers->worker[i].tally);
    }
}
