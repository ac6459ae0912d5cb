#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/limits.h"
#include "core/value.h"

/* One entry of a log, taken apart. `bytes` is its author's exact JSON text, which is what is
 * stored, hashed and forwarded; all other spans point into it or into the decoder's memory. */
struct record {
    struct span bytes;
    struct span device; /* the author */
    struct span type;   /* the property; when `topic` is given "set", or "decision" */
    struct span topic;  /* "actuator1/fan/set" or ".../auto", "controller1/cool/rule"; empty:
                           <device>/<type> */
    uint64_t epoch;
    uint64_t seq;       /* from 1 */
    uint64_t ts;        /* hybrid logical time: ms since 1970 UTC ... */
    uint32_t tick;      /* ... and its logical part; left out of the text when 0 */
    uint64_t source_ts; /* when the source says it was measured; 0: not said */
    struct value value; /* VALUE_NONE when left out, which only `plain` allows */
    struct span unit;
    bool plain;          /* caused by an unauthenticated datagram */
    uint64_t for_ms;     /* wanted: how long it holds; reported in answer to that: how long it still
                            holds; 0: until it is taken back; a decision: so long it was so */
    struct span answers; /* reported: which wanted record it carries out, as record_name() writes
                            it; a decision: what made it; empty: none */
    struct span cause;   /* why: one JSON object, raw; at most LIMIT_CAUSE; empty: not said */
    struct span kept;    /* of a checkpoint, and of nothing else: records of the same author that
                            stood before it, joined by commas; such a record has no value */
    uint32_t part, of;   /* a checkpoint's part, from 1, and how many there are */
};

/* What a rule of its author has become, kept for its author's next life (decision.c). */
static inline bool record_is_decision(const struct record *r)
{
    return r->topic.size > 0 && span_is(r->type, "decision");
}

/* What somebody wants of a property. */
static inline bool record_is_wanted(const struct record *r)
{
    return r->topic.size > 0 && !span_is(r->type, "decision");
}

/* The encoder that node_new() is given (wire/record.c): writes r's members, not r->bytes, into out;
 * returns the length, 0 when it does not fit. Pure. */
typedef size_t record_encode_fn(const struct record *r, char *out, size_t capacity);
/* The reader of runs that node_new() is given (record_next() in wire/record.c): records joined by
 * commas, one after another; *at is 0 at first. `memory` has LIMIT_VALUE_TEXT bytes and is used
 * anew for each. Pure. */
typedef bool record_next_fn(struct span run, size_t *at, struct record *r, char *memory,
                            const char **cause);

#endif
