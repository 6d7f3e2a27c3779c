// SPDX-License-Identifier: Apache-2.0
#include "agent/control/listener_local.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 128, NOT_THE_OWNER = 0177 };

// In whose name this thread uses files.
struct owner {
    uid_t uid;
    gid_t gid;
};

// Where the rights for that are missing, it goes on as who it is. Returns who it was.
static struct owner owner_become(struct owner owner)
{
    struct owner before;
    before.gid = (gid_t)setfsgid(owner.gid);
    before.uid = (uid_t)setfsuid(owner.uid);
    return before;
}

static int directory_owner(const char *path, struct owner *owner)
{
    char directory[PATH_MAX];
    struct stat status;
    size_t length = (size_t)(strrchr(path, '/') - path);
    memcpy(directory, path, length);
    strcpy(directory + length, "/");
    if (stat(directory, &status) != 0) {
        return -errno;
    }
    *owner = (struct owner){status.st_uid, status.st_gid};
    return 0;
}

// Makes room for the socket: 0, or -EEXIST (it is no socket), -EADDRINUSE or another errno.
static int stale_remove(const struct endpoint *endpoint)
{
    const char *path = endpoint_path(endpoint);
    struct stat status;
    if (lstat(path, &status) != 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return -EEXIST;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    int code = connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->bytes);
    bool stale = code != 0 && errno == ECONNREFUSED;
    close(fd);
    if (!stale) {
        return -EADDRINUSE;
    }
    return unlink(path) == 0 ? 0 : -errno;
}

static int socket_bind(int fd, const struct endpoint *endpoint)
{
    mode_t before = umask(NOT_THE_OWNER);
    int code = bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->bytes);
    code = code == 0 ? 0 : -errno;
    umask(before);
    return code;
}

static int socket_open(const struct endpoint *endpoint)
{
    int code = stale_remove(endpoint);
    if (code != 0) {
        return code;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    code = socket_bind(fd, endpoint);
    if (code == 0 && listen(fd, BACKLOG) != 0) {
        code = -errno;
        unlink(endpoint_path(endpoint));
    }
    if (code != 0) {
        close(fd);
    }
    return code == 0 ? fd : code;
}

int listener_local_open(const struct endpoint *endpoint, struct error *err)
{
    const char *path = endpoint_path(endpoint);
    struct owner owner;
    int fd = directory_owner(path, &owner);
    if (fd == 0) {
        struct owner before = owner_become(owner);
        fd = socket_open(endpoint);
        owner_become(before);
    }
    if (fd >= 0) {
        return fd;
    }
    const char *why = fd == -EEXIST ? "it is there, and is no socket" : strerror(-fd);
    return error_set(err, fd, "cannot listen on unix:%s: %s", path, why);
}

void listener_local_remove(const struct endpoint *endpoint)
{
    struct owner owner;
    if (directory_owner(endpoint_path(endpoint), &owner) == 0) {
        struct owner before = owner_become(owner);
        unlink(endpoint_path(endpoint));
        owner_become(before);
    }
}
