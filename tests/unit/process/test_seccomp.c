// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/seccomp.h"
#include "tests/unit/process/child.h"

// Whether the call fails in the way of the filter.
#define IS_REFUSED(call) (errno = 0, (long)(call) == -1 && errno == EPERM)

static void filter(enum config_source source)
{
    struct error err = {0};
    CHILD_ASSERT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    int code = seccomp_process(source, &err);
    CHILD_ASSERT(code == 0);
}

static void nothing_leads_out_of_the_process(void)
{
    char *const words[] = {(char *)(uintptr_t) "true", NULL};
    filter(CONFIG_AF_PACKET);
    CHILD_ASSERT(IS_REFUSED(execve("/bin/true", words, words)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_execveat, AT_FDCWD, "/bin/true", words, words, 0)));
    CHILD_ASSERT(IS_REFUSED(fork()));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_vfork)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)));
    errno = 0;
    CHILD_ASSERT(syscall(SYS_clone3, NULL, 0) == -1 && errno == ENOSYS);
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_unshare, CLONE_NEWUSER)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_setns, 0, 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_ptrace, 0, 0, 0, 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_umount2, "/tmp", 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_bpf, 0, NULL, 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_init_module, NULL, 0, "")));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_finit_module, 0, "", 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_keyctl, 0, 0, 0, 0, 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_io_uring_setup, 1, NULL)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_userfaultfd, 0)));
    CHILD_ASSERT(IS_REFUSED(kill(getppid(), 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_tgkill, getppid(), getppid(), 0)));
    CHILD_ASSERT(IS_REFUSED(setuid(0)));
    CHILD_ASSERT(IS_REFUSED(prctl(PR_SET_DUMPABLE, 1)));
    CHILD_ASSERT(IS_REFUSED(chown("/tmp", 0, 0)));
    CHILD_ASSERT(IS_REFUSED(chmod("/tmp", 01777)));
    for (int family = AF_UNSPEC; family < AF_MAX; family++) {
        bool usual = family == AF_INET || family == AF_INET6 || family == AF_UNIX;
        CHILD_ASSERT(usual || IS_REFUSED(socket(family, SOCK_RAW, NETLINK_GENERIC)));
    }
    void *written = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHILD_ASSERT(written != MAP_FAILED);
    CHILD_ASSERT(IS_REFUSED(mprotect(written, 4096, PROT_READ | PROT_EXEC)));
    errno = 0;
    CHILD_ASSERT(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0) == MAP_FAILED &&
                 errno == EPERM);
}

static void *nothing(void *argument)
{
    return argument;
}

static void what_outputs_need_still_works(void)
{
    filter(CONFIG_AF_XDP);
    char path[] = "/tmp/weir-seccomp-XXXXXX";
    int fd = mkstemp(path);
    CHILD_ASSERT(fd >= 0 && write(fd, "a", 1) == 1 && fdatasync(fd) == 0);
    CHILD_ASSERT(ftruncate(fd, 0) == 0 && close(fd) == 0 && unlink(path) == 0);
    struct addrinfo *found = NULL;
    CHILD_ASSERT(getaddrinfo("localhost", "9092", NULL, &found) == 0);
    freeaddrinfo(found);
    CHILD_ASSERT(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) >= 0);
    CHILD_ASSERT(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0) >= 0);
    pthread_t thread;
    cpu_set_t mine;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    CHILD_ASSERT(sched_getaffinity(0, sizeof(mine), &mine) == 0);
    pthread_attr_setaffinity_np(&attributes, sizeof(mine), &mine);
    CHILD_ASSERT(pthread_create(&thread, &attributes, nothing, NULL) == 0);
    pthread_setname_np(thread, "weir-other");
    CHILD_ASSERT(pthread_join(thread, NULL) == 0);
    CHILD_ASSERT(raise(SIGWINCH) == 0); // ignored
    CHILD_ASSERT(eventfd(0, EFD_NONBLOCK) >= 0);
}

