// A wire with a length, and a narrow place if one is asked for: carries Ethernet frames between two interfaces and holds each for a time. For
// tools/natlab and tools/fairness, since many kernels come without netem.
//
//   natlab_line INTERFACE INTERFACE MICROSECONDS        one way; both directions alike; order is kept
//   natlab_line INTERFACE INTERFACE MICROSECONDS BITS_A_SECOND QUEUE_MICROSECONDS
//                                                       as well; what would wait longer for the narrow place is dropped
//
// Says "ready" and a line feed on stdout once frames are carried; ends when stdin ends. A frame beyond those that fit (16 384 each way) is
// dropped, as at a full queue. Each byte on stdin is answered by one line of JSON: of each direction, and of each flow in it, what came, what was
// dropped and how long it waited since the last such line.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { framesMax = 1 << 14, frameBytes = 2048, framesAtOnce = 64, flowsMax = 32 };

struct frame {
    uint64_t due;  // nanoseconds of the monotonic clock
    size_t length;
    unsigned char bytes[frameBytes];
};

// What one conversation, which is a protocol and two ports, did in one direction: packets that came, those of them that were dropped, and bytes that
// passed, without the Ethernet header.
struct flow {
    unsigned protocol, source, target;
    uint64_t packets, bytes, dropped;
};

// One direction: a ring of frames in order of arrival, which is the order in which they are due.
struct direction {
    int from, to;
    struct frame *frames;
    uint64_t taken, given;
    // The narrow place is free again then, nanoseconds.
    uint64_t freeAt;
    // The first, with no ports, is of all that is no conversation, or one too many.
    struct flow flows[flowsMax];
    int flowCount;
    uint64_t waits, waitSum, waitMax;  // microseconds
};

static uint64_t bitsPerSecond, queue;  // none; nanoseconds

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

// The flow of a frame: of IPv4 with UDP or TCP one of its own, as long as there is room.
static struct flow *flowOf(struct direction *way, const unsigned char *bytes, size_t length) {
    struct flow key = {0};
    size_t header = ETH_HLEN;
    if (length >= header + 20 && bytes[12] == 8 && bytes[13] == 0) {
        size_t ports = header + (bytes[header] & 15) * 4u;
        unsigned protocol = bytes[header + 9];
        if ((protocol == IPPROTO_UDP || protocol == IPPROTO_TCP) && length >= ports + 4) {
            key.protocol = protocol;
            key.source = (unsigned)bytes[ports] << 8 | bytes[ports + 1];
            key.target = (unsigned)bytes[ports + 2] << 8 | bytes[ports + 3];
        }
    }
    for (int index = 0; index < way->flowCount; index++) {
        struct flow *flow = &way->flows[index];
        if (flow->protocol == key.protocol && flow->source == key.source && flow->target == key.target) return flow;
    }
    if (way->flowCount == flowsMax) return &way->flows[0];
    way->flows[way->flowCount] = key;
    return &way->flows[way->flowCount++];
}

// When the frame is through the narrow place; 0 where it is dropped, there or because no more fit.
static uint64_t pass(struct direction *way, const struct frame *frame, uint64_t time) {
    struct flow *flow = flowOf(way, frame->bytes, frame->length);
    uint64_t begins = way->freeAt > time ? way->freeAt : time;
    uint64_t bytes = frame->length > ETH_HLEN ? frame->length - ETH_HLEN : 0, wait = begins - time;
    flow->packets++;
    if (way->taken - way->given >= framesMax - 1 || (bitsPerSecond != 0 && wait > queue)) {
        flow->dropped++;
        return 0;
    }
    flow->bytes += bytes;
    if (bitsPerSecond == 0) return time;
    way->waits++;
    way->waitSum += wait / 1000;
    if (wait / 1000 > way->waitMax) way->waitMax = wait / 1000;
    return way->freeAt = begins + bytes * 8 * 1000000000 / bitsPerSecond;
}

static void report(struct direction *ways) {
    for (int index = 0; index < 2; index++) {
        struct direction *way = &ways[index];
        printf("%s{\"wait_mean_us\": %llu, \"wait_max_us\": %llu, \"flows\": [", index ? ", " : "[",
               (unsigned long long)(way->waits ? way->waitSum / way->waits : 0), (unsigned long long)way->waitMax);
        for (int flow = 0; flow < way->flowCount; flow++) {
            struct flow *one = &way->flows[flow];
            printf("%s{\"protocol\": %u, \"source\": %u, \"target\": %u, \"packets\": %llu, \"bytes\": %llu, \"dropped\": %llu}", flow ? ", " : "",
                   one->protocol, one->source, one->target, (unsigned long long)one->packets, (unsigned long long)one->bytes,
                   (unsigned long long)one->dropped);
        }
        printf("]}");
        memset(way->flows, 0, sizeof way->flows);
        way->flowCount = 1;
        way->waits = way->waitSum = way->waitMax = 0;
    }
    printf("]\n");
    if (fflush(stdout) != 0) fail("stdout");
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
        frame->length = (size_t)length;
        uint64_t through = pass(way, frame, now());
        if (through == 0) continue;
        frame->due = through + delay;
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
    if (count != 4 && count != 6) {
        fprintf(stderr, "usage: natlab_line INTERFACE INTERFACE MICROSECONDS [BITS_A_SECOND QUEUE_MICROSECONDS]\n");
        return 2;
    }
    if (count == 6) {
        bitsPerSecond = strtoull(arguments[4], NULL, 10);
        queue = strtoull(arguments[5], NULL, 10) * 1000;
    }
    uint64_t delay = strtoull(arguments[3], NULL, 10) * 1000;
    int left = openInterface(arguments[1]), right = openInterface(arguments[2]);
    struct direction ways[2] = {{.from = left, .to = right, .flowCount = 1}, {.from = right, .to = left, .flowCount = 1}};
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
        if (ready[3].revents) {
            char asked;
            if (read(STDIN_FILENO, &asked, 1) != 1) return 0;
            report(ways);
        }
        for (int index = 0; index < 2; index++) {
            if (ready[index].revents) take(&ways[index], delay);
        }
    }
}
