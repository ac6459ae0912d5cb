/* Stories of harm: disks that fail or are put back, clocks that step, and peers that lie. */
#include "puppet.h"
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

static void a_backup_put_back(struct story_stage *s)
{
    s->also[0] = "> EPOCH";
    meet(s);
    struct host *sensor = world_host(s->w, "sensor1");
    story_measure(s, "sensor1", 24);
    story_wait(s, 1000);
    host_backup(sensor);
    for (int life = 0; life < 2; life++) {
        host_kill(s->w, sensor);
        host_start(s->w, sensor);
        story_wait(s, 2000);
        story_measure(s, "sensor1", 26 + life);
        story_wait(s, 4000);
    }
    host_kill(s->w, sensor);
    host_backup_back(s->w, sensor);
    host_start(s->w, sensor);
    story_wait(s, 3000);
    story_measure(s, "sensor1", 23);
    story_settle(s);
}

static void a_full_disk_acknowledges_nothing(struct story_stage *s)
{
    s->also[0] = "SEND 1 ack";
    s->also[1] = "actuator1 < STORE_";
    meet(s);
    struct host *actuator = world_host(s->w, "actuator1");
    story_measure(s, "sensor1", 24);
    story_wait(s, 5000);
    actuator->disk.full = true;
    story_measure(s, "sensor1", 26);
    story_wait(s, 6000);
    actuator->disk.full = false;
    story_settle(s);
}

static void a_sensor_with_a_full_disk(struct story_stage *s)
{
    meet(s);
    struct host *sensor = world_host(s->w, "sensor1");
    story_measure(s, "sensor1", 24);
    story_wait(s, 4000);
    sensor->disk.full = true;
    story_measure(s, "sensor1", 26);
    story_wait(s, 1000);
    story_measure(s, "sensor1", 27);
    story_wait(s, 1000);
    sensor->disk.full = false;
    story_wait(s, 3000);
    story_measure(s, "sensor1", 28);
    story_settle(s);
}

static void clocks_step(struct story_stage *s)
{
    static const int64_t steps_ms[] = {3600000, -3600000, 31536000000, -31536000000,
                                       -(int64_t)WORLD_WALL_MS};
    meet(s);
    for (size_t i = 0; i < COUNT_OF(steps_ms); i++) {
        world_host(s->w, "sensor1")->wall_offset_ms = steps_ms[i];
        story_wait(s, 3000);
        story_measure(s, "sensor1", i % 2 == 0 ? 26 : 24);
        story_wait(s, 3000);
    }
    story_settle(s);
}

static void another_key(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
        {.device = "sensor1", .role = ROLE_SENSOR, .key = 1, .start_ms = 3000},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 4000);
    story_measure(s, "sensor1", 26);
    story_wait(s, 2500);
}

static void the_same_key_takes_over(struct story_stage *s)
{
    static const struct host_options hosts[] = {
        {.device = "sensor1", .role = ROLE_SENSOR},
        {.device = "actuator1", .role = ROLE_ACTUATOR, .start_ms = 500},
        {.device = "sensor1", .role = ROLE_SENSOR, .start_ms = STORY_LATER},
    };
    story_begin(s, hosts, COUNT_OF(hosts));
    story_wait(s, 2000);
    story_measure(s, "sensor1", 24);
    story_wait(s, 4000);
    disk_copy(&s->w->hosts[2].disk, &s->w->hosts[0].disk); /* the machine was cloned */
    host_start(s->w, &s->w->hosts[2]);
    story_wait(s, 3000);
    host_measure(s->w, &s->w->hosts[2], SPAN("temperature"), value_number(26));
    story_wait(s, 4000);
}

