/* Stories of peers that do not keep all: the state is whole with everybody, whatever is pruned. */
#include "story.h"

#define AGE_MS 3200 /* so a checkpoint a second */

static const struct host_options three[] = {
    {.device = "sensor1", .role = ROLE_SENSOR, .retain_ms = AGE_MS},
    {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = 500, .retain_ms = AGE_MS},
    {.device = "controller2", .role = ROLE_CONTROLLER, .start_ms = STORY_LATER},
};

/* Its records before that are not there any more. */
static void expect_first(const struct story_stage *s, const char *device, uint64_t least)
{
    const struct host *sensor = world_host(s->w, "sensor1"), *h = world_host(s->w, device);
    struct log_id id = {.key = sensor->self.key, .epoch = sensor->epoch};
    ident_name_copy(id.device, span_of(sensor->self.device));
    const struct disk_log *l = disk_log(&h->disk, &id);
    if (!l || l->first < least)
        world_fail(s->w, "%s still has sensor1's log from %llu on", device,
                   (unsigned long long)(l ? l->first : 0));
}

/* One value that comes once, and others for a while. */
static void measure_for_long(struct story_stage *s)
{
    struct host *sensor = world_host(s->w, "sensor1");
    host_measure(s->w, sensor, SPAN("door"), value_text(SPAN("shut")));
    for (int i = 0; i < 16; i++) {
        story_measure(s, "sensor1", 20 + i / 10.0);
        story_wait(s, 500);
    }
    story_wait(s, 8000);
}

static void a_newcomer(struct story_stage *s)
{
    story_begin(s, three, COUNT_OF(three));
    story_wait(s, 2000);
    measure_for_long(s);
    expect_first(s, "sensor1", 8);
    expect_first(s, "controller1", 8);
    story_forget(s);
    host_start(s->w, world_host(s->w, "controller2"));
    story_wait(s, 4000);
    expect_first(s, "controller2", 8);
    struct span door = node_topic(world_host(s->w, "controller2")->node, SPAN("sensor1/door"));
    if (door.size == 0)
        world_fail(s->w, "controller2 does not know of the door");
    story_settle(s);
}

static void one_that_was_away(struct story_stage *s)
{
    story_begin(s, three, 2);
    story_wait(s, 2000);
    story_measure(s, "sensor1", 25);
    story_wait(s, 2000);
    struct host *controller = world_host(s->w, "controller1");
    host_kill(s->w, controller);
    measure_for_long(s);
    expect_first(s, "sensor1", 8);
    story_forget(s);
    host_start(s->w, controller);
    story_wait(s, 4000);
    expect_first(s, "controller1", 8);
    story_settle(s);
}

static void a_life_that_is_over(struct story_stage *s)
{
    struct host *sensor;
    story_begin(s, three, 2);
    story_wait(s, 2000);
    sensor = world_host(s->w, "sensor1");
    host_measure(s->w, sensor, SPAN("door"), value_text(SPAN("shut")));
    story_wait(s, 4000);
    host_kill(s->w, sensor);
    host_start(s->w, sensor);
    uint64_t before = s->w->tally[TALLY_PRUNED];
    story_wait(s, 30000);
    story_forget(s);
    if (s->w->tally[TALLY_PRUNED] < before + 2)
        world_fail(s->w, "the log of the life before is still there");
    story_settle(s);
}

static void one_that_keeps_little(struct story_stage *s)
{
    static const struct host_options two[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "controller1", .role = ROLE_CONTROLLER, .retain_ms = AGE_MS},
    };
    story_begin(s, two, COUNT_OF(two));
    story_wait(s, 2000);
    measure_for_long(s);
    story_wait(s, TIME_CHECKPOINT_MAX_MS);
    story_forget(s);
    expect_first(s, "controller1", 8);
    const struct host *sensor = world_host(s->w, "sensor1");
    struct log_id id = {.key = sensor->self.key, .epoch = sensor->epoch};
    ident_name_copy(id.device, span_of(sensor->self.device));
    if (disk_log(&sensor->disk, &id)->first != 1)
        world_fail(s->w, "sensor1 let go what it should keep");
    story_settle(s);
}

static const struct story stories[] = {
    {"a_newcomer_gets_a_pruned_log_from_its_checkpoint_on_and_has_the_whole_state", a_newcomer,
     "controller2 starts\n"
     "controller2 : started controller2\n"
     "controller2 : discovered controller1\n"
     "controller2 : connected controller1\n"
     "controller1 : discovered controller2\n"
     "controller1 : connected controller2\n"
     "sensor1 : discovered controller2\n"
     "sensor1 : connected controller2\n"
     "controller2 : discovered sensor1\n"
     "controller2 : connected sensor1\n"},
    {"a_reader_that_was_away_across_a_pruning_goes_on", one_that_was_away,
     "controller1 starts\n"
     "controller1 : started controller1\n"
     "sensor1 : reconnected controller1\n"
     "controller1 : discovered sensor1\n"
     "controller1 : connected sensor1\n"},
    {"a_life_that_is_over_goes_whole_and_its_values_stay", a_life_that_is_over, ""},
    {"who_keeps_little_lets_go_what_its_author_keeps", one_that_keeps_little, ""},
};

const struct story *story_retain(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
