/* Stories of what people and controllers want: wishes and how long they hold, who decides, and
 * clocks that are years off. */
#include "story.h"

enum { TEN_MINUTES = 600000, YEAR_MS = 31536000 };

static const struct host_options trio[] = {
    {.device = "sensor1", .role = ROLE_SENSOR},
    {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
    {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = 1000},
};

static void meet(struct story_stage *s)
{
    story_begin(s, trio, COUNT_OF(trio));
    story_wait(s, 3000);
    story_measure(s, "sensor1", 24);
    story_wait(s, 1000);
    story_forget(s);
}

static void want(struct story_stage *s, const char *controller, const char *value, uint64_t for_ms)
{
    person_want(s->w, world_host(s->w, controller), "actuator1/fan", value, for_ms);
}

static void restart(struct story_stage *s, const char *device)
{
    host_kill(s->w, world_host(s->w, device));
    host_start(s->w, world_host(s->w, device));
}

static void a_wish_holds_until_auto(struct story_stage *s)
{
    meet(s);
    want(s, "controller1", "on", 0);
    story_wait(s, 1000);
    story_measure(s, "sensor1", 23);
    story_wait(s, 1000);
    want(s, "controller1", "auto", 0);
    story_settle(s);
}

static void a_wish_holds_for_its_time(struct story_stage *s)
{
    meet(s);
    want(s, "controller1", "on", 6000);
    story_wait(s, 2000);
    host_kill(s->w, world_host(s->w, "actuator1"));
    story_wait(s, 1000);
    host_start(s->w, world_host(s->w, "actuator1"));
    story_wait(s, 1000);
    story_measure(s, "sensor1", 23);
    story_wait(s, 1900); /* 5.9 s */
    trace_note(s->w, "the time is over");
    story_settle(s);
}

static void who_was_off_obeys_at_its_start(struct story_stage *s)
{
    meet(s);
    host_kill(s->w, world_host(s->w, "actuator1"));
    story_wait(s, 1000);
    want(s, "controller1", "on", TEN_MINUTES);
    story_wait(s, 5000);
    host_start(s->w, world_host(s->w, "actuator1"));
    story_settle(s);
}

static void what_was_over_meanwhile_is_not_done(struct story_stage *s)
{
    meet(s);
    host_kill(s->w, world_host(s->w, "actuator1"));
    want(s, "controller1", "on", 4000);
    story_wait(s, 5000);
    host_start(s->w, world_host(s->w, "actuator1"));
    story_settle(s);
}

/* Both write while they do not hear each other; then the greater stamp counts everywhere. */
static void two_people_on_two_sides(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "actuator1", .role = ROLE_ACTUATOR},
        {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = 500},
        {.device = "controller2", .role = ROLE_CONTROLLER, .start_ms = 1000},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 3000);
    story_forget(s);
    story_cut(s, "controller2", "actuator1");
    story_cut(s, "controller2", "controller1");
    want(s, "controller2", "on", 0);
    story_wait(s, 1000);
    want(s, "controller1", "off", 0);
    story_wait(s, 4000);
    story_mend(s, "controller2", "actuator1");
    story_mend(s, "controller2", "controller1");
    story_settle(s);
}

static void a_year_ahead(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "actuator1", .role = ROLE_ACTUATOR},
        {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = 500},
        {.device = "controller2", .role = ROLE_CONTROLLER, .start_ms = 1000},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    world_host(s->w, "controller2")->wall_offset_ms = (int64_t)YEAR_MS * 1000;
    story_wait(s, 3000);
    want(s, "controller2", "on", 0);
    story_wait(s, 1000);
    want(s, "controller1", "off", 0); /* it saw the other's */
    story_wait(s, 1000);
    world_host(s->w, "controller2")->wall_offset_ms = 0;
    trace_note(s->w, "its clock is set");
    restart(s, "controller2");
    story_wait(s, 2000);
    story_forget(s);
    want(s, "controller2", "on", 0); /* it knows its own of before */
    story_wait(s, 1000);
    want(s, "controller1", "off", 0);
    story_settle(s);
}

/* Who decides. */

static struct rule mean_rule(const char *owner, const char *backup)
{
    struct rule rule;
    rule_default_mean(&rule);
    if (owner) {
        ident_name_copy(rule.owners[0], span_of(owner));
        ident_name_copy(rule.owners[1], span_of(backup));
        rule.owner_count = 2;
    }
    return rule;
}

