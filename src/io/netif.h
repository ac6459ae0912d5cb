#ifndef IO_NETIF_H
#define IO_NETIF_H

#include "base/err.h"
#include "base/span.h"

#include <uv.h>

/* The machine's IPv4 addresses and the interfaces that carry them, and when they change. */

enum { NETIF_NAME = 16, NETIF_MAX = 64 };

/* One address of an interface that is up and running. Addresses in host order. */
struct netif_entry {
    char name[NETIF_NAME];
    uint32_t index;
    uint32_t ipv4;
    uint32_t broadcast; /* where everybody on it hears; 0: it cannot broadcast */
    bool loopback;
};

struct netif_list {
    struct netif_entry entries[NETIF_MAX]; /* what is beyond is left out */
    size_t count;
};

/* What is there now. Errors: ERR_IO. */
MUST_USE enum err netif_list_read(struct netif_list *list);
bool netif_entry_equal(const struct netif_entry *a, const struct netif_entry *b);
/* Whether there is an interface of this name, up or not. */
bool netif_exists(const char *name);
/* The names of all interfaces, up or not: "lo, eth0". */
void netif_names(char *out, size_t capacity);

/* Calls back when an interface or an address came, went or changed (rtnetlink(7)); where that is
 * not to be had, every `fallback_ms`, whether something changed or not. */
struct netif_watch;
typedef void netif_change_fn(void *context);
/* Errors: ERR_MEMORY, ERR_IO. */
MUST_USE enum err netif_watch_open(struct netif_watch **watch, uv_loop_t *loop,
                                   uint64_t fallback_ms, netif_change_fn *changed, void *context);
void netif_watch_close(struct netif_watch *w); /* NULL is allowed; frees when the loop has closed
                                                  its handle */

#endif
