// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/rates.h"

#include <errno.h>

enum {
    HALVINGS = 40,
    SCALE_MAX = 10000,
    FASTEST = 20, // packets a second of one flow, in one direction, among many
};

// With lengths times `scale` and at most `most`; returns all flows a second.
static double fill(const struct profile *profile, double scale, double most,
                   struct rate rates[PROTOCOL_COUNT])
{
    double shares = 0;
    double flows = 0;
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        shares += profile->shares[id];
    }
    // A flow that cannot be over in time would take the place of many that can.
    most = fmin(most, fmax(FASTEST * 1e-6 * (double)profile->duration_us, 1));
    for (int id = 0; id < PROTOCOL_COUNT; id++) {
        const struct protocol_row *row = &protocol_rows[id];
        struct rate *rate = &rates[id];
        rate->packets = profile->packets_per_second * profile->shares[id] / shares;
        rate->bounds = (struct flow_bounds){scale, row->least, row->most};
        if (most < row->most) {
            rate->bounds.most = most > row->least ? (uint32_t)most : row->least;
        }
        rate->flows = 0;
        if (rate->packets > 0) {
            double length = flow_model_mean(protocol_model(row), &rate->bounds);
            rate->flows = rate->packets / (length * row->both + row->fixed);
        }
        flows += id == PROTOCOL_RTP ? 2 * rate->flows : rate->flows; // and its call
    }
    return flows;
}

int rates_fill(const struct profile *profile, struct rate rates[PROTOCOL_COUNT], struct error *err)
{
    double wanted = profile->flows_per_second;
    double natural = fill(profile, 1, FLOW_MODEL_LENGTH_MAX, rates);
    if (wanted == 0) {
        return 0;
    }
    bool longer = wanted < natural;
    double low = 0; // powers of e: of the scale where flows are to be longer, else of the most
    double high = longer ? log(SCALE_MAX) : log(FLOW_MODEL_LENGTH_MAX);
    double least = fill(profile, SCALE_MAX, FLOW_MODEL_LENGTH_MAX, rates);
    double most = fill(profile, 1, 1, rates);
    if (wanted < least || wanted > most) {
        return error_set(err, -EINVAL,
                         "flows_per_second: with these protocols, %g packets a second make from "
                         "%.4g to %.4g flows a second; got %g",
                         profile->packets_per_second, least, most, wanted);
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = exp((low + high) / 2);
        double flows = longer ? fill(profile, middle, FLOW_MODEL_LENGTH_MAX, rates)
                              : fill(profile, 1, middle, rates);
        *(flows > wanted ? &low : &high) = log(middle);
    }
    return 0;
}
