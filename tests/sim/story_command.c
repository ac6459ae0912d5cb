/* Stories of commands: carried out at most once and never late, whatever dies when, and whoever
 * says again what he captured. */
#include "puppet.h"
#include "story.h"

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

static uint32_t command(struct story_stage *s, uint64_t within_ms)
{
    return person_command(s->w, world_host(s->w, "controller1"), "actuator1/beep", within_ms);
}

static void restart(struct story_stage *s, const char *device)
{
    host_kill(s->w, world_host(s->w, device));
    host_start(s->w, world_host(s->w, device));
}

static void a_command_is_done(struct story_stage *s)
{
    meet(s);
    s->w->people.work_min_us = s->w->people.work_max_us = 20000;
    command(s, 1000);
    story_settle(s);
}

static void a_slow_disk_lets_it_expire(struct story_stage *s)
{
    meet(s);
    struct host *actuator = world_host(s->w, "actuator1");
    actuator->disk.latency_min_us = actuator->disk.latency_max_us = 500000;
    command(s, 300);
    story_wait(s, 3000);
    actuator->disk.latency_min_us = actuator->disk.latency_max_us = 5000;
    story_settle(s);
}

static void who_cannot_be_reached_does_nothing_later(struct story_stage *s)
{
    meet(s);
    story_cut(s, "controller1", "actuator1");
    command(s, 1000); /* it goes out into nothing */
    story_wait(s, 5000);
    command(s, 1000); /* there is no session any more */
    story_wait(s, 20000);
    story_mend(s, "controller1", "actuator1");
    story_settle(s);
}

/* Of each millisecond of a command's life: what died then, once more with power. */
static void tell_sum(struct story_stage *s, uint32_t commands)
{
    const uint64_t *tally = s->w->tally;
    story_forget(s);
    trace_note(s->w, "%u commands, %llu carried out, %llu outcomes unknown", (unsigned)commands,
               (unsigned long long)tally[TALLY_PERFORMED],
               (unsigned long long)tally[TALLY_UNKNOWN]);
}

static void die_at_every_step(struct story_stage *s, const char *device)
{
    enum { STEPS = 60 };
    meet(s);
    s->w->people.work_min_us = s->w->people.work_max_us = 20000;
    for (uint32_t ms = 0; ms < STEPS && !world_failed(s->w); ms++) {
        command(s, 2000);
        story_wait(s, ms);
        if (ms % 2 == 0)
            host_kill(s->w, world_host(s->w, device));
        else
            host_power_cut(s->w, world_host(s->w, device));
        story_wait(s, 200);
        host_start(s->w, world_host(s->w, device));
        story_wait(s, 16000);
    }
    tell_sum(s, STEPS);
    story_settle(s);
}

static void the_target_dies_at_every_step(struct story_stage *s)
{
    die_at_every_step(s, "actuator1");
}

static void the_sender_dies_at_every_step(struct story_stage *s)
{
    die_at_every_step(s, "controller1");
}

/* What a captured command is worth. */

static const struct host_options replayed[] = {
    {.device = "actuator1", .role = ROLE_ACTUATOR},
    {.device = "controller9", .role = ROLE_CONTROLLER, .puppet = true},
};

static uint64_t clock_ms(const struct story_stage *s, const char *device)
{
    const struct host *h = world_host(s->w, device);
    return (h->mono_origin_us + (s->w->now_us - h->booted_us)) / WORLD_MS;
}

static uint64_t enter(struct story_stage *s)
{
    struct host *puppet = world_host(s->w, "controller9");
    uint64_t link = puppet_dial(s->w, puppet, world_host(s->w, "actuator1"));
    story_wait(s, 100);
    puppet_greet(s->w, puppet, link, 7);
    story_wait(s, 100);
    return link;
}

static void say_again(struct story_stage *s, uint64_t link, const struct message *m)
{
    puppet_send(s->w, world_host(s->w, "controller9"), link, m);
    story_wait(s, 100);
}

