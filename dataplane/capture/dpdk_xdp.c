// SPDX-License-Identifier: Apache-2.0
// net_af_xdp attaches its XDP program for good: whoever ends without rights, or is killed, leaves
// it on the interface. We put it there again by a link, which the kernel takes away with the last
// descriptor of it.
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "dataplane/capture/dpdk.h"

static uint32_t attached(const struct dpdk_beneath *beneath, uint32_t *flags)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    if (bpf_xdp_query((int)beneath->interface.index, 0, &query) != 0) {
        return 0;
    }
    *flags = query.attach_mode == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
    return query.prog_id;
}

void dpdk_xdp_begin(struct dpdk_beneath *beneath)
{
    uint32_t flags;
    beneath->link = -1;
    beneath->shared = attached(beneath, &flags) != 0;
}

// Where the link cannot be had the program is put back as the driver had it.
bool dpdk_xdp_own(struct dpdk_beneath *beneath)
{
    uint32_t flags = 0;
    uint32_t id = beneath->shared ? 0 : attached(beneath, &flags);
    if (id == 0) {
        return true;
    }
    int index = (int)beneath->interface.index;
    int program = bpf_prog_get_fd_by_id(id);
    if (program < 0) {
        return false;
    }
    if (bpf_xdp_detach(index, flags, NULL) == 0) {
        LIBBPF_OPTS(bpf_link_create_opts, link, .flags = flags);
        beneath->link = bpf_link_create(program, index, BPF_XDP, &link);
        if (beneath->link < 0) {
            (void)bpf_xdp_attach(index, program, flags, NULL);
        }
    }
    close(program);
    return beneath->link >= 0;
}

void dpdk_xdp_end(struct dpdk_beneath *beneath)
{
    if (beneath->link >= 0) {
        close(beneath->link);
    }
}