static void a_controller_decides(struct story_stage *s)
{
    struct rule rule = mean_rule(NULL, NULL);
    struct host_options hosts[COUNT_OF(trio)];
    memcpy(hosts, trio, sizeof hosts);
    hosts[2].rules = &rule;
    hosts[2].rule_count = 1;
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 3000);
    story_forget(s);
    story_measure(s, "sensor1", 26);
    story_wait(s, 2000);
    host_power_cut(s->w, world_host(s->w, "controller1"));
    story_wait(s, 4000);
    story_measure(s, "sensor1", 24);
    story_wait(s, 2000);
    host_start(s->w, world_host(s->w, "controller1"));
    story_wait(s, 2000);
    story_measure(s, "sensor1", 24.5);
    story_settle(s);
}

static const char owner[] = "controller2", backup[] = "controller1"; /* not by name */

static void begin_with_backup(struct story_stage *s, const struct rule *rule)
{
    const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR},
        {.device = "controller2", .role = ROLE_CONTROLLER, .rules = rule, .rule_count = 1},
        {.device = "controller1", .role = ROLE_CONTROLLER, .rules = rule, .rule_count = 1},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 3000);
    story_measure(s, "sensor1", 26);
    story_wait(s, 2000);
    story_forget(s);
}

static void a_backup_stands_in(struct story_stage *s)
{
    struct rule rule = mean_rule(owner, backup);
    begin_with_backup(s, &rule);
    host_power_cut(s->w, world_host(s->w, owner));
    story_wait(s, 2000);
    trace_note(s->w, "two seconds later");
    story_wait(s, 2000);
    story_measure(s, "sensor1", 24);
    story_wait(s, 1000);
    host_start(s->w, world_host(s->w, owner));
    story_wait(s, 2000);
    story_measure(s, "sensor1", 26);
    story_settle(s);
}

/* A person on one side, the sensor on both: each controller runs its side. */
static void parted_sides_both_decide(struct story_stage *s)
{
    struct rule rule = mean_rule(owner, backup);
    begin_with_backup(s, &rule);
    story_cut(s, owner, backup);
    story_wait(s, 4000);
    story_measure(s, "sensor1", 24);
    story_wait(s, 2000);
    trace_note(s->w, "the cut ends");
    story_mend(s, owner, backup);
    story_wait(s, 3000);
    story_measure(s, "sensor1", 26);
    story_settle(s);
}

