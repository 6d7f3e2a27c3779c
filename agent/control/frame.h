// SPDX-License-Identifier: Apache-2.0
// One server-sent event on its way: a head, a body that may be shared with others, an empty line.
// Server's thread.
#ifndef WEIR_CONTROL_FRAME_H
#define WEIR_CONTROL_FRAME_H

#include "agent/control/page.h"

enum { FRAME_HEAD_MAX = 128 };

enum frame_part { FRAME_NONE, FRAME_HEAD, FRAME_BODY, FRAME_END };

// Zeroed: none is under way. Use the functions, not the members.
struct frame {
    enum frame_part part;
    char head[FRAME_HEAD_MAX];
    size_t head_bytes;
    size_t read;       // of the part, unless it is the body
    struct page *body; // NULL: the head is all
};

// Begins one where none is under way; the page is the frame's from now on.
void frame_begin(struct frame *frame, struct page *body, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool frame_is_over(const struct frame *frame);

// Some octets of the one that is under way.
size_t frame_read(struct frame *frame, char *buffer, size_t most);

void frame_clear(struct frame *frame);

#endif
