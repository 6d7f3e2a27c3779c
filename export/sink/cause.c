// SPDX-License-Identifier: Apache-2.0
#include "export/sink/cause.h"

const char *const export_cause_names[EXPORT_CAUSE_COUNT] = {
    [EXPORT_DELIVERED] = "delivered",
    [EXPORT_SPOOLED] = "spooled",
    [EXPORT_WRITE_FAILED] = "sink_write_failed",
    [EXPORT_BROKER_UNREACHABLE] = "broker_unreachable",
    [EXPORT_BROKER_REFUSED] = "broker_refused",
    [EXPORT_RECORD_TOO_LARGE] = "record_too_large",
    [EXPORT_SPOOL_FULL] = "spool_full",
    [EXPORT_SPOOL_FAILED] = "spool_write_failed",
    [EXPORT_SPOOL_DAMAGED] = "spool_damaged",
    [EXPORT_SHUTDOWN_TIMEOUT] = "shutdown_timeout",
    [EXPORT_SHED] = "shed",
};
