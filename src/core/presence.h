#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "core/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who is there: all policy of time about it, on one page. Pure; times are monotonic milliseconds.
 *
 * With a session, the silence of the other side decides: TIME_BEAT_MS of its own make it send a
 * sign of life, after TIME_SUSPECT_MS it is suspected and pinged, after presence_patience_ms() the
 * session is lost. Without one, because neither wants the other's records, its calls decide: two
 * may be missed before it is suspected and dialled once, three before it is offline.
 *
 * Silence is only told from what was listened to. A peer that turns late itself is strained: each
 * late turn makes it more patient, up to a bound, and time on time makes it as it was. One that
 * stood still for TIME_LOST_MS or longer (stopped, suspended) counts silence anew. One that hears
 * nobody at all of several is a little more patient too: it may be its own cable. */

struct presence_health {
    unsigned strain;    /* steps of patience, as of eased_ms */
    uint64_t eased_ms;  /* when it last changed */
    uint64_t turned_ms; /* when we last looked */
    uint64_t woke_ms;   /* we stood still until then; 0: never */
    bool alone;         /* of several sessions all are silent */
};

enum presence_sign {
    PRESENCE_HERE,
    PRESENCE_DOUBTED, /* overdue, and asked for a sign */
    PRESENCE_GONE,
};

/* A turn of the loop that was due at due_ms (UINT64_MAX: none was) comes now. True: it was late. */
bool presence_turn(struct presence_health *h, uint64_t due_ms, uint64_t now_ms);
/* So many of our sessions, of `all`, are silent. */
void presence_count(struct presence_health *h, size_t silent, size_t all);

/* From when on the silence of somebody heard last at heard_ms counts. */
uint64_t presence_since(const struct presence_health *h, uint64_t heard_ms);
/* How long a silent session is waited for: TIME_LOST_MS when we are well, never more than
 * TIME_LOST_MAX_MS. */
uint64_t presence_patience_ms(const struct presence_health *h, uint64_t now_ms);
enum presence_sign presence_of_session(const struct presence_health *h, uint64_t heard_ms,
                                       uint64_t now_ms);

/* Between two calls of a peer in a network of so many other devices: at most ten a second in the
 * whole network. */
uint64_t presence_call_ms(size_t members);
/* ... while it misses somebody; the bound is the same. */
uint64_t presence_call_missed_ms(size_t members);
/* Without a session: when somebody whose last call came at heard_ms becomes suspect, and offline.
 */
uint64_t presence_call_doubt_ms(const struct presence_health *h, uint64_t heard_ms, size_t members);
enum presence_sign presence_of_calls(const struct presence_health *h, uint64_t heard_ms,
                                     uint64_t now_ms, size_t members);

/* A session was given up for silence at lost_ms; the same life of its peer is back now: it was
 * there all the time. */
bool presence_false_alarm(uint64_t lost_ms, uint64_t now_ms);

enum { PRESENCE_TEXT_MAX = 64 };
/* "no sign of life for 2.3 s" */
const char *presence_silence_text(char out[PRESENCE_TEXT_MAX], uint64_t ms);

#endif
