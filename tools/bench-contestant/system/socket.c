#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CBench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

// Merged datagrams come in buffers of 64 KiB, of which a call fills so many.
#define MERGED 16
#define MERGED_BYTES 65536
// The longest wait with a timer of its own, ns.
#define TIMED_WAIT 1000000
// A merged datagram has at most so many bytes, headers not counted: less than 65 535 - 28.
#define TRAIN_BYTES 64000

static uint8_t out[BENCH_SLOTS][BENCH_SLOT_BYTES];
static uint32_t out_count[BENCH_SLOTS];
static struct sockaddr_in out_to[BENCH_SLOTS];
static uint8_t in[MERGED][MERGED_BYTES];
static struct bench_datagram found[MERGED * 64];

static struct sockaddr_in address(uint32_t ip, uint16_t port) {
    struct sockaddr_in made;
    memset(&made, 0, sizeof made);
    made.sin_family = AF_INET;
    made.sin_addr.s_addr = htonl(ip);
    made.sin_port = htons(port);
    return made;
}

int bench_open(struct bench_socket *it, enum bench_batch batch, uint32_t ip, uint16_t port) {
    memset(it, 0, sizeof *it);
    it->batch = batch;
    it->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (it->fd < 0) return errno;
    it->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (it->timer < 0) return errno;
    // What is measured is not how much the system keeps. Without root it keeps less.
    int bytes = 16 << 20, one = 1;
    if (setsockopt(it->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes)) setsockopt(it->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(it->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes)) setsockopt(it->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    if (batch == bench_offload && setsockopt(it->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one)) return errno;
    if (port) {
        struct sockaddr_in own = address(ip, port);
        if (bind(it->fd, (struct sockaddr *)&own, sizeof own)) return errno;
    }
    return 0;
}

int bench_connect(struct bench_socket *it, uint32_t ip, uint16_t port) {
    struct sockaddr_in to = address(ip, port);
    if (connect(it->fd, (struct sockaddr *)&to, sizeof to)) return errno;
    it->is_connected = 1;
    return 0;
}

uint8_t *bench_slot(struct bench_socket *it) {
    if (it->filled == BENCH_SLOTS) bench_flush(it);
    return out[it->filled];
}

void bench_put(struct bench_socket *it, uint32_t count, uint32_t ip, uint16_t port) {
    out_count[it->filled] = count;
    out_to[it->filled] = address(ip, port);
    it->filled++;
}

// How many datagrams from `first` on leave as one: of one size, to one address; the last may be shorter.
static uint32_t train(const struct bench_socket *it, uint32_t first) {
    uint32_t end = first + 1, bytes = out_count[first];
    while (end < it->filled && out_count[end - 1] == out_count[first] && out_count[end] <= out_count[first] &&
           bytes + out_count[end] <= TRAIN_BYTES && !memcmp(&out_to[end], &out_to[first], sizeof out_to[first])) {
        bytes += out_count[end++];
    }
    return end - first;
}

// What ink_send_trains of CInkSystem does is done here once more: that one names an address to the system each time, which the limit of UDP that others
// are held against must not pay for, and neither must it change with what is measured by it.
void bench_flush(struct bench_socket *it) {
    if (!it->filled) return;
    it->sent_packets += it->filled;
    if (it->filled == 1) {
        struct sockaddr *to = it->is_connected ? NULL : (struct sockaddr *)&out_to[0];
        if (sendto(it->fd, out[0], out_count[0], 0, to, to ? sizeof out_to[0] : 0) < 0) it->refused++;
        it->filled = 0;
        return;
    }
    struct mmsghdr messages[BENCH_SLOTS];
    struct iovec parts[BENCH_SLOTS];
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr aligned;
    } control[BENCH_SLOTS];
    memset(messages, 0, sizeof messages);
    uint32_t trains = 0;
    for (uint32_t next = 0; next < it->filled;) {
        uint32_t count = it->batch == bench_offload ? train(it, next) : 1;
        struct msghdr *header = &messages[trains].msg_hdr;
        if (!it->is_connected) {
            header->msg_name = &out_to[next];
            header->msg_namelen = sizeof out_to[next];
        }
        header->msg_iov = &parts[next];
        header->msg_iovlen = count;
        for (uint32_t index = next; index < next + count; index++) {
            parts[index].iov_base = out[index];
            parts[index].iov_len = out_count[index];
        }
        if (count > 1) {
            memset(&control[trains], 0, sizeof control[trains]);
            header->msg_control = control[trains].bytes;
            header->msg_controllen = sizeof control[trains].bytes;
            struct cmsghdr *segment = CMSG_FIRSTHDR(header);
            segment->cmsg_level = IPPROTO_UDP;
            segment->cmsg_type = UDP_SEGMENT;
            segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            uint16_t bytes = (uint16_t)out_count[next];
            memcpy(CMSG_DATA(segment), &bytes, sizeof bytes);
        }
        trains++;
        next += count;
    }
    for (uint32_t next = 0; next < trains;) {
        int sent = it->batch == bench_single ? (sendmsg(it->fd, &messages[next].msg_hdr, 0) < 0 ? -1 : 1)
                                             : sendmmsg(it->fd, messages + next, trains - next, 0);
        if (sent <= 0) {
            it->refused += messages[next].msg_hdr.msg_iovlen;
            sent = 1;
        }
        next += (uint32_t)sent;
    }
    it->filled = 0;
}

