// SPDX-License-Identifier: Apache-2.0
// CPU numbers: 8, "8" or a range "2-5".
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/config/option.h"

enum { CPU_MAX = 1023 };

// A number from 0 to CPU_MAX at *text, which moves past it; -EINVAL: there is none.
static int cpu_read(const char **text)
{
    if (!isdigit((unsigned char)**text)) {
        return -EINVAL;
    }
    char *end;
    unsigned long cpu = strtoul(*text, &end, 10);
    *text = end;
    return cpu <= CPU_MAX ? (int)cpu : -EINVAL;
}

static int cores_append(struct config_cores *cores, unsigned cpu)
{
    for (size_t i = 0; i < cores->count; i++) {
        if (cores->items[i] == cpu) {
            return -EINVAL;
        }
    }
    unsigned *items = reallocarray(cores->items, cores->count + 1, sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    items[cores->count++] = cpu;
    cores->items = items;
    return 0;
}

static int cores_add(void *slot, const json_t *item)
{
    char number[24] = "";
    if (json_is_integer(item)) {
        snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(item));
    }
    const char *text = json_is_string(item) ? json_string_value(item) : number;
    int first = cpu_read(&text);
    int last = first;
    if (first >= 0 && *text == '-') {
        text++;
        last = cpu_read(&text);
    }
    if (first < 0 || last < first || *text != '\0') {
        return -EINVAL;
    }
    int status = 0;
    for (int cpu = first; cpu <= last && status == 0; cpu++) {
        status = cores_append(slot, (unsigned)cpu);
    }
    return status;
}

static int cores_store(const struct option_row *row, const json_t *value, void *slot,
                       struct option_fault *fault)
{
    (void)row;
    return option_list_store(value, slot, fault, cores_add);
}

static void cores_expect(const struct option_row *row, char *text, size_t size)
{
    (void)row;
    snprintf(text, size, "a list of CPU numbers from 0 to %d and ranges such as 2-5, none twice",
             CPU_MAX);
}

static void cores_release(void *slot)
{
    free(((struct config_cores *)slot)->items);
}

const struct option_kind option_cores = {
    .size = sizeof(struct config_cores),
    .read = option_list_read,
    .store = cores_store,
    .expect = cores_expect,
    .release = cores_release,
};
