// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/pace.h"

#include <math.h>

enum { RECENT_MIN = 15, RECENT_BLOCKS_MIN = 5, BLOCKS_MIN = 3 };
// An event of ten to thirty panes is not to be learned in parts while it begins.
enum { PANES_WAITING = 10, BLOCKS_WAITING = 3 };

static const double PROBABILITY = 3e-8; // of one pane: some forty series of 86,400 a day
static const double BLOCK_PROBABILITY = 3e-7;

void pace_init(struct pace *pace, double distance_min, double panes_min)
{
    double rows = panes_min - RECENT_MIN - PANES_WAITING;
    double block_rows = BLOCKS_MIN + 2 * (panes_min - PACE_ROWS_MIN) / PACE_BLOCK;
    struct norm_options each = {rows, distance_min, PROBABILITY, PANES_WAITING};
    struct norm_options blocks = {block_rows, distance_min, BLOCK_PROBABILITY, BLOCKS_WAITING};
    norm_init(&pace->each, &each);
    norm_init(&pace->blocks, &blocks);
    pace_gap(pace);
}

void pace_gap(struct pace *pace)
{
    recent_clear(&pace->recent);
    recent_clear(&pace->recent_blocks);
    pace->count = 0;
    pace->strange = false;
}

double pace_expected(const struct pace *pace)
{
    return recent_median(&pace->recent);
}

static struct pace_verdict verdict_of(struct norm_verdict of, double x, double expected,
                                      unsigned panes)
{
    return (struct pace_verdict){
        .beyond = of.beyond,
        .above = of.above,
        .times = of.beyond ? exp2(fabs(x - of.limit)) : 0,
        .x = x,
        .expected = expected,
        .panes = panes,
        .chance = panes > 1 && !of.above ? of.chance : 1,
    };
}

static struct pace_verdict pane_judge(struct pace *pace, double time_s, double x)
{
    struct norm_verdict of = {0};
    double expected = recent_median(&pace->recent);
    if (pace->recent.rows >= RECENT_MIN) {
        of = norm_judge(&pace->each, time_s, expected, x);
    }
    recent_add(&pace->recent, x);
    return verdict_of(of, x, expected, 1);
}

// The last ten panes are judged at each pane, but learned only where a block ends: what overlaps
// would be learned ten times.
static struct pace_verdict block_judge(struct pace *pace, double time_s, double x)
{
    pace->last[pace->count++ % PACE_BLOCK] = exp2(x);
    if (pace->count < PACE_BLOCK) {
        return (struct pace_verdict){.chance = 1};
    }
    double sum = 0;
    for (unsigned i = 0; i < PACE_BLOCK; i++) {
        sum += pace->last[i];
    }
    double mean = log2(sum / PACE_BLOCK);
    struct norm_verdict of = {.chance = 1};
    double expected = recent_median(&pace->recent_blocks);
    bool known = pace->recent_blocks.rows >= RECENT_BLOCKS_MIN;
    if (known) {
        of = norm_look(&pace->blocks, time_s, expected, mean);
        pace->strange = pace->strange || of.beyond;
    }
    if (pace->count % PACE_BLOCK == 0) {
        if (known) {
            norm_learn(&pace->blocks, time_s, expected, mean, !pace->strange);
        }
        recent_add(&pace->recent_blocks, mean);
        pace->strange = false;
    }
    return verdict_of(of, mean, expected, PACE_BLOCK);
}

struct pace_verdict pace_feed(struct pace *pace, double time_s, double x)
{
    struct pace_verdict pane = pane_judge(pace, time_s, x);
    struct pace_verdict block = block_judge(pace, time_s, x);
    struct pace_verdict verdict = block.times > pane.times ? block : pane;
    verdict.chance = block.chance;
    verdict.ten = block.x;
    verdict.of_ten = block.expected;
    return verdict;
}

void pace_strange(struct pace *pace)
{
    pace->strange = true;
}