static void old_and_forged_hellos(struct story_stage *s)
{
    s->also[0] = "DIAL";
    s->also[1] = "HELLO answer";
    meet(s);
    struct world *w = s->w;
    story_wait(s, 20000);
    uint64_t stale = node_count(world_host(w, "actuator1")->node, NODE_HELLOS_STALE);
    for (size_t i = 0; i < DATAGRAM_HISTORY; i++) {
        struct datagram said = w->net.history[i];
        if (said.size == 0)
            continue;
        struct span bytes = {said.bytes, said.size};
        datagram_forge(w, 0, 4444, (struct address){0}, bytes);
        said.bytes[said.size / 2] ^= 1;
        datagram_forge(w, 0, 4444, (struct address){0}, bytes);
        datagram_forge(w, 0, 4444, (struct address){0}, SPAN("{\"type\":\"hello\",\"device\":7}"));
    }
    story_wait(s, 3000);
    if (node_count(world_host(w, "actuator1")->node, NODE_HELLOS_STALE) < stale + 3)
        world_fail(w, "old hellos were not counted");
    story_settle(s);
}

/* Peers that lie. */

static const struct host_options with_liar[] = {
    {.device = "actuator1", .role = ROLE_ACTUATOR},
    {.device = "sensor9", .role = ROLE_SENSOR, .puppet = true},
};

static uint64_t liar_meets(struct story_stage *s)
{
    s->also[0] = "sensor9 < MESSAGE 1 error";
    s->also[1] = "sensor9 < LINK_DOWN";
    s->also[2] = "STORE sensor9";
    story_begin(s, with_liar, COUNT_OF(with_liar));
    story_wait(s, 1000);
    struct host *liar = world_host(s->w, "sensor9");
    uint64_t link = puppet_dial(s->w, liar, world_host(s->w, "actuator1"));
    story_wait(s, 100);
    return link;
}

static void say(struct story_stage *s, uint64_t link, const char *record)
{
    puppet_record(s->w, world_host(s->w, "sensor9"), link, 7, record);
    story_wait(s, 100);
}

static const char honest[] = "{\"type\":\"temperature\",\"device\":\"sensor9\",\"epoch\":7,\"seq\":"
                             "1,\"ts\":1760000000000,\"value\":26}";

static void beyond_its_role(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    puppet_greet(s->w, world_host(s->w, "sensor9"), link, 7);
    story_wait(s, 100);
    say(s, link, honest);
    say(s, link,
        "{\"type\":\"set\",\"device\":\"sensor9\",\"topic\":\"actuator1/fan/"
        "set\",\"epoch\":7,\"seq\":2,"
        "\"ts\":1760000000001,\"value\":\"on\"}");
}

static void of_another_author(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    puppet_greet(s->w, world_host(s->w, "sensor9"), link, 7);
    story_wait(s, 100);
    say(s, link,
        "{\"type\":\"temperature\",\"device\":\"sensor1\",\"epoch\":7,\"seq\":1,\"ts\":"
        "1760000000000,\"value\":26}");
}

static void with_a_gap(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    puppet_greet(s->w, world_host(s->w, "sensor9"), link, 7);
    story_wait(s, 100);
    say(s, link,
        "{\"type\":\"temperature\",\"device\":\"sensor9\",\"epoch\":7,\"seq\":2,\"ts\":"
        "1760000000000,\"value\":26}");
}

static void a_forged_seal(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    struct host *liar = world_host(s->w, "sensor9");
    puppet_greet(s->w, liar, link, 7);
    story_wait(s, 100);
    say(s, link, honest);
    struct message seal = {.kind = MESSAGE_SEAL,
                           .seal = {.log = {.epoch = 7}, .seq = 1, .signature_size = 32}};
    puppet_send(s->w, liar, link, &seal);
    story_wait(s, 100);
}

static void no_hello(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    say(s, link, honest);
}

static void silence_before_the_hello(struct story_stage *s)
{
    (void)liar_meets(s);
    story_wait(s, 6000);
}

static void another_name(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    struct message hello = {
        .kind = MESSAGE_HELLO,
        .hello = {.version = 1, .device = SPAN("sensor1"), .role = ROLE_SENSOR, .epoch = 7}};
    puppet_send(s->w, world_host(s->w, "sensor9"), link, &hello);
    story_wait(s, 100);
}

static void garbage(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    struct host *liar = world_host(s->w, "sensor9");
    puppet_greet(s->w, liar, link, 7);
    story_wait(s, 100);
    puppet_bytes(s->w, liar, link, SPAN("{\"type\":\"ping\",\"type\":\"pong\"}\n"));
    story_wait(s, 100);
}

