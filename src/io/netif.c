#include "io/netif.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVERYBODY = -1 /* 255.255.255.255 */, LOOPBACK_NET = 127, NET_SHIFT = 24 };

static uint32_t ipv4_of(const struct sockaddr *address)
{
    if (!address || address->sa_family != AF_INET)
        return 0;
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    return ntohl(in.sin_addr.s_addr);
}

/* Where a broadcast goes is not always told; the kernel then still takes the subnet's last address,
 * unless the subnet has no room for one (RFC 3021). */
static uint32_t broadcast_of(const struct ifaddrs *a, uint32_t ipv4)
{
    uint32_t host = ~ipv4_of(a->ifa_netmask);
    if (a->ifa_flags & IFF_LOOPBACK)
        return ipv4 >> NET_SHIFT == LOOPBACK_NET && host > 1 ? ipv4 | host : 0;
    if (!(a->ifa_flags & IFF_BROADCAST))
        return 0;
    uint32_t told = ipv4_of(a->ifa_broadaddr);
    if (told != 0 && told != ipv4)
        return told;
    return host > 1 ? ipv4 | host : (uint32_t)EVERYBODY;
}

static void add_entry(struct netif_list *list, const struct ifaddrs *a)
{
    unsigned wanted = IFF_UP | IFF_RUNNING;
    uint32_t ipv4 = ipv4_of(a->ifa_addr);
    if (ipv4 == 0 || (a->ifa_flags & wanted) != wanted || list->count == NETIF_MAX)
        return;
    struct netif_entry *e = &list->entries[list->count];
    *e = (struct netif_entry){.index = if_nametoindex(a->ifa_name),
                              .ipv4 = ipv4,
                              .broadcast = broadcast_of(a, ipv4),
                              .loopback = (a->ifa_flags & IFF_LOOPBACK) != 0};
    /* A label like eth0:1 names the interface before the colon. */
    size_t size = strcspn(a->ifa_name, ":");
    memcpy(e->name, a->ifa_name, size < NETIF_NAME ? size : NETIF_NAME - 1);
    if (e->index != 0)
        list->count++;
}

enum err netif_list_read(struct netif_list *list)
{
    list->count = 0;
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0)
        return ERR_IO;
    for (const struct ifaddrs *a = all; a; a = a->ifa_next)
        add_entry(list, a);
    freeifaddrs(all);
    return ERR_OK;
}

bool netif_entry_equal(const struct netif_entry *a, const struct netif_entry *b)
{
    return a->index == b->index && a->ipv4 == b->ipv4 && a->broadcast == b->broadcast &&
           strcmp(a->name, b->name) == 0;
}

bool netif_exists(const char *name)
{
    return if_nametoindex(name) != 0;
}

void netif_names(char *out, size_t capacity)
{
    struct buf b;
    buf_init(&b, out, capacity - 1);
    struct if_nameindex *all = if_nameindex();
    for (const struct if_nameindex *i = all; i && i->if_index != 0; i++) {
        if (i > all)
            buf_text(&b, ", ");
        buf_text(&b, i->if_name);
    }
    if (all)
        if_freenameindex(all);
    out[b.size] = '\0';
}

/* Either a netlink socket is polled or a timer ticks. */
struct netif_watch {
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_timer_t timer;
    };
    int fd; /* -1: the timer */
    netif_change_fn *changed;
    void *context;
};

/* One call back for all that has gathered. What the messages say is not looked at: the list is read
 * anew, which is right even when messages were lost (ENOBUFS). */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    struct netif_watch *w = poll->data;
    char messages[4096];
    ssize_t size;
    do
        size = recv(w->fd, messages, sizeof messages, MSG_DONTWAIT);
    while (size > 0 || (size < 0 && (errno == ENOBUFS || errno == EINTR)));
    w->changed(w->context);
}

static void on_tick(uv_timer_t *timer)
{
    struct netif_watch *w = timer->data;
    w->changed(w->context);
}

static int open_netlink(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int start(struct netif_watch *w, uv_loop_t *loop, uint64_t fallback_ms)
{
    if (w->fd >= 0 && uv_poll_init(loop, &w->poll, w->fd) == 0)
        return uv_poll_start(&w->poll, UV_READABLE, on_readable);
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    uv_timer_init(loop, &w->timer); /* cannot fail */
    return uv_timer_start(&w->timer, on_tick, fallback_ms, fallback_ms);
}

enum err netif_watch_open(struct netif_watch **watch, uv_loop_t *loop, uint64_t fallback_ms,
                          netif_change_fn *changed, void *context)
{
    *watch = NULL;
    struct netif_watch *w = calloc(1, sizeof *w);
    if (!w)
        return ERR_MEMORY;
    w->fd = open_netlink();
    w->changed = changed;
    w->context = context;
    int started = start(w, loop, fallback_ms);
    w->handle.data = w;
    if (started != 0) {
        netif_watch_close(w);
        return ERR_IO;
    }
    *watch = w;
    return ERR_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct netif_watch *w = handle->data;
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

void netif_watch_close(struct netif_watch *w)
{
    if (w)
        uv_close(&w->handle, on_closed);
}
