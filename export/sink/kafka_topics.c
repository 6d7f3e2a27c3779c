// SPDX-License-Identifier: Apache-2.0
// A broker that makes topics by itself does so, with its own defaults, for whoever asks after one;
// and librdkafka asks as soon as it has a handle of a topic. So the topics are asked for by the
// Admin API first, and get their handles when the answer is in.
//
// Who may write to a topic that is there often may not make it, and the broker's refusal does not
// say whether it is there. So a refusal is kept, and told if the topic then turns out to be
// missing.
#include "export/sink/kafka_topics.h"

#include <errno.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/clock.h"

enum {
    REASON_BYTES = 256,
    NUMBER_BYTES = 32,
    ANSWER_MS = 10000,
    ASK_AGAIN_US = 2 * 1000000,
    US_PER_MS = 1000,
};

int kafka_topics_init(struct kafka_topics *topics, const struct sink_options *options,
                      struct error *err)
{
    *topics = (struct kafka_topics){.options = options->topic, .state = KAFKA_TOPICS_ASK};
    bool copied = true;
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        topics->names[i] =
            strdup(options->topics[i] != NULL ? options->topics[i] : record_topic_names[i]);
        copied = copied && topics->names[i] != NULL;
    }
    if (options->topic.compression != NULL) {
        topics->compression = strdup(options->topic.compression);
        copied = copied && topics->compression != NULL;
    }
    return copied ? 0 : error_set(err, -ENOMEM, "no memory for the names of topics");
}

// Both kinds of records may go to one topic.
static bool is_repeated(const struct kafka_topics *topics, size_t topic)
{
    for (size_t i = 0; i < topic; i++) {
        if (strcmp(topics->names[i], topics->names[topic]) == 0) {
            return true;
        }
    }
    return false;
}

static int embedded_create(const struct kafka_topics *topics, rd_kafka_mock_cluster_t *embedded,
                           struct error *err)
{
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!is_repeated(topics, i)) {
            code = rd_kafka_mock_topic_create(embedded, topics->names[i],
                                              (int)topics->options.partitions, 1);
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return error_set(err, -EINVAL, "topic '%s': %s", topics->names[i],
                             rd_kafka_err2str(code));
        }
    }
    return 0;
}

// From here on librdkafka asks the broker after the topics.
static int handles_create(struct kafka_topics *topics, rd_kafka_t *producer, struct error *err)
{
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        if (topics->handles[i] == NULL) {
            topics->handles[i] = rd_kafka_topic_new(producer, topics->names[i], NULL);
        }
        if (topics->handles[i] == NULL) {
            return error_set(err, -EINVAL, "topic '%s': %s", topics->names[i],
                             rd_kafka_err2str(rd_kafka_last_error()));
        }
    }
    topics->state = KAFKA_TOPICS_READY;
    return 0;
}

int kafka_topics_open(struct kafka_topics *topics, rd_kafka_t *producer, struct error *err)
{
    rd_kafka_mock_cluster_t *embedded = rd_kafka_handle_mock_cluster(producer);
    if (embedded != NULL) {
        topics->options.missing = SINK_TOPICS_EXPECT;
        int status = embedded_create(topics, embedded, err);
        if (status != 0) {
            return status;
        }
    }
    if (topics->options.missing == SINK_TOPICS_EXPECT || topics->state == KAFKA_TOPICS_READY) {
        return handles_create(topics, producer, err);
    }
    topics->state = KAFKA_TOPICS_ASK;
    return 0;
}

void kafka_topics_close(struct kafka_topics *topics)
{
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        if (topics->handles[i] != NULL) {
            rd_kafka_topic_destroy(topics->handles[i]);
            topics->handles[i] = NULL;
        }
    }
    if (topics->answers != NULL) {
        rd_kafka_queue_destroy(topics->answers);
        topics->answers = NULL;
    }
}

// NULL where librdkafka does not accept the name or a number.
static rd_kafka_NewTopic_t *wish_create(const struct kafka_topics *topics, const char *name,
                                        char *reason)
{
    const struct sink_topic_options *options = &topics->options;
    int partitions = options->partitions == 0 ? -1 : (int)options->partitions;
    int replication = options->replication == 0 ? -1 : (int)options->replication;
    rd_kafka_NewTopic_t *wish =
        rd_kafka_NewTopic_new(name, partitions, replication, reason, REASON_BYTES);
    if (wish == NULL) {
        return NULL;
    }
    if (options->retention_us > 0) {
        char number[NUMBER_BYTES];
        snprintf(number, sizeof(number), "%lld", (long long)(options->retention_us / US_PER_MS));
        rd_kafka_NewTopic_set_config(wish, "retention.ms", number);
    }
    if (topics->compression != NULL) {
        rd_kafka_NewTopic_set_config(wish, "compression.type", topics->compression);
    }
    return wish;
}

static void ask(struct kafka_topics *topics, rd_kafka_t *producer, struct kafka_trouble *trouble)
{
    char reason[REASON_BYTES] = "";
    rd_kafka_NewTopic_t *wishes[RECORD_TOPIC_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        wishes[count] =
            is_repeated(topics, i) ? NULL : wish_create(topics, topics->names[i], reason);
        count += wishes[count] != NULL;
    }
    if (reason[0] != '\0') {
        kafka_trouble_note(trouble, SINK_TROUBLE_OTHER,
                           "a topic cannot be made (%s); check export.topics.…", reason);
    }
    if (topics->answers == NULL) {
        topics->answers = rd_kafka_queue_new(producer);
    }
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, reason, sizeof(reason));
    rd_kafka_CreateTopics(producer, wishes, count, options, topics->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_NewTopic_destroy_array(wishes, count);
    topics->state = KAFKA_TOPICS_ASKED;
}

