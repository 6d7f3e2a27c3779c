// SPDX-License-Identifier: Apache-2.0
// The name that a misspelt word was probably meant to be.
#ifndef WEIR_CONFIG_NEAREST_H
#define WEIR_CONFIG_NEAREST_H

struct nearest {
    const char *word;
    const char *name;  // the best candidate so far; NULL: none is near enough to be named
    unsigned distance; // of the best one
};

struct nearest nearest_to(const char *word);

// A candidate is near enough when at most a third of the word (and no more than three letters)
// differs, or when that holds of what follows the last dot: the group was forgotten or mistaken.
void nearest_consider(struct nearest *nearest, const char *candidate);

#endif
