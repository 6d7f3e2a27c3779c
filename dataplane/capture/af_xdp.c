// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "dataplane/capture/af_xdp_port.h"
#include "dataplane/capture/af_xdp_watch.h"
#include "dataplane/capture/xdp_keeper.h"

// Copies carry the time of their arrival, and wait in the ring until they are read.
enum { TAP_LAG_US = 20000 };

struct af_xdp {
    struct live live;
    struct af_xdp_port ports[LIVE_INTERFACES_MAX];
    unsigned port_count;
    struct xdp_keeper keeper;
    struct capture *queues[LIVE_QUEUES_MAX]; // each a struct af_xdp_queue
};

static void answers_take(struct af_xdp *xdp)
{
    struct xdp_keeper_answer answer;
    int code;
    while ((code = xdp_keeper_answer(&xdp->keeper, &answer)) > 0) {
        for (unsigned i = 0; i < xdp->port_count; i++) {
            if (xdp->ports[i].interface.index == answer.interface) {
                af_xdp_port_answered(&xdp->ports[i], &xdp->live, &answer);
            }
        }
    }
    if (code < 0) {
        xdp_keeper_stop(&xdp->keeper);
        for (unsigned i = 0; i < xdp->port_count; i++) {
            af_xdp_port_unanswered(&xdp->ports[i]);
        }
        live_tell(&xdp->live, LIVE_WARNING,
                  "weir-keeper (process %d) is gone: the XDP programs stay when weir ends, until "
                  "the next one starts",
                  (int)xdp->keeper.pid);
    }
}

static void watch(struct live *live)
{
    struct af_xdp *xdp = (struct af_xdp *)live;
    if (xdp->keeper.fd >= 0) {
        answers_take(xdp);
    }
    for (unsigned i = 0; i < xdp->port_count; i++) {
        af_xdp_port_watch(&xdp->ports[i], live, &xdp->keeper);
    }
}

// The keeper has the rights by now; without one the process itself has them still, or not.
static void programs_detach(struct af_xdp *xdp)
{
    bool kept = xdp_keeper_stop(&xdp->keeper);
    for (unsigned i = 0; i < xdp->port_count && !kept; i++) {
        xdp_steer_detach(&xdp->ports[i].steer);
    }
}

static void close_live(struct live *live)
{
    struct af_xdp *xdp = (struct af_xdp *)live;
    programs_detach(xdp);
    for (unsigned i = 0; i < live->queue_count; i++) {
        live->queues[i]->ops->close(live->queues[i]);
    }
    for (unsigned i = 0; i < xdp->port_count; i++) {
        af_xdp_port_close(&xdp->ports[i]);
    }
    notices_fini(&live->notices);
    free(xdp);
}

static const struct live_ops af_xdp_ops = {
    .name = "af_xdp",
    .watch = watch,
    .close = close_live,
};

static int ports_open(struct af_xdp *xdp, const struct live_options *options, struct error *err)
{
    unsigned queues = 0;
    for (size_t i = 0; i < options->interfaces.count; i++) {
        struct af_xdp_port *port = &xdp->ports[i];
        int code = af_xdp_port_open(port, options->interfaces.items[i], options, err);
        if (code != 0) {
            return code;
        }
        xdp->port_count++;
        for (size_t before = 0; code == 0 && before < i; before++) {
            code = interface_differs(&port->interface, &xdp->ports[before].interface, err);
        }
        if (code != 0) {
            return code;
        }
        queues += port->queue_count;
    }
    if (queues > LIVE_QUEUES_MAX) {
        return error_set(err, -EINVAL,
                         "%u receive queues to capture from; expected capture.queues to choose at "
                         "most %d",
                         queues, LIVE_QUEUES_MAX);
    }
    return 0;
}

