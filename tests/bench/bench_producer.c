// SPDX-License-Identifier: Apache-2.0
// What Kafka takes at best: bench_producer FILE RECORDS [NAME=VALUE...]
// Holds the lines of an NDJSON file in memory and produces them, round robin, into the topic
// "bench" of librdkafka's mock cluster, or of a real one (test.mock.num.brokers=0
// bootstrap.servers=…): a plain loop around rd_kafka_produce, idempotent, acks=all, one poll for
// 256 records. The key of a line is its "community_id", found beforehand. NAME=VALUE are further
// properties of librdkafka. Prints one line of JSON.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTITIONS = 4, POLL_EVERY = 256, FULL_WAIT_MS = 10, FLUSH_MS = 60000, ID_CHARACTERS = 30 };

static const char id_name[] = "\"community_id\":\"";

struct line {
    char *value;
    size_t bytes;
    const char *key;
};

struct lines {
    struct line *line;
    size_t count;
};

struct reports {
    unsigned long delivered;
    unsigned long failed;
};

static void give_up(const char *what)
{
    fprintf(stderr, "bench_producer: %s\n", what);
    exit(EXIT_FAILURE);
}

static struct lines lines_read(const char *path)
{
    struct lines lines = {0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        give_up("the file cannot be read");
    }
    size_t room = 0;
    char *text = NULL;
    ssize_t bytes;
    for (size_t text_room = 0; (bytes = getline(&text, &text_room, file)) > 0; lines.count++) {
        if (lines.count == room) {
            room = room * 2 + 1024;
            lines.line = realloc(lines.line, room * sizeof(*lines.line));
        }
        struct line *line = &lines.line[lines.count];
        line->bytes = (size_t)bytes - 1;
        line->value = strndup(text, line->bytes);
        const char *id = strstr(line->value, id_name);
        line->key = id != NULL ? id + strlen(id_name) : NULL;
    }
    free(text);
    fclose(file);
    if (lines.count == 0) {
        give_up("the file has no lines");
    }
    return lines;
}

static void on_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    struct reports *reports = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        reports->delivered++;
    } else {
        reports->failed++;
    }
}

static void property_set(rd_kafka_conf_t *config, const char *name, const char *value)
{
    char reason[256];
    if (rd_kafka_conf_set(config, name, value, reason, sizeof(reason)) != RD_KAFKA_CONF_OK) {
        give_up(reason);
    }
}

static rd_kafka_t *producer_open(char **properties, struct reports *reports)
{
    rd_kafka_conf_t *config = rd_kafka_conf_new();
    property_set(config, "test.mock.num.brokers", "1");
    property_set(config, "enable.idempotence", "true");
    property_set(config, "acks", "all");
    for (; *properties != NULL; properties++) {
        char *value = strchr(*properties, '=');
        if (value == NULL) {
            give_up("expected NAME=VALUE");
        }
        *value = '\0';
        property_set(config, *properties, value + 1);
    }
    rd_kafka_conf_set_opaque(config, reports);
    rd_kafka_conf_set_dr_msg_cb(config, on_report);
    rd_kafka_conf_set_log_cb(config, NULL);
    char reason[256];
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, config, reason, sizeof(reason));
    if (producer == NULL) {
        give_up(reason);
    }
    rd_kafka_mock_cluster_t *embedded = rd_kafka_handle_mock_cluster(producer);
    if (embedded != NULL) {
        rd_kafka_mock_topic_create(embedded, "bench", PARTITIONS, 1);
    }
    return producer;
}

static void produce(rd_kafka_t *producer, rd_kafka_topic_t *topic, const struct lines *lines,
                    unsigned long records)
{
    for (unsigned long i = 0; i < records; i++) {
        const struct line *line = &lines->line[i % lines->count];
        while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, line->value,
                                line->bytes, line->key, line->key != NULL ? ID_CHARACTERS : 0,
                                NULL) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
                give_up(rd_kafka_err2str(rd_kafka_last_error()));
            }
            rd_kafka_poll(producer, FULL_WAIT_MS);
        }
        if (i % POLL_EVERY == 0) {
            rd_kafka_poll(producer, 0);
        }
    }
    rd_kafka_flush(producer, FLUSH_MS);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        give_up("expected FILE RECORDS [NAME=VALUE...]");
    }
    struct lines lines = lines_read(argv[1]);
    unsigned long records = strtoul(argv[2], NULL, 10);
    struct reports reports = {0};
    rd_kafka_t *producer = producer_open(argv + 3, &reports);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, "bench", NULL);

    double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    double wall = seconds_of(CLOCK_MONOTONIC);
    produce(producer, topic, &lines, records);
    wall = seconds_of(CLOCK_MONOTONIC) - wall;
    cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;

    printf("{\"delivered\":%lu,\"failed\":%lu,\"seconds\":%.3f,\"records_per_second\":%.0f,"
           "\"cpu_us_per_record\":%.3f}\n",
           reports.delivered, reports.failed, wall, (double)reports.delivered / wall,
           cpu * 1e6 / (double)records);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
    for (size_t i = 0; i < lines.count; i++) {
        free(lines.line[i].value);
    }
    free(lines.line);
    return reports.delivered == records ? EXIT_SUCCESS : EXIT_FAILURE;
}
