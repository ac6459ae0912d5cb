#ifndef IO_UDP_H
#define IO_UDP_H

#include "core/event.h"
#include "wire/hello.h"
#include "wire/plain.h"

#include <uv.h>

/* Discovery datagrams. Two sockets: the shared one, bound to 0.0.0.0:port with SO_REUSEADDR, hears
 * what is broadcast; the private one, bound to a port of its own, sends everything and hears
 * unicast answers (unicast to a shared port reaches only the last that bound it). Every running
 * interface is called by its own broadcast address, lo by 127.255.255.255; interfaces that come,
 * go or change are followed (io/netif.h). What comes in passes wire/hello.h and, with --plain,
 * wire/plain.h first. Our own datagrams are dropped. */

struct udp;

enum { UDP_INTERFACES_MAX = 16 };

struct udp_options {
    uint16_t port; /* 50000 unless --port */
    bool loopback; /* send on lo only, drop what did not arrive on lo (IP_PKTINFO) */
    const char *const *interfaces; /* --interface; none: all that are up and can broadcast, and lo.
                                      Copied. */
    size_t interface_count;
    bool plain;
};

struct udp_handler {
    void *context;
    /* HELLO, FOREIGN, PLAIN; now_ms and wall_ms are left 0. */
    void (*on_event)(void *context, const struct event *e);
    /* With --plain: a datagram that is neither: sender, cause, its bytes. Rate-limited here (10 at
     * once, then 1 a second; `dropped` is how many were not told since the last). */
    void (*on_malformed)(void *context, struct address source, const char *cause, struct span bytes,
                         uint64_t dropped);
    /* "eth0 10.0.0.5 is up", "eth0 10.0.0.5 is gone", or, once until it works again, "eth0
     * 10.0.0.5: cannot send: network is unreachable". The core is not told: hellos go to the
     * current list. */
    void (*on_interface)(void *context, const char *text);
    /* An interface is new: call the core to announce at once; NULL allowed. */
    void (*on_changed)(void *context);
    /* One datagram, '>' out or '<' in, and the other end; NULL when not wanted. */
    void (*on_trace)(void *context, char arrow, struct address address, struct span text);
};

/* Errors: ERR_IO with a message that names the port, what holds it and what to do (`--port N`, on
 * every peer); ERR_NOT_FOUND: no interface of that name (lists those there are); ERR_FULL: more
 * than UDP_INTERFACES_MAX names; ERR_MEMORY. `key` is borrowed until udp_close(). */
MUST_USE enum err udp_open(struct udp **udp, uv_loop_t *loop, const struct hello_key *key,
                           const struct udp_options *options, const struct udp_handler *handler,
                           char *message, size_t message_bytes);
void udp_close(struct udp *u); /* sends nothing more and calls nobody back; frees once the loop has
                                  closed its handles; NULL is allowed */
/* HELLO: to everybody when `to` has port 0, else to that address. PLAIN: to everybody. */
void udp_effect(struct udp *u, const struct effect *effect);

/* "eth0 10.77.0.255, lo 127.255.255.255": where calls go now, for people. */
void udp_describe(const struct udp *u, char *out, size_t capacity);

struct udp_counts {
    uint64_t heard;         /* datagrams, without our own */
    uint64_t sent;          /* one for each interface */
    uint64_t malformed;     /* neither a hello nor, with --plain, plain */
    uint64_t denied;        /* our network's id and a wrong mac */
    uint64_t foreign;       /* of another network */
    uint64_t off_interface; /* came in where we do not listen */
    uint64_t send_failed;
};
void udp_count(const struct udp *u, struct udp_counts *counts);

#endif
