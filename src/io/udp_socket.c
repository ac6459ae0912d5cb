#define _GNU_SOURCE
#include "io/udp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONTROL = CMSG_SPACE(sizeof(struct in_pktinfo)) }; /* a multiple of its alignment */

static struct sockaddr_in to_system(struct address a)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(a.port),
                                .sin_addr.s_addr = htonl(a.ipv4)};
}

static struct address from_system(const struct sockaddr_in *in)
{
    return (struct address){ntohl(in->sin_addr.s_addr), ntohs(in->sin_port)};
}

static int open_bound(struct address local, const int *options, size_t option_count)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const int on = 1;
    int failed = setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    for (size_t i = 0; i < option_count; i++)
        failed |= setsockopt(fd, SOL_SOCKET, options[i], &on, sizeof on);
    struct sockaddr_in in = to_system(local);
    if (failed || bind(fd, (const struct sockaddr *)&in, sizeof in) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int udp_socket_shared(uint16_t port)
{
    static const int options[] = {SO_REUSEADDR};
    return open_bound((struct address){0, port}, options, COUNT_OF(options));
}

int udp_socket_private(uint32_t ipv4, uint16_t *port)
{
    static const int options[] = {SO_BROADCAST};
    int fd = open_bound((struct address){ipv4, 0}, options, COUNT_OF(options));
    struct sockaddr_in in = {0};
    socklen_t size = sizeof in;
    if (fd >= 0 && getsockname(fd, (struct sockaddr *)&in, &size) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(in.sin_port);
    return fd;
}

static uint32_t interface_of(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
            continue;
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(c), sizeof info);
        return (uint32_t)info.ipi_ifindex;
    }
    return 0;
}

bool udp_socket_receive(int fd, struct udp_socket_batch *batch)
{
    struct mmsghdr headers[UDP_SOCKET_BATCH];
    struct iovec vectors[UDP_SOCKET_BATCH];
    struct sockaddr_in sources[UDP_SOCKET_BATCH];
    _Alignas(struct cmsghdr) char controls[UDP_SOCKET_BATCH][CONTROL];
    memset(headers, 0, sizeof headers);
    for (size_t i = 0; i < UDP_SOCKET_BATCH; i++) {
        vectors[i] = (struct iovec){batch->bytes[i], UDP_SOCKET_BYTES};
        headers[i].msg_hdr = (struct msghdr){.msg_name = &sources[i],
                                             .msg_namelen = sizeof sources[i],
                                             .msg_iov = &vectors[i],
                                             .msg_iovlen = 1,
                                             .msg_control = controls[i],
                                             .msg_controllen = CONTROL};
    }
    int count = recvmmsg(fd, headers, UDP_SOCKET_BATCH, MSG_DONTWAIT, NULL);
    batch->count = count > 0 ? (size_t)count : 0;
    for (size_t i = 0; i < batch->count; i++)
        batch->list[i] = (struct udp_socket_datagram){{batch->bytes[i], headers[i].msg_len},
                                                      from_system(&sources[i]),
                                                      interface_of(&headers[i].msg_hdr)};
    return batch->count > 0;
}

int udp_socket_send(int fd, struct span bytes, struct address to, struct udp_socket_way way)
{
    struct sockaddr_in in = to_system(to);
    struct iovec vector = {(void *)(uintptr_t)bytes.bytes, bytes.size};
    _Alignas(struct cmsghdr) char control[CONTROL] = {0};
    struct msghdr header = {.msg_name = &in,
                            .msg_namelen = sizeof in,
                            .msg_iov = &vector,
                            .msg_iovlen = 1};
    if (way.interface != 0) {
        struct in_pktinfo info = {.ipi_ifindex = (int)way.interface,
                                  .ipi_spec_dst.s_addr = htonl(way.source)};
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(c), &info, sizeof info);
    }
    ssize_t sent;
    do
        sent = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}
