// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "agent/control/store.h"

static struct text *hold(struct text *text)
{
    return text != NULL ? text_hold(text) : NULL;
}

struct text *store_last_window(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    unsigned last = (store->first_window + store->window_count - 1) % store->kept;
    struct text *text = store->window_count > 0 ? hold(store->windows[last].text) : NULL;
    pthread_mutex_unlock(&store->lock);
    return text;
}

struct text *store_answer_of(struct store *store, const char *name)
{
    struct text *text = NULL;
    pthread_mutex_lock(&store->lock);
    for (unsigned i = 0; i < store->answer_count && text == NULL; i++) {
        if (strcmp(store->answers[i].name, name) == 0) {
            text = hold(store->answers[i].text);
        }
    }
    pthread_mutex_unlock(&store->lock);
    return text;
}

struct text *store_books_text(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct text *text = hold(store->books);
    pthread_mutex_unlock(&store->lock);
    return text;
}

struct text *store_metrics_text(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    struct text *text = hold(store->metrics);
    pthread_mutex_unlock(&store->lock);
    return text;
}

bool store_is_ready(struct store *store, char why_not[128])
{
    pthread_mutex_lock(&store->lock);
    bool ready = store->ready;
    snprintf(why_not, sizeof(store->why_not), "%s", store->why_not);
    pthread_mutex_unlock(&store->lock);
    return ready;
}

struct page *store_windows(struct store *store, struct budget *budget, int64_t from_us,
                           int64_t to_us, unsigned most)
{
    most = most < store->kept ? most : store->kept;
    struct page *page = page_create(budget, most, "{\"windows\":[", "]}");
    if (page == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&store->lock);
    unsigned first = store->window_count; // of those to be shown
    unsigned found = 0;
    for (unsigned i = store->window_count; i-- > 0 && found < most;) {
        int64_t start_us = store->windows[(store->first_window + i) % store->kept].start_us;
        if (start_us >= from_us && start_us < to_us) {
            first = i;
            found++;
        }
    }
    for (unsigned i = first; i < store->window_count; i++) {
        const struct store_window *window =
            &store->windows[(store->first_window + i) % store->kept];
        if (window->start_us >= from_us && window->start_us < to_us) {
            page_add(page, window->text);
        }
    }
    pthread_mutex_unlock(&store->lock);
    page_close(page);
    return page;
}

struct page *store_answers(struct store *store, struct budget *budget)
{
    pthread_mutex_lock(&store->lock);
    // None of the other thread's answers is missed that was there when the client asked.
    unsigned room = store->answer_count;
    pthread_mutex_unlock(&store->lock);
    struct page *page = page_create(budget, room, "{\"answers\":[", "]}");
    if (page == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&store->lock);
    for (unsigned i = 0; i < store->answer_count; i++) {
        page_add(page, store->answers[i].text);
    }
    pthread_mutex_unlock(&store->lock);
    page_close(page);
    if (!page_charge(page)) {
        page_free(page);
        return NULL;
    }
    return page;
}

struct page *store_anomalies(struct store *store, struct budget *budget, bool open_only,
                             unsigned most)
{
    unsigned all = STORE_OPEN_MAX + store->kept;
    struct page *page = page_create(budget, most < all ? most : all, "{\"anomalies\":[", "]}");
    if (page == NULL) {
        return NULL;
    }
    pthread_mutex_lock(&store->lock);
    for (unsigned i = store->open_count; i-- > 0;) {
        page_add(page, store->open[i].text);
    }
    for (unsigned i = store->ended_count; i-- > 0 && !open_only;) {
        page_add(page, store->ended[(store->first_ended + i) % store->kept].text);
    }
    pthread_mutex_unlock(&store->lock);
    page_close(page);
    return page;
}
