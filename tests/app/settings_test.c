#include "app/settings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The options of `run` and what follows from them. (The table itself is settings_set.c's.) */

struct given {
    struct settings *settings;
    struct faults faults;
};

static int begin(void **state)
{
    struct given *g = calloc(1, sizeof *g);
    assert_non_null(g);
    g->settings = settings_new();
    *state = g;
    return g->settings == NULL;
}

static int end(void **state)
{
    struct given *g = *state;
    settings_free(g->settings);
    faults_fini(&g->faults);
    free(g);
    return 0;
}

static void give(struct given *g, enum settings_level level, const char *name, const char *value)
{
    static const char *const origins[] = {"f.yaml:3: ", "KITH_", "--"};
    char origin[64];
    const struct options_entry *entry = options_find(settings_table(), span_of(name));
    assert_non_null(entry);
    snprintf(origin, sizeof origin, "%s%s", origins[level], name);
    settings_add(g->settings, entry, level, value, origin, &g->faults);
}

static void flag(struct given *g, const char *name, const char *value)
{
    give(g, SETTINGS_FLAG, name, value);
}

static void complete(struct given *g, const char *device)
{
    g->settings->device = device;
    settings_apply(g->settings, &g->faults);
    if (g->faults.count == 0)
        settings_complete(g->settings, &g->faults);
}

static void assert_good(const struct given *g)
{
    if (g->faults.count > 0)
        print_message("%.*s", (int)g->faults.size, g->faults.text);
    assert_int_equal(g->faults.count, 0);
}

static void assert_fault(const struct given *g, const char *part)
{
    assert_int_equal(g->faults.count, 1);
    assert_non_null(g->faults.text);
    char text[FAULTS_LINE_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)g->faults.size, g->faults.text);
    if (strstr(text, part) == NULL)
        print_message("%s", text);
    assert_non_null(strstr(text, part));
}

/* One option alone: NULL when it is taken, else what the fault says. */
static void assert_value(const char *name, const char *value, const char *part)
{
    void *state = NULL;
    assert_int_equal(begin(&state), 0);
    struct given *g = state;
    flag(g, name, value);
    settings_apply(g->settings, &g->faults);
    if (part == NULL)
        assert_good(g);
    else
        assert_fault(g, part);
    end(&state);
}

static void a_sensor_has_a_simulated_temperature_and_no_rule(void **state)
{
    struct given *g = *state;
    complete(g, "sensor1");
    assert_good(g);
    const struct run_options *o = &g->settings->run;
    assert_string_equal(o->device, "sensor1");
    assert_int_equal(o->role, ROLE_SENSOR);
    assert_true(o->has_source);
    assert_int_equal(o->source.kind, SOURCE_SIMULATE);
    assert_null(o->source.scenario);
    assert_int_equal(o->rule_count, 0);
    assert_int_equal(o->udp.port, 50000);
}

static void an_actuator_has_the_built_in_rules_and_no_source(void **state)
{
    struct given *g = *state;
    complete(g, "kitchen-actuator");
    assert_good(g);
    assert_int_equal(g->settings->run.role, ROLE_ACTUATOR);
    assert_false(g->settings->run.has_source);
    assert_int_equal(g->settings->run.rule_count, 2);
    assert_string_equal(g->settings->run.rules[0].name, "cool");
    assert_string_equal(g->settings->run.rules[1].name, "light");
}

static void what_others_should_be_only_a_controller_says(void **state)
{
    struct given *g = *state;
    rule_default_mean(&g->settings->rules[g->settings->rule_count++]);
    complete(g, "actuator1");
    assert_fault(g,
                 "rule cool sets */fan, which only a controller may; actuator1 is no controller");
}

static void what_others_do_only_a_controller_says_and_an_actuator_commands_itself(void **state)
{
    struct given *g = *state;
    struct rule *r = &g->settings->rules[g->settings->rule_count++];
    rule_default_cool(r);
    r->commands[0] = (struct rule_command){"siren1", "beep", "", RULE_ACTIVE};
    r->commands[1] = (struct rule_command){"actuator1", "buzz", "", RULE_ACTIVE};
    r->command_count = 2;
    complete(g, "actuator1");
    assert_fault(g, "rule cool commands siren1/beep, which only a controller may; actuator1 is no "
                    "controller");
    assert_string_equal(g->settings->run.rules[0].commands[1].device, "");
}

