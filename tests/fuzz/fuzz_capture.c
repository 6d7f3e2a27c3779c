// SPDX-License-Identifier: Apache-2.0
// Any octets, read as a capture. What comes out of a mapped file and out of a pipe must be the
// same, and the file given twice must give everything twice.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/capture/carrier.h"

// What a pipe can hold while nobody reads it.
enum { INPUT_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    int code; // of opening
    struct capture_stats stats;
    uint64_t digest; // of all packets given out, in their order
    size_t loss_count;
    struct capture_loss losses[2 * CAPTURE_LOSSES_MAX];
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint64_t digest_add(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t digest_add_packet(uint64_t digest, const struct packet *packet)
{
    require(packet->wire_bytes >= packet->captured_bytes);
    require(packet->link_type < LINK_UNSUPPORTED);
    digest = digest_add(digest, (uint64_t)packet->time_us);
    digest = digest_add(digest, packet->wire_bytes);
    digest = digest_add(digest, packet->link_type);
    for (uint32_t i = 0; i < packet->captured_bytes; i++) {
        digest = digest_add(digest, packet->data[i]);
    }
    return digest;
}

// Reads to the end and closes.
static void outcome_read(struct outcome *outcome, struct capture *capture)
{
    struct packet packets[CAPTURE_BURST_MAX];
    uint64_t given = 0;
    int received;
    while ((received = capture_rx_burst(capture, packets, CAPTURE_BURST_MAX)) != CAPTURE_END) {
        for (int i = 0; i < received; i++) {
            outcome->digest = digest_add_packet(outcome->digest, &packets[i]);
        }
        given += (uint64_t)received;
        capture_release(capture);
    }
    capture->ops->stats(capture, &outcome->stats);
    require(outcome->stats.received == given + outcome->stats.drops[CAPTURE_DROP_LINK_TYPE]);
    const struct capture_loss *losses;
    outcome->loss_count = capture->ops->losses(capture, &losses);
    memcpy(outcome->losses, losses, outcome->loss_count * sizeof(*losses));
    capture->ops->close(capture);
}

static void outcome_of_one(struct outcome *outcome, const struct bytes *bytes,
                           int (*carry)(const struct bytes *, struct capture **, struct error *))
{
    *outcome = (struct outcome){0};
    struct capture *capture;
    struct error err;
    outcome->code = carry(bytes, &capture, &err);
    if (outcome->code == 0) {
        outcome_read(outcome, capture);
    }
}

static void outcome_of_two(struct outcome *outcome, const struct bytes *bytes)
{
    *outcome = (struct outcome){0};
    char path[PATH_BYTES];
    int fd = file_of(bytes, path);
    const char *paths[] = {path, path};
    struct capture *capture;
    struct error err;
    outcome->code = capture_open_files(&capture, paths, 2, 0, &err);
    close(fd);
    if (outcome->code == 0) {
        outcome_read(outcome, capture);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > INPUT_BYTES_MAX) {
        return 0;
    }
    const struct bytes bytes = {.data = (uint8_t *)data, .size = size};
    static struct outcome file, pipe, twice;
    outcome_of_one(&file, &bytes, file_carry);
    outcome_of_one(&pipe, &bytes, pipe_carry);
    require(file.code == pipe.code);
    require(memcmp(&file.stats, &pipe.stats, sizeof(file.stats)) == 0);
    require(file.digest == pipe.digest);
    require(file.loss_count == pipe.loss_count);
    for (size_t i = 0; i < file.loss_count; i++) {
        require(strcmp(file.losses[i].cause, pipe.losses[i].cause) == 0);
        require(file.losses[i].offset == pipe.losses[i].offset);
    }
    outcome_of_two(&twice, &bytes);
    require(twice.code == file.code);
    require(twice.stats.received == 2 * file.stats.received);
    require(twice.stats.wire_bytes == 2 * file.stats.wire_bytes);
    require(twice.loss_count == 2 * file.loss_count);
    return 0;
}
