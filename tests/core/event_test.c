#include "core/event.h"

#include "core/cm.h"

static void effects_keep_their_order_and_their_copies(void **state)
{
    (void)state;
    struct effects fx;
    event_effects_init(&fx);
    for (uint64_t i = 0; i < 1000; i++) {
        struct effect *effect = event_effects_add(&fx, EFFECT_HANG_UP);
        effect->hang_up.link = i;
        char text[3] = {'a', (char)('0' + i % 10), 'z'};
        effect->hang_up.reason = event_effects_copy(&fx, (struct span){text, sizeof text});
    }
    assert_int_equal(fx.count, 1000);
    for (uint64_t i = 0; i < 1000; i++) {
        char text[3] = {'a', (char)('0' + i % 10), 'z'};
        assert_int_equal(fx.list[i].hang_up.link, i);
        assert_memory_equal(fx.list[i].hang_up.reason.bytes, text, sizeof text);
    }
    event_effects_reset(&fx);
    assert_int_equal(fx.count, 0);
    event_effects_fini(&fx);
}

static void memory_of_effects_is_apart_and_may_be_large(void **state)
{
    (void)state;
    struct effects fx;
    event_effects_init(&fx);
    char *small = event_effects_alloc(&fx, 1), *large = event_effects_alloc(&fx, 100000),
         *next = event_effects_alloc(&fx, 1);
    *small = 's';
    memset(large, 'l', 100000);
    *next = 'n';
    assert_int_equal(*small, 's');
    assert_int_equal(large[99999], 'l');
    assert_int_equal(event_effects_copy(&fx, (struct span){0}).size, 0);
    event_effects_fini(&fx);
}

static void a_seal_covers_everything_that_names_the_record(void **state)
{
    (void)state;
    struct log_id id = {.device = "sensor1", .key = {{0xab, 1}}, .epoch = 1572864};
    struct chain_hash hash = {{0xff, 2}};
    char text[EVENT_SEAL_TEXT_MAX];
    size_t size = event_seal_text(text, SPAN("0123456789abcdef"), &id, 42, &hash);
    static const char
        expected[] = "kith/1 seal\n0123456789abcdef\nsensor1\n"
                     "ab01000000000000000000000000000000000000\n1572864\n42\n"
                     "ff02000000000000000000000000000000000000000000000000000000000000\n";
    assert_int_equal(size, sizeof expected - 1);
    assert_memory_equal(text, expected, size);
}

static void the_longest_seal_text_fits(void **state)
{
    (void)state;
    struct log_id id = {.epoch = 9007199254740991};
    struct chain_hash hash = {{0}};
    char text[EVENT_SEAL_TEXT_MAX];
    memset(id.device, 'd', LIMIT_NAME);
    assert_true(event_seal_text(text, SPAN("0123456789abcdef"), &id, 9007199254740991, &hash) <=
                EVENT_SEAL_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_keep_their_order_and_their_copies),
        cmocka_unit_test(memory_of_effects_is_apart_and_may_be_large),
        cmocka_unit_test(a_seal_covers_everything_that_names_the_record),
        cmocka_unit_test(the_longest_seal_text_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
