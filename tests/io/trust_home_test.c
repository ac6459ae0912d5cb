/* Clocks that are wrong when a device opens its keys. What else the folders do is in trust_test.c.
 */
#include "io/trust_home.h"

#include "io/trust_tls.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define DAY_S  INT64_C(86400)
#define NOW_S  INT64_C(1800000000) /* 2027 */
#define FAR_S  INT64_C(2177452800) /* 2039, behind the end of what was made now */
#define BOOT_S INT64_C(1000)       /* 1970 */

static char said[512];
static const struct trust_note note = {said, sizeof said};

static int setup(void **state)
{
    struct temp_folder *f = malloc(sizeof *f);
    *state = f;
    if (!f)
        return -1;
    temp_folder_make(f);
    return 0;
}

static int teardown(void **state)
{
    temp_folder_remove(*state);
    free(*state);
    return 0;
}

static void open_at(struct trust_home *home, const struct temp_folder *f, int64_t now_s)
{
    *home = (struct trust_home){0};
    struct trust_home_want want = {.data = f->path,
                                   .device = "sensor1",
                                   .role = ROLE_SENSOR,
                                   .now_s = now_s};
    if (trust_home_open(home, &want, &note) != ERR_OK)
        fail_msg("%s", said);
}

static bool is_valid_at(const struct trust_home *home, int64_t at_s)
{
    time_t at = (time_t)at_s;
    return X509_cmp_time(X509_get0_notBefore(home->chain[0]), &at) < 0 &&
           X509_cmp_time(X509_get0_notAfter(home->chain[0]), &at) > 0;
}

/* Opens at these moments, one after the other; whether the last two have one certificate. */
static bool keeps_it(const struct temp_folder *f, int64_t first_s, int64_t then_s)
{
    struct trust_home before, after;
    open_at(&before, f, first_s);
    open_at(&after, f, then_s);
    bool same = X509_cmp(before.chain[0], after.chain[0]) == 0;
    assert_memory_equal(&before.self.key, &after.self.key, sizeof before.self.key);
    trust_home_fini(&before);
    trust_home_fini(&after);
    return same;
}

static void a_certificate_made_by_a_clock_far_ahead_is_made_again(void **state)
{
    struct trust_home home;
    open_at(&home, *state, NOW_S);
    trust_home_fini(&home);
    open_at(&home, *state, FAR_S);
    assert_true(is_valid_at(&home, FAR_S));
    assert_false(is_valid_at(&home, NOW_S + DAY_S));
    trust_home_fini(&home);
    open_at(&home, *state, NOW_S + DAY_S);
    assert_true(is_valid_at(&home, NOW_S + DAY_S));
    trust_home_fini(&home);
    assert_true(keeps_it(*state, NOW_S + DAY_S, NOW_S + 2 * DAY_S));
}

static void who_begins_in_1970_keeps_its_certificate(void **state)
{
    assert_true(keeps_it(*state, NOW_S, BOOT_S));
    assert_true(keeps_it(*state, BOOT_S, NOW_S - 400 * DAY_S));
    assert_true(keeps_it(*state, NOW_S, NOW_S + DAY_S));
}

static void a_noted_time_counts_up_to_the_end_of_the_own_certificate(void **state)
{
    struct trust_home home;
    int64_t wall_s = (int64_t)time(NULL);
    open_at(&home, *state, wall_s);
    struct trust_tls *tls = trust_tls_new(&home);
    assert_non_null(tls);
    trust_tls_note_time(tls, (uint64_t)(FAR_S + 10 * 365 * DAY_S) * 1000);
    assert_in_range(trust_tls_now_s(tls), wall_s, wall_s + DAY_S);
    trust_tls_note_time(tls, (uint64_t)(wall_s + 100 * DAY_S) * 1000);
    assert_int_equal(trust_tls_now_s(tls), wall_s + 100 * DAY_S);
    trust_tls_free(tls);
    trust_home_fini(&home);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_certificate_made_by_a_clock_far_ahead_is_made_again),
        TEST(who_begins_in_1970_keeps_its_certificate),
        TEST(a_noted_time_counts_up_to_the_end_of_the_own_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
