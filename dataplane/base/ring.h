// SPDX-License-Identifier: Apache-2.0
// A bounded queue of fixed-size slots between exactly one producer and one consumer thread.
//
// Slots are written and read in place: the producer reserves slots, fills them and submits them;
// the consumer peeks at slots and releases them. Both move by whole batches, so that one release
// store is paid for many messages. Each side keeps a copy of the other's position and re-reads it
// only when the copy says full (empty): the shared lines move between cores once a batch, not per
// slot.
#ifndef WEIR_BASE_RING_H
#define WEIR_BASE_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"

struct ring {
    // Set at creation, read by both.
    uint8_t *slots;
    size_t slot_bytes;
    size_t mask;

    // Positions count slots since the start and are taken modulo the size only to find a slot.
    struct {
        _Atomic size_t tail; // the producer's release here pairs with the consumer's acquire
        size_t head_seen;
    } producer __attribute__((aligned(64)));
    struct {
        _Atomic size_t head; // the consumer's release here pairs with the producer's acquire
        size_t tail_seen;
    } consumer __attribute__((aligned(64)));
};

// `slots` is a power of two. Slots are aligned to `slot_bytes`' largest power-of-two factor, up to
// a cache line. NULL and a message when there is no memory.
struct ring *ring_create(size_t slot_bytes, size_t slots, struct error *err);

// `ring` may be NULL. Messages still in it are forgotten.
void ring_free(struct ring *ring);

// Producer thread: the slot `index` places after the last submitted one, or NULL when the ring is
// full up to there. Never blocks.
static inline void *ring_reserve(struct ring *ring, size_t index)
{
    size_t position = atomic_load_explicit(&ring->producer.tail, memory_order_relaxed) + index;
    if (position - ring->producer.head_seen > ring->mask) {
        ring->producer.head_seen = atomic_load_explicit(&ring->consumer.head, memory_order_acquire);
        if (position - ring->producer.head_seen > ring->mask) {
            return NULL;
        }
    }
    return ring->slots + (position & ring->mask) * ring->slot_bytes;
}

// Producer thread: hands the first `count` reserved slots over.
static inline void ring_submit(struct ring *ring, size_t count)
{
    size_t tail = atomic_load_explicit(&ring->producer.tail, memory_order_relaxed);
    atomic_store_explicit(&ring->producer.tail, tail + count, memory_order_release);
}

// Consumer thread: the slot `index` places after the last released one, or NULL when fewer are
// there. Never blocks.
static inline void *ring_peek(struct ring *ring, size_t index)
{
    size_t head = atomic_load_explicit(&ring->consumer.head, memory_order_relaxed);
    if (index >= ring->consumer.tail_seen - head) {
        ring->consumer.tail_seen = atomic_load_explicit(&ring->producer.tail, memory_order_acquire);
        if (index >= ring->consumer.tail_seen - head) {
            return NULL;
        }
    }
    return ring->slots + ((head + index) & ring->mask) * ring->slot_bytes;
}

// Consumer thread: gives the first `count` peeked slots back to the producer.
static inline void ring_release(struct ring *ring, size_t count)
{
    size_t head = atomic_load_explicit(&ring->consumer.head, memory_order_relaxed);
    atomic_store_explicit(&ring->consumer.head, head + count, memory_order_release);
}

// Any thread: how many messages wait, a moment ago.
static inline size_t ring_count(struct ring *ring)
{
    size_t head = atomic_load_explicit(&ring->consumer.head, memory_order_acquire);
    return atomic_load_explicit(&ring->producer.tail, memory_order_acquire) - head;
}

#endif
