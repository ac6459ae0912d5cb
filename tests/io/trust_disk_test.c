#include "io/trust_disk.h"

#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>

/* Writes the key and reads it back; what it takes to write depends on what was set in the key. */
static enum err there_and_back(EVP_PKEY *key, EVP_PKEY **back)
{
    char path[FILE_PATH_MAX], text[512];
    struct trust_note note = {text, sizeof text};
    struct temp_folder folder;
    temp_folder_make(&folder);
    assert_int_equal(file_path(path, "%s/device.key", folder.path), ERR_OK);
    assert_int_equal(trust_disk_save_key(path, key, &note), ERR_OK);
    enum err err = trust_disk_load_key(path, back, &note);
    temp_folder_remove(&folder);
    return err;
}

static bool signs_for(EVP_PKEY *secret, EVP_PKEY *public)
{
    unsigned char signature[80];
    size_t size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_true(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, secret));
    assert_true(EVP_DigestSign(context, signature, &size, (const unsigned char *)"seal", 4));
    EVP_MD_CTX_reset(context);
    assert_true(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, public));
    int result = EVP_DigestVerify(context, signature, size, (const unsigned char *)"seal", 4);
    EVP_MD_CTX_free(context);
    return result == 1;
}

static void expect_same(EVP_PKEY *key)
{
    EVP_PKEY *back = NULL;
    assert_int_equal(there_and_back(key, &back), ERR_OK);
    assert_int_equal(EVP_PKEY_eq(key, back), 1);
    assert_true(signs_for(back, key));
    EVP_PKEY_free(back);
}

static void a_key_is_read_as_it_was_written(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    expect_same(key);
    EVP_PKEY_free(key);
}

static int scalar_bits(const EVP_PKEY *key)
{
    BIGNUM *scalar = NULL;
    assert_true(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar));
    int bits = BN_num_bits(scalar);
    BN_free(scalar);
    return bits;
}

static void a_key_whose_number_begins_with_zeros_is_read_as_it_was_written(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    while (scalar_bits(key) > 248) {
        EVP_PKEY_free(key);
        key = EVP_EC_gen("P-256");
    }
    expect_same(key);
    EVP_PKEY_free(key);
}

static void a_key_with_a_compressed_point_is_read_too(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_true(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                               "compressed"));
    expect_same(key);
    EVP_PKEY_free(key);
}

static void a_key_without_its_point_is_read_too(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_true(EVP_PKEY_set_int_param(key, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0));
    expect_same(key);
    EVP_PKEY_free(key);
}

/* secp256k1 has the same lengths everywhere. */
static void a_key_of_another_curve_is_not_taken_for_ours(void **state)
{
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("secp256k1");
    EVP_PKEY *back = NULL;
    expect_same(key);
    EVP_PKEY_free(key);
    key = EVP_EC_gen("P-384");
    assert_int_equal(there_and_back(key, &back), ERR_CORRUPT);
    assert_null(back);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_read_as_it_was_written),
        cmocka_unit_test(a_key_whose_number_begins_with_zeros_is_read_as_it_was_written),
        cmocka_unit_test(a_key_with_a_compressed_point_is_read_too),
        cmocka_unit_test(a_key_without_its_point_is_read_too),
        cmocka_unit_test(a_key_of_another_curve_is_not_taken_for_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
