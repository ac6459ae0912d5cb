#include "wire/hello.h"

#include "base/number.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A keyed hash that depends on every bit of its input; the real one is tested with its vector in
 * tests/io. */
static void toy_mac(void *context, struct span bytes, struct hello_mac *out)
{
    const uint64_t *seed = context;
    uint64_t hash = *seed;
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ (uint8_t)bytes.bytes[i]) * UINT64_C(0x100000001b3);
    struct rng rng;
    rng_init(&rng, hash);
    for (size_t i = 0; i < sizeof out->bytes; i++)
        out->bytes[i] = (uint8_t)rng_next(&rng);
}

static uint64_t our_seed = 1;
static uint64_t their_seed = 2;
static const struct hello_key ours = {"0123456789abcdef", toy_mac, &our_seed};
static const struct hello_key theirs = {"fedcba9876543210", toy_mac, &their_seed};
static const struct hello_key forged = {"0123456789abcdef", toy_mac, &their_seed};

static struct hello some_hello(enum hello_kind kind)
{
    return (struct hello){
        .kind = kind, .device = "sensor1", .session_port = 47120, .epoch = 1572864, .counter = 7};
}

/* Decodes an exact-size copy, so that reading past the datagram is found. */
static enum err decode(struct span datagram, struct hello *h, struct hello_foreign *foreign)
{
    char *copy = malloc(datagram.size ? datagram.size : 1);
    assert_non_null(copy);
    memcpy(copy, datagram.bytes, datagram.size);
    enum err err = hello_decode((struct span){copy, datagram.size}, &ours, h, foreign);
    free(copy);
    return err;
}

static bool same_hello(const struct hello *a, const struct hello *b)
{
    return a->kind == b->kind && strcmp(a->device, b->device) == 0 &&
           a->session_port == b->session_port && a->epoch == b->epoch && a->counter == b->counter;
}

static enum err decode_error(struct span datagram)
{
    struct hello h;
    struct hello_foreign foreign;
    return decode(datagram, &h, &foreign);
}

/* The text with its mac behind it. */
static struct span with_mac(char *out, const struct hello_key *key, struct span text)
{
    struct buf b;
    buf_init(&b, out, 2 * LIMIT_DATAGRAM);
    buf_span(&b, text);
    struct hello_mac mac;
    key->mac(key->context, text, &mac);
    buf_text(&b, ",\"mac\":\"");
    buf_hex(&b, mac.bytes, sizeof mac.bytes);
    buf_text(&b, "\"}");
    assert_false(b.overflow);
    return buf_view(&b);
}

static enum err error_of(const char *text)
{
    char out[2 * LIMIT_DATAGRAM];
    return decode_error(with_mac(out, &ours, span_of(text)));
}

static void each_kind_has_its_documented_form(void **state)
{
    (void)state;
    static const char *const texts[] = {
        [HELLO_CALL] = "{\"type\":\"hello\",\"device\":\"sensor1\",\"network\":"
                       "\"0123456789abcdef\",\"port\":47120,\"epoch\":1572864,\"counter\":7",
        [HELLO_ANSWER] = "{\"type\":\"hello\",\"device\":\"sensor1\",\"network\":"
                         "\"0123456789abcdef\",\"port\":47120,\"epoch\":1572864,\"counter\":7,"
                         "\"answer\":true",
        [HELLO_GOODBYE] = "{\"type\":\"goodbye\",\"device\":\"sensor1\",\"network\":"
                          "\"0123456789abcdef\",\"port\":47120,\"epoch\":1572864,\"counter\":7",
    };
    for (int kind = HELLO_CALL; kind <= HELLO_GOODBYE; kind++) {
        const struct hello h = some_hello((enum hello_kind)kind);
        char out[LIMIT_DATAGRAM];
        size_t size = hello_encode(&h, &ours, out, sizeof out);
        char expected[2 * LIMIT_DATAGRAM];
        assert_true(
            span_equal((struct span){out, size}, with_mac(expected, &ours, span_of(texts[kind]))));
        struct hello got;
        struct hello_foreign foreign;
        assert_int_equal(decode((struct span){out, size}, &got, &foreign), ERR_OK);
        assert_true(same_hello(&got, &h));
    }
}

