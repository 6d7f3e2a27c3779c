// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/capture/bytes.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

void bytes_put(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->size + size > bytes->room) {
        bytes->room = 2 * (bytes->size + size);
        bytes->data = realloc(bytes->data, bytes->room);
        if (bytes->data == NULL) {
            abort();
        }
    }
    if (data != NULL && size > 0) {
        memcpy(bytes->data + bytes->size, data, size);
    } else if (size > 0) {
        memset(bytes->data + bytes->size, 0, size);
    }
    bytes->size += size;
}

void bytes_put_u8(struct bytes *bytes, uint8_t value)
{
    bytes_put(bytes, &value, sizeof(value));
}

void bytes_put_u16(struct bytes *bytes, uint16_t value, bool big_endian)
{
    uint16_t stored = big_endian ? htobe16(value) : htole16(value);
    bytes_put(bytes, &stored, sizeof(stored));
}

void bytes_put_u32(struct bytes *bytes, uint32_t value, bool big_endian)
{
    uint32_t stored = big_endian ? htobe32(value) : htole32(value);
    bytes_put(bytes, &stored, sizeof(stored));
}

void bytes_put_u64(struct bytes *bytes, uint64_t value, bool big_endian)
{
    uint64_t stored = big_endian ? htobe64(value) : htole64(value);
    bytes_put(bytes, &stored, sizeof(stored));
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}
