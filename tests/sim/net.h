#ifndef SIM_NET_H
#define SIM_NET_H

#include "core/event.h"
#include "datagram.h"
#include "queue.h"
#include "wire/line.h"

/* The network between hosts. Datagrams are lost, doubled, delayed and so reordered. Connections
 * carry the bytes that wire/message.c wrote, cut into random pieces, in order; while a way is cut
 * they stall, and lost packets make them late. The handshake is three segments of its own, so that
 * a cut can fall between any two of them: then one side believes in a connection that the other has
 * not. */

struct net_options {
    uint32_t delay_min_us;
    uint32_t delay_max_us;
    uint32_t loss_permille;
    uint32_t double_permille;
    uint32_t piece_max;       /* bytes; connections are cut into pieces of 1 to this */
    uint32_t replay_permille; /* of datagrams: sent again later, from elsewhere */
    uint32_t forge_permille;  /* of datagrams: sent again with a byte changed */
};

enum net_end_state { NET_WAITING, NET_UP, NET_CLOSED };

enum net_segment_kind { NET_CLIENT, NET_SERVER, NET_FINISHED, NET_DATA, NET_FIN, NET_RST };

struct net_segment {
    struct net_segment *next;
    uint64_t arrive_us;
    enum net_segment_kind kind;
    size_t size;
    char bytes[];
};

/* One direction, owned by the end that sends into it. */
struct net_pipe {
    char *unsent;
    size_t unsent_size;
    size_t unsent_capacity;
    struct net_segment *first, *last;
    size_t flying;      /* bytes in segments */
    uint64_t arrive_us; /* of the last segment */
    bool fin;           /* behind the unsent bytes */
    bool stalled;       /* the first segment could not arrive, */
    uint64_t tried_us;  /* ... for the first time then; 0: it has not been tried */
};

struct net_end {
    uint32_t host;
    uint32_t life;
    enum net_end_state state;
    uint64_t link;
    bool hello_sent, hello_heard;
    bool sent_due;
    struct line_splitter splitter;
    struct net_pipe out;
};

struct net_conn {
    struct net_end ends[2]; /* 0 dialled */
    struct address to;
    bool reached; /* the first segment has arrived, */
    bool shaking; /* ... and the dialler waits for the rest */
    bool dead;    /* one of its addresses is no more */
    bool session; /* counted by the judge */
};

struct net {
    struct net_options now;
    uint8_t *cuts; /* [from * hosts + to]: how many cuts lie on that way */
    bool *walls;   /* [from * hosts + to]: a cut that nothing mends */
    struct net_conn **conns;
    size_t conn_count;
    size_t conn_capacity;
    uint64_t *stalled; /* 2 * conn + end of pipes that are, or were: ascending */
    size_t stalled_count, stalled_capacity;
    struct datagram history[DATAGRAM_HISTORY]; /* what an attacker has heard */
    uint64_t heard;
};

struct world;
struct host;

void net_init(struct world *w);
void net_fini(struct world *w);

/* These two never hear each other. */
void net_wall(struct world *w, uint32_t a, uint32_t b);
bool net_walled(const struct world *w, uint32_t a, uint32_t b);
void net_cut(struct world *w, uint32_t from, uint32_t to);
void net_mend(struct world *w, uint32_t from, uint32_t to);
void net_mend_all(struct world *w);
bool net_open(const struct world *w, uint32_t from, uint32_t to);
uint64_t net_delay_us(struct world *w);
struct host *net_host(struct world *w, uint32_t ipv4); /* NULL: nobody has it */

void net_dial(struct world *w, struct host *h, uint64_t link, struct address to);
/* The end's, or NULL: no such link is up or being dialled. */
struct net_conn *net_link(const struct world *w, const struct host *h, uint64_t link, int *end);
void net_send(struct world *w, struct host *h, uint64_t link, struct span bytes);
/* What the link owes now; false: it is gone. */
bool net_unsent(const struct world *w, const struct host *h, uint64_t link, size_t *bytes);
void net_hello_sent(struct world *w, struct host *h, uint64_t link);
void net_hang_up(struct world *w, struct host *h, uint64_t link);
/* The step is over: what was sent goes out. */
void net_flush(struct world *w, struct host *h, uint64_t link);
/* Every connection of the host loses its process. CLOSED: what was sent still goes out, then the
 * end; KILLED: the kernel tells the others at once; POWER: silence. */
enum net_gone { NET_GONE_CLOSED, NET_GONE_KILLED, NET_GONE_POWER };
void net_process_gone(struct world *w, struct host *h, enum net_gone how);
/* It has another address: its connections carry nothing any more. */
void net_moved(struct world *w, struct host *h);
/* The machine is on again: what waited for it arrives. */
void net_machine_back(struct world *w, const struct host *h);
/* Some middle box forgets the connection: both ends hear of it. */
void net_reset(struct world *w, uint32_t conn);

void net_on_pipe(struct world *w, const struct moment *m);
void net_on_reset(struct world *w, const struct moment *m);
void net_on_timeout(struct world *w, const struct moment *m);

#endif
