#ifndef TESTS_IO_LINK_PAIR_H
#define TESTS_IO_LINK_PAIR_H

#include "io/link_set.h"
#include "io/trust_home.h"
#include "temp_folder.h"

/* Two peers' links on one loop, and strangers that knock at them from threads of their own. */

struct link_side {
    struct trust *trust;
    struct link_set *set;
    unsigned ups, downs, messages, heards, sents, refused, traced;
    uint64_t link; /* the first that came up */
    struct identity who;
    struct address from;
    char reason[160]; /* of the last LINK_DOWN */
    uint64_t down_link;
    bool reset;
    char cause[160];            /* of the last refusal */
    uint64_t pings;             /* that came in order: 1, 2, ... */
    char end[LIMIT_REASON + 1]; /* reason of the last goodbye or error */
    size_t unsent;              /* in the last SENT */
    bool hang_up;               /* on the next message */
    bool calling;               /* a link_* function runs: no event may come */
    bool closed;
};

struct link_pair {
    struct temp_folder folder;
    uv_loop_t loop;
    uv_timer_t guard;
    bool timed_out;
    struct link_side a, b;
};

void link_pair_open(struct link_pair *p);
void link_pair_close(struct link_pair *p);

/* A further side, with keys from that folder. */
void link_pair_open_side(struct link_pair *p, struct link_side *s, const struct temp_folder *keys,
                         const char *device);
/* Closes its links and waits for the end. */
void link_pair_close_side(struct link_pair *p, struct link_side *s);

/* Runs the loop, flushing both sides each turn, until the condition holds; fails the test after ten
 * seconds. */
#define LINK_PAIR_UNTIL(p, condition)                \
    do {                                             \
        while (!(condition))                         \
            link_pair_turn((p), __FILE__, __LINE__); \
    } while (0)
void link_pair_turn(struct link_pair *p, const char *file, int line);
/* A few turns in which nothing is expected. */
void link_pair_idle(struct link_pair *p);

void link_pair_dial(struct link_side *s, uint64_t id, uint16_t port);
void link_pair_connect(struct link_pair *p); /* a dials b, as link 1 */
void link_pair_ping(struct link_side *s, uint64_t number);
void link_pair_say_goodbye(struct link_side *s, const char *reason);
void link_pair_hang_up(struct link_side *s, uint64_t link);
bool link_pair_works(struct link_pair *p); /* the open link carries a ping each way */

/* A stranger's blocking code, on a thread. */
struct link_stranger {
    void (*act)(struct link_stranger *s);
    uint16_t port;
    const char *source;  /* to bind to; NULL: any */
    struct trust *trust; /* the keys it has got hold of, or NULL */
    SSL_CTX *context;    /* for link_stranger_tls() */
    const char *text;
    size_t text_size;
    int number;
    int fd;
    SSL *ssl;
    char got[4096];
    size_t got_size;
    unsigned long error; /* OpenSSL's, when the handshake or the reading failed */
    bool refused;        /* the handshake or the first reading failed */
    bool done;
    uv_work_t work;
};

/* Runs s->act while the loop runs. */
void link_pair_let(struct link_pair *p, struct link_stranger *s);
/* Starts it; it is over when s->done. */
void link_pair_start(struct link_pair *p, struct link_stranger *s);

void link_stranger_connect(struct link_stranger *s);
void link_stranger_write(struct link_stranger *s, const void *bytes, size_t size);
void link_stranger_read(struct link_stranger *s); /* to the end or to 4096 bytes, into got */
/* A context with Kith's ALPN, and the stranger's keys if it has some. */
SSL_CTX *link_stranger_context(const struct link_stranger *s);
bool link_stranger_tls(struct link_stranger *s); /* handshake with s->context */
void link_stranger_tls_write(struct link_stranger *s, const void *bytes, size_t size);
void link_stranger_tls_read(struct link_stranger *s); /* to the end, into got */
void link_stranger_end(struct link_stranger *s);      /* in order */

#endif