static void a_controller_does_nothing_itself(void **state)
{
    struct given *g = *state;
    struct rule *r = &g->settings->rules[g->settings->rule_count++];
    rule_default_mean(r);
    r->commands[0] = (struct rule_command){"", "beep", "", RULE_ACTIVE};
    r->command_count = 1;
    complete(g, "controller1");
    assert_fault(g,
                 "rule cool does beep, which only an actuator can; name one: do: actuator1/beep");
}

static void what_a_device_sets_of_itself_is_its_own_and_so_is_a_rule_without_owner(void **state)
{
    struct given *g = *state;
    struct rule *r = &g->settings->rules[g->settings->rule_count++];
    rule_default_cool(r);
    strcpy(r->actions[0].device, "actuator1");
    strcpy(r->owners[1], "controller2");
    r->owner_count = 2;
    complete(g, "actuator1");
    assert_good(g);
    assert_string_equal(g->settings->run.rules[0].actions[0].device, "");
    assert_string_equal(g->settings->run.rules[0].owners[0], "actuator1");
}

static void a_controller_decides_the_fans(void **state)
{
    struct given *g = *state;
    complete(g, "controller1");
    assert_good(g);
    assert_int_equal(g->settings->run.role, ROLE_CONTROLLER);
    assert_false(g->settings->run.has_source);
    assert_int_equal(g->settings->run.rule_count, 1);
    assert_string_equal(g->settings->run.rules[0].actions[0].device, "*");
}

static void a_name_without_a_role_wants_one(void **state)
{
    struct given *g = *state;
    complete(g, "kitchen");
    assert_fault(g, "kitchen: its name does not say what it is (sensor, actuator or controller); "
                    "say it: kith kitchen --role sensor");
}

static void a_role_that_is_said_wins_over_the_name(void **state)
{
    struct given *g = *state;
    flag(g, "role", "observer");
    complete(g, "sensor1");
    assert_good(g);
    assert_int_equal(g->settings->run.role, ROLE_OBSERVER);
}

static void no_device_and_bad_names_say_what_to_type(void **state)
{
    struct given *g = *state;
    complete(g, NULL);
    assert_fault(g, "kith sensor1");
    faults_fini(&g->faults);
    settings_complete(g->settings, &g->faults);
    faults_fini(&g->faults);
    complete(g, "bad name!");
    assert_fault(g, "bad name!: a device name is 1 to 63 of a-z, 0-9, - and _; try: kith bad-name");
    faults_fini(&g->faults);
    complete(g, "Sensor1");
    assert_fault(g, "try: kith sensor1");
    faults_fini(&g->faults);
    complete(g, "!");
    assert_fault(g, "- and _\n");
}

static void the_longest_name_is_taken_and_one_more_is_not(void **state)
{
    struct given *g = *state;
    char name[LIMIT_NAME + 2];
    memset(name, 'a', sizeof name);
    memcpy(name, "sensor", 6);
    name[LIMIT_NAME] = '\0';
    complete(g, name);
    assert_good(g);
    assert_string_equal(g->settings->run.device, name);
    name[LIMIT_NAME] = 'a';
    name[LIMIT_NAME + 1] = '\0';
    complete(g, name);
    assert_fault(g, "1 to 63");
}

static void flags_count_before_the_environment_and_that_before_the_file(void **state)
{
    struct given *g = *state;
    give(g, SETTINGS_FLAG, "port", "3");
    give(g, SETTINGS_FILE, "port", "1");
    give(g, SETTINGS_ENVIRONMENT, "port", "2");
    give(g, SETTINGS_ENVIRONMENT, "count", "20");
    give(g, SETTINGS_FILE, "count", "10");
    give(g, SETTINGS_FILE, "seed", "7");
    complete(g, "sensor1");
    assert_good(g);
    assert_int_equal(g->settings->run.udp.port, 3);
    assert_int_equal(g->settings->run.source.count, 20);
    assert_int_equal(g->settings->run.source.seed, 7);
    assert_string_equal(settings_peek(g->settings, "port"), "3");
    assert_null(settings_peek(g->settings, "listen"));
}

