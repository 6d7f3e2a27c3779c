// SPDX-License-Identifier: Apache-2.0
// One slot for each (detector, subject). An anomaly that flaps must not become a flood of records:
// it ends only after a hold without findings, and one that comes again while it is remembered has a
// longer hold, so that whatever flaps for ever becomes, after a repeat or two, one anomaly that
// lasts. Findings that have no room are told together as one anomaly, in a slot of its own.
#include "agent/detect/episodes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/detect/finding.h"

enum { OVERFLOW_SLOT = EPISODES_MAX, HOLD_PANES = 3 };

#define SECOND_US INT64_C(1000000)

static const int64_t HOLD_US = 15 * SECOND_US; // more than watches wait between two findings
static const int64_t HOLD_MAX_US = 600 * SECOND_US;
static const int64_t REMEMBERED_US = 1800 * SECOND_US;

// Updates come so long after the begin, or after the update before; the last one repeats.
static const int64_t update_steps[] = {10 * SECOND_US, 50 * SECOND_US, 300 * SECOND_US};
enum { UPDATE_STEPS = sizeof(update_steps) / sizeof(update_steps[0]) };

// FREE    nobody's. A finding takes it: the slot is OPEN.
// OPEN    the anomaly's begin is told when the pane of its first finding closes. While findings
//         come, updates are told at growing intervals, and when its severity rises. After `hold_us`
//         without one its end is told: QUIET.
// QUIET   no anomaly, but the subject is remembered. A finding makes it OPEN again, as another
//         anomaly with a longer hold. After REMEMBERED_US, or when its room is needed: FREE.
enum slot_state { SLOT_FREE, SLOT_OPEN, SLOT_QUIET };

struct slot {
    enum slot_state state;
    uint64_t hash; // of detector and subject
    int64_t hold_us;
    int64_t update_us; // when the next update is due
    unsigned update_step;
    bool told;                     // its begin
    bool found;                    // in the pane that is looked at
    enum anomaly_severity updated; // severity that was told last
    struct pane_loss loss_before;  // of all panes before its first
    struct anomaly anomaly;
};

struct episodes {
    int64_t hold_us;
    struct hash_secret secret;
    uint64_t number;              // of the last anomaly
    uint64_t refused;             // of the pane that is looked at
    const char *refused_detector; // of the first of them
    int64_t start_us;             // of the pane that is looked at
    int64_t end_us;
    struct pane_loss loss; // of all panes before it; with it, once it closes
    struct slot slots[EPISODES_MAX + 1];
};

int episodes_create(struct episodes **episodes, int64_t pane_us, struct hash_secret secret)
{
    struct episodes *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return -ENOMEM;
    }
    made->hold_us = HOLD_PANES * pane_us > HOLD_US ? HOLD_PANES * pane_us : HOLD_US;
    made->secret = secret;
    *episodes = made;
    return 0;
}

void episodes_free(struct episodes *episodes)
{
    free(episodes);
}

// All that a pane's loss has are counts.
enum { LOSSES = sizeof(struct pane_loss) / sizeof(uint64_t) };

static void loss_add(struct pane_loss *to, const struct pane_loss *by)
{
    uint64_t sums[LOSSES], counts[LOSSES];
    memcpy(sums, to, sizeof(sums));
    memcpy(counts, by, sizeof(counts));
    for (size_t i = 0; i < LOSSES; i++) {
        sums[i] += counts[i];
    }
    memcpy(to, sums, sizeof(sums));
}

static struct pane_loss loss_between(const struct pane_loss *before, const struct pane_loss *after)
{
    uint64_t from[LOSSES], to[LOSSES];
    memcpy(from, before, sizeof(from));
    memcpy(to, after, sizeof(to));
    for (size_t i = 0; i < LOSSES; i++) {
        to[i] -= from[i];
    }
    struct pane_loss loss;
    memcpy(&loss, to, sizeof(loss));
    return loss;
}

static void slot_tell(struct slot *slot, enum anomaly_phase phase, anomaly_teller *tell,
                      void *context)
{
    slot->anomaly.phase = phase;
    slot->updated = slot->anomaly.severity;
    tell(context, &slot->anomaly);
}

static void slot_end(struct slot *slot, anomaly_teller *tell, void *context)
{
    slot->state = SLOT_QUIET;
    slot_tell(slot, ANOMALY_ENDS, tell, context);
}

static void slots_sweep(struct episodes *episodes, int64_t now_us, anomaly_teller *tell,
                        void *context)
{
    for (size_t i = 0; i <= EPISODES_MAX; i++) {
        struct slot *slot = &episodes->slots[i];
        int64_t quiet_us = now_us - slot->anomaly.end_us;
        if (slot->state == SLOT_OPEN && !slot->found && quiet_us >= slot->hold_us) {
            slot_end(slot, tell, context);
        }
        if (slot->state == SLOT_QUIET && quiet_us >= REMEMBERED_US) {
            slot->state = SLOT_FREE;
        }
    }
}

void episodes_open(struct episodes *episodes, const struct pane *pane, anomaly_teller *tell,
                   void *context)
{
    episodes->start_us = pane->start_us;
    episodes->end_us = pane->end_us;
    episodes->refused = 0;
    slots_sweep(episodes, pane->start_us, tell, context);
}

