// SPDX-License-Identifier: Apache-2.0
// Writes the same records in both encodings, for judge_protobuf.py: both_encodings PROTOBUF JSON
// SEED COUNT. Each record is a varint of its length and the message in one file, a line in the
// other. After some records made by hand come COUNT with random fields known and random values in
// them.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/encode/json.h"
#include "export/encode/protobuf.h"
#include "tests/unit/export/made.h"

enum {
    BUFFER = 1 << 20,
    FEW_ROWS = 5,
    MANY_ROWS = 400,
    MANY_ROWS_ONE_IN = 50,
    OWNED_LACKS_ONE_IN = 8
};

#define TEN(text) text text text text text text text text text text

// Lengths about one and two octets of prefix, what JSON escapes, and what is not UTF-8.
static const char *const texts[] = {
    "",
    "tcp",
    "https",
    "exactly8",
    "a \"quote\", a \\ and a \n",
    "d\xc3\xa9j\xc3\xa0 vu",
    "\xe6\xb5\x81\xe9\x87\x8f",
    "\xf0\x9f\x8c\x8a",
    "cut \xe6\xb5",
    "\xff",
    TEN("0123456789") "0123456789"
                      "0123456789"
                      "0123456",
    TEN("0123456789") "0123456789"
                      "0123456789"
                      "01234567",
    TEN("0123456789") TEN("\xc3\xa9t\xc3\xa9 "),
    TEN("\xc3( is not UTF-8 and grows "),
};

static const double doubles[] = {
    0, -0.0, 1, 0.5, 1e-7, 123456.789, -2.25, 9e15, 1e300, 2.3219280948873626, INFINITY, NAN,
};

#define SOME_OF(array) (array)[drawn() % (sizeof(array) / sizeof((array)[0]))]

static uint64_t state;

// Marsaglia's xorshift; the same seed makes the same records everywhere.
static uint64_t drawn(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// Of all lengths alike, zero and the largest among them.
static uint64_t drawn_number(void)
{
    unsigned bits = drawn() % 66;
    return bits == 65 ? UINT64_MAX : bits == 0 ? 0 : drawn() >> (64 - (bits > 64 ? 64 : bits));
}

static void fill(const struct field_table *table, void *body);

static void fill_rows(const struct field *field, struct field_rows *rows)
{
    size_t stride = field->table->bytes;
    rows->count = drawn() % (drawn() % MANY_ROWS_ONE_IN == 0 ? MANY_ROWS : FEW_ROWS);
    rows->row = calloc(rows->count + 1, stride);
    for (uint32_t i = 0; i < rows->count; i++) {
        fill(field->table, (char *)rows->row + i * stride);
    }
}

static void fill_ip(struct field_ip *ip)
{
    ip->version = drawn() % 2 == 0 ? 4 : 6;
    for (size_t i = 0; i < sizeof(ip->octets); i++) {
        ip->octets[i] = (uint8_t)drawn_number();
    }
}

static void fill_numbers(struct field_numbers *numbers)
{
    numbers->count = drawn() % (FIELD_NUMBERS_MAX + 1);
    for (uint32_t i = 0; i < numbers->count; i++) {
        numbers->value[i] = (uint32_t)drawn_number();
    }
}

static uint8_t drawn_enum(const char *const *names)
{
    unsigned count = 0;
    while (names[count] != NULL) {
        count++;
    }
    return drawn() % count;
}

static void fill_text(char *text)
{
    size_t length = drawn() % FIELD_TEXT_BYTES;
    memset(text, 'a' + (int)(drawn() % 26), length);
    text[length] = '\0';
}

static void fill_field(const struct field *field, void *member)
{
    uint64_t number = drawn_number();
    switch ((enum field_kind)field->kind) {
    case FIELD_U8:
        *(uint8_t *)member = (uint8_t)number;
        break;
    case FIELD_U16:
        *(uint16_t *)member = (uint16_t)number;
        break;
    case FIELD_U32:
        *(uint32_t *)member = (uint32_t)number;
        break;
    case FIELD_U64:
    case FIELD_I64:
        memcpy(member, &number, sizeof(number));
        break;
    case FIELD_DOUBLE:
        *(double *)member = drawn() % 2 ? SOME_OF(doubles) : (double)number / 1e6;
        break;
    case FIELD_BOOL:
        *(bool *)member = number & 1;
        break;
    case FIELD_IP:
        fill_ip(member);
        break;
    case FIELD_MAC:
        memcpy(member, &number, sizeof(field_type_MAC));
        break;
    case FIELD_STRING:
        *(const char **)member = SOME_OF(texts);
        break;
    case FIELD_OWNED:
        *(char **)member = drawn() % OWNED_LACKS_ONE_IN == 0 ? NULL : strdup(SOME_OF(texts));
        break;
    case FIELD_TEXT:
        fill_text(member);
        break;
    case FIELD_ENUM:
        *(uint8_t *)member = drawn_enum(field->names);
        break;
    case FIELD_NUMBERS:
        fill_numbers(member);
        break;
    case FIELD_OBJECT:
        fill(field->table, member);
        break;
    case FIELD_ROWS:
        fill_rows(field, member);
        break;
    case FIELD_KIND_COUNT:
        break;
    }
}

static void fill(const struct field_table *table, void *body)
{
    for (size_t i = 0; i < table->count; i++) {
        fill_field(&table->fields[i], (char *)body + table->fields[i].offset);
    }
}

static struct record drawn_record(enum record_type type)
{
    struct record record = {0};
    record_init(&record, type);
    record.sequence = drawn_number();
    fill(record_types[type].table, (void *)record_body(&record));
    return record;
}

struct output {
    struct encoder *protobuf, *json;
    FILE *messages, *lines;
};

static void give_up(const char *what)
{
    fprintf(stderr, "both_encodings: %s\n", what);
    exit(EXIT_FAILURE);
}

static size_t encode(struct encoder *encoder, const struct record *record, char *buffer)
{
    ssize_t bytes = encoder_encode(encoder, record, buffer, BUFFER);
    if (bytes < 0) {
        give_up("a record did not fit");
    }
    return (size_t)bytes;
}

// Which are known is taken off what is, so that rows nobody knows of are freed as well.
static void put(struct output *output, struct record *record, uint64_t known)
{
    static char buffer[BUFFER];
    made_know_all(record);
    uint64_t all = record->known;
    record->known &= known;
    size_t bytes = encode(output->protobuf, record, buffer);
    for (size_t left = bytes; left >= 0x80; left >>= 7) {
        fputc((int)(left & 0x7f) | 0x80, output->messages);
    }
    size_t last = bytes;
    while (last >= 0x80) {
        last >>= 7;
    }
    fputc((int)last, output->messages);
    fwrite(buffer, 1, bytes, output->messages);

    bytes = encode(output->json, record, buffer);
    fwrite(buffer, 1, bytes, output->lines);
    fputc('\n', output->lines);
    record->known = all;
    record_release(record);
}

static void fill_strings(const struct field_table *table, struct record *record)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->fields[i].kind == FIELD_STRING) {
            *(const char **)((char *)record_body(record) + table->fields[i].offset) = "";
        }
    }
}

