// SPDX-License-Identifier: Apache-2.0
#include "export/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COMMUNITY_ID_CHARACTERS = 30 };

int batch_init(struct batch *batch, enum encoding encoding, const char *sensor, uint64_t run,
               struct error *err)
{
    batch_clear(batch);
    batch->encoder = encoder_create(encoding, sensor, run, err);
    if (batch->encoder == NULL) {
        return -EINVAL;
    }
    batch->sensor = strdup(sensor);
    batch->text = malloc(BATCH_TEXT_BYTES);
    if (batch->sensor == NULL || batch->text == NULL) {
        return error_set(err, -ENOMEM, "no memory to encode records");
    }
    memset(batch->text, 0, BATCH_TEXT_BYTES); // touched now, not with the first records
    return 0;
}

void batch_fini(struct batch *batch)
{
    encoder_free(batch->encoder);
    free(batch->text);
    free(batch->sensor);
}

int batch_add(struct batch *batch, const struct record *record, uint64_t name)
{
    if (batch->count == BATCH_RECORDS) {
        return -EAGAIN;
    }
    char *value = batch->text + batch->text_bytes;
    ssize_t bytes =
        encoder_encode(batch->encoder, record, value, BATCH_TEXT_BYTES - batch->text_bytes - 1);
    if (bytes < 0) {
        return batch->count > 0 ? -EAGAIN : -EMSGSIZE;
    }
    value[bytes] = '\n';
    bool identified = record->type == RECORD_FLOW && record_knows(record, RECORD_FLOW_COMMUNITY_ID);
    batch->messages[batch->count] = (struct sink_message){
        .sequence = name,
        .value = value,
        .value_bytes = (uint32_t)bytes,
        .key = identified ? record->flow.community_id : batch->sensor,
        .key_bytes = identified ? COMMUNITY_ID_CHARACTERS : (uint32_t)strlen(batch->sensor),
        .topic = record_types[record->type].topic,
    };
    batch->count++;
    batch->text_bytes += bytes + 1;
    return 0;
}
