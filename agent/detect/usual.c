// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/usual.h"

#include <math.h>

// The same for all sites: how many times what is usual is too much; how much of what the largest
// one of a link shows is usual for others of which something is known, too.
static const double TOO_MUCH = 2.5;
static const double OF_LINK = 0.5;
static const double GROWTH = 1.25;     // at most, in a block
static const double MEMORY_S = 172800; // of what does not come any more
static const double FORGOTTEN = 1e-3;

double usual_now(const struct usual *usual)
{
    return (double)(usual->level > 0 ? usual->level : usual->most);
}

double usual_limit(const struct usual *own, bool known, const struct usual *link, double least)
{
    // Not of the block under way, or an attack that grows would be what is usual.
    double of_link = (double)link->level * (known ? OF_LINK : 1);
    return fmax(TOO_MUCH * fmax((double)own->level, of_link), least);
}

void usual_see(struct usual *usual, double value, double limit)
{
    float seen = (float)fmin(value, limit);
    usual->most = usual->most < seen ? seen : usual->most;
}

void usual_settle(struct usual *usual, unsigned blocks)
{
    double level = (double)usual->level;
    double most = (double)usual->most;
    if (blocks == 0) {
        return;
    }
    if (level <= 0) {
        level = most;
    } else if (most > level) {
        level = fmin(most, level * GROWTH);
    } else {
        level = most + (level - most) * exp(-USUAL_BLOCK_S / MEMORY_S);
    }
    level *= exp(-USUAL_BLOCK_S * (double)(blocks - 1) / MEMORY_S);
    usual->level = level > FORGOTTEN ? (float)level : 0;
    usual->most = 0;
}
