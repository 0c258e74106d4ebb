// Preloaded into a process, counts every operation that changes a regular file and kills the process at a chosen one.
//
//   INKWIRE_KILL_COUNTER  a file of 8 bytes that holds the count, shared, so that it can be read after the death
//   INKWIRE_KILL_AT       the operation, counted from 1 over all threads, before which SIGKILL comes; 0: never
//   INKWIRE_KILL_TORN     1: if that operation is a write, half of its bytes are written first
//
// SIGKILL keeps what the kernel already has, so this proves the order of writes and the recovery from every prefix of them. It
// does not prove that fdatasync reaches the platter; that is the kernel's promise.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic long *counter;
static long target;
static int torn;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("INKWIRE_KILL_COUNTER"), *at = getenv("INKWIRE_KILL_AT"), *half = getenv("INKWIRE_KILL_TORN");
    if (!path || !at) return;
    target = strtol(at, NULL, 10);
    torn = half && half[0] == '1';
    int file = open(path, O_RDWR);
    if (file < 0) abort();
    void *shared = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) abort();
    close(file);
    counter = shared;
}

static void die(void) {
    for (;;) kill(getpid(), SIGKILL);
}

static int is_regular(int file) {
    struct stat status;
    return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

// True when the operation is the chosen one; the caller tears it and dies.
static int chosen(void) {
    if (!counter) return 0;
    return atomic_fetch_add(counter, 1) + 1 == target;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    if (is_regular(file) && chosen()) {
        if (torn) NEXT(pwrite)(file, bytes, count / 2, at);
        die();
    }
    return NEXT(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    if (is_regular(file) && chosen()) {
        if (torn) NEXT(pwrite64)(file, bytes, count / 2, at);
        die();
    }
    return NEXT(pwrite64)(file, bytes, count, at);
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (is_regular(file) && chosen()) {
        if (torn) NEXT(write)(file, bytes, count / 2);
        die();
    }
    return NEXT(write)(file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (is_regular(file) && chosen()) die();
    return NEXT(writev)(file, parts, count);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    if (is_regular(file) && chosen()) die();
    return NEXT(pwritev)(file, parts, count, at);
}

int fdatasync(int file) {
    if (is_regular(file) && chosen()) die();
    return NEXT(fdatasync)(file);
}

int fsync(int file) {
    if (is_regular(file) && chosen()) die();
    return NEXT(fsync)(file);
}

int ftruncate(int file, off_t length) {
    if (is_regular(file) && chosen()) die();
    return NEXT(ftruncate)(file, length);
}

int ftruncate64(int file, off64_t length) {
    if (is_regular(file) && chosen()) die();
    return NEXT(ftruncate64)(file, length);
}

int rename(const char *from, const char *to) {
    if (chosen()) die();
    return NEXT(rename)(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    if (chosen()) die();
    return NEXT(renameat)(from_folder, from, to_folder, to);
}

int unlink(const char *path) {
    if (chosen()) die();
    return NEXT(unlink)(path);
}

int unlinkat(int folder, const char *path, int flags) {
    if (chosen()) die();
    return NEXT(unlinkat)(folder, path, flags);
}
