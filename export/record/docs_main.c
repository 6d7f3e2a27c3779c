// SPDX-License-Identifier: Apache-2.0
// Prints docs/RECORDS.md at build time.
#include <stdlib.h>

#include "export/record/docs.h"

int main(void)
{
    record_docs_write(stdout);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
