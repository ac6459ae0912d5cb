#ifndef CORE_NODE_STATE_H
#define CORE_NODE_STATE_H

#include "base/rng.h"
#include "core/log.h"
#include "core/node.h"
#include "core/presence.h"
#include "core/rule.h"
#include "core/stamp.h"
#include "core/state.h"

/* The inside of a node, for core's own modules; nobody else includes it. One file per noun decides:
 * members.c (who is known), watch.c (whether we ourselves are well), seen.c (when others were last
 * heard), hearsay.c (who is gone or back, as others say), discovery.c (hellos and dialling), mesh.c
 * (with whom we keep a session), peer.c (a session's life), sync.c and serve.c (who lacks what),
 * news.c, carry.c, doubt.c and fork.c (the logs of others), intake.c, seal.c, author.c (our own
 * log), checkpoint.c and retain.c (what may go from the disk), decide.c (rules), drive.c (what a
 * property of ours is), decision.c (what our rules have become, on disk), dispatch.c (what they
 * command), order.c (what our rules want of others), want.c (what a person wants), command.c (what
 * is to be done once), clock.c (whose clock is wrong), node.c (the seam). */

#define NODE_NEVER UINT64_MAX

struct member;

/* An address that is dialled until it works: a member's, or one given by --peer. */
struct dialer {
    struct address address;
    struct address told;   /* by its last hello; port 0: by none */
    struct member *member; /* NULL: --peer, before its first session */
    uint64_t link;         /* a DIAL is out, or the link lives; 0: none */
    uint64_t at_ms;        /* next DIAL; NODE_NEVER: only a hello causes one */
    uint64_t until_ms;     /* gives up then; NODE_NEVER: never */
    uint64_t dialed_ms;
    uint64_t burst_ms[LIMIT_DIAL_BURST]; /* the last DIALs, oldest first */
    uint32_t backoff_ms;
    size_t next_address; /* which of the member's addresses is tried next */
    bool configured;
};

/* What is said of a device that we have no session with, by us or by others; hearsay.c. */
struct hearsay {
    enum message_presence is;                 /* ONLINE: nothing is said against it */
    uint64_t epoch;                           /* of this life; 0: nothing was ever said */
    uint64_t at_ms;                           /* the moment that it is about, by our clock, */
    uint64_t came_ms;                         /* ... and when we heard of it */
    char by[LIMIT_WITNESSES][LIMIT_NAME + 1]; /* who noticed; "": we did */
    uint64_t links[LIMIT_WITNESSES];          /* the session that brought it; 0: none, we noticed */
    unsigned count, told;                     /* of them; and so many were passed on */
    uint64_t call_ms;                         /* its last call was heard then; 0: none was */
    bool quiet;          /* that it is there: known to all who hear its calls */
    uint64_t told_epoch; /* the life of its in which we told it of all others */
    char why[LIMIT_REASON + 1];
    char accuser[LIMIT_NAME + 1]; /* who said last what a sign of life refuted, */
    uint64_t refuted_ms;          /* ... and when the first of `refuted` times was */
    unsigned refuted;
};

/* A device that was heard of with proof: by a mac, by a certificate, or from one who has one. */
struct member {
    char device[LIMIT_NAME + 1];
    enum role role;
    struct key_id key;                                 /* all zero before its first session */
    uint64_t epoch;                                    /* the highest proven by a session */
    uint64_t hello_epoch, hello_counter, hello_window; /* freshness: highest counter, and which of
                                                          the 64 below it came */
    struct address addresses[LIMIT_ADDRESSES];         /* newest first */
    size_t address_count;
    enum fact_how how;
    uint64_t found_ms; /* first heard of in this process */
    uint64_t heard_ms;
    uint64_t answered_ms;            /* last HELLO_ANSWER to it */
    uint64_t lost_ms;                /* when its session ended; 0: never had one, or it left */
    uint64_t goodbye_epoch;          /* a datagram said so of this life of its */
    bool left;                       /* it said goodbye and has not come back */
    bool here;                       /* people were told so, and of no end since */
    char evidence[LIMIT_REASON + 1]; /* why its last session ended */
    uint64_t seen_wall_ms; /* last heard in an earlier life of ours, by our wall clock; 0: never */
    uint64_t ended_ms;     /* when its last session did, by whatever */
    uint64_t alarm_ms, alarm_epoch; /* when its session was given up for silence, and which life */
    uint64_t probed_ms;             /* useless, and dialled for a sign since its call of then */
    bool discovered;                /* told to people */
    bool useless; /* neither wants the other's logs: not dialled again in this epoch of its */
    struct session *session; /* the open one */
    struct dialer dialer;
    uint64_t wrote_ms;  /* without a session: when a live record of its came by way of others */
    uint64_t place;     /* in the ring; mesh.c */
    bool needed;        /* there we want a session with it, */
    uint64_t needed_ms; /* ... since then; or since it came back */
    struct hearsay hearsay;
    size_t slot;    /* its place in each session's news */
    uint64_t older; /* digest of its logs but the newest, if it is known */
    bool older_known;
    size_t topic_count; /* in the state */
    struct log *logs;   /* newest epoch first */
    uint64_t forgotten; /* logs up to this epoch made room for later ones */
};

