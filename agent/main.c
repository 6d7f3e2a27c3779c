// SPDX-License-Identifier: Apache-2.0
// Boots: parses the command line and hands over to what does the command's work.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/completion.h"
#include "agent/config/command.h"
#include "agent/ctl/ctl.h"
#include "agent/detect_command.h"
#include "agent/devices_command.h"
#include "agent/exit_status.h"
#include "agent/generate_command.h"
#include "agent/spool_command.h"

static int print(const struct command *command)
{
    int status = command_print(command, stdout);
    if (status < 0) {
        fprintf(stderr, "weir: cannot write to standard output: %s\n", strerror(-status));
        return EXIT_STATUS_FAILED;
    }
    return EXIT_STATUS_DONE;
}

static enum exit_status work(const struct command *command)
{
    switch (command->id) {
    case COMMAND_DEVICES:
        return devices_command(command);
    case COMMAND_CTL:
        return ctl_command(command->rest_count, command->rest);
    case COMMAND_COMPLETION:
        return completion_command(command->rest_count, command->rest);
    case COMMAND_DETECT:
        return detect_command(command);
    case COMMAND_GENERATE:
        return generate_command(command);
    case COMMAND_SPOOL_SHOW:
        return spool_show(command);
    case COMMAND_SPOOL_SEND:
        return spool_send(command);
    default:
        return agent_work(command);
    }
}

// A standard descriptor that is closed would become the next file opened, and what is meant for it
// would go there. So it is given to what fails as the closed one does: EBADF for what it is for.
static void descriptors_occupy(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            int lowest = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
            (void)lowest; // this one; and where there is no /dev/null, all is as it was
        }
    }
}

int main(int argc, char **argv)
{
    descriptors_occupy();
    signal(SIGXFSZ, SIG_IGN); // a file at its limit is an error of the write to it
    struct command command;
    struct config_problems problems = {0};
    int status = EXIT_STATUS_WRONG_USE;
    if (command_parse(&command, argc, argv, &problems) < 0) {
        config_problems_print(&problems, stderr);
    } else if (command_only_prints(&command)) {
        status = print(&command);
    } else {
        status = work(&command);
    }
    command_free(&command);
    return status;
}
