#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifdef __APPLE__
// For struct in6_pktinfo (RFC 3542).
#define __APPLE_USE_RFC_3542
#endif
#include "CInkSystem.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

int ink_network_watch_open(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    struct sockaddr_nl groups;
    memset(&groups, 0, sizeof groups);
    groups.nl_family = AF_NETLINK;
    groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    if (bind(fd, (struct sockaddr *)&groups, sizeof groups) < 0) {
        int reason = errno;
        close(fd);
        return -reason;
    }
    return fd;
}
#else
int ink_network_watch_open(void) { return -ENOTSUP; }
#endif

int ink_network_watch_drain(int fd) {
    char bytes[8192];
    int said = 0;
    // The rest of a flood makes the descriptor readable again.
    for (int reads = 0; reads < 256; reads++) {
        ssize_t count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (count > 0) {
            said = 1;
        } else if (count == 0) {
            return -EPIPE;
        } else if (errno == ENOBUFS) {
            // More happened than the system kept for us.
            said = 1;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return said;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return said;
}

int ink_keep_whole(int fd, int is_six, int whole) {
#if defined(__linux__)
    // PROBE: whole, and whatever length the kernel has learned of the path does not count (RFC 8899 §4.5).
    int value = whole ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;
    if (is_six) value = whole ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DONT;
    int level = is_six ? IPPROTO_IPV6 : IPPROTO_IP, name = is_six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER;
#else
    int value = whole, level = is_six ? IPPROTO_IPV6 : IPPROTO_IP, name = is_six ? IPV6_DONTFRAG : IP_DONTFRAG;
#endif
    return setsockopt(fd, level, name, &value, sizeof value) < 0 ? -errno : 0;
}

ssize_t ink_send_from(
    int fd, const void *bytes, size_t count, const struct sockaddr *to, socklen_t to_size, const struct sockaddr *from) {
    union {
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
        struct cmsghdr aligned;
    } control;
    memset(&control, 0, sizeof control);
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_name = (void *)to;
    message.msg_namelen = to_size;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    int is_six = from->sa_family == AF_INET6;
    message.msg_controllen = is_six ? CMSG_SPACE(sizeof(struct in6_pktinfo)) : CMSG_SPACE(sizeof(struct in_pktinfo));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (is_six) {
        struct in6_pktinfo info;
        memset(&info, 0, sizeof info);
        info.ipi6_addr = ((const struct sockaddr_in6 *)from)->sin6_addr;
        header->cmsg_level = IPPROTO_IPV6;
        header->cmsg_type = IPV6_PKTINFO;
        header->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(header), &info, sizeof info);
    } else {
        struct in_pktinfo info;
        memset(&info, 0, sizeof info);
        info.ipi_spec_dst = ((const struct sockaddr_in *)from)->sin_addr;
        header->cmsg_level = IPPROTO_IP;
        header->cmsg_type = IP_PKTINFO;
        header->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(header), &info, sizeof info);
    }
    return sendmsg(fd, &message, 0);
}
