// SPDX-License-Identifier: Apache-2.0
#include "export/sink/kafka_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_MAX = 65535, REASON_BYTES = 256 };

static const struct sink_property defaults[] = {
    {"client.id", "weir"},
    // No loss and no duplicate within a session, whatever fails on the way.
    {"enable.idempotence", "true"},
    {"acks", "all"},
    // A record is not given up for its age: while a broker answers, the queue only pushes back, and
    // the sink itself watches for one that does not.
    {"message.timeout.ms", "0"},
    // How soon a topic that is not there counts as missing; and how long a broker that is back may
    // wait to be noticed.
    {"topic.metadata.propagation.max.ms", "2000"},
    {"reconnect.backoff.max.ms", "1000"},
    // Long enough to fill batches at thousands of records a second, short for who watches.
    {"linger.ms", "20"},
    // What its queue may hold: 100000 flows with room to spare, and not as many answers of 1000
    // rows.
    {"queue.buffering.max.kbytes", "262144"},
    // How often it tells of itself, for the metrics; each time it looks at every partition.
    {"statistics.interval.ms", "5000"},
    // Measured into the embedded broker: lz4 halves the records a second. Set it where the network
    // or the broker's disk is the narrow place.
    {"compression.type", "none"},
};

// Whether `part` (HOST:PORT, with an IPv6 host in brackets) ends in the number of a port.
static bool broker_is_valid(const char *part, size_t length)
{
    const char *colon = memrchr(part, ':', length);
    if (colon == NULL || colon == part || part[length - 1] == ':') {
        return false;
    }
    unsigned long port = 0;
    for (const char *c = colon + 1; c < part + length; c++) {
        if (*c < '0' || *c > '9' || (port = port * 10 + (*c - '0')) > PORT_MAX) {
            return false;
        }
    }
    return port > 0;
}

static bool brokers_are_valid(const char *brokers)
{
    for (;;) {
        size_t length = strcspn(brokers, ",");
        if (!broker_is_valid(brokers, length)) {
            return false;
        }
        if (brokers[length] == '\0') {
            return true;
        }
        brokers += length + 1;
    }
}

// Whether nobody may read the value of the property, in whatever message.
static bool is_secret(const char *name)
{
    static const char *const parts[] = {"pass", "secret", "key", "pem", "oauth", "token", "jaas"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strcasestr(name, parts[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static int config_set(rd_kafka_conf_t *config, const struct sink_property *property,
                      struct error *err)
{
    char reason[REASON_BYTES];
    switch (rd_kafka_conf_set(config, property->name, property->value, reason, sizeof(reason))) {
    case RD_KAFKA_CONF_OK:
        return 0;
    case RD_KAFKA_CONF_UNKNOWN: // a slip of the name of a secret may be
        return error_set(err, -EINVAL, "export.kafka.properties.%s: No such configuration property",
                         property->name);
    default:
        if (is_secret(property->name)) { // the reason may hold the value
            return error_set(err, -EINVAL,
                             "export.kafka.properties.%s: librdkafka refuses its value",
                             property->name);
        }
        return error_set(err, -EINVAL, "export.kafka.properties.%s = '%s': %s", property->name,
                         property->value, reason);
    }
}

// What a record's "delivered" rests on, and where records go, is not left to properties.
static const struct fixed {
    const char *name;
    const char *only; // what it may be set to; NULL: nothing
    const char *why;
} fixed[] = {
    {"acks", "all", "a record is delivered when all replicas in sync have it"},
    {"request.required.acks", "all", "a record is delivered when all replicas in sync have it"},
    {"enable.idempotence", "true", "without it a record may be lost or come twice"},
    {"delivery.report.only.error", "false", "each record is accounted for"},
    {"test.mock.num.brokers", NULL, "-o kafka://embedded is the broker to try with"},
    {"bootstrap.servers", NULL, "the output's address says where the brokers are"},
    {"metadata.broker.list", NULL, "the output's address says where the brokers are"},
};

static int fixed_check(const struct sink_property *property, struct error *err)
{
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (strcmp(fixed[i].name, property->name) == 0 &&
            (fixed[i].only == NULL || strcmp(fixed[i].only, property->value) != 0)) {
            return error_set(
                err, -EINVAL, "export.kafka.properties.%s: expected %s; %s", property->name,
                fixed[i].only != NULL ? fixed[i].only : "it to be left alone", fixed[i].why);
        }
    }
    return 0;
}

rd_kafka_conf_t *kafka_config_create(const char *brokers, const struct sink_options *options,
                                     struct error *err)
{
    bool embedded = strcmp(brokers, KAFKA_EMBEDDED) == 0;
    if (!embedded && !brokers_are_valid(brokers)) {
        error_set(err, -EINVAL,
                  "sink 'kafka://%s': expected HOST:PORT[,HOST:PORT] or " KAFKA_EMBEDDED, brokers);
        return NULL;
    }
    struct sink_property target = {"bootstrap.servers", brokers};
    if (embedded) {
        target = (struct sink_property){"test.mock.num.brokers", "1"};
    }
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    int status = 0;
    if (options->topic.missing == SINK_TOPICS_CREATE) {
        // Else librdkafka would have a topic made the broker's way, before it is made ours.
        status =
            config_set(config, &(struct sink_property){"allow.auto.create.topics", "false"}, err);
    }
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]) && status == 0; i++) {
        status = config_set(config, &defaults[i], err);
    }
    for (size_t i = 0; i < options->property_count && status == 0; i++) {
        status = fixed_check(&options->properties[i], err);
        if (status == 0) {
            status = config_set(config, &options->properties[i], err);
        }
    }
    if (status != 0 || config_set(config, &target, err) != 0) {
        rd_kafka_conf_destroy(config);
        return NULL;
    }
    return config;
}
