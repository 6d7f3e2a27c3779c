// SPDX-License-Identifier: Apache-2.0
// A growing run of octets, for tests that write files; memory that is not there ends the test.
#ifndef WEIR_TESTS_CAPTURE_BYTES_H
#define WEIR_TESTS_CAPTURE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t size;
    size_t room;
};

// `data` NULL: zeros.
void bytes_put(struct bytes *bytes, const void *data, size_t size);

// Numbers in the byte order asked for.
void bytes_put_u8(struct bytes *bytes, uint8_t value);
void bytes_put_u16(struct bytes *bytes, uint16_t value, bool big_endian);
void bytes_put_u32(struct bytes *bytes, uint32_t value, bool big_endian);
void bytes_put_u64(struct bytes *bytes, uint64_t value, bool big_endian);

void bytes_free(struct bytes *bytes);

#endif
