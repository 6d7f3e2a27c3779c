// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/publish/failing.h"

#include <stdbool.h>
#include <stddef.h>

static int left = -1;
static int seen;

// As the linker names what is wrapped, and what it was.
void *__real_malloc(size_t bytes);
void *__real_realloc(void *block, size_t bytes);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
char *__wrap_strdup(const char *text);

void failing_after(int count)
{
    left = count;
    seen = 0;
}

int failing_seen(void)
{
    return seen;
}

static bool fails(void)
{
    seen++;
    return left-- == 0;
}

void *__wrap_malloc(size_t bytes)
{
    return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
    return fails() ? NULL : __real_realloc(block, bytes);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}