// The subject's slot, or else one that it can have: a free one, or that of the subject which has
// been quiet longest. NULL: all are open, or as many of this detector as may be.
static struct slot *slot_find(struct episodes *episodes, const struct finding *finding,
                              uint64_t hash, bool *known)
{
    struct slot *own = NULL, *free_slot = NULL, *quietest = NULL;
    unsigned alike = 0;
    for (size_t i = 0; i < EPISODES_MAX; i++) {
        struct slot *slot = &episodes->slots[i];
        const struct finding *of = &slot->anomaly.finding;
        bool same = slot->state != SLOT_FREE && strcmp(of->detector, finding->detector) == 0;
        alike += same && slot->state == SLOT_OPEN;
        if (slot->state == SLOT_FREE) {
            free_slot = free_slot == NULL ? slot : free_slot;
        } else if (same && slot->hash == hash && strcmp(of->subject, finding->subject) == 0) {
            own = slot;
        } else if (slot->state == SLOT_QUIET &&
                   (quietest == NULL || slot->anomaly.end_us < quietest->anomaly.end_us)) {
            quietest = slot;
        }
    }
    *known = own != NULL;
    if (alike >= EPISODES_ALIKE_MAX && (own == NULL || own->state != SLOT_OPEN)) {
        return NULL;
    }
    if (own != NULL) {
        return own;
    }
    return free_slot != NULL ? free_slot : quietest;
}

static int64_t least_of(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static int64_t most_of(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

// The hold of one that comes again: twice as long, and longer than it was away.
static int64_t hold_again(const struct episodes *episodes, const struct slot *slot)
{
    int64_t away_us = episodes->start_us - slot->anomaly.end_us;
    int64_t hold_us = most_of(2 * slot->hold_us, away_us + away_us / 4);
    return least_of(hold_us, most_of(episodes->hold_us, HOLD_MAX_US));
}

static void slot_begin(struct episodes *episodes, struct slot *slot, bool known, uint64_t hash)
{
    int64_t hold_us = known ? hold_again(episodes, slot) : episodes->hold_us;
    *slot = (struct slot){
        .state = SLOT_OPEN,
        .hash = hash,
        .hold_us = hold_us,
        .update_us = episodes->end_us + update_steps[0],
        .loss_before = episodes->loss,
        .anomaly = {.number = ++episodes->number,
                    .start_us = episodes->start_us,
                    .finding.score = -1},
    };
}

static void slot_take(struct episodes *episodes, struct slot *slot, const struct finding *finding)
{
    struct anomaly *anomaly = &slot->anomaly;
    struct finding *kept = &anomaly->finding;
    double distance = fabs(finding->observed - finding->expected);
    if (finding->score > kept->score ||
        (finding->score == kept->score && distance > fabs(kept->observed - kept->expected))) {
        *kept = *finding;
    }
    enum anomaly_severity severity = anomaly_severity_of(finding->score);
    anomaly->severity = severity > anomaly->severity ? severity : anomaly->severity;
    anomaly->end_us = episodes->end_us;
    slot->found = true;
}

void episodes_take(struct episodes *episodes, const struct finding *finding)
{
    if (!(finding->score >= 0.5)) {
        return;
    }
    bool known;
    uint64_t hash = hash_bytes(finding->subject, strlen(finding->subject), episodes->secret);
    struct slot *slot = slot_find(episodes, finding, hash, &known);
    if (slot == NULL) {
        if (episodes->refused++ == 0) {
            episodes->refused_detector = finding->detector;
        }
        return;
    }
    if (slot->state != SLOT_OPEN) {
        slot_begin(episodes, slot, known, hash);
    }
    slot_take(episodes, slot, finding);
}

static void overflow_take(struct episodes *episodes)
{
    struct slot *slot = &episodes->slots[OVERFLOW_SLOT];
    struct finding finding;
    finding_init(&finding, "many_anomalies", "anomalies", "all watches");
    uint64_t open = 0;
    for (size_t i = 0; i < EPISODES_MAX; i++) {
        open += episodes->slots[i].state == SLOT_OPEN;
    }
    finding.score = finding_score(1 + (double)episodes->refused / EPISODES_ALIKE_MAX);
    finding.observed = (double)(open + episodes->refused);
    finding.expected = (double)open;
    finding_explain(&finding,
                    "%llu more are odd in one pane than are told one by one, the first by %s: "
                    "look at the anomalies that began first, the rest may follow from them",
                    (unsigned long long)episodes->refused, episodes->refused_detector);
    if (slot->state != SLOT_OPEN) {
        slot_begin(episodes, slot, slot->state == SLOT_QUIET, 0);
    }
    slot_take(episodes, slot, &finding);
}

static void slot_close(struct episodes *episodes, struct slot *slot, anomaly_teller *tell,
                       void *context)
{
    slot->found = false;
    slot->anomaly.loss = loss_between(&slot->loss_before, &episodes->loss);
    if (!slot->told) {
        slot->told = true;
        slot_tell(slot, ANOMALY_BEGINS, tell, context);
        return;
    }
    bool due = episodes->end_us >= slot->update_us;
    if (due) {
        slot->update_step += slot->update_step + 1 < UPDATE_STEPS;
        slot->update_us = episodes->end_us + update_steps[slot->update_step];
    }
    if (due || slot->anomaly.severity > slot->updated) {
        slot_tell(slot, ANOMALY_GOES_ON, tell, context);
    }
}

void episodes_close(struct episodes *episodes, const struct pane *pane, anomaly_teller *tell,
                    void *context)
{
    if (episodes->refused > 0) {
        overflow_take(episodes);
    }
    loss_add(&episodes->loss, &pane->loss);
    for (size_t i = 0; i <= EPISODES_MAX; i++) {
        if (episodes->slots[i].found) {
            slot_close(episodes, &episodes->slots[i], tell, context);
        }
    }
    slots_sweep(episodes, pane->end_us, tell, context);
}

void episodes_end(struct episodes *episodes, anomaly_teller *tell, void *context)
{
    for (size_t i = 0; i <= EPISODES_MAX; i++) {
        if (episodes->slots[i].state == SLOT_OPEN) {
            slot_end(&episodes->slots[i], tell, context);
        }
    }
}
