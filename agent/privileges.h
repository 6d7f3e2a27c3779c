// SPDX-License-Identifier: Apache-2.0
// The rights that live capture is opened with, and how they are given up. In this order, all on the
// main thread:
//
//     privileges_find    who weir is to become; before anything is opened
//     privileges_check   says what is missing
//     privileges_seal    no program that weir might start has rights that weir does not have itself
//     live_open
//     privileges_narrow  keeps only what files and the change of user need
//     the files of outputs are opened
//     privileges_give    the spool's directory
//     privileges_drop    no thread has any right from here on
//     Kafka is opened, which starts threads
//     seccomp_process, then the workers
//
// Why in steps: threads of DPDK run by then, and capset(2) reaches the calling thread only.
// setresuid of the C library reaches all of them, and a thread that goes from root to another user
// loses its capabilities on the way; but a weir that was started as an ordinary user with a few
// capabilities has no such step: there each thread is asked to give up its own. Kafka comes after
// all that, so that its threads never had a right, and are not disturbed by the C library's signals
// (librdkafka's broker for trials does not survive them); and so that keys which the user cannot
// read fail at the start and not when a connection is made anew.
#ifndef WEIR_PRIVILEGES_H
#define WEIR_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/config/config.h"
#include "dataplane/base/error.h"

struct privileges {
    uid_t uid; // to become
    gid_t gid;
    bool changes; // it is another than now
    char user[64];
};

// Looks the user up; "" is nobody for root, else whoever runs this process. 0, -EINVAL (no such
// user), -EPERM (it is another one and CAP_SETUID or CAP_SETGID is missing), each with a message.
// May block on the system's directory of users.
int privileges_find(struct privileges *privileges, const char *user, struct error *err);

// Whether the process has the capabilities that opening such a source surely needs. 0, or -EPERM
// and a message that names those that are missing and how to give them.
int privileges_check(enum config_source source, struct error *err);

// Empties the bounding, inheritable and ambient sets as far as that is allowed, and sets
// no_new_privs, for this thread and all that come. 0 or a negative errno with a message.
int privileges_seal(struct error *err);

// Capture is open. Threads that run by now lose what this one loses. 0 or a negative errno with a
// message.
int privileges_narrow(const struct privileges *privileges, struct error *err);

// Hands a spool's directory, made where it is missing, and the files right in it, to the user.
// Links of any kind, and what else is no plain file, are left alone. 0, or a negative errno with a
// message, -ENOTEMPTY where a plain file is none of a spool (the directory may be /etc); nothing to
// do where the user does not change.
int privileges_give(const struct privileges *privileges, const char *directory, struct error *err);

// Makes a directory for the user where none is; one that is there is left as it is. 0 or a negative
// errno.
int privileges_make(const struct privileges *privileges, const char *directory);

// Becomes the user, without groups, and gives up every capability; core files and debuggers of the
// same user are refused from here on, since packets and passwords are in memory. 0 once no thread
// of the process has any right left, looked at one by one; else a negative errno with a message,
// and the process must not go on.
int privileges_drop(const struct privileges *privileges, struct error *err);

#endif
