// SPDX-License-Identifier: Apache-2.0
// A worker's counters for the open pane, folded from what its flows did.
//
// Two panes take turns: one is filled while the other is read by whoever joins the workers' panes.
// All calls are for the worker thread that owns the window.
#ifndef WEIR_WINDOW_WINDOW_H
#define WEIR_WINDOW_WINDOW_H

#include "dataplane/base/hash.h"
#include "dataplane/base/memory.h"
#include "dataplane/flow/flow_entry.h"
#include "dataplane/window/pane.h"

struct window_options {
    uint32_t max_hosts; // addresses counted apart in one pane
    enum memory_pages pages;
    struct hash_secret secret;
};

struct window;

// Sets *window. 0 or a negative errno with a message; *window is untouched then.
int window_create(struct window **window, const struct window_options *options, struct error *err);

// `window` may be NULL. Panes handed over die with it.
void window_free(struct window *window);

// Opens the pane of these bounds, empty. False when the last one is not given back yet: try later.
bool window_open(struct window *window, int64_t start_us, int64_t end_us);

// The open pane, for counters that are not folded from flows.
struct pane *window_pane(struct window *window);

// Adds what a flow did. Sums are complete only after window_close.
void window_fold(struct window *window, const struct flow_entry *flow,
                 const struct flow_activity *activity);

// Completes the open pane and hands it over: nobody touches it here until it is given back.
struct pane *window_close(struct window *window);

#endif
