#ifndef TESTS_IO_STORE_WORLD_H
#define TESTS_IO_STORE_WORLD_H

#include "io/store.h"
#include "temp_folder.h"

/* A store in a folder of its own, the loop it lives on, and what it reported. Records are a
 * function of log and sequence, so whatever is read can be told from whatever was not written. */

enum { STORE_WORLD_LOGS = 8, STORE_WORLD_PEERS = 2048 };

/* A log as its author knows it. */
struct store_world_log {
    struct log_id id;
    enum role role;
    uint64_t last;
    struct chain_hash head;
};

/* What a restart gave back of a log. */
struct store_world_restored {
    struct event event; /* RESTORE_LOG */
    uint64_t tail_first;
    uint64_t tail_last;
};

struct store_world {
    struct temp_folder folder;
    char path[96];
    uv_loop_t loop;
    struct store *store;
    char message[512];
    uint64_t ticket; /* of the last effect */
    uint64_t stored;
    unsigned failures;
    unsigned readies;
    char failure[512];

    struct store_world_restored logs[STORE_WORLD_LOGS];
    size_t log_count;
    uint64_t topic_seqs[STORE_WORLD_LOGS];
    size_t topic_count;
    struct address peers[STORE_WORLD_PEERS];
    size_t peer_count;
    uint64_t seen[STORE_WORLD_PEERS]; /* heard_ms */
    size_t seen_count;
    uint64_t forks[STORE_WORLD_LOGS]; /* places */
    size_t fork_count;
    uint64_t record_count;
};

/* MEMORY: where syncing costs nothing, if the machine has such a place; for tests in which no power
 * fails and which open a store hundreds of times. */
enum store_world_place { STORE_WORLD_DISK, STORE_WORLD_MEMORY };

void store_world_init(struct store_world *w, enum store_world_place place);
void store_world_fini(struct store_world *w); /* closes if need be */
enum err store_world_try_open(struct store_world *w);
void store_world_open(struct store_world *w); /* must succeed, then restores */
void store_world_close(struct store_world *w);
/* Restores into the arrays; each record given back is compared with what was written. */
enum err store_world_restore(struct store_world *w);

struct store_world_log store_world_log(const char *device, uint64_t epoch);
/* The text of a record; `out` holds LIMIT_RECORD bytes. */
size_t store_world_record(const struct log_id *id, uint64_t seq, char *out);
/* What the records up to `last` give. */
struct chain_hash store_world_chain(const struct log_id *id, uint64_t last);
/* One STORE effect with the next `count` records. */
void store_world_put(struct store_world *w, struct store_world_log *log, size_t count);
void store_world_seal(struct store_world *w, const struct store_world_log *log);
/* STORE_LOG; cuts the author's log back too when it is longer. */
void store_world_describe(struct store_world *w, struct store_world_log *log, uint64_t last,
                          bool closed);
/* One STORE effect with the next `count` records, of which the last `parts` are a checkpoint. */
void store_world_mark(struct store_world *w, struct store_world_log *log, size_t count,
                      size_t parts);
/* STORE_LOG: it begins at `first` from now on; beyond its end it goes on behind a gap. */
void store_world_prune(struct store_world *w, struct store_world_log *log, uint64_t first);
void store_world_topic(struct store_world *w, const struct store_world_log *log, const char *topic,
                       uint64_t seq);
void store_world_peer(struct store_world *w, const char *device, uint32_t ipv4, uint16_t port);
/* What else is in the row follows from these two, and is compared when it comes back. */
void store_world_seen(struct store_world *w, const char *device, uint64_t heard_ms);
/* A proof whose first seal is at seq, made of that number alone. */
void store_world_fork(struct store_world *w, const char *device, uint64_t seq);
void store_world_retry(struct store_world *w);
/* Flushes and runs the loop until all is reported stored, or a failure is, or the retry's outcome.
 */
void store_world_wait(struct store_world *w);
/* Fetches first .. last in pieces and compares every record. */
void store_world_expect(struct store_world *w, const struct store_world_log *log, uint64_t first,
                        uint64_t last);
/* Like it, but damage may end it: returns the last record that could be read. */
uint64_t store_world_read(struct store_world *w, const struct store_world_log *log, uint64_t first);
/* What the restart gave back, NULL: nothing. */
const struct store_world_restored *store_world_find(const struct store_world *w,
                                                    const struct store_world_log *log);

#endif
