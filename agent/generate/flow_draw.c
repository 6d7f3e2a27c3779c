// SPDX-License-Identifier: Apache-2.0
#include "agent/generate/flow_draw.h"

enum {
    CALL_RTT_US = 20000,
    RTT_MEDIAN_US = 30000,
    RTT_MAX_US = 200000,
    LOCAL_FASTER = 30,   // times
    PORTS_FIRST = 49152, // of clients: below are some that dissectors take for a protocol's
    PORTS = 16384,
    SSDP_GROUP = (int)0xeffffffa,
};

// A half of the flows is everybody's alike, of the others the n-th host has an n-th: some are busy,
// and all are seen.
static uint32_t host_draw(struct draw *draw, uint32_t count)
{
    if (draw_bits(draw) >> 63 != 0) {
        return draw_below(draw, count);
    }
    uint32_t index = (uint32_t)exp(draw_unit(draw) * log(count + 1.0)) - 1;
    return index < count ? index : count - 1;
}

static void hosts_draw(struct flow *flow, const struct profile *profile, struct draw *draw)
{
    const struct protocol_row *row = &protocol_rows[flow->protocol];
    uint32_t inside = profile->addresses / 2;
    uint32_t outside = profile->addresses - inside;
    uint32_t index = host_draw(draw, inside);
    flow->host[CLIENT] = ADDRESS_INSIDE + index;
    if (row->is_group) {
        flow->host[SERVER] = (uint32_t)SSDP_GROUP;
    } else if (row->is_local) {
        uint32_t server = host_draw(draw, inside - 1);
        flow->host[SERVER] = ADDRESS_INSIDE + server + (server >= index);
    } else {
        flow->host[SERVER] = ADDRESS_OUTSIDE + host_draw(draw, outside);
    }
}

void flow_draw(struct flow *flow, enum protocol_id id, const struct profile *profile,
               const struct flow_bounds *bounds, const struct flow_sizes *sizes, struct draw *draw)
{
    const struct protocol_row *row = &protocol_rows[id];
    *flow = (struct flow){.protocol = (uint8_t)id, .id = (uint32_t)draw_bits(draw)};
    hosts_draw(flow, profile, draw);
    flow->is_v6 = !row->is_v4 && draw_unit(draw) < profile->ipv6_share;
    flow->port[CLIENT] = row->client_port != 0 ? row->client_port
                                               : (uint16_t)(PORTS_FIRST + draw_below(draw, PORTS));
    flow->port[SERVER] = row->port;
    flow->sequence[CLIENT] = (uint32_t)draw_bits(draw);
    flow->sequence[SERVER] = (uint32_t)draw_bits(draw);
    double rtt = RTT_MEDIAN_US * exp(0.7 * draw_normal(draw)) / (row->is_local ? LOCAL_FASTER : 1);
    flow->rtt_us = rtt < RTT_MAX_US ? (uint32_t)rtt + 100 : RTT_MAX_US;
    if (id == PROTOCOL_CALL) {
        flow->rtt_us = CALL_RTT_US;
        flow->length = 1;
        return;
    }
    enum flow_model model = protocol_model(row);
    flow->length = flow_model_length(model, bounds, draw);
    flow->mean_bytes = flow_sizes_get(sizes, model, flow->length);
}
