// SPDX-License-Identifier: Apache-2.0
// Prints docs/METRICS.md at build time.
#include <stdlib.h>

#include "agent/metrics.h"

int main(void)
{
    metrics_docs_write(stdout);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
