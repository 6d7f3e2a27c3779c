// SPDX-License-Identifier: Apache-2.0
// The model and all figures: P. Jurkiewicz, G. Rzym, P. Boryło, "Flow length and size distributions
// in campus Internet traffic", arXiv 1809.03486, Computer Communications 167 (2021), 15-30; fitted
// by its authors on 4 billion flows (275 TB) of NetFlow at the edge of AGH University's network,
// June 2015, and published at github.com/piotrjurkiewicz/flow-models, data/agh_2015/mixtures, in
// the files {tcp,udp}/length/{flows,packets,octets}.json.
//
// A flow there is one direction of a 5-tuple. Its length in packets is the whole part of a draw
// from the mixture `flows`, plus one: a component is uniform from 0 to n, or lognormal with a sigma
// and a scale (the median). The mixtures `packets` and `octets` say in which flows, by their
// length, packets and octets are, so that their quotient at a length is the mean size of a packet
// there.
#include "agent/generate/flow_model.h"

#include <stddef.h>

struct component {
    double weight;
    double sigma; // 0: uniform
    double scale;
};

struct mixture {
    double sum; // of what is distributed, in all flows
    struct component components[14];
};

static const struct mixture flows[] = {
    [FLOW_MODEL_TCP] = {2171291495,
                        {{0.058043754929076714, 0, 1},
                         {0.3105249919828018, 0, 2},
                         {0.05509731658732791, 0, 3},
                         {0.04775404343193455, 0, 4},
                         {0.005882528205165834, 0, 5},
                         {0.12529112884696628, 0, 6},
                         {0.20654328341287823, 0.5122381561489622, 7.9543319950074585},
                         {0.1218958369564864, 0.7507627341686453, 21.74157327774004},
                         {0.052507436335709035, 1.1085442272126311, 115.96889383386637},
                         {0.016459679311651095, 1.9932118957877463, 845.9121788017795}}},
    [FLOW_MODEL_UDP] = {1737523167,
                        {{0.5827340809061519, 0, 1},
                         {0.18722586716889525, 0, 2},
                         {0.09147052372747216, 0, 3},
                         {0.05622351865268365, 0, 4},
                         {0.029447542558586896, 0.48946755142877785, 9.674436486545002},
                         {0.04022783768479337, 0.26026467622698696, 4.8838363075201485},
                         {0.004722552787759103, 0.44942994700845956, 29.41090858057708},
                         {0.005631263608965612, 0.9247173397792914, 67.48121917707935},
                         {0.0018118271560744815, 1.0498087651873083, 594.4921878194859},
                         {0.00032077017026583367, 1.8547729167446296, 7892.503625889563},
                         {0.00015649931641790045, 1.1263636801013632, 19824.000189566883},
                         {2.756716956778995e-05, 0.40128970829397104, 90369.61088154344},
                         {1.4909236588009346e-07, 0.5733877781565124, 12757029.472787634}}},
};

static const struct mixture packets[] = {
    [FLOW_MODEL_TCP] = {264608398768,
                        {{0.003314106999833896, 0, 2},
                         {6.013523396795704e-10, 0, 3},
                         {0.003146634905134179, 0, 6},
                         {0.027932504515234154, 0.9545700860476148, 17.675326565099915},
                         {0.577076292381737, 2.840507837788255, 10810.683862254062},
                         {0.27234230800741915, 0.9060624216365498, 69254.18734698475},
                         {0.11618815257568235, 1.4971495459456274, 117536.41362290115}}},
    [FLOW_MODEL_UDP] = {50730510162,
                        {{0.015500700688304963, 0, 1},
                         {0.009435060248085889, 0, 2},
                         {0.0044931303724251555, 0, 3},
                         {0.005412185554566266, 0, 4},
                         {0.0016053021813832915, 0, 5},
                         {0.004636517537471412, 0, 6},
                         {0.002791076569731363, 0, 7},
                         {0.015132565651191227, 0.7973580036468034, 12.799911610401022},
                         {0.19438355109964933, 2.7929547227813876, 8347.465832961101},
                         {0.16859560786890865, 0.5811494223637251, 93439.76897592201},
                         {0.48811556105480514, 1.6416577840785012, 212658.10830944445},
                         {0.08989874117347661, 0.663786121253159, 16617548.048028754}}},
};