static void threads_that_run_are_filtered_too(void)
{
    child_thread(true);
    filter(CONFIG_AF_PACKET);
    child_thread(false);
    CHILD_ASSERT(child_threads_with("Seccomp", "2") == 3);
    CHILD_ASSERT(child_threads_with("NoNewPrivs", "1") == 3);
}

static void *worker_main(void *context)
{
    seccomp_worker_enter(context);
    CHILD_ASSERT(IS_REFUSED(open("/dev/null", O_RDONLY)));
    CHILD_ASSERT(IS_REFUSED(socket(AF_INET, SOCK_STREAM, 0)));
    CHILD_ASSERT(IS_REFUSED(syscall(SYS_sched_setaffinity, 0, 0, NULL)));
    CHILD_ASSERT(IS_REFUSED(unlink("/tmp/none")));
    pthread_t thread;
    CHILD_ASSERT(pthread_create(&thread, NULL, nothing, NULL) != 0);
    struct timespec moment = {.tv_nsec = 1000};
    CHILD_ASSERT(nanosleep(&moment, NULL) == 0);
    CHILD_ASSERT(sched_yield() == 0);
    char *volatile much = malloc(1 << 20);
    CHILD_ASSERT(much != NULL);
    free(much);
    return context;
}

static void a_worker_has_less(void)
{
    struct seccomp_worker *worker;
    CHILD_ASSERT(seccomp_worker_create(&worker, CONFIG_AF_PACKET, NULL) == 0);
    filter(CONFIG_AF_PACKET);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        void *answer;
        CHILD_ASSERT(pthread_create(&thread, NULL, worker_main, worker) == 0);
        CHILD_ASSERT(pthread_join(thread, &answer) == 0 && answer == worker);
    }
    CHILD_ASSERT(!seccomp_worker_failed(worker));
    CHILD_ASSERT(open("/dev/null", O_RDONLY) >= 0); // here it passes
    seccomp_worker_free(worker);
}

static void *enter_and_rest(void *context)
{
    seccomp_worker_enter(context);
    for (;;) {
        pause();
    }
    return NULL;
}

static void *enter(void *context)
{
    seccomp_worker_enter(context);
    return NULL;
}

static void a_filter_that_is_refused_is_told(void)
{
    struct seccomp_worker *worker;
    struct error err;
    pthread_t thread;
    CHILD_ASSERT(seccomp_worker_create(&worker, CONFIG_DPDK, NULL) == 0);
    CHILD_ASSERT(setresuid(12345, 12345, 12345) == 0);
    // Without no_new_privs an ordinary user may not filter.
    CHILD_ASSERT(pthread_create(&thread, NULL, enter, worker) == 0);
    CHILD_ASSERT(pthread_join(thread, NULL) == 0);
    CHILD_ASSERT(seccomp_worker_failed(worker));
    // A thread that was filtered alone cannot be filtered along with all others.
    CHILD_ASSERT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHILD_ASSERT(pthread_create(&thread, NULL, enter_and_rest, worker) == 0);
    while (child_threads_with("Seccomp", "2") == 0) {
        sched_yield();
    }
    CHILD_ASSERT(seccomp_process(CONFIG_DPDK, &err) < 0);
    CHILD_ASSERT(strstr(err.text, "privileges.seccomp=false") != NULL);
    CHILD_ASSERT(child_threads_with("Seccomp", "2") == 1);
}

static void run(void **state)
{
    if (!seccomp_possible() || geteuid() != 0) {
        skip();
    }
    child_run((void (*)(void))(uintptr_t)*state);
}

#define CHILD(work)                                                                                \
    {                                                                                              \
#work, run, NULL, NULL, (void *)(uintptr_t)(work)                                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHILD(nothing_leads_out_of_the_process),  CHILD(what_outputs_need_still_works),
        CHILD(threads_that_run_are_filtered_too), CHILD(a_worker_has_less),
        CHILD(a_filter_that_is_refused_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
