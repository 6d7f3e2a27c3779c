// SPDX-License-Identifier: Apache-2.0
// Which sensor has what, told by names of UNIX sockets without a file (abstract ones). They belong
// to the network namespace, as interfaces do, and are gone with the process that bound them,
// however it ended.
#ifndef WEIR_CAPTURE_XDP_CLAIM_H
#define WEIR_CAPTURE_XDP_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

// Each returns a descriptor that keeps the claim until it is closed, or a negative errno,
// -EADDRINUSE where another process has it. None needs a right.
int xdp_claim_queue(unsigned interface, unsigned queue);
int xdp_claim_program(uint32_t id);

// While an interface is being opened: from the look at what is attached there until the own program
// is claimed. Waits up to ten seconds for others.
int xdp_claim_opening(unsigned interface);

// Whether a live process has claimed the program.
bool xdp_claim_program_taken(uint32_t id);

#endif