static const struct story stories[] = {
    {"a_wish_holds_against_rules_until_auto", a_wish_holds_until_auto,
     "controller1 : wanted actuator1 sent (actuator1/fan/set)\n"
     "sensor1 : update controller1 actuator1/fan/set #1 on\n"
     "actuator1 : update controller1 actuator1/fan/set #1 on\n"
     "actuator1 : decides controller1 fan by a person\n"
     "actuator1 : state actuator1 active\n"
     "actuator1 : action actuator1 fan on\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "controller1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"
     "controller1 : wanted actuator1 acknowledged (actuator1/fan/set)\n"
     "controller1 : wanted actuator1 confirmed (actuator1/fan/set)\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 23\n"
     "actuator1 : held controller1 fan off (cool)\n"
     "controller1 : reading sensor1 sensor1/temperature #2 23\n"
     "controller1 : wanted actuator1 sent (actuator1/fan/set)\n"
     "sensor1 : update controller1 actuator1/fan/set #2 auto\n"
     "actuator1 : update controller1 actuator1/fan/set #2 auto\n"
     "actuator1 : decides actuator1 fan by a rule (cool)\n"
     "actuator1 : state actuator1 idle (cool)\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #3 off\n"
     "controller1 : update actuator1 actuator1/fan #3 off\n"
     "actuator1 > ACT fan off\n"
     "controller1 : wanted actuator1 acknowledged (actuator1/fan/set)\n"
     "controller1 : wanted actuator1 confirmed (actuator1/fan/set)\n"},
    {"a_wish_holds_for_its_time_also_through_a_crash", a_wish_holds_for_its_time,
     "controller1 : wanted actuator1 sent (actuator1/fan/set)\n"
     "sensor1 : update controller1 actuator1/fan/set #1 on\n"
     "actuator1 : update controller1 actuator1/fan/set #1 on\n"
     "actuator1 : decides controller1 fan by a person\n"
     "actuator1 : state actuator1 active\n"
     "actuator1 : action actuator1 fan on\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "controller1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"
     "controller1 : wanted actuator1 acknowledged (actuator1/fan/set)\n"
     "controller1 : wanted actuator1 confirmed (actuator1/fan/set)\n"
     "actuator1 is killed\n"
     "controller1 : lost actuator1 (connection reset)\n"
     "sensor1 : lost actuator1 (connection reset)\n"
     "actuator1 starts\n"
     "actuator1 : restored topic actuator1 actuator1/fan #2 on\n"
     "actuator1 : started actuator1\n"
     "actuator1 : decides controller1 fan by a person\n"
     "controller1 : reconnected actuator1\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "controller1 : reading sensor1 sensor1/temperature #2 23\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 23\n"
     "actuator1 : held controller1 fan off (cool)\n"
     "the time is over\n"
     "actuator1 : decides actuator1 fan by a rule (cool)\n"
     "actuator1 : state actuator1 idle (cool)\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"},
    {"who_was_off_obeys_at_its_start", who_was_off_obeys_at_its_start,
     "actuator1 is killed\n"
     "controller1 : lost actuator1 (connection reset)\n"
     "sensor1 : lost actuator1 (connection reset)\n"
     "controller1 : wanted actuator1 sent (actuator1/fan/set)\n"
     "sensor1 : update controller1 actuator1/fan/set #1 on\n"
     "controller1 : wanted actuator1 unreachable (actuator1/fan/set)\n"
     "actuator1 starts\n"
     "actuator1 : restored topic actuator1 actuator1/fan #1 off\n"
     "actuator1 : started actuator1\n"
     "controller1 : reconnected actuator1\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "actuator1 : update controller1 actuator1/fan/set #1 on\n"
     "actuator1 : decides controller1 fan by a person\n"
     "actuator1 : state actuator1 active\n"
     "actuator1 : action actuator1 fan on\n"
     "controller1 : update actuator1 actuator1/fan #1 on\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "actuator1 > ACT fan on\n"},
    {"what_was_over_meanwhile_is_not_done", what_was_over_meanwhile_is_not_done,
     "actuator1 is killed\n"
     "controller1 : wanted actuator1 sent (actuator1/fan/set)\n"
     "controller1 : lost actuator1 (connection reset)\n"
     "sensor1 : lost actuator1 (connection reset)\n"
     "sensor1 : update controller1 actuator1/fan/set #1 on\n"
     "controller1 : wanted actuator1 unreachable (actuator1/fan/set)\n"
     "actuator1 starts\n"
     "actuator1 : restored topic actuator1 actuator1/fan #1 off\n"
     "actuator1 : started actuator1\n"
     "sensor1 : reconnected actuator1\n"
     "controller1 : reconnected actuator1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "actuator1 : update controller1 actuator1/fan/set #1 on\n"},
    {"two_people_on_two_sides_of_a_cut_end_with_the_later_wish", two_people_on_two_sides,
     "controller2 : wanted actuator1 sent (actuator1/fan/set)\n"
     "controller1 : wanted actuator1 sent (actuator1/fan/set)\n"
     "actuator1 : update controller1 actuator1/fan/set #1 off\n"
     "actuator1 : decides controller1 fan by a person\n"
     "actuator1 : action actuator1 fan off\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "controller1 : wanted actuator1 acknowledged (actuator1/fan/set)\n"
     "controller1 : wanted actuator1 confirmed (actuator1/fan/set)\n"
     "controller1 : lost controller2 (no sign of life)\n"
     "actuator1 : lost controller2 (no sign of life)\n"
     "controller2 : lost controller1 (no sign of life)\n"
     "controller2 : lost actuator1 (no sign of life)\n"
     "controller2 : wanted actuator1 unreachable (actuator1/fan/set)\n"
     "controller2 : reconnected actuator1\n"
     "actuator1 : reconnected controller2\n"
     "actuator1 : update controller2 actuator1/fan/set #1 on\n"
     "controller2 : update actuator1 actuator1/fan #1 off\n"
     "controller2 : update controller1 actuator1/fan/set #1 off\n"
     "controller2 : reconnected controller1\n"
     "controller1 : reconnected controller2\n"
     "controller1 : update controller2 actuator1/fan/set #1 on\n"},
    {"a_clock_a_year_ahead_pins_nothing", a_year_ahead,
     "controller2 : wanted actuator1 sent (actuator1/fan/set)\n"
     "controller1 : update controller2 actuator1/fan/set #1 on\n"
     "actuator1 : update controller2 actuator1/fan/set #1 on\n"
     "actuator1 : decides controller2 fan by a person\n"
     "actuator1 : state actuator1 active\n"
     "actuator1 : action actuator1 fan on\n"
     "controller1 : update actuator1 actuator1/fan #3 on\n"
     "controller2 : update actuator1 actuator1/fan #3 on\n"
     "actuator1 > ACT fan on\n"
     "controller2 : wanted actuator1 acknowledged (actuator1/fan/set)\n"
     "controller2 : wanted actuator1 confirmed (actuator1/fan/set)\n"
     "controller1 : wanted actuator1 sent (actuator1/fan/set)\n"
     "actuator1 : update controller1 actuator1/fan/set #2 off\n"
     "actuator1 : decides controller1 fan by a person\n"
     "actuator1 : state actuator1 idle\n"
     "actuator1 : action actuator1 fan off\n"
     "controller2 : update controller1 actuator1/fan/set #2 off\n"
     "controller1 : update actuator1 actuator1/fan #4 off\n"
     "controller2 : update actuator1 actuator1/fan #4 off\n"
     "actuator1 > ACT fan off\n"
     "controller1 : wanted actuator1 acknowledged (actuator1/fan/set)\n"
     "controller1 : wanted actuator1 confirmed (actuator1/fan/set)\n"},
    {"a_controller_decides_and_the_actuators_rule_stands_in", a_controller_decides,
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "controller1 : reading sensor1 sensor1/temperature #1 26\n"
     "controller1 : state controller1 active (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "controller1 : update actuator1 actuator1/fan #1 on\n"
     "sensor1 : update controller1 actuator1/fan/auto #1 on\n"
     "actuator1 : update controller1 actuator1/fan/auto #1 on\n"
     "actuator1 : decides controller1 fan by a controller\n"
     "actuator1 > ACT fan on\n"
     "controller1 loses power\n"
     "actuator1 : lost controller1 (no sign of life)\n"
     "actuator1 : decides actuator1 fan by a rule (cool)\n"
     "sensor1 : lost controller1 (no sign of life)\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 24\n"
     "actuator1 : state actuator1 idle (cool)\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 off\n"
     "actuator1 > ACT fan off\n"
     "controller1 starts\n"
     "controller1 : started controller1\n"
     "actuator1 : reconnected controller1\n"
     "sensor1 : reconnected controller1\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "controller1 : discovered sensor1\n"
     "controller1 : connected sensor1\n"
     "controller1 : reading sensor1 sensor1/temperature #2 24\n"
     "controller1 : state controller1 idle (cool)\n"
     "actuator1 : update controller1 actuator1/fan/auto #1 off\n"
     "actuator1 : decides controller1 fan by a controller\n"
     "sensor1 : update controller1 actuator1/fan/auto #1 off\n"
     "controller1 : update actuator1 actuator1/fan #2 off\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 24.5\n"
     "controller1 : reading sensor1 sensor1/temperature #3 24.5\n"},
    {"a_backup_takes_over_after_the_detection_time_and_steps_back", a_backup_stands_in,
     "controller2 loses power\n"
     "two seconds later\n"
     "sensor1 : lost controller2 (no sign of life)\n"
     "actuator1 : lost controller2 (no sign of life)\n"
     "actuator1 : decides actuator1 fan by a rule (cool)\n"
     "controller1 : lost controller2 (no sign of life)\n"
     "actuator1 : update controller1 actuator1/fan/auto #1 on\n"
     "actuator1 : decides controller1 fan by a controller\n"
     "sensor1 : update controller1 actuator1/fan/auto #1 on\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 24\n"
     "controller1 : reading sensor1 sensor1/temperature #2 24\n"
     "controller1 : state controller1 idle (cool)\n"
     "actuator1 : update controller1 actuator1/fan/auto #2 off\n"
     "actuator1 : state actuator1 idle\n"
     "actuator1 : action actuator1 fan off\n"
     "sensor1 : update controller1 actuator1/fan/auto #2 off\n"
     "sensor1 : update actuator1 actuator1/fan #2 off\n"
     "controller1 : update actuator1 actuator1/fan #2 off\n"
     "actuator1 > ACT fan off\n"
     "controller2 starts\n"
     "controller2 : started controller2\n"
     "sensor1 : reconnected controller2\n"
     "controller2 : discovered sensor1\n"
     "controller2 : connected sensor1\n"
     "controller2 : discovered actuator1\n"
     "controller2 : connected actuator1\n"
     "controller2 : discovered controller1\n"
     "controller2 : connected controller1\n"
     "controller2 : reading sensor1 sensor1/temperature #2 24\n"
     "controller2 : state controller2 idle (cool)\n"
     "actuator1 : reconnected controller2\n"
     "controller1 : reconnected controller2\n"
     "sensor1 : update controller2 actuator1/fan/auto #1 off\n"
     "actuator1 : update controller2 actuator1/fan/auto #1 off\n"
     "actuator1 : decides controller2 fan by a controller\n"
     "controller1 : update controller2 actuator1/fan/auto #1 off\n"
     "controller2 : update controller1 actuator1/fan/auto #1 on\n"
     "controller2 : update controller1 actuator1/fan/auto #2 off\n"
     "controller2 : update actuator1 actuator1/fan #2 off\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 26\n"
     "controller1 : reading sensor1 sensor1/temperature #3 26\n"
     "controller1 : state controller1 active (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #3 26\n"
     "controller2 : state controller2 active (cool)\n"
     "controller1 : update controller2 actuator1/fan/auto #2 on\n"
     "sensor1 : update controller2 actuator1/fan/auto #2 on\n"
     "actuator1 : update controller2 actuator1/fan/auto #2 on\n"
     "actuator1 : state actuator1 active\n"
     "actuator1 : action actuator1 fan on\n"
     "sensor1 : update actuator1 actuator1/fan #3 on\n"
     "controller1 : update actuator1 actuator1/fan #3 on\n"
     "controller2 : update actuator1 actuator1/fan #3 on\n"
     "actuator1 > ACT fan on\n"},
    {"parted_controllers_both_decide_and_the_owner_wins", parted_sides_both_decide,
     "controller1 : lost controller2 (no sign of life)\n"
     "controller2 : lost controller1 (no sign of life)\n"
     "actuator1 : update controller1 actuator1/fan/auto #1 on\n"
     "actuator1 : decides controller1 fan by a controller\n"
     "sensor1 : update controller1 actuator1/fan/auto #1 on\n"
     "controller2 : update controller1 actuator1/fan/auto #1 on\n"
     "sensor1 : update controller2 actuator1/fan/auto #2 on\n"
     "actuator1 : update controller2 actuator1/fan/auto #2 on\n"
     "actuator1 : decides controller2 fan by a controller\n"
     "controller1 : update controller2 actuator1/fan/auto #2 on\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 24\n"
     "controller2 : reading sensor1 sensor1/temperature #2 24\n"
     "controller2 : state controller2 idle (cool)\n"
     "controller1 : reading sensor1 sensor1/temperature #2 24\n"
     "controller1 : state controller1 idle (cool)\n"
     "sensor1 : update controller2 actuator1/fan/auto #3 off\n"
     "actuator1 : update controller2 actuator1/fan/auto #3 off\n"
     "actuator1 : state actuator1 idle\n"
     "actuator1 : action actuator1 fan off\n"
     "sensor1 : update actuator1 actuator1/fan #2 off\n"
     "controller2 : update actuator1 actuator1/fan #2 off\n"
     "controller1 : update actuator1 actuator1/fan #2 off\n"
     "actuator1 > ACT fan off\n"
     "controller1 : update controller2 actuator1/fan/auto #3 off\n"
     "the cut ends\n"
     "controller2 : reconnected controller1\n"
     "controller1 : reconnected controller2\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 26\n"
     "controller2 : reading sensor1 sensor1/temperature #3 26\n"
     "controller2 : state controller2 active (cool)\n"
     "controller1 : reading sensor1 sensor1/temperature #3 26\n"
     "controller1 : state controller1 active (cool)\n"
     "sensor1 : update controller2 actuator1/fan/auto #4 on\n"
     "actuator1 : update controller2 actuator1/fan/auto #4 on\n"
     "actuator1 : state actuator1 active\n"
     "actuator1 : action actuator1 fan on\n"
     "controller1 : update controller2 actuator1/fan/auto #4 on\n"
     "sensor1 : update actuator1 actuator1/fan #3 on\n"
     "controller2 : update actuator1 actuator1/fan #3 on\n"
     "controller1 : update actuator1 actuator1/fan #3 on\n"
     "actuator1 > ACT fan on\n"},
};

const struct story *story_want(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
