// SPDX-License-Identifier: Apache-2.0
#include "agent/publish/owned.h"

#include <errno.h>
#include <string.h>

int owned_text(struct record *record, unsigned field, char **member, const char *text)
{
    *member = strdup(text);
    if (*member == NULL) {
        return -ENOMEM;
    }
    record_know(record, field);
    return 0;
}

struct record_loss loss_told(const struct pane_loss *loss)
{
    return (struct record_loss){
        .late = loss->late,
        .capture_drops = loss->capture_drops,
        .parse_rejects = loss->parse_rejects,
        .evicted = loss->evicted,
        .hosts_overflow = loss->hosts_overflow,
        .shed = loss->shed,
        .activity_shed = loss->activity_shed,
    };
}
