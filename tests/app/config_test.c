#include "app/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Each text is a whole file, so that lines can be counted. (config_yaml.c is looked at here, too.)
 */

struct parsed {
    struct settings *settings;
    struct faults faults;
};

static struct parsed parse_span(struct span text)
{
    struct parsed p = {.settings = settings_new()};
    assert_non_null(p.settings);
    config_parse(p.settings, "f.yaml", text, &p.faults);
    settings_apply(p.settings, &p.faults);
    return p;
}

static void release(struct parsed *p)
{
    settings_free(p->settings);
    faults_fini(&p->faults);
}

static struct parsed parse_good(const char *text)
{
    struct parsed p = parse_span(span_of(text));
    if (p.faults.count > 0)
        print_message("%.*s", (int)p.faults.size, p.faults.text);
    assert_int_equal(p.faults.count, 0);
    return p;
}

/* `expected` is all that is told, without the "f.yaml:" before each line. */
static void assert_faults(const char *text, const char *expected)
{
    struct parsed p = parse_span(span_of(text));
    char all[4096] = "";
    size_t size = 0;
    for (const char *line = expected; *line != '\0';) {
        int length = (int)strcspn(line, "\n");
        size += (size_t)snprintf(all + size, sizeof all - size, "f.yaml:%.*s\n", length, line);
        line += length + (line[length] == '\n');
    }
    if (p.faults.size != size || memcmp(p.faults.text, all, size) != 0)
        print_message("told:\n%.*swanted:\n%s", (int)p.faults.size, p.faults.text, all);
    assert_int_equal(p.faults.size, size);
    assert_memory_equal(p.faults.text, all, size);
    release(&p);
}

static void a_rule_as_people_write_it(void **state)
{
    (void)state;
    struct parsed p = parse_good("rules:\n"
                                 "  - name: cool\n"
                                 "    when: mean sensor1/temperature > 25 # degrees\n"
                                 "    then: fan = high\n"
                                 "    else: low\n"
                                 "    hysteresis: 0.5\n"
                                 "    for: 10s\n"
                                 "    fresh: 2m\n");
    assert_int_equal(p.settings->rule_count, 1);
    const struct rule *r = &p.settings->rules[0];
    assert_string_equal(r->name, "cool");
    const struct rule_condition *one = &r->conditions[0];
    assert_int_equal(r->condition_count, 1);
    assert_string_equal(one->device, "sensor1");
    assert_string_equal(one->property, "temperature");
    assert_int_equal(one->over, RULE_MEAN);
    assert_int_equal(r->action_count, 1);
    assert_string_equal(r->actions[0].property, "fan");
    assert_string_equal(r->actions[0].active, "high");
    assert_string_equal(r->actions[0].idle, "low");
    assert_float_equal(one->hysteresis, 0.5, 0);
    assert_int_equal(r->hold_ms, 10000);
    assert_int_equal(one->fresh_ms, 120000);
    release(&p);
}

static void what_a_rule_leaves_out_has_a_default(void **state)
{
    (void)state;
    struct parsed p = parse_good("rules:\n"
                                 "  - {when: temperature > 25, then: fan}\n"
                                 "  - {when: humidity < 30, then: window = off}\n");
    assert_int_equal(p.settings->rule_count, 2);
    const struct rule *r = p.settings->rules;
    assert_string_equal(r[0].name, "fan");
    assert_string_equal(r[0].actions[0].active, "on");
    assert_string_equal(r[0].actions[0].idle, "off");
    assert_int_equal(r[0].hold_ms, 0);
    assert_int_equal(r[0].conditions[0].fresh_ms, TIME_FRESH_MS);
    assert_string_equal(r[1].actions[0].active, "off");
    assert_string_equal(r[1].actions[0].idle, "on");
    release(&p);
}

