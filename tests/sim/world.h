#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/rng.h"
#include "host.h"
#include "judge.h"
#include "net.h"
#include "person.h"
#include "queue.h"
#include "sha256.h"
#include "tally.h"
#include "trace.h"
#include "wire/hello.h"
#include "wire/message.h"

/* A world: hosts, a network between them, one clock that jumps from moment to moment, one seed. The
 * same options give the same run, to the byte. */

#define WORLD_S  UINT64_C(1000000) /* microseconds */
#define WORLD_MS UINT64_C(1000)

/* The wall clock of a world that begins: some afternoon in 2025. */
#define WORLD_WALL_MS UINT64_C(1760000000000)

struct world_options {
    uint64_t seed;
    const struct host_options *hosts; /* copied */
    size_t host_count;
    struct net_options net;
    uint32_t disk_min_us, disk_max_us; /* how long a commit takes */
    trace_line_fn *on_line;            /* NULL: nobody listens */
    void *context;
};

struct fault_plan;

struct world {
    uint64_t now_us;
    struct rng rng;
    struct queue queue;
    struct host *hosts;
    size_t host_count;
    bool has_puppet;
    struct table by_key; /* the first host of each key */
    struct net net;
    struct net_options net_fair; /* as it is without faults */
    uint32_t disk_min_us, disk_max_us;
    struct judge judge;
    struct people people;
    struct trace trace;
    struct fault_plan *plan;
    uint64_t tally[TALLY_KIND_COUNT];
    struct effects effects;
    struct message_memory *memory;
    char line[LIMIT_LINE];
    char fetched[LIMIT_BATCH_BYTES + LIMIT_RECORD];
    uint8_t secret[32];
    struct hello_key hello_key;
    struct hello_mac mac; /* of these bytes */
    char mac_bytes[LIMIT_DATAGRAM];
    size_t mac_size;
    char failure[TRACE_LINE_MAX]; /* the first violation; empty: none */
};

struct world *world_new(const struct world_options *options);
void world_free(struct world *w);
/* Lets moments happen until then or the first violation. */
void world_run_until(struct world *w, uint64_t time_us);
void world_run_for(struct world *w, uint64_t us);

/* A violation. The first one is kept and ends the run. */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool world_failed(const struct world *w);

struct host *world_host_of(const struct world *w, const struct key_id *key); /* and its twins */
struct host *world_host(struct world *w, const char *device);         /* the first of that name */
uint64_t world_between(struct world *w, uint64_t low, uint64_t high); /* both included */
bool world_chance(struct world *w, uint32_t permille);
void world_push(struct world *w, uint64_t delay_us, struct moment m);

/* What only a world can do: sign for any key. */
/* A certificate: who somebody is, and the world's word for it. */
enum { WORLD_CHAIN_BYTES = 128 };
void world_certify(const struct world *w, const struct identity *who, char out[WORLD_CHAIN_BYTES]);
void world_sign(const struct world *w, const struct log_id *id, uint64_t seq,
                const struct chain_hash *hash, uint8_t out[32]);
void world_hash(struct chain_hash *out, const struct chain_hash *before,
                struct span bytes); /* is a
                                       node_hash_fn
                                     */

#endif
