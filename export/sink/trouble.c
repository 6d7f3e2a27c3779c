// SPDX-License-Identifier: Apache-2.0
#include "export/sink/trouble.h"

const char *const sink_trouble_names[SINK_TROUBLE_COUNT] = {
    [SINK_TROUBLE_HOST_UNKNOWN] = "host_unknown",
    [SINK_TROUBLE_CONNECTION] = "connection_failed",
    [SINK_TROUBLE_TLS] = "tls_failed",
    [SINK_TROUBLE_AUTHENTICATION] = "authentication_failed",
    [SINK_TROUBLE_AUTHORIZATION] = "not_authorized",
    [SINK_TROUBLE_TOPIC_MISSING] = "topic_missing",
    [SINK_TROUBLE_RECORD_TOO_LARGE] = "record_too_large",
    [SINK_TROUBLE_REPLICAS] = "too_few_replicas",
    [SINK_TROUBLE_NO_ANSWER] = "no_answer",
    [SINK_TROUBLE_OTHER] = "other",
};
