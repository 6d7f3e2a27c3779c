// SPDX-License-Identifier: Apache-2.0
#include "export/sink/sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/sink/sink_kinds.h"

#define SINK_FORMS "ndjson:PATH, ndjson:-, null:, kafka://HOST:PORT[,HOST:PORT] or kafka://embedded"

static const struct sink_operations *const kinds[] = {
    &file_sink_operations,
    &null_sink_operations,
    &kafka_sink_operations,
};

static const struct sink_operations *kind_find(const char *address, size_t scheme_length)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i]->scheme) == scheme_length &&
            memcmp(kinds[i]->scheme, address, scheme_length) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

int sink_open(const char *address, const struct sink_options *options,
              const struct sink_events *events, struct sink **sink, struct error *err)
{
    const char *colon = strchrnul(address, ':');
    const struct sink_operations *kind = kind_find(address, colon - address);
    if (*colon == '\0' || kind == NULL) {
        return error_set(err, -EINVAL, "sink '%s': expected " SINK_FORMS, address);
    }
    char *name = strdup(address);
    if (name == NULL) {
        return error_set(err, -ENOMEM, "sink '%s': no memory", address);
    }
    struct sink *opened;
    int status;
    if (options->spool != NULL && kind == &kafka_sink_operations) {
        kind = &spool_sink_operations;
        status = kind->open(address, options, &opened, err);
    } else {
        status = kind->open(colon + 1, options, &opened, err);
    }
    if (status != 0) {
        free(name);
        return status;
    }
    opened->operations = kind;
    opened->events = *events;
    opened->name = name;
    *sink = opened;
    return 0;
}

void sink_settle(struct sink *sink, uint64_t sequence, enum export_cause cause,
                 const struct sink_message *message)
{
    counter_add(&sink->settled[cause], 1);
    sink->events.settle(sink->events.context, sequence, cause, message);
}

size_t sink_write(struct sink *sink, const struct sink_message *messages, size_t count)
{
    if (sink->abandoned == EXPORT_DELIVERED) {
        return sink->operations->write(sink, messages, count);
    }
    for (size_t i = 0; i < count; i++) {
        sink_give_back(sink, &messages[i], sink->abandoned);
    }
    return count;
}

void sink_serve(struct sink *sink)
{
    if (sink->operations->serve != NULL) {
        sink->operations->serve(sink);
    }
}

void sink_reopen(struct sink *sink)
{
    if (sink->operations->reopen != NULL) {
        sink->operations->reopen(sink);
    }
}

bool sink_flush(struct sink *sink, int timeout_ms)
{
    return sink->operations->flush == NULL || sink->operations->flush(sink, timeout_ms);
}

bool sink_stalled(const struct sink *sink)
{
    return sink->abandoned != EXPORT_DELIVERED ||
           (sink->operations->stalled != NULL && sink->operations->stalled(sink));
}

void sink_abandon(struct sink *sink, enum export_cause cause)
{
    if (sink->operations->keep != NULL) {
        sink->operations->keep(sink);
        return;
    }
    if (sink->abandoned != EXPORT_DELIVERED) {
        return;
    }
    sink->abandoned = cause;
    if (sink->operations->abandon != NULL) {
        sink->operations->abandon(sink);
    }
}

const struct spool_counts *sink_spool(const struct sink *sink)
{
    return sink->operations->spool == NULL ? NULL : sink->operations->spool(sink);
}

const counter *sink_troubles(const struct sink *sink)
{
    return sink->operations->troubles == NULL ? sink->troubles : sink->operations->troubles(sink);
}

const struct sink_queue *sink_queue(const struct sink *sink)
{
    return sink->operations->queue == NULL ? NULL : sink->operations->queue(sink);
}

const char *sink_address(const struct sink *sink)
{
    return sink->operations->address == NULL ? NULL : sink->operations->address(sink);
}

void sink_close(struct sink *sink)
{
    if (sink != NULL) {
        free(sink->name);
        sink->operations->close(sink);
    }
}

void sink_deliver(struct sink *sink, uint64_t sequence)
{
    sink->failing = false;
    sink_settle(sink, sequence, EXPORT_DELIVERED, NULL);
}

static void complain(struct sink *sink, enum sink_complaint complaint, const char *format,
                     va_list arguments)
{
    struct error message;
    int length = snprintf(message.text, sizeof(message.text), "%s: ", sink->name);
    if (length >= 0 && (size_t)length < sizeof(message.text)) {
        vsnprintf(message.text + length, sizeof(message.text) - length, format, arguments);
    }
    sink->events.complain(sink->events.context, complaint, message.text);
}

void sink_complain(struct sink *sink, enum sink_complaint complaint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(sink, complaint, format, arguments);
    va_end(arguments);
}

void sink_drop(struct sink *sink, uint64_t sequence, enum export_cause cause, const char *format,
               ...)
{
    if (!sink->failing && sink->abandoned == EXPORT_DELIVERED) {
        sink->failing = true;
        va_list arguments;
        va_start(arguments, format);
        complain(sink, SINK_COMPLAINT_LOSS, format, arguments);
        va_end(arguments);
    }
    sink_settle(sink, sequence, cause, NULL);
}

void sink_give_back(struct sink *sink, const struct sink_message *message, enum export_cause cause)
{
    sink_settle(sink, message->sequence, cause, message);
}
