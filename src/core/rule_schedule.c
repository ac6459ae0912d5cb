#include "core/rule_schedule.h"

enum { MINUTE_MS = 60000, DAY_MS = RULE_SCHEDULE_DAY_MIN * MINUTE_MS, EPOCH_DAY = 3 };

static const char *const day_texts[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* Local time; a week is added so that the first day of 1970 has one before it anywhere. */
static uint64_t local_ms(const struct rule_now *now)
{
    int64_t zone_ms = (int64_t)now->zone_s * 1000;
    check(zone_ms >= -DAY_MS && zone_ms <= DAY_MS);
    return now->wall_ms + 7 * (uint64_t)DAY_MS + (uint64_t)zone_ms;
}

static bool begins_on(const struct rule_schedule *s, uint64_t day)
{
    return s->days >> (day + EPOCH_DAY) % 7 & 1;
}

static uint64_t begin_ms(const struct rule_schedule *s, uint64_t day)
{
    return day * DAY_MS + (uint64_t)s->from_min * MINUTE_MS;
}

static uint64_t end_ms(const struct rule_schedule *s, uint64_t day)
{
    uint64_t next = s->to_min > s->from_min ? 0 : DAY_MS;
    return day * DAY_MS + (uint64_t)s->to_min * MINUTE_MS + next;
}

static bool covers(const struct rule_schedule *s, uint64_t local)
{
    uint64_t today = local / DAY_MS;
    for (uint64_t day = today - 1; day <= today; day++)
        if (begins_on(s, day) && begin_ms(s, day) <= local && local < end_ms(s, day))
            return true;
    return false;
}

bool rule_schedule_open(const struct rule *rule, const struct rule_now *now)
{
    if (rule->schedule_count == 0)
        return true;
    uint64_t local = local_ms(now);
    for (size_t i = 0; i < rule->schedule_count; i++)
        if (covers(&rule->schedules[i], local))
            return true;
    return false;
}

static void sooner(uint64_t *edge, uint64_t candidate, uint64_t local)
{
    if (candidate > local && candidate < *edge)
        *edge = candidate;
}

uint64_t rule_schedule_edge(const struct rule *rule, const struct rule_now *now)
{
    if (rule->schedule_count == 0)
        return UINT64_MAX;
    uint64_t local = local_ms(now);
    uint64_t edge = local + TIME_SCHEDULE_MS;
    uint64_t today = local / DAY_MS;
    for (size_t i = 0; i < rule->schedule_count; i++)
        for (uint64_t day = today - 1; day <= today + 1; day++) {
            const struct rule_schedule *s = &rule->schedules[i];
            if (!begins_on(s, day))
                continue;
            sooner(&edge, begin_ms(s, day), local);
            sooner(&edge, end_ms(s, day), local);
        }
    return now->now_ms + (edge - local);
}

static void later(uint64_t *edge, uint64_t candidate, uint64_t local)
{
    if (candidate <= local && candidate > *edge)
        *edge = candidate;
}

uint64_t rule_schedule_last(const struct rule *rule, const struct rule_now *now)
{
    uint64_t local = local_ms(now), edge = 0;
    for (size_t i = 0; i < rule->schedule_count; i++)
        for (uint64_t day = local / DAY_MS - 7; day <= local / DAY_MS; day++) {
            const struct rule_schedule *s = &rule->schedules[i];
            if (!begins_on(s, day))
                continue;
            later(&edge, begin_ms(s, day), local);
            later(&edge, end_ms(s, day), local);
        }
    uint64_t ago = local - edge;
    return edge == 0 || ago > now->wall_ms ? 0 : now->wall_ms - ago;
}

static void write_time(struct buf *b, uint64_t minutes)
{
    uint64_t parts[] = {minutes / 60, minutes % 60};
    for (size_t i = 0; i < 2; i++) {
        if (i == 1)
            buf_char(b, ':');
        if (parts[i] < 10)
            buf_char(b, '0');
        buf_u64(b, parts[i]);
    }
}

/* Days in a row are written by their first and last. */
static void write_days(struct buf *b, uint8_t days)
{
    bool later = false;
    for (size_t day = 0; day < 7; day++) {
        size_t last = day;
        if (!(days >> day & 1))
            continue;
        while (last < 6 && days >> (last + 1) & 1)
            last++;
        if (later)
            buf_char(b, '+');
        buf_text(b, day_texts[day]);
        if (last > day) {
            buf_char(b, '-');
            buf_text(b, day_texts[last]);
        }
        day = last;
        later = true;
    }
}

void rule_schedule_write(struct buf *b, const struct rule_schedule *schedule)
{
    if (schedule->days != RULE_SCHEDULE_DAYS) {
        write_days(b, schedule->days);
        buf_char(b, ' ');
    }
    write_time(b, schedule->from_min);
    buf_char(b, '-');
    write_time(b, schedule->to_min);
}

void rule_schedule_write_now(struct buf *b, const struct rule_now *now)
{
    uint64_t local = local_ms(now);
    buf_text(b, day_texts[(local / DAY_MS + EPOCH_DAY) % 7]);
    buf_char(b, ' ');
    write_time(b, local % DAY_MS / MINUTE_MS);
}

const char *rule_schedule_day(size_t day)
{
    check(day < 7);
    return day_texts[day];
}
