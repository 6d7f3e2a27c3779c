// SPDX-License-Identifier: Apache-2.0
// librdkafka's codes are coarse (a listener that expects TLS is "transport failure"), so the words
// of its reason decide too. The reason begins with the broker: "sasl_ssl://host:port/bootstrap: …".
#include "export/sink/kafka_trouble.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/base/clock.h"

#define PROPERTY "export.kafka.properties."

enum { SAY_EVERY_US = 60 * 1000000, US_PER_S = 1000000, BROKER_BYTES = 128 };

struct meaning {
    rd_kafka_resp_err_t code; // NO_ERROR: any
    const char *says;         // part of the reason; NULL: any
    enum sink_trouble kind;
    const char *advice;
};

#define ANY RD_KAFKA_RESP_ERR_NO_ERROR

// The first that fits.
static const struct meaning errors[] = {
    {RD_KAFKA_RESP_ERR__RESOLVE, "/bootstrap", SINK_TROUBLE_HOST_UNKNOWN,
     "the host is not known here; check the output's address and the name service"},
    {RD_KAFKA_RESP_ERR__RESOLVE, NULL, SINK_TROUBLE_HOST_UNKNOWN,
     "the host is not known here; that is how the broker calls itself: check its "
     "advertised.listeners and the name service"},
    {ANY, "connecting to a SSL listener", SINK_TROUBLE_TLS,
     "it closes a connection without TLS; check that " PROPERTY
     "security.protocol is what the listener speaks (ssl or sasl_ssl for TLS)"},
    {ANY, "PLAINTEXT broker listener", SINK_TROUBLE_TLS,
     "it does not answer in TLS; check that " PROPERTY
     "security.protocol is what the listener speaks (plaintext or sasl_plaintext without TLS)"},
    {ANY, "unexpected eof while reading", SINK_TROUBLE_TLS,
     "it hangs up on a TLS handshake; check that " PROPERTY
     "security.protocol is what the listener speaks (plaintext or sasl_plaintext without TLS)"},
    {ANY, "wrong version number", SINK_TROUBLE_TLS,
     "it does not answer in TLS; check that " PROPERTY
     "security.protocol is what the listener speaks (plaintext or sasl_plaintext without TLS)"},
    {ANY, "certificate verify failed", SINK_TROUBLE_TLS,
     "its certificate is not trusted; check " PROPERTY
     "ssl.ca.location, and that the certificate names the host of the output's address"},
    {ANY, "certificate required", SINK_TROUBLE_TLS,
     "it asks for a certificate; check " PROPERTY "ssl.certificate.location and ssl.key.location"},
    {ANY, "client SSL authentication", SINK_TROUBLE_TLS,
     "it asks for a certificate; check " PROPERTY "ssl.certificate.location and ssl.key.location"},
    {RD_KAFKA_RESP_ERR__SSL, NULL, SINK_TROUBLE_TLS,
     "no TLS connection; check " PROPERTY "ssl.… and security.protocol"},
    {ANY, "SSL handshake", SINK_TROUBLE_TLS,
     "no TLS connection; check " PROPERTY "ssl.… and security.protocol"},
    {ANY, "require SASL authentication", SINK_TROUBLE_AUTHENTICATION,
     "it closes a connection without a user; check " PROPERTY
     "security.protocol (sasl_ssl or sasl_plaintext for a user), sasl.mechanism and sasl.username"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, "not valid in current SASL state",
     SINK_TROUBLE_AUTHENTICATION,
     "it asks for no user; check that " PROPERTY
     "security.protocol is what the listener speaks (ssl or plaintext without a user)"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, "mechanism handshake failed", SINK_TROUBLE_AUTHENTICATION,
     "it does not offer this mechanism; check " PROPERTY "sasl.mechanism"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, "Disconnected", SINK_TROUBLE_AUTHENTICATION,
     "it closes the connection instead of asking for the user; check " PROPERTY
     "security.protocol and sasl.mechanism"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, NULL, SINK_TROUBLE_AUTHENTICATION,
     "it does not accept the user; check " PROPERTY
     "sasl.username and sasl.password, and that the broker knows the user for this sasl.mechanism"},
    {ANY, "APIVERSION_QUERY", SINK_TROUBLE_CONNECTION,
     "it does not answer as a Kafka broker; check the output's address and " PROPERTY
     "security.protocol"},
    {ANY, "request(s) timed out", SINK_TROUBLE_NO_ANSWER, "it is connected and does not answer"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, NULL, SINK_TROUBLE_CONNECTION,
     "no connection; check the output's address and that the broker runs"},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, SINK_TROUBLE_CONNECTION,
     "no connection; check the output's address and that the broker runs"},
    {ANY, NULL, SINK_TROUBLE_OTHER, "librdkafka has trouble with it"},
};

static const struct meaning reports[] = {
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, NULL, SINK_TROUBLE_AUTHORIZATION,
     "the user may not write to it, or make it where it is missing; allow Write (and Create) on "
     "the "
     "topic to the user of " PROPERTY "sasl.username"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, NULL, SINK_TROUBLE_AUTHORIZATION,
     "the user may not write with idempotence; allow IdempotentWrite on the cluster to the user "
     "of " PROPERTY "sasl.username"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, NULL, SINK_TROUBLE_REPLICAS,
     "too few of its replicas are in sync; check the brokers and the topic's min.insync.replicas"},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, NULL, SINK_TROUBLE_REPLICAS,
     "too few of its replicas are in sync; check the brokers and the topic's min.insync.replicas"},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, NULL, SINK_TROUBLE_NO_ANSWER,
     "not acknowledged in time; check the brokers and " PROPERTY "message.timeout.ms"},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, SINK_TROUBLE_NO_ANSWER,
     "not acknowledged in time; check the brokers"},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, NULL, SINK_TROUBLE_NO_ANSWER,
     "not acknowledged in time; check the brokers"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, NULL, SINK_TROUBLE_CONNECTION,
     "the connection broke; check that the broker runs"},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, NULL, SINK_TROUBLE_OTHER,
     "the broker cannot write; check its disks"},
    {ANY, NULL, SINK_TROUBLE_OTHER, "the broker refused a record"},
};

