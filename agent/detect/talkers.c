// SPDX-License-Identifier: Apache-2.0
#include "agent/detect/talkers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/talkers_count.h"

enum {
    SOURCES = 16384,
    TARGETS = 16384,
    PEERS_S = 10,
    TRIES_S = 600,
    WARM_S = 60,
    CLAIM_S = 3,
    MEAN_S = 300,       // of the link's mean rates
    CONVERSATIONS = 20, // in a pane, from which on its share counts in full
};

static const double WEIGHT_FADES_S = 300;
static const double HEARD_GAIN = 0.05; // for each pane
static const double SURGE = 3;         // times the mean: what is more is learned as if it were that

static uint32_t panes_of(double seconds, double pane_s)
{
    return (uint32_t)fmax(1, round(seconds / pane_s));
}

static int active_init(struct active *active, uint32_t size)
{
    active->entries = calloc(size, sizeof(*active->entries));
    active->listed = calloc(size, 1);
    return active->entries != NULL && active->listed != NULL ? 0 : -ENOMEM;
}

static void active_clear(struct active *active)
{
    for (uint32_t i = 0; i < active->count; i++) {
        active->listed[active->entries[i]] = 0;
    }
    active->count = 0;
}

int talkers_create(struct talkers **talkers, int64_t pane_us, struct hash_secret secret)
{
    struct talkers *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    contacts_init(&made->contacts, secret);
    made->pane_us = pane_us;
    made->pane_s = (double)pane_us / 1e6;
    made->peers_window = panes_of(PEERS_S, made->pane_s);
    made->tries_window = panes_of(TRIES_S, made->pane_s);
    made->link.heard[0] = made->link.heard[1] = 1;
    made->closed = true;
    if (seen_create(&made->seen) != 0 || active_init(&made->active[CONTACT_SOURCE], SOURCES) != 0 ||
        active_init(&made->active[CONTACT_DESTINATION], TARGETS) != 0 ||
        heavy_init(&made->sources, SOURCES, sizeof(struct source), offsetof(struct source, host)) !=
            0 ||
        heavy_init(&made->targets, TARGETS, sizeof(struct target),
                   offsetof(struct target, source)) != 0) {
        talkers_free(made);
        return -ENOMEM;
    }
    *talkers = made;
    return 0;
}

void talkers_free(struct talkers *talkers)
{
    if (talkers == NULL) {
        return;
    }
    heavy_fini(&talkers->sources);
    heavy_fini(&talkers->targets);
    for (unsigned end = 0; end < 2; end++) {
        free(talkers->active[end].entries);
        free(talkers->active[end].listed);
    }
    seen_free(talkers->seen);
    free(talkers);
}

static void link_settle(struct link *link, unsigned blocks)
{
    for (unsigned i = 0; i < LOAD_COUNT; i++) {
        usual_settle(&link->load[i], blocks);
    }
    usual_settle(&link->sources, blocks);
    usual_settle(&link->peers, blocks);
}

// Panes are numbered by packet time, so that windows do not stretch over silence.
static void pane_begin(struct talkers *talkers, int64_t start_us)
{
    if (talkers->pane == 0) {
        talkers->base_us = start_us - talkers->pane_us;
        talkers->first = 1;
    }
    int64_t number = (start_us - talkers->base_us) / talkers->pane_us;
    talkers->pane = number > talkers->pane ? (uint32_t)number : talkers->pane + 1;
    // The first block ends with the first minute, so that something is known then.
    double old_s = talkers_old_s(talkers);
    uint32_t block = old_s < WARM_S ? 0 : 1 + (uint32_t)(old_s / USUAL_BLOCK_S);
    link_settle(&talkers->link, block - talkers->block);
    talkers->block = block;
    active_clear(&talkers->active[CONTACT_SOURCE]);
    active_clear(&talkers->active[CONTACT_DESTINATION]);
    seen_turn(talkers->seen, start_us);
    memset(talkers->conversations, 0, sizeof(talkers->conversations));
    talkers->closed = false;
}

// Whoever takes part in a conversation is known from then on: spoofed addresses are not, and cannot
// push others out. Where an address is known, so is its prefix.
static void ends_see(struct talkers *talkers, struct contact *contact)
{
    for (unsigned end = CONTACT_SOURCE; end <= CONTACT_DESTINATION; end++) {
        contact->new_end[end] = !seen_add(talkers->seen, contact->hash[end]);
    }
    contact->new_prefix = contact->new_end[CONTACT_SOURCE] &&
                          !seen_add(talkers->seen, contact->prefix[CONTACT_SOURCE]);
}

bool talkers_take(struct talkers *talkers, const struct pane_flow *flow)
{
    struct talkers_batch *batch = &talkers->batch;
    struct contact *contact = &batch->contacts[batch->taken];
    batch->flows[batch->taken] = *flow;
    contact_read(&talkers->contacts, contact, &batch->flows[batch->taken]);
    heavy_prefetch(&talkers->sources, contact->hash[CONTACT_SOURCE]);
    heavy_prefetch(&talkers->targets, contact->hash[CONTACT_DESTINATION]);
    if (contact->served && contact->begun) {
        seen_prefetch(talkers->seen, contact->hash[CONTACT_SOURCE]);
        seen_prefetch(talkers->seen, contact->hash[CONTACT_DESTINATION]);
    }
    return ++batch->taken == TALKERS_BATCH;
}

