// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/few.h"

#include <string.h>

#include "agent/detect/finding.h"

static const float WORTH_TELLING = 0.1F;

void few_clear(struct few *few)
{
    memset(few->value, 0, sizeof(few->value));
}

void few_add(struct few *few, const uint8_t address[16], double value)
{
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

static int first_of(const struct few *few)
{
    int first = -1;
    float most = 0;
    for (int i = 0; i < FEW; i++) {
        if (few->value[i] > most) {
            most = few->value[i];
            first = i;
        }
    }
    return first;
}

double few_share(const struct few *few, double all)
{
    int first = first_of(few);
    return first >= 0 && all > 0 ? (double)few->value[first] / all : 0;
}

const uint8_t *few_first(const struct few *few)
{
    int first = first_of(few);
    return first >= 0 ? few->address[first] : NULL;
}

void few_tell(const struct few *few, bool ipv6, struct finding *finding)
{
    int first = first_of(few);
    char text[ANOMALY_SUBJECT_MAX];
    for (int i = 0; first >= 0 && i < FEW; i++) {
        if (few->value[i] >= few->value[first] * WORTH_TELLING) {
            finding_add(finding, finding_address(text, few->address[i], ipv6),
                        (uint64_t)few->value[i]);
        }
    }
}
