#include "core/presence.h"

#include "base/buf.h"

_Static_assert(TIME_LOST_MAX_MS == TIME_LOST_MS + LIMIT_STRAIN * TIME_STRAIN_MS, "bound");

/* The strain of a moment ago, less what time on time has taken off since. */
static unsigned strain_at(const struct presence_health *h, uint64_t now_ms)
{
    uint64_t eased = now_ms > h->eased_ms ? (now_ms - h->eased_ms) / TIME_EASE_MS : 0;
    return eased < h->strain ? h->strain - (unsigned)eased : 0;
}

bool presence_turn(struct presence_health *h, uint64_t due_ms, uint64_t now_ms)
{
    uint64_t from_ms = due_ms > h->turned_ms ? due_ms : h->turned_ms;
    h->turned_ms = now_ms;
    if (from_ms >= now_ms || now_ms - from_ms < TIME_LATE_MS)
        return false;
    uint64_t late_ms = now_ms - from_ms;
    bool stood_still = late_ms >= TIME_LOST_MS;
    uint64_t strain = strain_at(h, now_ms) + 1 + (stood_still ? 0 : late_ms / TIME_STRAIN_MS);
    h->strain = strain < LIMIT_STRAIN ? (unsigned)strain : LIMIT_STRAIN;
    h->eased_ms = now_ms;
    if (stood_still)
        h->woke_ms = now_ms;
    return true;
}

void presence_count(struct presence_health *h, size_t silent, size_t all)
{
    h->alone = all >= LIMIT_ALONE && silent == all;
}

/* Who was due to say something while we stood still has said it, or says it within a beat. */
uint64_t presence_since(const struct presence_health *h, uint64_t heard_ms)
{
    uint64_t from_ms = h->woke_ms > TIME_BEAT_MS ? h->woke_ms - TIME_BEAT_MS : 0;
    return heard_ms > from_ms ? heard_ms : from_ms;
}

uint64_t presence_patience_ms(const struct presence_health *h, uint64_t now_ms)
{
    uint64_t steps = strain_at(h, now_ms) + (h->alone ? 1U : 0U);
    return TIME_LOST_MS + (steps < LIMIT_STRAIN ? steps : LIMIT_STRAIN) * TIME_STRAIN_MS;
}

static uint64_t silence(const struct presence_health *h, uint64_t heard_ms, uint64_t now_ms)
{
    uint64_t since_ms = presence_since(h, heard_ms);
    return now_ms > since_ms ? now_ms - since_ms : 0;
}

enum presence_sign presence_of_session(const struct presence_health *h, uint64_t heard_ms,
                                       uint64_t now_ms)
{
    uint64_t silent_ms = silence(h, heard_ms, now_ms);
    if (silent_ms < TIME_SUSPECT_MS)
        return PRESENCE_HERE;
    return silent_ms < presence_patience_ms(h, now_ms) ? PRESENCE_DOUBTED : PRESENCE_GONE;
}

static uint64_t stretched(uint64_t pause_ms, size_t members)
{
    uint64_t share_ms = ((uint64_t)members + 1) * TIME_HELLO_SHARE_MS;
    return share_ms > pause_ms ? share_ms : pause_ms;
}

uint64_t presence_call_ms(size_t members)
{
    return stretched(TIME_HELLO_MS, members);
}

uint64_t presence_call_missed_ms(size_t members)
{
    return stretched(TIME_HELLO_MISSED_MS, members);
}

/* So many calls and their jitter of one fifth. */
static uint64_t calls_ms(unsigned calls, size_t members)
{
    return calls * presence_call_ms(members) * 6 / 5;
}

uint64_t presence_call_doubt_ms(const struct presence_health *h, uint64_t heard_ms, size_t members)
{
    return presence_since(h, heard_ms) + calls_ms(LIMIT_CALLS_DOUBT, members);
}

enum presence_sign presence_of_calls(const struct presence_health *h, uint64_t heard_ms,
                                     uint64_t now_ms, size_t members)
{
    uint64_t silent_ms = silence(h, heard_ms, now_ms);
    if (silent_ms < calls_ms(LIMIT_CALLS_DOUBT, members))
        return PRESENCE_HERE;
    return silent_ms < calls_ms(LIMIT_CALLS_GONE, members) ? PRESENCE_DOUBTED : PRESENCE_GONE;
}

bool presence_false_alarm(uint64_t lost_ms, uint64_t now_ms)
{
    return now_ms - lost_ms <= TIME_FALSE_MS;
}

const char *presence_silence_text(char out[PRESENCE_TEXT_MAX], uint64_t ms)
{
    struct buf b;
    buf_init(&b, out, PRESENCE_TEXT_MAX - 1);
    buf_text(&b, "no sign of life for ");
    buf_u64(&b, ms / 1000);
    buf_char(&b, '.');
    buf_u64(&b, ms % 1000 / 100);
    buf_text(&b, " s");
    out[b.size] = '\0';
    return out;
}
