// SPDX-License-Identifier: Apache-2.0
// The API's answers for a person, on standard output.
#ifndef WEIR_CTL_SHOW_H
#define WEIR_CTL_SHOW_H

#include <jansson.h>

void show_json(const json_t *json); // as it is, indented
void show_queries(const json_t *queries);
void show_answer(const json_t *answer);
void show_anomalies(const json_t *anomalies);
void show_windows(const json_t *windows);

// "name  value" of each member, of objects within under names with dots.
void show_members(const json_t *object);

#endif
