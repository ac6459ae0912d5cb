/* Stories of carrying: records by way of others, and others who lie about them. */
#include "puppet.h"
#include "story.h"

#include <stdio.h>

static void wall(struct story_stage *s, const char *a, const char *b)
{
    net_wall(s->w, world_host(s->w, a)->index, world_host(s->w, b)->index);
}

/* Some readings, long enough apart from what follows that they are sealed. */
static void measure(struct story_stage *s, double first, int count)
{
    for (int i = 0; i < count; i++)
        story_measure(s, "sensor1", first + i);
    story_wait(s, 4000);
}

static void an_absent_author(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
        {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = STORY_LATER},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 2000);
    measure(s, 21, 3);
    host_leave(s->w, world_host(s->w, "sensor1"));
    story_wait(s, 1000);
    story_forget(s);
    host_start(s->w, world_host(s->w, "controller1"));
    story_settle(s);
}

static void two_that_cannot_hear_each_other(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR},
        {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = 500},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_cut(s, "sensor1", "controller1");
    story_wait(s, 2000);
    story_forget(s);
    measure(s, 21, 1);
    measure(s, 22, 2);
    story_mend(s, "sensor1", "controller1");
    story_wait(s, 6000);
    measure(s, 24, 1);
    story_settle(s);
}

static void a_chain_of_neighbours(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR},
        {.device = "controller1", .role = ROLE_CONTROLLER},
        {.device = "controller2", .role = ROLE_CONTROLLER},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    wall(s, "sensor1", "controller1");
    wall(s, "sensor1", "controller2");
    wall(s, "actuator1", "controller2");
    story_wait(s, 2000);
    story_forget(s);
    measure(s, 21, 2);
    measure(s, 23, 1);
    story_settle(s);
}

/* One seal over all of them, so that they come in runs of which only the last has it behind. */
static void a_carrier_dies_within_a_stretch(struct story_stage *s)
{
    enum { READINGS = 2000 };
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR},
        {.device = "actuator2", .role = ROLE_ACTUATOR},
        {.device = "controller1", .role = ROLE_CONTROLLER, .start_ms = STORY_LATER},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 2000);
    measure(s, 21, READINGS);
    host_leave(s->w, world_host(s->w, "sensor1"));
    story_wait(s, 1000);
    struct host *reader = world_host(s->w, "controller1"), *carrier = NULL;
    host_start(s->w, reader);
    for (int ms = 0; !carrier && ms < 5000; ms++) {
        story_wait(s, 1);
        for (size_t i = 1; i < 3; i++)
            if (node_count(s->w->hosts[i].node, NODE_FETCHES) >= 2)
                carrier = &s->w->hosts[i];
    }
    if (node_count(reader->node, NODE_RECORDS_CARRIED) > 0)
        world_fail(s->w, "the stretch was whole already");
    if (!carrier) {
        world_fail(s->w, "nobody was asked");
        return;
    }
    story_forget(s);
    host_kill(s->w, carrier);
    story_wait(s, 5);
    size_t size = s->size;
    story_wait(s, 300);
    if (node_count(reader->node, NODE_RECORDS_CARRIED) != READINGS)
        world_fail(s->w, "%llu came by way of the other",
                   (unsigned long long)node_count(reader->node, NODE_RECORDS_CARRIED));
    s->size = size; /* two thousand readings: the judge has seen that each came once, in order */
    s->got[size] = '\0';
    story_settle(s);
}

/* controller9 says that it carries sensor1's log to controller1, which nobody else reaches. */

static const struct host_options with_liar[] = {
    {.device = "sensor1", .role = ROLE_SENSOR},
    {.device = "actuator1", .role = ROLE_ACTUATOR},
    {.device = "controller1", .role = ROLE_CONTROLLER},
    {.device = "controller9", .role = ROLE_CONTROLLER, .puppet = true},
};

enum { RECORDS = 3 };

struct lie {
    struct story_stage *s;
    struct host *liar;
    uint64_t link;
    const struct judge_log *log;
};

static void say(struct lie *l, const struct message *m)
{
    puppet_send(l->s->w, l->liar, l->link, m);
}

static struct message_log name_of(const struct lie *l)
{
    return (struct message_log){span_of(l->log->id.device), l->log->id.key, l->log->id.epoch};
}

static void say_offer(struct lie *l)
{
    struct message_entry e = {.log = name_of(l),
                              .first = 1,
                              .last = RECORDS,
                              .sealed = RECORDS,
                              .role_known = true,
                              .role = ROLE_SENSOR};
    say(l, &(struct message){.kind = MESSAGE_HAVE, .have = {.entries = &e, .count = 1}});
}

