// SPDX-License-Identifier: Apache-2.0
// What a codec makes of the octets of another input.
#include <stdlib.h>

#include "dataplane/capture/input_buffer.h"
#include "dataplane/capture/input_kinds.h"

struct unpacked {
    struct input_buffer buffer;
    struct input *packed;
    const struct codec *codec;
    void *state;
    enum codec_status status; // after the last step
    const char *problem;      // of CODEC_DAMAGED
};

// The packed octets have come to their end, for good (INPUT_END) or for a reason of their own.
static enum input_status unpacked_end(struct unpacked *unpacked, enum input_status status)
{
    struct input *input = &unpacked->buffer.input;
    if (status == INPUT_FAILED) {
        return input_fail(input, unpacked->packed->cause, "%s", unpacked->packed->problem);
    }
    if (unpacked->status == CODEC_INSIDE) {
        return input_fail(input, "truncated", "its %s data ends too early", unpacked->codec->name);
    }
    return INPUT_END;
}

static enum input_status unpacked_pull(struct input *input, uint8_t *to, size_t size, size_t *made)
{
    struct unpacked *unpacked = (struct unpacked *)input;
    struct input *packed = unpacked->packed;
    size_t held = (size_t)(packed->end - packed->at);
    if (unpacked->status != CODEC_DAMAGED) {
        struct codec_step step = {packed->at, held, to, size};
        unpacked->status = unpacked->codec->unpack(unpacked->state, &step, &unpacked->problem);
        packed->at = step.in;
        *made = size - step.out_bytes;
        if (*made > 0 || step.in_bytes < held) { // what was made is good, even if damage follows it
            return INPUT_READY;
        }
    }
    if (unpacked->status == CODEC_DAMAGED) {
        return input_fail(input, "corrupt_stream", "its %s data is damaged: %s",
                          unpacked->codec->name, unpacked->problem);
    }
    enum input_status status = input_need(packed, held + 1);
    return status == INPUT_END || status == INPUT_FAILED ? unpacked_end(unpacked, status) : status;
}

static void unpacked_close(struct input *input)
{
    struct unpacked *unpacked = (struct unpacked *)input;
    unpacked->codec->free(unpacked->state);
    input_close(unpacked->packed);
    input_buffer_fini(&unpacked->buffer);
    free(unpacked);
}

static const struct input_ops unpacked_ops = {input_buffer_fill, unpacked_close};

struct input *input_unpacked(struct input *packed, const struct codec *codec)
{
    struct unpacked *unpacked = calloc(1, sizeof(*unpacked));
    if (unpacked == NULL) {
        return NULL;
    }
    if (input_buffer_init(&unpacked->buffer, &unpacked_ops, unpacked_pull) != 0) {
        goto free_unpacked;
    }
    unpacked->state = codec->create();
    if (unpacked->state == NULL) {
        goto fini_buffer;
    }
    unpacked->packed = packed;
    unpacked->codec = codec;
    unpacked->status = CODEC_INSIDE;
    return &unpacked->buffer.input;

fini_buffer:
    input_buffer_fini(&unpacked->buffer);
free_unpacked:
    free(unpacked);
    return NULL;
}
