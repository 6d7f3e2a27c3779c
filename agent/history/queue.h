// SPDX-License-Identifier: Apache-2.0
// Records on their way to the disk: bounded in number and in octets. The caller has the lock.
#ifndef WEIR_HISTORY_QUEUE_H
#define WEIR_HISTORY_QUEUE_H

#include "agent/history/history.h"

enum {
    QUEUE_ITEMS_MAX = 8192,
    QUEUE_BYTES_MAX = 32 * 1024 * 1024,
};

enum item_use { ITEM_RECORD, ITEM_ACKNOWLEDGEMENT };

struct item {
    struct item *next;
    enum item_use use;
    uint64_t anomaly; // its number, of an anomaly's record and of an acknowledgement; 0: neither
    enum history_kind kind; // of a record, as the next
    int64_t time_us;
    size_t bytes;
    char *text;  // in the item's own block, as name; no NUL at its end
    char name[]; // the text follows its NUL
};

struct queue {
    struct item *first;
    struct item **end; // where the next is linked
    size_t count;
    size_t bytes;
};

// A record of no anomaly, for the caller to make another. NULL: no memory. free() frees it.
struct item *item_create(enum history_kind kind, int64_t time_us, const char *name,
                         const char *text, size_t bytes);

void queue_init(struct queue *queue);
void queue_clear(struct queue *queue);

// Takes the item over. False where it is full; the item stays the caller's then.
bool queue_put(struct queue *queue, struct item *item);

// NULL: it is empty. The item is the caller's.
struct item *queue_take(struct queue *queue);

#endif