static void random_hellos_survive_the_round_trip(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 11);
    for (int i = 0; i < 5000; i++) {
        struct hello h = {.kind = (enum hello_kind)rng_below(&rng, 3),
                          .session_port = (uint16_t)(1 + rng_below(&rng, UINT16_MAX)),
                          .epoch = 1 + rng_below(&rng, NUMBER_INTEGER_MAX),
                          .counter = 1 + rng_below(&rng, NUMBER_INTEGER_MAX)};
        size_t name = 1 + rng_below(&rng, LIMIT_NAME);
        for (size_t k = 0; k < name; k++)
            h.device[k] = "abcxyz019-_"[rng_below(&rng, 11)];
        char out[LIMIT_DATAGRAM];
        size_t size = hello_encode(&h, &ours, out, sizeof out);
        struct hello got;
        struct hello_foreign foreign;
        assert_int_equal(decode((struct span){out, size}, &got, &foreign), ERR_OK);
        assert_true(same_hello(&got, &h));
    }
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (int kind = HELLO_CALL; kind <= HELLO_GOODBYE; kind++) {
        const struct hello h = some_hello((enum hello_kind)kind);
        char out[LIMIT_DATAGRAM];
        size_t size = hello_encode(&h, &ours, out, sizeof out);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            out[bit / 8] = (char)(out[bit / 8] ^ 1 << bit % 8);
            assert_int_not_equal(decode_error((struct span){out, size}), ERR_OK);
            out[bit / 8] = (char)(out[bit / 8] ^ 1 << bit % 8);
        }
        assert_int_equal(decode_error((struct span){out, size}), ERR_OK);
    }
}

static void every_cut_and_every_added_byte_is_refused(void **state)
{
    (void)state;
    const struct hello h = some_hello(HELLO_CALL);
    char out[LIMIT_DATAGRAM];
    size_t size = hello_encode(&h, &ours, out, sizeof out);
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_not_equal(decode_error((struct span){out, cut}), ERR_OK);
        assert_int_not_equal(decode_error((struct span){out + size - cut, cut}), ERR_OK);
    }
    for (int c = 0; c < 256; c++) {
        out[size] = (char)c;
        assert_int_not_equal(decode_error((struct span){out, size + 1}), ERR_OK);
    }
}

static void a_forged_mac_is_told_from_another_network(void **state)
{
    (void)state;
    const struct hello h = some_hello(HELLO_CALL);
    char out[LIMIT_DATAGRAM];
    size_t size = hello_encode(&h, &forged, out, sizeof out);
    struct hello got;
    struct hello_foreign foreign;
    assert_int_equal(decode((struct span){out, size}, &got, &foreign), ERR_DENIED);
    size = hello_encode(&h, &theirs, out, sizeof out);
    assert_int_equal(decode((struct span){out, size}, &got, &foreign), ERR_NOT_FOUND);
    assert_memory_equal(foreign.network, theirs.id, sizeof theirs.id);
    assert_string_equal(foreign.device, "sensor1");
}

#define HELLO(type, device, network, rest) \
    "{\"type\":\"" type "\",\"device\":\"" device "\",\"network\":\"" network "\"" rest
#define OUR  "0123456789abcdef"
#define REST ",\"port\":1,\"epoch\":1,\"counter\":1"

static void members_come_in_any_order_and_unknown_ones_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(error_of("{\"counter\":1,\"x\":[{\"mac\":1}],\"epoch\":1,\"port\":1,"
                              "\"network\":\"" OUR "\",\"device\":\"s\",\"type\":\"hello\""),
                     ERR_OK);
    assert_int_equal(error_of("{ \"typ\\u0065\" : \"hell\\u006f\" , \"device\":\"\\u0073\","
                              "\"network\":\"" OUR "\"" REST ",\"answer\":false"),
                     ERR_OK);
}

static void an_authentic_datagram_is_still_held_to_its_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        {HELLO("hello", "s", OUR, REST), ERR_OK},
        {HELLO("hello", "s", OUR,
               ",\"port\":65535,\"epoch\":9007199254740991,\"counter\":"
               "9007199254740991"),
         ERR_OK},
        {HELLO("hello", "s", OUR, ",\"port\":65536,\"epoch\":1,\"counter\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, ",\"port\":0,\"epoch\":1,\"counter\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, ",\"port\":1,\"epoch\":0,\"counter\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, ",\"port\":1,\"epoch\":1,\"counter\":0"), ERR_RANGE},
        {HELLO("hello", "s", OUR, ",\"port\":1,\"epoch\":9007199254740992,\"counter\":1"),
         ERR_SYNTAX},
        {HELLO("hello", "s", OUR, ",\"port\":\"1\",\"epoch\":1,\"counter\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, ",\"epoch\":1,\"counter\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, ",\"port\":1,\"counter\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, ",\"port\":1,\"epoch\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, REST ",\"answer\":1"), ERR_RANGE},
        {HELLO("hello", "s", OUR, REST ",\"port\":1"), ERR_SYNTAX},
        {HELLO("hello", "s", OUR, REST ",\"mac\":\"\""), ERR_SYNTAX},
        {HELLO("goodbye", "s", OUR, REST ",\"answer\":true"), ERR_RANGE},
        {HELLO("temperature", "s", OUR, REST), ERR_RANGE},
        {HELLO("hello", "S", OUR, REST), ERR_RANGE},
        {HELLO("hello", "", OUR, REST), ERR_RANGE},
        {HELLO("hello", "s", "0123456789ABCDEF", REST), ERR_RANGE},
        {HELLO("hello", "s", "0123456789abcde", REST), ERR_RANGE},
        {HELLO("hello", "s", "0123456789abcdef0", REST), ERR_RANGE},
        {HELLO("hello", "s", "0123456789abcde\\u0000", REST), ERR_SYNTAX},
        {HELLO("hello", "s", "fedcba9876543210", REST), ERR_DENIED},
        {"{\"device\":\"s\",\"network\":\"" OUR "\"" REST, ERR_RANGE},
        {"[\"type\":\"hello\"", ERR_SYNTAX},
        {"", ERR_SYNTAX},
        {"{", ERR_SYNTAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(error_of(cases[i].text), cases[i].err);
}