static void flow_count(struct talkers *talkers, struct contact *contact)
{
    if (talkers->closed) {
        pane_begin(talkers, contact->flow->pane_us);
    }
    contact_wait(&talkers->contacts, contact);
    if (contact->group) {
        return;
    }
    if (contact->served && (contact->begun || contact->late)) {
        ends_see(talkers, contact);
    }
    talkers_count(talkers, contact);
}

const struct pane_flow *talkers_next(struct talkers *talkers)
{
    struct talkers_batch *batch = &talkers->batch;
    if (batch->counted == batch->taken) {
        batch->counted = batch->taken = 0;
        return NULL;
    }
    for (unsigned i = 0; batch->counted == 0 && i < batch->taken; i++) {
        talkers_prefetch(talkers, &batch->contacts[i]);
    }
    struct contact *contact = &batch->contacts[batch->counted++];
    flow_count(talkers, contact);
    talkers->contact = contact;
    return contact->flow;
}

static void mean_learn(double *mean, double value, double gain, bool warm)
{
    if (warm && value > SURGE * *mean) {
        value = SURGE * *mean;
    }
    *mean += (value - *mean) * gain;
}

static void link_learn(struct talkers *talkers, const struct pane *pane)
{
    struct link *link = &talkers->link;
    bool warm = talkers_warm(talkers);
    double panes = talkers->pane - talkers->first + 1;
    double gain = fmax(talkers->pane_s / MEAN_S, 1 / panes);
    gain = fmin(gain, 1);
    mean_learn(&link->packets, (double)pane->packets / talkers->pane_s, gain, warm);
    mean_learn(&link->bytes, (double)pane->bytes / talkers->pane_s, gain, warm);
    mean_learn(&link->flows, (double)pane->flows_started / talkers->pane_s, gain, warm);
    for (unsigned i = 0; i < 2; i++) {
        double all = (double)talkers->conversations[i][0] + talkers->conversations[i][1];
        if (all > 0) {
            double share = talkers->conversations[i][1] / all;
            link->heard[i] += (share - link->heard[i]) * HEARD_GAIN * fmin(all / CONVERSATIONS, 1);
        }
    }
}

void talkers_close(struct talkers *talkers, const struct pane *pane)
{
    if (talkers->closed) { // a pane without a flow
        pane_begin(talkers, pane->start_us);
    }
    talkers->closed = true;
    link_learn(talkers, pane);
    double fade = exp(-talkers->pane_s / WEIGHT_FADES_S);
    heavy_fade(&talkers->sources, fade);
    heavy_fade(&talkers->targets, fade);
}

int talkers_watch(void **watch, const struct watch_options *options)
{
    *watch = options->talkers;
    return 0;
}

void talkers_leave(void *watch)
{
    (void)watch; // whoever made the options frees the talkers
}

double talkers_old_s(const struct talkers *talkers)
{
    return (talkers->pane - talkers->first) * talkers->pane_s;
}

bool talkers_warm(const struct talkers *talkers)
{
    return talkers_old_s(talkers) >= WARM_S;
}

struct source *talkers_source(const struct talkers *talkers, uint32_t index)
{
    return heavy_at(&talkers->sources, talkers->active[CONTACT_SOURCE].entries[index]);
}

struct target *talkers_target(const struct talkers *talkers, uint32_t index)
{
    return heavy_at(&talkers->targets, talkers->active[CONTACT_DESTINATION].entries[index]);
}

const struct few *talkers_many(const struct talkers *talkers, const struct target *target,
                               unsigned kind)
{
    static const struct few nobody;
    return target->many_pane[kind] == talkers->pane ? &target->many[kind] : &nobody;
}

bool talker_known(const struct talkers *talkers, const struct talker *talker)
{
    return (talkers->pane - talker->since) * talkers->pane_s >= USUAL_BLOCK_S;
}

static bool claim_holds(const struct talkers *talkers, const struct talker *talker)
{
    return talker->claim != CLAIM_NONE &&
           (talkers->pane - talker->claimed) * talkers->pane_s <= CLAIM_S;
}

void talker_claim(const struct talkers *talkers, struct talker *talker, enum claim claim)
{
    if (!claim_holds(talkers, talker) || claim <= talker->claim) {
        talker->claim = (uint8_t)claim;
        talker->claimed = talkers->pane;
    }
}

bool talker_claimed(const struct talkers *talkers, const struct talker *talker, enum claim claim)
{
    return claim_holds(talkers, talker) && talker->claim < claim;
}

bool talkers_claimed(const struct talkers *talkers, const uint8_t address[16], bool ipv6,
                     enum claim claim)
{
    uint64_t hash = contact_hash(&talkers->contacts, address, ipv6);
    const struct source *source = heavy_find(&talkers->sources, hash);
    const struct target *target = heavy_find(&talkers->targets, hash);
    return (source != NULL && talker_claimed(talkers, &source->talker, claim)) ||
           (target != NULL && talker_claimed(talkers, &target->talker, claim));
}
