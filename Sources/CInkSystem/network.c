#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CInkSystem.h"

#include <errno.h>
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
