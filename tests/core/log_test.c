#include "core/log.h"

#include "core/cm.h"

#include <stdio.h>

/* A chain that is easy to follow: mixes every byte in; no cryptography is needed here. */
static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t *slot = &out->bytes[i % sizeof out->bytes];
        *slot = (uint8_t)(*slot * 31 + (uint8_t)bytes.bytes[i] + 1);
    }
    out->bytes[0]++;
}

static struct log *own_log(void)
{
    struct log_id id = {.device = "sensor1", .epoch = 7};
    struct log *l = log_new(&id, ROLE_SENSOR);
    assert_non_null(l);
    l->own = true;
    return l;
}

static size_t text_of(uint64_t seq, char *out)
{
    return (size_t)sprintf(out, "{\"seq\":%llu}", (unsigned long long)seq);
}

static void append(struct log *l)
{
    char *memory = log_window_reserve(l);
    assert_non_null(memory);
    size_t size = text_of(l->last + 1, memory);
    assert_int_equal(log_window_add(l, size, mix), ERR_OK);
}

static void assert_run(const struct log *l, uint64_t first, size_t bytes_max, uint64_t last)
{
    char expected[4096] = "";
    size_t used = 0;
    for (uint64_t seq = first; seq <= last; seq++) {
        used += text_of(seq, expected + used);
        if (seq < last)
            expected[used++] = ',';
    }
    size_t count;
    struct span run = log_window_run(l, first, bytes_max, &count);
    assert_int_equal(count, last - first + 1);
    assert_int_equal(run.size, used);
    assert_memory_equal(run.bytes, expected, used);
}

static void records_come_out_joined_by_commas(void **state)
{
    (void)state;
    struct log *l = own_log();
    for (int i = 0; i < 5; i++)
        append(l);
    assert_run(l, 1, SIZE_MAX, 5);
    assert_run(l, 3, SIZE_MAX, 5);
    assert_run(l, 5, SIZE_MAX, 5);
    size_t count;
    log_window_run(l, 6, SIZE_MAX, &count);
    assert_int_equal(count, 0);
    log_window_run(l, 0, SIZE_MAX, &count);
    assert_int_equal(count, 0);
    log_free(l);
}

static void a_run_keeps_to_its_bytes_but_has_one_record_at_least(void **state)
{
    (void)state;
    struct log *l = own_log();
    for (int i = 0; i < 5; i++)
        append(l);
    size_t one = sizeof "{\"seq\":1}" - 1;
    assert_run(l, 1, 2 * one + 1, 2);
    assert_run(l, 1, 2 * one, 1);
    assert_run(l, 1, 1, 1);
    log_free(l);
}

static void the_window_drops_only_what_is_stored_and_wanted_no_more(void **state)
{
    (void)state;
    struct log *l = own_log();
    for (int i = 0; i < 6; i++)
        append(l);
    log_window_trim(l, 4);
    assert_run(l, 1, SIZE_MAX, 6); /* nothing was ordered to be stored yet */
    l->asked = 6;
    log_window_trim(l, 4);
    size_t count;
    log_window_run(l, 3, SIZE_MAX, &count);
    assert_int_equal(count, 0);
    assert_run(l, 4, SIZE_MAX, 6);
    log_window_trim(l, 7);
    append(l);
    assert_run(l, 7, SIZE_MAX, 7);
    log_free(l);
}

static void the_window_stays_within_its_limit_when_nobody_follows(void **state)
{
    (void)state;
    struct log *l = own_log();
    while (l->last < 400000) {
        append(l);
        l->asked = l->last;
        log_window_trim(l, 1);
        assert_true(l->window_end - l->window_begin <= LIMIT_WINDOW);
    }
    assert_true(l->window_first > 1);
    size_t count;
    log_window_run(l, l->window_first, 100, &count);
    assert_true(count > 0);
    log_free(l);
}

