// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/detect/ordinary.h"

#include <math.h>

#include "agent/detect/contact.h"

enum {
    INSIDE = 0x0A000000,  // 10.0.0.0/8
    OUTSIDE = 0x17000000, // 23.0.0.0 and what follows
    SERVER = INSIDE + 80,
    RESOLVER = INSIDE + 53,
    GATEWAY = INSIDE + 1,
    CRAWLER = INSIDE + 500,
    MONITOR = INSIDE + 501,
    BACKUP = INSIDE + 600,
    HOUR_S = 3600,
    LATE_OF_100 = 6, // flows whose answer comes in the next second
};

// 0 .. count-1, low numbers far more often: popularity of hosts.
static uint32_t popular(struct ordinary *ordinary, uint32_t count)
{
    double even = (double)(random_next(&ordinary->random) >> 11) / 9007199254740992.0;
    return (uint32_t)(pow((double)count, even)) - 1;
}

static bool of_100(struct ordinary *ordinary, unsigned percent)
{
    return random_below(&ordinary->random, 100) < percent;
}

// A connection that is served, now or in a moment: the pane that begins it shows a SYN only, the
// same pane or the next one the rest.
static void connect(struct ordinary *ordinary, struct stage *stage, uint32_t source, uint32_t to,
                    uint16_t port)
{
    if (!of_100(ordinary, LATE_OF_100)) {
        stage_served(stage, source, to, port);
        return;
    }
    uint16_t from = (uint16_t)(32768 + random_below(&ordinary->random, 28000));
    struct play play = {.source = source,
                        .destination = to,
                        .source_port = from,
                        .port = port,
                        .sent = 1,
                        .flags = {PLAY_SYN, 0}};
    stage_play(stage, &play);
    play.goes_on = true;
    play.sent = play.got = 5;
    play.packets = 9;
    play.flags[0] = play.flags[1] = PLAY_SYN | PLAY_ACK;
    stage_play(stage, &play);
}

static void browse(struct ordinary *ordinary, struct stage *stage)
{
    uint64_t pages = random_below(&ordinary->random, 12);
    for (uint64_t page = 0; page < pages; page++) {
        uint32_t client = INSIDE + 1000 + popular(ordinary, 400);
        uint64_t flows = 1 + random_below(&ordinary->random, 20);
        for (uint64_t i = 0; i < flows; i++) {
            uint32_t server = OUTSIDE + popular(ordinary, 5000);
            if (of_100(ordinary, 2)) {
                stage_unanswered(stage, client, server, 443);
            } else {
                connect(ordinary, stage, client, server, 443);
            }
        }
    }
}

static void serve(struct ordinary *ordinary, struct stage *stage, double level)
{
    uint64_t flows = (uint64_t)(level * (double)(100 + random_below(&ordinary->random, 60)));
    for (uint64_t i = 0; i < flows; i++) {
        connect(ordinary, stage, OUTSIDE + 0x10000 + popular(ordinary, 20000), SERVER, 443);
    }
}

static void resolve(struct ordinary *ordinary, struct stage *stage, double level)
{
    uint64_t flows = (uint64_t)(level * (double)(150 + random_below(&ordinary->random, 60)));
    for (uint64_t i = 0; i < flows; i++) {
        stage_asked(stage, INSIDE + 4000 + popular(ordinary, 4000), RESOLVER, 53, true);
        if (of_100(ordinary, 30)) {
            uint32_t server = OUTSIDE + 0x20000 + popular(ordinary, 8000);
            bool answered = !of_100(ordinary, 4);
            struct play play = {.source = RESOLVER,
                                .destination = server,
                                .source_port = (uint16_t)(1024 + i),
                                .port = 53,
                                .protocol = PROTOCOL_UDP,
                                .sent = 1,
                                .got = answered,
                                .sent_bytes = 70,
                                .got_bytes = of_100(ordinary, 15) ? 1200 : 200};
            stage_play(stage, &play);
        }
    }
}

static void translate(struct ordinary *ordinary, struct stage *stage, double level)
{
    uint64_t flows = (uint64_t)(level * (double)(100 + random_below(&ordinary->random, 80)));
    for (uint64_t i = 0; i < flows; i++) {
        uint32_t server = OUTSIDE + 0x30000 + popular(ordinary, 30000);
        if (of_100(ordinary, 4)) {
            stage_unanswered(stage, GATEWAY, server, of_100(ordinary, 80) ? 443 : 80);
        } else {
            connect(ordinary, stage, GATEWAY, server, of_100(ordinary, 80) ? 443 : 80);
        }
    }
}

// For a third of each hour, with names that are gone.
static void crawl(struct ordinary *ordinary, struct stage *stage)
{
    for (unsigned i = 0; ordinary->second % HOUR_S < HOUR_S / 3 && i < 15; i++) {
        uint32_t server = OUTSIDE + 0x40000 + (uint32_t)random_below(&ordinary->random, 100000);
        if (of_100(ordinary, 10)) {
            stage_refused(stage, CRAWLER, server, 443);
        } else {
            connect(ordinary, stage, CRAWLER, server, 443);
        }
    }
}

