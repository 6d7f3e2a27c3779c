// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/input_buffer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "dataplane/base/clock.h"

// What one filling aims at: small enough to be still in the cache when it is read.
#define FILL_BYTES (256u << 10)

// The size of the address range; memory is taken only as far as it is written.
#define BUFFER_BYTES (INPUT_NEED_MAX + FILL_BYTES)

int input_buffer_init(struct input_buffer *buffer, const struct input_ops *ops, input_pull *pull)
{
    uint8_t *base = mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return -ENOMEM;
    }
    *buffer = (struct input_buffer){
        .input = {.at = base, .end = base, .ops = ops},
        .base = base,
        .pull = pull,
    };
    return 0;
}

void input_buffer_fini(struct input_buffer *buffer)
{
    munmap(buffer->base, BUFFER_BYTES);
}

enum input_status input_buffer_fill(struct input *input, size_t need)
{
    struct input_buffer *buffer = (struct input_buffer *)input;
    size_t held = (size_t)(input->end - input->at);
    memmove(buffer->base, input->at, held);
    input->at = buffer->base;
    size_t target = need > FILL_BYTES ? need : FILL_BYTES;
    int64_t give_up_us = clock_monotonic_us() + INPUT_WAIT_MS * 1000;
    enum input_status status = INPUT_READY;
    while (held < need && status == INPUT_READY) {
        size_t made = 0;
        status = buffer->pull(input, buffer->base + held, target - held, &made);
        held += made;
        input->end_offset += made;
        if (held < need && status == INPUT_READY && clock_monotonic_us() > give_up_us) {
            status = INPUT_WAITING;
        }
    }
    input->end = buffer->base + held;
    if (status == INPUT_END) {
        input->size = input->end_offset;
    }
    return status;
}
