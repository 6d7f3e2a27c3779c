// SPDX-License-Identifier: Apache-2.0
#include "agent/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/privileges_threads.h"

enum { CAPABILITIES_MAX = 4, PASSWD_OCTETS = 16384 };

struct needs {
    const char *source;
    cap_value_t capabilities[CAPABILITIES_MAX];
    size_t count;
};

static const struct needs needs[] = {
    [CONFIG_AF_PACKET] = {"af_packet", {CAP_NET_RAW}, 1},
    // The program passes the kernel's checks without CAP_PERFMON, too.
    [CONFIG_AF_XDP] = {"af_xdp", {CAP_NET_RAW, CAP_NET_ADMIN, CAP_BPF}, 3},
    // What a device of DPDK needs is the device's affair: it says so itself.
    [CONFIG_DPDK] = {"dpdk", {0}, 0},
};

static bool is_effective(cap_value_t capability)
{
    cap_t mine = cap_get_proc();
    cap_flag_value_t value = CAP_CLEAR;
    bool set = mine != NULL && cap_get_flag(mine, capability, CAP_EFFECTIVE, &value) == 0 &&
               value == CAP_SET;
    cap_free(mine);
    return set;
}

// CAP_SYS_ADMIN stands for CAP_BPF, as it did before that was split off.
static bool has(cap_value_t capability)
{
    return is_effective(capability) || (capability == CAP_BPF && is_effective(CAP_SYS_ADMIN));
}

// Adds the name as it is written everywhere but in libcap.
static void name_add(char *text, size_t size, cap_value_t capability)
{
    char *name = cap_to_name(capability);
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", name != NULL ? name : "?");
    for (char *at = text + used; *at != '\0'; at++) {
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    cap_free(name);
}

int privileges_check(enum config_source source, struct error *err)
{
    const struct needs *need = &needs[source];
    char all[128] = "";
    char missing[128] = "";
    for (size_t i = 0; i < need->count; i++) {
        name_add(all, sizeof(all), need->capabilities[i]);
        if (!has(need->capabilities[i])) {
            name_add(missing, sizeof(missing), need->capabilities[i]);
        }
    }
    if (missing[0] == '\0') {
        return 0;
    }
    return error_set(err, -EPERM,
                     "weir run captures with %s, which needs %s; missing: %s. Run it as root, or "
                     "name them in AmbientCapabilities= of its systemd unit, or give them to the "
                     "program with setcap (docs/OPERATION.md)",
                     need->source, all, missing);
}

// The user's row, copied out of `buffer`. 0, or a positive errno; *found tells whether there is
// one.
static int user_look_up(struct privileges *privileges, const char *user, bool *found)
{
    struct passwd row;
    struct passwd *result = NULL;
    char *buffer = malloc(PASSWD_OCTETS);
    if (buffer == NULL) {
        return ENOMEM;
    }
    int code = user[0] != '\0' ? getpwnam_r(user, &row, buffer, PASSWD_OCTETS, &result)
                               : getpwuid_r(getuid(), &row, buffer, PASSWD_OCTETS, &result);
    *found = result != NULL;
    if (*found) {
        privileges->uid = row.pw_uid;
        privileges->gid = row.pw_gid;
        snprintf(privileges->user, sizeof(privileges->user), "%s", row.pw_name);
    }
    free(buffer);
    return code;
}

int privileges_find(struct privileges *privileges, const char *user, struct error *err)
{
    bool stays = user[0] == '\0' && geteuid() != 0;
    const char *wanted = user[0] == '\0' && !stays ? "nobody" : user;
    *privileges = (struct privileges){.uid = geteuid(), .gid = getegid()};
    if (stays) {
        return 0;
    }
    bool found = false;
    int code = user_look_up(privileges, wanted, &found);
    if (!found) {
        return error_set(err, code == ENOMEM ? -ENOMEM : -EINVAL,
                         "privileges.user: there is no user '%s' to become%s%s", wanted,
                         code != 0 ? ": " : "", code != 0 ? strerror(code) : "");
    }
    privileges->changes = privileges->uid != geteuid() || privileges->uid != getuid();
    if (privileges->changes && !(is_effective(CAP_SETUID) && is_effective(CAP_SETGID))) {
        return error_set(err, -EPERM,
                         "privileges.user: becoming '%s' needs root or CAP_SETUID CAP_SETGID; "
                         "leave it empty to stay who started weir",
                         wanted);
    }
    return 0;
}

int privileges_seal(struct error *err)
{
    // Each of the three may be refused to who has no right to it; no_new_privs never is, and makes
    // them worthless to a program that is started.
    for (cap_value_t i = 0; i < cap_max_bits(); i++) {
        (void)cap_drop_bound(i);
    }
    (void)cap_reset_ambient();
    cap_t mine = cap_get_proc();
    if (mine != NULL && cap_clear_flag(mine, CAP_INHERITABLE) == 0) {
        (void)cap_set_proc(mine);
    }
    cap_free(mine);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return error_set(err, -errno, "cannot set no_new_privs: %s", strerror(errno));
    }
    return 0;
}