static int receive(struct bench_socket *it, struct mmsghdr *messages, uint32_t wanted) {
    if (it->batch != bench_single) return recvmmsg(it->fd, messages, wanted, MSG_DONTWAIT, NULL);
    ssize_t count = recvmsg(it->fd, &messages[0].msg_hdr, MSG_DONTWAIT);
    if (count < 0) return -1;
    messages[0].msg_len = (unsigned)count;
    return 1;
}

uint32_t bench_wait(const int *fds, uint32_t count, int64_t nanoseconds) {
    struct pollfd watched[8];
    if (count > 8) count = 8;
    for (uint32_t index = 0; index < count; index++) watched[index] = (struct pollfd){.fd = fds[index], .events = POLLIN};
    struct timespec wait = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    uint32_t ready = 0;
    if (ppoll(watched, count, nanoseconds < 0 ? NULL : &wait, NULL) <= 0) return 0;
    for (uint32_t index = 0; index < count; index++) {
        if (watched[index].revents) ready |= 1u << index;
    }
    return ready;
}

// Sleeps until the socket can be read or the time has come; a timer that is early enough is left as it is, and wakes for nothing.
static int sleep_until(struct bench_socket *it, int64_t until) {
    if (it->is_timed) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t wait = until < 0 ? TIMED_WAIT : until - (now.tv_sec * 1000000000ll + now.tv_nsec);
        if (wait > TIMED_WAIT) wait = TIMED_WAIT;
        return bench_wait(&it->fd, 1, wait > 0 ? wait : 0) != 0;
    }
    struct pollfd watched[2] = {{.fd = it->fd, .events = POLLIN}, {.fd = it->timer, .events = POLLIN}};
    if (until >= 0 && (!it->timer_at || until < it->timer_at)) {
        struct itimerspec at = {.it_value = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000}};
        if (timerfd_settime(it->timer, TFD_TIMER_ABSTIME, &at, NULL)) return 0;
        it->timer_at = until;
    }
    if (ppoll(watched, 2, NULL, NULL) <= 0) return 0;
    if (watched[1].revents) {
        uint64_t times;
        if (read(it->timer, &times, sizeof times) > 0) it->timer_at = 0;
    }
    return watched[0].revents != 0;
}

uint32_t bench_take(struct bench_socket *it, int64_t until, const struct bench_datagram **taken) {
    struct mmsghdr messages[BENCH_SLOTS];
    struct iovec parts[BENCH_SLOTS];
    struct sockaddr_in from[BENCH_SLOTS];
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control[BENCH_SLOTS];
    // Without merging a datagram takes a part of such a buffer.
    uint32_t wanted = it->batch == bench_single ? 1 : it->batch == bench_many ? BENCH_SLOTS : MERGED;
    uint32_t room = it->batch == bench_many ? BENCH_SLOT_BYTES : MERGED_BYTES;
    *taken = found;
    int came = 0;
    for (int has_waited = 0;; has_waited = 1) {
        for (uint32_t index = 0; index < wanted; index++) {
            parts[index].iov_base = (uint8_t *)in + (size_t)index * room;
            parts[index].iov_len = room;
            struct msghdr *header = &messages[index].msg_hdr;
            memset(header, 0, sizeof *header);
            header->msg_name = &from[index];
            header->msg_namelen = sizeof from[index];
            header->msg_iov = &parts[index];
            header->msg_iovlen = 1;
            if (it->batch == bench_offload) {
                header->msg_control = control[index].bytes;
                header->msg_controllen = sizeof control[index].bytes;
            }
        }
        came = receive(it, messages, wanted);
        if (came > 0) break;
        if (has_waited || !until || !sleep_until(it, until)) return 0;
    }
    uint32_t count = 0;
    for (int index = 0; index < came; index++) {
        struct msghdr *header = &messages[index].msg_hdr;
        uint32_t all = messages[index].msg_len, size = all;
        if (it->batch == bench_offload) {
            for (struct cmsghdr *said = CMSG_FIRSTHDR(header); said; said = CMSG_NXTHDR(header, said)) {
                if (said->cmsg_level != IPPROTO_UDP || said->cmsg_type != UDP_GRO) continue;
                int bytes;
                memcpy(&bytes, CMSG_DATA(said), sizeof bytes);
                if (bytes > 0) size = (uint32_t)bytes;
            }
        }
        for (uint32_t start = 0; start < all && count < sizeof found / sizeof found[0]; start += size) {
            found[count++] = (struct bench_datagram){
                .bytes = (uint8_t *)parts[index].iov_base + start,
                .count = all - start < size ? all - start : size,
                .ip = ntohl(from[index].sin_addr.s_addr),
                .port = ntohs(from[index].sin_port),
            };
        }
    }
    return count;
}
