// SPDX-License-Identifier: Apache-2.0
// Prints docs/weir.proto at build time.
#include <stdlib.h>

#include "export/record/proto.h"

int main(void)
{
    record_proto_write(stdout);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
