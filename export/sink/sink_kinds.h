// SPDX-License-Identifier: Apache-2.0
// What sink_open can open. For sink.c only.
#ifndef WEIR_SINK_SINK_KINDS_H
#define WEIR_SINK_SINK_KINDS_H

#include "export/sink/sink.h"

extern const struct sink_operations file_sink_operations;
extern const struct sink_operations null_sink_operations;
extern const struct sink_operations kafka_sink_operations;
extern const struct sink_operations spool_sink_operations; // opened for kafka: with a spool

#endif
