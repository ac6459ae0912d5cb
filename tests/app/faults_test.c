#include "app/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void each_fault_is_one_line_whatever_it_quotes(void **state)
{
    (void)state;
    struct faults f = {0};
    faults_add(&f, "%s: no such option", "--a\nb\033[2J\xff");
    faults_add(&f, "second");
    assert_int_equal(f.count, 2);
    static const char expected[] = "--a\\nb\\x1b[2J\\xff: no such option\nsecond\n";
    assert_int_equal(f.size, strlen(expected));
    assert_memory_equal(f.text, expected, f.size);
    faults_fini(&f);
    assert_int_equal(f.count, 0);
}

static void a_fault_longer_than_a_line_is_cut(void **state)
{
    (void)state;
    struct faults f = {0};
    char longer[2 * FAULTS_LINE_MAX];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    faults_add(&f, "%s", longer);
    assert_int_equal(f.count, 1);
    assert_true(f.size <= FAULTS_LINE_MAX + 1);
    assert_int_equal(f.text[f.size - 1], '\n');
    faults_fini(&f);
}

static void at_the_bound_faults_are_only_counted(void **state)
{
    (void)state;
    struct faults f = {0};
    for (int i = 0; i < 20000; i++)
        faults_add(&f, "fault %d", i);
    assert_int_equal(f.count, 20000);
    assert_true(f.cut);
    assert_true(f.size <= FAULTS_BYTES_MAX);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    faults_print(&f, out);
    fclose(out);
    assert_non_null(strstr(text, "\n... 20000 in all\n"));
    free(text);
    faults_fini(&f);
}

static const char *word(const void *context, size_t index)
{
    return ((const char *const *)context)[index];
}

static void the_nearest_word_is_near(void **state)
{
    (void)state;
    static const char *const words[] = {"port", "peer", "hysteresis", "on", NULL};
    assert_string_equal(faults_nearest(SPAN("prot"), word, (const void *)words), "port");
    assert_string_equal(faults_nearest(SPAN("histeresys"), word, (const void *)words),
                        "hysteresis");
    assert_null(faults_nearest(SPAN("xyz"), word, (const void *)words));
    assert_null(faults_nearest(SPAN(""), word, (const void *)words));
    /* two letters changed in a word of two is another word */
    assert_null(faults_nearest(SPAN("xx"), word, (const void *)words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_one_line_whatever_it_quotes),
        cmocka_unit_test(a_fault_longer_than_a_line_is_cut),
        cmocka_unit_test(at_the_bound_faults_are_only_counted),
        cmocka_unit_test(the_nearest_word_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
