// SPDX-License-Identifier: Apache-2.0
#include "agent/seccomp_lists.h"

#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define ALL_BITS UINT64_C(0xffffffff) // of an int

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int process_calls[] = {
    // Outputs, the spool, the log, certificates, /etc/resolv.conf and its like.
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(close),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fadvise64),
    SCMP_SYS(flock),
    // Brokers, name servers, the directory of users; the embedded broker.
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create), // DPDK's interrupt thread, when a device comes or goes
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    // Memory.
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    // Threads, and time.
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(wait4), // for weir-keeper, which was started before
    // Signals; those that a process sends itself are further below.
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    // What a process may know about itself and the machine.
    SCMP_SYS(getrandom),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getresuid),
    SCMP_SYS(getresgid),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrlimit),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
};

// No new process and no namespace. A thread of the C library has all of the first.
enum {
    THREAD_FLAGS = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
    NAMESPACE_FLAGS = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                      CLONE_NEWPID | CLONE_NEWNET,
};

static const struct seccomp_limited process_limited[] = {
    {SCMP_SYS(clone), 0, THREAD_FLAGS | NAMESPACE_FLAGS, THREAD_FLAGS},
    // Memory is written or run, never both; code comes from files alone (plug-ins of libraries).
    {SCMP_SYS(mmap), 2, PROT_WRITE, 0},
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(socket), 0, ALL_BITS, AF_INET},
    {SCMP_SYS(socket), 0, ALL_BITS, AF_INET6},
    {SCMP_SYS(socket), 0, ALL_BITS, AF_UNIX},
    {SCMP_SYS(socketpair), 0, ALL_BITS, AF_UNIX},
    {SCMP_SYS(prlimit64), 2, UINT64_MAX, 0}, // asks, does not set
    {SCMP_SYS(ioctl), 1, ALL_BITS, FIONBIO},
    {SCMP_SYS(ioctl), 1, ALL_BITS, FIONREAD},
    {SCMP_SYS(ioctl), 1, ALL_BITS, TCGETS},
    {SCMP_SYS(ioctl), 1, ALL_BITS, TIOCGWINSZ},
    // Looking after interfaces.
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFFLAGS},
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFINDEX},
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFNAME},
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFMTU},
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCETHTOOL},
    {SCMP_SYS(prctl), 0, ALL_BITS, PR_SET_NAME},
    {SCMP_SYS(prctl), 0, ALL_BITS, PR_GET_NAME},
    {SCMP_SYS(prctl), 0, ALL_BITS, PR_SET_VMA},
    {SCMP_SYS(prctl), 0, ALL_BITS, PR_SET_SECCOMP}, // takes calls away, never gives any
};

// A capture source's burst, its statistics and its losses; waiting; the end of a thread; a failed
// assertion's last words. No file is opened.
static const int worker_calls[] = {
    SCMP_SYS(read),          SCMP_SYS(pread64),      SCMP_SYS(lseek),
    SCMP_SYS(write),         SCMP_SYS(close),        SCMP_SYS(poll),
    SCMP_SYS(ppoll),         SCMP_SYS(recvfrom),     SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),        SCMP_SYS(getsockopt),   SCMP_SYS(brk),
    SCMP_SYS(munmap),        SCMP_SYS(madvise),      SCMP_SYS(futex),
    SCMP_SYS(sched_yield),   SCMP_SYS(nanosleep),    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime), SCMP_SYS(getcpu),       SCMP_SYS(gettid),
    SCMP_SYS(getpid),        SCMP_SYS(getrandom),    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),          SCMP_SYS(exit_group),
};

static const struct seccomp_limited worker_limited[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCGIFFLAGS},
    {SCMP_SYS(ioctl), 1, ALL_BITS, SIOCETHTOOL},
};

// Its drivers speak to VFIO and to the kernel's devices each in their own way.
static const int dpdk_calls[] = {
    SCMP_SYS(ioctl),      SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_ctl),      SCMP_SYS(sched_getaffinity),
    SCMP_SYS(access), // on which NUMA node a thread runs
};

const struct seccomp_list seccomp_process_list = {
    process_calls,
    COUNT(process_calls),
    process_limited,
    COUNT(process_limited),
};

const struct seccomp_list seccomp_worker_list = {
    worker_calls,
    COUNT(worker_calls),
    worker_limited,
    COUNT(worker_limited),
};

const struct seccomp_list seccomp_dpdk_list = {dpdk_calls, COUNT(dpdk_calls), NULL, 0};
