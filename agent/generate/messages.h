// SPDX-License-Identifier: Apache-2.0
// The dialogues of the protocols, by the file that makes them.
#ifndef WEIR_GENERATE_MESSAGES_H
#define WEIR_GENERATE_MESSAGES_H

#include "agent/generate/protocol.h"

#define MESSAGES(name, opening, body, end)                                                         \
    {                                                                                              \
        name, opening, body, end                                                                   \
    }

extern const struct message messages_http[]; // body of 3
extern const struct message messages_soap[]; // body of 2
extern const struct message messages_ftp[];  // 5, 2, 2
extern const struct message messages_smtp[]; // 9, 1, 4
extern const struct message messages_sip[];  // body of 2
extern const struct message messages_call[]; // 5, 0, 2
extern const struct message messages_rtp[];  // body of 10
extern const struct message messages_ssdp[]; // body of 1
extern const struct message messages_tls[];  // 3, 2, 1
extern const struct message messages_ssh[];  // 8, 2, 0
extern const struct message messages_quic[]; // 4, 2, 0
extern const struct message messages_dns[];  // body of 2
extern const struct message messages_dhcp[]; // body of 2
extern const struct message messages_ntp[];  // body of 2
extern const struct message messages_snmp[]; // body of 2
extern const struct message messages_ldap[]; // 2, 3, 1
extern const struct message messages_ping[]; // body of 2

#endif