static void a_later_version(struct story_stage *s)
{
    uint64_t link = liar_meets(s);
    struct host *liar = world_host(s->w, "sensor9");
    puppet_greet(s->w, liar, link, 7);
    story_wait(s, 100);
    puppet_bytes(s->w, liar, link, SPAN("{\"type\":\"novelty\",\"x\":[1,2]}\n"));
    say(s, link, honest);
}

static const struct story stories[] = {
    {"a_backup_put_back_starts_above_what_others_know", a_backup_put_back,
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "sensor1 is killed\n"
     "sensor1 starts\n"
     "sensor1 : restored topic sensor1 sensor1/temperature #1 24\n"
     "sensor1 : started sensor1\n"
     "actuator1 : lost sensor1 (connection reset)\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "actuator1 : reconnected sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"
     "sensor1 is killed\n"
     "sensor1 starts\n"
     "sensor1 : restored topic sensor1 sensor1/temperature #1 26\n"
     "sensor1 : started sensor1\n"
     "actuator1 : lost sensor1 (connection reset)\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "actuator1 : reconnected sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 27\n"
     "sensor1 is killed\n"
     "sensor1 gets its backup back\n"
     "sensor1 starts\n"
     "sensor1 : restored topic sensor1 sensor1/temperature #1 24\n"
     "sensor1 : started sensor1\n"
     "actuator1 : lost sensor1 (connection reset)\n"
     "actuator1 : reconnected sensor1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "sensor1 > EPOCH above 3\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "sensor1 : epoch sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 23\n"
     "actuator1 : state actuator1 idle (cool)\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #3 off\n"
     "actuator1 > ACT fan off\n"},
    {"a_full_disk_acknowledges_nothing_and_recovers", a_full_disk_acknowledges_nothing,
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 > SEND 1 ack /1.263412 up to 1\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "actuator1 < STORE_FAILED\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : store failed actuator1 1\n"
     "actuator1 < STORE_FAILED\n"
     "actuator1 < STORE_FAILED\n"
     "actuator1 < STORE_FAILED\n"
     "actuator1 < STORE_FAILED\n"
     "actuator1 < STORE_FAILED\n"
     "actuator1 < STORE_READY\n"
     "actuator1 : store works actuator1\n"
     "actuator1 : epoch actuator1\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "actuator1 > SEND 1 ack /1.263412 up to 2\n"},
    {"a_sensor_with_a_full_disk_gives_up_and_begins_anew", a_sensor_with_a_full_disk,
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 on\n"
     "sensor1 : store failed sensor1 1\n"
     "actuator1 > ACT fan on\n"
     "sensor1 : store works sensor1\n"
     "sensor1 : epoch sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 28\n"},
    {"clock_steps_make_no_false_death", clocks_step,
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : reading sensor1 sensor1/temperature #2 24\n"
     "actuator1 : state actuator1 idle (cool)\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #2 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 : reading sensor1 sensor1/temperature #3 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #3 on\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : reading sensor1 sensor1/temperature #4 24\n"
     "actuator1 : state actuator1 idle (cool)\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #4 off\n"
     "actuator1 > ACT fan off\n"
     "actuator1 : reading sensor1 sensor1/temperature #5 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #5 on\n"
     "actuator1 > ACT fan on\n"},
    {"another_key_under_a_live_name_is_refused", another_key,
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "sensor1(2) starts\n"
     "sensor1(2) : started sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 on\n"
     "actuator1 > ACT fan on\n"
     "sensor1(2) : refused sensor1 (it has our name and another key)\n"
     "sensor1 : refused sensor1 (it has our name and another key)\n"
     "actuator1 : refused sensor1 (another key under a name that is in use)\n"
     "actuator1 : refused sensor1 (another key under a name that is in use)\n"},
    {"the_same_key_with_a_higher_epoch_takes_over", the_same_key_takes_over,
     "sensor1 starts\n"
     "sensor1 : started sensor1\n"
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor1 : discovered actuator1\n"
     "sensor1 : connected actuator1\n"
     "actuator1 : discovered sensor1\n"
     "actuator1 : connected sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 24\n"
     "actuator1 : action actuator1 fan off (cool)\n"
     "sensor1 : update actuator1 actuator1/fan #1 off\n"
     "actuator1 > ACT fan off\n"
     "sensor1(2) starts\n"
     "sensor1(2) : restored topic sensor1 sensor1/temperature #1 24\n"
     "sensor1(2) : started sensor1\n"
     "sensor1(2) : discovered actuator1\n"
     "sensor1(2) : connected actuator1\n"
     "sensor1 : superseded sensor1\n"
     "sensor1 > EXIT 4\n"
     "sensor1 ends with 4\n"
     "actuator1 : reconnected sensor1\n"
     "actuator1 : reading sensor1 sensor1/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "sensor1(2) : update actuator1 actuator1/fan #2 on\n"
     "actuator1 > ACT fan on\n"},
    {"old_and_forged_hellos_change_nothing", old_and_forged_hellos,
     "sensor1 < HELLO answer sensor1/1.263412 counter 3 port 40001 0.1:4444\n"
     "actuator1 < HELLO answer sensor1/1.263412 counter 3 port 40001 0.1:4444\n"},
    {"a_record_beyond_its_authors_role_is_refused", beyond_its_role,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "actuator1 > #2 STORE sensor9/0.7 1-1\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : refused sensor9 (a record beyond its author's role)\n"
     "sensor9 < MESSAGE 1 error (a record beyond its author's role)\n"
     "sensor9 < LINK_DOWN 1 (closed by the other side)\n"},
    {"a_record_of_another_author_is_refused", of_another_author,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : refused sensor9 (a record names another author than its log)\n"
     "sensor9 < MESSAGE 1 error (a record names another author than its log)\n"
     "sensor9 < LINK_DOWN 1 (closed by the other side)\n"},
    {"a_log_with_a_gap_is_refused", with_a_gap,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : refused sensor9 (a gap in its log)\n"
     "sensor9 < MESSAGE 1 error (a gap in its log)\n"
     "sensor9 < LINK_DOWN 1 (closed by the other side)\n"},
    {"a_forged_seal_is_refused", a_forged_seal,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "actuator1 > #2 STORE sensor9/0.7 1-1\n"
     "actuator1 > ACT fan on\n"
     "actuator1 : refused sensor9 (a seal that does not hold)\n"
     "sensor9 < MESSAGE 1 error (a seal that does not hold)\n"
     "sensor9 < LINK_DOWN 1 (closed by the other side)\n"},
    {"a_message_before_the_hello_is_refused", no_hello,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : refused sensor9 (a message before its hello)\n"
     "sensor9 < MESSAGE 1 error (a message before its hello)\n"
     "sensor9 < LINK_DOWN 1 (closed by the other side)\n"},
    {"who_connects_and_says_nothing_is_hung_up", silence_before_the_hello,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "sensor9 < LINK_DOWN 1 (closed by the other side)\n"},
    {"a_hello_that_is_not_the_certificates_is_refused", another_name,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : refused sensor9 (its hello names another device than its certificate)\n"
     "sensor9 < MESSAGE 1 error (its hello names another device than its certificate)\n"
     "sensor9 < LINK_DOWN 1 (closed by the other side)\n"},
    {"a_line_that_is_not_strict_json_ends_the_session", garbage,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : lost sensor9 (a member name appears twice)\n"
     "sensor9 < LINK_DOWN 1 (connection reset)\n"},
    {"a_message_of_a_later_version_is_passed_over", a_later_version,
     "actuator1 starts\n"
     "actuator1 : started actuator1\n"
     "sensor9 starts\n"
     "actuator1 : discovered sensor9\n"
     "actuator1 : connected sensor9\n"
     "actuator1 : reading sensor9 sensor9/temperature #1 26\n"
     "actuator1 : state actuator1 active (cool)\n"
     "actuator1 : action actuator1 fan on (cool)\n"
     "actuator1 > #2 STORE sensor9/0.7 1-1\n"
     "actuator1 > ACT fan on\n"},
};

const struct story *story_harm(size_t *count)
{
    *count = COUNT_OF(stories);
    return stories;
}
