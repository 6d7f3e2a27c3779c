// SPDX-License-Identifier: Apache-2.0
// Adds up the panes of several workers.
#ifndef WEIR_COLLECT_PANE_JOIN_H
#define WEIR_COLLECT_PANE_JOIN_H

#include "dataplane/window/pane.h"

struct pane_join;

// Sets *join. 0 or a negative errno with a message; *join is untouched then.
int pane_join_create(struct pane_join **join, uint32_t max_hosts, enum memory_pages pages,
                     struct error *err);

// `join` may be NULL.
void pane_join_free(struct pane_join *join);

// One round: begin, add each worker's pane of the same time, and the books of workers that have
// none of that time, end. The answer of end lives until the next begin.
void pane_join_begin(struct pane_join *join);
void pane_join_add(struct pane_join *join, const struct pane *pane);
void pane_join_add_books(struct pane_join *join, const struct pane_books *books);
const struct pane *pane_join_end(struct pane_join *join);

#endif
