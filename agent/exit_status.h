// SPDX-License-Identifier: Apache-2.0
// What weir's exit status says.
#ifndef WEIR_EXIT_STATUS_H
#define WEIR_EXIT_STATUS_H

enum exit_status {
    EXIT_STATUS_DONE = 0, // and the books balance
    EXIT_STATUS_FAILED = 1,
    EXIT_STATUS_WRONG_USE = 2, // of the command line or in the configuration; nothing was started
    EXIT_STATUS_UNBALANCED = 3,
};

#endif
