// SPDX-License-Identifier: Apache-2.0
#include "export/encode/encoder.h"

#include "export/encode/json.h"
#include "export/encode/protobuf.h"

struct encoder *encoder_create(enum encoding encoding, const char *sensor, uint64_t run,
                               struct error *err)
{
    return encoding == ENCODING_PROTOBUF ? protobuf_encoder_create(sensor, run, err)
                                         : json_encoder_create(sensor, run, err);
}
