// SPDX-License-Identifier: Apache-2.0
// A network namespace of the test's own with a pair of interfaces, and frames sent over it.
#ifndef WEIR_TEST_CAPTURE_VETH_H
#define WEIR_TEST_CAPTURE_VETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VETH_MTU = 9000, FRAME_BYTES_MAX = VETH_MTU + 18, FRAME_HEADERS_BYTES = 14 + 20 + 8 };

// The test captures from the first, the second is the other end of the wire.
#define VETH_NEAR "weir-near"
#define VETH_FAR  "weir-far"

// Moves the process into a namespace that dies with it, where only the loopback device is, up.
// False where it has not the rights.
bool veth_namespace(void);

// Runs a command of the shell, which must succeed.
void veth_run(const char *command);

// Makes the pair, both ends up, nothing joined or checksummed by the kernel; and takes it down.
void veth_create(void);
void veth_remove(void);

// Until both ends send what they are given. Right after an end was set up they do not yet.
void veth_await_up(void);

// A socket whose send puts frames on `name`'s wire.
int veth_sender(const char *name);

struct frame {
    uint8_t octets[FRAME_BYTES_MAX];
    size_t length;
};

// UDP over IPv4 over Ethernet between two hosts, filled up to `length` octets with what depends on
// `number`, which stands first in the payload.
void frame_fill(struct frame *frame, size_t length, uint16_t source, uint16_t destination,
                uint32_t number);

uint32_t frame_number(const uint8_t *octets);

void frame_send(int sender, const struct frame *frame);

#endif
