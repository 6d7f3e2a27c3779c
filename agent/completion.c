// SPDX-License-Identifier: Apache-2.0
// The script knows the command line as a tree: at each node are words that go on to the next node
// and flags. Where the flag before the cursor takes one of a few words, they are all there is;
// where it takes a file, nothing is offered, and the shell offers files.
#include "agent/completion.h"

#include <stdio.h>
#include <string.h>

#include "agent/config/flag.h"
#include "agent/ctl/verb.h"
#include "agent/query/subject.h"

enum { NAMES_MAX = 64, NAME_BYTES = 64 };

// Every command with all its words: "run", "spool show", "ctl query add".
struct names {
    unsigned count;
    char name[NAMES_MAX][NAME_BYTES];
};

static void name_add(struct names *names, const char *group, const char *name)
{
    char whole[NAME_BYTES];
    snprintf(whole, sizeof(whole), "%s%s", group, name);
    for (unsigned i = 0; i < names->count; i++) {
        if (strcmp(names->name[i], whole) == 0) {
            return;
        }
    }
    if (names->count < NAMES_MAX) {
        strcpy(names->name[names->count++], whole);
    }
}

// Adds a name after all that it begins with.
static void path_add(struct names *paths, const char *name)
{
    for (const char *blank = name; (blank = strchr(blank, ' ')) != NULL; blank++) {
        char begin[NAME_BYTES];
        snprintf(begin, sizeof(begin), "%.*s", (int)(blank - name), name);
        name_add(paths, "", begin);
    }
    name_add(paths, "", name);
}

static void paths_make(struct names *paths)
{
    *paths = (struct names){.count = 0};
    name_add(paths, "", "");
    for (int id = COMMAND_NONE + 1; id < COMMAND_COUNT; id++) {
        path_add(paths, command_rows[id].name);
    }
    for (unsigned i = 0; i < ctl_verb_count; i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof(name), "ctl %s", ctl_verbs[i].words);
        path_add(paths, name);
    }
}

// The words that lead on from a path.
static void next_print(const struct names *paths, const char *path)
{
    size_t length = strlen(path);
    for (unsigned i = 0; i < paths->count; i++) {
        const char *name = paths->name[i];
        const char *next = length > 0 ? name + length + 1 : name;
        bool within = strlen(name) > length && strncmp(name, path, length) == 0 &&
                      (length == 0 || name[length] == ' ');
        if (within && strchr(next, ' ') == NULL) {
            printf("%s ", next);
        }
    }
}

static void command_flags_print(enum command_id id)
{
    for (int i = 0; i < FLAG_COUNT; i++) {
        if ((flag_rows[i].commands & COMMAND_BIT(id)) != 0) {
            printf("%s ", flag_rows[i].spelling);
        }
    }
}

static void ctl_flags_print(unsigned flags)
{
    for (int i = 0; i < CTL_FLAG_COUNT; i++) {
        if ((flags & CTL_BIT(i)) != 0) {
            printf("--%s ", ctl_flags[i].name);
        }
    }
}

static void flags_print(const char *path)
{
    for (int id = COMMAND_NONE; id < COMMAND_COUNT; id++) {
        const char *name = command_rows[id].name;
        if (strcmp(path, name != NULL ? name : "") == 0) {
            command_flags_print((enum command_id)id);
        }
    }
    for (unsigned i = 0; i < ctl_verb_count; i++) {
        if (strncmp(path, "ctl ", 4) == 0 && strcmp(path + 4, ctl_verbs[i].words) == 0) {
            ctl_flags_print(ctl_verbs[i].flags | CTL_COMMON);
        }
    }
    if (strcmp(path, "ctl") == 0) {
        ctl_flags_print(CTL_COMMON);
    }
    if (strcmp(path, "completion") == 0) {
        printf("bash ");
    }
}

// "        --kind) words='share top deviation' ;;": an argument in capitals is a word of one's own.
static void argument_print(const char *hyphens, const char *name, const char *argument)
{
    if (argument == NULL) {
        return;
    }
    printf("        %s%s) words='", hyphens, name);
    for (const char *at = argument; *at != '\0';) {
        size_t length = strcspn(at, "|");
        if (at[0] >= 'a' && at[0] <= 'z') {
            printf("%.*s ", (int)length, at);
        }
        at += length;
        at += *at == '|';
    }
    printf("' ;;\n");
}

// The same with words that a table has; the last is NULL.
static void words_print(const char *name, const char *const *words)
{
    printf("        --%s) words='", name);
    for (; *words != NULL; words++) {
        printf("%s ", *words);
    }
    printf("' ;;\n");
}

static void ctl_flag_print(enum ctl_flag flag)
{
    if (flag == CTL_SUBJECT) {
        words_print(ctl_flags[flag].name, subject_kind_names);
    } else {
        argument_print("--", ctl_flags[flag].name, ctl_flags[flag].argument);
    }
}

static void script_print(const struct names *paths)
{
    printf("# Completes weir's command line in bash; in zsh after: autoload -U bashcompinit && "
           "bashcompinit\n"
           "_weir() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local path= words= i\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case \"$path ${COMP_WORDS[i]}\" in\n");
    for (unsigned i = 1; i < paths->count; i++) {
        printf("        ' %s') path=' %s' ;;\n", paths->name[i], paths->name[i]);
    }
    printf("        esac\n    done\n    case \"$path\" in\n");
    for (unsigned i = 0; i < paths->count; i++) {
        printf("    '%s%s') words='", i > 0 ? " " : "", paths->name[i]);
        next_print(paths, paths->name[i]);
        flags_print(paths->name[i]);
        printf("' ;;\n");
    }
    printf("    esac\n    case \"$path\" in\n    ' ctl'*)\n        case \"$before\" in\n");
    for (int i = 0; i < CTL_FLAG_COUNT; i++) {
        ctl_flag_print((enum ctl_flag)i);
    }
    printf("        esac ;;\n    *)\n        case \"$before\" in\n");
    for (int i = 0; i < FLAG_COUNT; i++) {
        argument_print("", flag_rows[i].spelling, flag_rows[i].argument);
    }
    printf("        esac ;;\n    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "}\n"
           "complete -o bashdefault -o default -F _weir weir\n");
}

enum exit_status completion_command(int argc, char *const *argv)
{
    bool help = argc == 1 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0);
    if (help) {
        printf("usage: weir %s\n\n%s: source <(weir completion bash)\n",
               command_rows[COMMAND_COMPLETION].usage, command_rows[COMMAND_COMPLETION].help);
    } else if (argc != 1 || strcmp(argv[0], "bash") != 0) {
        fputs("weir: completion: expected bash; see weir completion --help\n", stderr);
        return EXIT_STATUS_WRONG_USE;
    } else {
        struct names paths;
        paths_make(&paths);
        script_print(&paths);
    }
    return fflush(stdout) == 0 ? EXIT_STATUS_DONE : EXIT_STATUS_FAILED;
}
