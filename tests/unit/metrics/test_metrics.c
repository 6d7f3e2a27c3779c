// SPDX-License-Identifier: Apache-2.0
// Prometheus' own reader judges the text in tests/integration/test_metrics.py; here is what it
// cannot know: which value stands where.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "agent/metrics.h"

static const char *written(const struct metrics *metrics, const char *sensor)
{
    static char text[32768];
    FILE *to = fmemopen(text, sizeof(text), "w");
    assert_non_null(to);
    metrics_write(metrics, sensor, to);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void assert_line(const char *text, const char *line)
{
    const char *found = strstr(text, line);
    if (found == NULL || (found != text && found[-1] != '\n')) {
        fail_msg("no line %s in\n%s", line, text);
    }
}

static void test_values_stand_in_their_places(void **state)
{
    (void)state;
    static struct metrics metrics = {
        .live_flows = 7,
        .threads = {{"weir-worker", 1.5}, {"exporter", 0.25}},
        .thread_count = 2,
        .rings = {{"records", 0.5}},
        .ring_count = 1,
    };
    metrics.books.capture.received = UINT64_MAX;
    metrics.books.capture.drops[CAPTURE_DROP_RING_FULL] = 11;
    metrics.books.exports.records[RECORD_WINDOW] = 12;
    metrics.books.exports.drops[EXPORT_SHED] = 13;
    metrics.history.dropped[HISTORY_WRITE_FAILED] = 14;
    metrics.history.erased = 15;
    metrics.exports.kafka.bytes = 14;
    metrics.exports.kafka.round_trip_us = 1250000;
    metrics.exports.kafka.round_trip_p99_us = 2500;
    metrics.exports.spool_age_us = 90000000;
    const char *text = written(&metrics, "edge-1");
    assert_line(text, "weir_kafka_queue_bytes{sensor=\"edge-1\"} 14\n");
    assert_line(text, "weir_kafka_round_trip_seconds_total{sensor=\"edge-1\"} 1.25\n");
    assert_line(text, "weir_kafka_round_trip_p99_seconds{sensor=\"edge-1\"} 0.0025");
    assert_line(text, "weir_spool_age_seconds{sensor=\"edge-1\"} 90\n");
    assert_line(text,
                "weir_history_drops_records_total{sensor=\"edge-1\",cause=\"write_failed\"} 14\n");
    assert_line(text, "weir_history_erased_records_total{sensor=\"edge-1\"} 15\n");
    assert_line(text, "weir_received_packets_total{sensor=\"edge-1\"} 18446744073709551615\n");
    assert_line(text,
                "weir_capture_drops_packets_total{sensor=\"edge-1\",cause=\"ring_full\"} 11\n");
    assert_line(text, "weir_records_total{sensor=\"edge-1\",type=\"window\"} 12\n");
    assert_line(text, "weir_export_drops_records_total{sensor=\"edge-1\",cause=\"shed\"} 13\n");
    assert_null(strstr(text, "cause=\"ok\"")); // which is no cause of a loss
    assert_line(text, "weir_flows_live{sensor=\"edge-1\"} 7\n");
    assert_line(text,
                "weir_thread_cpu_seconds_total{sensor=\"edge-1\",thread=\"exporter\"} 0.25\n");
    assert_line(text, "weir_ring_fill_ratio{sensor=\"edge-1\",ring=\"records\"} 0.5\n");
    assert_string_equal(text + strlen(text) - 6, "# EOF\n");
}

static void test_a_sensors_name_is_escaped(void **state)
{
    (void)state;
    static const struct metrics metrics;
    const char *text = written(&metrics, "a\"b\\c\nd");
    assert_line(text, "weir_flows_live{sensor=\"a\\\"b\\\\c\\nd\"} 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_stand_in_their_places),
        cmocka_unit_test(test_a_sensors_name_is_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