static void say_certificate(struct lie *l)
{
    char chain[WORLD_CHAIN_BYTES];
    world_certify(l->s->w, &world_host(l->s->w, "sensor1")->self, chain);
    say(l, &(struct message){.kind = MESSAGE_CERTIFICATE,
                             .certificate = {.chain = {chain, sizeof chain}}});
}

static void say_record(struct lie *l, struct span bytes)
{
    say(l, &(struct message){.kind = MESSAGE_STATE_UPDATE,
                             .update = {.log = name_of(l), .bytes = bytes, .count = 1}});
}

static struct span record_of(const struct lie *l, size_t seq)
{
    return l->log->records[seq - 1].bytes;
}

/* The author's own, as anybody can have it. */
static struct message seal_of(const struct lie *l)
{
    struct message m = {.kind = MESSAGE_SEAL,
                        .seal = {.log = name_of(l),
                                 .seq = RECORDS,
                                 .signature_size = 32,
                                 .hashed = true,
                                 .hash = l->log->records[RECORDS - 1].hash}};
    world_sign(l->s->w, &l->log->id, RECORDS, &m.seal.hash, m.seal.signature);
    return m;
}

static struct lie lie_begin(struct story_stage *s)
{
    struct lie l = {.s = s};
    story_begin(s, with_liar, COUNT_OF(with_liar));
    story_cut(s, "sensor1", "controller1");
    story_cut(s, "actuator1", "controller1");
    story_wait(s, 2000);
    measure(s, 21, RECORDS);
    host_leave(s->w, world_host(s->w, "sensor1"));
    story_wait(s, 100);
    l.liar = world_host(s->w, "controller9");
    l.log = judge_log(s->w, SPAN("sensor1"), world_host(s->w, "sensor1")->epoch);
    l.link = puppet_dial(s->w, l.liar, world_host(s->w, "controller1"));
    story_wait(s, 100);
    puppet_greet(s->w, l.liar, l.link, 7);
    story_wait(s, 100);
    story_forget(s);
    s->also[0] = "controller1 > SEND 2 have sensor1";
    s->also[1] = "controller9 < MESSAGE 1 error";
    s->also[2] = "STORE sensor1";
    say_offer(&l);
    story_wait(s, 50);
    say_certificate(&l);
    return l;
}

/* What the liar said is not there; then the honest one is reached, and delivers. */
static void lie_end(struct lie *l)
{
    struct host *victim = world_host(l->s->w, "controller1");
    if (node_count(victim->node, NODE_RECORDS_HEARD) > 0)
        world_fail(l->s->w, "it took something");
    story_mend(l->s, "actuator1", "controller1");
    story_wait(l->s, 6000);
    story_mend(l->s, "sensor1", "controller1");
    l->s->also[0] = l->s->also[2] = NULL;
    story_settle(l->s);
}

static void a_carrier_alters_a_record(struct story_stage *s)
{
    struct lie l = lie_begin(s);
    char altered[512];
    struct span second = record_of(&l, 2);
    snprintf(altered, sizeof altered, "%.*s", (int)second.size, second.bytes);
    memcpy(strstr(altered, "\"value\":22"), "\"value\":29", 10);
    struct message seal = seal_of(&l);
    for (int i = 0; i < 4; i++) { /* whenever it is asked */
        say_record(&l, record_of(&l, 1));
        say_record(&l, span_of(altered));
        say_record(&l, record_of(&l, 3));
        say(&l, &seal);
        story_wait(s, 100);
    }
    lie_end(&l);
}

static void a_carrier_drops_a_record(struct story_stage *s)
{
    struct lie l = lie_begin(s);
    for (int i = 0; i < 4; i++) {
        say_record(&l, record_of(&l, 1));
        say_record(&l, record_of(&l, 3));
        story_wait(s, 100);
    }
    lie_end(&l);
}

static void a_carrier_swaps_two_records(struct story_stage *s)
{
    struct lie l = lie_begin(s);
    struct message seal = seal_of(&l);
    for (int i = 0; i < 4; i++) {
        say_record(&l, record_of(&l, 2));
        say_record(&l, record_of(&l, 1));
        say_record(&l, record_of(&l, 3));
        say(&l, &seal);
        story_wait(s, 100);
    }
    lie_end(&l);
}

static void a_carrier_forges_a_seal(struct story_stage *s)
{
    struct lie l = lie_begin(s);
    struct message seal = seal_of(&l);
    seal.seal.signature[0] ^= 1;
    for (size_t seq = 1; seq <= RECORDS; seq++)
        say_record(&l, record_of(&l, seq));
    say(&l, &seal);
    story_wait(s, 100);
    lie_end(&l);
}

