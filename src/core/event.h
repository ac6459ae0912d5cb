#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/fact.h"
#include "core/hello.h"
#include "core/message.h"
#include "core/proof.h"
#include "core/reading.h"

/* The seam: facts go in as events, orders come out as effects. The shell performs
 * the effects, in order, before it steps again: until then the event's memory stays valid, because
 * effects may point into it, and until the next step so does all memory in the effects. The core
 * keeps copies.
 *
 * Links. A link is one TCP+TLS connection, named by a number. The core picks odd numbers when it
 * dials, the shell picks even ones for those that come in; none is used twice in a process. Every
 * DIAL is answered by exactly one LINK_UP or LINK_DOWN with that number; every LINK_UP is followed
 * by exactly one LINK_DOWN, unless the core said HANG_UP: then the shell reports nothing more of it
 * (a LINK_UP already on its way for a link that was hung up is dropped by the shell). A HANG_UP
 * sends what was SENT before, then closes.
 *
 * Storing. Each STORE_* effect has a ticket, rising by one. The shell makes them durable in order,
 * as many in one commit as there are, and reports STORED with the highest ticket that is on disk.
 * When a commit fails it drops that commit and everything behind it and reports STORE_FAILED once,
 * accepts and drops further STORE_* effects until the core orders STORE_RETRY, whose success or
 * failure it reports with STORE_READY or another STORE_FAILED. */

/* A checkpoint: a place where its log may begin, because the state needs nothing before it. */
struct event_mark {
    uint64_t first, last;     /* its parts' sequences */
    struct chain_hash before; /* the chain hash at first - 1 */
    uint64_t at_ms;           /* when it came here, by our wall clock */
};

/* When a device was last heard, and why not since: kept on disk. */
struct event_seen {
    struct span device;
    enum role role;
    uint64_t epoch;       /* the highest proven */
    uint64_t heard_ms;    /* since 1970 UTC, by our clock */
    bool left;            /* it said goodbye */
    struct span evidence; /* empty: it was there */
};

enum event_kind {
    EVENT_RESTORE_LOG,   /* before START, one each, as it stands on disk */
    EVENT_RESTORE_TAIL,  /* after its log: the records behind the last seal, in order */
    EVENT_RESTORE_TOPIC, /* the state's records */
    EVENT_RESTORE_PEER,  /* an address somebody was last seen at, or one given by --peer (no device)
                          */
    EVENT_RESTORE_SEEN,  /* when somebody was last heard */
    EVENT_RESTORE_FORK,  /* whose key is not trusted any more */
    EVENT_START,         /* the epoch is on disk, the sockets are bound */
    EVENT_EPOCH,         /* answers the effect EPOCH: a new epoch is on disk */
    EVENT_READING,       /* from the source: readings of one moment */
    EVENT_HELLO,         /* an authenticated datagram of this network */
    EVENT_FOREIGN,       /* a hello that names another network's key */
    EVENT_PLAIN,         /* a plain datagram (--plain only) */
    EVENT_LINK_UP,       /* TLS is done and the certificate verified */
    EVENT_LINK_DOWN,
    EVENT_MESSAGE,
    EVENT_HEARD, /* bytes came on a link that ended no message: a sign of life */
    EVENT_SENT,  /* the socket took bytes: `bytes` are still unsent on the link */
    EVENT_STORED,
    EVENT_STORE_FAILED,
    EVENT_STORE_READY,
    EVENT_FETCHED,   /* answers FETCH */
    EVENT_SIGNED,    /* answers SIGN */
    EVENT_VERIFIED,  /* answers VERIFY */
    EVENT_CERTIFIED, /* answers CERTIFY */
    EVENT_CHAIN,     /* answers CHAIN */
    EVENT_WANT, /* a person wants a property of a device to have a value: FACT_WANTED tells how that
                   goes, with the same id */
    EVENT_COMMAND,   /* a person wants a device to do something now: FACT_COMMANDED answers */
    EVENT_COMMANDED, /* answers COMMAND: it was carried out, or could not be */
    EVENT_PING,    /* a person asks for a round trip to a device: FACT_PONG answers when its session
                      does; nothing happens without one */
    EVENT_CHANGED, /* an interface came, went or has another address */
    EVENT_LEAVE,   /* a person wants it to end: say goodbye, then EXIT */
    EVENT_TICK,    /* node_deadline() has come */
    EVENT_KIND_COUNT,
};

