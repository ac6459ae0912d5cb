#include "app/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool set_nothing(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)target, (void)value, (void)why;
    return true;
}

static const struct options_entry entries[] = {
    {"dataset", "FILE", OPTIONS_ONCE, OPTIONS_SOURCE, OPTIONS_READINGS, set_nothing, "a file"},
    {"missing", "VALUE", OPTIONS_ONCE, OPTIONS_SOURCE, OPTIONS_READINGS, set_nothing, "none"},
    {"state-dir", "DIR", OPTIONS_ONCE, OPTIONS_NOT_IN_FILE, OPTIONS_DEVICE, set_nothing, "all"},
    {"peer", "HOST:PORT", OPTIONS_MANY, OPTIONS_TOP, OPTIONS_NETWORK, set_nothing, "call it"},
    {"plain", NULL, OPTIONS_ONCE, OPTIONS_TOP, OPTIONS_NETWORK, set_nothing, "bare"},
};
static const struct options_table table = {"run", entries, COUNT_OF(entries)};

/* What came out, as text: "dataset=a.csv(--dataset) [word] ". */
struct heard {
    char text[1024];
    struct faults faults;
};

static void on_option(void *context, const struct options_entry *entry, const char *value,
                      const char *origin)
{
    struct heard *h = context;
    size_t size = strlen(h->text);
    snprintf(h->text + size, sizeof h->text - size, "%s=%s(%s) ", entry->name, value, origin);
}

static void on_word(void *context, const char *word)
{
    struct heard *h = context;
    size_t size = strlen(h->text);
    snprintf(h->text + size, sizeof h->text - size, "[%s] ", word);
}

static const struct options_sink *sink_of(struct heard *h, struct options_sink *sink)
{
    *sink = (struct options_sink){h, on_option, on_word};
    return sink;
}

static void parse(struct heard *h, const char *const *arguments)
{
    char *argv[16];
    int argc = 0;
    struct options_sink sink;
    *h = (struct heard){0};
    for (; arguments[argc] != NULL; argc++)
        argv[argc] = strdup(arguments[argc]);
    options_parse(&table, argc, argv, sink_of(h, &sink), &h->faults);
    while (argc > 0)
        free(argv[--argc]);
}

static void assert_parsed(const char *const *arguments, const char *expected)
{
    struct heard h;
    parse(&h, arguments);
    assert_int_equal(h.faults.count, 0);
    assert_string_equal(h.text, expected);
}

static void assert_fault(const char *const *arguments, const char *expected)
{
    struct heard h;
    parse(&h, arguments);
    assert_int_equal(h.faults.count, 1);
    assert_int_equal(h.faults.size, strlen(expected) + 1);
    assert_memory_equal(h.faults.text, expected, strlen(expected));
    faults_fini(&h.faults);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void options_and_words_stand_in_any_order(void **state)
{
    (void)state;
    assert_parsed(ARGS("sensor1", "--dataset", "a.csv", "--plain"),
                  "[sensor1] dataset=a.csv(--dataset) plain=1(--plain) ");
    assert_parsed(ARGS("--plain", "--peer=a:1", "sensor1", "--peer", "b:2"),
                  "plain=1(--plain) peer=a:1(--peer) [sensor1] peer=b:2(--peer) ");
}

static void a_value_may_begin_with_a_dash(void **state)
{
    (void)state;
    assert_parsed(ARGS("--missing", "-200"), "missing=-200(--missing) ");
    assert_parsed(ARGS("--missing", "--"), "missing=--(--missing) ");
    assert_parsed(ARGS("--missing="), "missing=(--missing) ");
}

static void behind_two_dashes_all_are_words(void **state)
{
    (void)state;
    assert_parsed(ARGS("--plain", "--", "--plain", "-x"), "plain=1(--plain) [--plain] [-x] ");
    assert_parsed(ARGS("-"), "[-] ");
}

static void a_misspelt_option_gets_the_nearest(void **state)
{
    (void)state;
    assert_fault(ARGS("--datset", "x"), "--datset: no such option; did you mean --dataset?");
    assert_fault(ARGS("--datset=x"), "--datset: no such option; did you mean --dataset?");
    assert_fault(ARGS("-dataset", "x"), "-dataset: no such option; did you mean --dataset?");
    assert_fault(ARGS("--frobnicate"), "--frobnicate: no such option");
    assert_fault(ARGS("--Plain"), "--Plain: no such option; did you mean --plain?");
}

static void a_missing_value_is_told(void **state)
{
    (void)state;
    assert_fault(ARGS("--dataset"), "--dataset needs a value: --dataset FILE");
    assert_fault(ARGS("--dataset", "--plain"),
                 "--dataset needs a value: --dataset FILE, but --plain follows");
    assert_fault(ARGS("--plain=1"), "--plain takes no value");
}

static void every_option_is_a_variable_too(void **state)
{
    (void)state;
    struct heard h = {0};
    struct options_sink sink;
    setenv("KITH_STATE_DIR", "/s", 1);
    setenv("KITH_PEER", "a:1;b:2;", 1);
    setenv("KITH_PLAIN", "off", 1);
    setenv("KITH_DATASET", "", 1);
    options_environment(&table, sink_of(&h, &sink), &h.faults);
    assert_int_equal(h.faults.count, 0);
    assert_string_equal(h.text, "state-dir=/s(KITH_STATE_DIR) peer=a:1(KITH_PEER) "
                                "peer=b:2(KITH_PEER) plain=0(KITH_PLAIN) ");
    h.text[0] = '\0';
    setenv("KITH_PLAIN", "maybe", 1);
    options_environment(&table, sink_of(&h, &sink), &h.faults);
    assert_int_equal(h.faults.count, 1);
    assert_memory_equal(h.faults.text, "KITH_PLAIN=maybe: a switch is 1 or 0\n", h.faults.size);
    faults_fini(&h.faults);
    unsetenv("KITH_STATE_DIR");
    unsetenv("KITH_PEER");
    unsetenv("KITH_PLAIN");
    unsetenv("KITH_DATASET");
}

static void the_help_has_a_line_for_each_option(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    options_help(&table, out);
    fclose(out);
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        char line[64];
        snprintf(line, sizeof line, "\n  --%s", entries[i].name);
        assert_non_null(strstr(text, line));
        assert_non_null(strstr(text, entries[i].help));
    }
    assert_non_null(strstr(text, "call it (repeatable)\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_words_stand_in_any_order),
        cmocka_unit_test(a_value_may_begin_with_a_dash),
        cmocka_unit_test(behind_two_dashes_all_are_words),
        cmocka_unit_test(a_misspelt_option_gets_the_nearest),
        cmocka_unit_test(a_missing_value_is_told),
        cmocka_unit_test(every_option_is_a_variable_too),
        cmocka_unit_test(the_help_has_a_line_for_each_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
