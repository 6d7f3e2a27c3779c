// SPDX-License-Identifier: Apache-2.0
// Any text as a profile: JSON, or a member in each line as NAME=VALUE. Up to two further texts,
// each behind a NUL, change it under way: a profile again, and an anomaly that begins at once. What
// is taken makes packets for a few milliseconds, each as long as its headers say, none before
// another.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/generate/frame.h"
#include "agent/generate/generator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ETHERNET = 14, SPAN_US = 20000, PACKETS_MAX = 500 };

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void refused(const struct error *err)
{
    require(err->text[0] != '\0' && memchr(err->text, '\0', sizeof(err->text)) != NULL);
}

// Whether it was taken. `text` is changed.
static bool profile_take_text(struct profile *profile, char *text, size_t size)
{
    struct error err = {""};
    if (text[0] == '{') {
        int code = profile_parse(profile, text, size, "text", &err);
        if (code != 0) {
            refused(&err);
        }
        return code == 0;
    }
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strchr(line, '=');
        if (equals == NULL) {
            return false;
        }
        *equals = '\0';
        if (profile_set(profile, line, equals + 1, &err) != 0) {
            refused(&err);
            return false;
        }
    }
    return true;
}

static void frame_check(const uint8_t *frame, unsigned length)
{
    const uint8_t *ip = frame + ETHERNET;
    bool is_v6 = ip[0] >> 4 == 6;
    unsigned said = is_v6 ? 40U + (ip[4] << 8 | ip[5]) : (unsigned)(ip[2] << 8 | ip[3]);
    require(length <= ETHERNET + FRAME_MTU && length == ETHERNET + said);
}

static void make(struct generator *generator, int64_t until_us)
{
    uint8_t frame[FRAME_MAX];
    int64_t at_us;
    int64_t last_us = generator_now_us(generator);
    for (unsigned i = 0; i < PACKETS_MAX && (at_us = generator_seek(generator, until_us)) >= 0;
         i++) {
        require(at_us >= last_us && at_us < until_us);
        last_us = at_us;
        frame_check(frame, generator_make(generator, frame));
    }
}

// To search for a scale that makes so many flows takes longer than all the rest.
static void flows_seldom(struct profile *profile)
{
    if (profile->seed % 32 != 0) {
        profile->flows_per_second = 0;
    }
}

static void change(struct generator *generator, struct profile *profile, char *text, size_t size)
{
    struct rate rates[PROTOCOL_COUNT];
    struct error err = {""};
    if (!profile_take_text(profile, text, size)) {
        return;
    }
    flows_seldom(profile);
    if (rates_fill(profile, rates, &err) == 0) {
        generator_change(generator, profile, rates);
    } else {
        refused(&err);
    }
}

static void order(struct generator *generator, const char *text)
{
    struct order ordered;
    struct error err = {""};
    if (order_parse(text, &ordered, &err) != 0) {
        refused(&err);
    } else {
        generator_order(generator, &ordered);
    }
}

static void run(char *texts[3], const size_t sizes[3])
{
    struct profile profile;
    struct generator *generator = NULL;
    struct error err = {""};
    profile_init(&profile);
    if (!profile_take_text(&profile, texts[0], sizes[0])) {
        return;
    }
    flows_seldom(&profile);
    if (generator_create(&generator, &profile, &err) != 0) {
        refused(&err);
        return;
    }
    make(generator, profile.start_us + SPAN_US);
    if (texts[1] != NULL) {
        change(generator, &profile, texts[1], sizes[1]);
    }
    if (texts[2] != NULL) {
        order(generator, texts[2]);
    }
    make(generator, profile.start_us + 2 * SPAN_US);
    generator_free(generator);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char *texts[3] = {text};
    size_t sizes[3] = {0};
    memcpy(text, data, size);
    text[size] = '\0';
    for (unsigned i = 0; i < 3 && texts[i] != NULL; i++) {
        sizes[i] = strlen(texts[i]);
        char *next = texts[i] + sizes[i] + 1;
        if (i < 2 && next <= text + size) {
            texts[i + 1] = next;
        }
    }
    run(texts, sizes);
    free(text);
    return 0;
}