struct event {
    enum event_kind kind;
    uint64_t now_ms;  /* monotonic, any origin; never goes back */
    uint64_t wall_ms; /* since 1970 UTC; may jump */
    int32_t zone_s;   /* local time is so much ahead of UTC; for schedules */
    union {
        struct {
            struct log_id id;
            enum role role; /* of its author */
            uint64_t first, last;
            uint64_t sealed;               /* last sealed sequence, 0 none */
            struct chain_hash sealed_hash; /* chain hash there */
            uint8_t signature[LIMIT_SIGNATURE];
            size_t signature_size;
            bool closed;
            struct chain_hash base;         /* first > 1: chain hash at first - 1 */
            const struct event_mark *marks; /* the newest LIMIT_MARKS at most, oldest first */
            size_t mark_count;
        } restore_log;
        struct {
            struct log_id id;
            const struct record *record;
        } restore_record; /* TAIL, TOPIC */
        struct {
            struct span device; /* empty: given by --peer */
            struct address address;
        } restore_peer;
        struct event_seen restore_seen;
        const struct proof *restore_fork;
        struct {
            uint64_t epoch;
        } epoch; /* START, EPOCH */
        struct {
            const struct reading *readings;
            size_t count;
        } reading;
        struct {
            const struct hello *hello;
            struct address source; /* where the datagram came from: its sender's private socket */
        } hello;
        struct {
            struct span network; /* of the other */
            struct span device;
            struct address source;
        } foreign;
        struct {
            struct span device;
            const struct reading *reading; /* NULL: a plain hello */
            struct address source;
        } plain;
        struct {
            uint64_t link;
            const struct identity *identity;
            struct address address; /* the other end's */
        } link_up;
        struct {
            uint64_t link;
            struct span reason; /* "connection refused" */
            bool reset;         /* the other side's kernel said so */
        } link_down;
        struct {
            uint64_t link;
            const struct message *message;
        } message;
        struct {
            uint64_t link;
        } heard;
        struct {
            uint64_t link;
            size_t bytes;
        } sent;
        struct {
            uint64_t ticket;
            uint64_t used_bytes; /* on disk, of what is kept and of what is pruned and not gone yet
                                  */
            bool sweeping;       /* there is some of the latter */
        } stored;
        struct {
            uint64_t id;
            struct span topic;  /* device '/' property */
            struct value value; /* the text "auto": takes back what was wanted */
            uint64_t for_ms;    /* 0: until it is taken back */
            uint64_t wait_ms;   /* for its outcome */
        } want;
        struct {
            uint64_t id;
            struct span topic;  /* device '/' what it shall do */
            struct value value; /* VALUE_NONE: none */
            uint64_t within_ms; /* later than this it must not be done */
        } command;
        struct {
            uint64_t serial; /* as given in COMMAND */
            bool failed;
        } commanded;
        struct {
            struct span device;
        } ping;
        struct {
            uint64_t link;
            struct log_id id;
            uint64_t first;
            struct span bytes; /* joined by commas; empty: not there any more */
            size_t count;
            struct chain_hash seal_hash; /* to_seal, when the run ends at a seal */
            uint8_t signature[LIMIT_SIGNATURE];
            size_t signature_size; /* 0: it does not */
        } fetched;
        struct {
            struct log_id id;
            uint64_t seq;
            uint8_t signature[LIMIT_SIGNATURE];
            size_t signature_size;
        } seal_signed;
        struct {
            struct log_id id;
            uint64_t seq;
            uint64_t link; /* as given in VERIFY */
            bool valid;
            uint64_t ask; /* likewise */
        } verified;
        struct {
            uint64_t link; /* as given in CERTIFY */
            bool valid;
            struct identity identity;
        } certified;
        struct {
            uint64_t link;
            struct log_id id;
            uint64_t seq;
            uint64_t told; /* as given in CHAIN */
            bool known;    /* false: it can't be read */
            struct chain_hash hash;
            struct span bytes; /* to_seal: the records behind seq up to the next seal, joined by
                                  commas; empty: there is none, or they are too many */
            size_t count;
            struct chain_hash seal_hash;
            uint8_t signature[LIMIT_SIGNATURE];
            size_t signature_size;
        } chain;
    };
};

enum effect_kind {
    EFFECT_STORE, /* a run of records of one log, following what is there */
    EFFECT_STORE_SEAL,
    EFFECT_STORE_TOPIC, /* the state's record of a topic */
    EFFECT_STORE_LOG,   /* a log is new, closed, cut back to `last` (records behind it are deleted),
                           or   begins at `first` from now on (those before it go, when there is time)
                         */
    EFFECT_STORE_PEER,  /* where a device was reached; at most LIMIT_ADDRESSES a device, newest kept
                         */
    EFFECT_STORE_SEEN,  /* when a device was last heard; at most LIMIT_MEMBERS devices, the last
                           heard kept */
    EFFECT_STORE_FORK,  /* a proof, one a key; at most LIMIT_FORKS */
    EFFECT_STORE_RETRY,
    EFFECT_EPOCH,   /* make a new epoch above `above` durable, then EVENT_EPOCH */
    EFFECT_FETCH,   /* read records from `first` on, at most `bytes_max`, then EVENT_FETCHED */
    EFFECT_SIGN,    /* sign seal text, then EVENT_SIGNED (may come within the same loop turn, never
                       within the step) */
    EFFECT_VERIFY,  /* with the public key whose id is in the log's id, then EVENT_VERIFIED */
    EFFECT_CERTIFY, /* check a chain of certificates, keep it if it holds, then EVENT_CERTIFIED
                       (before the link's next message) */
    EFFECT_INTRODUCE, /* SEND the certificate of a key that was seen; nothing when it is not there
                       */
    EFFECT_CHAIN,     /* the chain hash of a log on disk at a place, then EVENT_CHAIN */
    EFFECT_DIAL,
    EFFECT_HANG_UP,
    EFFECT_SEND,
    EFFECT_HELLO,   /* broadcast on every interface when `to` has port 0, else to that address, from
                       the private socket */
    EFFECT_PLAIN,   /* a plain datagram of our own: hello when there is no reading */
    EFFECT_ACT,     /* an own state changed and is on disk: run --on-change */
    EFFECT_COMMAND, /* carry out a command, its id is on disk; then EVENT_COMMANDED */
    EFFECT_PUBLISH,
    EFFECT_EXIT, /* goodbyes are sent; end the process with this status */
    EFFECT_KIND_COUNT,
};

