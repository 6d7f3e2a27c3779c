// SPDX-License-Identifier: Apache-2.0
// When updates of an anomaly come, and when it ends, is told in episodes.c.
#include "agent/detect/anomalies.h"

#include <errno.h>
#include <stdlib.h>

#include "agent/detect/episodes.h"
#include "agent/detect/talkers.h"
#include "agent/detect/watches.h"

struct anomalies {
    struct episodes *episodes;
    struct talkers *talkers; // the watches'
    size_t count;
    void *watch[]; // of each row of the table
};

static size_t watches_count(void)
{
    size_t count = 0;
    while (watches[count] != NULL) {
        count++;
    }
    return count;
}

int anomalies_create(struct anomalies **anomalies, const struct watch_options *options,
                     struct error *err)
{
    size_t count = watches_count();
    struct anomalies *made = calloc(1, sizeof(*made) + count * sizeof(made->watch[0]));
    if (made == NULL) {
        return error_set(err, -ENOMEM, "no memory for the watches on traffic");
    }
    int code = episodes_create(&made->episodes, options->pane_us, options->secret);
    if (code == 0) {
        code = talkers_create(&made->talkers, options->pane_us, options->secret);
    }
    struct watch_options shared = *options;
    shared.talkers = made->talkers;
    while (code == 0 && made->count < count) {
        code = watches[made->count]->create(&made->watch[made->count], &shared);
        made->count += code == 0;
    }
    if (code != 0) {
        error_set(err, code, "no memory for the watches on traffic");
        anomalies_free(made);
        return code;
    }
    *anomalies = made;
    return 0;
}

void anomalies_free(struct anomalies *anomalies)
{
    if (anomalies == NULL) {
        return;
    }
    for (size_t i = 0; i < anomalies->count; i++) {
        watches[i]->free(anomalies->watch[i]);
    }
    talkers_free(anomalies->talkers);
    episodes_free(anomalies->episodes);
    free(anomalies);
}

static void flows_count(struct anomalies *anomalies)
{
    const struct pane_flow *flow;
    while ((flow = talkers_next(anomalies->talkers)) != NULL) {
        for (size_t i = 0; i < anomalies->count; i++) {
            if (watches[i]->flow != NULL) {
                watches[i]->flow(anomalies->watch[i], flow);
            }
        }
    }
}

void anomalies_flow(struct anomalies *anomalies, const struct pane_flow *flow)
{
    if (talkers_take(anomalies->talkers, flow)) {
        flows_count(anomalies);
    }
}

static void take(void *context, const struct finding *finding)
{
    episodes_take(context, finding);
}

void anomalies_pane(struct anomalies *anomalies, const struct pane *pane, anomaly_teller *tell,
                    void *context)
{
    struct watch_teller teller = {.tell = take, .context = anomalies->episodes};
    episodes_open(anomalies->episodes, pane, tell, context);
    flows_count(anomalies);
    talkers_close(anomalies->talkers, pane);
    for (size_t i = 0; i < anomalies->count; i++) {
        watches[i]->pane(anomalies->watch[i], pane, &teller);
    }
    episodes_close(anomalies->episodes, pane, tell, context);
}

void anomalies_end(struct anomalies *anomalies, anomaly_teller *tell, void *context)
{
    episodes_end(anomalies->episodes, tell, context);
}
