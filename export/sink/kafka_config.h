// SPDX-License-Identifier: Apache-2.0
// How librdkafka is told what to do. For the files of the Kafka sink only: librdkafka's
// header stays there.
#ifndef WEIR_SINK_KAFKA_CONFIG_H
#define WEIR_SINK_KAFKA_CONFIG_H

#include <librdkafka/rdkafka.h>

#include "dataplane/base/error.h"
#include "export/sink/sink.h"

// The broker list that stands for librdkafka's own mock cluster.
#define KAFKA_EMBEDDED "embedded"

// A configuration for a producer to `brokers`: our defaults, over them `options->properties`. NULL
// and a message that names the property where librdkafka does not know it or its value, or where
// `brokers` is no list of HOST:PORT. The value of a property that may be a secret is in no message.
// rd_kafka_conf_destroy frees it.
rd_kafka_conf_t *kafka_config_create(const char *brokers, const struct sink_options *options,
                                     struct error *err);

#endif
