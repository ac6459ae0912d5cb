#ifndef CORE_RULE_H
#define CORE_RULE_H

#include "base/buf.h"
#include "base/err.h"
#include "core/limits.h"
#include "core/reading.h"

/* Rules: while its conditions hold a rule is active, else idle, and what it drives has one value or
 * the other. A condition compares an aggregate of values with a constant: of the last value of each
 * topic that it names, as long as that is fresh, or of all values of a window of time. One engine
 * for actuators and controllers; it knows nobody's clock, log or role.
 *
 * A condition without any value (all stale, or nothing in its window) is unknown. When the others
 * do not settle the matter, the rule does what `stale` says. Only a count always has a value. */

enum rule_over { RULE_ANY, RULE_ALL, RULE_MEAN, RULE_MIN, RULE_MAX, RULE_COUNT, RULE_OVER_COUNT };
enum rule_compare {
    RULE_ABOVE,
    RULE_AT_LEAST,
    RULE_BELOW,
    RULE_AT_MOST,
    RULE_EQUAL,
    RULE_NOT_EQUAL,
    RULE_COMPARE_COUNT
};
/* What values are compared with. The last two only by == and !=, under any or all. */
enum rule_operand {
    RULE_NUMBER, /* numbers and truths: true is 1 */
    RULE_TRUTH,  /* these, and the words on, true, off and false; other words are neither */
    RULE_WORD,   /* words; no number is equal to one */
};
enum rule_join { RULE_JOIN_ALL, RULE_JOIN_ANY };
enum rule_stale { RULE_STALE_KEEP, RULE_STALE_ON, RULE_STALE_OFF };
enum rule_phase { RULE_IDLE, RULE_ACTIVE };

struct rule_condition {
    char device[LIMIT_NAME + 1];   /* both are patterns: `*` stands for any characters */
    char property[LIMIT_NAME + 1]; /* "temperature" */
    enum rule_over over;
    enum rule_compare compare;
    enum rule_operand operand;
    double threshold;          /* RULE_NUMBER; RULE_TRUTH: 1 or 0 */
    char word[LIMIT_NAME + 1]; /* RULE_TRUTH and RULE_WORD: as written */
    char unit[LIMIT_UNIT + 1]; /* of the threshold, SenML's name; "": whatever comes */
    double hysteresis;  /* >= 0: once it holds, it does until the values pass the threshold by
                           this much the other way */
    uint64_t fresh_ms;  /* how old a last value may be; UINT64_MAX: as old as it likes, for states,
                           which are written when they change */
    uint64_t window_ms; /* 0: the last fresh value of each topic; else all values of that time,
                           which moves on in LIMIT_WINDOW_STEPS steps: a value counts for the window
                           or up to one step less */
};

/* Local time. */
struct rule_schedule {
    uint8_t days;      /* bit 0: begins on Mondays, ... bit 6: Sundays */
    uint16_t from_min; /* of the day, 0-1439 */
    uint16_t to_min;   /* 1-1440; not behind from_min: of the next day */
};

struct rule_action {
    char device[LIMIT_NAME + 1];   /* "": our own property; else a pattern, whose wanted value */
    char property[LIMIT_NAME + 1]; /* "fan" */
    char active[LIMIT_NAME + 1];   /* "on" */
    char idle[LIMIT_NAME + 1];     /* "off"; "": nothing is written when the rule becomes idle */
};

/* What others are to do once (no state): when the rule becomes active, or when it becomes idle. */
struct rule_command {
    char device[LIMIT_NAME + 1];   /* "": ourselves; else a pattern */
    char property[LIMIT_NAME + 1]; /* "beep" */
    char value[LIMIT_NAME + 1];    /* as text; "": none */
    enum rule_phase at;
};

/* As configured. Strings are inside and terminated, so that it can be copied. */
struct rule {
    char name[LIMIT_NAME + 1]; /* "cool" */
    struct rule_condition conditions[LIMIT_CONDITIONS];
    size_t condition_count; /* at least 1 */
    enum rule_join join;
    enum rule_stale stale; /* while it is unknown whether the conditions hold: stay, or become
                              active at once (without hold_ms), or idle */
    uint64_t hold_ms;      /* `for`: the conditions must have held this long before the rule becomes
                              active */
    uint64_t min_on_ms;    /* once switched it stays so for this long, */
    uint64_t min_off_ms; /* ... whatever says otherwise, the schedule too: it guards a compressor */
    struct rule_schedule schedules[LIMIT_SCHEDULES]; /* outside of them all the rule is idle, */
    size_t schedule_count;                           /* ... unless there are none */
    struct rule_action actions[LIMIT_ACTIONS];
    size_t action_count;
    struct rule_command commands[LIMIT_RULE_COMMANDS];
    size_t command_count;                      /* of actions and commands there is at least 1 */
    char owners[LIMIT_OWNERS][LIMIT_NAME + 1]; /* the first decides, the others stand in for it in
                                                  this order; only carried here */
    size_t owner_count;
};

/* What devices have without configuration. */
void rule_default_cool(struct rule *rule);  /* any temperature above 25 degrees: our fan is on */
void rule_default_light(struct rule *rule); /* any motion: our light is on */
void rule_default_mean(struct rule *rule);  /* the mean temperature above 25: every fan is on */

/* Whether a value came authenticated or over the plain dialect. */
enum rule_trust { RULE_PROVEN, RULE_PLAIN };

struct rule_now {
    uint64_t now_ms;  /* monotonic */
    uint64_t wall_ms; /* since 1970 UTC; for schedules only */
    int32_t zone_s;   /* local time is ahead of UTC by this; at most a day either way */
};

