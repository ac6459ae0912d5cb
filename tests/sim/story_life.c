/* Stories of ordinary life: meeting, following, going away and coming back. */
#include "story.h"

static const struct host_options pair[] = {
    {.device = "sensor1", .role = ROLE_SENSOR},
    {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
};

static void meet(struct story_stage *s)
{
    story_begin(s, pair, COUNT_OF(pair));
    story_wait(s, 2000);
    story_forget(s);
}

static void the_fan_follows(struct story_stage *s)
{
    story_begin(s, pair, COUNT_OF(pair));
    story_wait(s, 2000);
    static const double values[] = {25.8, 26.1, 25, 24.9, 25.1};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        story_measure(s, "sensor1", values[i]);
        story_wait(s, 1000);
    }
    story_settle(s);
}

static void two_sensors_do_not_flap(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
        {.device = "sensor2", .role = ROLE_SENSOR, .start_ms = 1000},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 2000);
    for (int i = 0; i < 5; i++) {
        story_measure(s, "sensor1", 24);
        story_wait(s, 100);
        story_measure(s, "sensor2", 27);
        story_wait(s, 100);
    }
    story_settle(s);
}

static void the_killed_receiver_gets_what_it_missed(struct story_stage *s)
{
    meet(s);
    story_measure(s, "sensor1", 24);
    story_wait(s, 4000);
    host_kill(s->w, world_host(s->w, "actuator1"));
    for (int i = 0; i < 3; i++) {
        story_measure(s, "sensor1", 26 + i);
        story_wait(s, 100);
    }
    host_start(s->w, world_host(s->w, "actuator1"));
    story_settle(s);
}

/* The reading is on its way to the actuator and not on the sensor's disk: it counts there until the
 * sensor comes back without it. */
static void the_killed_author_loses_what_was_not_stored(struct story_stage *s)
{
    meet(s);
    story_measure(s, "sensor1", 24);
    story_wait(s, 4000);
    struct host *sensor = world_host(s->w, "sensor1");
    sensor->disk.latency_min_us = sensor->disk.latency_max_us = 500000;
    story_measure(s, "sensor1", 26);
    story_wait(s, 100);
    sensor->disk.full = true; /* the crash takes the write with it */
    host_kill(s->w, sensor);
    sensor->disk.full = false;
    story_wait(s, 1000);
    host_start(s->w, sensor);
    story_wait(s, 1000);
    story_measure(s, "sensor1", 27);
    story_settle(s);
}

static void a_partition_heals(struct story_stage *s)
{
    meet(s);
    story_measure(s, "sensor1", 24);
    story_wait(s, 1000);
    story_cut(s, "sensor1", "actuator1");
    story_wait(s, 5000);
    story_measure(s, "sensor1", 26);
    story_wait(s, 5000);
    story_mend(s, "sensor1", "actuator1");
    story_settle(s);
}

static void a_one_way_cut_is_noticed_on_both_sides(struct story_stage *s)
{
    meet(s);
    struct world *w = s->w;
    net_cut(w, world_host(w, "sensor1")->index, world_host(w, "actuator1")->index);
    story_wait(s, 6000);
    net_mend(w, world_host(w, "sensor1")->index, world_host(w, "actuator1")->index);
    story_settle(s);
}

/* Both are switched on in the same instant, so each hears the other's call and dials. */
static void who_dial_at_once_keep_one_session(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "actuator1", .role = ROLE_ACTUATOR},
        {.device = "actuator2", .role = ROLE_ACTUATOR},
        {.device = "controller1", .role = ROLE_CONTROLLER},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_settle(s);
}

static void goodbye_is_not_a_loss(struct story_stage *s)
{
    meet(s);
    story_measure(s, "sensor1", 26);
    story_wait(s, 50);
    host_leave(s->w, world_host(s->w, "sensor1"));
    story_wait(s, 3000);
    host_start(s->w, world_host(s->w, "sensor1"));
    story_settle(s);
}

static void a_silent_machine_is_lost_and_found(struct story_stage *s)
{
    meet(s);
    host_power_cut(s->w, world_host(s->w, "sensor1"));
    story_wait(s, 10000);
    host_start(s->w, world_host(s->w, "sensor1"));
    story_settle(s);
}

static void sensors_share_nothing(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "sensor2", .role = ROLE_SENSOR, .start_ms = 500},
    };
    s->also[0] = "> DIAL";
    story_begin(s, hosts, COUNT_OF(hosts));
    story_settle(s);
}

