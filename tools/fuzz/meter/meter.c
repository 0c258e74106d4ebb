// What one decoder takes of memory and of time. The allocator of glibc is watched by standing before it: a program's own `malloc` goes before
// the library's, in all that the program links. Elsewhere memory is not measured.

#define _GNU_SOURCE
#include "meter.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static _Thread_local struct timespec began;

static int64_t nanoseconds(const struct timespec *at) { return (int64_t)at->tv_sec * 1000000000 + at->tv_nsec; }

int64_t meter_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return nanoseconds(&now) - nanoseconds(&began);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_ALLOCATOR 1
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_OWN_ALLOCATOR)

#include <errno.h>
#include <malloc.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static _Thread_local int64_t held;
static _Thread_local int64_t most;
static _Thread_local int64_t count;

static void *taken(void *block) {
    count += 1;
    held += (int64_t)malloc_usable_size(block);
    if (held > most) most = held;
    return block;
}

void *malloc(size_t size) { return taken(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return taken(__libc_calloc(count, size)); }
void *memalign(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    void *fresh = __libc_memalign(alignment, size);
    if (!fresh) return ENOMEM;
    *block = taken(fresh);
    return 0;
}

void free(void *block) {
    held -= (int64_t)malloc_usable_size(block);
    __libc_free(block);
}

void *realloc(void *block, size_t size) {
    int64_t before = (int64_t)malloc_usable_size(block);
    void *fresh = __libc_realloc(block, size);
    if (!fresh && size) return NULL;
    held -= before;
    return taken(fresh);
}

void meter_begin(void) {
    held = most = count = 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began);
}

int64_t meter_peak(void) { return most; }
int64_t meter_held(void) { return held; }
int64_t meter_allocations(void) { return count; }

#else

void meter_begin(void) { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &began); }
int64_t meter_peak(void) { return -1; }
int64_t meter_held(void) { return -1; }
int64_t meter_allocations(void) { return -1; }

#endif

void *meter_keep(const char *path, uint64_t byteCount) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return NULL;
    void *page = MAP_FAILED;
    if (ftruncate(file, (off_t)byteCount) == 0) page = mmap(NULL, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    return page == MAP_FAILED ? NULL : page;
}
