#ifndef APP_FAULTS_H
#define APP_FAULTS_H

#include "base/err.h"
#include "base/span.h"

#include <stdio.h>

/* What is wrong with what a person wrote: gathered, so that everything is told at once. One fault
 * is one line; what stands in it from outside is escaped. */
struct faults {
    char *text; /* lines, each ended by a newline; terminated; NULL while there is none */
    size_t size, capacity;
    size_t count;
    bool cut; /* FAULTS_BYTES_MAX was reached; further ones are only counted */
};

enum { FAULTS_BYTES_MAX = 65536, FAULTS_LINE_MAX = 1024 };

/* An all-zero struct is an empty list. */
void faults_fini(struct faults *f);
__attribute__((format(printf, 2, 3))) void faults_add(struct faults *f, const char *format, ...);
void faults_print(const struct faults *f, FILE *out);

/* The word nearest to `text`, for "did you mean"; NULL when none is near enough. `name` gives the
 * words by index and NULL behind the last. */
typedef const char *faults_word_fn(const void *context, size_t index);
const char *faults_nearest(struct span text, faults_word_fn *name, const void *context);

#endif
