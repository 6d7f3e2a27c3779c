// SPDX-License-Identifier: Apache-2.0
// What XDP programs an interface has, others' included.
#ifndef WEIR_CAPTURE_XDP_ATTACHED_H
#define WEIR_CAPTURE_XDP_ATTACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The program that the kernel runs, a dispatcher of libxdp's perhaps; 0: none. Needs no right.
// Returns 0, or a negative errno.
int xdp_attached_id(unsigned interface, uint32_t *id);

// Takes off the weir_steer programs whose sensor is gone. Where something is attached it needs the
// rights that attaching takes, and CAP_SYS_ADMIN. Returns how many, or a negative errno.
int xdp_attached_clean(unsigned interface);

// Whether the program `id` is there, alone or in the dispatcher; writes the name of what the kernel
// runs, empty where there is nothing or it cannot be had. Needs CAP_SYS_ADMIN.
bool xdp_attached_has(unsigned interface, uint32_t id, char *name, size_t name_size);

#endif
