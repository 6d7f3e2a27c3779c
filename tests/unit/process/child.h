// SPDX-License-Identifier: Apache-2.0
// What changes a process for good is tried in a child of the test.
#ifndef WEIR_TESTS_CHILD_H
#define WEIR_TESTS_CHILD_H

#include <stdbool.h>

// In a child: prints what was wrong and ends with a status that child_run fails for.
#define CHILD_ASSERT(condition) child_assert((condition), #condition, __FILE__, __LINE__)

void child_assert(bool holds, const char *condition, const char *file, int line);

// Runs `work` in a child and fails the test unless it returns.
void child_run(void (*work)(void));

// How many threads of this process have, in their status file, `name` with just this value.
unsigned child_threads_with(const char *name, const char *value);
unsigned child_threads(void);

// A thread that does nothing until the process ends, with signals blocked or not.
void child_thread(bool blocks_signals);

#endif
