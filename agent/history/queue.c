// SPDX-License-Identifier: Apache-2.0
#include "agent/history/queue.h"

#include <stdlib.h>
#include <string.h>

struct item *item_create(enum history_kind kind, int64_t time_us, const char *name,
                         const char *text, size_t bytes)
{
    size_t named = strlen(name) + 1;
    struct item *item = malloc(sizeof(*item) + named + bytes);
    if (item == NULL) {
        return NULL;
    }
    *item = (struct item){.use = ITEM_RECORD,
                          .kind = kind,
                          .time_us = time_us,
                          .bytes = bytes,
                          .text = item->name + named};
    memcpy(item->name, name, named);
    memcpy(item->text, text, bytes);
    return item;
}

void queue_init(struct queue *queue)
{
    *queue = (struct queue){.end = &queue->first};
}

void queue_clear(struct queue *queue)
{
    struct item *item;
    while ((item = queue_take(queue)) != NULL) {
        free(item);
    }
}

bool queue_put(struct queue *queue, struct item *item)
{
    if (queue->count >= QUEUE_ITEMS_MAX || queue->bytes + item->bytes > QUEUE_BYTES_MAX) {
        return false;
    }
    *queue->end = item;
    queue->end = &item->next;
    queue->count++;
    queue->bytes += item->bytes;
    return true;
}

struct item *queue_take(struct queue *queue)
{
    struct item *item = queue->first;
    if (item != NULL) {
        queue->first = item->next;
        queue->end = queue->first != NULL ? queue->end : &queue->first;
        queue->count--;
        queue->bytes -= item->bytes;
        item->next = NULL;
    }
    return item;
}
