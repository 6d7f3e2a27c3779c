// SPDX-License-Identifier: Apache-2.0
// What was kept on disk: shown in the order of time, and erased.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "agent/ctl/answer.h"
#include "agent/ctl/moment.h"
#include "agent/ctl/show.h"

// Adds the time that a flag gives, if any.
static int moment_add(const struct ctl *ctl, enum ctl_flag flag, const char *parameter, char *path,
                      struct error *err)
{
    char name[32], text[32];
    int64_t us = 0;
    if (ctl->given[flag] == NULL) {
        return 0;
    }
    snprintf(name, sizeof(name), "--%s", ctl_flags[flag].name);
    int code = moment_read(name, ctl->given[flag], &us, err);
    snprintf(text, sizeof(text), "%" PRId64, us);
    return code == 0 ? ctl_parameter_add(path, CTL_PATH_MAX, parameter, text, err) : code;
}

static int span_add(const struct ctl *ctl, char *path, struct error *err)
{
    int code = moment_add(ctl, CTL_FROM, "from_us", path, err);
    return code == 0 ? moment_add(ctl, CTL_TO, "to_us", path, err) : code;
}

static int history_get(struct ctl *ctl, char *path, json_t **json, struct error *err)
{
    const char *name = ctl->given[CTL_NAME];
    int code = span_add(ctl, path, err);
    if (code == 0 && name != NULL) {
        code = ctl_parameter_add(path, CTL_PATH_MAX, "name", name, err);
    }
    if (code == 0) {
        code = ctl_last_add(ctl, path, CTL_PATH_MAX, err);
    }
    return code == 0 ? ctl_get(ctl, path, json, err) : code;
}

// The API gives the newest first, so that --last means them; they are shown in the order of time.
static int history_show(struct ctl *ctl, char *path, void (*show)(const json_t *list),
                        struct error *err)
{
    json_t *json = NULL;
    int code = history_get(ctl, path, &json, err);
    if (code != 0 || ctl->given[CTL_JSON] != NULL) {
        return code == 0 ? ctl_answer_show(ctl, json, show_json) : code;
    }
    json_t *records = json_object_get(json, "records");
    json_t *ordered = json_array();
    for (size_t i = json_array_size(records); i-- > 0;) {
        json_array_append(ordered, json_array_get(records, i));
    }
    if (json_is_object(json_object_get(json, "next"))) {
        fputs("There are more before these: see --last and --to.\n", stderr);
    }
    json_object_set_new(json, "records", ordered);
    return ctl_list_show(ctl, json, "records", show);
}

static void show_answers(const json_t *answers)
{
    size_t i;
    json_t *answer;
    json_array_foreach((json_t *)answers, i, answer)
    {
        show_answer(answer);
    }
}

int ctl_history_windows(struct ctl *ctl, struct error *err)
{
    char path[CTL_PATH_MAX] = "/history/windows";
    return history_show(ctl, path, show_windows, err);
}

int ctl_history_answers(struct ctl *ctl, struct error *err)
{
    char path[CTL_PATH_MAX] = "/history/answers";
    return history_show(ctl, path, show_answers, err);
}

int ctl_history_anomalies(struct ctl *ctl, struct error *err)
{
    char path[CTL_PATH_MAX] = "/history/anomalies";
    return history_show(ctl, path, show_anomalies, err);
}

int ctl_history_erase(struct ctl *ctl, struct error *err)
{
    char path[CTL_PATH_MAX] = "/history";
    json_t *json = NULL;
    if (ctl->given[CTL_FROM] == NULL || ctl->given[CTL_TO] == NULL) {
        return error_set(err, -EINVAL, "weir ctl history erase: expected --from and --to");
    }
    int code = span_add(ctl, path, err);
    if (code == 0) {
        code = client_ask(&ctl->client, "DELETE", path, NULL, "", NULL, &json, err);
    }
    return code == 0 ? ctl_answer_show(ctl, json, show_members) : code;
}
