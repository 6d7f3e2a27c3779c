// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/pace.h"

#include <math.h>

enum { RECENT_MIN = 15, RECENT_BLOCKS_MIN = 5 };

static const double PROBABILITY = 3e-8; // of one pane: some forty series of 86,400 a day
static const double BLOCK_PROBABILITY = 3e-7;

void pace_init(struct pace *pace, double distance_min, double panes_min)
{
    struct norm_options each = {panes_min - RECENT_MIN, distance_min, PROBABILITY};
    struct norm_options blocks = {2 * panes_min / PACE_BLOCK, distance_min, BLOCK_PROBABILITY};
    norm_init(&pace->each, &each);
    norm_init(&pace->blocks, &blocks);
    pace_gap(pace);
}

void pace_gap(struct pace *pace)
{
    recent_clear(&pace->recent);
    recent_clear(&pace->recent_blocks);
    pace->sum = 0;
    pace->count = 0;
}

double pace_expected(const struct pace *pace)
{
    return recent_median(&pace->recent);
}

static struct pace_verdict judge(struct norm *norm, struct recent *recent, unsigned recent_min,
                                 double time_s, double x)
{
    struct pace_verdict verdict = {.x = x, .expected = recent_median(recent)};
    if (recent->rows >= recent_min) {
        struct norm_verdict of = norm_judge(norm, time_s, verdict.expected, x);
        verdict.beyond = of.beyond;
        verdict.above = of.above;
        verdict.times = of.beyond ? exp2(fabs(x - of.limit)) : 0;
    }
    recent_add(recent, x);
    return verdict;
}

struct pace_verdict pace_feed(struct pace *pace, double time_s, double x)
{
    struct pace_verdict verdict = judge(&pace->each, &pace->recent, RECENT_MIN, time_s, x);
    verdict.panes = 1;
    pace->sum += exp2(x);
    if (++pace->count == PACE_BLOCK) {
        double mean = log2(pace->sum / PACE_BLOCK);
        struct pace_verdict block =
            judge(&pace->blocks, &pace->recent_blocks, RECENT_BLOCKS_MIN, time_s, mean);
        block.panes = PACE_BLOCK;
        verdict = block.times > verdict.times ? block : verdict;
        pace->sum = 0;
        pace->count = 0;
    }
    return verdict;
}
