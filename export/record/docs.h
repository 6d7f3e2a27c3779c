// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_RECORD_DOCS_H
#define WEIR_RECORD_DOCS_H

#include <stdio.h>

// Writes docs/RECORDS.md: what every record means, from the tables that encoders use. Errors of the
// stream are left for the caller to find with ferror.
void record_docs_write(FILE *out);

#endif
