// SPDX-License-Identifier: Apache-2.0
#ifndef WEIR_CTL_HELP_H
#define WEIR_CTL_HELP_H

#include "dataplane/base/error.h"

// Prints help for the verbs that begin with these words, each NULL where it was not given. 0, or
// -EINVAL with a message: there are no such.
int ctl_help(const char *first, const char *second, struct error *err);

#endif
