// A wire with a length: carries Ethernet frames between two interfaces and holds each for a time. For tools/natlab, since many kernels come
// without netem.
//
//   natlab_line INTERFACE INTERFACE MICROSECONDS        one way; both directions alike; order is kept
//
// Says "ready" and a line feed on stdout once frames are carried; ends when stdin ends. A frame beyond those that fit (16 384 each way) is
// dropped, as at a full queue.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { framesMax = 1 << 14, frameBytes = 2048, framesAtOnce = 64 };

struct frame {
    uint64_t due;  // nanoseconds of the monotonic clock
    size_t length;
    unsigned char bytes[frameBytes];
};

// One direction: a ring of frames in order of arrival, which is the order in which they are due.
struct direction {
    int from, to;
    struct frame *frames;
    uint64_t taken, given;
};

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int openInterface(const char *name) {
    int one = 1, bytes = 8 << 20;
    unsigned index = if_nametoindex(name);
    if (index == 0) fail(name);
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (descriptor < 0) fail("socket");
    // What we send ourselves must not come back to us, or it goes round for ever.
    if (setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) < 0) fail("PACKET_IGNORE_OUTGOING");
    // The default of 208 KiB overruns at 200 datagrams of 1200 bytes.
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0) fail("SO_RCVBUFFORCE");
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index};
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    struct packet_mreq everything = {.mr_ifindex = (int)index, .mr_type = PACKET_MR_PROMISC};
    if (setsockopt(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof everything) < 0) fail("PACKET_ADD_MEMBERSHIP");
    return descriptor;
}

static void take(struct direction *way, uint64_t delay) {
    for (int count = 0; count < framesAtOnce; count++) {
        struct frame *frame = &way->frames[way->taken % framesMax];
        // With MSG_TRUNC a frame that does not fit tells its true length: senders must have their offload off, and one that has not is seen here.
        ssize_t length = recv(way->from, frame->bytes, frameBytes, MSG_TRUNC);
        if (length < 0) {
            if (errno == EAGAIN || errno == EINTR || errno == ENETDOWN) return;
            if (errno == ENXIO || errno == ENODEV) exit(0);
            fail("recv");
        }
        if (length > frameBytes) {
            fprintf(stderr, "natlab_line: a frame of %zd bytes does not fit; is offload on at its sender?\n", length);
            exit(1);
        }
        if (way->taken - way->given >= framesMax - 1) continue;
        frame->due = now() + delay;
        frame->length = (size_t)length;
        way->taken++;
    }
}

static void give(struct direction *way, uint64_t time) {
    while (way->given != way->taken && way->frames[way->given % framesMax].due <= time) {
        struct frame *frame = &way->frames[way->given % framesMax];
        // An interface that is down loses the frame, as a pulled cable does.
        if (send(way->to, frame->bytes, frame->length, 0) < 0 && errno != ENETDOWN && errno != ENOBUFS && errno != EAGAIN) {
            // The machine at that end is gone, and the wire with it.
            if (errno == ENXIO || errno == ENODEV) exit(0);
            fail("send");
        }
        way->given++;
    }
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: natlab_line INTERFACE INTERFACE MICROSECONDS\n");
        return 2;
    }
    uint64_t delay = strtoull(arguments[3], NULL, 10) * 1000;
    int left = openInterface(arguments[1]), right = openInterface(arguments[2]);
    struct direction ways[2] = {{.from = left, .to = right}, {.from = right, .to = left}};
    for (int index = 0; index < 2; index++) {
        if (!(ways[index].frames = malloc(sizeof(struct frame) * framesMax))) fail("malloc");
    }
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer < 0) fail("timerfd_create");
    if (write(STDOUT_FILENO, "ready\n", 6) != 6) fail("stdout");
    for (;;) {
        uint64_t time = now(), next = 0;
        for (int index = 0; index < 2; index++) {
            struct direction *way = &ways[index];
            give(way, time);
            if (way->given == way->taken) continue;
            uint64_t due = way->frames[way->given % framesMax].due;
            if (next == 0 || due < next) next = due;
        }
        struct itimerspec when = {.it_value = {.tv_sec = (time_t)(next / 1000000000), .tv_nsec = (long)(next % 1000000000)}};
        if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL) < 0) fail("timerfd_settime");
        struct pollfd ready[4] = {{left, POLLIN, 0}, {right, POLLIN, 0}, {timer, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
        if (poll(ready, 4, -1) < 0 && errno != EINTR) fail("poll");
        if (ready[3].revents) return 0;
        for (int index = 0; index < 2; index++) {
            if (ready[index].revents) take(&ways[index], delay);
        }
    }
}
