/* Stories of authors that sign two contents: who hears of it, and what becomes of them. */
#include "core/view.h"
#include "puppet.h"
#include "story.h"

#include <stdio.h>

enum { LIFE = 7, LATER = 9 };

static const struct host_options two_sides[] = {
    {.device = "actuator1", .role = ROLE_ACTUATOR},
    {.device = "controller1", .role = ROLE_CONTROLLER},
    {.device = "sensor9", .role = ROLE_SENSOR, .puppet = true},
};

/* observer1 meets neither sensor9 nor controller1; observer2 comes late. */
static const struct host_options four_sides[] = {
    {.device = "actuator1", .role = ROLE_ACTUATOR},
    {.device = "controller1", .role = ROLE_CONTROLLER},
    {.device = "sensor9", .role = ROLE_SENSOR, .puppet = true},
    {.device = "observer1", .role = ROLE_OBSERVER},
    {.device = "observer2", .role = ROLE_OBSERVER, .start_ms = STORY_LATER},
};

static uint64_t meet(struct story_stage *s, const char *to, uint64_t epoch)
{
    struct world *w = s->w;
    struct host *forker = world_host(w, "sensor9");
    uint64_t link = puppet_dial(w, forker, world_host(w, to));
    story_wait(s, 100);
    puppet_greet(w, forker, link, epoch);
    return link;
}

static struct span write(char text[256], uint64_t epoch, uint64_t seq, int value)
{
    int size = snprintf(text, 256,
                        "{\"type\":\"temperature\",\"device\":\"sensor9\",\"epoch\":%llu,"
                        "\"seq\":%llu,\"ts\":1760000000000,\"value\":%d}",
                        (unsigned long long)epoch, (unsigned long long)seq, value);
    return (struct span){text, (size_t)size};
}

/* Records 1 to `count` of that value, and the seal over them. */
static void tell_and_sign(struct story_stage *s, const char *to, uint64_t epoch, int value,
                          uint64_t count)
{
    struct world *w = s->w;
    struct host *forker = world_host(w, "sensor9");
    uint64_t link = meet(s, to, epoch);
    struct message seal = {.kind = MESSAGE_SEAL,
                           .seal = {.log = {.epoch = epoch}, .seq = count, .signature_size = 32}};
    struct chain_hash hash = {{0}};
    for (uint64_t seq = 1; seq <= count; seq++) {
        char text[256];
        struct span record = write(text, epoch, seq, value);
        puppet_record(w, forker, link, epoch, text);
        world_hash(&hash, &hash, record);
    }
    struct log_id id = {.key = forker->self.key, .epoch = epoch};
    memcpy(id.device, forker->self.device, sizeof id.device);
    world_sign(w, &id, count, &hash, seal.seal.signature);
    puppet_send(w, forker, link, &seal);
    story_wait(s, 100);
}

static const struct proof *proof_at(struct story_stage *s, const char *device)
{
    const struct proof *proof = NULL;
    size_t at = 0, count = 0;
    while (view_fork_next(world_host(s->w, device)->node, &at, &proof))
        count++;
    if (count != 1)
        world_fail(s->w, "%s knows of %zu forks", device, count);
    return proof;
}

static void fork_is_seen(struct story_stage *s, const char *device, uint64_t epoch)
{
    const struct proof *proof = proof_at(s, device);
    if (proof && (proof->id.epoch != epoch || strcmp(proof->id.device, "sensor9") != 0))
        world_fail(s->w, "%s knows of another fork", device);
}

static void begin(struct story_stage *s, const struct host_options *hosts, size_t count)
{
    story_begin(s, hosts, count);
    story_wait(s, 2000);
    story_cut(s, "actuator1", "controller1");
    story_wait(s, 4000);
    story_forget(s);
}

/* Within ten seconds of the heal. */
static void heal(struct story_stage *s)
{
    story_wait(s, 1000);
    story_mend(s, "actuator1", "controller1");
    story_wait(s, 10000);
}

