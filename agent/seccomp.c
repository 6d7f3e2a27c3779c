// SPDX-License-Identifier: Apache-2.0
#include "agent/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/seccomp_lists.h"

#if defined(__SANITIZE_ADDRESS__)
#define TRACED_AT_EXIT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACED_AT_EXIT 1
#endif
#endif

struct seccomp_worker {
    atomic_bool failed;
    struct sock_fprog program;
};

bool seccomp_possible(void)
{
#ifdef TRACED_AT_EXIT
    return false;
#else
    return true;
#endif
}

// Lets the calls of the list pass. 0 or a negative errno. A call that this machine's kind of
// processor does not have is no loss.
static int list_add(scmp_filter_ctx filter, const struct seccomp_list *list)
{
    int code = 0;
    for (size_t i = 0; i < list->call_count && code == 0; i++) {
        if (list->calls[i] >= 0) {
            code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list->calls[i], 0);
        }
    }
    for (size_t i = 0; i < list->limited_count && code == 0; i++) {
        const struct seccomp_limited *row = &list->limited[i];
        struct scmp_arg_cmp compare = {row->argument, SCMP_CMP_MASKED_EQ, row->mask, row->value};
        code = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->call, 1, &compare);
    }
    return code;
}

// The limits that depend on more than one argument, or on this process.
static int process_add(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp route[] = {{0, SCMP_CMP_EQ, AF_NETLINK, 0},
                                         {2, SCMP_CMP_EQ, NETLINK_ROUTE, 0}};
    const struct scmp_arg_cmp self[] = {{0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0}};
    int code = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, route);
    if (code == 0) {
        code = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, self);
    }
    if (code == 0) {
        code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    }
    return code;
}

// A filter with the list's calls; NULL and a negative errno in *code where there is none.
static scmp_filter_ctx filter_make(const struct seccomp_list *list, enum config_source source,
                                   int *code)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    *code = filter != NULL ? 0 : -ENOMEM;
    if (*code == 0) {
        // A tree instead of a row of comparisons; what cannot do it takes longer for a call.
        (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        *code = list_add(filter, list);
    }
    if (*code == 0 && source == CONFIG_DPDK) {
        *code = list_add(filter, &seccomp_dpdk_list);
    }
    return filter;
}

int seccomp_process(enum config_source source, struct error *err)
{
    int code;
    scmp_filter_ctx filter = filter_make(&seccomp_process_list, source, &code);
    if (code == 0) {
        code = process_add(filter);
    }
    if (code == 0) {
        code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    if (code == 0 && seccomp_possible()) {
        code = seccomp_load(filter);
    }
    seccomp_release(filter);
    return code == 0 ? 0
                     : error_set(err, code,
                                 "cannot filter system calls: %s; privileges.seccomp=false goes "
                                 "without that",
                                 strerror(-code));
}

// Reads what libseccomp has written into a file in memory.
static int program_read(int fd, struct sock_fprog *program)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || status.st_size <= 0) {
        return -EIO;
    }
    size_t octets = (size_t)status.st_size;
    struct sock_filter *steps = malloc(octets);
    if (steps == NULL) {
        return -ENOMEM;
    }
    if (pread(fd, steps, octets, 0) != (ssize_t)octets) {
        free(steps);
        return -EIO;
    }
    *program = (struct sock_fprog){(unsigned short)(octets / sizeof(*steps)), steps};
    return 0;
}

static int program_make(enum config_source source, struct sock_fprog *program)
{
    int code;
    scmp_filter_ctx filter = filter_make(&seccomp_worker_list, source, &code);
    int fd = code == 0 ? memfd_create("seccomp", MFD_CLOEXEC) : -1;
    if (code == 0 && fd < 0) {
        code = -errno;
    }
    if (code == 0) {
        code = seccomp_export_bpf(filter, fd);
    }
    if (code == 0) {
        code = program_read(fd, program);
    }
    if (fd >= 0) {
        close(fd);
    }
    seccomp_release(filter);
    return code;
}

int seccomp_worker_create(struct seccomp_worker **worker, enum config_source source,
                          struct error *err)
{
    struct seccomp_worker *new = calloc(1, sizeof(*new));
    int code = new != NULL ? program_make(source, &new->program) : -ENOMEM;
    if (code != 0) {
        free(new);
        return error_set(err, code, "cannot prepare the filter of workers' system calls: %s",
                         strerror(-code));
    }
    *worker = new;
    return 0;
}

void seccomp_worker_enter(struct seccomp_worker *worker)
{
    if (seccomp_possible() &&
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &worker->program, 0, 0) != 0) {
        atomic_store_explicit(&worker->failed, true, memory_order_relaxed);
    }
}

bool seccomp_worker_failed(const struct seccomp_worker *worker)
{
    return atomic_load_explicit(&worker->failed, memory_order_relaxed);
}

void seccomp_worker_free(struct seccomp_worker *worker)
{
    if (worker != NULL) {
        free(worker->program.filter);
        free(worker);
    }
}
