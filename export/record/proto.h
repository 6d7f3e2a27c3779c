// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_RECORD_PROTO_H
#define WEIR_RECORD_PROTO_H

#include <stdio.h>

// Writes docs/weir.proto: the messages that readers of the Protobuf encoding compile, from the
// tables that encoders use. Errors of the stream are left for the caller to find with ferror.
void record_proto_write(FILE *out);

#endif