static void a_list_is_replaced_whole(void **state)
{
    struct given *g = *state;
    give(g, SETTINGS_FILE, "peer", "a:1");
    give(g, SETTINGS_FILE, "peer", "b:2");
    give(g, SETTINGS_FLAG, "peer", "c:3");
    give(g, SETTINGS_FLAG, "peer", "d:4");
    complete(g, "sensor1");
    assert_good(g);
    assert_int_equal(g->settings->run.peer_count, 2);
    assert_string_equal(g->settings->run.peers[0], "c:3");
    assert_string_equal(g->settings->run.peers[1], "d:4");
}

static void a_source_on_the_command_line_replaces_the_files(void **state)
{
    struct given *g = *state;
    give(g, SETTINGS_FILE, "dataset", "a.csv");
    give(g, SETTINGS_FLAG, "simulate", "home");
    complete(g, "sensor1");
    assert_good(g);
    assert_int_equal(g->settings->run.source.kind, SOURCE_SIMULATE);
    assert_string_equal(g->settings->run.source.scenario, "home");
}

static void two_sources_are_named(void **state)
{
    struct given *g = *state;
    flag(g, "dataset", "a.csv");
    flag(g, "stdin", "1");
    complete(g, "sensor1");
    assert_fault(g, "--dataset a.csv and --stdin: a peer has one source of readings");
}

static void a_switch_that_is_off_is_no_source(void **state)
{
    struct given *g = *state;
    give(g, SETTINGS_ENVIRONMENT, "stdin", "0");
    give(g, SETTINGS_ENVIRONMENT, "dataset", "a.csv");
    complete(g, "sensor1");
    assert_good(g);
    assert_int_equal(g->settings->run.source.kind, SOURCE_DATASET);
}

static void faults_name_where_the_value_stood(void **state)
{
    struct given *g = *state;
    give(g, SETTINGS_ENVIRONMENT, "port", "70000");
    complete(g, "sensor1");
    assert_fault(g, "KITH_port=70000: a port is 1 to 65535\n");
    faults_fini(&g->faults);
    give(g, SETTINGS_FLAG, "port", "x");
    complete(g, "sensor1");
    assert_fault(g, "--port x: a port is 1 to 65535\n");
}

static void a_file_says_its_line(void **state)
{
    struct given *g = *state;
    give(g, SETTINGS_FILE, "every", "soon");
    settings_apply(g->settings, &g->faults);
    assert_fault(g, "f.yaml:3: every soon: it is a time above zero");
}

static void numbers_are_taken_strictly(void **state)
{
    (void)state;
    assert_value("port", "1", NULL);
    assert_value("port", "65535", NULL);
    static const char *const ports[] = {"0", "65536", "-1", "1x", " 1", "1 ", "", "0x10", "1.0"};
    for (size_t i = 0; i < COUNT_OF(ports); i++)
        assert_value("port", ports[i], "a port is 1 to 65535");
    assert_value("count", "1", NULL);
    assert_value("count", "9007199254740991", NULL);
    assert_value("count", "9007199254740992", "whole number");
    assert_value("count", "0", "whole number");
    assert_value("seed", "0", NULL);
    assert_value("seed", "1e3", "whole number");
    assert_value("every", "0.002", NULL);
    assert_value("every", "500ms", NULL);
    assert_value("every", "0", "above zero");
    assert_value("every", "-1", "above zero");
    assert_value("every", "1,5", "above zero");
    assert_value("retain-age", "30d", NULL);
    assert_value("retain-age", "1s", "a minute or more");
    assert_value("retain-size", "500MB", NULL);
    assert_value("retain-size", "500", "50MB or more");
    assert_value("speed", "max", NULL);
    assert_value("speed", "0.5", NULL);
    assert_value("speed", "1000000000", NULL);
    assert_value("speed", "1000000001", "above zero");
    assert_value("speed", "0", "above zero");
    assert_value("speed", "Max", "above zero");
    assert_value("speed", "nan", "above zero");
}