static void put_made(struct output *output)
{
    struct record record;
    made_tcp(&record);
    record_identify(&record);
    put(output, &record, record.known);
    made_window(&record);
    put(output, &record, UINT64_MAX);
    made_query(&record, FEW_ROWS);
    put(output, &record, UINT64_MAX);
    made_anomaly(&record);
    put(output, &record, UINT64_MAX);
    for (unsigned type = 0; type < RECORD_TYPE_COUNT; type++) {
        record = drawn_record(type);
        put(output, &record, 0);
        memset(&record, 0, sizeof(record)); // every number zero, and counted
        record_init(&record, type);
        fill_strings(record_types[type].table, &record);
        put(output, &record, UINT64_MAX);
        for (unsigned field = 0; field < record_types[type].table->count; field++) {
            record = drawn_record(type);
            put(output, &record, UINT64_C(1) << field);
        }
    }
}

static uint64_t drawn_mask(void)
{
    switch (drawn() % 4) {
    case 0:
        return drawn() & drawn();
    case 1:
        return drawn() | drawn();
    case 2:
        return UINT64_MAX;
    default:
        return drawn();
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        give_up("expected PROTOBUF JSON SEED COUNT");
    }
    struct output output = {
        .protobuf = protobuf_encoder_create("fl\xc3\xbcsse \xff", 0x1234abcd, NULL),
        .json = json_encoder_create("fl\xc3\xbcsse \xff", 0x1234abcd, NULL),
        .messages = fopen(argv[1], "wb"),
        .lines = fopen(argv[2], "wb"),
    };
    if (output.protobuf == NULL || output.json == NULL || output.messages == NULL ||
        output.lines == NULL) {
        give_up("cannot begin");
    }
    state = strtoull(argv[3], NULL, 10) | UINT64_C(1) << 63; // never zero
    put_made(&output);
    for (unsigned long left = strtoul(argv[4], NULL, 10); left > 0; left--) {
        struct record record = drawn_record(drawn() % RECORD_TYPE_COUNT);
        put(&output, &record, drawn_mask());
    }
    encoder_free(output.protobuf);
    encoder_free(output.json);
    bool whole = fclose(output.messages) == 0;
    whole = fclose(output.lines) == 0 && whole;
    return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}
