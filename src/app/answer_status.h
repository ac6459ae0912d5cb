#ifndef APP_ANSWER_STATUS_H
#define APP_ANSWER_STATUS_H

#include "base/buf.h"
#include "core/node.h"
#include "io/udp.h"

/* The answer to `kith status`: how a peer stands and sees the others, as one JSON object with the
 * members schema, device, role, network, state_hash, peers, alarms, refused and health. */

enum { ANSWER_STATUS_CAUSES = 16, ANSWER_STATUS_FOREIGN = 4 };

struct answer_status_cause {
    char cause[LIMIT_REASON + 1];
    uint64_t count;
};

struct answer_status_foreign {
    char device[LIMIT_NAME + 1];
    struct address address;
};

/* What a node does not remember. All zero at first. */
struct answer_status_notes {
    /* The last of a full table counts whatever has no place of its own. */
    struct answer_status_cause refused[ANSWER_STATUS_CAUSES];
    size_t refused_count;
    struct answer_status_foreign foreign[ANSWER_STATUS_FOREIGN];
    size_t foreign_count;
    char store_failure[512]; /* empty: storing works */
};

/* The facts that are worth a note. */
uint64_t answer_status_facts(void);
void answer_status_note(struct answer_status_notes *notes, const struct fact *fact);
void answer_status_refused(struct answer_status_notes *notes, struct span cause);

struct answer_status {
    const char *device;
    enum role role;
    const char *network; /* its id */
    const struct node *node;
    const struct udp_counts *udp;
    const struct udp_options *discovery;
    uint16_t session_port;
    const struct answer_status_notes *notes;
    uint64_t now_ms;
};

/* Writes it; b overflows when it does not fit: about 300 bytes a peer. False: out of memory. */
bool answer_status(struct buf *b, const struct answer_status *s);

#endif
