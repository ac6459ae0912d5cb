/* Stories of rules: the commands that they give, once whoever gives them, and what they go on with
 * after a restart. */
#include "story.h"

enum { FOR_EVER_MS = 100000000 };

static const char owner[] = "controller2", backup[] = "controller1"; /* not by name */

/* Open above 25 degrees, shut again below; its commands are the first two of all. */
static struct rule door_rule(void)
{
    struct rule rule;
    rule_default_cool(&rule);
    ident_name_copy(rule.name, SPAN("vent"));
    rule.action_count = 0;
    rule.commands[0] = (struct rule_command){"door1", "open", "c0", RULE_ACTIVE};
    rule.commands[1] = (struct rule_command){"door1", "shut", "c1", RULE_IDLE};
    rule.command_count = 2;
    ident_name_copy(rule.owners[0], span_of(owner));
    ident_name_copy(rule.owners[1], span_of(backup));
    rule.owner_count = 2;
    return rule;
}

static void begin(struct story_stage *s, const struct rule *rule)
{
    const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "door1", .role = ROLE_ACTUATOR},
        {.device = "controller2", .role = ROLE_CONTROLLER, .rules = rule, .rule_count = 1},
        {.device = "controller1", .role = ROLE_CONTROLLER, .rules = rule, .rule_count = 1},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 3000);
    story_measure(s, "sensor1", 24);
    story_wait(s, 1000);
    person_number(s->w, FOR_EVER_MS);
    person_number(s->w, FOR_EVER_MS);
    s->w->people.work_min_us = s->w->people.work_max_us = 20000;
    s->also[0] = "command rule:";
    story_forget(s);
}

static void a_door_opens_and_shuts(struct story_stage *s)
{
    struct rule rule = door_rule();
    begin(s, &rule);
    story_measure(s, "sensor1", 26);
    story_wait(s, 1000);
    story_measure(s, "sensor1", 27);
    story_wait(s, 1000);
    story_measure(s, "sensor1", 24);
    story_settle(s);
}

static void lose_the_owner(struct story_stage *s, uint64_t after_ms)
{
    struct rule rule = door_rule();
    begin(s, &rule);
    story_measure(s, "sensor1", 26);
    story_wait(s, after_ms);
    host_power_cut(s->w, world_host(s->w, owner));
    story_wait(s, 9000);
    host_start(s->w, world_host(s->w, owner));
    story_settle(s);
}

static void the_owner_dies_behind_it(struct story_stage *s)
{
    lose_the_owner(s, 200);
}

static void the_owner_dies_before_it(struct story_stage *s)
{
    lose_the_owner(s, 4);
}

/* The target forgets nothing of what it began, either. */
static void the_target_dies_between_two_senders(struct story_stage *s)
{
    struct rule rule = door_rule();
    begin(s, &rule);
    story_measure(s, "sensor1", 26);
    story_wait(s, 200);
    host_power_cut(s->w, world_host(s->w, owner));
    host_power_cut(s->w, world_host(s->w, "door1"));
    host_start(s->w, world_host(s->w, "door1"));
    story_wait(s, 9000);
    host_start(s->w, world_host(s->w, owner));
    story_settle(s);
}

static void parted_sides_both_give_it(struct story_stage *s)
{
    struct rule rule = door_rule();
    begin(s, &rule);
    story_cut(s, owner, backup);
    story_wait(s, 4000);
    trace_note(s->w, "they are parted");
    story_measure(s, "sensor1", 26);
    story_wait(s, 2000);
    story_measure(s, "sensor1", 24);
    story_wait(s, 2000);
    story_mend(s, owner, backup);
    story_settle(s);
}

/* The rule goes on where it was: it does not begin anew, and so gives nothing. */
static void a_restart_gives_nothing_again(struct story_stage *s)
{
    struct rule rule = door_rule();
    begin(s, &rule);
    story_measure(s, "sensor1", 26);
    story_wait(s, 1000);
    story_forget(s);
    host_kill(s->w, world_host(s->w, owner));
    host_kill(s->w, world_host(s->w, backup));
    host_start(s->w, world_host(s->w, owner));
    host_start(s->w, world_host(s->w, backup));
    story_wait(s, 2000);
    story_measure(s, "sensor1", 27);
    story_settle(s);
}

