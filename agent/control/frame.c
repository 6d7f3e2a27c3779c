// SPDX-License-Identifier: Apache-2.0
#include "agent/control/frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void frame_begin(struct frame *frame, struct page *body, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    frame->head_bytes = (size_t)vsnprintf(frame->head, sizeof(frame->head), format, arguments);
    va_end(arguments);
    frame->read = 0;
    frame->body = body;
    frame->part = FRAME_HEAD;
}

bool frame_is_over(const struct frame *frame)
{
    return frame->part == FRAME_NONE;
}

size_t frame_read(struct frame *frame, char *buffer, size_t most)
{
    static const char end[] = "\n\n";
    if (frame->part == FRAME_BODY) {
        size_t bytes = frame->body != NULL ? page_read(frame->body, buffer, most) : 0;
        if (bytes > 0) {
            return bytes;
        }
        frame_clear(frame);
        frame->part = FRAME_END;
    }
    bool is_head = frame->part == FRAME_HEAD;
    const char *from = is_head ? frame->head : end;
    size_t whole = is_head ? frame->head_bytes : sizeof(end) - 1;
    size_t left = whole - frame->read;
    size_t bytes = left < most ? left : most;
    memcpy(buffer, from + frame->read, bytes);
    frame->read += bytes;
    if (frame->read == whole) {
        frame->part = is_head ? FRAME_BODY : FRAME_NONE;
    }
    return bytes;
}

void frame_clear(struct frame *frame)
{
    page_free(frame->body);
    *frame = (struct frame){.part = FRAME_NONE};
}
