// SPDX-License-Identifier: Apache-2.0
// The files of the page, which are part of the program (page/embed.py). Any thread.
#ifndef WEIR_CONTROL_ASSET_H
#define WEIR_CONTROL_ASSET_H

#include <stddef.h>

struct asset {
    const char *path; // "/" and the like
    const char *type;
    const char *tag; // changes with the content; with its quotes
    const unsigned char *plain;
    size_t plain_bytes;
    const unsigned char *gzip;
    size_t gzip_bytes;
};

extern const struct asset assets[];
extern const unsigned asset_count; // 0: weir was built without the page

// NULL: there is none of that path.
const struct asset *asset_find(const char *path);

struct MHD_Connection;
struct MHD_Response;

// The reply to a GET, as this client takes it, with all its headers. NULL: no memory.
struct MHD_Response *asset_response(const struct asset *asset, struct MHD_Connection *connection,
                                    unsigned *status);

#endif