enum peer_state { PEER_DIALING, PEER_GREETING, PEER_OPEN, PEER_STATE_COUNT };

/* Where a session stands in one of our logs. */
struct cursor {
    struct log *log;
    uint64_t next;        /* to be sent */
    uint64_t acked;       /* what it acknowledged */
    uint64_t held;        /* what it has on disk */
    struct log_seal seal; /* to be sent as soon as next is behind it; seq 0: none */
    uint64_t seal_sent;
    bool introduced; /* of another's log: its author's certificate was sent */
};

/* A log of which this session seems to have another content than we have; doubt.c. */
enum doubt_kind {
    DOUBT_NONE,
    DOUBT_SEAL, /* its seal at some place is asked for, or being weighed */
    DOUBT_WALK, /* all of it is, because it is longer */
};

struct doubt {
    struct log_id id;
    enum doubt_kind kind;
    uint64_t ours; /* the place of our seal */
    uint64_t last; /* what came of the other content, from the beginning on, and its chain there */
    struct chain_hash head, there; /* `there`: at `ours` */
    struct log_seal seal;          /* what it sent, being weighed or verified; seq 0: none */
    uint64_t ask;                  /* as given in VERIFY */
    uint64_t at_ms, next_ms;
};

/* A key that signed two contents for one place; fork.c. */
struct fork {
    struct proof proof; /* its bytes are in `bytes` */
    char *bytes;
};

/* Most sessions hear of few members; a ring's, in the end, of all. */
enum { NEWS_PAGE = 64 };

struct session {
    uint64_t link;
    enum peer_state state;
    bool outbound;
    struct address address;
    struct identity identity; /* from PEER_GREETING on */
    struct member *member;    /* PEER_OPEN */
    struct dialer *dialer;    /* outbound: who dialled */
    uint64_t epoch;
    uint64_t up_ms, heard_ms, sent_ms, pinged_ms;
    bool suspect;    /* silent for too long, and pinged */
    bool given_up;   /* silent until we ended it */
    bool refused_us; /* it told us why it hangs up */
    bool words_due;  /* all that we know of who is gone is to be told */
    bool rtt_known;
    bool ping_asked; /* by a person, who waits for the answer */
    bool clock_known;
    uint64_t rtt_ms;
    uint64_t clock_ms;       /* its monotonic clock, in its last pong */
    uint64_t clock_at_ms;    /* ... which came then */
    uint64_t author_time_ms; /* its wall clock in its hello */
    bool clock_judged;       /* clock.c has looked at it */
    size_t unsent;
    bool wants[ROLE_COUNT];
    bool have_done; /* its list of logs is complete */
    bool fetching;  /* a FETCH is out */
    struct cursor *cursors;
    size_t cursor_count, cursor_capacity;
    bool we_spare, it_spares;                     /* could do without it, said we and said it, */
    uint64_t spared_ms;                           /* ... the last of both then */
    struct news *news[LIMIT_MEMBERS / NEWS_PAGE]; /* by the members' slots; news.c */
    bool news_all;                                /* nothing was told yet */
    bool serve_due;                               /* it may lack something that can be sent now */
    struct identity introduced; /* by the last certificate that came along and holds; no device:
                                   none */
    size_t asked;               /* logs of others that it is asked for */
    size_t certificates;        /* so many may come: one for each time that it was asked */
    size_t stretch_bytes;       /* of what it carries, waiting for seals */
    uint64_t carried_ms;        /* when it last carried something */
    struct doubt *doubts;       /* LIMIT_DOUBTS; NULL: there was none yet */
    unsigned looks;             /* at our disk for what it told of logs, */
    uint64_t looks_ms;          /* ... until then */
    struct fork_judged *judged[LIMIT_JUDGED]; /* proofs that came and are being checked */
    size_t judged_count;
    uint64_t forks_shown; /* a bit for each of the node's: it was shown there, or came from there */
    size_t forks_heard;   /* proofs that came */
};

