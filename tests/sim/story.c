#include "story.h"

#include "crowd.h"
#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>

enum { CROWD = 100, SETTLE_MS = 12000, STEP_MS = 100 };

static void keep(struct story_stage *s, const char *line)
{
    size_t size = strlen(line);
    if (s->size + size + 2 > s->capacity) {
        s->capacity = 2 * (s->size + size + 2);
        s->got = realloc(s->got, s->capacity);
        check(s->got);
    }
    memcpy(s->got + s->size, line, size);
    s->size += size;
    s->got[s->size++] = '\n';
    s->got[s->size] = '\0';
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* `rest` is what follows the device: "< EVENT", "> EFFECT", ": fact", or something the world does.
 */
static bool is_kept(const char *rest)
{
    static const char *const dull[] = {": sent", ": appended", ": acked", ": summary", ": unused"};
    if (rest[0] == '>')
        return begins(rest, "> ACT") || begins(rest, "> COMMAND") || begins(rest, "> EXIT");
    for (size_t i = 0; i < COUNT_OF(dull); i++)
        if (begins(rest, dull[i]))
            return false;
    return rest[0] != '<' && !strstr(rest, "unchanged");
}

static void on_line(void *context, uint64_t time_us, const char *line)
{
    struct story_stage *s = context;
    const char *rest = strchr(line, ' ');
    bool kept = rest && is_kept(rest + 1);
    for (size_t i = 0; i < STORY_ALSO_MAX; i++)
        kept = kept || (s->also[i] && strstr(line, s->also[i]));
    if (kept)
        keep(s, line);
    if (s->on_line)
        s->on_line(NULL, time_us, line);
}

void story_begin(struct story_stage *s, const struct host_options *hosts, size_t count)
{
    s->w = world_new(&(struct world_options){
        .seed = 1,
        .hosts = hosts,
        .host_count = count,
        .net = {.delay_min_us = 1000, .delay_max_us = 1000, .piece_max = 65536},
        .disk_min_us = 5000,
        .disk_max_us = 5000,
        .on_line = on_line,
        .context = s,
    });
}

void story_forget(struct story_stage *s)
{
    s->size = 0;
    if (s->got)
        s->got[0] = '\0';
}

void story_wait(struct story_stage *s, uint64_t ms)
{
    world_run_for(s->w, ms * WORLD_MS);
}

void story_measure(struct story_stage *s, const char *device, double value)
{
    host_measure(s->w, world_host(s->w, device), SPAN("temperature"), value_number(value));
}

void story_cut(struct story_stage *s, const char *a, const char *b)
{
    net_cut(s->w, world_host(s->w, a)->index, world_host(s->w, b)->index);
    net_cut(s->w, world_host(s->w, b)->index, world_host(s->w, a)->index);
}

void story_mend(struct story_stage *s, const char *a, const char *b)
{
    net_mend(s->w, world_host(s->w, a)->index, world_host(s->w, b)->index);
    net_mend(s->w, world_host(s->w, b)->index, world_host(s->w, a)->index);
}

void story_settle(struct story_stage *s)
{
    verdict_heal(s->w);
    for (int ms = 0; ms < SETTLE_MS && !world_failed(s->w); ms += STEP_MS) {
        story_wait(s, STEP_MS);
        verdict_sample(s->w);
    }
    verdict_synced(s->w);
    if (!world_failed(s->w))
        verdict_final(s->w);
}

static bool play(const struct story *story, trace_line_fn *look_on)
{
    struct story_stage s = {.on_line = look_on};
    story->play(&s);
    const char *got = s.got ? s.got : "";
    bool same = strcmp(got, story->expected) == 0, failed = world_failed(s.w);
    printf("%s %s\n", same && !failed ? "ok  " : "FAIL", story->name);
    if (failed)
        printf("%s\n", s.w->failure);
    if (!same)
        printf("--- expected\n%s--- got\n%s---\n", story->expected, got);
    world_free(s.w);
    free(s.got);
    return same && !failed;
}

static bool play_all(const struct story *stories, size_t count, const char *name,
                     trace_line_fn *look_on, size_t *played)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        if (name && strcmp(name, stories[i].name) != 0)
            continue;
        good = play(&stories[i], look_on) && good;
        ++*played;
    }
    return good;
}

typedef const struct story *chapter_fn(size_t *count);

static chapter_fn *const chapters[] = {
    story_life, story_presence, story_harm,  story_want, story_command,
    story_rule, story_disk,     story_carry, story_fork, story_retain,
};

bool story_run_all(const char *name, trace_line_fn *look_on)
{
    size_t played = 0, count;
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(chapters); i++) {
        const struct story *stories = chapters[i](&count);
        good = play_all(stories, count, name, look_on, &played) && good;
    }
    if (!name) {
        good = crowd_run(&(struct crowd_options){CROWD, 1}, NULL) && good;
        played++;
    }
    printf("%zu stories\n", played);
    return good && played > 0;
}
