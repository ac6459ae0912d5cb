#ifndef SIM_PERSON_H
#define SIM_PERSON_H

#include "core/event.h"
#include "queue.h"

/* What people do at controllers: they want things, and they command what is to be done once. Every
 * command has a number, which is its value ("c17"): what is carried out is held against it. No
 * command is carried out twice, or late, or before its start is on disk; what its sender is told is
 * so: done is done, refused and expired never will be. In the end every property that somebody
 * wants is as wanted. */

struct person_command {
    uint64_t latest_us; /* later than this it must not begin */
    uint32_t done;
    bool never; /* its sender was told: refused, or expired */
};

struct people {
    struct person_command *commands;
    uint32_t count, capacity;
    uint32_t work_min_us, work_max_us; /* how long carrying out takes */
    uint32_t mean_ms;                  /* between two of what they do by themselves; 0: nothing */
};

struct world;
struct host;

void person_fini(struct world *w);

void person_want(struct world *w, struct host *controller, const char *topic, const char *value,
                 uint64_t for_ms);
/* Its number. */
uint32_t person_command(struct world *w, struct host *controller, const char *topic,
                        uint64_t within_ms);
/* The number of a command that somebody else gives. */
uint32_t person_number(struct world *w, uint64_t within_ms);
void person_value(char out[16], uint32_t number);

/* EFFECT_COMMAND, and a fact at the sender. */
void person_perform(struct world *w, struct host *h, const struct effect *e);
void person_told(struct world *w, const struct host *h, const struct fact *f);

/* From now on people do something by themselves, until sources stop. */
void person_begin(struct world *w, uint32_t mean_ms);
void person_on_moment(struct world *w, const struct moment *m);
/* Everything is as somebody wants it. */
void person_final(struct world *w);

#endif