int privileges_narrow(const struct privileges *privileges, struct error *err)
{
    // Of root: to read the outputs' keys, to make their files, to hand the spool over and to become
    // somebody else.
    static const cap_value_t kept[] = {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_SETGID, CAP_SETUID};
    cap_t few = cap_init();
    cap_t mine = cap_get_proc();
    int code = few == NULL || mine == NULL ? -ENOMEM : 0;
    for (size_t i = 0; privileges->changes && code == 0 && i < sizeof(kept) / sizeof(kept[0]);
         i++) {
        cap_flag_value_t had = CAP_CLEAR;
        cap_get_flag(mine, kept[i], CAP_PERMITTED, &had);
        if (had == CAP_SET) {
            cap_set_flag(few, CAP_PERMITTED, 1, &kept[i], CAP_SET);
            cap_set_flag(few, CAP_EFFECTIVE, 1, &kept[i], CAP_SET);
        }
    }
    if (code == 0 && cap_set_proc(few) != 0) {
        code = -errno;
    }
    cap_free(few);
    cap_free(mine);
    if (code != 0) {
        return error_set(err, code, "cannot give up capabilities: %s", strerror(-code));
    }
    // Those of root lose theirs with the change of user.
    return privileges->changes ? 0 : threads_without_rights(err);
}

// Makes the directory and its parents where they are missing; the parents are to be passed through
// by a user without rights.
static int directory_make(const char *directory)
{
    char made[PATH_MAX];
    size_t octets = strlen(directory);
    if (octets >= sizeof(made)) {
        return -ENAMETOOLONG;
    }
    for (size_t i = 1; i <= octets; i++) {
        if (directory[i] == '/' || directory[i] == '\0') {
            memcpy(made, directory, i);
            made[i] = '\0';
            if (mkdir(made, directory[i] == '/' ? 0755 : 0700) != 0 && errno != EEXIST &&
                errno != EISDIR) {
                return -errno;
            }
        }
    }
    return 0;
}

static bool is_spools(const char *name)
{
    const char *dot = strrchr(name, '.');
    return strcmp(name, "lock") == 0 || (dot != NULL && strcmp(dot, ".spool") == 0);
}

// Hands over one file of the directory. A file with two names is left alone: the other one may be
// where the directory's owner has no business. -ENOTEMPTY: the file is none of weir's.
static int file_give(const struct privileges *privileges, int directory, const char *name)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ELOOP || errno == ENXIO || errno == ENOENT ? 0 : -errno;
    }
    struct stat status;
    int code = 0;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1) {
        code = !is_spools(name)                                    ? -ENOTEMPTY
               : fchown(fd, privileges->uid, privileges->gid) != 0 ? -errno
                                                                   : 0;
    }
    close(fd);
    return code;
}

static int files_give(const struct privileges *privileges, DIR *stream)
{
    int code = 0;
    struct dirent *entry;
    while (code == 0 && (errno = 0, entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            code = file_give(privileges, dirfd(stream), entry->d_name);
        }
    }
    if (code == 0 && errno != 0) {
        code = -errno;
    }
    return code == 0 && fchown(dirfd(stream), privileges->uid, privileges->gid) != 0 ? -errno
                                                                                     : code;
}

int privileges_make(const struct privileges *privileges, const char *directory)
{
    if (access(directory, F_OK) == 0) {
        return 0;
    }
    int code = directory_make(directory);
    if (code == 0 && privileges->changes) {
        code = lchown(directory, privileges->uid, privileges->gid) != 0 ? -errno : 0;
    }
    return code;
}

int privileges_give(const struct privileges *privileges, const char *directory, struct error *err)
{
    if (!privileges->changes) {
        return 0;
    }
    int code = directory_make(directory);
    int fd = code == 0 ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (code == 0) {
        code = stream != NULL ? files_give(privileges, stream) : -errno;
    }
    if (stream != NULL) {
        closedir(stream);
    } else if (fd >= 0) {
        close(fd);
    }
    if (code != 0) {
        error_set(
            err, code, "'%s' cannot be handed to the user %s: %s", directory, privileges->user,
            code == -ENOTEMPTY ? "there are files in it that are no spool's" : strerror(-code));
    }
    return code;
}

static int user_become(const struct privileges *privileges, struct error *err)
{
    // These three reach every thread.
    if (setgroups(0, NULL) != 0 ||
        setresgid(privileges->gid, privileges->gid, privileges->gid) != 0 ||
        setresuid(privileges->uid, privileges->uid, privileges->uid) != 0) {
        return error_set(err, -errno, "cannot become the user %s: %s", privileges->user,
                         strerror(errno));
    }
    return 0;
}

int privileges_drop(const struct privileges *privileges, struct error *err)
{
    int code = privileges->changes ? user_become(privileges, err) : 0;
    cap_t none = cap_init();
    if (code == 0 && (none == NULL || cap_set_proc(none) != 0)) {
        code = error_set(err, -errno, "cannot give up capabilities: %s", strerror(errno));
    }
    cap_free(none);
    if (code == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        code = error_set(err, -errno, "cannot refuse core files: %s", strerror(errno));
    }
    return code == 0 ? threads_without_rights(err) : code;
}
