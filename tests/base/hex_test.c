#include "base/hex.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void hexadecimal_is_written_in_lower_case_and_read_in_either(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x1f, 0xab, 0xff};
    char text[8];
    hex_encode(text, bytes, sizeof bytes);
    assert_memory_equal(text, "001fabff", 8);
    uint8_t back[4];
    assert_int_equal(hex_decode(SPAN("001fABfF"), back, 4), ERR_OK);
    assert_memory_equal(back, bytes, 4);
    assert_int_equal(hex_decode(SPAN(""), back, 0), ERR_OK);
}

static void hexadecimal_of_another_length_is_refused(void **state)
{
    (void)state;
    uint8_t out[4];
    assert_int_equal(hex_decode(SPAN("0011223"), out, 4), ERR_SYNTAX);
    assert_int_equal(hex_decode(SPAN("001122334"), out, 4), ERR_SYNTAX);
    assert_int_equal(hex_decode(SPAN("0011223344"), out, 4), ERR_SYNTAX);
    assert_int_equal(hex_decode(SPAN("001122"), out, 4), ERR_SYNTAX);
    assert_int_equal(hex_decode(SPAN(""), out, 4), ERR_SYNTAX);
    assert_int_equal(hex_decode(SPAN("0"), out, 0), ERR_SYNTAX);
}

static void only_the_sixteen_digits_and_their_capitals_are_hexadecimal(void **state)
{
    (void)state;
    int accepted = 0;
    for (int c = 0; c < 256; c++) {
        uint8_t out;
        char high[] = {(char)c, '0'};
        char low[] = {'0', (char)c};
        enum err err = hex_decode((struct span){high, 2}, &out, 1);
        assert_int_equal(err, hex_decode((struct span){low, 2}, &out, 1));
        accepted += err == ERR_OK;
    }
    assert_int_equal(accepted, 22);
}

/* RFC 4648 section 10, without padding, and bytes that use the two digits of the URL alphabet. */
static const struct {
    const char *plain;
    const char *encoded;
} base64_vectors[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
};

static void base64url_agrees_with_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(base64_vectors); i++) {
        struct span plain = span_of(base64_vectors[i].plain);
        struct span encoded = span_of(base64_vectors[i].encoded);
        assert_int_equal(hex_base64_size(plain.size), encoded.size);
        char text[16];
        hex_base64_encode(text, (const uint8_t *)plain.bytes, plain.size);
        assert_memory_equal(text, encoded.bytes, encoded.size);
        uint8_t back[16];
        size_t size = 99;
        assert_int_equal(hex_base64_decode(encoded, back, plain.size, &size), ERR_OK);
        assert_int_equal(size, plain.size);
        assert_memory_equal(back, plain.bytes, size);
    }
}

static void base64url_comes_back_at_every_length(void **state)
{
    (void)state;
    struct rng r;
    rng_init(&r, 4648);
    for (size_t size = 0; size <= 100; size++) {
        uint8_t bytes[100];
        uint8_t back[100];
        char text[140];
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)rng_below(&r, 256);
        struct span encoded = {text, hex_base64_size(size)};
        hex_base64_encode(text, bytes, size);
        size_t back_size;
        assert_int_equal(hex_base64_decode(encoded, back, size, &back_size), ERR_OK);
        assert_int_equal(back_size, size);
        assert_memory_equal(back, bytes, size);
        if (size > 0)
            assert_int_equal(hex_base64_decode(encoded, back, size - 1, &back_size), ERR_SIZE);
    }
}

static void base64url_with_one_meaning_has_one_spelling(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "A",    "AAAAA", "Z",      "Zm9vY", /* lengths that no bytes give */
        "Zh",   "Zm9",   "Zm9vYh",          /* bits beyond the last byte */
        "Zg==", "Zg=",   "Zm8=",            /* padding */
        "+/+/", "Zm9 v", "Zm9\nv", "Zm.v",  "Zm9\xc3",
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        uint8_t out[16];
        size_t size;
        assert_int_equal(hex_base64_decode(span_of(refused[i]), out, sizeof out, &size),
                         ERR_SYNTAX);
    }
    int accepted = 0;
    for (int c = 0; c < 256; c++) {
        char text[] = {(char)c, 'A', 'A', 'A'};
        uint8_t out[3];
        size_t size;
        accepted += hex_base64_decode((struct span){text, 4}, out, 3, &size) == ERR_OK;
    }
    assert_int_equal(accepted, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexadecimal_is_written_in_lower_case_and_read_in_either),
        cmocka_unit_test(hexadecimal_of_another_length_is_refused),
        cmocka_unit_test(only_the_sixteen_digits_and_their_capitals_are_hexadecimal),
        cmocka_unit_test(base64url_agrees_with_the_rfc),
        cmocka_unit_test(base64url_comes_back_at_every_length),
        cmocka_unit_test(base64url_with_one_meaning_has_one_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
