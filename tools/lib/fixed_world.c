// For a program that this is loaded into (LD_PRELOAD) the time of day stands still, and libsodium draws the same bytes each time: what it signs
// says one time and has one run of numbers, so that two programs that do the same sign the same bytes. Clocks that measure go on. Keys that are
// made so are no secret: this is for tests on one machine, with nobody else there.
//
// INKWIRE_FIXED_SECONDS: seconds since 1970.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

static time_t fixed_seconds(void) {
    const char *text = getenv("INKWIRE_FIXED_SECONDS");
    return text ? (time_t)atoll(text) : 1700000000;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return real(clock, time);
    time->tv_sec = fixed_seconds();
    time->tv_nsec = 0;
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    time->tv_sec = fixed_seconds();
    time->tv_usec = 0;
    return 0;
}

void randombytes_buf(void *bytes, size_t count) { memset(bytes, 0x5A, count); }

time_t time(time_t *place) {
    if (place) *place = fixed_seconds();
    return fixed_seconds();
}
