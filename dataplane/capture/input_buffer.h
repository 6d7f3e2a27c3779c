// SPDX-License-Identifier: Apache-2.0
// What the inputs have in common whose octets no memory holds before they are asked for. Their
// window stands in a buffer; what is left of it moves to the front before more is put behind.
#ifndef WEIR_CAPTURE_INPUT_BUFFER_H
#define WEIR_CAPTURE_INPUT_BUFFER_H

#include "dataplane/capture/input.h"

// How long a pull waits for octets, and after how long a filling that is still short of its need
// gives up for now. One input may stand on another and rx_burst be back within 100 ms.
enum { INPUT_WAIT_MS = 30 };

// Puts up to `size` octets at `to` and their number in *made. INPUT_READY: it may be called again
// for more, even if it made none; anything else: it made none.
typedef enum input_status input_pull(struct input *input, uint8_t *to, size_t size, size_t *made);

// An input that is filled this way begins with it.
struct input_buffer {
    struct input input;
    uint8_t *base;
    input_pull *pull;
};

// Returns 0, or -ENOMEM with nothing taken.
int input_buffer_init(struct input_buffer *buffer, const struct input_ops *ops, input_pull *pull);

void input_buffer_fini(struct input_buffer *buffer);

// The fill of such an input's operations.
enum input_status input_buffer_fill(struct input *input, size_t need);

#endif
