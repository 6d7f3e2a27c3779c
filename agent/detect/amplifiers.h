// SPDX-License-Identifier: Apache-2.0
// Services over UDP that are abused to answer more than they were asked, to somebody who did not
// ask.
#ifndef WEIR_DETECT_AMPLIFIERS_H
#define WEIR_DETECT_AMPLIFIERS_H

#include <stddef.h>
#include <stdint.h>

// The name of such a service by its port, or NULL. Any thread.
const char *amplifier_name(uint16_t port);

#endif
