// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/af_xdp_watch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "dataplane/capture/xdp_attached.h"

// The queues end when they have given out what has come so far.
static void port_end(struct af_xdp_port *port, struct live *live, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void port_end(struct af_xdp_port *port, struct live *live, const char *format, ...)
{
    struct capture_loss loss = {.cause = "detached"};
    snprintf(loss.file, sizeof(loss.file), "%s", port->interface.name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(loss.detail, sizeof(loss.detail), format, arguments);
    va_end(arguments);
    live_tell(live, LIVE_ERROR, "%s: %s; nothing more is captured from it", loss.file, loss.detail);
    port->gone = true;
    for (unsigned i = 0; i < live->queue_count; i++) {
        struct af_xdp_queue *queue = (struct af_xdp_queue *)live->queues[i];
        if (queue->steer == &port->steer) {
            queue->loss = loss;
            atomic_store_explicit(&queue->gone, true, memory_order_release);
        }
    }
}

static void link_compare(struct af_xdp_port *port, struct live *live,
                         const struct interface_link *link)
{
    bool up = link->up && link->carrier;
    if (up != (port->link.up && port->link.carrier)) {
        live_tell(live, up ? LIVE_INFO : LIVE_WARNING, "%s: %s", port->interface.name,
                  up         ? "the link is up again"
                  : link->up ? "the link is down"
                             : "the interface was set down");
    }
    port->link = *link;
}

static void program_compare(struct af_xdp_port *port, struct live *live,
                            const struct xdp_keeper *keeper)
{
    uint32_t id;
    if (xdp_attached_id(port->interface.index, &id) != 0 || id == port->main_id) {
        return; // not to be had just now, or as it was
    }
    if (id == 0) {
        port_end(port, live, "someone took XDP program %u off", port->steer.id);
    } else if (keeper->fd >= 0 && !port->asked) {
        port->asked = true; // another dispatcher has us in it perhaps, and the name helps anyhow
        port->asked_id = id;
        xdp_keeper_ask(keeper, port->interface.index);
    } else if (keeper->fd < 0 && port->steer.alone) {
        port_end(port, live, "someone put XDP program %u in the place of %u", id, port->steer.id);
    }
}

// A queue that came later has no socket and no ring: the program passes its packets on.
static void queues_compare(struct af_xdp_port *port, struct live *live)
{
    unsigned total = interface_rx_queues(&port->interface);
    if (port->queue_count == port->queue_total && total > port->queue_total) {
        live_tell(live, LIVE_WARNING,
                  "%s has %u receive queues now, and had %u: what comes to the new ones is "
                  "neither captured nor counted; start weir again",
                  port->interface.name, total, port->queue_total);
        port->queue_total = total;
    }
}

void af_xdp_port_answered(struct af_xdp_port *port, struct live *live,
                          const struct xdp_keeper_answer *answer)
{
    port->asked = false;
    if (port->gone || answer->attached) {
        port->main_id = port->asked_id;
        return;
    }
    port_end(port, live, "someone put XDP program %u (%s) in the place of %u", port->asked_id,
             answer->name[0] != '\0' ? answer->name : "name unknown", port->steer.id);
}

void af_xdp_port_watch(struct af_xdp_port *port, struct live *live, const struct xdp_keeper *keeper)
{
    struct interface_link link;
    int code = port->gone ? -EAGAIN : interface_link_read(&port->interface, &link);
    if (code == -ENODEV) {
        port_end(port, live, "the interface is no longer there");
    } else if (code == 0) {
        link_compare(port, live, &link);
        queues_compare(port, live);
        program_compare(port, live, keeper);
    }
}

void af_xdp_port_unanswered(struct af_xdp_port *port)
{
    port->asked = false;
}