/* Stores under way, in ticket order: what becomes durable when. */
struct node_store {
    uint64_t ticket;
    struct log *log; /* NULL: no records */
    uint64_t seq;
    struct chain_hash hash;
    bool seal; /* up to seq, of records that are durable by then */
};

struct node_act {
    uint64_t epoch, seq; /* performed when this record of ours is on disk */
    char property[LIMIT_NAME + 1];
    char value[LIMIT_VALUE_TEXT + 1];
};

/* A type that readings come in and that no rule uses. */
struct node_unused {
    char type[LIMIT_NAME + 1];
    char device[LIMIT_NAME + 1];
    uint64_t since_ms;
    bool told;
};

struct node_summary {
    char type[LIMIT_NAME + 1];
    char unit[LIMIT_UNIT + 1];
    uint64_t count;
    double sum, low, high;
};

/* A decision that changed nothing. */
struct why_entry {
    uint64_t wall_ms;
    bool active;
    char cause[LIMIT_CAUSE + 1];
};

enum { NODE_WHYS = 64 };

enum { NODE_SUMMARIES = 64, NODE_UNUSED = 16, NODE_PLAIN_PEERS = 64, NODE_PLAIN_TYPES = 8 };

struct node_plain_reading {
    char type[LIMIT_NAME + 1];
    double number;
};

struct node {
    struct identity self;
    uint16_t session_port;
    bool plain;
    uint64_t facts;
    node_hash_fn *hash;
    record_encode_fn *encode;
    record_next_fn *next;
    struct rng rng;

    /* valid during a step */
    uint64_t now_ms, wall_ms;
    int32_t zone_s;
    uint64_t last_ms; /* of the step before */
    struct effects *fx;

    bool started, leaving, exited;
    bool store_failed;
    bool unsettled;   /* who is there, or what is wanted, changed in this step */
    bool epoch_asked; /* EFFECT_EPOCH is out */
    uint64_t started_ms, leave_ms, store_retry_ms;
    bool ever_session;
    uint64_t counters[NODE_COUNTER_COUNT];
    uint64_t restored_records;

    /* our own log */
    struct member own; /* its logs; never in `members` */
    struct log *log;   /* the present epoch's; NULL before START */
    uint64_t epoch, epoch_above;
    uint64_t retain_ms, retain_bytes; /* 0: all is kept */
    bool checkpoint_due;              /* at once, whatever else */
    uint64_t checkpoint_ms;           /* when one was last due, or the life began */
    uint64_t checkpoint_bytes;        /* of our log, then */
    uint64_t checkpoint_size;         /* of the last one */
    uint64_t checkpoint_seq;          /* our log's last record then */
    uint64_t used_bytes, retain_at_ms, retain_full_ms;
    uint64_t prune_ticket; /* the last shortening that is not yet on disk; 0: none */
    bool sweeping;
    uint64_t claims_ms; /* since when others said `claims` times that our epochs went further */
    unsigned claims;

