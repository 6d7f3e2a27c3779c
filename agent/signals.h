// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_SIGNALS_H
#define WEIR_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

// From now on SIGINT and SIGTERM ask for an orderly end. The second one of a kind ends the process
// at once. Main thread.
void signals_install(void);

// Whether one has come. Any thread.
bool signals_stop(void);

// Sleeps until one comes, at most `us`. Main thread.
void signals_wait(int64_t us);

#endif