static void a_carrier_forges_a_certificate(struct story_stage *s)
{
    struct lie l = lie_begin(s);
    say_certificate(&l); /* one may stand before a proof; none does */
    say(&l, &(struct message){.kind = MESSAGE_CERTIFICATE,
                              .certificate = {.chain = SPAN("sensor1, says who?")}});
    say_offer(&l); /* the first was passed over: nobody waited for a second */
    story_wait(s, 100);
    struct message seal = seal_of(&l);
    for (size_t seq = 1; seq <= RECORDS; seq++)
        say_record(&l, record_of(&l, seq));
    seal.seal.seq = RECORDS + 1; /* beyond the log: it is asked for again, */
    say(&l, &seal);
    story_wait(s, 100);
    say(&l, &(struct message){.kind = MESSAGE_CERTIFICATE, /* and so may its author's be shown */
                              .certificate = {.chain = SPAN("sensor1, says who?")}});
    story_wait(s, 100);
    lie_end(&l);
}

static const struct story stories[] = {
    {"an_absent_authors_records_reach_a_newcomer", an_absent_author,
     "controller1 starts\n"
     "controller1 : started controller1\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"},
    {"two_that_cannot_hear_each_other_hear_by_a_third", two_that_cannot_hear_each_other,
     "actuator1 : reading sensor1 sensor1/temperature #1 21\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 22\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"
     "sensor1 : discovered controller1\n"
     "sensor1 : connected controller1\n"
     "controller1 : discovered sensor1\n"
     "controller1 : connected sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #4 24\n"
     "controller1 : reading sensor1 sensor1/temperature #4 24\n"},
    {"neighbours_pass_on_what_they_hear", a_chain_of_neighbours,
     "actuator1 : reading sensor1 sensor1/temperature #1 21\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 22\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "controller2 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller2 : reading sensor1 sensor1/temperature #1 21\n"
     "controller2 : reading sensor1 sensor1/temperature #2 22\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller2 : reading sensor1 sensor1/temperature #3 23\n"},
    {"a_carrier_that_dies_within_a_stretch_is_replaced", a_carrier_dies_within_a_stretch,
     "actuator1 is killed\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : update actuator1 actuator1/fan #2 on\n"
     "actuator2 : lost actuator1 (connection reset)\n"
     "controller1 : lost actuator1 (connection reset)\n"
     "controller1 : update actuator2 actuator2/fan #1 off\n"
     "controller1 : update actuator2 actuator2/fan #2 on\n"},
    {"a_carrier_that_alters_a_record_is_not_believed", a_carrier_alters_a_record,
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0\n"
     "controller1 : lost controller9 (no sign of life)\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller1 > #7 STORE sensor1/1.943853 1-3\n"},
    {"a_carrier_that_drops_a_record_is_not_believed", a_carrier_drops_a_record,
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0\n"
     "controller1 : lost controller9 (no sign of life)\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller1 > #8 STORE sensor1/1.943853 1-3\n"},
    {"a_carrier_that_swaps_records_is_not_believed", a_carrier_swaps_two_records,
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0\n"
     "controller1 : lost controller9 (no sign of life)\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller1 > #7 STORE sensor1/1.943853 1-3\n"},
    {"a_carrier_that_forges_a_seal_is_refused", a_carrier_forges_a_seal,
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 : refused controller9 (a seal that does not hold)\n"
     "controller9 < MESSAGE 1 error (a seal that does not hold)\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller1 > #8 STORE sensor1/1.943853 1-3\n"},
    {"a_carrier_that_forges_a_certificate_is_refused", a_carrier_forges_a_certificate,
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 > SEND 2 have sensor1/1.943853 1-0 wants records\n"
     "controller1 : refused controller9 (it introduces a device of another network)\n"
     "controller9 < MESSAGE 1 error (it introduces a device of another network)\n"
     "controller1 : discovered actuator1\n"
     "controller1 : connected actuator1\n"
     "actuator1 : discovered controller1\n"
     "actuator1 : connected controller1\n"
     "controller1 : update actuator1 actuator1/fan #1 off\n"
     "controller1 : reading sensor1 sensor1/temperature #1 21\n"
     "controller1 : reading sensor1 sensor1/temperature #2 22\n"
     "controller1 : reading sensor1 sensor1/temperature #3 23\n"
     "controller1 > #8 STORE sensor1/1.943853 1-3\n"},
};

const struct story *story_carry(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
