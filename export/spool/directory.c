// SPDX-License-Identifier: Apache-2.0
// The lock is one of the open file description, as flock(2) takes, by way of fcntl(2): that one can
// be asked for without being taken.
#include "export/spool/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char lock_name[] = "lock";

enum { DIGITS_MIN = 10, DIGITS_MAX = 12 };

struct segment_name segment_name(uint64_t number)
{
    struct segment_name name;
    snprintf(name.text, sizeof(name.text), "%010" PRIu64 ".spool", number);
    return name;
}

// The number of a segment's name, 0 where it is none.
static uint64_t name_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < DIGITS_MIN || digits > DIGITS_MAX) {
        return 0;
    }
    uint64_t number = strtoull(text, NULL, 10);
    bool named = number <= SEGMENT_NUMBER_MAX && strcmp(segment_name(number).text, text) == 0;
    return named ? number : 0;
}

int directory_make(const char *path, struct error *err)
{
    char made[PATH_MAX];
    size_t bytes = strlen(path);
    if (bytes >= sizeof(made)) {
        return error_set(err, -ENAMETOOLONG, "spool '%s': the path is too long", path);
    }
    for (size_t i = 1; i <= bytes; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(made, path, i);
        made[i] = '\0';
        if (mkdir(made, 0700) != 0 && errno != EEXIST && errno != EISDIR) {
            return error_set(err, -errno,
                             "spool '%s': cannot make '%s': %s; export.spool.directory=none goes "
                             "without",
                             path, made, strerror(errno));
        }
    }
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        return error_set(err, -errno, "spool '%s': cannot be opened: %s", path, strerror(errno));
    }
    return directory;
}

int directory_lock(int directory, const char *path, struct error *err)
{
    int fd = openat(directory, lock_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return error_set(err, -errno, "spool '%s': cannot open '%s': %s", path, lock_name,
                         strerror(errno));
    }
    char pid[24] = {0};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
        int length = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
        bool told = ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)length, 0) > 0;
        (void)told; // on a full disk the lock holds all the same, only its message says less
        return fd;
    }
    int code = -errno;
    if (code == -EAGAIN || code == -EACCES) {
        ssize_t length = pread(fd, pid, sizeof(pid) - 1, 0);
        int holder = length > 0 ? atoi(pid) : 0;
        code = holder > 0 ? error_set(err, -EBUSY,
                                      "spool '%s': process %d has it open; each sensor needs an "
                                      "export.spool.directory of its own",
                                      path, holder)
                          : error_set(err, -EBUSY, "spool '%s': another process has it open", path);
    } else {
        error_set(err, code, "spool '%s': cannot lock '%s': %s", path, lock_name, strerror(-code));
    }
    close(fd);
    return code;
}

bool directory_is_locked(int directory)
{
    int fd = openat(directory, lock_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return locked;
}

static bool list_add(struct directory_list *list, size_t *capacity, uint64_t number)
{
    if (list->count == *capacity) {
        size_t more = *capacity > 0 ? 2 * *capacity : 64;
        uint64_t *numbers = realloc(list->numbers, more * sizeof(*numbers));
        if (numbers == NULL) {
            return false;
        }
        list->numbers = numbers;
        *capacity = more;
    }
    list->numbers[list->count++] = number;
    return true;
}

static int number_compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

// Collects what the stream gives. 0 or a negative errno.
static int list_collect(DIR *stream, int directory, struct directory_list *list)
{
    size_t capacity = 0;
    struct dirent *entry;
    while (errno = 0, (entry = readdir(stream)) != NULL) {
        struct stat status;
        uint64_t number = name_number(entry->d_name);
        if (number == 0 || fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        if (number > list->highest) {
            list->highest = number;
        }
        if (S_ISREG(status.st_mode) && !list_add(list, &capacity, number)) {
            return -ENOMEM;
        }
    }
    return -errno;
}

int directory_list(int directory, struct directory_list *list)
{
    *list = (struct directory_list){0};
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (stream == NULL) {
        int code = -errno;
        if (fd >= 0) {
            close(fd);
        }
        return code;
    }
    int code = list_collect(stream, directory, list);
    closedir(stream);
    if (code != 0) {
        free(list->numbers);
        *list = (struct directory_list){0};
        return code;
    }
    if (list->count > 0) {
        qsort(list->numbers, list->count, sizeof(*list->numbers), number_compare);
    }
    return 0;
}
