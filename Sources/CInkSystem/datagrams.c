#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CInkSystem.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#if defined(__linux__)
#include <netinet/udp.h>
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#endif

// Trains of one call of the system; those beyond it go with the next.
#define TRAINS_A_CALL 32

int ink_merges_datagrams(int fd) {
#if defined(__linux__)
    // A kernel that does not know it passes over the word that would have it split what is sent, and sends it whole.
    int size = 0;
    socklen_t count = sizeof size;
    return getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &count) == 0;
#else
    (void)fd;
    return 0;
#endif
}

static socklen_t write_address(struct sockaddr_storage *to, const struct ink_train *train) {
    memset(to, 0, sizeof *to);
    if (train->is_six) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(train->port);
        uint64_t high = train->high;
        // A link-local address holds the number of its link where it has zeros on the wire.
        if (high >> 54 == 0x3FA) {
            six->sin6_scope_id = (uint32_t)(high >> 32 & 0xFFFF);
            high &= 0xFFFF0000FFFFFFFF;
        }
        for (int index = 0; index < 8; index++) {
            six->sin6_addr.s6_addr[index] = (uint8_t)(high >> (56 - 8 * index));
            six->sin6_addr.s6_addr[index + 8] = (uint8_t)(train->low >> (56 - 8 * index));
        }
#ifdef __APPLE__
        six->sin6_len = sizeof *six;
#endif
        return sizeof *six;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)to;
    four->sin_family = AF_INET;
    four->sin_port = htons(train->port);
    four->sin_addr.s_addr = htonl((uint32_t)train->low);
#ifdef __APPLE__
    four->sin_len = sizeof *four;
#endif
    return sizeof *four;
}

ssize_t ink_send_trains(int fd, const uint8_t *bytes, const struct ink_train *trains, size_t count) {
    struct sockaddr_storage to[TRAINS_A_CALL];
    struct iovec parts[TRAINS_A_CALL];
#if defined(__linux__)
    struct mmsghdr messages[TRAINS_A_CALL];
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr aligned;
    } control[TRAINS_A_CALL];
#else
    struct msghdr message;
#endif
    if (count > TRAINS_A_CALL) count = TRAINS_A_CALL;
    for (size_t index = 0; index < count; index++) {
        const struct ink_train *train = &trains[index];
        parts[index].iov_base = train->byte_count ? (void *)(bytes + train->offset) : NULL;
        parts[index].iov_len = train->byte_count;
#if defined(__linux__)
        struct msghdr *header = &messages[index].msg_hdr;
#else
        struct msghdr *header = &message;
#endif
        memset(header, 0, sizeof *header);
        header->msg_name = &to[index];
        header->msg_namelen = write_address(&to[index], train);
        header->msg_iov = &parts[index];
        header->msg_iovlen = 1;
#if defined(__linux__)
        if (train->segment < train->byte_count) {
            memset(&control[index], 0, sizeof control[index]);
            header->msg_control = control[index].bytes;
            header->msg_controllen = sizeof control[index].bytes;
            struct cmsghdr *said = CMSG_FIRSTHDR(header);
            said->cmsg_level = IPPROTO_UDP;
            said->cmsg_type = UDP_SEGMENT;
            said->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            memcpy(CMSG_DATA(said), &train->segment, sizeof train->segment);
        }
#else
        ssize_t sent;
        do {
            sent = sendmsg(fd, header, 0);
        } while (sent < 0 && errno == EINTR);
        if (sent < 0) return index ? (ssize_t)index : -errno;
#endif
    }
#if defined(__linux__)
    int sent;
    do {
        sent = sendmmsg(fd, messages, (unsigned)count, 0);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
#else
    return (ssize_t)count;
#endif
}
