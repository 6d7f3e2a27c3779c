// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/ctl.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config/nearest.h"
#include "agent/config/text_file.h"
#include "agent/ctl/help.h"
#include "agent/ctl/verb.h"

enum { TOKEN_FILE_BYTES_MAX = 64 * 1024, ARGUMENTS_MAX = 256, FIRST_FLAG = 256 };

// The verb that the first of the words name; *used says how many of them. NULL: none.
static const struct ctl_verb *verb_find(char *const *words, int count, int *used)
{
    for (unsigned i = 0; i < ctl_verb_count; i++) {
        const char *blank = strchr(ctl_verbs[i].words, ' ');
        *used = blank != NULL ? 2 : 1;
        size_t first =
            blank != NULL ? (size_t)(blank - ctl_verbs[i].words) : strlen(ctl_verbs[i].words);
        if (count >= *used && strlen(words[0]) == first &&
            strncmp(words[0], ctl_verbs[i].words, first) == 0 &&
            (blank == NULL || strcmp(words[1], blank + 1) == 0)) {
            return &ctl_verbs[i];
        }
    }
    return NULL;
}

static int verb_unknown(char *const *words, int count, struct error *err)
{
    char both[128];
    snprintf(both, sizeof(both), "%s%s%s", count > 0 ? words[0] : "", count > 1 ? " " : "",
             count > 1 ? words[1] : "");
    struct nearest nearest = nearest_to(both);
    for (unsigned i = 0; i < ctl_verb_count; i++) {
        nearest_consider(&nearest, ctl_verbs[i].words);
    }
    return error_set(err, -EINVAL, "%s%s%s%s%s; see weir ctl --help",
                     count > 0 ? "unknown command " : "expected a command", both,
                     nearest.name != NULL ? ", did you mean " : "",
                     nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "?" : "");
}

static int flag_unknown(const char *word, struct error *err)
{
    char name[64];
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
    struct nearest nearest = nearest_to(name + strspn(name, "-"));
    for (unsigned i = 0; i < CTL_FLAG_COUNT; i++) {
        nearest_consider(&nearest, ctl_flags[i].name);
    }
    return error_set(err, -EINVAL, "unknown option %s%s%s%s; see weir ctl --help", name,
                     nearest.name != NULL ? ", did you mean --" : "",
                     nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "?" : "");
}

// Sorts the flags out; the words that are none stand at the end of `argv` then, from *first on.
static int flags_read(struct ctl *ctl, int argc, char **argv, int *first, struct error *err)
{
    struct option names[CTL_FLAG_COUNT + 1] = {{0}};
    int code;
    for (int i = 0; i < CTL_FLAG_COUNT; i++) {
        names[i] =
            (struct option){ctl_flags[i].name, ctl_flags[i].argument != NULL, NULL, FIRST_FLAG + i};
    }
    opterr = 0;
    optind = 0; // glibc: from the beginning
    while ((code = getopt_long(argc, argv, ":h", names, NULL)) != -1) {
        if (code == ':') {
            return error_set(err, -EINVAL, "--%s: expected %s", ctl_flags[optopt - FIRST_FLAG].name,
                             ctl_flags[optopt - FIRST_FLAG].argument);
        }
        if (code == '?') {
            return flag_unknown(argv[optind - 1], err);
        }
        int flag = code == 'h' ? CTL_HELP : code - FIRST_FLAG;
        ctl->given[flag] = optarg != NULL ? optarg : "";
    }
    *first = optind;
    return 0;
}

static int verb_check(const struct ctl *ctl, struct error *err)
{
    const struct ctl_verb *verb = ctl->verb;
    for (int i = 0; i < CTL_FLAG_COUNT; i++) {
        if (ctl->given[i] != NULL && ((verb->flags | CTL_COMMON) & CTL_BIT(i)) == 0) {
            return error_set(err, -EINVAL, "--%s: not an option of weir ctl %s", ctl_flags[i].name,
                             verb->words);
        }
    }
    if (ctl->argument_count < verb->least) {
        return error_set(err, -EINVAL, "weir ctl %s: expected %s", verb->words, verb->arguments);
    }
    if (ctl->argument_count > verb->most) {
        return error_set(err, -EINVAL, "weir ctl %s: expected no %s", verb->words,
                         ctl->arguments[verb->most]);
    }
    return 0;
}

static const char *given_or(const char *given, const char *variable, const char *standard)
{
    const char *found = given != NULL ? given : getenv(variable);
    return found != NULL && found[0] != '\0' ? found : standard;
}

static int client_open(struct ctl *ctl, struct error *err)
{
    size_t bytes;
    ctl->client.url = given_or(ctl->given[CTL_URL], "WEIR_URL", "http://127.0.0.1:8471");
    ctl->client.cacert = ctl->given[CTL_CACERT];
    if (ctl->given[CTL_TOKEN_FILE] != NULL) {
        int code = text_file_read(ctl->given[CTL_TOKEN_FILE], TOKEN_FILE_BYTES_MAX,
                                  &ctl->client.token, &bytes, err);
        if (code == 0) {
            ctl->client.token[strcspn(ctl->client.token, "\r\n")] = '\0';
        }
        return code;
    }
    const char *token = given_or(NULL, "WEIR_TOKEN", NULL);
    ctl->client.token = token != NULL ? strdup(token) : NULL;
    return 0;
}

static int work(struct ctl *ctl, int argc, char **argv, struct error *err)
{
    int first = 0;
    int used = 0;
    int code = flags_read(ctl, argc, argv, &first, err);
    if (code == 0 && ctl->given[CTL_HELP] != NULL) {
        return ctl_help(argc > first ? argv[first] : NULL,
                        argc > first + 1 ? argv[first + 1] : NULL, err);
    }
    if (code == 0) {
        ctl->verb = verb_find(argv + first, argc - first, &used);
        code = ctl->verb == NULL ? verb_unknown(argv + first, argc - first, err) : 0;
    }
    if (code == 0) {
        ctl->arguments = argv + first + used;
        ctl->argument_count = argc - first - used;
        code = verb_check(ctl, err);
    }
    if (code == 0) {
        code = client_open(ctl, err);
    }
    if (code == 0) {
        code = ctl->verb->work(ctl, err);
    }
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout) != 0)) {
        code = error_set(err, -EIO, "cannot write to standard output");
    }
    return code;
}

enum exit_status ctl_command(int argc, char *const *argv)
{
    struct ctl ctl = {.verb = NULL};
    struct error err;
    char *words[ARGUMENTS_MAX + 1] = {(char *)"ctl"}; // getopt passes over the first, moves others
    if (argc >= ARGUMENTS_MAX) {
        fputs("weir: ctl: too many arguments\n", stderr);
        return EXIT_STATUS_WRONG_USE;
    }
    memcpy(words + 1, argv, (size_t)argc * sizeof(*argv));
    int code = work(&ctl, argc + 1, words, &err);
    client_fini(&ctl.client);
    if (code != 0) {
        fprintf(stderr, "weir: %s\n", err.text);
    }
    return code == 0         ? EXIT_STATUS_DONE
           : code == -EINVAL ? EXIT_STATUS_WRONG_USE
                             : EXIT_STATUS_FAILED;
}
