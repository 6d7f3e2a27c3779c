// SPDX-License-Identifier: Apache-2.0
// Makes a directory of seeds for fuzz_capture: a small capture in every encoding and packing.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/capture/carrier.h"
#include "tests/unit/capture/encoding.h"

enum { PATH_MAX_BYTES = 4096 };

static void (*const packs[])(const struct bytes *plain, struct bytes *packed) = {
    NULL,
    gzip_pack,
    zstd_pack,
};

static void file_write(const char *directory, size_t number, const struct bytes *bytes)
{
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof(path), "%s/%zu", directory, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes->data, 1, bytes->size, file) != bytes->size ||
        fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 2) {
        fprintf(stderr, "usage: capture_seeds DIRECTORY\n");
        return 2;
    }
    mkdir(arguments[1], 0777); // if it is not there yet
    const struct sample samples[] = {
        {INT64_C(1700000000000000), 40, 60},
        {INT64_C(1700000001000000), 0, 0},
        {INT64_C(1699999999000000), 33, 33},
    };
    const size_t pack_count = sizeof(packs) / sizeof(packs[0]);
    for (size_t i = 0; i < encoding_count * pack_count; i++) {
        const struct encoding *encoding = &encodings[i / pack_count];
        struct written written = {0};
        encoding->write(encoding, 1, samples, 3, &written);
        struct bytes packed = {0};
        if (packs[i % pack_count] != NULL) {
            packs[i % pack_count](&written.bytes, &packed);
        }
        file_write(arguments[1], i, packed.size > 0 ? &packed : &written.bytes);
        bytes_free(&packed);
        bytes_free(&written.bytes);
    }
    return 0;
}
