// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/busiest.h"

#include <stdbool.h>

static const double FADE = 1 - 1.0 / 600; // each pane
static const double MORE = 2;             // times as much takes a place over

void busiest_init(struct busiest *busiest)
{
    for (int i = 0; i < APPLICATION_MAX; i++) {
        busiest->weight[i] = 0;
    }
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        busiest->place[i] = BUSIEST_NONE;
    }
}

static double weight_at(const struct busiest *busiest, int place)
{
    uint16_t number = busiest->place[place];
    return number == BUSIEST_NONE ? 0 : busiest->weight[number];
}

static bool has_place(const struct busiest *busiest, uint16_t number)
{
    for (int i = 0; i < BUSIEST_PLACES; i++) {
        if (busiest->place[i] == number) {
            return true;
        }
    }
    return false;
}

int busiest_feed(struct busiest *busiest, const struct pane *pane)
{
    uint16_t best = BUSIEST_NONE; // of those without a place
    for (uint16_t number = 0; number < APPLICATION_MAX; number++) {
        double *weight = &busiest->weight[number];
        *weight = *weight * FADE + (double)pane->protocols[number].bytes;
        bool more = best == BUSIEST_NONE || *weight > busiest->weight[best];
        if (*weight > 0 && more && application_name(number) != NULL &&
            !has_place(busiest, number)) {
            best = number;
        }
    }
    int least = 0;
    for (int i = 1; i < BUSIEST_PLACES; i++) {
        least = weight_at(busiest, i) < weight_at(busiest, least) ? i : least;
    }
    if (best == BUSIEST_NONE || busiest->weight[best] <= MORE * weight_at(busiest, least)) {
        return -1;
    }
    busiest->place[least] = best;
    return least;
}
