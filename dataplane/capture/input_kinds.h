// SPDX-License-Identifier: Apache-2.0
// The kinds of input, for input_open and each other; readers use input.h.
#ifndef WEIR_CAPTURE_INPUT_KINDS_H
#define WEIR_CAPTURE_INPUT_KINDS_H

#include "dataplane/capture/codec.h"
#include "dataplane/capture/input.h"

// Each takes over what it is given (the descriptor, the packed input) and gives it back only with
// its own close; returns NULL, with errno set and nothing taken, if it cannot be.

// The whole of a regular file of `size` (not 0) octets.
struct input *input_map(int fd, uint64_t size);

// What can be read from a descriptor, from where it stands.
struct input *input_stream(int fd);

// What `codec` makes of the octets of `packed`.
struct input *input_unpacked(struct input *packed, const struct codec *codec);

// Notes why the input ends here. Returns INPUT_FAILED.
enum input_status input_fail(struct input *input, const char *cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
