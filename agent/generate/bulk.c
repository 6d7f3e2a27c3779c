// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/bulk.h"

#include "agent/generate/octets.h"

enum { LINE_OCTETS = 64, RECORD_HEADER = 5 };

static void sums_fill(struct bulk_template *template)
{
    template->sums[0] = 0;
    for (unsigned i = 0; i < BULK_MAX / 2; i++) {
        template->sums[i + 1] = template->sums[i] + frame_sum(template->octets + 2 * i, 2);
    }
}

static void text_fill(uint8_t *to)
{
    static const char words[] = "the water that falls over the wall of a weir tells how much of ";
    for (unsigned at = 0; at < BULK_MAX; at++) {
        unsigned column = at % LINE_OCTETS;
        to[at] = column == LINE_OCTETS - 2   ? '\r'
                 : column == LINE_OCTETS - 1 ? '\n'
                                             : (uint8_t)words[column];
    }
}

void bulk_init(struct bulk_templates *templates, uint64_t seed)
{
    struct draw draw;
    draw_init(&draw, seed);
    tls_random(&draw, templates->noise, sizeof(templates->noise));
    for (int kind = BULK_RANDOM; kind < BULK_KINDS; kind++) {
        uint8_t *octets = templates->kinds[kind].octets;
        tls_random(&draw, octets, BULK_MAX);
        if (kind == BULK_TLS) { // a record of application data; its length is filled in later
            memcpy(octets, "\x17\3\3\0\0", RECORD_HEADER);
        } else if (kind == BULK_TEXT) {
            text_fill(octets);
        } else if (kind == BULK_QUIC) { // a short header
            octets[0] = 0x40 | (octets[0] & 0x1f);
        }
        sums_fill(&templates->kinds[kind]);
    }
}

uint32_t bulk_write(const struct bulk_templates *templates, enum bulk kind, unsigned count,
                    uint8_t *to)
{
    const struct bulk_template *template = &templates->kinds[kind];
    memcpy(to, template->octets, count);
    if (kind != BULK_TLS) {
        return template->sums[count / 2];
    }
    uint8_t length[4] = {0};
    octets_16(length + 1, (uint16_t)(count - RECORD_HEADER));
    memcpy(to + 3, length + 1, 2);
    return template->sums[count / 2] + frame_sum(length, 4);
}