static const struct story stories[] = {
    {"two_meet_and_the_fan_follows_the_readings", the_fan_follows,
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 25.8\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 26.1\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 25\n"
     "actuator1 : state actuator1 idle (cool)\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 : reading sensor1 sensor1/temperature #4 24.9\n"
     "actuator1 : reading sensor1 sensor1/temperature #5 25.1\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #3 on\n"
     "actuator1 > ACT fan on\n"},
    {"two_sensors_at_24_and_27_do_not_make_the_fan_flap", two_sensors_do_not_flap,
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "sensor2 starts\n"
     "sensor2 : started sensor2\n"
     "sensor2 : discovered sensor1\n"
     "sensor2 : discovered actuator1\n"
     "sensor2 : connected actuator1\n"
     "sensor1 : discovered sensor2\n"
     "actuator1 : discovered sensor2\n"
     "actuator1 : connected sensor2\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "sensor2 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 : reading sensor2 sensor2/temperature #1 27\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "sensor2 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 24\n"
     "actuator1 : reading sensor2 sensor2/temperature #2 27\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 24\n"
     "actuator1 : reading sensor2 sensor2/temperature #3 27\n"
     "actuator1 : reading sensor1 sensor1/temperature #4 24\n"
     "actuator1 : reading sensor2 sensor2/temperature #4 27\n"
     "actuator1 : reading sensor1 sensor1/temperature #5 24\n"
     "actuator1 : reading sensor2 sensor2/temperature #5 27\n"},
    {"a_killed_receiver_gets_what_it_missed_once_in_order", the_killed_receiver_gets_what_it_missed,
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 is killed\n"
     "sensor1 : lost actuator1 (connection reset)\n"
     "actuator1 starts\n"
     "actuator1 : restored topic actuator1 actuator1/fan #1 off\n"
     "actuator1 : started actuator1\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 27\n"
     "actuator1 : reading sensor1 sensor1/temperature #4 28\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "actuator1 > ACT fan on\n"},
    {"a_killed_author_loses_only_what_was_not_stored", the_killed_author_loses_what_was_not_stored,
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"
     "sensor1 is killed\n"
     "actuator1 : lost sensor1 (connection reset)\n"
     "sensor1 starts\n"
     "sensor1 : restored topic sensor1 sensor1/temperature #1 24\n"
     "sensor1 : started sensor1\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 27\n"},
    {"a_partition_of_ten_seconds_heals", a_partition_heals,
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 : lost sensor1 (no sign of life)\n"
     "sensor1 : lost actuator1 (no sign of life)\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"},
    {"a_one_way_cut_is_noticed_on_both_sides", a_one_way_cut_is_noticed_on_both_sides,
     "actuator1 : lost sensor1 (no sign of life)\n"
     "sensor1 : lost actuator1 (closed by the other side)\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 : reconnected sensor1\n"},
    {"who_dial_at_once_keep_one_session", who_dial_at_once_keep_one_session,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "actuator2 starts\n"
     "actuator2 : started actuator2\n"
     "controller1 starts\n"
     "controller1 : started controller1\n"
     "actuator2 : discovered actuator1\n"
     "actuator2 : connected actuator1\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "controller1 : discovered actuator2\n"
     "controller1 : connected actuator2\n"
     "actuator1 : discovered actuator2\n"
     "actuator1 : connected actuator2\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "actuator2 : discovered controller1\n"
     "actuator2 : connected controller1\n"},
    {"goodbye_is_not_a_loss", goodbye_is_not_a_loss,
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "actuator1 > ACT fan on\n"
     "sensor1 : stopped sensor1\n"
     "sensor1 > EXIT 0\n"
     "sensor1 ends with 0\n"
     "actuator1 : left sensor1\n"
     "sensor1 starts\n"
     "sensor1 : restored topic sensor1 sensor1/temperature #1 26\n"
     "sensor1 : started sensor1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "actuator1 : connected sensor1\n"},
    {"a_silent_machine_is_lost_and_found_again", a_silent_machine_is_lost_and_found,
     "sensor1 loses power\n"
     "actuator1 : lost sensor1 (no sign of life)\n"
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"},
    {"sensors_meet_once_and_share_nothing", sensors_share_nothing,
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "sensor2 starts\n"
     "sensor2 : started sensor2\n"
     "sensor1 > DIAL 1 0.2:40001\n"
     "sensor2 : discovered sensor1\n"
     "sensor1 : discovered sensor2\n"
     "sensor2 > DIAL 1 0.1:40001\n"},
};

const struct story *story_life(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