static void on_and_off_stay_words(void **state)
{
    (void)state;
    struct parsed p = parse_good("rules:\n- when: temperature > 25\n  then: fan\n  else: off\n");
    assert_string_equal(p.settings->rules[0].actions[0].idle, "off");
    release(&p);
    p = parse_good("rules:\n- when: temperature > 25\n  then: fan = no\n  else: yes\n");
    assert_string_equal(p.settings->rules[0].actions[0].active, "no");
    assert_string_equal(p.settings->rules[0].actions[0].idle, "yes");
    release(&p);
}

static void options_stand_as_keys(void **state)
{
    (void)state;
    struct parsed p = parse_good("device: actuator1\n"
                                 "role: controller\n"
                                 "port: 50001\n"
                                 "loopback: true\n"
                                 "plain: off\n"
                                 "interfaces: [eth0, wlan0]\n"
                                 "listen: 0.0.0.0:47120\n"
                                 "peer: 10.0.0.1:1\n"
                                 "on_change: echo $KITH_VALUE\n"
                                 "source:\n"
                                 "  dataset: room.csv\n"
                                 "  every: 500ms\n"
                                 "  missing: -200\n"
                                 "  columns:\n"
                                 "    - temp=temperature:Cel\n"
                                 "  where: room=kitchen\n"
                                 "  loop: yes\n");
    const struct run_options *o = &p.settings->run;
    assert_string_equal(p.settings->device_in_file, "actuator1");
    assert_int_equal(o->role, ROLE_CONTROLLER);
    assert_int_equal(o->udp.port, 50001);
    assert_true(o->udp.loopback && o->link.loopback);
    assert_false(o->udp.plain);
    assert_int_equal(o->udp.interface_count, 2);
    assert_string_equal(o->udp.interfaces[1], "wlan0");
    assert_string_equal(o->peers[0], "10.0.0.1:1");
    assert_string_equal(o->on_change, "echo $KITH_VALUE");
    assert_int_equal(o->source.kind, SOURCE_DATASET);
    assert_string_equal(o->source.path, "room.csv");
    assert_float_equal(o->source.every_s, 0.5, 0);
    assert_string_equal(o->source.missing, "-200");
    assert_string_equal(o->source.columns[0].unit, "Cel");
    assert_true(o->source.loop);
    release(&p);
}

static void every_option_of_a_file_can_be_written_there(void **state)
{
    (void)state;
    const struct options_table *table = settings_table();
    for (size_t i = 0; i < table->count; i++) {
        const struct options_entry *e = &table->entries[i];
        char text[256], key[64];
        snprintf(key, sizeof key, "%s", e->name);
        for (char *c = key; *c != '\0'; c++)
            *c = *c == '-' ? '_' : *c;
        bool kept = e->place == OPTIONS_RETENTION;
        const char *above = kept                         ? "retention:\n  "
                            : e->place == OPTIONS_SOURCE ? "source:\n  "
                                                         : "";
        snprintf(text, sizeof text, "%s%s: %s\n", above, kept ? key + strlen("retain_") : key,
                 e->argument == NULL ? "true" : "x");
        struct parsed p = parse_span(span_of(text));
        bool unknown = p.faults.size > 0 && strstr(p.faults.text, "no such key") != NULL;
        assert_int_equal(p.settings->value_count, e->place == OPTIONS_NOT_IN_FILE ? 0 : 1);
        assert_false(unknown);
        release(&p);
    }
}

static void an_empty_file_says_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",      "\n",          "# nothing yet\n",
        "---\n", "rules: []\n", "\xef\xbb\xbf# with a byte order mark\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct parsed p = parse_span(span_of(texts[i]));
        /* "---" alone holds an empty value, which is no mapping */
        if (strcmp(texts[i], "---\n") != 0)
            assert_int_equal(p.faults.count, 0);
        assert_int_equal(p.settings->rule_count, 0);
        release(&p);
    }
}

