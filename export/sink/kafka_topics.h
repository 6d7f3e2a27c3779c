// SPDX-License-Identifier: Apache-2.0
// The topics that records go to: that they are there, and librdkafka's handles of them. One thread.
#ifndef WEIR_SINK_KAFKA_TOPICS_H
#define WEIR_SINK_KAFKA_TOPICS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/base/error.h"
#include "export/sink/kafka_trouble.h"
#include "export/sink/sink.h"

// ASK: the broker has to be asked to make the topics, at ask_us or later. ASKED: its answer is
// awaited. READY: the topics are there as far as can be known, and have handles. A topic that turns
// out to be missing leads from READY back to ASK, an answer that says "later" from ASKED to ASK.
enum kafka_topics_state { KAFKA_TOPICS_ASK, KAFKA_TOPICS_ASKED, KAFKA_TOPICS_READY };

// Why the broker would not make a topic.
struct kafka_topic_refusal {
    rd_kafka_resp_err_t code; // NO_ERROR: it has not refused
    char reason[128];
};

// `state`, `names` and `handles` (once READY) may be read.
struct kafka_topics {
    enum kafka_topics_state state;
    char *names[RECORD_TOPIC_COUNT];
    rd_kafka_topic_t *handles[RECORD_TOPIC_COUNT];
    struct sink_topic_options options;
    char *compression;
    rd_kafka_queue_t *answers;
    int64_t ask_us;
    struct kafka_topic_refusal refusals[RECORD_TOPIC_COUNT];
};

// Copies what it needs of the options. 0 or -ENOMEM. Pairs with kafka_topics_fini, also then.
int kafka_topics_init(struct kafka_topics *topics, const struct sink_options *options,
                      struct error *err);

// Begins with a producer, of which `embedded` is the broker if it has its own: the topics of that
// are made, others asked for where the options say so. 0 or -EINVAL. Pairs with kafka_topics_close.
int kafka_topics_open(struct kafka_topics *topics, rd_kafka_t *producer, struct error *err);

// Gives up all that is of the present producer.
void kafka_topics_close(struct kafka_topics *topics);

// Does what is to be done and can be done without waiting, until the topics are READY.
void kafka_topics_serve(struct kafka_topics *topics, rd_kafka_t *producer,
                        struct kafka_trouble *trouble, int64_t now_us);

// A record found no such topic: notes the trouble, and has the topic made where that is wanted.
// `broker` is the output's address.
void kafka_topics_missing(struct kafka_topics *topics, enum record_topic topic, const char *broker,
                          struct kafka_trouble *trouble);

void kafka_topics_fini(struct kafka_topics *topics);

#endif
