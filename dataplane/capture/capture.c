// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/capture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/capture/file.h"
#include "dataplane/capture/merge.h"
#include "dataplane/capture/pace.h"

const char *const capture_drop_name[CAPTURE_DROP_COUNT] = {
    [CAPTURE_DROP_LINK_TYPE] = "link_type",     [CAPTURE_DROP_RING_FULL] = "ring_full",
    [CAPTURE_DROP_NO_BUFFER] = "no_buffer",     [CAPTURE_DROP_MISSED] = "missed",
    [CAPTURE_DROP_ERRORS] = "errors",           [CAPTURE_DROP_FILTERED] = "filtered",
    [CAPTURE_DROP_SAMPLED_OUT] = "sampled_out",
};

static int arguments_check(const char *const *paths, size_t path_count, double speed,
                           struct error *err)
{
    if (path_count == 0) {
        return error_set(err, -EINVAL, "no capture file given");
    }
    size_t standard_inputs = 0;
    for (size_t i = 0; i < path_count; i++) {
        standard_inputs += strcmp(paths[i], "-") == 0;
    }
    if (standard_inputs > 1) {
        return error_set(err, -EINVAL, "standard input (-) is given %zu times; expected once",
                         standard_inputs);
    }
    if (!isfinite(speed) || speed < 0) {
        return error_set(err, -EINVAL, "a speed of %g; expected 0 or more", speed);
    }
    return 0;
}

// All of the files as one source.
static int files_open(struct capture **capture, const char *const *paths, size_t path_count,
                      enum input_way way, struct error *err)
{
    struct capture **files = calloc(path_count, sizeof(struct capture *));
    if (files == NULL) {
        return error_set(err, -ENOMEM, "no memory to open %zu captures", path_count);
    }
    int code = 0;
    size_t opened = 0;
    while (code == 0 && opened < path_count) {
        code = file_open(&files[opened], paths[opened], way, err);
        opened += code == 0;
    }
    if (code == 0 && path_count > 1) {
        code = merge_open(capture, files, path_count, err);
    } else if (code == 0) {
        *capture = files[0];
    }
    for (; code != 0 && opened > 0; opened--) {
        files[opened - 1]->ops->close(files[opened - 1]);
    }
    free(files);
    return code;
}

int capture_open_files(struct capture **capture, const char *const *paths, size_t path_count,
                       double speed, struct error *err)
{
    int code = arguments_check(paths, path_count, speed, err);
    if (code != 0) {
        return code;
    }
    struct capture *opened;
    code = files_open(&opened, paths, path_count, speed > 0 ? INPUT_COPIED : INPUT_MAPPED, err);
    if (code != 0) {
        return code;
    }
    struct capture *paced = opened;
    if (speed > 0) {
        code = pace_open(&paced, opened, speed, err);
        if (code != 0) {
            opened->ops->close(opened);
            return code;
        }
    }
    *capture = paced;
    return 0;
}
