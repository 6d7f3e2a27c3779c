// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/codec.h"

#define ZLIB_CONST // or its input would not be const
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

struct gzip {
    z_stream stream;
    bool inside; // a member
};

static void *gzip_create(void)
{
    struct gzip *gzip = calloc(1, sizeof(*gzip));
    if (gzip != NULL && inflateInit2(&gzip->stream, MAX_WBITS + 16) != Z_OK) { // 16: gzip framing
        free(gzip);
        return NULL;
    }
    return gzip;
}

static void gzip_free(void *state)
{
    struct gzip *gzip = state;
    inflateEnd(&gzip->stream);
    free(gzip);
}

static unsigned unsigned_of(size_t size)
{
    return size < UINT_MAX ? (unsigned)size : UINT_MAX;
}

static enum codec_status gzip_unpack(void *state, struct codec_step *step, const char **problem)
{
    struct gzip *gzip = state;
    if (!gzip->inside && step->in_bytes == 0) {
        return CODEC_BETWEEN;
    }
    z_stream *stream = &gzip->stream;
    stream->next_in = step->in;
    stream->avail_in = unsigned_of(step->in_bytes);
    stream->next_out = step->out;
    stream->avail_out = unsigned_of(step->out_bytes);
    int status = inflate(stream, Z_NO_FLUSH);
    step->in_bytes -= (size_t)(stream->next_in - step->in);
    step->in = stream->next_in;
    step->out_bytes -= (size_t)(stream->next_out - step->out);
    step->out = stream->next_out;

    gzip->inside = status != Z_STREAM_END;
    if (status == Z_STREAM_END) { // members follow each other with nothing between
        inflateReset(stream);
        return CODEC_BETWEEN;
    }
    if (status == Z_OK || status == Z_BUF_ERROR) {
        return CODEC_INSIDE;
    }
    *problem = stream->msg != NULL ? stream->msg : zError(status);
    return CODEC_DAMAGED;
}

struct zstd {
    ZSTD_DStream *stream;
    size_t hint; // octets up to the end of the block at hand
    bool inside; // a frame
};

static void *zstd_create(void)
{
    struct zstd *zstd = calloc(1, sizeof(*zstd));
    if (zstd == NULL || (zstd->stream = ZSTD_createDStream()) == NULL) {
        free(zstd);
        return NULL;
    }
    zstd->hint = ZSTD_initDStream(zstd->stream);
    return zstd;
}

static void zstd_free(void *state)
{
    struct zstd *zstd = state;
    ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

static enum codec_status zstd_unpack(void *state, struct codec_step *step, const char **problem)
{
    struct zstd *zstd = state;
    if (!zstd->inside && step->in_bytes == 0) {
        return CODEC_BETWEEN;
    }
    // Block by block: what was unpacked by a call that then fails is lost.
    size_t piece = step->in_bytes < zstd->hint ? step->in_bytes : zstd->hint;
    ZSTD_inBuffer in = {.src = step->in, .size = piece};
    ZSTD_outBuffer out = {.dst = step->out, .size = step->out_bytes};
    size_t left = ZSTD_decompressStream(zstd->stream, &out, &in);
    step->in += in.pos;
    step->in_bytes -= in.pos;
    step->out += out.pos;
    step->out_bytes -= out.pos;
    if (ZSTD_isError(left)) {
        *problem = ZSTD_getErrorName(left);
        return CODEC_DAMAGED;
    }
    zstd->inside = left != 0;
    zstd->hint = zstd->inside ? left : ZSTD_initDStream(zstd->stream);
    return zstd->inside ? CODEC_INSIDE : CODEC_BETWEEN;
}

static const struct codec codecs[] = {
    {"gzip", {0x1f, 0x8b}, 2, gzip_create, gzip_unpack, gzip_free},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, zstd_create, zstd_unpack, zstd_free},
};

const struct codec *codec_of(const uint8_t magic[CODEC_MAGIC_BYTES])
{
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (memcmp(magic, codecs[i].magic, codecs[i].magic_bytes) == 0) {
            return &codecs[i];
        }
    }
    return NULL;
}
