/* Stories of a disk that is empty, under the same key: what was written before is with others, and
 * no number is given twice. */
#include "story.h"

static const struct host_options pair[] = {
    {.device = "sensor1", .role = ROLE_SENSOR},
    {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
};

static void two_lives(struct story_stage *s)
{
    s->also[0] = "> EPOCH";
    story_begin(s, pair, COUNT_OF(pair));
    story_wait(s, 2000);
    struct host *sensor = world_host(s->w, "sensor1");
    story_measure(s, "sensor1", 24);
    story_wait(s, 4000);
    host_kill(s->w, sensor);
    host_start(s->w, sensor);
    story_wait(s, 2000);
    story_measure(s, "sensor1", 24.5);
    story_wait(s, 4000);
    host_kill(s->w, sensor);
    host_disk_gone(s->w, sensor);
    story_forget(s);
}

static void an_empty_disk(struct story_stage *s)
{
    two_lives(s);
    host_start(s->w, world_host(s->w, "sensor1"));
    story_wait(s, 6000);
    story_measure(s, "sensor1", 26);
    story_settle(s);
}

static void an_empty_disk_alone(struct story_stage *s)
{
    two_lives(s);
    story_cut(s, "sensor1", "actuator1");
    host_start(s->w, world_host(s->w, "sensor1"));
    story_wait(s, 3000);
    story_measure(s, "sensor1", 26);
    story_wait(s, 4000);
    story_mend(s, "sensor1", "actuator1");
    story_wait(s, 8000);
    story_measure(s, "sensor1", 27);
    story_settle(s);
}

static const struct story stories[] = {
    {"an_empty_disk_starts_above_what_others_know", an_empty_disk,
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "actuator1 : lost sensor1 (connection reset)\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "sensor1 > EPOCH above 2\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "sensor1 : epoch sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"},
    {"an_empty_disk_that_wrote_alone_goes_on_above_what_others_know", an_empty_disk_alone,
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "actuator1 : lost sensor1 (no sign of life)\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "sensor1 > EPOCH above 2\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "sensor1 : epoch sensor1\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 27\n"},
};

const struct story *story_disk(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