static void unlike_contents(struct story_stage *s, uint64_t first, uint64_t second)
{
    begin(s, two_sides, COUNT_OF(two_sides));
    tell_and_sign(s, "actuator1", LIFE, 20, first);
    tell_and_sign(s, "controller1", LIFE, 21, second);
    heal(s);
    fork_is_seen(s, "actuator1", LIFE);
    fork_is_seen(s, "controller1", LIFE);
}

static void of_one_length(struct story_stage *s)
{
    unlike_contents(s, 1, 1);
}

static void of_unlike_lengths(struct story_stage *s)
{
    unlike_contents(s, 1, 3);
}

static void one_content_of_unlike_lengths(struct story_stage *s)
{
    begin(s, two_sides, COUNT_OF(two_sides));
    tell_and_sign(s, "actuator1", LIFE, 20, 2);
    tell_and_sign(s, "controller1", LIFE, 20, 4);
    heal(s);
    for (size_t i = 0; i < 2; i++)
        if (node_count(s->w->hosts[i].node, NODE_FORKS) > 0)
            world_fail(s->w, "it only grew");
}

static void begin_four(struct story_stage *s)
{
    story_begin(s, four_sides, COUNT_OF(four_sides));
    net_wall(s->w, world_host(s->w, "observer1")->index, world_host(s->w, "controller1")->index);
    net_wall(s->w, world_host(s->w, "observer2")->index, world_host(s->w, "controller1")->index);
    story_wait(s, 2000);
    story_cut(s, "actuator1", "controller1");
    story_wait(s, 4000);
    story_forget(s);
}

static void third_peers_hear_of_it(struct story_stage *s)
{
    begin_four(s);
    tell_and_sign(s, "actuator1", LIFE, 20, 1);
    tell_and_sign(s, "controller1", LIFE, 21, 3);
    heal(s);
    fork_is_seen(s, "actuator1", LIFE);
    fork_is_seen(s, "observer1", LIFE);
    story_forget(s);
    host_leave(s->w, world_host(s->w, "controller1"));
    host_start(s->w, world_host(s->w, "observer2")); /* it has neither content */
    story_wait(s, 4000);
    fork_is_seen(s, "observer2", LIFE);
}

static void a_restart(struct story_stage *s)
{
    unlike_contents(s, 1, 3);
    struct host *actuator = world_host(s->w, "actuator1");
    host_leave(s->w, world_host(s->w, "controller1"));
    story_wait(s, 1000);
    host_kill(s->w, actuator);
    story_wait(s, 100);
    story_forget(s);
    host_start(s->w, actuator);
    story_wait(s, 2000);
    fork_is_seen(s, "actuator1", LIFE);
    tell_and_sign(s, "actuator1", LATER, 26, 2);
    story_wait(s, 1000);
    if (node_count(actuator->node, NODE_RECORDS_HEARD) > 0)
        world_fail(s->w, "it took something of a key that has forked");
}

static void an_earlier_life(struct story_stage *s)
{
    begin(s, two_sides, COUNT_OF(two_sides));
    tell_and_sign(s, "actuator1", LIFE, 20, 2);
    tell_and_sign(s, "controller1", LIFE, 21, 3);
    tell_and_sign(s, "actuator1", LATER, 22, 1);
    tell_and_sign(s, "controller1", LATER, 22, 1);
    heal(s);
    fork_is_seen(s, "actuator1", LIFE);
    fork_is_seen(s, "controller1", LIFE);
}

