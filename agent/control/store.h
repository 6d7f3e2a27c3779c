// SPDX-License-Identifier: Apache-2.0
// What the API shows of the traffic: the last windows, the latest answer of each query, anomalies.
// The agent thread puts, the server's thread takes; a mutex guards the pointers, never the making,
// sending or freeing of a text.
#ifndef WEIR_CONTROL_STORE_H
#define WEIR_CONTROL_STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/control/page.h"

enum {
    STORE_OPEN_MAX = 4096, // anomalies; the oldest is taken for ended then
    STORE_NAME_MAX = 64,
};

struct store_window {
    int64_t start_us;
    struct text *text;
};

struct store_answer {
    char name[STORE_NAME_MAX + 1];
    struct text *text;
};

struct store_anomaly {
    uint64_t number;
    size_t record_bytes;       // of its record, which `text` is but for what was said of it
    struct text *acknowledged; // what was said of it, JSON; NULL: nothing
    struct text *text;
};

// Use the functions, not the members.
struct store {
    pthread_mutex_t lock;
    unsigned kept;
    struct store_window *windows; // a ring of `kept`
    unsigned first_window;
    unsigned window_count;
    struct store_answer *answers;
    unsigned answer_count;
    unsigned answer_room;
    struct store_anomaly *open; // in the order of their begin
    unsigned open_count;
    struct store_anomaly *ended; // a ring of `kept`
    unsigned first_ended;
    unsigned ended_count;
    struct text *books;
    struct text *metrics;
    bool ready;
    char why_not[128];
};

// `kept`: windows, and as many anomalies that ended. 0 or -ENOMEM; *store is untouched then.
int store_init(struct store *store, unsigned kept);
void store_fini(struct store *store);
void store_anomalies_clear(struct store *store); // for store_fini

// Agent thread. Each takes the references of texts over.
void store_window(struct store *store, int64_t start_us, struct text *text);
void store_anomaly(struct store *store, const struct store_anomaly *anomaly, bool open);
void store_books(struct store *store, struct text *text);
void store_metrics(struct store *store, struct text *text);
void store_ready(struct store *store, bool ready, const char *why_not);

// The same; true where it is the first answer under this name.
bool store_answer(struct store *store, const char *name, struct text *text);

// Any thread: the anomaly of that number, its texts held for the caller. False: there is none.
bool store_anomaly_get(struct store *store, uint64_t number, struct store_anomaly *anomaly);

// Any thread: puts this one in place of the one with its number, whose texts it takes over; nothing
// where it is not there any more.
void store_anomaly_replace(struct store *store, const struct store_anomaly *anomaly);

// Any thread: the query is gone.
void store_forget(struct store *store, const char *name);

// Server's thread. A text is held for the caller; NULL: there is none yet.
struct text *store_last_window(struct store *store);
struct text *store_answer_of(struct store *store, const char *name);
struct text *store_books_text(struct store *store);
struct text *store_metrics_text(struct store *store);
bool store_is_ready(struct store *store, char why_not[128]);

// Server's thread. Pages of `page_create`; NULL: no memory, or not within the budget.
// The last `most` windows that start at from_us or later and before to_us, in order.
struct page *store_windows(struct store *store, struct budget *budget, int64_t from_us,
                           int64_t to_us, unsigned most);
struct page *store_answers(struct store *store, struct budget *budget);
// Those that are open, then, unless `open_only`, those that ended; newest first.
struct page *store_anomalies(struct store *store, struct budget *budget, bool open_only,
                             unsigned most);

#endif