static void the_speed_max_has_no_bound(void **state)
{
    struct given *g = *state;
    flag(g, "dataset", "a.csv");
    flag(g, "speed", "max");
    complete(g, "sensor1");
    assert_good(g);
    assert_true(isinf(g->settings->run.source.speed));
}

static void addresses_are_looked_at(void **state)
{
    (void)state;
    assert_value("peer", "192.168.1.23:47120", NULL);
    assert_value("peer", "host.example:1", NULL);
    static const char *const peers[] = {"host",       ":1",      "host:", "host:0",
                                        "host:65536", "host:1x", ""};
    for (size_t i = 0; i < COUNT_OF(peers); i++)
        assert_value("peer", peers[i], "a host and a port");
    assert_value("listen", "0.0.0.0", NULL);
    assert_value("listen", "127.0.0.1:0", NULL);
    assert_value("listen", "10.0.0.1:47120", NULL);
    static const char *const listens[] = {"", "here", "1.2.3", "1.2.3.4:", "1.2.3.4:65536", ":5"};
    for (size_t i = 0; i < COUNT_OF(listens); i++)
        assert_value("listen", listens[i], "an IPv4 address of this machine");
    assert_value("interface", "eth0", NULL);
    assert_value("interface", "abcdefghijklmno", NULL);
    assert_value("interface", "abcdefghijklmnop", "1 to 15");
    assert_value("interface", "", "1 to 15");
}

static void columns_have_a_name_a_type_and_a_unit(void **state)
{
    struct given *g = *state;
    flag(g, "dataset", "a.csv");
    flag(g, "column", "main.temp=temperature:K");
    flag(g, "column", "a=b=power");
    flag(g, "column", "T (degC)");
    flag(g, "column", "x=:lx");
    flag(g, "where", "room=a=b");
    complete(g, "sensor1");
    assert_good(g);
    const struct source_options *o = &g->settings->run.source;
    assert_int_equal(o->column_count, 4);
    assert_string_equal(o->columns[0].name, "main.temp");
    assert_string_equal(o->columns[0].type, "temperature");
    assert_string_equal(o->columns[0].unit, "K");
    assert_string_equal(o->columns[1].name, "a=b");
    assert_string_equal(o->columns[1].type, "power");
    assert_null(o->columns[1].unit);
    assert_string_equal(o->columns[2].name, "T (degC)");
    assert_null(o->columns[2].type);
    assert_null(o->columns[3].type);
    assert_string_equal(o->columns[3].unit, "lx");
    assert_string_equal(o->filters[0].column, "room");
    assert_string_equal(o->filters[0].value, "a=b");
}

static void columns_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_value("column", "", "NAME=TYPE");
    assert_value("column", "=temperature", "NAME=TYPE");
    assert_value("column", "a=Temp", "behind '=' stands a property");
    assert_value("column", "a=set", "behind '=' stands a property");
    assert_value("column", "a=b:", "behind ':' stands a unit");
    assert_value("column", "a=b:123456789012345", NULL);
    assert_value("column", "a=b:1234567890123456", "behind ':' stands a unit");
    assert_value("where", "room", "COLUMN=VALUE");
    assert_value("where", "=x", "COLUMN=VALUE");
    assert_value("where", "room=", NULL);
}

static void words_get_the_nearest(void **state)
{
    (void)state;
    assert_value("role", "sensr", "did you mean sensor?");
    assert_value("role", "king", "a role is sensor, actuator, controller or observer\n");
    assert_value("simulate", "home", NULL);
    assert_value("simulate", "mars", "the scenarios are home, environment, healthcare, industry");
    assert_value("simulate", "", "the scenarios are home");
    assert_value("config", "", "empty");
    assert_value("on-change", "", "empty");
    assert_value("missing", "", "empty");
}