static void the_chain_is_known_behind_the_seal_and_at_it(void **state)
{
    (void)state;
    struct log *l = own_log();
    struct chain_hash at[11] = {0}, got;
    for (int i = 1; i <= 10; i++) {
        append(l);
        at[i] = l->head;
    }
    for (uint64_t seq = 1; seq <= 10; seq++) {
        assert_true(log_hash_at(l, seq, &got));
        assert_memory_equal(&got, &at[seq], sizeof got);
    }
    struct log_seal seal = {.seq = 6, .hash = at[6], .signature_size = 1};
    log_accept_seal(l, &seal);
    for (uint64_t seq = 6; seq <= 10; seq++) {
        assert_true(log_hash_at(l, seq, &got));
        assert_memory_equal(&got, &at[seq], sizeof got);
    }
    assert_true(log_hash_at(l, 5, &got));
    assert_int_equal(log_seal_asked(l), ERR_OK);
    log_seal_durable(l);
    assert_true(log_hash_at(l, 6, &got));
    assert_true(log_hash_at(l, 7, &got));
    assert_false(log_hash_at(l, 5, &got));
    assert_false(log_hash_at(l, 11, &got));
    seal.seq = 4;
    log_accept_seal(l, &seal);
    assert_int_equal(l->seal.seq, 6);
    log_free(l);
}

static void the_oldest_hash_goes_at_the_limit_of_pending_records(void **state)
{
    (void)state;
    struct log *l = own_log();
    struct chain_hash got;
    for (uint64_t i = 0; i < LIMIT_PENDING; i++)
        assert_int_equal(log_extend(l, SPAN("{}"), mix), ERR_OK);
    assert_true(log_hash_at(l, 1, &got));
    assert_int_equal(log_extend(l, SPAN("{}"), mix), ERR_OK);
    assert_int_equal(l->hashes.count, LIMIT_PENDING);
    assert_false(log_hash_at(l, 1, &got));
    assert_true(log_hash_at(l, 2, &got));
    log_free(l);
}

static void a_cut_takes_the_chain_back(void **state)
{
    (void)state;
    struct log *l = own_log();
    for (int i = 0; i < 4; i++)
        append(l);
    struct chain_hash at_four = l->head;
    l->asked = l->stored = 4;
    l->stored_hash = at_four;
    append(l);
    struct chain_hash at_five = l->head;
    append(l);
    log_cut_to_stored(l);
    assert_int_equal(l->last, 4);
    assert_memory_equal(&l->head, &at_four, sizeof at_four);
    assert_run(l, 1, SIZE_MAX, 4);
    append(l);
    assert_memory_equal(&l->head, &at_five, sizeof at_five);
    assert_run(l, 1, SIZE_MAX, 5);
    log_free(l);
}

static void a_cut_to_where_the_chain_is_not_known_changes_nothing(void **state)
{
    (void)state;
    struct log *l = own_log();
    struct chain_hash at_three = {{0}};
    for (int i = 1; i <= 5; i++) {
        append(l);
        if (i == 3)
            at_three = l->head;
    }
    log_accept_seal(l, &(struct log_seal){.seq = 3, .hash = at_three, .signature_size = 1});
    assert_int_equal(log_seal_asked(l), ERR_OK);
    log_seal_durable(l);
    assert_false(log_cut(l, 2));
    assert_int_equal(l->last, 5);
    assert_true(log_cut(l, 3));
    assert_int_equal(l->last, 3);
    log_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_joined_by_commas),
        cmocka_unit_test(a_run_keeps_to_its_bytes_but_has_one_record_at_least),
        cmocka_unit_test(the_window_drops_only_what_is_stored_and_wanted_no_more),
        cmocka_unit_test(the_window_stays_within_its_limit_when_nobody_follows),
        cmocka_unit_test(the_chain_is_known_behind_the_seal_and_at_it),
        cmocka_unit_test(the_oldest_hash_goes_at_the_limit_of_pending_records),
        cmocka_unit_test(a_cut_takes_the_chain_back),
        cmocka_unit_test(a_cut_to_where_the_chain_is_not_known_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
