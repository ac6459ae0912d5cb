/* The parts of examples/peer_class that decide and translate, without a network. */
#include "message.h"
#include "peer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool decode(const char *text, struct message *message)
{
    return message_decode(text, strlen(text), message);
}

static struct peer_outcome hear(struct peer *peer, const char *text)
{
    struct message message;

    assert_true(decode(text, &message));
    return peer_hear(peer, &message);
}

static void what_is_encoded_is_decoded(void **state)
{
    struct message reading = {MESSAGE_TEMPERATURE, "sensor1", 24.8}, back;
    char text[MESSAGE_BYTES_MAX];

    (void)state;
    size_t size = message_encode(&reading, text, sizeof text);
    assert_string_equal(text, "{\"type\":\"temperature\",\"device\":\"sensor1\",\"value\":24.8}");
    assert_int_equal(size, strlen(text));
    assert_true(message_decode(text, size, &back));
    assert_int_equal(back.type, MESSAGE_TEMPERATURE);
    assert_string_equal(back.device, "sensor1");
    assert_float_equal(back.celsius, 24.8, 1e-9);
}

static void a_message_that_does_not_fit_is_not_half_encoded(void **state)
{
    struct message hello = {MESSAGE_HELLO, "sensor1", 0};
    char text[64];

    (void)state;
    assert_int_equal(message_encode(&hello, text, 35), 0);
    assert_int_equal(message_encode(&hello, text, 36), 35);
}

static void a_name_has_1_to_63_letters_digits_dashes_and_underscores(void **state)
{
    char longest[MESSAGE_NAME_BYTES_MAX + 2];

    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[MESSAGE_NAME_BYTES_MAX + 1] = '\0';
    assert_false(message_is_name(longest));
    longest[MESSAGE_NAME_BYTES_MAX] = '\0';
    assert_true(message_is_name(longest));
    assert_true(message_is_name("Sensor-1_b"));
    assert_false(message_is_name(""));
    assert_false(message_is_name("sensor 1"));
    assert_false(message_is_name("sensor\n"));
    assert_false(message_is_name("sensör"));
}

static void what_is_no_message_changes_nothing(void **state)
{
    static const char *const junk[] = {
        "",
        "null",
        "[1]",
        "{}",
        "{\"device\":\"x\"}",
        "{\"type\":\"hello\"}",
        "\xff\xfe",
        "{\"type\":\"hello\",\"device\":\"a b\"}",
        "{\"type\":\"hello\",\"device\":7}",
        "{\"type\":\"temperature\",\"device\":\"x\"}",
        "{\"type\":\"temperature\",\"device\":\"x\",\"value\":\"hot\"}",
        "{\"type\":\"temperature\",\"device\":\"x\",\"value\":1e999}",
        "{\"type\":\"humidity\",\"device\":\"x\",\"value\":1}",
        "{\"type\":\"hello\",\"type\":\"hello\",\"device\":\"x\"}",
        "{\"type\":\"hello\",\"device\":\"x\"} {}",
    };
    struct message message = {MESSAGE_HELLO, "before", 1};

    (void)state;
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++)
        assert_false(decode(junk[i], &message));
    assert_string_equal(message.device, "before");
}

static void only_a_sensor_has_readings_to_say(void **state)
{
    struct message says[PEER_SAYS_MAX];
    struct peer peer;

    (void)state;
    assert_true(peer_init(&peer, "Sensor1"));
    assert_int_equal(peer_beat(&peer, says), 2);
    assert_int_equal(says[0].type, MESSAGE_HELLO);
    assert_int_equal(says[1].type, MESSAGE_TEMPERATURE);
    assert_string_equal(says[1].device, "Sensor1");
    assert_true(peer_init(&peer, "actuator1"));
    assert_int_equal(peer_beat(&peer, says), 1);
    assert_false(peer_init(&peer, "no name"));
}

static void a_peer_is_discovered_once(void **state)
{
    struct peer peer;

    (void)state;
    assert_true(peer_init(&peer, "actuator1"));
    assert_true(hear(&peer, "{\"type\":\"hello\",\"device\":\"sensor1\"}").discovered);
    assert_false(hear(&peer, "{\"type\":\"hello\",\"device\":\"sensor1\"}").discovered);
    assert_true(hear(&peer, "{\"type\":\"hello\",\"device\":\"sensor2\"}").discovered);
}

static void a_peer_that_knows_as_many_as_it_can_still_hears_the_next(void **state)
{
    struct message hello = {MESSAGE_HELLO, "", 0};
    struct peer peer;

    (void)state;
    assert_true(peer_init(&peer, "actuator1"));
    for (int i = 0; i <= PEER_KNOWN_MAX; i++) {
        snprintf(hello.device, sizeof hello.device, "sensor%d", i);
        assert_int_equal(peer_hear(&peer, &hello).discovered, i < PEER_KNOWN_MAX);
    }
    hello.type = MESSAGE_TEMPERATURE;
    assert_true(peer_hear(&peer, &hello).reading);
}

static void the_fan_goes_on_above_25_and_off_at_25(void **state)
{
    struct peer peer;

    (void)state;
    assert_true(peer_init(&peer, "actuator1"));
    assert_int_equal(hear(&peer, "{\"type\":\"temperature\",\"device\":\"s\",\"value\":25.1}").fan,
                     PEER_FAN_ON);
    assert_int_equal(hear(&peer, "{\"type\":\"temperature\",\"device\":\"s\",\"value\":25}").fan,
                     PEER_FAN_OFF);
}

static void only_an_actuator_touches_the_fan(void **state)
{
    struct peer peer;
    struct peer_outcome outcome;

    (void)state;
    assert_true(peer_init(&peer, "controller1"));
    outcome = hear(&peer, "{\"type\":\"temperature\",\"device\":\"s\",\"value\":30}");
    assert_true(outcome.reading);
    assert_int_equal(outcome.fan, PEER_FAN_UNTOUCHED);
}

static void a_peer_does_not_act_on_its_own_voice(void **state)
{
    struct peer peer;
    struct peer_outcome outcome;

    (void)state;
    assert_true(peer_init(&peer, "actuator1"));
    outcome = hear(&peer, "{\"type\":\"temperature\",\"device\":\"actuator1\",\"value\":30}");
    assert_false(outcome.reading);
    assert_int_equal(outcome.fan, PEER_FAN_UNTOUCHED);
    assert_false(hear(&peer, "{\"type\":\"hello\",\"device\":\"actuator1\"}").discovered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded),
        cmocka_unit_test(a_message_that_does_not_fit_is_not_half_encoded),
        cmocka_unit_test(a_name_has_1_to_63_letters_digits_dashes_and_underscores),
        cmocka_unit_test(what_is_no_message_changes_nothing),
        cmocka_unit_test(only_a_sensor_has_readings_to_say),
        cmocka_unit_test(a_peer_is_discovered_once),
        cmocka_unit_test(a_peer_that_knows_as_many_as_it_can_still_hears_the_next),
        cmocka_unit_test(the_fan_goes_on_above_25_and_off_at_25),
        cmocka_unit_test(only_an_actuator_touches_the_fan),
        cmocka_unit_test(a_peer_does_not_act_on_its_own_voice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
