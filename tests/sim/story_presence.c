/* Stories of who is there: what each says of the others after each fault, and from when on. */
#include "story.h"

#include "core/view.h"

static const struct host_options three[] = {
    {.device = "sensor1", .role = ROLE_SENSOR},
    {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
    {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = 800},
};

static const struct host_options four[] = {
    {.device = "sensor1", .role = ROLE_SENSOR},
    {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
    {.device = "sensor2", .role = ROLE_SENSOR, .start_ms = 800},
    {.device = "sensor3", .role = ROLE_SENSOR, .start_ms = 900},
};

static void meet(struct story_stage *s, const struct host_options *hosts, size_t count)
{
    story_begin(s, hosts, count);
    story_wait(s, 4000);
    story_forget(s);
}

static struct host *host(struct story_stage *s, const char *device)
{
    return world_host(s->w, device);
}

/* What a person at `who` is told of `whom`, as a line of the trace. */
static void look(struct story_stage *s, const char *who, const char *whom)
{
    const struct host *h = host(s, who);
    struct view_peer peer;
    size_t at = 0;
    while (view_peer_next(h->node, host_now_ms(s->w, h), &at, &peer)) {
        if (strcmp(peer.device, whom) != 0)
            continue;
        trace_note(s->w, "%s sees %s %s%s%s", who, whom, view_presence_text(peer.presence),
                   peer.evidence[0] == '\0' ? "" : ": ", peer.evidence);
        return;
    }
    trace_note(s->w, "%s knows no %s", who, whom);
}

static void alarms(struct story_stage *s, const char *who)
{
    const struct node *n = host(s, who)->node;
    trace_note(s->w, "%s counts %llu lost, %llu silent, %llu false, %llu late", who,
               (unsigned long long)node_count(n, NODE_SESSIONS_LOST),
               (unsigned long long)node_count(n, NODE_SESSIONS_SILENT),
               (unsigned long long)node_count(n, NODE_FALSE_ALARMS),
               (unsigned long long)node_count(n, NODE_LATE_TURNS));
}

static void a_silent_death_is_told_within_three_seconds(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    host_power_cut(s->w, host(s, "sensor1"));
    story_wait(s, 1200);
    look(s, "actuator1", "sensor1");
    story_wait(s, 1800);
    look(s, "actuator1", "sensor1");
    look(s, "controller1", "sensor1");
    look(s, "actuator1", "controller1");
    alarms(s, "actuator1");
}

static void silence_is_suspected_first(struct story_stage *s)
{
    s->also[0] = " ping";
    s->also[1] = " pong";
    meet(s, three, COUNT_OF(three));
    net_cut(s->w, host(s, "sensor1")->index, host(s, "actuator1")->index);
    story_wait(s, 1700);
    look(s, "actuator1", "sensor1");
    net_mend(s->w, host(s, "sensor1")->index, host(s, "actuator1")->index);
    story_wait(s, 800); /* what was under way is sent again */
    look(s, "actuator1", "sensor1");
    story_wait(s, 3000);
    alarms(s, "actuator1");
}

static void a_reset_is_told_at_once(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    host_kill(s->w, host(s, "sensor1"));
    story_wait(s, 2);
    look(s, "actuator1", "sensor1");
    look(s, "controller1", "sensor1");
}

static void a_one_way_cut_is_offline_on_both_sides_and_heals(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    net_cut(s->w, host(s, "sensor1")->index, host(s, "actuator1")->index);
    story_wait(s, 9000);
    look(s, "actuator1", "sensor1");
    look(s, "sensor1", "actuator1");
    look(s, "controller1", "sensor1");
    look(s, "controller1", "actuator1");
    net_mend(s->w, host(s, "sensor1")->index, host(s, "actuator1")->index);
    story_settle(s);
    look(s, "actuator1", "sensor1");
    look(s, "sensor1", "actuator1");
}

/* The machine's power was gone for a second: nobody had time to miss it. */
static void a_restart_faster_than_the_time_out_is_seen_as_one(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    host_power_cut(s->w, host(s, "sensor1"));
    story_wait(s, 1000);
    host_start(s->w, host(s, "sensor1"));
    story_wait(s, 1500);
    look(s, "actuator1", "sensor1");
    look(s, "controller1", "sensor1");
    alarms(s, "actuator1");
}

static void a_suspended_laptop_accuses_nobody(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    host_freeze(s->w, host(s, "controller1"), 60000);
    story_wait(s, 59999);
    look(s, "actuator1", "controller1");
    story_wait(s, 1000);
    look(s, "controller1", "sensor1");
    look(s, "controller1", "actuator1");
    look(s, "actuator1", "controller1");
    alarms(s, "controller1");
}

/* The cable was out as well: nothing of the others waits to be read. */
static void a_laptop_suspended_without_network_heals(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    story_cut(s, "controller1", "sensor1");
    story_cut(s, "controller1", "actuator1");
    host_freeze(s->w, host(s, "controller1"), 60000);
    story_wait(s, 60000);
    story_mend(s, "controller1", "sensor1");
    story_mend(s, "controller1", "actuator1");
    story_wait(s, 1000);
    look(s, "controller1", "sensor1");
    look(s, "controller1", "actuator1");
    look(s, "actuator1", "controller1");
    alarms(s, "controller1");
}

/* When it goes on its timer comes before what the others sent meanwhile. They may find it too slow;
 * it finds nobody so. */
static void an_overloaded_observer_does_not_accuse(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    for (int i = 0; i < 10; i++) {
        host_freeze(s->w, host(s, "actuator1"), 1900);
        story_wait(s, 2000);
    }
    look(s, "actuator1", "sensor1");
    look(s, "actuator1", "controller1");
    alarms(s, "actuator1");
}

static void who_is_too_slow_is_a_false_alarm_of_the_others(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    host_freeze(s->w, host(s, "actuator1"), 4000);
    story_wait(s, 5000);
    look(s, "sensor1", "actuator1");
    alarms(s, "sensor1");
    alarms(s, "controller1");
    alarms(s, "actuator1");
}

static void goodbye_and_death_are_told_apart_by_everybody(struct story_stage *s)
{
    meet(s, four, COUNT_OF(four));
    look(s, "sensor3", "sensor1");
    host_leave(s->w, host(s, "sensor2"));
    host_power_cut(s->w, host(s, "sensor1"));
    story_wait(s, 3000);
    look(s, "actuator1", "sensor1");
    look(s, "actuator1", "sensor2");
    look(s, "sensor3", "sensor1");
    look(s, "sensor3", "sensor2");
    story_wait(s, 16000);
    look(s, "sensor3", "sensor1");
    look(s, "sensor3", "sensor2");
    look(s, "actuator1", "sensor1");
    look(s, "actuator1", "sensor2");
}

static void who_was_seen_last_is_kept_across_restarts(struct story_stage *s)
{
    meet(s, four, COUNT_OF(four));
    host_kill(s->w, host(s, "sensor1"));
    host_leave(s->w, host(s, "sensor2"));
    story_wait(s, 5000);
    host_kill(s->w, host(s, "actuator1"));
    host_kill(s->w, host(s, "sensor3"));
    story_wait(s, 10);
    host_start(s->w, host(s, "actuator1"));
    host_start(s->w, host(s, "sensor3"));
    story_forget(s);
    story_wait(s, 3000);
    look(s, "actuator1", "sensor1");
    look(s, "actuator1", "sensor2");
    look(s, "actuator1", "sensor3");
    look(s, "sensor3", "sensor1");
    look(s, "sensor3", "sensor2");
}

static void a_new_address_is_found(struct story_stage *s)
{
    meet(s, three, COUNT_OF(three));
    host_move(s->w, host(s, "sensor1"));
    story_wait(s, 6000);
    look(s, "actuator1", "sensor1");
    look(s, "controller1", "sensor1");
    look(s, "sensor1", "actuator1");
}

static const struct story stories[] = {
    {"a_silent_death_is_told_within_three_seconds", a_silent_death_is_told_within_three_seconds,
     "sensor1 loses power\n"
     "actuator1 sees sensor1 online\n"
     "controller1 : lost sensor1 (no sign of life)\n"
     "actuator1 : lost sensor1 (no sign of life)\n"
     "actuator1 sees sensor1 offline: no sign of life for 2.6 s\n"
     "controller1 sees sensor1 offline: no sign of life for 2.6 s\n"
     "actuator1 sees controller1 online\n"
     "actuator1 counts 1 lost, 1 silent, 0 false, 0 late\n"},
    {"silence_is_suspected_first", silence_is_suspected_first,

     "actuator1 > SEND 1 ping\n"
     "sensor1 < MESSAGE 2 ping\n"
     "sensor1 > SEND 2 pong\n"
     "actuator1 sees sensor1 suspect: no sign of life for 1.8 s\n"
     "actuator1 < MESSAGE 1 pong\n"
     "actuator1 sees sensor1 online\n"
     "actuator1 counts 0 lost, 0 silent, 0 false, 0 late\n"},
    {"a_reset_is_told_at_once", a_reset_is_told_at_once,
     "sensor1 is killed\n"
     "controller1 : lost sensor1 (connection reset)\n"
     "actuator1 : lost sensor1 (connection reset)\n"
     "actuator1 sees sensor1 offline: connection reset\n"
     "controller1 sees sensor1 offline: connection reset\n"},
    {"a_one_way_cut_is_offline_on_both_sides_and_heals",
     a_one_way_cut_is_offline_on_both_sides_and_heals,
     "actuator1 : lost sensor1 (no sign of life)\n"
     "sensor1 : lost actuator1 (closed by the other side)\n"
     "actuator1 sees sensor1 offline: no sign of life for 2.6 s\n"
     "sensor1 sees actuator1 offline: closed by the other side; its calls come\n"
     "controller1 sees sensor1 online\n"
     "controller1 sees actuator1 online\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 : reconnected sensor1\n"
     "actuator1 sees sensor1 online\n"
     "sensor1 sees actuator1 online\n"},
    {"a_restart_faster_than_the_time_out_is_seen_as_one",
     a_restart_faster_than_the_time_out_is_seen_as_one,
     "sensor1 loses power\n"
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "sensor1 : discovered controller1\n"
     "sensor1 : connected controller1\n"
     "actuator1 : reconnected sensor1\n"
     "controller1 : reconnected sensor1\n"
     "actuator1 sees sensor1 online\n"
     "controller1 sees sensor1 online\n"
     "actuator1 counts 0 lost, 0 silent, 0 false, 0 late\n"},
    {"a_suspended_laptop_accuses_nobody", a_suspended_laptop_accuses_nobody,
     "controller1 stands still\n"
     "actuator1 : lost controller1 (no sign of life)\n"
     "sensor1 : lost controller1 (no sign of life)\n"
     "actuator1 sees controller1 offline: no sign of life for 2.6 s\n"
     "controller1 : lost actuator1 (closed by the other side)\n"
     "controller1 : lost sensor1 (closed by the other side)\n"
     "controller1 : reconnected sensor1\n"
     "sensor1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "actuator1 : reconnected controller1\n"
     "controller1 sees sensor1 online\n"
     "controller1 sees actuator1 online\n"
     "actuator1 sees controller1 online\n"
     "controller1 counts 2 lost, 0 silent, 0 false, 1 late\n"},
    {"a_laptop_suspended_without_network_heals", a_laptop_suspended_without_network_heals,
     "controller1 stands still\n"
     "actuator1 : lost controller1 (no sign of life)\n"
     "sensor1 : lost controller1 (no sign of life)\n"
     "controller1 : lost sensor1 (closed by the other side)\n"
     "controller1 : lost actuator1 (closed by the other side)\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "sensor1 : reconnected controller1\n"
     "controller1 : reconnected sensor1\n"
     "controller1 sees sensor1 online\n"
     "controller1 sees actuator1 online\n"
     "actuator1 sees controller1 online\n"
     "controller1 counts 2 lost, 0 silent, 0 false, 1 late\n"},
    {"an_overloaded_observer_does_not_accuse", an_overloaded_observer_does_not_accuse,
     "actuator1 stands still\n"
     "controller1 : lost actuator1 (no sign of life)\n"
     "actuator1 : lost controller1 (closed by the other side)\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 stands still\n"
     "actuator1 sees sensor1 online\n"
     "actuator1 sees controller1 online\n"
     "actuator1 counts 1 lost, 0 silent, 0 false, 10 late\n"},
    {"who_is_too_slow_is_a_false_alarm_of_the_others",
     who_is_too_slow_is_a_false_alarm_of_the_others,
     "actuator1 stands still\n"
     "controller1 : lost actuator1 (no sign of life)\n"
     "sensor1 : lost actuator1 (no sign of life)\n"
     "actuator1 : lost controller1 (closed by the other side)\n"
     "actuator1 : lost sensor1 (closed by the other side)\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 sees actuator1 online\n"
     "sensor1 counts 1 lost, 1 silent, 1 false, 0 late\n"
     "controller1 counts 1 lost, 1 silent, 1 false, 0 late\n"
     "actuator1 counts 2 lost, 0 silent, 0 false, 1 late\n"},
    {"goodbye_and_death_are_told_apart_by_everybody", goodbye_and_death_are_told_apart_by_everybody,
     "sensor3 sees sensor1 online: its calls come; no session is needed\n"
     "sensor2 : stopped sensor2\n"
     "sensor2 > EXIT 0\n"
     "sensor2 ends with 0\n"
     "sensor1 loses power\n"
     "actuator1 : left sensor2\n"
     "actuator1 : lost sensor1 (no sign of life)\n"
     "actuator1 sees sensor1 offline: no sign of life for 2.6 s\n"
     "actuator1 sees sensor2 left: it said goodbye\n"
     "sensor3 sees sensor1 online: its calls come; no session is needed\n"
     "sensor3 sees sensor2 left: it said goodbye\n"
     "sensor3 sees sensor1 offline: no sign of life for 21.7 s\n"
     "sensor3 sees sensor2 left: it said goodbye\n"
     "actuator1 sees sensor1 offline: no sign of life for 2.6 s\n"
     "actuator1 sees sensor2 left: it said goodbye\n"},
    {"who_was_seen_last_is_kept_across_restarts", who_was_seen_last_is_kept_across_restarts,
     "sensor3 : discovered actuator1\n"
     "sensor3 : connected actuator1\n"
     "actuator1 : discovered sensor3\n"
     "actuator1 : connected sensor3\n"
     "actuator1 sees sensor1 offline: connection reset\n"
     "actuator1 sees sensor2 left: it said goodbye\n"
     "actuator1 sees sensor3 online\n"
     "sensor3 sees sensor1 offline: not met since this peer started\n"
     "sensor3 sees sensor2 left: it said goodbye\n"},
    {"a_new_address_is_found", a_new_address_is_found,
     "sensor1 has another address\n"
     "controller1 : lost sensor1 (no sign of life)\n"
     "sensor1 : lost controller1 (no sign of life)\n"
     "controller1 : reconnected sensor1\n"
     "sensor1 : reconnected controller1\n"
     "actuator1 : lost sensor1 (no sign of life)\n"
     "sensor1 : lost actuator1 (no sign of life)\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 : reconnected actuator1\n"
     "actuator1 sees sensor1 online\n"
     "controller1 sees sensor1 online\n"
     "sensor1 sees actuator1 online\n"},
};

const struct story *story_presence(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
