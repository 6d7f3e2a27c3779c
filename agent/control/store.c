// SPDX-License-Identifier: Apache-2.0
#include "agent/control/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int store_init(struct store *store, unsigned kept)
{
    struct store made = {.kept = kept};
    made.windows = calloc(kept, sizeof(*made.windows));
    made.ended = calloc(kept, sizeof(*made.ended));
    made.open = calloc(STORE_OPEN_MAX, sizeof(*made.open));
    if (made.windows == NULL || made.ended == NULL || made.open == NULL) {
        free(made.windows);
        free(made.ended);
        free(made.open);
        return -ENOMEM;
    }
    *store = made;
    snprintf(store->why_not, sizeof(store->why_not), "it is starting");
    pthread_mutex_init(&store->lock, NULL);
    return 0;
}

void store_fini(struct store *store)
{
    for (unsigned i = 0; i < store->window_count; i++) {
        text_release(store->windows[(store->first_window + i) % store->kept].text);
    }
    for (unsigned i = 0; i < store->answer_count; i++) {
        text_release(store->answers[i].text);
    }
    store_anomalies_clear(store);
    text_release(store->books);
    text_release(store->metrics);
    free(store->windows);
    free(store->answers);
    free(store->open);
    free(store->ended);
    pthread_mutex_destroy(&store->lock);
}

void store_window(struct store *store, int64_t start_us, struct text *text)
{
    struct text *old = NULL;
    pthread_mutex_lock(&store->lock);
    if (store->window_count == store->kept) {
        old = store->windows[store->first_window].text;
        store->first_window = (store->first_window + 1) % store->kept;
        store->window_count--;
    }
    unsigned place = (store->first_window + store->window_count++) % store->kept;
    store->windows[place] = (struct store_window){start_us, text};
    pthread_mutex_unlock(&store->lock);
    text_release(old);
}

// Room for one more; false: no memory. Grows with the queries, of which there is a most.
static bool answers_grow(struct store *store)
{
    if (store->answer_count < store->answer_room) {
        return true;
    }
    unsigned room = store->answer_room > 0 ? 2 * store->answer_room : 16;
    void *grown = reallocarray(store->answers, room, sizeof(*store->answers));
    if (grown == NULL) {
        return false;
    }
    store->answers = grown;
    store->answer_room = room;
    return true;
}

static struct store_answer *answer_find(const struct store *store, const char *name)
{
    for (unsigned i = 0; i < store->answer_count; i++) {
        if (strcmp(store->answers[i].name, name) == 0) {
            return &store->answers[i];
        }
    }
    return NULL;
}

bool store_answer(struct store *store, const char *name, struct text *text)
{
    struct text *old = text;
    bool first = false;
    pthread_mutex_lock(&store->lock);
    struct store_answer *answer = answer_find(store, name);
    if (answer != NULL) {
        old = answer->text;
        answer->text = text;
    } else if (answers_grow(store)) {
        answer = &store->answers[store->answer_count++];
        snprintf(answer->name, sizeof(answer->name), "%s", name);
        answer->text = text;
        old = NULL;
        first = true;
    }
    pthread_mutex_unlock(&store->lock);
    text_release(old);
    return first;
}

void store_forget(struct store *store, const char *name)
{
    struct text *old = NULL;
    pthread_mutex_lock(&store->lock);
    struct store_answer *answer = answer_find(store, name);
    if (answer != NULL) {
        old = answer->text;
        size_t behind = (size_t)(&store->answers[--store->answer_count] - answer);
        memmove(answer, answer + 1, behind * sizeof(*answer));
    }
    pthread_mutex_unlock(&store->lock);
    text_release(old);
}

void store_books(struct store *store, struct text *text)
{
    pthread_mutex_lock(&store->lock);
    struct text *old = store->books;
    store->books = text;
    pthread_mutex_unlock(&store->lock);
    text_release(old);
}

void store_metrics(struct store *store, struct text *text)
{
    pthread_mutex_lock(&store->lock);
    struct text *old = store->metrics;
    store->metrics = text;
    pthread_mutex_unlock(&store->lock);
    text_release(old);
}

void store_ready(struct store *store, bool ready, const char *why_not)
{
    pthread_mutex_lock(&store->lock);
    store->ready = ready;
    snprintf(store->why_not, sizeof(store->why_not), "%s", why_not != NULL ? why_not : "");
    pthread_mutex_unlock(&store->lock);
}
