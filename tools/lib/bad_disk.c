// Preloaded into a process, makes what is below one folder a disk that is not well, as another process says it while it runs.
//
//   INKWIRE_BAD_DISK       a file of one byte, shared: the sum of what is wrong
//   INKWIRE_BAD_DISK_ROOT  the folder, as an absolute path without links
//
//   1  read-only, as a disk becomes that the system has found errors on: also for files that are open
//   2  no locks: ENOLCK, as NFS without its lock daemon
//   4  no locks: ENOSYS, as file systems in user space that know none
//   8  each flush takes INKWIRE_BAD_DISK_FLUSH milliseconds, 2000 unless said
//  16  nothing can be mapped shared: ENODEV, as file systems in user space that bypass the cache
//  32  nothing can be written: EIO
//  64  no file gets a second name: EPERM, as exFAT and some in user space

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { READ_ONLY = 1, NO_LOCK_DAEMON = 2, NO_LOCKS = 4, SLOW_FLUSH = 8, NO_SHARED_MAP = 16, BROKEN = 32, ONE_NAME = 64 };

static const volatile unsigned char *trouble;
static const char *root;
static size_t root_length;
static long flush_milliseconds = 2000;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("INKWIRE_BAD_DISK"), *folder = getenv("INKWIRE_BAD_DISK_ROOT"), *flush = getenv("INKWIRE_BAD_DISK_FLUSH");
    if (!path || !folder) return;
    if (flush) flush_milliseconds = strtol(flush, NULL, 10);
    root = folder;
    root_length = strlen(folder);
    int file = open(path, O_RDONLY);
    if (file < 0) abort();
    void *shared = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED) abort();
    close(file);
    trouble = shared;
}

static int is(int what) { return trouble && (*trouble & what); }

static int is_below(const char *path) {
    return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0);
}

static int is_file_there(int file) {
    char name[64], path[PATH_MAX];
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

// The error of a write to an open file; 0 for none.
static int write_error(int file) {
    if (!is(READ_ONLY | BROKEN) || !is_file_there(file)) return 0;
    return is(READ_ONLY) ? EROFS : EIO;
}

#define REFUSED(error) do { int number = (error); if (number) { errno = number; return -1; } } while (0)

ssize_t write(int file, const void *bytes, size_t count) { REFUSED(write_error(file)); return NEXT(write)(file, bytes, count); }
ssize_t writev(int file, const struct iovec *parts, int count) { REFUSED(write_error(file)); return NEXT(writev)(file, parts, count); }
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    REFUSED(write_error(file));
    return NEXT(pwrite)(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REFUSED(write_error(file));
    return NEXT(pwrite64)(file, bytes, count, at);
}
int ftruncate(int file, off_t length) { REFUSED(write_error(file)); return NEXT(ftruncate)(file, length); }
int ftruncate64(int file, off64_t length) { REFUSED(write_error(file)); return NEXT(ftruncate64)(file, length); }

static int flush_error(int file) {
    if (!is(SLOW_FLUSH | BROKEN) || !is_file_there(file)) return 0;
    if (is(BROKEN)) return EIO;
    struct timespec pause = {flush_milliseconds / 1000, flush_milliseconds % 1000 * 1000000};
    while (nanosleep(&pause, &pause) != 0) {}
    return 0;
}

int fsync(int file) { REFUSED(flush_error(file)); return NEXT(fsync)(file); }
int fdatasync(int file) { REFUSED(flush_error(file)); return NEXT(fdatasync)(file); }

// The error of a change to a folder; 0 for none.
static int name_error(const char *path) { return is(READ_ONLY) && is_below(path) ? EROFS : 0; }

static int open_error(const char *path, int flags) {
    if (!is(READ_ONLY) || !is_below(path)) return 0;
    int makes = (flags & O_CREAT) && access(path, F_OK) != 0;
    return makes || (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) ? EROFS : 0;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list); \
        REFUSED(open_error(path, flags)); \
        return NEXT(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) { REFUSED(name_error(path)); return NEXT(mkdir)(path, mode); }
int unlink(const char *path) { REFUSED(name_error(path)); return NEXT(unlink)(path); }
int rmdir(const char *path) { REFUSED(name_error(path)); return NEXT(rmdir)(path); }
int rename(const char *from, const char *to) { REFUSED(name_error(to)); return NEXT(rename)(from, to); }
int link(const char *from, const char *to) {
    REFUSED(is(ONE_NAME) && is_below(to) ? EPERM : name_error(to));
    return NEXT(link)(from, to);
}

static int lock_error(int file) {
    if (!is(NO_LOCK_DAEMON | NO_LOCKS) || !is_file_there(file)) return 0;
    return is(NO_LOCKS) ? ENOSYS : ENOLCK;
}

int flock(int file, int operation) { REFUSED(lock_error(file)); return NEXT(flock)(file, operation); }

#define FCNTL(name) \
    int name(int file, int command, ...) { \
        va_list list; \
        va_start(list, command); \
        void *argument = va_arg(list, void *); \
        va_end(list); \
        if (command == F_SETLK || command == F_SETLKW || command == F_GETLK || command == F_OFD_SETLK) REFUSED(lock_error(file)); \
        return NEXT(name)(file, command, argument); \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

#define MAP(name, offset) \
    void *name(void *wish, size_t length, int protection, int flags, int file, offset at) { \
        if (is(NO_SHARED_MAP) && file >= 0 && (flags & MAP_SHARED) && is_file_there(file)) { \
            errno = ENODEV; \
            return MAP_FAILED; \
        } \
        return NEXT(name)(wish, length, protection, flags, file, at); \
    }
MAP(mmap, off_t)
MAP(mmap64, off64_t)
