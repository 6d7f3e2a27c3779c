// SPDX-License-Identifier: Apache-2.0
#include "agent/control/response.h"

#include <stdio.h>

enum { BLOCK_BYTES = 16 * 1024 }; // of a reply that is made at once

static const char busy[] = "{\"error\":\"too much is under way; try again\"}\n";

// Headers of every reply: nothing here is for a browser to show, to guess at or to keep.
static const char *const headers[][2] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
};

static ssize_t page_next(void *context, uint64_t position, char *buffer, size_t most)
{
    (void)position; // pages are read once, from the beginning
    size_t bytes = page_read(context, buffer, most);
    return bytes > 0 ? (ssize_t)bytes : MHD_CONTENT_READER_END_OF_STREAM;
}

static void page_done(void *context)
{
    page_free(context);
}

// Writes "GET, HEAD, OPTIONS" and the like.
static void allow_write(unsigned allowed, char *text, size_t size)
{
    size_t used = 0;
    for (unsigned i = 0; i < HTTP_METHOD_COUNT && used < size; i++) {
        if ((allowed >> i & 1) != 0) {
            used += (size_t)snprintf(text + used, size - used, "%s, ",
                                     i == HTTP_GET ? "GET, HEAD" : http_method_names[i]);
        }
    }
    if (used < size) {
        snprintf(text + used, size - used, "OPTIONS");
    }
}

static void headers_add(struct MHD_Response *response, const struct reply *reply)
{
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
    if (reply->status != MHD_HTTP_NO_CONTENT) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                reply->type != NULL ? reply->type : "application/json");
    }
    if (reply->location[0] != '\0') {
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, reply->location);
    }
    if (reply->allow != 0) {
        char allow[64];
        allow_write(reply->allow, allow, sizeof(allow));
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    }
    if (reply->status == MHD_HTTP_UNAUTHORIZED) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                "Bearer realm=\"weir\"");
    }
    if (reply->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    }
}

// What a page, or its absence, is sent as; the page goes with it.
static struct MHD_Response *page_response(struct page *page)
{
    if (page == NULL) {
        return MHD_create_response_from_buffer(sizeof(busy) - 1, (void *)busy,
                                               MHD_RESPMEM_PERSISTENT);
    }
    size_t block = page->bytes < BLOCK_BYTES ? page->bytes + 1 : BLOCK_BYTES;
    struct MHD_Response *response =
        MHD_create_response_from_callback(page->bytes, block, page_next, page, page_done);
    if (response == NULL) {
        page_free(page);
    }
    return response;
}

static enum MHD_Result asset_send(struct MHD_Connection *connection, const struct asset *asset)
{
    unsigned status;
    struct MHD_Response *response = asset_response(asset, connection, &status);
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result sent = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return sent;
}

enum MHD_Result response_send(struct control *control, struct MHD_Connection *connection,
                              struct reply *reply)
{
    struct MHD_Response *response = NULL;
    if (reply->asset != NULL) {
        return asset_send(connection, reply->asset);
    }
    if (reply->streams) {
        response =
            stream_open(control, connection,
                        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Last-Event-ID"));
        reply->type = "text/event-stream";
    }
    if (response == NULL) {
        reply->status = reply->streams ? MHD_HTTP_SERVICE_UNAVAILABLE : reply->status;
        reply->type = reply->streams ? NULL : reply->type;
        response = page_response(reply->page);
        reply->page = NULL;
    }
    if (response == NULL) {
        return MHD_NO;
    }
    headers_add(response, reply);
    enum MHD_Result sent = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return sent;
}
