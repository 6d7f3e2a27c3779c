// SPDX-License-Identifier: Apache-2.0
// Setting up the sockets of AF_PACKET, with the rights that it takes.
#ifndef WEIR_CAPTURE_AF_PACKET_SOCKET_H
#define WEIR_CAPTURE_AF_PACKET_SOCKET_H

#include "dataplane/capture/af_packet_queue.h"
#include "dataplane/capture/live.h"

// Opens and binds one socket to queue->port with its ring. Nothing comes yet. Returns 0, or a
// negative errno with a message; then, too, *queue is to be given to af_packet_socket_close.
int af_packet_socket_open(struct af_packet_queue *queue, const struct live_options *options,
                          struct error *err);

// Makes the `count` sockets of one interface a group over which the kernel spreads its packets.
// Returns 0, or a negative errno with a message.
int af_packet_group(struct af_packet_queue *const *queues, unsigned count, struct error *err);

// Has packets come. Returns 0, or a negative errno with a message.
int af_packet_socket_start(struct af_packet_queue *queue, struct error *err);

// Whether the interface that the socket was bound to is gone. Any thread.
bool af_packet_socket_detached(const struct af_packet_queue *queue);

void af_packet_socket_close(struct af_packet_queue *queue);

#endif
