// SPDX-License-Identifier: Apache-2.0
#include "agent/outlet.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/wiring.h"

static void opened_tell(const struct exporter *exporter, const struct log *log)
{
    for (size_t i = 0; i < exporter_sink_count(exporter); i++) {
        const char *address = sink_address(exporter_sink(exporter, i));
        if (address != NULL) {
            log_info(log, "export", "embedded broker", log_text("bootstrap", address));
        }
    }
    struct exporter_books books;
    exporter_books(exporter, &books);
    if (books.spool.found > 0) {
        log_info(log, "export", "records of an earlier run wait in the spool and are sent",
                 log_unsigned("records", books.spool.found));
    }
}

int outlet_open(struct exporter **exporter, const struct config *config,
                enum sink_pressure pressure, const struct outlet_pause *pause,
                const struct log *log, struct error *err)
{
    size_t count = config->export.kafka.properties.count;
    struct sink_property *properties = calloc(count + 1, sizeof(*properties));
    if (properties == NULL) {
        return error_set(err, -ENOMEM, "no memory for the Kafka properties");
    }
    struct sink_spool_options spool;
    struct exporter_config wired = wiring_exporter(config, pressure, properties, &spool);
    if (pause != NULL) {
        wired.before_threads = pause->before_threads;
        wired.context = pause->context;
    }
    int code = exporter_create(&wired, exporter, err);
    free(properties);
    if (code == 0) {
        opened_tell(*exporter, log);
    }
    return code;
}

bool outlet_listen(struct exporter *exporter, const struct log *log)
{
    struct notice complaint;
    bool lost = false;
    while (exporter_complaint(exporter, &complaint)) {
        if (complaint.kind == SINK_COMPLAINT_LOSS) {
            log_error(log, "export", complaint.message.text);
            lost = true;
        } else {
            log_warning(log, "export", complaint.message.text);
        }
    }
    return lost;
}

bool outlet_is_embedded(const struct exporter *exporter)
{
    for (size_t i = 0; i < exporter_sink_count(exporter); i++) {
        if (sink_address(exporter_sink(exporter, i)) != NULL) {
            return true;
        }
    }
    return false;
}

void outlet_tell_spool(const struct exporter *exporter, const struct config *config,
                       const struct log *log)
{
    struct exporter_books books;
    exporter_books(exporter, &books);
    if (books.spool.held > 0) {
        log_warning(log, "export",
                    "records wait in the spool; the next start sends them, or weir spool send",
                    log_unsigned("records", books.spool.held),
                    log_text("directory", config->export.spool.directory));
    }
}
