// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/privileges.h"
#include "tests/unit/process/child.h"

#define NONE "0000000000000000"

enum { NOBODY = 65534, SOMEBODY = 12345 };

static void all_threads_have(const char *name, const char *value)
{
    CHILD_ASSERT(child_threads_with(name, value) == child_threads());
}

// What must hold of each thread, those that ran before and one that comes later.
static void nothing_is_left(void)
{
    child_thread(false);
    all_threads_have("CapPrm", NONE);
    all_threads_have("CapEff", NONE);
    all_threads_have("CapAmb", NONE);
    CHILD_ASSERT(setuid(0) != 0);
    CHILD_ASSERT(prctl(PR_GET_DUMPABLE) == 0);
}

// Gives this process, no longer root, one capability.
static void be_somebody_with(cap_value_t capability)
{
    prctl(PR_SET_KEEPCAPS, 1);
    CHILD_ASSERT(setresgid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
    CHILD_ASSERT(setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
    cap_t few = cap_init();
    cap_set_flag(few, CAP_PERMITTED, 1, &capability, CAP_SET);
    cap_set_flag(few, CAP_EFFECTIVE, 1, &capability, CAP_SET);
    CHILD_ASSERT(cap_set_proc(few) == 0);
    cap_free(few);
}

static void root_becomes_nobody_in_all_threads(void)
{
    struct privileges privileges;
    CHILD_ASSERT(privileges_find(&privileges, "", NULL) == 0);
    CHILD_ASSERT(privileges.changes && privileges.uid == NOBODY);
    CHILD_ASSERT(privileges_seal(NULL) == 0);
    child_thread(false);
    CHILD_ASSERT(privileges_narrow(&privileges, NULL) == 0);
    // As librdkafka's: out of a signal's reach.
    child_thread(true);
    CHILD_ASSERT(privileges_drop(&privileges, NULL) == 0);
    nothing_is_left();
    all_threads_have("Uid", "65534\t65534\t65534\t65534");
    all_threads_have("Gid", "65534\t65534\t65534\t65534");
    all_threads_have("Groups", " ");
    all_threads_have("CapInh", NONE);
    all_threads_have("CapBnd", NONE);
    all_threads_have("NoNewPrivs", "1");
}

static void narrowing_leaves_root_no_network(void)
{
    struct privileges privileges;
    CHILD_ASSERT(privileges_find(&privileges, "nobody", NULL) == 0);
    CHILD_ASSERT(privileges_narrow(&privileges, NULL) == 0);
    struct error err;
    CHILD_ASSERT(privileges_check(CONFIG_AF_PACKET, &err) == -EPERM);
    CHILD_ASSERT(privileges_drop(&privileges, NULL) == 0);
}

static void an_ordinary_user_keeps_no_capability(void)
{
    be_somebody_with(CAP_NET_RAW);
    struct privileges privileges;
    CHILD_ASSERT(privileges_find(&privileges, "", NULL) == 0);
    CHILD_ASSERT(!privileges.changes);
    CHILD_ASSERT(privileges_seal(NULL) == 0);
    CHILD_ASSERT(privileges_check(CONFIG_AF_PACKET, NULL) == 0);
    child_thread(false); // as DPDK's own
    CHILD_ASSERT(privileges_narrow(&privileges, NULL) == 0);
    all_threads_have("CapPrm", NONE);
    child_thread(true);
    CHILD_ASSERT(privileges_drop(&privileges, NULL) == 0);
    nothing_is_left();
    all_threads_have("Uid", "12345\t12345\t12345\t12345");
}

static void a_thread_that_keeps_its_rights_is_told(void)
{
    be_somebody_with(CAP_NET_RAW);
    struct privileges privileges;
    struct error err = {0};
    CHILD_ASSERT(privileges_find(&privileges, "", NULL) == 0);
    child_thread(true);
    CHILD_ASSERT(privileges_narrow(&privileges, &err) == -ETIMEDOUT);
    CHILD_ASSERT(strstr(err.text, "test_process_pr") != NULL);
    CHILD_ASSERT(strstr(err.text, "2000") != NULL);
}

static void what_is_missing_is_named(void)
{
    struct error err = {0};
    CHILD_ASSERT(privileges_check(CONFIG_AF_XDP, &err) == 0);
    be_somebody_with(CAP_NET_ADMIN);
    CHILD_ASSERT(privileges_check(CONFIG_AF_PACKET, &err) == -EPERM);
    CHILD_ASSERT(strstr(err.text, "captures with af_packet, which needs CAP_NET_RAW;") != NULL);
    CHILD_ASSERT(privileges_check(CONFIG_AF_XDP, &err) == -EPERM);
    CHILD_ASSERT(strstr(err.text, "missing: CAP_NET_RAW CAP_BPF.") != NULL);
    CHILD_ASSERT(privileges_check(CONFIG_DPDK, &err) == 0);
    struct privileges privileges;
    CHILD_ASSERT(privileges_find(&privileges, "nobody", &err) == -EPERM);
    CHILD_ASSERT(strstr(err.text, "becoming 'nobody' needs root") != NULL);
}

static void an_unknown_user_is_told(void)
{
    struct privileges privileges;
    struct error err = {0};
    CHILD_ASSERT(privileges_find(&privileges, "nobody-of-that-name", &err) == -EINVAL);
    CHILD_ASSERT(strstr(err.text, "no user 'nobody-of-that-name'") != NULL);
}

static uid_t owner_of(const char *directory, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    CHILD_ASSERT(lstat(path, &status) == 0);
    return status.st_uid;
}

static void file_make(const char *directory, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHILD_ASSERT(fd >= 0);
    close(fd);
}

static void a_directory_is_handed_over_but_no_links(void)
{
    char top[] = "/tmp/weir-privileges-XXXXXX";
    CHILD_ASSERT(mkdtemp(top) != NULL);
    CHILD_ASSERT(chdir(top) == 0 && mkdir("spool", 0700) == 0 && mkdir("spool/inner", 0700) == 0);
    file_make(top, "outside");
    file_make(top, "twice");
    file_make("spool", "0000000001.spool");
    CHILD_ASSERT(symlink("../outside", "spool/symbolic") == 0);
    CHILD_ASSERT(link("twice", "spool/hard") == 0);
    CHILD_ASSERT(mkfifo("spool/pipe", 0600) == 0);
    struct privileges privileges;
    CHILD_ASSERT(privileges_find(&privileges, "nobody", NULL) == 0);
    CHILD_ASSERT(privileges_give(&privileges, "spool", NULL) == 0);
    CHILD_ASSERT(owner_of(".", "spool") == NOBODY);
    CHILD_ASSERT(owner_of("spool", "0000000001.spool") == NOBODY);
    CHILD_ASSERT(owner_of(".", "outside") == 0);
    CHILD_ASSERT(owner_of(".", "twice") == 0);
    CHILD_ASSERT(owner_of("spool", "symbolic") == 0);
    CHILD_ASSERT(owner_of("spool", "pipe") == 0);
    CHILD_ASSERT(owner_of("spool", "inner") == 0);
    struct error err;
    CHILD_ASSERT(privileges_give(&privileges, "new/deep/spool", &err) == 0);
    CHILD_ASSERT(owner_of("new/deep", "spool") == NOBODY && owner_of("new", "deep") == 0);
    CHILD_ASSERT(privileges_give(&privileges, "outside/spool", &err) == -ENOTDIR);
    CHILD_ASSERT(strstr(err.text, "'outside/spool' cannot be handed to the user nobody") != NULL);
    CHILD_ASSERT(mkdir("etc", 0755) == 0);
    file_make("etc", "passwd");
    CHILD_ASSERT(privileges_give(&privileges, "etc", &err) == -ENOTEMPTY);
    CHILD_ASSERT(owner_of(".", "etc") == 0 && owner_of("etc", "passwd") == 0);
    char command[PATH_MAX];
    snprintf(command, sizeof(command), "rm -r '%s'", top);
    CHILD_ASSERT(system(command) == 0);
}

static void run_as_root(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    child_run((void (*)(void))(uintptr_t)*state);
}

#define CHILD(work)                                                                                \
    {                                                                                              \
#work, run_as_root, NULL, NULL, (void *)(uintptr_t)(work)                                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHILD(root_becomes_nobody_in_all_threads),
        CHILD(narrowing_leaves_root_no_network),
        CHILD(an_ordinary_user_keeps_no_capability),
        CHILD(a_thread_that_keeps_its_rights_is_told),
        CHILD(what_is_missing_is_named),
        CHILD(an_unknown_user_is_told),
        CHILD(a_directory_is_handed_over_but_no_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
