#include "core/log_mark.h"

#include "core/cm.h"

static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    for (size_t i = 0; i < bytes.size; i++)
        out->bytes[i] = (uint8_t)(out->bytes[i] * 31 + (uint8_t)bytes.bytes[i]);
}

static struct log *new_log(void)
{
    struct log_id id = {.device = "sensor1", .epoch = 7};
    struct log *l = log_new(&id, ROLE_SENSOR);
    assert_non_null(l);
    return l;
}

static void grow(struct log *l, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(log_extend(l, SPAN("{}"), mix), ERR_OK);
}

static void add_part(struct log *l, uint32_t part, uint32_t of)
{
    struct chain_hash before = l->head;
    struct record r = {.seq = l->last + 1, .part = part, .of = of};
    grow(l, 1);
    log_mark_part(l, &r, &before, 1000 + r.seq);
}

/* All is on disk and sealed. */
static void settle(struct log *l)
{
    struct event_mark mark;
    (void)log_mark_take(l, &mark);
    l->stored = l->last;
    l->stored_seal.seq = l->last;
}

static void a_checkpoint_counts_once_its_last_part_is_there(void **state)
{
    (void)state;
    struct log *l = new_log();
    struct event_mark mark;
    grow(l, 3);
    struct chain_hash before = l->head;
    add_part(l, 1, 3);
    add_part(l, 2, 3);
    assert_false(log_mark_take(l, &mark));
    add_part(l, 3, 3);
    assert_true(log_mark_take(l, &mark));
    assert_false(log_mark_take(l, &mark));
    assert_int_equal(mark.first, 4);
    assert_int_equal(mark.last, 6);
    assert_int_equal(mark.at_ms, 1006);
    assert_memory_equal(&mark.before, &before, sizeof before);
    log_free(l);
}

static void parts_that_do_not_follow_each_other_are_no_checkpoint(void **state)
{
    (void)state;
    static const struct {
        uint32_t part, of;
        size_t between;
    } wrong[][2] = {
        {{1, 2, 0}, {2, 2, 1}}, /* something stands between */
        {{1, 2, 0}, {2, 3, 0}},
        {{2, 2, 0}, {2, 2, 0}},
        {{1, 3, 0}, {3, 3, 0}},
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct log *l = new_log();
        struct event_mark mark;
        for (int k = 0; k < 2; k++) {
            grow(l, wrong[i][k].between);
            add_part(l, wrong[i][k].part, wrong[i][k].of);
        }
        assert_false(log_mark_take(l, &mark));
        log_free(l);
    }
}

static void one_that_is_not_sealed_and_stored_is_no_place_to_begin_at(void **state)
{
    (void)state;
    struct log *l = new_log();
    grow(l, 3);
    add_part(l, 1, 2);
    add_part(l, 2, 2);
    settle(l);
    assert_int_equal(log_mark_oldest(l)->first, 4);
    l->stored = 4;
    assert_null(log_mark_oldest(l));
    l->stored = 5;
    l->stored_seal.seq = 4;
    assert_null(log_mark_oldest(l));
    assert_null(log_mark_before(l, UINT64_MAX));
    log_free(l);
}

static void the_newest_of_those_that_are_old_enough_is_found(void **state)
{
    (void)state;
    struct log *l = new_log();
    for (int i = 0; i < 3; i++) {
        grow(l, 9);
        add_part(l, 1, 1);
        settle(l);
    }
    assert_null(log_mark_before(l, 1009));
    assert_int_equal(log_mark_before(l, 1010)->first, 10);
    assert_int_equal(log_mark_before(l, 1029)->first, 20);
    assert_int_equal(log_mark_oldest(l)->first, 10);
    struct event_mark mark = *log_mark_before(l, 1029);
    log_prune(l, mark.first, &mark.before);
    assert_null(log_mark_before(l, 1029)); /* it begins there already */
    assert_int_equal(log_mark_oldest(l)->first, 30);
    assert_int_equal(l->marks.count, 2);
    log_free(l);
}

static void what_is_cut_off_takes_its_checkpoint_along(void **state)
{
    (void)state;
    struct log *l = new_log();
    struct event_mark mark;
    grow(l, 3);
    add_part(l, 1, 2);
    add_part(l, 2, 2);
    settle(l);
    l->stored = 3;
    assert_true(log_cut(l, 4));
    assert_int_equal(l->marks.count, 0);
    add_part(l, 2, 2);
    assert_false(log_mark_take(l, &mark));
    log_free(l);
}

static void at_the_bound_the_oldest_is_forgotten(void **state)
{
    (void)state;
    struct log *l = new_log();
    for (int i = 0; i < LIMIT_MARKS + 1; i++) {
        add_part(l, 1, 1);
        settle(l);
    }
    assert_int_equal(l->marks.count, LIMIT_MARKS);
    assert_int_equal(((struct event_mark *)ring_at(&l->marks, 0))->first, 2);
    log_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_counts_once_its_last_part_is_there),
        cmocka_unit_test(parts_that_do_not_follow_each_other_are_no_checkpoint),
        cmocka_unit_test(one_that_is_not_sealed_and_stored_is_no_place_to_begin_at),
        cmocka_unit_test(the_newest_of_those_that_are_old_enough_is_found),
        cmocka_unit_test(what_is_cut_off_takes_its_checkpoint_along),
        cmocka_unit_test(at_the_bound_the_oldest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