static void a_captured_command(struct story_stage *s)
{
    char value[16];
    s->also[0] = "controller9 < MESSAGE";
    story_begin(s, replayed, COUNT_OF(replayed));
    story_wait(s, 2000);
    uint64_t link = enter(s);
    story_forget(s);
    person_value(value, person_number(s->w, 10000));
    struct message m = {.kind = MESSAGE_COMMAND,
                        .command = {.id = SPAN("controller9/7/1"),
                                    .topic = SPAN("actuator1/beep"),
                                    .value = value_text(span_of(value)),
                                    .epoch = world_host(s->w, "actuator1")->epoch,
                                    .deadline_ms = clock_ms(s, "actuator1") + 10000}};
    say_again(s, link, &m);
    say_again(s, link, &m);
    trace_note(s->w, "in another session");
    link = enter(s);
    say_again(s, link, &m);
    trace_note(s->w, "after a crash of its target");
    restart(s, "actuator1");
    story_wait(s, 1000);
    link = enter(s);
    say_again(s, link, &m);
    trace_note(s->w, "behind its time");
    m.command.epoch = world_host(s->w, "actuator1")->epoch;
    m.command.deadline_ms = clock_ms(s, "actuator1") - 1;
    say_again(s, link, &m);
}

static const struct story stories[] = {
    {"a_command_is_started_done_and_told", a_command_is_done,
     "sensor1 : update actuator1 actuator1/beep #2 started\n"
     "controller1 : update actuator1 actuator1/beep #2 started\n"
     "controller1 : commanded actuator1 started (actuator1/beep)\n"
     "actuator1 > COMMAND beep c0\n"
     "actuator1 : command actuator1 beep c0\n"
     "sensor1 : update actuator1 actuator1/beep #3 done\n"
     "controller1 : update actuator1 actuator1/beep #3 done\n"
     "controller1 : commanded actuator1 done (actuator1/beep)\n"},
    {"a_disk_that_is_slow_lets_a_command_expire", a_slow_disk_lets_it_expire,
     "sensor1 : update actuator1 actuator1/beep #2 started\n"
     "controller1 : update actuator1 actuator1/beep #2 started\n"
     "controller1 : commanded actuator1 started (actuator1/beep)\n"
     "sensor1 : update actuator1 actuator1/beep #3 expired\n"
     "controller1 : update actuator1 actuator1/beep #3 expired\n"
     "controller1 : commanded actuator1 expired (actuator1/beep)\n"},
    {"a_command_does_not_wait_for_a_network", who_cannot_be_reached_does_nothing_later,
     "controller1 : commanded actuator1 expired (actuator1/beep)\n"
     "controller1 : lost actuator1 (no sign of life)\n"
     "actuator1 : lost controller1 (no sign of life)\n"
     "controller1 : commanded actuator1 refused (actuator1/beep)\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"},
    {"a_target_that_dies_at_any_step_does_it_at_most_once", the_target_dies_at_every_step,
     "60 commands, 53 carried out, 27 outcomes unknown\n"},
    {"a_sender_that_dies_at_any_step_has_it_done_at_most_once", the_sender_dies_at_every_step,
     "60 commands, 58 carried out, 0 outcomes unknown\n"},
    {"a_captured_command_is_carried_out_once", a_captured_command,
     "controller9 < MESSAGE 1 state_update /1.263412 1 records from 1\n"
     "actuator1 > COMMAND beep c0\n"
     "actuator1 : command actuator1 beep c0\n"
     "controller9 < MESSAGE 1 state_update /1.263412 1 records from 2\n"
     "controller9 < MESSAGE 1 outcome controller9/7/1 done\n"
     "in another session\n"
     "controller9 < MESSAGE 3 hello actuator1\n"
     "controller9 < MESSAGE 3 have actuator1/1.263412 1-2\n"
     "actuator1 : connected controller9\n"
     "controller9 < MESSAGE 1 error (replaced by another link)\n"
     "controller9 < MESSAGE 3 state_update /1.263412 2 records from 1\n"
     "controller9 < MESSAGE 3 outcome controller9/7/1 done\n"
     "after a crash of its target\n"
     "actuator1 is killed\n"
     "actuator1 starts\n"
     "actuator1 : restored topic actuator1 actuator1/beep #2 done\n"
     "actuator1 : started actuator1\n"
     "controller9 < MESSAGE 5 hello actuator1\n"
     "controller9 < MESSAGE 5 have actuator1/2.661160 1-0 actuator1/1.263412 1-2 closed\n"
     "actuator1 : discovered controller9\n"
     "actuator1 : connected controller9\n"
     "controller9 < MESSAGE 5 state_update /1.263412 2 records from 1\n"
     "controller9 < MESSAGE 5 seal /1.263412 up to 2\n"
     "controller9 < MESSAGE 5 outcome controller9/7/1 expired\n"
     "behind its time\n"
     "controller9 < MESSAGE 5 outcome controller9/7/1 expired\n"
     "controller9 < MESSAGE 5 state_update /2.661160 1 records from 1\n"},
};

const struct story *story_command(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