static void lists_have_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *part;
        size_t most;
    } cases[] = {
        {"peer", "a:1", "32 addresses are the most", LIMIT_DIALS_CONFIGURED},
        {"interface", "eth0", "16 interfaces are the most", UDP_INTERFACES_MAX},
        {"column", "a", "64 columns are the most", SETTINGS_COLUMNS_MAX},
        {"where", "a=b", "64 conditions are the most", SETTINGS_FILTERS_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        void *inner = NULL;
        assert_int_equal(begin(&inner), 0);
        struct given *g = inner;
        for (size_t n = 0; n < cases[i].most; n++)
            flag(g, cases[i].name, cases[i].value);
        settings_apply(g->settings, &g->faults);
        assert_good(g);
        end(&inner);
        assert_int_equal(begin(&inner), 0);
        g = inner;
        for (size_t n = 0; n <= cases[i].most; n++)
            flag(g, cases[i].name, cases[i].value);
        settings_apply(g->settings, &g->faults);
        assert_fault(g, cases[i].part);
        end(&inner);
    }
}

static void values_have_a_bound_in_all(void **state)
{
    struct given *g = *state;
    for (size_t n = 0; n < SETTINGS_VALUES_MAX; n++)
        flag(g, "port", "1");
    assert_good(g);
    flag(g, "port", "1");
    assert_fault(g, "more than 1024 values");
}

static void what_would_do_nothing_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *device, *name, *value, *part;
    } cases[] = {
        {"sensor1", "loop", "1", "--loop goes with --dataset FILE"},
        {"sensor1", "speed", "2", "--speed goes with --dataset FILE"},
        {"sensor1", "column", "a", "--column goes with --dataset FILE, --exec COMMAND or --stdin"},
        {"actuator1", "every", "1", "--every: actuator1 reads nothing; add --dataset FILE"},
        {"sensor1", "exit", "1", "simulated readings never end: add --count N"},
        {"sensor1", "on-change", "true", "sensor1 has no rule"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        void *inner = NULL;
        assert_int_equal(begin(&inner), 0);
        struct given *g = inner;
        flag(g, cases[i].name, cases[i].value);
        complete(g, cases[i].device);
        assert_fault(g, cases[i].part);
        end(&inner);
    }
}

static void a_variable_for_all_peers_may_do_nothing_for_some(void **state)
{
    struct given *g = *state;
    give(g, SETTINGS_ENVIRONMENT, "every", "1");
    complete(g, "actuator1");
    assert_good(g);
}

static void two_paces_are_one_too_many(void **state)
{
    struct given *g = *state;
    flag(g, "dataset", "a.csv");
    flag(g, "every", "1");
    flag(g, "speed", "2");
    complete(g, "sensor1");
    assert_fault(g, "--every and --speed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sensor_has_a_simulated_temperature_and_no_rule),
        TEST(an_actuator_has_the_built_in_rules_and_no_source),
        TEST(a_controller_decides_the_fans),
        TEST(what_others_should_be_only_a_controller_says),
        TEST(what_others_do_only_a_controller_says_and_an_actuator_commands_itself),
        TEST(a_controller_does_nothing_itself),
        TEST(what_a_device_sets_of_itself_is_its_own_and_so_is_a_rule_without_owner),
        TEST(a_name_without_a_role_wants_one),
        TEST(a_role_that_is_said_wins_over_the_name),
        TEST(no_device_and_bad_names_say_what_to_type),
        TEST(the_longest_name_is_taken_and_one_more_is_not),
        TEST(flags_count_before_the_environment_and_that_before_the_file),
        TEST(a_list_is_replaced_whole),
        TEST(a_source_on_the_command_line_replaces_the_files),
        TEST(two_sources_are_named),
        TEST(a_switch_that_is_off_is_no_source),
        TEST(faults_name_where_the_value_stood),
        TEST(a_file_says_its_line),
        TEST(numbers_are_taken_strictly),
        TEST(the_speed_max_has_no_bound),
        TEST(addresses_are_looked_at),
        TEST(columns_have_a_name_a_type_and_a_unit),
        TEST(columns_that_are_none_are_refused),
        TEST(words_get_the_nearest),
        TEST(lists_have_bounds),
        TEST(values_have_a_bound_in_all),
        TEST(what_would_do_nothing_is_told),
        TEST(a_variable_for_all_peers_may_do_nothing_for_some),
        TEST(two_paces_are_one_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