/* `for`, counted through a crash. */

static void measure_for(struct story_stage *s, uint64_t ms)
{
    for (; ms > 0; ms -= 1000) {
        story_wait(s, 1000);
        story_measure(s, "sensor1", 26);
    }
}

static void count_twenty_seconds(struct story_stage *s, uint64_t away_ms)
{
    struct rule rule;
    rule_default_cool(&rule);
    rule.hold_ms = 20000;
    const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR, .rules = &rule, .rule_count = 1},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 3000);
    story_measure(s, "sensor1", 26);
    measure_for(s, 12000);
    host_kill(s->w, world_host(s->w, "actuator1"));
    story_wait(s, away_ms);
    host_start(s->w, world_host(s->w, "actuator1"));
    story_wait(s, 2000);
    story_forget(s);
}

static void a_count_goes_on(struct story_stage *s)
{
    count_twenty_seconds(s, 1000);
    measure_for(s, 4000);
    story_wait(s, 900);
    story_forget(s);
    trace_note(s->w, "19.9 seconds");
    story_settle(s);
}

static void a_count_is_void(struct story_stage *s)
{
    count_twenty_seconds(s, 200000);
    measure_for(s, 19000);
    story_forget(s);
    trace_note(s->w, "19 seconds since it is back");
    story_measure(s, "sensor1", 26);
    story_settle(s);
}