    struct table members;
    struct member *slots[LIMIT_MEMBERS];  /* NULL: free */
    uint64_t news_of[LIMIT_MEMBERS / 64]; /* a bit a slot: something of it may be new */
    uint64_t armed[LIMIT_MEMBERS / 64];   /* likewise: its dialer may have a time to dial */
    size_t log_count;
    struct table carried;            /* struct carried, by its log: who was asked for it; carry.c */
    struct fork *forks[LIMIT_FORKS]; /* as they were proven */
    size_t fork_count;
    uint64_t asks; /* VERIFYs of proofs and doubts */
    uint64_t carry_at_ms, news_at_ms, mesh_at_ms;
    uint64_t probed_ms;         /* when a sign of life was last asked for by a dial */
    uint64_t dial_at_ms;        /* not before this is a dial due, */
    uint64_t probe_at_ms;       /* ... or a sign asked for */
    uint64_t peer_at_ms;        /* not before this a sign of life, or the lack of one */
    bool probes_changed;        /* reckon that anew */
    bool ring;                  /* too many for a session with each, */
    uint64_t ring_ms;           /* ... and that was so last then */
    bool serve_all, serve_some; /* sessions may lack something: all, or those marked */
    struct session *serve_one;  /* the only one that is marked; NULL: there may be more */
    struct {
        const struct log *log;
        uint64_t first, last, sealed;
    } served;               /* our own log as it was when sessions were last sent what they lack */
    uint64_t hearsay_at_ms; /* something is to be told of who is there */
    uint64_t told_ms;       /* when a session last ended that would have told of others */
    uint64_t refute_at_ms, refuted_ms; /* we were called gone, and say that we are not; last then */
    unsigned refutes;                  /* so many times more */
    struct presence_health health;
    uint64_t seen_at_ms; /* next note on disk of who is there */
    struct dialer *configured[LIMIT_DIALS_CONFIGURED];
    size_t configured_count;
    struct session *sessions[LIMIT_SESSIONS];
    size_t session_count;
    uint64_t next_link;

    uint64_t hello_counter, hello_at_ms;
    uint64_t hello_back_ms; /* when we last called because somebody was back, or began */
    uint32_t hello_round;
    char foreign[LIMIT_FOREIGN][16];
    size_t foreign_count;
    uint64_t foreign_heard;
    bool nobody_told;
    char plain_peers[NODE_PLAIN_PEERS][LIMIT_NAME + 1];
    size_t plain_peer_count;
    struct node_plain_reading plain_readings[NODE_PLAIN_TYPES];
    size_t plain_reading_count;

    struct state state;
    struct ring stores; /* struct node_store */
    uint64_t ticket;
    struct ring acts; /* struct node_act */

    struct node_want *wants;
    size_t want_count;
    struct command_sent *commands_sent;
    struct command_run *commands_run;
    size_t command_sent_count, command_run_count;
    uint64_t command_serial;
    struct stamp clock; /* the greatest stamp seen or given */
    struct drive *drives[LIMIT_DRIVES];
    size_t drive_count;
    struct order *orders;
    size_t order_count;
    uint64_t order_at_ms;        /* when a claim may be made again; NODE_NEVER: none is to be */
    struct dispatch *dispatches; /* LIMIT_DISPATCHES; NULL: no rule has given a command yet */
    size_t dispatch_count;
    struct why_entry *whys; /* NODE_WHYS of them, the newest at why_count - 1; NULL without rules */
    uint64_t why_count;

    struct rule_state *rules;
    size_t rule_count;
    uint64_t rules_at_ms;
    struct node_unused unused[NODE_UNUSED];
    size_t unused_count;
    struct node_summary summaries[NODE_SUMMARIES];
    size_t summary_count;
    uint64_t summary_at_ms;
};

/* node.c */
static inline void node_counted(struct node *n, enum node_counter counter)
{
    n->counters[counter]++;
}

static inline void node_soon(uint64_t *deadline, uint64_t at_ms)
{
    if (at_ms < *deadline)
        *deadline = at_ms;
}

/* NULL when this kind is not wanted; else a fact to fill in, already among the effects. */
struct fact *node_fact(struct node *n, enum fact_kind kind, struct span device);
/* A STORE_* effect with the next ticket. */
struct effect *node_store_effect(struct node *n, enum effect_kind kind, struct log *log,
                                 uint64_t seq);
/* The log as it stands, if the store knows of it: closed, or cut back. */
void node_store_log(struct node *n, struct log *l);
/* Up to a fifth more or less. */
uint64_t node_jitter(struct node *n, uint64_t ms);

#endif
