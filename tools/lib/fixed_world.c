// For a program that this is loaded into (LD_PRELOAD) the time of day stands still, and libsodium draws the same bytes each time: what it signs
// says one time and has one run of numbers, so that two programs that do the same sign the same bytes. Keys that are
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

// What is signed has the time of day at the beginning and what this clock measured since (CLOCK_BOOTTIME, as `SystemClock` reads it): it goes on so
// slowly that no millisecond is over before the program has ended. The timers of the event loop are by another clock, and fire as ever.
static long long slowed(long long nanoseconds) {
    static long long begin;
    if (!begin) begin = nanoseconds;
    return begin + (nanoseconds - begin) / 65536;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        time->tv_sec = fixed_seconds();
        time->tv_nsec = 0;
        return 0;
    }
    int status = real(clock, time);
    if (status || clock != CLOCK_BOOTTIME) return status;
    long long now = slowed(time->tv_sec * 1000000000LL + time->tv_nsec);
    time->tv_sec = now / 1000000000;
    time->tv_nsec = now % 1000000000;
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
