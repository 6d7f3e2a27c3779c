// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/anomaly.h"

#include <stddef.h>

const char *const anomaly_phase_names[ANOMALY_PHASE_COUNT + 1] = {
    [ANOMALY_BEGINS] = "begin",
    [ANOMALY_GOES_ON] = "update",
    [ANOMALY_ENDS] = "end",
};

const char *const anomaly_severity_names[ANOMALY_SEVERITY_COUNT + 1] = {
    [ANOMALY_NOTICE] = "notice",
    [ANOMALY_WARNING] = "warning",
    [ANOMALY_CRITICAL] = "critical",
};

static const double WARNING_SCORE = 0.7;
static const double CRITICAL_SCORE = 0.9;

enum anomaly_severity anomaly_severity_of(double score)
{
    if (score >= CRITICAL_SCORE) {
        return ANOMALY_CRITICAL;
    }
    return score >= WARNING_SCORE ? ANOMALY_WARNING : ANOMALY_NOTICE;
}
