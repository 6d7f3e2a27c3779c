// SPDX-License-Identifier: Apache-2.0
#include "export/sink/kafka_held.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_MIN = 256 };

static bool make_room(struct kafka_held *held)
{
    if (held->first + held->count < held->room) {
        return true;
    }
    if (held->first > held->room / 2) {
        memmove(held->records, held->records + held->first, held->count * sizeof(*held->records));
        held->first = 0;
        return true;
    }
    size_t room = held->room == 0 ? ROOM_MIN : held->room * 2;
    struct kafka_held_record *grown = realloc(held->records, room * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    held->records = grown;
    held->room = room;
    return true;
}

bool kafka_held_put(struct kafka_held *held, uint64_t order, const struct sink_message *message)
{
    char *octets = malloc((size_t)message->value_bytes + message->key_bytes + 1);
    if (octets == NULL || !make_room(held)) {
        free(octets);
        return false;
    }
    char *key = octets + message->value_bytes;
    memcpy(octets, message->value, message->value_bytes);
    if (message->key_bytes > 0) {
        memcpy(key, message->key, message->key_bytes);
    }
    struct kafka_held_record *record = &held->records[held->first + held->count];
    *record = (struct kafka_held_record){order, *message};
    record->message.value = octets;
    record->message.key = key;
    held->count++;
    held->bytes += (uint64_t)message->value_bytes + message->key_bytes;
    return true;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = ((const struct kafka_held_record *)left)->order;
    uint64_t b = ((const struct kafka_held_record *)right)->order;
    return (a > b) - (a < b);
}

void kafka_held_sort(struct kafka_held *held)
{
    if (held->count > 1) {
        qsort(held->records + held->first, held->count, sizeof(*held->records), compare);
    }
}

const struct kafka_held_record *kafka_held_first(const struct kafka_held *held)
{
    assert(held->count > 0);
    return &held->records[held->first];
}

void kafka_held_pop(struct kafka_held *held)
{
    const struct sink_message *message = &held->records[held->first].message;
    held->bytes -= (uint64_t)message->value_bytes + message->key_bytes;
    free((char *)(uintptr_t)message->value);
    held->count--;
    held->first = held->count > 0 ? held->first + 1 : 0;
}

void kafka_held_fini(struct kafka_held *held)
{
    while (held->count > 0) {
        kafka_held_pop(held);
    }
    free(held->records);
}