static void all_faults_of_a_file_are_told_with_their_lines(void **state)
{
    (void)state;
    assert_faults("rules:\n"
                  "  - when: temperature >\n"
                  "    thn: fan\n",
                  "2: when: a number is missing behind >: temperature > 25\n"
                  "3: thn: no such key; did you mean then?\n");
    assert_faults("prot: 1\n"
                  "rules:\n"
                  "  - then: fan\n"
                  "  - when: temperature > 25\n"
                  "    for: soon\n"
                  "    hysteresis: -1\n"
                  "    fresh: 0\n"
                  "port: 70000\n",
                  "1: prot: no such key; did you mean port?\n"
                  "3: this rule has no when: when: temperature > 25\n"
                  "5: for: no time, such as 10s, 500ms, 2m or 1h\n"
                  "6: hysteresis: no number from 0 on, such as 0.5\n"
                  "7: fresh: no time above zero, such as 30s\n"
                  "4: this rule has no then: then: fan\n"
                  "8: port 70000: a port is 1 to 65535\n");
}

static void keys_that_are_none_get_the_nearest(void **state)
{
    (void)state;
    assert_faults("rule: []\n", "1: rule: no such key; did you mean role?\n");
    assert_faults("on-change: x\n", "1: on-change: no such key; did you mean on_change?\n");
    assert_faults("frobnicate: 1\n", "1: frobnicate: no such key; kith help config shows all\n");
    assert_faults("source:\n  evry: 1\n", "2: evry: no such key; did you mean every?\n");
    assert_faults("every: 1\n", "1: every belongs below source:\n");
    assert_faults("source:\n  port: 1\n", "2: port does not belong below source:\n");
    assert_faults("retention:\n  ages: 1d\n", "2: ages: no such key; did you mean age?\n");
    assert_faults("retain_age: 1d\n",
                  "1: retain-age is written so: retention: {age: 30d, size: 500MB}\n");
    assert_faults("retention: 30d\n", "1: retention is a mapping, such as: retention: {age: 30d, "
                                      "size: 500MB}\n");
    assert_faults("retention:\n  age: 30 weeks\n  size: 1MB\n",
                  "2: retain_age 30 weeks: it is a time of a minute or more: 12h, 30d\n"
                  "3: retain_size 1MB: it is a size of 50MB or more: 500MB, 2GB\n");
    assert_faults("state_dir: /x\n", "1: state-dir can't be set in a file; give --state-dir\n");
}

static void shapes_that_are_wrong_are_told(void **state)
{
    (void)state;
    assert_faults("- a\n", "1: a configuration is made of keys, such as rules:\n");
    assert_faults("just text\n", "1: a configuration is made of keys, such as rules:\n");
    assert_faults("port: [1, 2]\n", "1: port is one value, not a list or a mapping\n");
    assert_faults("port:\n", "1: port has no value\n");
    assert_faults("plain: maybe\n", "1: plain is true or false\n");
    assert_faults("peer: {a: 1}\n", "1: peer is one value, not a list or a mapping\n");
    assert_faults("source: home\n", "1: source is a mapping, such as: source: {dataset: a.csv}\n");
    assert_faults("rules: {when: a > 1}\n", "1: rules is a list; each rule begins with -: - {when: "
                                            "temperature > 25, then: fan}\n");
    assert_faults("rules:\n- fan\n",
                  "2: a rule is written: - {when: temperature > 25, then: fan}\n");
    assert_faults("rules:\n- when: [[a > 1]]\n  then: fan\n",
                  "2: when is one value, not a list or a mapping\n");
    assert_faults("[a]: 1\n", "1: a key is a word, not a list or a mapping\n");
    assert_faults("device: A\n", "1: device: A: a device name is 1 to 63 of a-z, 0-9, - and _\n");
}

static void keys_that_are_given_twice_are_refused(void **state)
{
    (void)state;
    assert_faults("port: 1\nplain: true\nport: 2\n", "3: port is given twice, first in line 1\n");
    assert_faults("rules:\n- when: a > 1\n  then: fan\n  when: b > 1\n",
                  "4: when is given twice, first in line 2\n");
}

