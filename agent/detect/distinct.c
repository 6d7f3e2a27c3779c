// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/distinct.h"

#include <string.h>

#include "dataplane/sketch/hyperloglog.h"

void distinct_add(struct distinct *distinct, uint8_t registers[DISTINCT_REGISTERS], uint64_t hash,
                  uint32_t now, uint32_t length)
{
    if (distinct->begin == 0 || now - distinct->begin >= length) {
        double before = 0;
        if (distinct->begin != 0 && now - distinct->begin < 2 * length) {
            before = hyperloglog_count(registers, DISTINCT_PRECISION);
        }
        distinct->before = (float)before;
        // As if the windows stood side by side even where nothing came for a while.
        distinct->begin = before > 0 ? distinct->begin + length : now;
        memset(registers, 0, DISTINCT_REGISTERS);
    }
    hyperloglog_add(registers, DISTINCT_PRECISION, hash);
}

double distinct_count(const struct distinct *distinct, const uint8_t registers[DISTINCT_REGISTERS],
                      uint32_t now, uint32_t length)
{
    uint32_t age = now - distinct->begin;
    if (distinct->begin == 0 || age >= 2 * length) {
        return 0;
    }
    double count = hyperloglog_count(registers, DISTINCT_PRECISION);
    if (age >= length) { // it is the window before by now
        return count * (2.0 - (double)age / length);
    }
    return count + (double)distinct->before * (1.0 - (double)age / length);
}
