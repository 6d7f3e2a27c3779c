// SPDX-License-Identifier: Apache-2.0
// To be preloaded into weir: counts what its packet threads (weir-worker, weir-reader) ask of
// malloc, in the first eight octets of the file that COUNT_ALLOCATIONS names.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void __libc_free(void *memory);

static _Atomic uint64_t *counted;
static _Thread_local bool watched;

__attribute__((constructor)) static void count_open(void)
{
    const char *path = getenv("COUNT_ALLOCATIONS");
    int fd = path != NULL ? open(path, O_RDWR) : -1;
    void *memory = fd < 0 ? MAP_FAILED
                          : mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        abort();
    }
    counted = memory;
    close(fd);
}

static void count(void)
{
    if (watched) {
        atomic_fetch_add(counted, 1);
    }
}

// How a thread tells what it is.
int pthread_setname_np(pthread_t thread, const char *name)
{
    if (strncmp(name, "weir-worker", 11) == 0 || strncmp(name, "weir-reader", 11) == 0) {
        watched = true;
    }
    int (*real)(pthread_t, const char *) =
        (int (*)(pthread_t, const char *))(uintptr_t)dlsym(RTLD_NEXT, "pthread_setname_np");
    return real(thread, name);
}

void *malloc(size_t bytes)
{
    count();
    return __libc_malloc(bytes);
}

void *calloc(size_t number, size_t bytes)
{
    count();
    return __libc_calloc(number, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    count();
    return __libc_realloc(memory, bytes);
}

void free(void *memory)
{
    count();
    __libc_free(memory);
}
