// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "agent/generate/egress.h"
#include "agent/generate/frame.h"
#include "dataplane/capture/dpdk_send.h"

struct dpdk_port {
    struct egress egress;
    struct dpdk_send *send;
};

_Static_assert((int)DPDK_SEND_ROOM >= (int)FRAME_MAX, "room for any frame");

static struct dpdk_send *send_of(struct egress *egress)
{
    return ((struct dpdk_port *)egress)->send;
}

static uint8_t *room(struct egress *egress, struct error *err)
{
    return dpdk_send_room(send_of(egress), err);
}

static int put(struct egress *egress, unsigned length, int64_t time_us, struct error *err)
{
    (void)time_us;
    return dpdk_send_put(send_of(egress), length, err);
}

static int flush(struct egress *egress, struct error *err)
{
    return dpdk_send_flush(send_of(egress), err);
}

static void dpdk_port_close(struct egress *egress)
{
    dpdk_send_close(send_of(egress));
    free(egress);
}

static const struct egress_operations operations = {
    .room = room, .put = put, .flush = flush, .close = dpdk_port_close};

int egress_dpdk_open(struct egress **egress, const char *device, struct error *err)
{
    struct dpdk_port *port = calloc(1, sizeof(*port));
    if (port == NULL) {
        return error_set(err, -ENOMEM, "no memory");
    }
    port->egress = (struct egress){.operations = &operations, .is_live = true};
    int code = dpdk_send_open(&port->send, device, err);
    if (code != 0) {
        free(port);
        return code;
    }
    *egress = &port->egress;
    return 0;
}
