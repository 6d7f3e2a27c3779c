// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/finding.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double SCORE_LIMIT = 0.5;
static const double SCORE_OCTAVE = 0.2; // for each doubling

double finding_score(double times)
{
    if (!(times > 0)) {
        return 0;
    }
    return fmin(fmax(SCORE_LIMIT + SCORE_OCTAVE * log2(times), 0), 1);
}

void finding_init(struct finding *finding, const char *detector, const char *unit,
                  const char *subject, ...)
{
    memset(finding, 0, sizeof(*finding));
    finding->detector = detector;
    finding->unit = unit;
    va_list arguments;
    va_start(arguments, subject);
    vsnprintf(finding->subject, sizeof(finding->subject), subject, arguments);
    va_end(arguments);
}

void finding_explain(struct finding *finding, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    vsnprintf(finding->explanation, sizeof(finding->explanation), text, arguments);
    va_end(arguments);
}

void finding_add(struct finding *finding, const char *name, uint64_t value)
{
    struct anomaly_contributor *all = finding->contributors;
    unsigned at = finding->contributor_count;
    while (at > 0 && all[at - 1].value < value) {
        at--;
    }
    if (at == ANOMALY_CONTRIBUTORS_MAX) {
        return;
    }
    unsigned after = finding->contributor_count - at;
    if (finding->contributor_count == ANOMALY_CONTRIBUTORS_MAX) {
        after--;
    } else {
        finding->contributor_count++;
    }
    memmove(&all[at + 1], &all[at], after * sizeof(all[0]));
    snprintf(all[at].name, sizeof(all[at].name), "%s", name);
    all[at].value = value;
}

const char *finding_amount(char text[FINDING_AMOUNT_MAX], double value, const char *unit)
{
    static const char prefixes[] = {' ', 'k', 'M', 'G', 'T', 'P'};
    size_t prefix = 0;
    while (value >= 999.5 && prefix + 1 < sizeof(prefixes)) {
        value /= 1000;
        prefix++;
    }
    // Three digits are what anybody compares by.
    int decimals = value >= 99.95 || value == floor(value) ? 0 : value >= 9.995 ? 1 : 2;
    if (prefix == 0) {
        snprintf(text, FINDING_AMOUNT_MAX, "%.*f %s", decimals, value, unit);
    } else {
        bool symbol = strncmp(unit, "bit", 3) == 0; // Mbit/s, but "k packets/s"
        snprintf(text, FINDING_AMOUNT_MAX, "%.*f %c%s%s", decimals, value, prefixes[prefix],
                 symbol ? "" : " ", unit);
    }
    return text;
}

const char *finding_address(char text[ANOMALY_SUBJECT_MAX], const uint8_t address[16], bool ipv6)
{
    if (inet_ntop(ipv6 ? AF_INET6 : AF_INET, address, text, ANOMALY_SUBJECT_MAX) == NULL) {
        text[0] = '\0';
    }
    return text;
}