static void a_device_name_at_the_limit_passes_and_one_above_does_not(void **state)
{
    (void)state;
    char name[LIMIT_NAME + 2] = "";
    memset(name, 'x', LIMIT_NAME);
    char text[LIMIT_DATAGRAM];
    snprintf(text, sizeof text, HELLO("hello", "%s", OUR, REST), name);
    assert_int_equal(error_of(text), ERR_OK);
    name[LIMIT_NAME] = 'x';
    snprintf(text, sizeof text, HELLO("hello", "%s", OUR, REST), name);
    assert_int_equal(error_of(text), ERR_RANGE);
}

static void a_datagram_at_the_limit_passes_and_one_above_does_not(void **state)
{
    (void)state;
    enum { TAIL = 8 + 64 + 2 };
    for (size_t size = LIMIT_DATAGRAM; size <= LIMIT_DATAGRAM + 1; size++) {
        char text[LIMIT_DATAGRAM];
        struct buf b;
        buf_init(&b, text, size - TAIL);
        buf_text(&b, HELLO("hello", "s", OUR, REST ",\"pad\":\""));
        while (b.size + 1 < b.capacity)
            buf_char(&b, 'x');
        buf_char(&b, '"');
        char out[2 * LIMIT_DATAGRAM];
        struct span datagram = with_mac(out, &ours, buf_view(&b));
        assert_int_equal(datagram.size, size);
        assert_int_equal(decode_error(datagram), size > LIMIT_DATAGRAM ? ERR_SIZE : ERR_OK);
    }
}

static void what_is_no_hello_is_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_error(SPAN("")), ERR_SYNTAX);
    assert_int_equal(decode_error(SPAN("{\"type\":\"hello\",\"device\":\"sensor1\"}")), ERR_SYNTAX);
    assert_int_equal(decode_error(SPAN("\xff\xfe garbage")), ERR_SYNTAX);
    char zeros[LIMIT_DATAGRAM] = {0};
    assert_int_equal(decode_error((struct span){zeros, sizeof zeros}), ERR_SYNTAX);
}

static void the_longest_hello_fits_and_a_short_buffer_says_so(void **state)
{
    (void)state;
    struct hello h = {.kind = HELLO_ANSWER,
                      .session_port = UINT16_MAX,
                      .epoch = NUMBER_INTEGER_MAX,
                      .counter = NUMBER_INTEGER_MAX};
    memset(h.device, 'x', LIMIT_NAME);
    char out[LIMIT_DATAGRAM];
    size_t size = hello_encode(&h, &ours, out, sizeof out);
    assert_true(size > 0);
    assert_int_equal(decode_error((struct span){out, size}), ERR_OK);
    for (size_t capacity = 0; capacity < size; capacity++) {
        char *exact = malloc(capacity ? capacity : 1);
        assert_non_null(exact);
        assert_int_equal(hello_encode(&h, &ours, exact, capacity), 0);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_documented_form),
        cmocka_unit_test(random_hellos_survive_the_round_trip),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_cut_and_every_added_byte_is_refused),
        cmocka_unit_test(a_forged_mac_is_told_from_another_network),
        cmocka_unit_test(members_come_in_any_order_and_unknown_ones_are_ignored),
        cmocka_unit_test(an_authentic_datagram_is_still_held_to_its_form),
        cmocka_unit_test(a_device_name_at_the_limit_passes_and_one_above_does_not),
        cmocka_unit_test(a_datagram_at_the_limit_passes_and_one_above_does_not),
        cmocka_unit_test(what_is_no_hello_is_refused),
        cmocka_unit_test(the_longest_hello_fits_and_a_short_buffer_says_so),
    };
    return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
