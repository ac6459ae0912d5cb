#ifndef TESTS_WIRE_SAMPLE_H
#define TESTS_WIRE_SAMPLE_H

#include "base/rng.h"
#include "wire/message.h"

/* Seeded messages of every kind, each one valid, with values at their limits now and then. */

enum { SAMPLE_RECORDS = 6, SAMPLE_TEXT = 32768 };

struct sample {
    struct message message;
    struct message_entry entries[SAMPLE_RECORDS];
    struct message_word words[SAMPLE_RECORDS];
    struct record records[SAMPLE_RECORDS]; /* of a state_update, for comparison */
    char text[SAMPLE_TEXT];                /* what the spans point into */
    struct buf strings;
    char line[LIMIT_LINE];
    size_t line_size; /* with its newline */
};

void sample_message(struct sample *s, struct rng *rng);
/* One record on its own; its bytes are in s->line. */
void sample_record(struct sample *s, struct rng *rng);

bool sample_records_equal(const struct record *a, const struct record *b); /* all but bytes */
bool sample_messages_equal(const struct message *a, const struct message *b);

#endif
