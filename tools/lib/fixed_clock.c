// The time of day stands still for a program that this is loaded into (LD_PRELOAD): what it signs says one time, so that two runs sign the same
// bytes. Clocks that measure go on.
//
// INKWIRE_FIXED_SECONDS: seconds since 1970.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
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

time_t time(time_t *place) {
    if (place) *place = fixed_seconds();
    return fixed_seconds();
}
