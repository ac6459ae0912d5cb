#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "core/fact.h"
#include "core/ident.h"
#include "core/proof.h"
#include "core/record.h"

/* What two peers say to each other in a session, taken apart; docs/protocol.md has the text forms.
 */

enum message_kind {
    MESSAGE_HELLO,        /* first, from both sides */
    MESSAGE_HAVE,         /* which logs the sender holds; any number of times */
    MESSAGE_STATE_UPDATE, /* a run of records of one log */
    MESSAGE_SEAL,
    MESSAGE_CERTIFICATE, /* whose log the following run is, when it is not the sender's */
    MESSAGE_ACK,
    MESSAGE_FORK,     /* that an author signed two contents for one place */
    MESSAGE_KEEP,     /* whether the sender needs this session */
    MESSAGE_PRESENCE, /* who of third parties has gone, left or come back */
    MESSAGE_COMMAND,  /* a one-shot command for the receiver */
    MESSAGE_OUTCOME,  /* what came of one, where no record tells */
    MESSAGE_PING,
    MESSAGE_PONG,
    MESSAGE_GOODBYE, /* the sender leaves; last */
    MESSAGE_ERROR,   /* why the sender hangs up; last */
    MESSAGE_UNKNOWN, /* a type of a later version: counted and dropped */
    MESSAGE_BEAT, /* sent only: an empty line, a sign of life that costs one byte (EVENT_HEARD) */
    MESSAGE_KIND_COUNT,
};

/* Names a log within a message. The device is left out of the text where it is the obvious one: in
 * state_update and seal the sender's, in ack the receiver's; then `device` is empty and `key` all
 * zero. */
struct message_log {
    struct span device;
    struct key_id key;
    uint64_t epoch;
};

/* What the sender of an entry wants of the receiver for that device's logs. */
enum message_want {
    MESSAGE_WANT_NOTHING, /* left out in the text */
    MESSAGE_WANT_NEWS,    /* to be told when the receiver has more */
    MESSAGE_WANT_RECORDS, /* this log, from behind `last` on, as long as it grows */
    MESSAGE_WANT_COUNT,
};

struct message_entry {
    struct message_log log; /* always with device and key */
    uint64_t first;         /* 1 unless pruned */
    uint64_t last;          /* 0: known and empty */
    uint64_t sealed; /* the last one under a seal that the sender holds; in the text only when not 0
                      */
    bool closed;
    /* Of logs that are neither the sender's nor the receiver's: */
    bool role_known;
    enum role role; /* of the author, says the sender: its certificate proves it */
    enum message_want want;
    uint64_t older; /* digest of the device's earlier logs, 16 hex digits; 0: none, left out */
    uint64_t chain; /* the first 64 bits of the chain hash at `sealed`, likewise */
};

struct message_run {
    struct message_log log;       /* its epoch is that of the records */
    struct span bytes;            /* sending: the records' texts joined by one comma each */
    const struct record *records; /* receiving: consecutive, of one device and epoch; NULL when
                                     sending */
    size_t count;
    bool based;             /* the log begins with these records at the sender: */
    struct chain_hash base; /* ... and this is the chain hash before them */
};

/* What is said of a third party's presence. */
enum message_presence {
    MESSAGE_ONLINE,
    MESSAGE_OFFLINE,
    MESSAGE_LEFT,
    MESSAGE_PRESENCE_COUNT,
};

struct message_word {
    struct span device;
    uint64_t epoch; /* which life of it */
    enum message_presence is;
    uint64_t ago_ms; /* offline: since it was noticed; left: since its goodbye; online: since its
                        last sign of life */
    struct span by;  /* who noticed; empty: the sender */
    struct span why; /* evidence, at most LIMIT_REASON bytes; empty: none */
};

struct message {
    enum message_kind kind;
    union {
        struct {
            uint32_t version; /* 1 */
            struct span device;
            enum role role;
            uint64_t epoch;
            uint64_t time_ms; /* the sender's wall clock: tells how old its backlog is, on its own
                                 clock */
            bool wants[ROLE_COUNT]; /* the logs of devices in these roles */
        } hello;
        struct {
            const struct message_entry *entries;
            size_t count;
            bool more;      /* the list goes on in the next `have` */
            struct span of; /* these are all logs of this device that the sender holds; empty: no
                               such claim */
        } have;
        struct message_run update;
        struct {
            struct message_run run; /* the records between the two seals, none when they lie at one
                                       place; `base` is the chain hash before them */
            struct log_seal seals[2];
        } fork;
        struct {
            struct message_log log;
            uint64_t seq;
            uint8_t signature[LIMIT_SIGNATURE];
            size_t signature_size;
            bool hashed;            /* always when it is not the sender's log: */
            struct chain_hash hash; /* the chain hash at seq that is signed */
        } seal;
        struct {
            struct span chain; /* DER of the device's certificate and of its issuer's */
        } certificate;
        struct {
            struct message_log log;
            uint64_t seq; /* everything up to here is on disk and sealed at the sender of the ack */
            uint64_t held; /* everything up to here is on disk there, sealed or not; >= seq; in the
                              text only when greater */
        } ack;
        struct {
            bool keep;
        } keep;
        struct {
            const struct message_word *words;
            size_t count;
        } presence;
        struct {
            uint64_t sent_ms;  /* the pinging side's clock, given back as it is */
            uint64_t clock_ms; /* pong: the answering side's monotonic clock */
        } ping;                /* and pong */
        struct {
            struct span id;       /* sender '/' its epoch '/' a count; a rule's: dispatch.h */
            struct span topic;    /* device '/' property */
            struct value value;   /* VALUE_NONE: left out */
            uint64_t epoch;       /* the receiver's */
            uint64_t deadline_ms; /* on the receiver's monotonic clock */
            struct span cause;    /* a rule's: why, as in a record; empty: left out */
        } command;
        struct {
            struct span id;
            enum fact_outcome outcome;
            struct span reason; /* at most LIMIT_REASON bytes; empty: none */
        } outcome;
        struct {
            struct span reason; /* goodbye and error; at most LIMIT_REASON bytes */
        } end;
    };
};

#endif
