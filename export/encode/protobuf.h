// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_ENCODE_PROTOBUF_H
#define WEIR_ENCODE_PROTOBUF_H

#include <stdint.h>

#include "dataplane/base/error.h"
#include "export/encode/encoder.h"

// An encoder to Protocol Buffers: one message weir.v1.Record of docs/weir.proto, without a length
// before it. `sensor` is copied; `run` is the first half of every record's id. NULL and a message
// when there is no memory or the name is too long. encoder_free frees it.
struct encoder *protobuf_encoder_create(const char *sensor, uint64_t run, struct error *err);

#endif