static void rules_that_undo_each_other_are_refused(void **state)
{
    (void)state;
    assert_faults(
        "rules:\n"
        "- {when: temperature > 25, then: fan = on}\n"
        "- {when: temperature < 20, then: fan = off}\n",
        "3: fan is driven by the rule fan already, and the two would undo each other: use "
        "one rule (hysteresis: says when it ends)\n");
    assert_faults("rules:\n"
                  "- {name: a, when: temperature > 25, then: fan}\n"
                  "- {name: a, when: temperature > 25, then: window}\n",
                  "3: another rule has the name a already\n");
    assert_faults("rules:\n- {when: temperature > 25, then: fan = off, else: off}\n",
                  "2: then and else are both off: the rule would do nothing\n");
}

static void what_yaml_has_besides_is_refused(void **state)
{
    (void)state;
    assert_faults("peer: &a [x:1]\ninterface: *a\n",
                  "1: anchors (&name) are not supported; write it out\n"
                  "2: aliases (*name) are not supported; write it out\n");
    assert_faults("rules:\n- when: */temperature > 25\n  then: fan\n",
                  "2: this is not YAML: did not find expected alphabetic or numeric character, "
                  "while scanning an alias (what begins with * stands in quotes: "
                  "\"*/temperature > 25\")\n");
    assert_faults("on_change: !secret x\n",
                  "1: tags (!name) are not supported; write the value itself\n");
    assert_faults("port: 1\n---\nport: 2\n",
                  "2: a second document begins here; one is all that is read\n");
    assert_faults("port: \"a\\0b\"\n", "1: a zero byte in a value\n");
}

static void what_is_no_yaml_is_told_with_its_line(void **state)
{
    (void)state;
    struct parsed p = parse_span(SPAN("port: 1\nrules: [\n"));
    assert_int_equal(p.faults.count, 1);
    assert_memory_equal(p.faults.text, "f.yaml:3: this is not YAML: ", 28);
    release(&p);
    p = parse_span(SPAN("port: 1\n\tplain: true\n"));
    assert_memory_equal(p.faults.text, "f.yaml:2: this is not YAML: ", 28);
    release(&p);
    p = parse_span(SPAN("rules:\n  - when: a > 1\n    then: fan: on\n"));
    assert_non_null(strstr(p.faults.text, "f.yaml:3: this is not YAML: "));
    assert_non_null(strstr(p.faults.text, "then: fan = on"));
    release(&p);
    p = parse_span(SPAN("port: 1\nplain: \x01\n"));
    assert_memory_equal(p.faults.text, "f.yaml:2: this is not YAML: ", 28);
    release(&p);
    p = parse_span(SPAN("port: 1\n\0"));
    assert_memory_equal(p.faults.text, "f.yaml:2: a zero byte; is it a text file?\n", 42);
    release(&p);
    p = parse_span(SPAN("port: 1\n\n# \xff\n"));
    assert_memory_equal(p.faults.text, "f.yaml:3: this is not UTF-8\n", 28);
    release(&p);
}

static void nesting_is_taken_up_to_its_bound(void **state)
{
    (void)state;
    char text[2 * CONFIG_DEPTH_MAX + 64];
    /* the mapping on top is one level */
    for (int depth = CONFIG_DEPTH_MAX - 1; depth <= CONFIG_DEPTH_MAX; depth++) {
        snprintf(text, sizeof text, "rules: %.*s%.*s\n", depth, "[[[[[[[[", depth, "]]]]]]]]");
        struct parsed p = parse_span(span_of(text));
        bool deep = strstr(p.faults.text, "nested too deep") != NULL;
        assert_int_equal(deep, depth == CONFIG_DEPTH_MAX);
        release(&p);
    }
}

