// SPDX-License-Identifier: Apache-2.0
#include "agent/control/asset.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <string.h>

// Everything comes from here, nothing else is loaded or asked, and no other site can frame it.
// Clients ask each time whether it is still the same: after an update of weir it is not.
static const char *const headers[][2] = {
    {MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache"},
    {MHD_HTTP_HEADER_VARY, "Accept-Encoding"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

const struct asset *asset_find(const char *path)
{
    for (unsigned i = 0; i < asset_count; i++) {
        if (strcmp(assets[i].path, path) == 0) {
            return &assets[i];
        }
    }
    return NULL;
}

static const char *asked(struct MHD_Connection *connection, const char *header)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, header);
    return value != NULL ? value : "";
}

// A coding with ";q=0" is refused; no browser does so, and who does gets it plain.
static bool takes_gzip(struct MHD_Connection *connection)
{
    const char *codings = asked(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    return strstr(codings, "gzip") != NULL && strstr(codings, "q=0") == NULL;
}

struct MHD_Response *asset_response(const struct asset *asset, struct MHD_Connection *connection,
                                    unsigned *status)
{
    bool same = strcmp(asked(connection, MHD_HTTP_HEADER_IF_NONE_MATCH), asset->tag) == 0;
    bool packed = takes_gzip(connection);
    const unsigned char *octets = packed ? asset->gzip : asset->plain;
    size_t bytes = packed ? asset->gzip_bytes : asset->plain_bytes;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(same ? 0 : bytes, (void *)octets, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, asset->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, asset->tag);
    if (packed) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    }
    *status = same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
    return response;
}
