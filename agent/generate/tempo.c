// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/tempo.h"

double tempo_factor(const struct profile *profile, enum protocol_id id, int64_t at_us)
{
    double factor = 1;
    if (profile->rhythm > 0) { // most at three in the afternoon, if a day has 24 hours
        double day = (double)(at_us % profile->day_us) / (double)profile->day_us;
        factor -= profile->rhythm * cos(6.283185307179586 * (day - 3.0 / 24));
    }
    for (unsigned i = 0; i < profile->order_count; i++) {
        const struct order *order = &profile->orders[i];
        int64_t since_us = at_us - profile->start_us;
        bool holds = since_us >= order->begin_us && since_us < order->end_us &&
                     (order->protocol < 0 || order->protocol == (int)id);
        if (holds && order->kind == ORDER_SPIKE) {
            factor *= order->strength;
        } else if (holds && order->kind == ORDER_DROP) {
            factor *= 1 - order->strength;
        }
    }
    return factor;
}

bool tempo_is_silent(const struct profile *profile, int64_t at_us)
{
    for (unsigned i = 0; i < profile->order_count; i++) {
        const struct order *order = &profile->orders[i];
        int64_t since_us = at_us - profile->start_us;
        if (order->kind == ORDER_SILENCE && since_us >= order->begin_us &&
            since_us < order->end_us) {
            return true;
        }
    }
    return false;
}