/* Whether a condition holds. */
enum rule_truth { RULE_UNKNOWN, RULE_FALSE, RULE_TRUE };

struct rule_outcome {
    enum rule_truth truth;
    uint64_t count; /* values that it rests on */
    double value;   /* the aggregate; of any and all, the value nearest to deciding otherwise */
    bool held;      /* hysteresis: as it was when last known */
};

/* What had the last word. */
enum rule_cause {
    RULE_BY_CONDITIONS,
    RULE_BY_STALE,
    RULE_BY_SCHEDULE,
    RULE_BY_HOLD, /* the conditions hold, and hold_ms has not passed */
    RULE_BY_MIN,  /* min_on_ms or min_off_ms has not */
};

struct rule_input;
struct rule_window;

/* What is known of a rule outside of it. */
enum rule_noted { RULE_NOTED_NOTHING, RULE_NOTED_IDLE, RULE_NOTED_COUNTING, RULE_NOTED_ACTIVE };

struct rule_told {
    char fed[LIMIT_RECORD_NAME + 1];     /* the record that it was fed last */
    char trigger[LIMIT_RECORD_NAME + 1]; /* what last changed its wish, */
    uint32_t turns;                      /* ... how many times since that record came */
    enum rule_noted noted;               /* as last written */
    uint64_t epoch, seq, ts;             /* of the newest record of ours that says what it is */
};

struct rule_state {
    struct rule rule;
    struct rule_input *inputs; /* sorted by topic: the order of feeding changes no sum */
    size_t count, capacity;
    struct rule_window *windows[LIMIT_CONDITIONS]; /* NULL: none, or nothing came yet */
    struct rule_outcome outcomes[LIMIT_CONDITIONS];
    enum rule_cause cause;
    struct rule_now now; /* of the last evaluation */
    bool active;
    bool counting;          /* the conditions hold while it is idle, */
    uint64_t since_ms;      /* ... since then, */
    uint64_t counted_ms;    /* ... and for so long before the clock began */
    uint64_t keep_until_ms; /* what was counted in an earlier life waits so long for its input */
    bool wish;              /* what it should be, but for hold_ms and the minimum times */
    bool open; /* its schedule, and whether that opened or closed at the last evaluation */
    bool edge;
    bool switched;         /* it was active and idle before, or was restored, */
    uint64_t switched_ms;  /* ... and is what it is since then */
    bool plain;            /* the last evaluation rests on plain values */
    uint64_t used_ms;      /* last evaluation; 0: none yet */
    uint64_t unchanged_ms; /* when an evaluation that changed nothing was last kept; for why.c */
    struct rule_told told; /* for decision.c */
};

void rule_init(struct rule_state *s, const struct rule *rule);
void rule_fini(struct rule_state *s);
/* Restored: what it was, and since when by now_ms's clock; 0 when that is before the clock began.
 * A rule that was never switched nor restored has no minimum times to wait for. */
void rule_resume(struct rule_state *s, enum rule_phase phase, uint64_t since_ms);
/* Restored, behind rule_resume(): its conditions have held for held_ms. */
void rule_count(struct rule_state *s, uint64_t held_ms, uint64_t now_ms);
/* How long they have held while it is idle; 0 when they do not. */
uint64_t rule_counted_ms(const struct rule_state *s, uint64_t now_ms);
/* Behind an evaluation: when its schedule last opened or closed, since 1970 UTC. */
uint64_t rule_edge_ms(const struct rule_state *s);
/* Whether a condition looks at this topic and can compare such a value. A reading without a unit is
 * taken to have the usual one. Records of actuators and controllers are readings too, but must not
 * be of what the rule drives itself. */
bool rule_wants(const struct rule_state *s, struct span device, const struct reading *r);
/* How old a value may be and still count for some condition. */
uint64_t rule_reach_ms(const struct rule_state *s);
/* A value of that time (not in the future); what is not wanted changes nothing. Of one topic the
 * latest time counts, and of one time what was fed last. ERR_MEMORY: nothing changed, or only some
 * conditions know it. */
MUST_USE enum err rule_feed(struct rule_state *s, struct span device, const struct reading *r,
                            uint64_t at_ms, enum rule_trust trust);
/* Nothing that this device said counts any more: false when there was nothing. A window keeps no
 * names: one in which it may be begins anew. */
bool rule_forget(struct rule_state *s, struct span device);
/* Whether the rule is active now. */
bool rule_evaluate(struct rule_state *s, const struct rule_now *now);
/* Behind rule_evaluate(): when evaluating again could give another result without a new value;
 * UINT64_MAX: never. Evaluating then and after each feed is the same as evaluating all the time. */
uint64_t rule_deadline(const struct rule_state *s, const struct rule_now *now);
/* What an action's property should be; empty: nothing is written. */
struct span rule_value(const struct rule_state *s, size_t action);
/* Behind rule_evaluate(), before the next feed: why, as a JSON array with an object for each
 * condition and one for what overruled them:
 *   {"text":"mean temperature > 25 Cel","value":26.1,"holds":true,"from":"sensor1/temperature"}
 * `value` is null when there is none; "of":3 stands for `from` when several values are behind it.
 * At most LIMIT_EXPLANATION bytes, otherwise the last object is {"cut":N}, N objects left out. */
void rule_explain(const struct rule_state *s, struct buf *out);

/* Whether an action of its sets this property of that device; `self`: who we are. */
bool rule_drives(const struct rule *rule, struct span self, struct span device,
                 struct span property);
/* Whether a name fits a pattern: `*` stands for any characters, also for none. */
bool rule_matches(const char *pattern, struct span name);
const char *rule_over_text(enum rule_over over);          /* "any" */
const char *rule_compare_text(enum rule_compare compare); /* ">" */

#endif
