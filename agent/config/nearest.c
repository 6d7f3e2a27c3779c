// SPDX-License-Identifier: Apache-2.0
#include "agent/config/nearest.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 63, DISTANCE_MAX = 3 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
static unsigned distance(const char *a, const char *b)
{
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    if (a_length > WORD_MAX || b_length > WORD_MAX) {
        return UINT_MAX;
    }
    unsigned cost[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_length; i++) {
        cost[i][0] = (unsigned)i;
    }
    for (size_t j = 0; j <= b_length; j++) {
        cost[0][j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        for (size_t j = 1; j <= b_length; j++) {
            unsigned replaced = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cost[i][j] = least(replaced, least(cost[i - 1][j], cost[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a_length][b_length];
}

static bool near_enough(const char *word, unsigned differing)
{
    return differing <= least((unsigned)strlen(word) / 3, DISTANCE_MAX);
}

static const char *after_last_dot(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? name : dot + 1;
}

struct nearest nearest_to(const char *word)
{
    return (struct nearest){.word = word, .distance = UINT_MAX};
}

void nearest_consider(struct nearest *nearest, const char *candidate)
{
    const char *last = after_last_dot(nearest->word);
    unsigned whole = distance(nearest->word, candidate);
    if (whole < nearest->distance &&
        (near_enough(nearest->word, whole) ||
         near_enough(last, distance(last, after_last_dot(candidate))))) {
        nearest->name = candidate;
        nearest->distance = whole;
    }
}