static const char *setting_of(rd_kafka_resp_err_t code)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
        return "check export.topics.replication and how many brokers run";
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
        return "check export.topics.partitions";
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
        return "check export.topics.retention and export.topics.compression";
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return "check the topic's name: export.topics.flow, export.topics.processed";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return "allow Create on the topic to the user of "
               "export.kafka.properties.sasl.username";
    default:
        return "check export.topics.partitions, .replication, .retention and .compression";
    }
}

static struct kafka_topic_refusal *refusal_find(struct kafka_topics *topics, const char *name)
{
    size_t topic = 0;
    while (topic + 1 < RECORD_TOPIC_COUNT && strcmp(topics->names[topic], name) != 0) {
        topic++;
    }
    return &topics->refusals[topic];
}

static void refusal_note(struct kafka_trouble *trouble, const struct kafka_topic_refusal *refusal,
                         const char *name)
{
    bool forbidden = refusal->code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                     refusal->code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    kafka_trouble_note(trouble, forbidden ? SINK_TROUBLE_AUTHORIZATION : SINK_TROUBLE_OTHER,
                       "topic %s does not exist and may not be made (%s); %s, or make it by hand",
                       name, refusal->reason, setting_of(refusal->code));
}

// Whether the answer settles the matter of this topic; else the broker is asked again.
static bool answer_read(struct kafka_topics *topics, const rd_kafka_topic_result_t *result,
                        struct kafka_trouble *trouble)
{
    const char *name = rd_kafka_topic_result_name(result);
    const char *reason = rd_kafka_topic_result_error_string(result);
    struct kafka_topic_refusal *refusal = refusal_find(topics, name);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(result);
    switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        refusal->code = RD_KAFKA_RESP_ERR_NO_ERROR;
        return true;
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
        return false;
    default:
        break;
    }
    refusal->code = code;
    snprintf(refusal->reason, sizeof(refusal->reason), "%s",
             reason != NULL ? reason : rd_kafka_err2str(code));
    if (code != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED &&
        code != RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
        refusal_note(trouble, refusal, name);
    }
    return true;
}

// Whether the matter of every topic is settled.
static bool answers_read(struct kafka_topics *topics, rd_kafka_event_t *event,
                         struct kafka_trouble *trouble)
{
    const rd_kafka_CreateTopics_result_t *results = rd_kafka_event_CreateTopics_result(event);
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR || results == NULL) {
        return false; // no broker to be asked; kafka_on_error tells why
    }
    size_t count;
    const rd_kafka_topic_result_t **each = rd_kafka_CreateTopics_result_topics(results, &count);
    bool settled = true;
    for (size_t i = 0; i < count; i++) {
        settled = answer_read(topics, each[i], trouble) && settled;
    }
    return settled;
}

void kafka_topics_serve(struct kafka_topics *topics, rd_kafka_t *producer,
                        struct kafka_trouble *trouble, int64_t now_us)
{
    if (topics->state == KAFKA_TOPICS_ASK && now_us >= topics->ask_us) {
        ask(topics, producer, trouble);
    }
    if (topics->state != KAFKA_TOPICS_ASKED) {
        return;
    }
    rd_kafka_event_t *event = rd_kafka_queue_poll(topics->answers, 0);
    if (event == NULL) {
        return;
    }
    bool settled = answers_read(topics, event, trouble);
    rd_kafka_event_destroy(event);
    struct error err;
    if (!settled) {
        topics->state = KAFKA_TOPICS_ASK;
    } else if (handles_create(topics, producer, &err) != 0) {
        kafka_trouble_note(trouble, SINK_TROUBLE_OTHER, "%s", err.text);
        topics->state = KAFKA_TOPICS_ASK;
    }
    topics->ask_us = now_us + ASK_AGAIN_US;
}

void kafka_topics_missing(struct kafka_topics *topics, enum record_topic topic, const char *broker,
                          struct kafka_trouble *trouble)
{
    const char *name = topics->names[topic];
    if (topics->options.missing == SINK_TOPICS_EXPECT) {
        kafka_trouble_note(trouble, SINK_TROUBLE_TOPIC_MISSING,
                           "topic %s does not exist on %s: make it, or set export.topics.create to "
                           "missing",
                           name, broker);
        return;
    }
    if (topics->refusals[topic].code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        refusal_note(trouble, &topics->refusals[topic], name);
    } else {
        kafka_trouble_note(trouble, SINK_TROUBLE_TOPIC_MISSING,
                           "topic %s does not exist on %s: it will be made", name, broker);
    }
    if (topics->state == KAFKA_TOPICS_READY) {
        topics->state = KAFKA_TOPICS_ASK;
    }
}

void kafka_topics_fini(struct kafka_topics *topics)
{
    kafka_topics_close(topics);
    for (size_t i = 0; i < RECORD_TOPIC_COUNT; i++) {
        free(topics->names[i]);
    }
    free(topics->compression);
}