static const struct story stories[] = {
    {"a_rule_opens_a_door_when_it_begins_and_shuts_it_when_it_ends", a_door_opens_and_shuts,
     "door1 : reading sensor1 sensor1/temperature #2 26\n"
     "door1 : state door1 active (cool)\n"
     "door1 : action door1 fan on (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #2 26\n"
     "controller2 : state controller2 active (vent)\n"
     "controller1 : reading sensor1 sensor1/temperature #2 26\n"
     "controller1 : state controller1 active (vent)\n"
     "sensor1 : update door1 door1/fan #2 on\n"
     "controller2 : update door1 door1/fan #2 on\n"
     "controller1 : update door1 door1/fan #2 on\n"
     "sensor1 : update controller2 controller2/vent/rule #1 active\n"
     "door1 : update controller2 controller2/vent/rule #1 active\n"
     "controller1 : update controller2 controller2/vent/rule #1 active\n"
     "controller2 : update controller1 controller1/vent/rule #1 active\n"
     "door1 : update controller1 controller1/vent/rule #1 active\n"
     "sensor1 : update controller1 controller1/vent/rule #1 active\n"
     "door1 > ACT fan on\n"
     "controller2 > SEND 3 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 2 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "sensor1 : update door1 door1/open #3 started\n"
     "controller2 : update door1 door1/open #3 started\n"
     "controller2 : commanded door1 started (door1/open)\n"
     "controller1 : update door1 door1/open #3 started\n"
     "door1 > COMMAND open c0\n"
     "door1 : command door1 open c0\n"
     "sensor1 : update door1 door1/open #4 done\n"
     "controller2 : update door1 door1/open #4 done\n"
     "controller2 : commanded door1 done (door1/open)\n"
     "controller1 : update door1 door1/open #4 done\n"
     "door1 : reading sensor1 sensor1/temperature #3 27\n"
     "controller2 : reading sensor1 sensor1/temperature #3 27\n"
     "controller1 : reading sensor1 sensor1/temperature #3 27\n"
     "door1 : reading sensor1 sensor1/temperature #4 24\n"
     "door1 : state door1 idle (cool)\n"
     "door1 : action door1 fan off (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #4 24\n"
     "controller2 : state controller2 idle (vent)\n"
     "controller1 : reading sensor1 sensor1/temperature #4 24\n"
     "controller1 : state controller1 idle (vent)\n"
     "sensor1 : update door1 door1/fan #5 off\n"
     "controller2 : update door1 door1/fan #5 off\n"
     "controller1 : update door1 door1/fan #5 off\n"
     "sensor1 : update controller2 controller2/vent/rule #2 idle\n"
     "door1 : update controller2 controller2/vent/rule #2 idle\n"
     "controller1 : update controller2 controller2/vent/rule #2 idle\n"
     "controller2 : update controller1 controller1/vent/rule #2 idle\n"
     "door1 : update controller1 controller1/vent/rule #2 idle\n"
     "sensor1 : update controller1 controller1/vent/rule #2 idle\n"
     "door1 > ACT fan off\n"
     "controller2 > SEND 3 command rule:8e19458f3d68bade480cc9c9254b3fe4a7cc4adb\n"
     "door1 < MESSAGE 2 command rule:8e19458f3d68bade480cc9c9254b3fe4a7cc4adb\n"
     "sensor1 : update door1 door1/shut #6 started\n"
     "controller2 : update door1 door1/shut #6 started\n"
     "controller2 : commanded door1 started (door1/shut)\n"
     "controller1 : update door1 door1/shut #6 started\n"
     "door1 > COMMAND shut c1\n"
     "door1 : command door1 shut c1\n"
     "sensor1 : update door1 door1/shut #7 done\n"
     "controller2 : update door1 door1/shut #7 done\n"
     "controller2 : commanded door1 done (door1/shut)\n"
     "controller1 : update door1 door1/shut #7 done\n"},
    {"a_backup_repeats_what_a_lost_owner_gave_and_the_door_opens_once", the_owner_dies_behind_it,
     "door1 : reading sensor1 sensor1/temperature #2 26\n"
     "door1 : state door1 active (cool)\n"
     "door1 : action door1 fan on (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #2 26\n"
     "controller2 : state controller2 active (vent)\n"
     "controller1 : reading sensor1 sensor1/temperature #2 26\n"
     "controller1 : state controller1 active (vent)\n"
     "sensor1 : update door1 door1/fan #2 on\n"
     "controller2 : update door1 door1/fan #2 on\n"
     "controller1 : update door1 door1/fan #2 on\n"
     "sensor1 : update controller2 controller2/vent/rule #1 active\n"
     "door1 : update controller2 controller2/vent/rule #1 active\n"
     "controller1 : update controller2 controller2/vent/rule #1 active\n"
     "controller2 : update controller1 controller1/vent/rule #1 active\n"
     "door1 : update controller1 controller1/vent/rule #1 active\n"
     "sensor1 : update controller1 controller1/vent/rule #1 active\n"
     "door1 > ACT fan on\n"
     "controller2 > SEND 3 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 2 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "sensor1 : update door1 door1/open #3 started\n"
     "controller2 : update door1 door1/open #3 started\n"
     "controller2 : commanded door1 started (door1/open)\n"
     "controller1 : update door1 door1/open #3 started\n"
     "door1 > COMMAND open c0\n"
     "door1 : command door1 open c0\n"
     "sensor1 : update door1 door1/open #4 done\n"
     "controller2 : update door1 door1/open #4 done\n"
     "controller2 : commanded door1 done (door1/open)\n"
     "controller1 : update door1 door1/open #4 done\n"
     "controller2 loses power\n"
     "controller1 : lost controller2 (no sign of life)\n"
     "sensor1 : lost controller2 (no sign of life)\n"
     "controller1 > SEND 3 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 4 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "controller1 : commanded door1 done (door1/open)\n"
     "door1 : lost controller2 (no sign of life)\n"
     "controller2 starts\n"
     "controller2 : started controller2\n"
     "sensor1 : reconnected controller2\n"
     "door1 : reconnected controller2\n"
     "controller2 : discovered sensor1\n"
     "controller2 : connected sensor1\n"
     "controller2 : discovered door1\n"
     "controller2 : connected door1\n"
     "controller2 : discovered controller1\n"
     "controller2 : connected controller1\n"
     "controller1 : reconnected controller2\n"},
    {"a_backup_gives_what_a_lost_owner_could_not", the_owner_dies_before_it,
     "door1 : reading sensor1 sensor1/temperature #2 26\n"
     "door1 : state door1 active (cool)\n"
     "door1 : action door1 fan on (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #2 26\n"
     "controller2 : state controller2 active (vent)\n"
     "controller1 : reading sensor1 sensor1/temperature #2 26\n"
     "controller1 : state controller1 active (vent)\n"
     "sensor1 : update door1 door1/fan #2 on\n"
     "controller2 : update door1 door1/fan #2 on\n"
     "controller1 : update door1 door1/fan #2 on\n"
     "sensor1 : update controller2 controller2/vent/rule #1 active\n"
     "door1 : update controller2 controller2/vent/rule #1 active\n"
     "controller1 : update controller2 controller2/vent/rule #1 active\n"
     "controller2 : update controller1 controller1/vent/rule #1 active\n"
     "door1 : update controller1 controller1/vent/rule #1 active\n"
     "sensor1 : update controller1 controller1/vent/rule #1 active\n"
     "controller2 loses power\n"
     "door1 > ACT fan on\n"
     "controller1 : lost controller2 (no sign of life)\n"
     "sensor1 : lost controller2 (no sign of life)\n"
     "door1 : lost controller2 (no sign of life)\n"
     "controller1 > SEND 3 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 4 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "sensor1 : update door1 door1/open #3 started\n"
     "controller1 : update door1 door1/open #3 started\n"
     "controller1 : commanded door1 started (door1/open)\n"
     "door1 > COMMAND open c0\n"
     "door1 : command door1 open c0\n"
     "sensor1 : update door1 door1/open #4 done\n"
     "controller1 : update door1 door1/open #4 done\n"
     "controller1 : commanded door1 done (door1/open)\n"
     "controller2 starts\n"
     "controller2 : started controller2\n"
     "sensor1 : reconnected controller2\n"
     "door1 : reconnected controller2\n"
     "controller2 : discovered sensor1\n"
     "controller2 : connected sensor1\n"
     "controller2 : discovered door1\n"
     "controller2 : connected door1\n"
     "controller2 : discovered controller1\n"
     "controller2 : connected controller1\n"
     "controller2 : update door1 door1/fan #2 on\n"
     "controller2 : update door1 door1/open #3 started\n"
     "controller2 : update door1 door1/open #4 done\n"
     "controller1 : reconnected controller2\n"
     "controller2 : reading sensor1 sensor1/temperature #2 26\n"
     "controller2 : state controller2 active (vent)\n"
     "sensor1 : update controller2 controller2/vent/rule #1 active\n"
     "controller1 : update controller2 controller2/vent/rule #1 active\n"
     "door1 : update controller2 controller2/vent/rule #1 active\n"
     "controller2 : update controller1 controller1/vent/rule #1 active\n"
     "controller2 > SEND 5 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 6 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "controller2 : commanded door1 done (door1/open)\n"},
    {"a_target_that_dies_between_two_senders_does_it_once", the_target_dies_between_two_senders,
     "door1 : reading sensor1 sensor1/temperature #2 26\n"
     "door1 : state door1 active (cool)\n"
     "door1 : action door1 fan on (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #2 26\n"
     "controller2 : state controller2 active (vent)\n"
     "controller1 : reading sensor1 sensor1/temperature #2 26\n"
     "controller1 : state controller1 active (vent)\n"
     "sensor1 : update door1 door1/fan #2 on\n"
     "controller2 : update door1 door1/fan #2 on\n"
     "controller1 : update door1 door1/fan #2 on\n"
     "sensor1 : update controller2 controller2/vent/rule #1 active\n"
     "door1 : update controller2 controller2/vent/rule #1 active\n"
     "controller1 : update controller2 controller2/vent/rule #1 active\n"
     "controller2 : update controller1 controller1/vent/rule #1 active\n"
     "door1 : update controller1 controller1/vent/rule #1 active\n"
     "sensor1 : update controller1 controller1/vent/rule #1 active\n"
     "door1 > ACT fan on\n"
     "controller2 > SEND 3 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 2 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "sensor1 : update door1 door1/open #3 started\n"
     "controller2 : update door1 door1/open #3 started\n"
     "controller2 : commanded door1 started (door1/open)\n"
     "controller1 : update door1 door1/open #3 started\n"
     "door1 > COMMAND open c0\n"
     "door1 : command door1 open c0\n"
     "sensor1 : update door1 door1/open #4 done\n"
     "controller2 : update door1 door1/open #4 done\n"
     "controller2 : commanded door1 done (door1/open)\n"
     "controller1 : update door1 door1/open #4 done\n"
     "controller2 loses power\n"
     "door1 loses power\n"
     "door1 starts\n"
     "door1 : restored topic door1 door1/fan #2 on\n"
     "door1 : restored topic door1 door1/open #4 done\n"
     "door1 : started door1\n"
     "sensor1 : reconnected door1\n"
     "door1 : discovered sensor1\n"
     "door1 : connected sensor1\n"
     "door1 : discovered controller1\n"
     "door1 : connected controller1\n"
     "controller1 : reconnected door1\n"
     "controller1 : lost controller2 (no sign of life)\n"
     "controller1 > SEND 7 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "sensor1 : lost controller2 (no sign of life)\n"
     "door1 < MESSAGE 2 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "controller1 : commanded door1 done (door1/open)\n"
     "controller2 starts\n"
     "controller2 : started controller2\n"
     "sensor1 : reconnected controller2\n"
     "controller2 : discovered sensor1\n"
     "controller2 : connected sensor1\n"
     "controller2 : discovered controller1\n"
     "controller2 : connected controller1\n"
     "controller1 : reconnected controller2\n"
     "door1 : discovered controller2\n"
     "door1 : connected controller2\n"
     "controller2 : discovered door1\n"
     "controller2 : connected door1\n"},
    {"parted_controllers_both_give_a_command_and_it_is_done_once", parted_sides_both_give_it,
     "controller1 : lost controller2 (no sign of life)\n"
     "controller2 : lost controller1 (no sign of life)\n"
     "they are parted\n"
     "door1 : reading sensor1 sensor1/temperature #2 26\n"
     "door1 : state door1 active (cool)\n"
     "door1 : action door1 fan on (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #2 26\n"
     "controller2 : state controller2 active (vent)\n"
     "controller1 : reading sensor1 sensor1/temperature #2 26\n"
     "controller1 : state controller1 active (vent)\n"
     "sensor1 : update door1 door1/fan #2 on\n"
     "controller2 : update door1 door1/fan #2 on\n"
     "controller1 : update door1 door1/fan #2 on\n"
     "sensor1 : update controller2 controller2/vent/rule #1 active\n"
     "door1 : update controller2 controller2/vent/rule #1 active\n"
     "sensor1 : update controller1 controller1/vent/rule #1 active\n"
     "door1 : update controller1 controller1/vent/rule #1 active\n"
     "door1 > ACT fan on\n"
     "controller2 > SEND 3 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "controller1 > SEND 3 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 2 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "door1 < MESSAGE 4 command rule:03fb83c2ced6e7eaa3c5d9e05a5ceab28e288698\n"
     "sensor1 : update door1 door1/open #3 started\n"
     "controller2 : update door1 door1/open #3 started\n"
     "controller2 : commanded door1 started (door1/open)\n"
     "controller1 : update door1 door1/open #3 started\n"
     "controller1 : commanded door1 started (door1/open)\n"
     "door1 > COMMAND open c0\n"
     "door1 : command door1 open c0\n"
     "sensor1 : update door1 door1/open #4 done\n"
     "controller2 : update door1 door1/open #4 done\n"
     "controller2 : commanded door1 done (door1/open)\n"
     "controller1 : update door1 door1/open #4 done\n"
     "controller1 : commanded door1 done (door1/open)\n"
     "controller2 : update controller1 controller1/vent/rule #1 active\n"
     "controller1 : update controller2 controller2/vent/rule #1 active\n"
     "door1 : reading sensor1 sensor1/temperature #3 24\n"
     "door1 : state door1 idle (cool)\n"
     "door1 : action door1 fan off (cool)\n"
     "controller2 : reading sensor1 sensor1/temperature #3 24\n"
     "controller2 : state controller2 idle (vent)\n"
     "controller1 : reading sensor1 sensor1/temperature #3 24\n"
     "controller1 : state controller1 idle (vent)\n"
     "sensor1 : update door1 door1/fan #5 off\n"
     "controller2 : update door1 door1/fan #5 off\n"
     "controller1 : update door1 door1/fan #5 off\n"
     "sensor1 : update controller2 controller2/vent/rule #2 idle\n"
     "door1 : update controller2 controller2/vent/rule #2 idle\n"
     "sensor1 : update controller1 controller1/vent/rule #2 idle\n"
     "door1 : update controller1 controller1/vent/rule #2 idle\n"
     "door1 > ACT fan off\n"
     "controller2 > SEND 3 command rule:7a3197752bce8f6e774a8cf75a0af7ab1e591ed0\n"
     "door1 < MESSAGE 2 command rule:7a3197752bce8f6e774a8cf75a0af7ab1e591ed0\n"
     "sensor1 : update door1 door1/shut #6 started\n"
     "controller2 : update door1 door1/shut #6 started\n"
     "controller2 : commanded door1 started (door1/shut)\n"
     "controller1 : update door1 door1/shut #6 started\n"
     "door1 > COMMAND shut c1\n"
     "door1 : command door1 shut c1\n"
     "sensor1 : update door1 door1/shut #7 done\n"
     "controller2 : update door1 door1/shut #7 done\n"
     "controller2 : commanded door1 done (door1/shut)\n"
     "controller1 : update door1 door1/shut #7 done\n"
     "controller2 : update controller1 controller1/vent/rule #2 idle\n"
     "controller1 : update controller2 controller2/vent/rule #2 idle\n"
     "controller1 : reconnected controller2\n"
     "controller2 : reconnected controller1\n"},
    {"a_restart_gives_no_command_again", a_restart_gives_nothing_again,
     "controller2 is killed\n"
     "controller1 is killed\n"
     "controller2 starts\n"
     "controller2 : started controller2\n"
     "controller1 starts\n"
     "controller1 : started controller1\n"
     "door1 : lost controller2 (connection reset)\n"
     "sensor1 : lost controller2 (connection reset)\n"
     "sensor1 : lost controller1 (connection reset)\n"
     "door1 : lost controller1 (connection reset)\n"
     "door1 : reconnected controller2\n"
     "sensor1 : reconnected controller2\n"
     "door1 : reconnected controller1\n"
     "sensor1 : reconnected controller1\n"
     "controller2 : discovered door1\n"
     "controller2 : connected door1\n"
     "controller2 : discovered sensor1\n"
     "controller2 : connected sensor1\n"
     "controller1 : discovered door1\n"
     "controller1 : connected door1\n"
     "controller1 : discovered sensor1\n"
     "controller1 : connected sensor1\n"
     "controller2 : discovered controller1\n"
     "controller2 : connected controller1\n"
     "controller1 : discovered controller2\n"
     "controller1 : connected controller2\n"
     "door1 : reading sensor1 sensor1/temperature #3 27\n"
     "controller2 : reading sensor1 sensor1/temperature #3 27\n"
     "controller1 : reading sensor1 sensor1/temperature #3 27\n"},
    {"a_count_goes_on_after_a_crash", a_count_goes_on,
     "19.9 seconds\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "sensor1 : update actuator1 actuator1/cool/rule #2 active\n"
     "actuator1 > ACT fan on\n"},
    {"a_count_that_was_left_for_minutes_begins_anew", a_count_is_void,
     "19 seconds since it is back\n"
     "actuator1 : reading sensor1 sensor1/temperature #32 26\n"
     "actuator1 : reading sensor1 sensor1/temperature #33 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #3 on\n"
     "sensor1 : update actuator1 actuator1/cool/rule #4 active\n"
     "actuator1 > ACT fan on\n"},
};

const struct story *story_rule(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
