#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifdef __APPLE__
// For struct in6_pktinfo (RFC 3542).
#define __APPLE_USE_RFC_3542
#endif
#include "CInkSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// More than a link says to a group in a tenth of a second when it is used as meant. What is more waits nowhere.
#define RECEIVE_BUFFER_BYTES (64 << 10)

static int set(int fd, int level, int option, int value) { return setsockopt(fd, level, option, &value, sizeof value); }

static int failed(int fd) {
    int reason = errno;
    close(fd);
    return -reason;
}

static socklen_t address(struct sockaddr_storage *to, int is_six, const uint8_t *ip, uint16_t port, uint32_t interface) {
    memset(to, 0, sizeof *to);
    if (is_six) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        if (ip) memcpy(&six->sin6_addr, ip, sizeof six->sin6_addr);
        six->sin6_scope_id = interface;
#ifdef __APPLE__
        six->sin6_len = sizeof *six;
#endif
        return sizeof *six;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)to;
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    if (ip) memcpy(&four->sin_addr, ip, sizeof four->sin_addr);
#ifdef __APPLE__
    four->sin_len = sizeof *four;
#endif
    return sizeof *four;
}

int ink_link_open(int is_six) {
    int fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) return failed(fd);
    // No router passes on what we say here, whatever it is told to do with groups.
    int is_bounded = is_six ? set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1) == 0 && set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1) == 0
                                  && set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1) == 0 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) == 0
                            : set(fd, IPPROTO_IP, IP_MULTICAST_TTL, 1) == 0 && set(fd, IPPROTO_IP, IP_TTL, 1) == 0
                                  && set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 1) == 0;
    if (!is_bounded) return failed(fd);
    // By which interface something came, and to whom it was said.
    int tells = is_six ? set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    return tells < 0 ? failed(fd) : fd;
}

int ink_link_listen(int is_six, const uint8_t *group, uint16_t port) {
    int fd = ink_link_open(is_six);
    if (fd < 0) return fd;
    // All programs of a machine hear what is said to the group. On Linux SO_REUSEPORT would ask that they be of one user.
    if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0) return failed(fd);
#ifdef __APPLE__
    if (set(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0) return failed(fd);
#endif
    set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
#if defined(__linux__)
    // What another program has joined elsewhere is none of ours.
    if (!is_six && set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0) < 0) return failed(fd);
#if defined(IPV6_MULTICAST_ALL)
    if (is_six) set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
#endif
#endif
    struct sockaddr_storage own;
    // Bound to the group an IPv4 socket hears nothing else. For IPv6 it would have to be bound to one link.
    socklen_t size = address(&own, is_six, is_six ? NULL : group, port, 0);
    if (bind(fd, (struct sockaddr *)&own, size) < 0) return failed(fd);
    return fd;
}

int ink_link_join(int fd, int is_six, const uint8_t *group, uint32_t interface, int joins) {
    int done;
    if (is_six) {
        struct ipv6_mreq request;
        memset(&request, 0, sizeof request);
        memcpy(&request.ipv6mr_multiaddr, group, sizeof request.ipv6mr_multiaddr);
        request.ipv6mr_interface = interface;
        done = setsockopt(fd, IPPROTO_IPV6, joins ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof request);
    } else {
        struct ip_mreqn request;
        memset(&request, 0, sizeof request);
        memcpy(&request.imr_multiaddr, group, sizeof request.imr_multiaddr);
        request.imr_ifindex = (int)interface;
        done = setsockopt(fd, IPPROTO_IP, joins ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request);
    }
    return done < 0 ? -errno : 0;
}

ssize_t ink_link_send(
    int fd, int is_six, const uint8_t *to, uint16_t port, uint32_t interface, const uint8_t *from, const void *bytes, size_t count) {
    struct sockaddr_storage target;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
        struct cmsghdr aligned;
    } control;
    struct msghdr message;
    memset(&message, 0, sizeof message);
    memset(&control, 0, sizeof control);
    message.msg_name = &target;
    message.msg_namelen = address(&target, is_six, to, port, is_six ? interface : 0);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (from) {
        message.msg_control = control.bytes;
        struct cmsghdr *said = (struct cmsghdr *)control.bytes;
        if (is_six) {
            struct in6_pktinfo info;
            memset(&info, 0, sizeof info);
            memcpy(&info.ipi6_addr, from, sizeof info.ipi6_addr);
            info.ipi6_ifindex = interface;
            said->cmsg_level = IPPROTO_IPV6;
            said->cmsg_type = IPV6_PKTINFO;
            said->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(said), &info, sizeof info);
            message.msg_controllen = CMSG_SPACE(sizeof info);
        } else {
            struct in_pktinfo info;
            memset(&info, 0, sizeof info);
            memcpy(&info.ipi_spec_dst, from, sizeof info.ipi_spec_dst);
            info.ipi_ifindex = (int)interface;
            said->cmsg_level = IPPROTO_IP;
            said->cmsg_type = IP_PKTINFO;
            said->cmsg_len = CMSG_LEN(sizeof info);
            memcpy(CMSG_DATA(said), &info, sizeof info);
            message.msg_controllen = CMSG_SPACE(sizeof info);
        }
    }
    ssize_t sent;
    do {
        sent = sendmsg(fd, &message, 0);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t ink_link_receive(int fd, const uint8_t *group, uint8_t *bytes, size_t capacity, struct ink_link_sender *sender) {
    struct sockaddr_storage from;
    struct iovec part = {.iov_base = bytes, .iov_len = capacity};
    union {
        char bytes[256];
        struct cmsghdr aligned;
    } control;
    struct msghdr message;
    memset(&message, 0, sizeof message);
    memset(sender, 0, sizeof *sender);
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    ssize_t count;
    do {
        count = recvmsg(fd, &message, MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    if (from.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&from;
        sender->is_six = 1;
        memcpy(sender->ip, &six->sin6_addr, 16);
        sender->port = ntohs(six->sin6_port);
        sender->interface = six->sin6_scope_id;
    } else {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&from;
        memcpy(sender->ip, &four->sin_addr, 4);
        sender->port = ntohs(four->sin_port);
    }
    int is_group = 0;
    for (struct cmsghdr *said = CMSG_FIRSTHDR(&message); said; said = CMSG_NXTHDR(&message, said)) {
        if (said->cmsg_level == IPPROTO_IP && said->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(said), sizeof info);
            sender->interface = (uint32_t)info.ipi_ifindex;
            is_group = group && memcmp(&info.ipi_addr, group, 4) == 0;
        } else if (said->cmsg_level == IPPROTO_IPV6 && said->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(said), sizeof info);
            sender->interface = info.ipi6_ifindex;
            is_group = group && memcmp(&info.ipi6_addr, group, 16) == 0;
        }
    }
    // Longer than what is asked for, or not said to the group: nobody looks at it.
    if ((message.msg_flags & MSG_TRUNC) || (group && !is_group)) return 0;
    return count;
}
