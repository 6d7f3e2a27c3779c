// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/few.h"

#include <string.h>

#include "agent/detect/finding.h"

static const float WORTH_TELLING = 0.1F;

void few_add(struct few *few, uint32_t pane, const uint8_t address[16], double value)
{
    if (few->pane != pane) {
        memset(few->value, 0, sizeof(few->value));
        few->pane = pane;
    }
    unsigned least = 0;
    for (unsigned i = 0; i < FEW; i++) {
        if (few->value[i] > 0 && memcmp(few->address[i], address, 16) == 0) {
            few->value[i] += (float)value;
            return;
        }
        least = few->value[i] < few->value[least] ? i : least;
    }
    memcpy(few->address[least], address, 16);
    few->value[least] += (float)value;
}

static int first_of(const struct few *few, uint32_t pane)
{
    int first = -1;
    float most = 0;
    for (int i = 0; few->pane == pane && i < FEW; i++) {
        if (few->value[i] > most) {
            most = few->value[i];
            first = i;
        }
    }
    return first;
}

double few_share(const struct few *few, uint32_t pane, double all)
{
    int first = first_of(few, pane);
    return first >= 0 && all > 0 ? (double)few->value[first] / all : 0;
}

const uint8_t *few_first(const struct few *few, uint32_t pane)
{
    int first = first_of(few, pane);
    return first >= 0 ? few->address[first] : NULL;
}

void few_tell(const struct few *few, uint32_t pane, bool ipv6, struct finding *finding)
{
    int first = first_of(few, pane);
    char text[ANOMALY_SUBJECT_MAX];
    for (int i = 0; first >= 0 && i < FEW; i++) {
        if (few->value[i] >= few->value[first] * WORTH_TELLING) {
            finding_add(finding, finding_address(text, few->address[i], ipv6),
                        (uint64_t)few->value[i]);
        }
    }
}
