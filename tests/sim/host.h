#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "core/node.h"
#include "disk.h"
#include "queue.h"

/* A machine with one process on it: clocks, a disk, and the shipped core between them. What src/app
 * does for the product is done here: facts go in, orders are performed in their order. A puppet is
 * a process without a core: its story speaks for it. */

struct host_options {
    char device[LIMIT_NAME + 1];
    enum role role;
    uint8_t key; /* hosts of one device name with different numbers have different keys */
    bool puppet;
    bool plain;
    uint64_t retain_ms, retain_bytes; /* as in node_config */
    uint32_t start_ms;
    uint32_t reading_ms;      /* mean time between two measurements; 0: none */
    uint32_t batch_max;       /* readings of one measurement */
    int32_t drift_ppm;        /* of the monotonic clock */
    const struct rule *rules; /* NULL: an actuator has the default rule, others none */
    size_t rule_count;
};

enum { HOST_PROPERTIES = 4 };

/* Own states in their order, to hold actions against. */
struct host_state {
    uint64_t epoch, seq;
    char value[32];
};

struct host_property {
    char name[LIMIT_NAME + 1];
    struct host_state *states;
    size_t count;
    size_t acted; /* states before this have had their action or been passed */
    uint32_t life;
    char done[32]; /* the last action of that life */
};

struct host {
    struct host_options options;
    uint32_t index;
    struct host *twin; /* the next one with the same keys; NULL: none */
    struct identity self;
    char label[LIMIT_NAME + 16]; /* the device, with a number behind it when others have that name
                                  */
    bool powered;
    bool running;
    uint32_t moves; /* to another address */
    uint32_t life;  /* which process this is; moments of an earlier one are void */
    struct node *node;
    uint64_t epoch;
    bool leaving, exiting;
    bool stays_away; /* from the last fault on */
    int exit_status; /* of the last process that ended by itself; -1: none has */

    uint64_t mono_origin_us;
    uint64_t booted_us;
    int64_t wall_offset_ms;
    uint64_t frozen_until_us; /* it stands still: nothing happens in it before */
    uint64_t tick_serial, tick_us, tick_last_us;
    uint32_t ticks_here; /* without time going on */

    struct disk disk;
    struct disk backup;
    bool has_backup;

    uint32_t *conns; /* 2 * conn + end, of its living links */
    size_t conn_count, conn_capacity;
    uint64_t link_next; /* the shell's even numbers */
    uint64_t link_dialled;
    uint64_t dials_second;
    uint32_t dials_here; /* in that second */

    bool *met; /* [host]: its certificate is known here */
    struct event certified;
    bool has_certified; /* `certified` is the next event */
    bool wants[ROLE_COUNT];
    double level; /* of its sensor */
    bool source_stopped;
    struct host_property properties[HOST_PROPERTIES];
    size_t property_count;
    uint64_t counters[NODE_COUNTER_COUNT]; /* of ended processes */
};

/* An event on its way; spans in it point behind it. */
struct host_later {
    struct event event;
    char bytes[];
};

struct world;

void host_init(struct world *w, struct host *h, const struct host_options *options);
void host_fini(struct host *h);

void host_start(struct world *w, struct host *h); /* switches the machine on, too; nothing when it
                                                     runs */
void host_kill(struct world *w, struct host *h);
void host_power_cut(struct world *w, struct host *h);
void host_leave(struct world *w, struct host *h); /* asks; the process ends by itself */
/* A machine with a copy of h's disk, keys and all, is switched on. */
void host_clone(struct world *w, struct host *twin, const struct host *h);
void host_backup(struct host *h);
void host_backup_back(struct world *w, struct host *h); /* it does not run */
void host_disk_gone(struct world *w, struct host *h);   /* it does not run; its keys are left */

/* It stands still for a while: suspended, stopped, or busy with something else. Whatever happens to
 * it meanwhile waits, in its order. */
void host_freeze(struct world *w, struct host *h, uint64_t ms);
/* When this moment can happen to the host that it is for: now, or later as that stands still. */
uint64_t host_thaws_us(const struct world *w, const struct moment *m);
/* It was put off, and is now in the queue under this serial. */
void host_put_off(struct world *w, const struct moment *m, uint64_t serial);

/* The machine gets another address; what it was connected to hears no more of it. */
void host_move(struct world *w, struct host *h);
uint32_t host_ipv4(const struct host *h);
struct address host_session_address(const struct host *h);
struct address host_private_address(const struct host *h);

void host_step(struct world *w, struct host *h, struct event *e);
/* Arrives after delay_us if the process still lives then. Copies. */
void host_later(struct world *w, struct host *h, uint64_t delay_us, const struct event *e,
                struct span bytes);
void host_measure(struct world *w, struct host *h, struct span type, struct value value);
/* Its measurements begin, if it makes any. */
void host_source_begin(struct world *w, const struct host *h);

uint64_t host_now_ms(const struct world *w, const struct host *h); /* its monotonic clock */

/* A line on a link. */
void host_send(struct world *w, struct host *h, uint64_t link, const struct message *m);
/* CERTIFY and INTRODUCE. */
void host_certify(struct world *w, struct host *h, const struct effect *e);
void host_introduce(struct world *w, struct host *h, const struct effect *e);
/* CHAIN. */
void host_chain(struct world *w, struct host *h, const struct effect *e);
void host_note_met(const struct world *w, struct host *h, const struct identity *who);

uint64_t host_wall_ms(const struct world *w, const struct host *h);
void host_on_start(struct world *w, const struct moment *m);
void host_on_tick(struct world *w, const struct moment *m);
void host_on_source(struct world *w, const struct moment *m);
void host_on_later(struct world *w, const struct moment *m);

#endif
