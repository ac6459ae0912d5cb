#ifndef TESTS_DURABLE_PAST_H
#define TESTS_DURABLE_PAST_H

#include "store_world.h"

/* Stores as earlier programs left them (tests/data/stores, made by tests/net/past.py), and all that
 * is in one as a text: once by SQL of its own version, as it lies, once as today's program reads
 * it. */

struct past {
    const char *name;
    int64_t version;
    char *bytes; /* of the file */
    size_t size;
    char *content;
};

/* One a schema, oldest first; a new schema's test is a new row, made before the next changes. */
size_t past_count(void);
void past_load(struct past *past, size_t which);
void past_unload(struct past *past);

/* The file and nothing else in the world's folder; the store is closed. */
void past_put(const struct past *past, struct store_world *w);
/* The bytes of a file that lies there, into a past without content. */
void past_take(struct past *past, const struct store_world *w);
/* What the open store gives back at a start, and every record and seal that can be fetched. The
 * caller frees it. */
char *past_read(struct store_world *w);
/* Says on stderr where two contents part, and fails. */
void past_expect_same(const char *expected, const char *found);
/* PRAGMA user_version of a closed store. */
int64_t past_version(const char *path);

#endif
