// SPDX-License-Identifier: Apache-2.0
// Makes a directory of seeds for fuzz_spool: segments with records of several sizes, some settled.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export/spool/spool.h"

enum { PATH_MAX_BYTES = 4096, SETTLE_ONE_IN = 3 };

static const struct {
    size_t count;
    uint32_t value_bytes;
    uint16_t key_bytes;
} kinds[] = {{1, 0, 0}, {1, 100, 5}, {5, 9, 1}, {3, 300, 30}, {20, 40, 0}};

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "spool_seeds: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static void spool_fill(struct spool *spool, size_t kind)
{
    char text[512];
    memset(text, 'a' + (int)kind, sizeof(text));
    size_t lost;
    for (size_t i = 0; i < kinds[kind].count; i++) {
        struct spool_record record = {.key = text,
                                      .value = text,
                                      .key_bytes = kinds[kind].key_bytes,
                                      .value_bytes = kinds[kind].value_bytes,
                                      .topic = (uint8_t)i,
                                      .mark = i % SPOOL_MARKS};
        require(spool_append(spool, &record) == 0, "cannot append");
    }
    require(spool_flush(spool, &lost) == 0, "cannot write");
    struct spool_item item;
    for (size_t i = 0; i < kinds[kind].count / SETTLE_ONE_IN; i++) {
        require(spool_peek(spool, &item, 1) == 1, "cannot read");
        spool_take(spool, 1);
        spool_settle(spool, item.place);
    }
}

// A spool of its own for each, whose only segment becomes the seed.
static void seed_make(const char *directory, size_t kind)
{
    char made[PATH_MAX_BYTES];
    char file[PATH_MAX_BYTES + 32];
    char seed[PATH_MAX_BYTES + 32];
    snprintf(made, sizeof(made), "%s/made", directory);
    struct spool_options options = {.directory = made, .max_bytes = SPOOL_BYTES_MIN};
    struct spool *spool;
    struct error err;
    require(spool_open(&options, &spool, &err) == 0, "cannot open");
    spool_fill(spool, kind);
    uint64_t number = spool_oldest_segment(spool);
    spool_close(spool);
    snprintf(file, sizeof(file), "%s/%010" PRIu64 ".spool", made, number);
    snprintf(seed, sizeof(seed), "%s/%zu", directory, kind);
    require(rename(file, seed) == 0, "cannot keep the segment");
    snprintf(file, sizeof(file), "%s/lock", made);
    unlink(file);
    rmdir(made);
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 2) {
        fprintf(stderr, "usage: spool_seeds DIRECTORY\n");
        return 2;
    }
    mkdir(arguments[1], 0777); // if it is not there yet
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        seed_make(arguments[1], kind);
    }
    return 0;
}