// Three clients whose peers are mostly gone; some of those listen on the same port.
static void share(struct ordinary *ordinary, struct stage *stage)
{
    for (unsigned i = 0; i < 12; i++) {
        uint32_t client = INSIDE + 700 + i % 3;
        uint32_t peer = OUTSIDE + 0x100000 + (uint32_t)random_below(&ordinary->random, 200000);
        uint16_t any = (uint16_t)(1024 + random_below(&ordinary->random, 60000));
        uint16_t port = of_100(ordinary, 15) ? 6881 : any;
        if (of_100(ordinary, 50)) {
            stage_asked(stage, client, peer, port, of_100(ordinary, 45));
        } else if (of_100(ordinary, 60)) {
            stage_unanswered(stage, client, peer, port);
        } else {
            stage_served(stage, client, peer, port);
        }
    }
}

// One connection that fills the link for ten minutes of each hour, over TCP and over a tunnel in
// turns; its first packet was in another pane, or it is new after the active timeout.
static void back_up(struct ordinary *ordinary, struct stage *stage)
{
    uint32_t at = ordinary->second % HOUR_S;
    if (at < 1200 || at >= 1800) {
        return;
    }
    uint32_t so_far = (at - 1200 + 1) * 20000;
    bool tunnel = ordinary->second / HOUR_S % 2 == 1;
    stage_play(stage, &(struct play){.source = BACKUP,
                                     .destination = OUTSIDE + 7,
                                     .source_port = 40000,
                                     .port = tunnel ? 51820 : 22,
                                     .protocol = tunnel ? PROTOCOL_UDP : PROTOCOL_TCP,
                                     .goes_on = at != 1200,
                                     .sent = so_far,
                                     .got = so_far / 3,
                                     .packets = 20000 + 20000 / 3,
                                     .sent_bytes = 1400,
                                     .flags = {PLAY_SYN | PLAY_ACK, PLAY_SYN | PLAY_ACK}});
}

// Echoes, clocks, a stream that nobody answers, a traceroute, backscatter and probes from all over.
static void tick(struct ordinary *ordinary, struct stage *stage)
{
    for (uint32_t i = 0; i < 10; i++) {
        stage_play(stage, &(struct play){.source = MONITOR,
                                         .destination = INSIDE + 1000 + i,
                                         .protocol = PROTOCOL_ICMP,
                                         .goes_on = ordinary->second != 0,
                                         .sent = ordinary->second + 1,
                                         .got = ordinary->second + 1,
                                         .packets = 2});
        stage_asked(stage, INSIDE + 1000 + popular(ordinary, 400), OUTSIDE + 123 + i, 123, true);
    }
    if (ordinary->second % 60 == 5) { // who is heavy at times, and over which port, is known
        stage_served(stage, MONITOR, INSIDE + 1002, 22);
        stage_asked(stage, BACKUP, RESOLVER, 53, true);
        stage_asked(stage, BACKUP, OUTSIDE + 7, 51820, true);
    }
    stage_play(stage, &(struct play){.source = OUTSIDE + 9,
                                     .destination = INSIDE + 9,
                                     .source_port = 5004,
                                     .port = 5004,
                                     .protocol = PROTOCOL_UDP,
                                     .goes_on = ordinary->second != 0,
                                     .sent = 40 * (ordinary->second + 1),
                                     .packets = 40});
    for (uint16_t i = 0; ordinary->second % 600 == 77 && i < 60; i++) {
        stage_asked(stage, INSIDE + 1001, OUTSIDE + 99, (uint16_t)(33434 + i), false);
    }
    for (unsigned i = 0; i < 3; i++) {
        uint32_t any = 0x60000000 + (uint32_t)random_below(&ordinary->random, 0x10000000);
        uint32_t host = INSIDE + (uint32_t)random_below(&ordinary->random, 8000);
        stage_unanswered(stage, any, host, of_100(ordinary, 50) ? 23 : 445);
        stage_play(stage, &(struct play){.source = host,
                                         .destination = any + 1,
                                         .source_port = 4444,
                                         .port = 80,
                                         .got = 1,
                                         .flags = {0, PLAY_SYN | PLAY_ACK}});
    }
}

void ordinary_add(struct ordinary *ordinary, struct stage *stage)
{
    double level = 1 - 0.4 * cos(2 * M_PI * ordinary->second / (24.0 * HOUR_S));
    for (uint32_t i = 0; i < ordinary->scale; i++) {
        browse(ordinary, stage);
    }
    serve(ordinary, stage, level * ordinary->scale);
    resolve(ordinary, stage, level * ordinary->scale);
    translate(ordinary, stage, level * ordinary->scale);
    crawl(ordinary, stage);
    share(ordinary, stage);
    back_up(ordinary, stage);
    tick(ordinary, stage);
    ordinary->second++;
}

void ordinary_run(struct ordinary *ordinary, struct stage *stage, unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        ordinary_add(ordinary, stage);
        stage_close(stage);
    }
}
