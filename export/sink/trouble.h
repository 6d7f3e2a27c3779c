// SPDX-License-Identifier: Apache-2.0
// Why a broker does not take records. Troubles are counted and told to a person; they are no loss.
#ifndef WEIR_SINK_TROUBLE_H
#define WEIR_SINK_TROUBLE_H

enum sink_trouble {
    SINK_TROUBLE_HOST_UNKNOWN,   // the name of a broker's host does not resolve
    SINK_TROUBLE_CONNECTION,     // refused, closed or timed out
    SINK_TROUBLE_TLS,            // the handshake failed, or one end speaks TLS and the other not
    SINK_TROUBLE_AUTHENTICATION, // wrong user, password or mechanism
    SINK_TROUBLE_AUTHORIZATION,  // the user may not do it
    SINK_TROUBLE_TOPIC_MISSING,
    SINK_TROUBLE_RECORD_TOO_LARGE,
    SINK_TROUBLE_REPLICAS,  // too few replicas are in sync
    SINK_TROUBLE_NO_ANSWER, // connected, and nothing is acknowledged
    SINK_TROUBLE_OTHER,
    SINK_TROUBLE_COUNT,
};

// As in the summary.
extern const char *const sink_trouble_names[SINK_TROUBLE_COUNT];

#endif