static const struct mixture octets[] = {
    [FLOW_MODEL_TCP] = {244338999568258,
                        {{2.5026115836964763e-05, 0, 1},
                         {0.00030848682168057884, 0, 2},
                         {0.02629300957158946, 1.4420675639316636, 60.96961570186466},
                         {0.4321437483202767, 2.391763848296885, 16292.10824934533},
                         {0.34651782224968797, 0.9126642203716411, 95464.19089587945},
                         {0.19471190692092794, 2.443090503208728, 99187.63657881475}}},
    [FLOW_MODEL_UDP] = {31098128445645,
                        {{0.004294347339716763, 0, 1},
                         {0.002828520769629071, 0, 2},
                         {0.001066971856100983, 0, 3},
                         {0.0017028778446197923, 0, 4},
                         {0.0004732752524306332, 0, 5},
                         {0.0011710470754648713, 0, 6},
                         {0.0008916773469929783, 0, 7},
                         {0.010034641229119045, 1.1076152185085193, 22.255938063768316},
                         {0.23044127725909141, 2.2868576715155426, 14556.169895186491},
                         {0.3148044616602549, 0.8072894441918375, 97378.62560656141},
                         {0.28726231322202045, 1.1282822360447493, 704887.045089726},
                         {0.1450285891445588, 0.550305719617275, 19017262.81445133}}},
};

static double component_cdf(const struct component *component, double x)
{
    if (x <= 0) {
        return 0;
    }
    if (component->sigma == 0) {
        return x < component->scale ? x / component->scale : 1;
    }
    return 0.5 * erfc(-log(x / component->scale) / (component->sigma * 1.4142135623730951));
}

static double mixture_cdf(const struct mixture *mixture, double x)
{
    double share = 0;
    double weights = 0; // near 1: the published ones are rounded
    for (const struct component *c = mixture->components; c->weight > 0; c++) {
        share += c->weight * component_cdf(c, x);
        weights += c->weight;
    }
    return share / weights;
}

double flow_model_cdf(enum flow_model model, double length)
{
    return mixture_cdf(&flows[model], length);
}

uint32_t flow_model_length(enum flow_model model, const struct flow_bounds *bounds,
                           struct draw *draw)
{
    const struct component *component = flows[model].components;
    double at = draw_unit(draw);
    while (at >= component->weight && component[1].weight > 0) {
        at -= component->weight;
        component++;
    }
    double drawn = component->sigma == 0
                       ? draw_unit(draw) * component->scale
                       : component->scale * exp(component->sigma * draw_normal(draw));
    double length = floor(drawn * bounds->scale) + 1;
    if (length < bounds->least) {
        return bounds->least;
    }
    return length > bounds->most ? bounds->most : (uint32_t)length;
}

double flow_model_mean(enum flow_model model, const struct flow_bounds *bounds)
{
    // A length is above n where the draw is n or more: the mean is the least length and the sum of
    // those shares. One by one at first, then in steps of a twentieth.
    double mean = bounds->least;
    double at = bounds->least;
    while (at < bounds->most) {
        double step = at < 200 ? 1 : floor(at / 20);
        if (at + step > bounds->most) {
            step = bounds->most - at;
        }
        double middle = at + (step - 1) / 2;
        mean += step * (1 - flow_model_cdf(model, middle / bounds->scale));
        at += step;
    }
    return mean;
}

double flow_model_packet_bytes(enum flow_model model, uint32_t length)
{
    double low = length < 1000 ? length - 1.0 : length * 0.995; // a span that has some of each
    double high = length < 1000 ? length : length * 1.005;
    double of_octets = mixture_cdf(&octets[model], high) - mixture_cdf(&octets[model], low);
    double of_packets = mixture_cdf(&packets[model], high) - mixture_cdf(&packets[model], low);
    double mean = of_octets * octets[model].sum / (of_packets * packets[model].sum);
    if (!(mean >= 64)) { // nor where both are nothing
        return 64;
    }
    return mean < 1500 ? mean : 1500;
}

// Where a length stands in the table.
static unsigned size_index(uint32_t length)
{
    if (length <= 256) {
        return length - 1;
    }
    unsigned octave = 31 - (unsigned)__builtin_clz(length); // 8 or more
    unsigned index = 256 + (octave - 8) * 16 + (length >> (octave - 4) & 15);
    return index < FLOW_SIZES ? index : FLOW_SIZES - 1;
}

void flow_sizes_init(struct flow_sizes *sizes)
{
    for (unsigned index = 0; index < FLOW_SIZES; index++) {
        unsigned above = index < 256 ? 0 : index - 256;
        uint32_t length = index < 256 ? index + 1 : (16 + above % 16) << (above / 16 + 4);
        for (int model = FLOW_MODEL_TCP; model <= FLOW_MODEL_UDP; model++) {
            sizes->bytes[model][index] =
                (uint16_t)flow_model_packet_bytes((enum flow_model)model, length);
        }
    }
}

uint16_t flow_sizes_get(const struct flow_sizes *sizes, enum flow_model model, uint32_t length)
{
    return sizes->bytes[model][size_index(length)];
}
