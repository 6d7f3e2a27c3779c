// SPDX-License-Identifier: Apache-2.0
#include "agent/detect_command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/detect/detection.h"
#include "agent/detect/series.h"
#include "agent/log/log.h"

static int written(struct error *err)
{
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        return error_set(err, -EIO, "cannot write to standard output");
    }
    return 0;
}

// Rows leave before the reader may have to wait for more of them.
static int rows_print(struct series *series, struct detection *detection, struct error *err)
{
    struct series_row row;
    int status = 0;
    int read = 1;
    puts("timestamp,value,score,flag");
    while (status == 0 && read > 0) {
        if (!series_ready(series)) {
            status = written(err);
        }
        if (status == 0) {
            read = series_next(series, &row, err);
        }
        if (status == 0 && read > 0) {
            struct detection_result result;
            detection_feed(detection, &row.point, &result);
            printf("%s,%s,%.4f,%d\n", row.time_text, row.value_text, result.score, result.flag);
        }
    }
    if (read < 0) {
        (void)fflush(stdout);
        return read;
    }
    return status < 0 ? status : written(err);
}

static int series_detect(const char *path, struct error *err)
{
    struct series *series = NULL;
    struct detection *detection = NULL;
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int code = -errno;
        return error_set(err, code, "cannot open %s: %s", path, strerror(-code));
    }
    int status = series_create(&series, fd, standard ? "standard input" : path);
    if (status == 0) {
        status = detection_create(&detection, NULL);
    }
    if (status < 0) {
        error_set(err, status, "no memory");
    } else {
        status = rows_print(series, detection, err);
    }
    detection_free(detection);
    series_free(series);
    if (!standard) {
        close(fd);
    }
    return status;
}

enum exit_status detect_command(const struct command *command)
{
    struct log log = {.fd = STDERR_FILENO,
                      .format = command->config.log.format,
                      .level = command->config.log.level};
    struct error err;
    if (series_detect(command->series_path, &err) < 0) {
        log_error(&log, "detect", err.text);
        return EXIT_STATUS_FAILED;
    }
    return EXIT_STATUS_DONE;
}