static const struct story stories[] = {
    {"who_signs_two_contents_is_reported_by_both_sides", of_one_length,
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 20\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "actuator1 > ACT fan off\n"
     "controller1 : discovered sensor9\n"
     "controller1 : connected sensor9\n"
     "controller1 : reading sensor9 sensor9/temperature #1 21\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : forked sensor9\n"
     "actuator1 : forked sensor9\n"
     "actuator1 : lost sensor9 (no sign of life)\n"
     "controller1 : lost sensor9 (no sign of life)\n"},
    {"contents_of_unlike_length_are_reported_by_both_sides", of_unlike_lengths,
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 20\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "actuator1 > ACT fan off\n"
     "controller1 : discovered sensor9\n"
     "controller1 : connected sensor9\n"
     "controller1 : reading sensor9 sensor9/temperature #1 21\n"
     "controller1 : reading sensor9 sensor9/temperature #2 21\n"
     "controller1 : reading sensor9 sensor9/temperature #3 21\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : forked sensor9\n"
     "actuator1 : forked sensor9\n"
     "actuator1 : lost sensor9 (no sign of life)\n"
     "controller1 : lost sensor9 (no sign of life)\n"},
    {"a_log_that_grew_on_one_side_is_no_fork", one_content_of_unlike_lengths,
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 20\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "actuator1 : reading sensor9 sensor9/temperature #2 20\n"
     "actuator1 > ACT fan off\n"
     "controller1 : discovered sensor9\n"
     "controller1 : connected sensor9\n"
     "controller1 : reading sensor9 sensor9/temperature #1 20\n"
     "controller1 : reading sensor9 sensor9/temperature #2 20\n"
     "controller1 : reading sensor9 sensor9/temperature #3 20\n"
     "controller1 : reading sensor9 sensor9/temperature #4 20\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 : lost sensor9 (no sign of life)\n"
     "controller1 : lost sensor9 (no sign of life)\n"
     "actuator1 : reading sensor9 sensor9/temperature #3 20\n"
     "actuator1 : reading sensor9 sensor9/temperature #4 20\n"},
    {"third_peers_and_a_newcomer_hear_of_a_fork", third_peers_hear_of_it,
     "controller1 : stopped controller1\n"
     "controller1 > EXIT 0\n"
     "controller1 ends with 0\n"
     "observer2 starts\n"
     "observer2 : started observer2\n"
     "actuator1 : left controller1\n"
     "observer2 : discovered actuator1\n"
     "observer2 : connected actuator1\n"
     "observer2 : discovered observer1\n"
     "observer2 : connected observer1\n"
     "actuator1 : discovered observer2\n"
     "actuator1 : connected observer2\n"
     "observer1 : discovered observer2\n"
     "observer1 : connected observer2\n"
     "observer2 : update actuator1 actuator1/fan #1 off\n"
     "observer2 : forked sensor9\n"},
    {"a_fork_is_known_after_a_restart_and_nothing_more_is_taken", a_restart,
     "actuator1 starts\n"
     "actuator1 : restored topic actuator1 actuator1/fan #1 off\n"
     "actuator1 : started actuator1\n"
     "actuator1 : forked sensor9\n"
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"},
    {"two_contents_of_an_earlier_life_are_found", an_earlier_life,
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 20\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "actuator1 : reading sensor9 sensor9/temperature #2 20\n"
     "actuator1 > ACT fan off\n"
     "controller1 : discovered sensor9\n"
     "controller1 : connected sensor9\n"
     "controller1 : reading sensor9 sensor9/temperature #1 21\n"
     "controller1 : reading sensor9 sensor9/temperature #2 21\n"
     "controller1 : reading sensor9 sensor9/temperature #3 21\n"
     "actuator1 : reconnected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 22\n"
     "controller1 : reconnected sensor9\n"
     "controller1 : reading sensor9 sensor9/temperature #1 22\n"
     "actuator1 : reconnected controller1\n"
     "controller1 : reconnected actuator1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : forked sensor9\n"
     "actuator1 : forked sensor9\n"
     "actuator1 : lost sensor9 (no sign of life)\n"
     "controller1 : lost sensor9 (no sign of life)\n"},
};

const struct story *story_fork(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
