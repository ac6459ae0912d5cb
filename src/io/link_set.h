#ifndef IO_LINK_SET_H
#define IO_LINK_SET_H

#include "io/link.h"
#include "io/link_tls.h"
#include "wire/line.h"

/* What the files of io/link* share: one link, all links, and who does what. Private to io/link*. */

enum {
    LINK_INPUT = 65536, /* read from one socket at a time; then the next socket has its turn */
    LINK_UNSENT_MAX = 4 * LIMIT_UNSENT, /* the core stops at LIMIT_UNSENT, but answers and beats go
                                           on; beyond this the link is lost */
    LINK_HANDSHAKES = 64,       /* unknown ones that came in; at the bound the oldest makes room */
    LINK_HANDSHAKES_SOURCE = 8, /* the same from one address; not from this machine, where all peers
                                   share one */
    LINK_BACKLOG = 128,
    LINK_CONNECT_MS = 1500, /* on one network: an answer takes milliseconds, and what was lost is
                               sent again after 1 s */
    LINK_HANDSHAKE_MS = 5000,
    LINK_LEAVE_MS = 1000, /* to send what is pending and to hear that the other side is done */
    LINK_LISTEN_AGAIN_MS = 200, /* after the process ran out of files */
    LINK_TICK_MS = 100,
    LINK_RECORDS_MAX = 1 << 23, /* half of what architecture allows, as the other side counts as
                                   well */
};

/*              DIAL           accepted
 *               |                |
 *           CONNECTING --> HANDSHAKING --> OPEN --> LEAVING --> CLOSED
 *
 * Each may go to CLOSED at once. LEAVING: the owner knows no more of it; what is pending goes out,
 * and the end waits for the other side's, as a socket closed with unread input would take back what
 * was sent. */
enum link_state { LINK_CONNECTING, LINK_HANDSHAKING, LINK_OPEN, LINK_LEAVING, LINK_CLOSED };

struct link_text { /* plain bytes not yet encrypted */
    char *bytes;
    size_t start, end, capacity;
};

struct link_conn {
    uv_tcp_t tcp;
    union {
        uv_connect_t connect;
        uv_shutdown_t shutdown;
    } request;
    struct link_set *set;
    struct link_conn *next; /* in the order they came */
    uint64_t id;
    struct address address;
    enum link_state state;
    bool inbound;
    bool known;           /* its certificate was verified */
    bool greeted;         /* it said something, and that began like TLS */
    bool paused;          /* had its turn; reads on in the next one */
    bool finished;        /* LEAVING: everything is out, the end was said */
    bool broken;          /* the socket takes no more; what it still gives tells why */
    bool owes_sent;       /* a SENT event is due */
    const char *failed;   /* a LINK_DOWN with this reason is due */
    uint64_t deadline_ms; /* UINT64_MAX: none */
    struct link_tls tls;
    struct line_splitter lines;
    struct link_text text;
    size_t queued;   /* encrypted bytes that wait for the socket */
    size_t taken;    /* plain bytes since the last SENT */
    size_t reported; /* in the last SENT */
};

struct link_set {
    uv_loop_t *loop;
    const struct trust *trust;
    struct link_handler handler;
    bool loopback;
    uv_tcp_t listener;
    uv_timer_t timer; /* runs while a link has a deadline, or the listener is to be opened again */
    uv_idle_t soon;   /* what must not be said from within link_* calls */
    size_t handles;   /* open, of the set itself */
    struct address listen;
    uint64_t listen_again_ms; /* UINT64_MAX: it listens */
    struct link_conn *first;
    struct link_conn **last;
    uint64_t last_inbound_id;
    uint32_t records_max; /* LINK_RECORDS_MAX, LINK_CONNECT_MS, LINK_HANDSHAKE_MS; tests have less
                             patience */
    unsigned connect_ms, handshake_ms;
    BIO_METHOD *method;
    struct link_text spare; /* one empty buffer, for whoever sends next */
    struct message_memory *memory;
    char *input; /* LINK_INPUT bytes of the socket at hand */
    char *plain; /* and decrypted */
    struct link_tls_out *out;
    struct link_counts counts;
    bool warm;
    bool starved; /* a link could not even be made: no DIAL is answered, no knock taken */
    bool closing;
    void (*done)(void *context);
    void *done_context;
};

/* link.c */
void link_soon(struct link_set *set);   /* looks at all links in the next turn of the loop */
void link_watch(struct link_set *set);  /* there is a deadline */
void link_closed(struct link_set *set); /* a socket is closed and gone */

/* link_conn.c: from a socket to an identity, and the ends. */
void link_conn_dial(struct link_set *set, uint64_t id, struct address address);
void link_conn_accept(struct link_set *set);
void link_conn_up(struct link_conn *c); /* the handshake is done: who is it? */
/* The link ends for a reason that its owner is told: LINK_DOWN or on_refused. */
void link_conn_down(struct link_conn *c, const char *reason);
void link_conn_reset(struct link_conn *c); /* the same, because the other side's kernel said so */
/* The same, but what is pending (an alert, an `error`) still goes out. */
void link_conn_refuse(struct link_conn *c, const char *reason);
void link_conn_leave(struct link_conn *c); /* the owner hangs up: no more events */
void link_conn_close(struct link_conn *c); /* at once and in silence */
/* Deadlines and what is due. */
void link_conn_tick(struct link_conn *c, uint64_t now_ms);
void link_conn_soon(struct link_conn *c);

/* link_input.c */
void link_input_start(struct link_conn *c); /* reads, or reads on */
void link_input_greet(struct link_conn *c); /* the dialler speaks first */

/* link_output.c */
void link_output_message(struct link_conn *c, const struct message *m);
void link_output_flush(struct link_conn *c); /* encrypts and writes what is pending */
void link_output_drain(struct link_conn *c); /* writes what TLS itself had to say */
size_t link_output_unsent(const struct link_conn *c);

#endif