// One seed for all: both directions of a flow may come in through different interfaces.
static int programs_attach(struct af_xdp *xdp, const struct live_options *options,
                           struct error *err)
{
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
        return error_set(err, -EIO, "no random number to be had for sampling");
    }
    for (unsigned i = 0; i < xdp->port_count; i++) {
        struct af_xdp_port *port = &xdp->ports[i];
        int code = af_xdp_port_attach(port, options, seed, &xdp->live, err);
        if (code != 0) {
            return code;
        }
        af_xdp_port_tell(port, &xdp->live);
    }
    return 0;
}

static int queue_open(struct af_xdp *xdp, const struct af_xdp_port *port, unsigned index,
                      const struct live_options *options, struct error *err)
{
    bool tap = options->xdp.mode == LIVE_XDP_TAP;
    unsigned number = port->queues[index];
    struct af_xdp_queue *queue = NULL;
    struct af_xdp_take_result how = {0};
    int code = tap ? af_xdp_tap_open(&queue, &port->steer, &port->interface, number, index == 0,
                                     options, err)
                   : af_xdp_take_open(&queue, &port->steer, &port->interface, number, index == 0,
                                      port->link.mtu, options, &how, err);
    if (code != 0) {
        return code;
    }
    xdp->live.queue_interface[xdp->live.queue_count] = (uint8_t)(port - xdp->ports);
    xdp->queues[xdp->live.queue_count++] = &queue->capture;
    if (index == 0) {
        const char *name = port->interface.name;
        live_tell(&xdp->live, LIVE_INFO, "%s: %u of %u receive queues; %s", name, port->queue_count,
                  port->queue_total,
                  tap             ? "the host still gets its packets, weir the beginning of each"
                  : how.zero_copy ? "their packets go into weir's memory and not to the host"
                                  : "their packets are copied for weir and do not go to the host");
        if (!tap && !how.pieces && port->link.mtu > AF_XDP_TAKE_MTU) {
            live_tell(&xdp->live, LIVE_WARNING,
                      "%s: this kernel drops frames of more than %d octets, as no_buffer (Linux "
                      "6.6 is the first that does not)",
                      name, AF_XDP_TAKE_MTU);
        }
    }
    return 0;
}

static int queues_open(struct af_xdp *xdp, const struct live_options *options, struct error *err)
{
    for (unsigned i = 0; i < xdp->port_count; i++) {
        struct af_xdp_port *port = &xdp->ports[i];
        for (unsigned queue = 0; queue < port->queue_count; queue++) {
            int code = queue_open(xdp, port, queue, options, err);
            if (code != 0) {
                return code;
            }
        }
    }
    return 0;
}

static int keeper_start(struct af_xdp *xdp, struct error *err)
{
    struct xdp_steer *steers[LIVE_INTERFACES_MAX];
    for (unsigned i = 0; i < xdp->port_count; i++) {
        steers[i] = &xdp->ports[i].steer;
    }
    return xdp_keeper_start(&xdp->keeper, steers, xdp->port_count, err);
}

int af_xdp_open(struct live **live, const struct live_options *options, struct error *err)
{
    struct af_xdp *xdp = calloc(1, sizeof(*xdp));
    if (xdp == NULL) {
        return error_set(err, -ENOMEM, "no memory for live capture");
    }
    xdp->live.ops = &af_xdp_ops;
    xdp->live.lag_us = options->xdp.mode == LIVE_XDP_TAP ? TAP_LAG_US : 0;
    xdp->keeper.fd = -1;
    xdp->live.queues = xdp->queues;
    notices_init(&xdp->live.notices);
    xdp_steer_prepare();
    int code = ports_open(xdp, options, err);
    if (code == 0) {
        code = programs_attach(xdp, options, err);
    }
    if (code == 0) {
        code = keeper_start(xdp, err);
    }
    if (code == 0) {
        code = queues_open(xdp, options, err);
    }
    if (code != 0) {
        close_live(&xdp->live);
        return code;
    }
    *live = &xdp->live;
    return 0;
}
