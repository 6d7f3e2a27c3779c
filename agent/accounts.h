// SPDX-License-Identifier: Apache-2.0
// The agent's books, put together from those of the rooms. Agent thread.
#ifndef WEIR_ACCOUNTS_H
#define WEIR_ACCOUNTS_H

struct agent;
struct books;

// Lets signals.h know what a second signal would lose, for its last words.
void accounts_warn(const struct agent *agent);

// Leaves books and metrics as of now with the control API, where it wants them.
void accounts_show(struct agent *agent);

// The books at the end: all threads are done.
void accounts_close(struct agent *agent, struct books *books);

// Logs them, and writes the summary.
void accounts_tell(struct agent *agent, const struct books *books);

#endif
