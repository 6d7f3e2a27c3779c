// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_ENCODE_JSON_H
#define WEIR_ENCODE_JSON_H

#include <stdint.h>

#include "dataplane/base/error.h"
#include "export/encode/encoder.h"

// An encoder to JSON: one object on one line without blanks or line feed, as docs/RECORDS.md
// describes. `sensor` is copied; `run` is the first half of every record's id. NULL and a message
// when there is no memory. encoder_free frees it.
struct encoder *json_encoder_create(const char *sensor, uint64_t run, struct error *err);

// The same without the id, for records that the exporter has not numbered.
struct encoder *json_encoder_create_plain(const char *sensor, struct error *err);

#endif
