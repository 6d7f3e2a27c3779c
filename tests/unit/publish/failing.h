// SPDX-License-Identifier: Apache-2.0
// Memory that cannot be had. The program is linked with --wrap for malloc, realloc and strdup.
#ifndef WEIR_TESTS_PUBLISH_FAILING_H
#define WEIR_TESTS_PUBLISH_FAILING_H

// The allocation that comes after `count` others fails, and none after it; below 0: none does.
void failing_after(int count);

// How many allocations there have been since failing_after.
int failing_seen(void);

#endif
