// SPDX-License-Identifier: Apache-2.0
#include "export/record/flow.h"

static const char *const record_end_names[RECORD_END_COUNT + 1] = {
    [RECORD_END_IDLE] = "idle",       [RECORD_END_ACTIVE] = "active",
    [RECORD_END_FIN] = "fin",         [RECORD_END_RST] = "rst",
    [RECORD_END_EVICTED] = "evicted", [RECORD_END_SHUTDOWN] = "shutdown",
};

static const char *const record_tunnel_names[RECORD_TUNNEL_COUNT + 1] = {
    [RECORD_TUNNEL_VXLAN] = "vxlan",   [RECORD_TUNNEL_GENEVE] = "geneve",
    [RECORD_TUNNEL_GTPU] = "gtpu",     [RECORD_TUNNEL_GRE] = "gre",
    [RECORD_TUNNEL_ERSPAN] = "erspan", [RECORD_TUNNEL_IPIP] = "ipip",
    [RECORD_TUNNEL_6IN4] = "6in4",     [RECORD_TUNNEL_TEREDO] = "teredo",
    [RECORD_TUNNEL_L2TP] = "l2tp",     [RECORD_TUNNEL_CAPWAP] = "capwap",
};

#define FLOW_FIELD_ROW(id, ...) [RECORD_FLOW_##id] = FIELD_ROW(struct record_flow, __VA_ARGS__),
static const struct field flow_fields[] = {RECORD_FLOW_FIELDS(FLOW_FIELD_ROW)};

const struct field_table record_flow_table = {
    .name = "Flow",
    .fields = flow_fields,
    .count = RECORD_FLOW_FIELD_COUNT,
    .bytes = sizeof(struct record_flow),
};
