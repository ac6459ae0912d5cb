#ifndef IO_UDP_PLACES_H
#define IO_UDP_PLACES_H

#include "io/netif.h"
#include "io/udp.h"

/* Where discovery calls and listens: the machine's addresses, as --interface and --loopback choose
 * among them. */

struct udp_place {
    struct netif_entry netif;
    bool failing; /* the last send failed, and was named */
};

struct udp_places {
    bool loopback;
    char names[UDP_INTERFACES_MAX][NETIF_NAME];
    size_t name_count;
    struct netif_list all; /* chosen or not */
    struct udp_place list[NETIF_MAX];
    size_t count;
};

/* Takes the choice; the list is empty until it is read. Errors: see udp_open(). */
MUST_USE enum err udp_places_init(struct udp_places *p, const struct udp_options *options,
                                  char *message, size_t message_bytes);
/* Reads what is there now; true when something is new. When it cannot be read all stays. */
bool udp_places_read(struct udp_places *p);
const struct udp_place *udp_places_find(const struct udp_places *p,
                                        const struct netif_entry *wanted);

/* Whether an address is of this machine. */
bool udp_places_own(const struct udp_places *p, uint32_t ipv4);
/* Whether a datagram that came in by this interface is for us. */
bool udp_places_hear(const struct udp_places *p, uint32_t interface, uint32_t source);
/* Whether a broadcast goes out at list[i]. */
bool udp_places_call(const struct udp_places *p, size_t i);
/* Whether a broadcast goes anywhere but to lo. */
bool udp_places_wired(const struct udp_places *p);

/* "eth0 10.77.0.1" */
void udp_places_text(char *out, size_t capacity, const struct netif_entry *e, uint32_t ipv4);
/* "eth0 10.77.0.255, lo 127.255.255.255" or "no interface" */
void udp_places_describe(const struct udp_places *p, char *out, size_t capacity);

#endif
