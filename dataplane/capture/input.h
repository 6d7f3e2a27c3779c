// SPDX-License-Identifier: Apache-2.0
// The octets of a capture, whatever holds them: a window of memory that a reader walks along. Over
// a plain file the window is the file itself, mapped; over a pipe or a packed file it is a buffer.
// A reader is written once, takes what is whole in the window and points its packets into it.
#ifndef WEIR_CAPTURE_INPUT_H
#define WEIR_CAPTURE_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/base/error.h"

// What a reader may ask to have in one piece.
#define INPUT_NEED_MAX (16u << 20)

enum input_status {
    INPUT_READY,
    INPUT_WAITING, // too little has come yet; more may
    INPUT_END,     // fewer are left than were asked for, and no more will come
    INPUT_FAILED,  // as INPUT_END, for the reason in `cause` and `problem`
};

// How a plain file is held. A mapped one costs no copy, but who shortens it between the moment it
// was looked at and the moment it is read ends the process (SIGBUS): nothing for a file that is
// read slowly.
enum input_way {
    INPUT_MAPPED, // where it can be mapped
    INPUT_COPIED,
};

struct input;

struct input_ops {
    enum input_status (*fill)(struct input *input, size_t need);
    void (*close)(struct input *input);
};

// Readers move `at` up to `end` and write nothing else.
struct input {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t end_offset; // of `end`, in octets from the beginning of the unpacked file
    uint64_t size;       // of the whole; 0 while it is not known
    const struct input_ops *ops;
    const char *cause; // as in struct capture_loss; NULL where nothing failed
    char problem[128];
};

// Opens a file by its path, "-" being standard input, and unpacks what is packed with gzip or zstd.
// Waits for the first octets of a pipe. Returns 0, or a negative errno with a message that begins
// with `name`; *input is untouched then.
int input_open(struct input **input, const char *path, const char *name, enum input_way way,
               struct error *err);

// Makes at least `need` (at most INPUT_NEED_MAX) octets stand between at and end. May move them:
// nothing that points into the window holds after it, unless it was INPUT_READY at once.
static inline enum input_status input_need(struct input *input, size_t need)
{
    return (size_t)(input->end - input->at) >= need ? INPUT_READY : input->ops->fill(input, need);
}

// As input_need, but waits for as long as it takes (never INPUT_WAITING). Only while opening.
enum input_status input_await(struct input *input, size_t need);

// Of `at`, in octets from the beginning of the unpacked file.
static inline uint64_t input_offset(const struct input *input)
{
    return input->end_offset - (uint64_t)(input->end - input->at);
}

// Octets from `at` to the end of the file; 0 where that is not known.
static inline uint64_t input_rest(const struct input *input)
{
    uint64_t offset = input_offset(input);
    return input->size > offset ? input->size - offset : 0;
}

// `input` may be NULL.
void input_close(struct input *input);

#endif
