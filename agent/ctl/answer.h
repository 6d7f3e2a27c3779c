// SPDX-License-Identifier: Apache-2.0
// What several verbs do with the API and its answers.
#ifndef WEIR_CTL_ANSWER_H
#define WEIR_CTL_ANSWER_H

#include "agent/ctl/verb.h"

// As client_ask, for a path that needs neither a name nor a body.
int ctl_get(struct ctl *ctl, const char *path, json_t **json, struct error *err);

// Prints an answer, whose reference it takes over: as it is for --json, else with `show` and
// without what a terminal would act on. 0.
int ctl_answer_show(const struct ctl *ctl, json_t *json, void (*show)(const json_t *json));

// The same of a list: `show` gets the member that holds it.
int ctl_list_show(const struct ctl *ctl, json_t *json, const char *member,
                  void (*show)(const json_t *list));

enum { CTL_PATH_MAX = 512 };

// Adds "?name=value", or "&name=value", to the path, the value as a URL wants it. 0, or -EINVAL
// with a message: it is too long for `size`.
int ctl_parameter_add(char *path, size_t size, const char *name, const char *value,
                      struct error *err);

// Adds the limit that --last asks for, if any. 0, or -EINVAL with a message: it is no number.
int ctl_last_add(const struct ctl *ctl, char *path, size_t size, struct error *err);

#endif
