// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/xdp_keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/capture/live.h"
#include "dataplane/capture/xdp_attached.h"

enum { STOP_MS = 5000 };

struct kept {
    int fd;
    struct xdp_steer *const *steers;
    unsigned count;
};

static int number_compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// All but the socket and the programs: no file, socket or terminal of the sensor's stays open for
// longer than the sensor.
static void descriptors_close(const struct kept *kept)
{
    int keep[LIVE_INTERFACES_MAX + 2] = {2, kept->fd};
    unsigned count = 2;
    for (unsigned i = 0; i < kept->count; i++) {
        keep[count++] = kept->steers[i]->program_fd;
    }
    qsort(keep, count, sizeof(keep[0]), number_compare);
    for (unsigned i = 0; i < count; i++) {
        unsigned to = i + 1 < count ? (unsigned)keep[i + 1] : ~0u;
        if (to > (unsigned)keep[i] + 1) {
            close_range((unsigned)keep[i] + 1, to - 1, 0);
        }
    }
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++) {
        dup2(null, fd);
    }
    if (null > 2) {
        close(null);
    }
}

// To take programs off: CAP_NET_ADMIN. To find the others of a dispatcher by their numbers, and to
// load the dispatcher they are left in: CAP_SYS_ADMIN.
static void rights_reduce(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_capget, &header, sets) != 0) {
        return;
    }
    uint32_t needed = CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_SYS_ADMIN);
    uint32_t both[2] = {sets[0].permitted & needed,
                        sets[1].permitted & (CAP_TO_MASK(CAP_BPF) | CAP_TO_MASK(CAP_PERFMON))};
    for (unsigned i = 0; i < 2; i++) {
        sets[i] = (struct __user_cap_data_struct){.effective = both[i], .permitted = both[i]};
    }
    syscall(SYS_capset, &header, sets);
}

static void answer(const struct kept *kept, uint32_t interface)
{
    for (unsigned i = 0; i < kept->count; i++) {
        const struct xdp_steer *steer = kept->steers[i];
        if (steer->index == interface) {
            struct xdp_keeper_answer told = {.interface = interface};
            told.attached = xdp_attached_has(interface, steer->id, told.name, sizeof(told.name));
            send(kept->fd, &told, sizeof(told), MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
}

// Ends when the sensor's end of the socket is closed.
static void keep(const struct kept *kept)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL); // what ends the sensor does not end its keeper
    prctl(PR_SET_NAME, "weir-keeper");
    descriptors_close(kept);
    rights_reduce();
    if (chdir("/") != 0) {
        // It would only keep a file system from being unmounted.
    }
    uint32_t interface;
    ssize_t bytes;
    while ((bytes = recv(kept->fd, &interface, sizeof(interface), 0)) > 0 ||
           (bytes < 0 && errno == EINTR)) {
        if (bytes == sizeof(interface)) {
            answer(kept, interface);
        }
    }
    for (unsigned i = 0; i < kept->count; i++) {
        xdp_steer_detach(kept->steers[i]);
    }
}

int xdp_keeper_start(struct xdp_keeper *keeper, struct xdp_steer *const *steers, unsigned count,
                     struct error *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return error_set(err, -errno, "no socket for weir-keeper: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid < 0) {
        int code = -errno;
        close(ends[0]);
        close(ends[1]);
        return error_set(err, code, "cannot start weir-keeper: %s", strerror(-code));
    }
    if (pid == 0) {
        keep(&(struct kept){.fd = ends[1], .steers = steers, .count = count});
        _exit(0);
    }
    close(ends[1]);
    *keeper = (struct xdp_keeper){.fd = ends[0], .pid = pid};
    return 0;
}

void xdp_keeper_ask(const struct xdp_keeper *keeper, unsigned interface)
{
    uint32_t index = interface;
    send(keeper->fd, &index, sizeof(index), MSG_NOSIGNAL | MSG_DONTWAIT);
}

int xdp_keeper_answer(const struct xdp_keeper *keeper, struct xdp_keeper_answer *told)
{
    ssize_t bytes = recv(keeper->fd, told, sizeof(*told), MSG_DONTWAIT);
    if (bytes == sizeof(*told)) {
        return 1;
    }
    return bytes < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EPIPE;
}

// Its end of the socket is closed when it has done its work. waitpid only clears up behind it; a
// sensor that has given up system calls leaves that to the end of the process.
bool xdp_keeper_stop(struct xdp_keeper *keeper)
{
    if (keeper->fd < 0) {
        return false;
    }
    char octet;
    bool there = recv(keeper->fd, &octet, 1, MSG_DONTWAIT | MSG_PEEK) != 0;
    shutdown(keeper->fd, SHUT_WR);
    struct pollfd wait = {.fd = keeper->fd, .events = POLLIN};
    bool ended = !there;
    while (!ended && poll(&wait, 1, STOP_MS) > 0) {
        ended = recv(keeper->fd, &octet, 1, 0) <= 0;
    }
    close(keeper->fd);
    keeper->fd = -1;
    waitpid(keeper->pid, NULL, ended ? 0 : WNOHANG);
    return there;
}
