// SPDX-License-Identifier: Apache-2.0
// Boots: parses the command line and hands over to what does the command's work.
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/config/command.h"
#include "agent/exit_status.h"

static int print(const struct command *command)
{
    int status = command_print(command, stdout);
    if (status < 0) {
        fprintf(stderr, "weir: cannot write to standard output: %s\n", strerror(-status));
        return EXIT_STATUS_FAILED;
    }
    return EXIT_STATUS_DONE;
}

int main(int argc, char **argv)
{
    struct command command;
    struct config_problems problems = {0};
    int status = EXIT_STATUS_WRONG_USE;
    if (command_parse(&command, argc, argv, &problems) < 0) {
        config_problems_print(&problems, stderr);
    } else if (command_only_prints(&command)) {
        status = print(&command);
    } else {
        status = agent_replay(&command);
    }
    command_free(&command);
    return status;
}
