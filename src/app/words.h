#ifndef APP_WORDS_H
#define APP_WORDS_H

#include "base/buf.h"
#include "core/fact.h"
#include "core/reading.h"

/* What a fact is called in English: one line, without the device in front. Pure. */

/* What some facts say besides. */
struct words {
    const char *network;  /* "3f9a-c2" */
    const char *keys;     /* "~/.local/share/kith" */
    bool made;            /* the network is new */
    const char *tried;    /* "eth0 10.0.0.255, lo 127.255.255.255" */
    const char *other;    /* "actuator1": whom to start when nobody is there */
    const char *file;     /* where rules go */
    const char *restored; /* "fan ON, " or "" */
};

enum words_style { WORDS_USUAL, WORDS_GOOD, WORDS_BAD, WORDS_STRONG };

/* False when people are not told of this kind. */
bool words_told(enum fact_kind kind);
/* Whether --quiet tells it too. */
bool words_told_quietly(enum fact_kind kind);
enum words_style words_style(enum fact_kind kind);
/* Writes nothing when there is nothing to say. */
void words_fact(struct buf *b, const struct words *w, const struct fact *fact);

/* "Broadcasted HELLO" for NULL, else what may follow behind " & ": "temp 24.5°C". */
void words_broadcast(struct buf *b, const struct reading *reading);
/* "25.8°C", "ON", "true" */
void words_value(struct buf *b, const struct value *value, struct span unit);
void words_address(struct buf *b, struct address address);
/* "0.1": the version for people. */
void words_version(struct buf *b);

#endif