static const struct meaning *meaning_find(const struct meaning *meaning, rd_kafka_resp_err_t code,
                                          const char *reason)
{
    while ((meaning->code != ANY && meaning->code != code) ||
           (meaning->says != NULL && strstr(reason, meaning->says) == NULL)) {
        meaning++; // the last one fits everything
    }
    return meaning;
}

bool kafka_trouble_due(struct kafka_trouble *trouble, enum sink_trouble kind)
{
    counter_add(&trouble->sink->troubles[kind], 1);
    int64_t now_us = clock_monotonic_us();
    if (trouble->said_us[kind] != 0 && now_us - trouble->said_us[kind] < SAY_EVERY_US) {
        trouble->unsaid[kind]++;
        return false;
    }
    trouble->said_us[kind] = now_us;
    return true;
}

void kafka_trouble_note(struct kafka_trouble *trouble, enum sink_trouble kind, const char *format,
                        ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(trouble->reason, sizeof(trouble->reason), format, arguments);
    va_end(arguments);
    trouble->last = kind;
    trouble->noted = true;
    if (!kafka_trouble_due(trouble, kind)) {
        return;
    }
    trouble->spoken = true;
    if (trouble->unsaid[kind] > 0) {
        sink_complain(trouble->sink, SINK_COMPLAINT_TROUBLE, "%s (and %llu more since last told)",
                      trouble->reason, (unsigned long long)trouble->unsaid[kind]);
    } else {
        sink_complain(trouble->sink, SINK_COMPLAINT_TROUBLE, "%s", trouble->reason);
    }
    trouble->unsaid[kind] = 0;
}

// Takes "ssl://HOST:PORT/ID: " off the reason's beginning, as far as it is there; gives the rest,
// and HOST:PORT.
static const char *broker_split(const char *reason, char *broker)
{
    broker[0] = '\0';
    const char *end = strstr(reason, ": ");
    if (end == NULL || memchr(reason, ' ', end - reason) != NULL) {
        return reason;
    }
    const char *slash = strchr(reason, '/');
    const char *scheme = strstr(reason, "://");
    const char *host = reason;
    if (scheme != NULL && scheme < end) {
        host = scheme + 3;
        slash = strchr(host, '/');
    }
    if (slash == NULL || slash > end) {
        return reason;
    }
    snprintf(broker, BROKER_BYTES, "broker %.*s: ", (int)(slash - host), host);
    return end + 2;
}

// How many octets of the reason come before what tells of librdkafka's own state.
static int reason_length(const char *reason)
{
    const char *state = strstr(reason, " (after ");
    const char *secret = strstr(reason, "oauthbearer.config"); // and what follows quotes it
    state = secret != NULL ? secret : state;
    return (int)(state != NULL ? (size_t)(state - reason) : strlen(reason));
}

void kafka_trouble_error(struct kafka_trouble *trouble, rd_kafka_resp_err_t code,
                         const char *reason, bool waiting)
{
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        return; // tells less than what led to it
    }
    if (!waiting && strstr(reason, ": Disconnected (") != NULL &&
        strstr(reason, "in state UP") != NULL) {
        return; // a broker may close a connection that nobody uses
    }
    char broker[BROKER_BYTES];
    // What librdkafka suspects when a connection is closed is for one that has never been good.
    bool closed = trouble->worked && strstr(reason, "Disconnected") != NULL;
    const struct meaning *meaning =
        meaning_find(errors, closed ? RD_KAFKA_RESP_ERR__TRANSPORT : code, closed ? "" : reason);
    const char *rest = broker_split(reason, broker);
    kafka_trouble_note(trouble, meaning->kind, "%s%s (%.*s)", broker, meaning->advice,
                       reason_length(rest), rest);
}

void kafka_trouble_report(struct kafka_trouble *trouble, rd_kafka_resp_err_t code,
                          const char *topic)
{
    const char *reason = rd_kafka_err2str(code);
    const struct meaning *meaning = meaning_find(reports, code, reason);
    kafka_trouble_note(trouble, meaning->kind, "topic %s: %s (%s)", topic, meaning->advice, reason);
}

bool kafka_trouble_is_missing_topic(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

void kafka_trouble_over(struct kafka_trouble *trouble, int64_t stalled_us, uint64_t resent)
{
    if (trouble->spoken) {
        char twice[128] = "";
        if (resent > 0) {
            snprintf(twice, sizeof(twice), "; %llu were sent again and may be there twice",
                     (unsigned long long)resent);
        }
        sink_complain(trouble->sink, SINK_COMPLAINT_TROUBLE, "takes records again after %.1f s%s",
                      (double)stalled_us / US_PER_S, twice);
    }
    trouble->spoken = false;
    trouble->noted = false;
    trouble->worked = true;
    trouble->reason[0] = '\0';
}

bool kafka_trouble_is_refusal(const struct kafka_trouble *trouble)
{
    if (trouble->reason[0] == '\0') {
        return false;
    }
    switch (trouble->last) {
    case SINK_TROUBLE_HOST_UNKNOWN:
    case SINK_TROUBLE_CONNECTION:
    case SINK_TROUBLE_TLS:
    case SINK_TROUBLE_NO_ANSWER:
        return false;
    default:
        return true;
    }
}