struct effect {
    enum effect_kind kind;
    uint64_t ticket; /* STORE_* */
    union {
        struct {
            struct log_id id;
            enum role role; /* of its author */
            uint64_t first;
            size_t count;
            struct span bytes; /* the records joined by commas */
            struct chain_hash hash_after;
            struct event_mark mark; /* a checkpoint whose last part is among them; first 0: none */
        } store;
        struct {
            struct log_id id;
            uint64_t seq;
            struct chain_hash hash;
            uint8_t signature[LIMIT_SIGNATURE];
            size_t signature_size;
        } store_seal;
        struct {
            struct span topic;
            struct log_id id;
            uint64_t seq;
            struct span bytes; /* the record */
        } store_topic;
        struct {
            struct log_id id;
            enum role role;
            uint64_t first, last;
            bool closed;
            struct chain_hash base; /* first > 1: chain hash at first - 1 */
        } store_log;
        struct {
            struct span device;
            struct address address;
        } store_peer;
        struct event_seen store_seen;
        struct proof store_fork;
        struct {
            uint64_t above;
        } epoch;
        struct {
            uint64_t link;
            struct log_id id;
            uint64_t first;
            size_t bytes_max;
            bool to_seal; /* not beyond the next seal kept at or behind
                             `first` */
        } fetch;
        struct {
            struct log_id id;
            uint64_t seq;
            uint64_t link; /* VERIFY: who sent the seal */
            struct chain_hash hash;
            uint8_t signature[LIMIT_SIGNATURE]; /* VERIFY */
            size_t signature_size;
            uint64_t ask; /* VERIFY: for what; 0: a seal of a log that is taken */
        } seal;           /* SIGN, VERIFY: the text signed is event_seal_text() */
        struct {
            uint64_t link;
            struct span chain;
        } certify;
        struct {
            uint64_t link;
            struct key_id key;
        } introduce;
        struct {
            uint64_t link;
            struct log_id id;
            uint64_t seq;
            uint64_t told; /* the beginning of the hash that somebody says it is; 0: nobody does */
            bool to_seal;  /* with the records behind it up to the next seal, if they are at most
                              LIMIT_BATCH_BYTES */
        } chain;
        struct {
            uint64_t link;
            struct address address;
        } dial;
        struct {
            uint64_t link;
            struct span reason;
        } hang_up;
        struct {
            uint64_t link;
            struct message message;
        } send;
        struct {
            struct hello hello;
            struct address to;
        } hello;
        struct {
            struct span device;
            const struct reading *reading; /* NULL: hello */
        } plain;
        struct {
            struct span property;
            struct value value; /* a text: "on", "21.5", "true" */
        } act;
        struct {
            uint64_t serial;
            struct span property;
            struct span value; /* as text; empty: none */
        } command;
        struct fact fact;
        struct {
            int status;
        } exit;
    };
};

/* The caller's list of effects. Grows as needed; arena memory belongs to it. */
struct effects {
    struct effect *list;
    size_t count;
    size_t capacity;
    struct event_chunk *arena; /* copies that effects point into */
    struct effect spare;       /* stands in when memory ran out */
    bool out_of_memory; /* some effects are missing: the shell performs none, ends the process and
                           says so */
};

void event_effects_init(struct effects *fx);
void event_effects_fini(struct effects *fx);
/* Empties the list and keeps the memory; the shell calls it before each step. */
void event_effects_reset(struct effects *fx);
/* A zeroed new last effect; never NULL. */
struct effect *event_effects_add(struct effects *fx, enum effect_kind kind);
/* Memory that lives as long as this list of effects; NULL (an empty span) when there is none left.
 */
void *event_effects_alloc(struct effects *fx, size_t size);
struct span event_effects_copy(struct effects *fx, struct span s);

enum { EVENT_SEAL_TEXT_MAX = 256 };
/* The bytes that a seal's signature covers: "kith/1 seal\n" network "\n" device "\n" key "\n" epoch
 * "\n" seq "\n" hash "\n", key and hash in lower-case hex, numbers in decimal. `network` is the
 * network's id (hex). Returns the length. */
size_t event_seal_text(char out[EVENT_SEAL_TEXT_MAX], struct span network, const struct log_id *id,
                       uint64_t seq, const struct chain_hash *hash);

#endif
