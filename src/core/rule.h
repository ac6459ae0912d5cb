#ifndef CORE_RULE_H
#define CORE_RULE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/limits.h"
#include "core/reading.h"

/* Rules: while the fresh values of some type meet a condition, a property of ours has one value,
 * else another. A rule is idle or active. Each device counts with its last value, as long as that
 * is fresh; when no value is fresh the rule stays as it is. */

enum rule_over { RULE_ANY, RULE_ALL, RULE_MEAN, RULE_MIN, RULE_MAX, RULE_OVER_COUNT };
enum rule_compare {
    RULE_ABOVE,
    RULE_AT_LEAST,
    RULE_BELOW,
    RULE_AT_MOST,
    RULE_EQUAL,
    RULE_NOT_EQUAL,
    RULE_COMPARE_COUNT
};

/* As configured. Strings are inside and terminated, so that it can be copied. */
struct rule {
    char name[LIMIT_NAME + 1];   /* "cool" */
    char device[LIMIT_NAME + 1]; /* whose values; "": anybody's */
    char type[LIMIT_NAME + 1];   /* "temperature" */
    enum rule_over over;
    enum rule_compare compare;
    double threshold;
    char unit[LIMIT_UNIT + 1]; /* of the threshold, SenML's name; "": whatever comes */
    double hysteresis; /* >= 0: active until the values pass the threshold by this much the other
                          way */
    uint64_t hold_ms;  /* `for`: the condition must have held this long before the rule becomes
                          active */
    uint64_t fresh_ms; /* TIME_FRESH_MS unless configured */
    char property[LIMIT_NAME + 1];     /* "fan" */
    char value_active[LIMIT_NAME + 1]; /* "on" */
    char value_idle[LIMIT_NAME + 1];   /* "off" */
};

/* The built-in rules of an actuator: any fresh temperature above 25 turns the fan on, motion turns
 * the light on; and of a controller: the mean of the temperatures decides the fans. */
void rule_default_cool(struct rule *rule);
void rule_default_light(struct rule *rule);
void rule_default_mean(struct rule *rule);

/* Whether a value came authenticated or over the plain dialect. */
enum rule_trust { RULE_PROVEN, RULE_PLAIN };

/* One device's last value. */
struct rule_input {
    char device[LIMIT_NAME + 1];
    double value;
    uint64_t at_ms;
    bool plain;
};

enum { RULE_INPUTS_MAX = LIMIT_MEMBERS }; /* at the bound the oldest makes room */

struct rule_state {
    struct rule rule;
    struct rule_input *inputs;
    size_t count, capacity;
    bool active;
    bool holding;          /* the condition holds and hold_ms has not passed */
    uint64_t since_ms;     /* holding: since when */
    bool plain;            /* the last evaluation rests on plain values */
    uint64_t used_ms;      /* last evaluation; 0: none yet */
    uint64_t unchanged_ms; /* when an evaluation that changed nothing was last kept; for why.c */
};

void rule_init(struct rule_state *s, const struct rule *rule);
void rule_fini(struct rule_state *s);
/* A number (or a truth) of its type, device and unit; a reading without a unit is taken to have the
 * usual one. */
bool rule_wants(const struct rule_state *s, struct span device, const struct reading *r);
/* A new value: ERR_MEMORY. */
MUST_USE enum err rule_feed(struct rule_state *s, struct span device, const struct value *value,
                            uint64_t now_ms, enum rule_trust trust);
/* Whether the rule is active now. */
bool rule_evaluate(struct rule_state *s, uint64_t now_ms);
/* When evaluating again could give another result without a new value; UINT64_MAX: never. */
uint64_t rule_deadline(const struct rule_state *s, uint64_t now_ms);
/* What its property should be. */
struct span rule_value(const struct rule_state *s);
/* After an evaluation: its conditions as a JSON array, one object each. */
void rule_explain(const struct rule_state *s, struct buf *out);
const char *rule_over_text(enum rule_over over);          /* "any" */
const char *rule_compare_text(enum rule_compare compare); /* ">" */

#endif
