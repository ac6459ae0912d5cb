#include "core/access.h"

#include "core/cm.h"
#include "core/limits.h"

/* The table of the design, written a second time by hand. */
static const struct {
    enum role role;
    bool report, want, enrol;
} matrix[] = {
    {ROLE_SENSOR, true, false, false},
    {ROLE_ACTUATOR, true, false, false},
    {ROLE_CONTROLLER, true, true, true},
    {ROLE_OBSERVER, false, false, false},
};

static void each_role_may_write_what_the_design_says_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(sizeof matrix / sizeof matrix[0], ROLE_COUNT);
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        assert_int_equal(access_may(matrix[i].role, ACCESS_REPORT), matrix[i].report);
        assert_int_equal(access_may(matrix[i].role, ACCESS_WANT), matrix[i].want);
        assert_int_equal(access_may(matrix[i].role, ACCESS_ENROL), matrix[i].enrol);
        assert_false(access_may(matrix[i].role, ACCESS_FOREIGN));
    }
}

static void a_topic_tells_what_writing_it_amounts_to(void **state)
{
    (void)state;
    struct span self = SPAN("sensor1");
    assert_int_equal(access_of(self, SPAN("sensor1/temperature")), ACCESS_REPORT);
    assert_int_equal(access_of(self, SPAN("sensor10/temperature")), ACCESS_FOREIGN);
    assert_int_equal(access_of(self, SPAN("sensor/temperature")), ACCESS_FOREIGN);
    assert_int_equal(access_of(self, SPAN("sensor1/fan/set")), ACCESS_WANT);
    assert_int_equal(access_of(self, SPAN("actuator1/fan/set")), ACCESS_WANT);
    assert_int_equal(access_of(self, SPAN("sensor1/cool/rule")), ACCESS_REPORT);
    assert_int_equal(access_of(self, SPAN("sensor2/cool/rule")), ACCESS_FOREIGN);
    assert_int_equal(access_of(self, SPAN("sensor1")), ACCESS_FOREIGN);
    assert_int_equal(access_of(self, SPAN("")), ACCESS_FOREIGN);
}

static void a_role_is_found_in_a_name_if_there_is_just_one(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool found;
        enum role role;
    } names[] = {
        {"sensor1", true, ROLE_SENSOR},         {"living-room-Sensor", true, ROLE_SENSOR},
        {"ACTUATOR", true, ROLE_ACTUATOR},      {"my_controller_2", true, ROLE_CONTROLLER},
        {"sensoractuator", false, ROLE_SENSOR}, {"senso", false, ROLE_SENSOR},
        {"observer1", false, ROLE_SENSOR},      {"", false, ROLE_SENSOR},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum role role = ROLE_COUNT;
        assert_int_equal(access_role_of_name(span_of(names[i].name), &role), names[i].found);
        if (names[i].found)
            assert_int_equal(role, names[i].role);
    }
}

static void roles_are_read_as_they_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        enum role role = ROLE_COUNT;
        assert_true(access_role_parse(span_of(access_role_text((enum role)i)), &role));
        assert_int_equal(role, i);
    }
    enum role role;
    assert_false(access_role_parse(SPAN("Sensor"), &role));
    assert_false(access_role_parse(SPAN("sensors"), &role));
    assert_false(access_role_parse(SPAN(""), &role));
}

static void a_name_has_1_to_63_of_the_allowed_characters(void **state)
{
    (void)state;
    char name[LIMIT_NAME + 1];
    memset(name, 'a', sizeof name);
    assert_true(access_name_valid((struct span){name, LIMIT_NAME}));
    assert_false(access_name_valid((struct span){name, LIMIT_NAME + 1}));
    assert_false(access_name_valid((struct span){name, 0}));
    for (int c = 0; c < 256; c++) {
        char one = (char)c;
        bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        assert_int_equal(access_name_valid((struct span){&one, 1}), allowed);
    }
}

static void a_word_of_the_protocol_is_no_property(void **state)
{
    (void)state;
    static const char *const words[] = {"hello",      "have",    "state_update", "seal",
                                        "ack",        "ping",    "pong",         "goodbye",
                                        "error",      "command", "outcome",      "set",
                                        "checkpoint", "enrol",   "revoke",       "decision"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_false(access_property_valid(span_of(words[i])));
    assert_true(access_property_valid(SPAN("temperature")));
    assert_true(access_property_valid(SPAN("hello2")));
}

static void a_topic_is_device_slash_property(void **state)
{
    (void)state;
    assert_true(access_topic_valid(SPAN("sensor1/temperature")));
    assert_true(access_topic_valid(SPAN("actuator1/fan/set")));
    assert_false(access_topic_valid(SPAN("actuator1/set")));
    assert_false(access_topic_valid(SPAN("actuator1/fan/on")));
    assert_false(access_topic_valid(SPAN("actuator1/fan/set/set")));
    assert_false(access_topic_valid(SPAN("/fan")));
    assert_false(access_topic_valid(SPAN("actuator1/")));
    assert_false(access_topic_valid(SPAN("actuator1//set")));
    assert_false(access_topic_valid(SPAN("A/fan")));
    assert_false(access_topic_valid(SPAN("fan")));
    assert_false(access_topic_valid(SPAN("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_may_write_what_the_design_says_and_no_more),
        cmocka_unit_test(a_topic_tells_what_writing_it_amounts_to),
        cmocka_unit_test(a_role_is_found_in_a_name_if_there_is_just_one),
        cmocka_unit_test(roles_are_read_as_they_are_written),
        cmocka_unit_test(a_name_has_1_to_63_of_the_allowed_characters),
        cmocka_unit_test(a_word_of_the_protocol_is_no_property),
        cmocka_unit_test(a_topic_is_device_slash_property),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
