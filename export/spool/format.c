// SPDX-License-Identifier: Apache-2.0
// A spool's directory holds `lock` (locked by the process that has it open, its pid inside) and
// segments `NNNNNNNNNN.spool`, numbered upwards. A process only ever appends to segments that it
// has begun itself, so that nothing is written behind a damaged tail. Numbers are little endian: a
// spool is read on the machine that wrote it.
//
//   segment head, 32 octets          record, at a multiple of 8
//    0  "weirspl1"                    0  u32 magic
//    8  i64 begun, us since epoch     4  u8 state: 0 waiting, 0xff settled
//   16  8 zero octets                 5  3 zero octets, never looked at
//   24  u64 checksum of 0..23         8  u64 checksum of all from 16 to the value's end
//                                    16  u32 octets of the value
//                                    20  u16 octets of the key
//                                    22  u8 topic
//                                    23  u8 mark
//                                    24  key, value, zero octets up to a multiple of 8
//
// The state is the only octet that is ever overwritten, and outside of the checksum; the majority
// of its bits decides, so that one flipped bit neither loses a record nor brings one back. Two
// octets of the magic are none of any UTF-8 text, so that a value that is text holds no record.
#include "export/spool/format.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "dataplane/base/hash.h"

#define RECORD_MAGIC UINT32_C(0xfe5752ff)

static const char segment_magic[8] = "weirspl1";

struct segment_head {
    char magic[8];
    uint64_t created_us;
    uint64_t zero;
    uint64_t checksum;
};

struct record_head {
    uint32_t magic;
    uint8_t state;
    uint8_t zero[3];
    uint64_t checksum;
    uint32_t value_bytes;
    uint16_t key_bytes;
    uint8_t topic;
    uint8_t mark;
};

enum { CHECKED_FROM = 16 };

static_assert(sizeof(struct segment_head) == FORMAT_SEGMENT_HEAD, "has no holes");
static_assert(sizeof(struct record_head) == FORMAT_RECORD_HEAD, "has no holes");
static_assert(offsetof(struct record_head, state) == FORMAT_STATE_AT, "where it is overwritten");
static_assert(offsetof(struct record_head, value_bytes) == CHECKED_FROM, "follows the checksum");
static_assert(FORMAT_RECORD_MAX % FORMAT_ALIGN == 0, "the largest record is not padded");

static size_t padded(size_t bytes)
{
    return (bytes + FORMAT_ALIGN - 1) / FORMAT_ALIGN * FORMAT_ALIGN;
}

void format_segment_write(void *head, int64_t created_us)
{
    struct segment_head made = {.created_us = htole64((uint64_t)created_us)};
    memcpy(made.magic, segment_magic, sizeof(segment_magic));
    made.checksum = htole64(hash_checksum(&made, offsetof(struct segment_head, checksum)));
    memcpy(head, &made, sizeof(made));
}

enum format_verdict format_segment_check(const void *at, size_t available, int64_t *created_us)
{
    struct segment_head head;
    if (available < sizeof(head)) {
        return FORMAT_CUT;
    }
    memcpy(&head, at, sizeof(head));
    if (memcmp(head.magic, segment_magic, sizeof(segment_magic)) != 0 ||
        le64toh(head.checksum) != hash_checksum(at, offsetof(struct segment_head, checksum))) {
        return FORMAT_BROKEN;
    }
    *created_us = (int64_t)le64toh(head.created_us);
    return FORMAT_WHOLE;
}

size_t format_record_bytes(size_t bytes)
{
    return padded(FORMAT_RECORD_HEAD + bytes);
}

void format_record_write(void *to, const struct spool_record *record)
{
    struct record_head head = {
        .magic = htole32(RECORD_MAGIC),
        .value_bytes = htole32(record->value_bytes),
        .key_bytes = htole16(record->key_bytes),
        .topic = record->topic,
        .mark = record->mark,
    };
    char *out = to;
    size_t end = sizeof(head) + record->key_bytes + record->value_bytes;
    memcpy(out, &head, sizeof(head));
    if (record->key_bytes > 0) { // its pointer may be NULL then, and so may the value's
        memcpy(out + sizeof(head), record->key, record->key_bytes);
    }
    if (record->value_bytes > 0) {
        memcpy(out + sizeof(head) + record->key_bytes, record->value, record->value_bytes);
    }
    memset(out + end, 0, padded(end) - end);
    uint64_t checksum = htole64(hash_checksum(out + CHECKED_FROM, end - CHECKED_FROM));
    memcpy(out + offsetof(struct record_head, checksum), &checksum, sizeof(checksum));
}

static bool head_possible(const struct record_head *head)
{
    uint32_t value_bytes = le32toh(head->value_bytes);
    uint16_t key_bytes = le16toh(head->key_bytes);
    return head->mark < SPOOL_MARKS && key_bytes <= SPOOL_KEY_MAX &&
           value_bytes <= SPOOL_RECORD_MAX && value_bytes + key_bytes <= SPOOL_RECORD_MAX;
}

enum format_verdict format_record_check(const void *at, size_t available,
                                        struct format_record *found)
{
    struct record_head head;
    if (available < sizeof(head)) {
        return FORMAT_CUT;
    }
    memcpy(&head, at, sizeof(head));
    if (le32toh(head.magic) != RECORD_MAGIC || !head_possible(&head)) {
        return FORMAT_BROKEN;
    }
    const char *octets = at;
    struct spool_record record = {
        .key = octets + sizeof(head),
        .value = octets + sizeof(head) + le16toh(head.key_bytes),
        .value_bytes = le32toh(head.value_bytes),
        .key_bytes = le16toh(head.key_bytes),
        .topic = head.topic,
        .mark = head.mark,
    };
    size_t bytes = format_record_bytes((size_t)record.key_bytes + record.value_bytes);
    if (bytes > available) {
        return FORMAT_CUT;
    }
    size_t checked = sizeof(head) - CHECKED_FROM + record.key_bytes + record.value_bytes;
    if (le64toh(head.checksum) != hash_checksum(octets + CHECKED_FROM, checked)) {
        return FORMAT_BROKEN;
    }
    found->record = record;
    found->bytes = bytes;
    found->settled = __builtin_popcount(head.state) > 4;
    return FORMAT_WHOLE;
}

size_t format_record_skip(const void *at, uint8_t *mark)
{
    struct record_head head;
    memcpy(&head, at, sizeof(head));
    *mark = head.mark;
    return padded(sizeof(head) + le16toh(head.key_bytes) + le32toh(head.value_bytes));
}
