// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/worker/scene.h"

#include "tests/unit/base/random.h"

enum { FLOWS = 300, FRAGMENTED_FLOWS = 6, TCP = 6, UDP = 17 };
enum { SYN = 2, FIN_ACK = 0x11, RST = 4, SYN_ACK = 0x12, ACK = 0x10 };

#define MS     INT64_C(1000)
#define SECOND SCENE_SECOND

static enum frame_kind kind_draw(struct random *random, enum scene_fragments fragments)
{
    uint64_t draw = random_below(random, 100);
    if (draw < 4) {
        return draw < 2 ? FRAME_ARP : FRAME_CUT;
    }
    if (fragments == SCENE_FRAGMENTED && draw < 16) {
        return draw < 9 ? FRAME_FRAGMENT_FIRST : FRAME_FRAGMENT_LATER;
    }
    return FRAME_PACKET;
}

void scene_draw(struct frame frames[SCENE_FRAMES], uint64_t seed, enum scene_fragments fragments)
{
    static const uint8_t flags[] = {SYN, SYN_ACK, ACK, ACK, ACK, ACK, ACK, ACK, FIN_ACK, RST};
    struct random random = {.state = seed};
    int64_t latest_us = SCENE_START_US;
    for (unsigned i = 0; i < SCENE_FRAMES; i++) {
        latest_us += (int64_t)random_below(&random, 12 * (uint64_t)MS);
        if (i % 1000 == 999) {
            latest_us += (int64_t)random_below(&random, 20 * (uint64_t)SECOND);
        }
        bool late = random_below(&random, 50) == 0;
        enum frame_kind kind = kind_draw(&random, fragments);
        bool fragment = kind == FRAME_FRAGMENT_FIRST || kind == FRAME_FRAGMENT_LATER;
        uint32_t flow = (uint32_t)random_below(&random, fragment ? FRAGMENTED_FLOWS : FLOWS);
        frame_make(
            &frames[i],
            &(struct frame_spec){
                .kind = kind,
                .time_us = latest_us - (late ? (int64_t)random_below(&random, 3 * SECOND) : 0),
                .flow = flow,
                .protocol = flow % 3 == 0 ? UDP : TCP,
                .direction = (uint8_t)random_below(&random, 2),
                .tcp_flags = flags[random_below(&random, sizeof(flags))],
                .identification = (uint16_t)random_below(&random, 3),
                .payload_bytes = (uint16_t)random_below(&random, 1400),
            });
    }
}

struct workers_options scene_options(unsigned count, struct memory_capture *source)
{
    memory_capture_init(source);
    return (struct workers_options){
        .count = count,
        .captures = source->list,
        .capture_count = 1,
        .reader = {.parse = {.vlan_in_key = true, .decap_tunnels = true},
                   .max_fragments = 64,
                   .fragment_timeout_us = SECOND,
                   .pane_us = SECOND,
                   .quiet_us = 3 * SECOND,
                   .pages = MEMORY_PAGES_NEVER},
        .tally = {.flow = {.max_flows = 4096,
                           .max_rare = 16,
                           .idle_timeout_us = 2 * SECOND,
                           .active_timeout_us = 6 * SECOND,
                           .tcp_linger_us = SECOND / 2,
                           .pages = MEMORY_PAGES_NEVER},
                  .window = {.max_hosts = 1024, .pages = MEMORY_PAGES_NEVER},
                  .messages = 1024,
                  .activities = 1024},
    };
}

void scene_run_plainly(struct outcome *outcome, const struct frame frames[SCENE_FRAMES])
{
    struct memory_capture source = {
        .frames = frames, .count = SCENE_FRAMES, .burst_max = CAPTURE_BURST_MAX};
    struct workers_options options = scene_options(1, &source);
    outcome_run(outcome, &options, &(struct outcome_consumer){0});
}
