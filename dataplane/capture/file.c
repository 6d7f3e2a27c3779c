// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/capture/link_type.h"

// After how many bursts without a packet (all of them dropped) the caller gets its turn.
enum { EMPTY_BURSTS_MAX = 64, MAGIC_BYTES = 4 };

static const struct file_format *const formats[] = {&pcap_format, &pcapng_format};

static struct capture_loss *loss_add(struct capture_file *file, const char *cause, uint64_t offset)
{
    struct capture_loss *loss = &file->losses[file->loss_count++];
    memcpy(loss->file, file->name, sizeof(loss->file));
    snprintf(loss->cause, sizeof(loss->cause), "%s", cause);
    loss->offset = offset;
    return loss;
}

void file_fail(struct capture_file *file, const char *cause, const char *format, ...)
{
    struct capture_loss *loss = loss_add(file, cause, input_offset(file->input));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(loss->detail, sizeof(loss->detail), format, arguments);
    va_end(arguments);
    loss->bytes = input_rest(file->input);
    file->ended = true;
}

void file_refuse_link_type(struct capture_file *file, uint16_t link_number, uint64_t offset)
{
    char detail[sizeof(file->losses[0].detail)];
    link_type_refusal(link_number, detail, sizeof(detail));
    for (size_t i = 0; i < file->loss_count; i++) {
        if (strcmp(file->losses[i].detail, detail) == 0) {
            return;
        }
    }
    if (file->loss_count < CAPTURE_LOSSES_MAX - 1) { // the last row is for the file's end
        memcpy(loss_add(file, "link_type", offset)->detail, detail, sizeof(detail));
    }
}

// Waits for the record at the window's front, which is not whole there. Returns whether to go on.
static bool record_await(struct capture_file *file)
{
    size_t need = file->format->need(file);
    if (need == 0) {
        return false;
    }
    struct input *input = file->input;
    switch (input_need(input, need)) {
    case INPUT_READY:
        return true;
    case INPUT_WAITING:
        return false;
    case INPUT_END:
        if (input->at < input->end) {
            file_fail(file, "truncated", "the file ends %zu octets into a record of %zu or more",
                      (size_t)(input->end - input->at), need);
        }
        file->ended = true;
        return false;
    case INPUT_FAILED:
        file_fail(file, input->cause, "%s", input->problem);
        return false;
    }
    return false;
}

static int file_rx_burst(struct capture *capture, struct packet *packets, unsigned count)
{
    struct capture_file *file = (struct capture_file *)capture;
    for (int i = 0; i < EMPTY_BURSTS_MAX && !file->ended; i++) {
        unsigned filled = file->format->take(file, packets, count);
        if (filled > 0) {
            return (int)filled;
        }
        if (!file->ended && !record_await(file)) {
            break;
        }
    }
    return file->ended ? CAPTURE_END : 0;
}

static void file_release(struct capture *capture)
{
    (void)capture; // the window stays where it is until the next burst
}

static void file_stats(const struct capture *capture, struct capture_stats *stats)
{
    *stats = ((const struct capture_file *)capture)->stats;
}

static size_t file_losses(const struct capture *capture, const struct capture_loss **losses)
{
    const struct capture_file *file = (const struct capture_file *)capture;
    *losses = file->losses;
    return file->loss_count;
}

static void file_close(struct capture *capture)
{
    struct capture_file *file = (struct capture_file *)capture;
    if (file == NULL) {
        return;
    }
    if (file->format != NULL) {
        file->format->close(file);
    }
    input_close(file->input);
    free(file);
}

static const struct capture_ops file_ops = {
    "file", file_rx_burst, file_release, file_stats, file_losses, file_close,
};

// The file's first octets as a person would know them: as text if they are, else in hexadecimal.
static void beginning_describe(const struct input *input, char *text, size_t size)
{
    enum { SHOWN_TEXT = 16, SHOWN_OCTETS = 4 };
    size_t held = (size_t)(input->end - input->at);
    size_t shown = 0;
    while (shown < held && shown < SHOWN_TEXT && isprint(input->at[shown])) {
        shown++;
    }
    if (shown >= SHOWN_OCTETS || shown == held) {
        snprintf(text, size, "\"%.*s\"", (int)shown, (const char *)input->at);
        return;
    }
    shown = held < SHOWN_OCTETS ? held : SHOWN_OCTETS;
    for (size_t i = 0; i < shown; i++) {
        snprintf(text + 3 * i, size - 3 * i, "%02x ", input->at[i]);
    }
    text[3 * shown - 1] = '\0';
}

static const struct file_format *format_of(const struct input *input)
{
    size_t held = (size_t)(input->end - input->at);
    for (size_t i = 0; held >= MAGIC_BYTES && i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i]->matches(input->at)) {
            return formats[i];
        }
    }
    return NULL;
}

// Finds the format and has it read the file's header.
static int format_open(struct capture_file *file, struct error *err)
{
    struct input *input = file->input;
    enum input_status status = input_await(input, MAGIC_BYTES);
    if (status == INPUT_FAILED) {
        return error_set(err, -EBADMSG, "%s is not a capture: %s", file->name, input->problem);
    }
    if (input->at == input->end) {
        return error_set(err, -ENODATA, "%s is empty; expected a capture (pcap, pcapng)",
                         file->name);
    }
    const struct file_format *format = format_of(input);
    if (format == NULL) {
        char beginning[32];
        beginning_describe(input, beginning, sizeof(beginning));
        return error_set(err, -EBADMSG,
                         "%s is not a capture: it begins with %s; expected pcap, pcapng, or either "
                         "packed with gzip or zstd",
                         file->name, beginning);
    }
    if (input_await(input, format->header_bytes) != INPUT_READY) {
        return error_set(err, -EBADMSG,
                         "%s ends within its %s file header: %zu octets, expected %zu", file->name,
                         format->name, (size_t)(input->end - input->at), format->header_bytes);
    }
    file->format = format;
    return format->open(file, err);
}

int file_open(struct capture **capture, const char *path, enum input_way way, struct error *err)
{
    struct capture_file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return error_set(err, -ENOMEM, "no memory to open %s", path);
    }
    file->base.ops = &file_ops;
    file->last_us = INT64_MIN;
    snprintf(file->name, sizeof(file->name), "%s",
             strcmp(path, "-") == 0 ? "standard input" : path);
    int code = input_open(&file->input, path, file->name, way, err);
    if (code == 0) {
        code = format_open(file, err);
    }
    if (code != 0) {
        file_close(&file->base);
        return code;
    }
    *capture = &file->base;
    return 0;
}
