// SPDX-License-Identifier: Apache-2.0
// How a reply travels: its headers, its body as libmicrohttpd asks for it. Server's thread.
#ifndef WEIR_CONTROL_RESPONSE_H
#define WEIR_CONTROL_RESPONSE_H

#include <microhttpd.h>

#include "agent/control/state.h"

// Queues the reply on the connection; its page goes with it.
enum MHD_Result response_send(struct control *control, struct MHD_Connection *connection,
                              struct reply *reply);

#endif