/* A head, and a line so often; each # in it becomes the line's number. */
static char *repeat(const char *head, const char *line, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    fputs(head, out);
    for (size_t i = 0; i < count; i++)
        for (const char *c = line; *c != '\0'; c++)
            if (*c == '#')
                fprintf(out, "%zu", i);
            else
                fputc(*c, out);
    fclose(out);
    return text;
}

static void rules_keys_and_values_have_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *head, *line, *part;
        size_t most;
    } cases[] = {
        {"rules:\n", "- {name: r#, when: a > 1, then: p#}\n", "64 rules are the most", LIMIT_RULES},
        {"", "k#: #\n", "more than 256 keys", CONFIG_KEYS_MAX},
        {"source:\n  where:\n", "  - a=#\n", "more than 256 values", CONFIG_KEYS_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (size_t more = 0; more <= 1; more++) {
            char *text = repeat(cases[i].head, cases[i].line, cases[i].most + more);
            struct parsed p = parse_span(span_of(text));
            bool told = p.faults.size > 0 && strstr(p.faults.text, cases[i].part) != NULL;
            assert_int_equal(told, more);
            release(&p);
            free(text);
        }
    }
}

static void a_file_is_taken_up_to_its_bound(void **state)
{
    (void)state;
    char *text = malloc(CONFIG_BYTES_MAX + 1);
    assert_non_null(text);
    memset(text, '\n', CONFIG_BYTES_MAX + 1);
    struct parsed p = parse_span((struct span){text, CONFIG_BYTES_MAX});
    assert_int_equal(p.faults.count, 0);
    release(&p);
    p = parse_span((struct span){text, CONFIG_BYTES_MAX + 1});
    assert_int_equal(p.faults.count, 1);
    assert_memory_equal(p.faults.text, "f.yaml:1: a configuration is 1 MiB at most\n", 43);
    release(&p);
    free(text);
}

static void what_a_file_quotes_is_escaped(void **state)
{
    (void)state;
    assert_faults("\"a\\e[2J\": 1\n", "1: a\\x1b[2J: no such key; kith help config shows all\n");
}

static void files_are_read_or_named(void **state)
{
    (void)state;
    char path[] = "/tmp/kith-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "port: 7\n", 8), 8);
    close(fd);
    struct parsed p = {.settings = settings_new()};
    config_read(p.settings, path, &p.faults);
    settings_apply(p.settings, &p.faults);
    assert_int_equal(p.faults.count, 0);
    assert_int_equal(p.settings->run.udp.port, 7);
    unlink(path);
    config_read(p.settings, path, &p.faults);
    assert_int_equal(p.faults.count, 1);
    assert_memory_equal(p.faults.text, path, sizeof path - 1);
    release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_as_people_write_it),
        cmocka_unit_test(what_a_rule_leaves_out_has_a_default),
        cmocka_unit_test(on_and_off_stay_words),
        cmocka_unit_test(options_stand_as_keys),
        cmocka_unit_test(every_option_of_a_file_can_be_written_there),
        cmocka_unit_test(an_empty_file_says_nothing),
        cmocka_unit_test(all_faults_of_a_file_are_told_with_their_lines),
        cmocka_unit_test(keys_that_are_none_get_the_nearest),
        cmocka_unit_test(shapes_that_are_wrong_are_told),
        cmocka_unit_test(keys_that_are_given_twice_are_refused),
        cmocka_unit_test(rules_that_undo_each_other_are_refused),
        cmocka_unit_test(what_yaml_has_besides_is_refused),
        cmocka_unit_test(what_is_no_yaml_is_told_with_its_line),
        cmocka_unit_test(nesting_is_taken_up_to_its_bound),
        cmocka_unit_test(rules_keys_and_values_have_bounds),
        cmocka_unit_test(a_file_is_taken_up_to_its_bound),
        cmocka_unit_test(what_a_file_quotes_is_escaped),
        cmocka_unit_test(files_are_read_or_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
