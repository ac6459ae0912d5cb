#define _GNU_SOURCE
#include "io/trust_cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

struct network {
    EVP_PKEY *root_key, *issuing_key, *key;
    X509 *root, *issuing;
    char id[17];
};

static X509 *device_at(struct network *n, int64_t now_s)
{
    struct trust_cert_order order = {.kind = TRUST_CERT_DEVICE,
                                     .name = "sensor1",
                                     .role = "sensor",
                                     .network = n->id,
                                     .key = n->key,
                                     .issuer = n->issuing,
                                     .issuer_key = n->issuing_key,
                                     .now_s = now_s};
    X509 *made = trust_cert_new(&order);
    assert_non_null(made);
    return made;
}

static void make_authorities(struct network *n, int64_t now_s)
{
    struct trust_cert_order order = {.kind = TRUST_CERT_ROOT,
                                     .key = n->root_key,
                                     .issuer_key = n->root_key,
                                     .now_s = now_s};
    n->root = trust_cert_new(&order);
    assert_int_equal(trust_cert_network(n->root, n->id), ERR_OK);
    order = (struct trust_cert_order){.kind = TRUST_CERT_ISSUING,
                                      .network = n->id,
                                      .key = n->issuing_key,
                                      .issuer = n->root,
                                      .issuer_key = n->root_key,
                                      .now_s = now_s};
    n->issuing = trust_cert_new(&order);
    assert_true(n->root && n->issuing);
}

static int make(void **state)
{
    static struct network n;
    n.root_key = EVP_EC_gen("P-256");
    n.issuing_key = EVP_EC_gen("P-256");
    n.key = EVP_EC_gen("P-256");
    make_authorities(&n, (int64_t)time(NULL));
    *state = &n;
    return 0;
}

static int unmake(void **state)
{
    struct network *n = *state;
    EVP_PKEY_free(n->root_key);
    EVP_PKEY_free(n->issuing_key);
    EVP_PKEY_free(n->key);
    X509_free(n->root);
    X509_free(n->issuing);
    return 0;
}

/* What X509_verify_cert says at that time, for that use. */
static int verify(const struct network *n, X509 *certificate, X509 *between, int purpose,
                  int64_t at)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *untrusted = sk_X509_new_null();
    X509_STORE_add_cert(store, n->root);
    sk_X509_push(untrusted, between);
    X509_STORE_CTX_init(context, store, certificate, untrusted);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_time(context, 0, (time_t)at);
    X509_verify_cert(context);
    int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(untrusted);
    return error;
}

static void a_device_certificate_serves_both_ends_for_ten_years_from_an_hour_ago(void **state)
{
    struct network *n = *state;
    int64_t now = (int64_t)time(NULL), year = 31557600;
    X509 *device = device_at(n, now);
    static const struct {
        int64_t years, seconds;
        int error;
    } moments[] = {
        {0, 0, X509_V_OK},
        {0, -3599, X509_V_OK},
        {0, -3700, X509_V_ERR_CERT_NOT_YET_VALID},
        {10, -86400, X509_V_OK},
        {10, 86400, X509_V_ERR_CERT_HAS_EXPIRED},
    };
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        int64_t at = now + moments[i].years * year + moments[i].seconds;
        assert_int_equal(verify(n, device, n->issuing, X509_PURPOSE_SSL_CLIENT, at),
                         moments[i].error);
        assert_int_equal(verify(n, device, n->issuing, X509_PURPOSE_SSL_SERVER, at),
                         moments[i].error);
    }
    X509_free(device);
}

static void a_device_cannot_issue_and_an_issuer_cannot_make_issuers(void **state)
{
    struct network *n = *state;
    int64_t now = (int64_t)time(NULL);
    X509 *device = device_at(n, now);
    struct trust_cert_order below = {.kind = TRUST_CERT_DEVICE,
                                     .name = "sensor2",
                                     .role = "controller",
                                     .network = n->id,
                                     .key = n->root_key,
                                     .issuer = device,
                                     .issuer_key = n->key,
                                     .now_s = now};
    X509 *forged = trust_cert_new(&below);
    assert_int_equal(verify(n, forged, device, X509_PURPOSE_SSL_CLIENT, now),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    assert_int_equal(X509_check_ca(device), 0);
    assert_int_equal(X509_get_pathlen(n->issuing), 0);
    assert_int_equal(X509_get_pathlen(n->root), 1);
    X509_free(forged);
    X509_free(device);
}

static void nothing_begins_before_2026_or_before_its_issuer(void **state)
{
    struct network *n = *state;
    int64_t year = 31557600, first = 1767225600;
    X509 *early = device_at(n, 0);
    assert_int_equal(verify(n, early, n->issuing, X509_PURPOSE_SSL_CLIENT, (int64_t)time(NULL)),
                     X509_V_OK);
    X509_free(early);

    struct network ahead = {.root_key = n->root_key, .issuing_key = n->issuing_key, .key = n->key};
    make_authorities(&ahead, first + 20 * year); /* a clock that ran ahead */
    X509 *device = device_at(&ahead, first + year);
    struct tm start;
    assert_int_equal(ASN1_TIME_to_tm(X509_get0_notBefore(device), &start), 1);
    assert_int_equal(verify(&ahead, device, ahead.issuing, X509_PURPOSE_SSL_CLIENT, timegm(&start)),
                     X509_V_OK);
    X509_free(device);
    X509_free(ahead.root);
    X509_free(ahead.issuing);
}

static void serial_numbers_are_random(void **state)
{
    struct network *n = *state;
    X509 *one = device_at(n, 0), *two = device_at(n, 0);
    assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(one), X509_get0_serialNumber(two)),
                         0);
    assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(one)), 16);
    X509_free(one);
    X509_free(two);
}

static void the_key_id_is_in_the_certificate(void **state)
{
    struct network *n = *state;
    X509 *device = device_at(n, 0);
    struct key_id id;
    assert_int_equal(trust_cert_key_id(device, &id), ERR_OK);
    const ASN1_OCTET_STRING *written = X509_get0_subject_key_id(device);
    assert_int_equal(ASN1_STRING_length(written), sizeof id.bytes);
    assert_memory_equal(ASN1_STRING_get0_data(written), id.bytes, sizeof id.bytes);
    X509_free(device);
}

struct name_entry {
    const char *field;
    int type;
    const char *bytes;
    int size; /* -1: to the NUL */
};

/* Replaces the subject. OWN stands for the network's id. */
static const char *cause_of(struct network *n, const struct name_entry *entries, size_t count,
                            struct identity *identity)
{
    X509 *certificate = device_at(n, 0);
    X509_NAME *name = X509_NAME_new();
    for (size_t i = 0; i < count && entries[i].field; i++) {
        const char *bytes = strcmp(entries[i].bytes, "OWN") == 0 ? n->id : entries[i].bytes;
        assert_int_equal(X509_NAME_add_entry_by_txt(name, entries[i].field, entries[i].type,
                                                    (const unsigned char *)bytes, entries[i].size,
                                                    -1, 0),
                         1);
    }
    X509_set_subject_name(certificate, name);
    const char *cause = NULL;
    enum err err = trust_cert_identity(certificate, n->id, identity, &cause);
    assert_true((err == ERR_OK) == (cause == NULL));
    X509_NAME_free(name);
    X509_free(certificate);
    return cause;
}

enum { U8 = V_ASN1_UTF8STRING, PRINT = V_ASN1_PRINTABLESTRING, BMP = V_ASN1_BMPSTRING };

static void a_name_that_says_what_it_should_is_taken(void **state)
{
    static const struct name_entry names[][4] = {
        {{"O", U8, "OWN", -1}, {"OU", U8, "actuator", -1}, {"CN", U8, "a", -1}},
        {{"CN", PRINT, "a", -1}, {"OU", PRINT, "actuator", -1}, {"O", PRINT, "OWN", -1}},
        {{"O", U8, "OWN", -1},
         {"OU", U8, "actuator", -1},
         {"CN", U8, "a", -1},
         {"C", PRINT, "DE", -1}},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct identity identity;
        assert_null(cause_of(*state, names[i], 4, &identity));
        assert_string_equal(identity.device, "a");
        assert_int_equal(identity.role, ROLE_ACTUATOR);
    }
}

static void a_name_that_could_deceive_is_refused(void **state)
{
    static const struct name_entry names[][5] = {
        {{"OU", U8, "sensor", -1}, {"CN", U8, "sensor1", -1}},
        {{"O", U8, "0123456789abcdef", -1}, {"OU", U8, "sensor", -1}, {"CN", U8, "sensor1", -1}},
        {{"O", U8, "OWN", -1},
         {"O", U8, "OWN", -1},
         {"OU", U8, "sensor", -1},
         {"CN", U8, "sensor1", -1}},
        {{"O", U8, "OWN", -1}, {"CN", U8, "sensor1", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "admin", -1}, {"CN", U8, "sensor1", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "Sensor", -1}, {"CN", U8, "sensor1", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor\0", 7}, {"CN", U8, "sensor1", -1}},
        {{"O", U8, "OWN", -1},
         {"OU", U8, "sensor", -1},
         {"OU", U8, "controller", -1},
         {"CN", U8, "sensor1", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor", -1}},
        {{"O", U8, "OWN", -1},
         {"OU", U8, "sensor", -1},
         {"CN", U8, "sensor1", -1},
         {"CN", U8, "sensor2", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor", -1}, {"CN", U8, "sensor1\0.evil", 13}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor", -1}, {"CN", U8, "sensor1\n", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor", -1}, {"CN", U8, "Sensor1", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor", -1}, {"CN", U8, "../sensor1", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor", -1}, {"CN", U8, "\xc3\xa4", -1}},
        {{"O", U8, "OWN", -1}, {"OU", U8, "sensor", -1}, {"CN", BMP, "\0s\0e", 4}},
        {{"O", U8, "OWN", -1},
         {"OU", U8, "sensor", -1},
         {"CN", U8, "0123456789012345678901234567890123456789012345678901234567890123", -1}},
    };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct identity identity;
        if (!cause_of(*state, names[i], 5, &identity)) {
            fail_msg("name %zu was taken as %s", i, identity.device);
        }
    }
}

static void two_certificates_come_back_as_they_were_sent(void **state)
{
    struct network *n = *state;
    X509 *chain[2] = {device_at(n, (int64_t)time(NULL)), n->issuing}, *back[2];
    uint8_t bytes[4096];
    size_t size;
    assert_int_equal(trust_cert_encode(chain, bytes, sizeof bytes, &size), ERR_OK);
    assert_int_equal(trust_cert_decode(bytes, size, back), ERR_OK);
    assert_int_equal(X509_cmp(chain[0], back[0]), 0);
    assert_int_equal(X509_cmp(chain[1], back[1]), 0);
    X509_free(back[0]);
    X509_free(back[1]);
    assert_int_equal(trust_cert_encode(chain, bytes, size, &size), ERR_OK); /* just fits */
    assert_int_equal(trust_cert_encode(chain, bytes, size - 1, &size), ERR_SIZE);
    X509_free(chain[0]);
}

static void what_is_not_exactly_two_certificates_is_none(void **state)
{
    struct network *n = *state;
    X509 *chain[2] = {device_at(n, (int64_t)time(NULL)), n->issuing}, *back[2];
    uint8_t bytes[4096];
    size_t size;
    assert_int_equal(trust_cert_encode(chain, bytes, sizeof bytes, &size), ERR_OK);
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *exact = OPENSSL_memdup(bytes, cut > 0 ? cut : 1); /* reading beyond is found */
        assert_int_equal(trust_cert_decode(exact, cut, back), ERR_SYNTAX);
        OPENSSL_free(exact);
    }
    bytes[size] = 0;
    assert_int_equal(trust_cert_decode(bytes, size + 1, back), ERR_SYNTAX);
    bytes[0] ^= 1;
    assert_int_equal(trust_cert_decode(bytes, size, back), ERR_SYNTAX);
    X509_free(chain[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_certificate_serves_both_ends_for_ten_years_from_an_hour_ago),
        cmocka_unit_test(a_device_cannot_issue_and_an_issuer_cannot_make_issuers),
        cmocka_unit_test(nothing_begins_before_2026_or_before_its_issuer),
        cmocka_unit_test(serial_numbers_are_random),
        cmocka_unit_test(the_key_id_is_in_the_certificate),
        cmocka_unit_test(a_name_that_says_what_it_should_is_taken),
        cmocka_unit_test(a_name_that_could_deceive_is_refused),
        cmocka_unit_test(two_certificates_come_back_as_they_were_sent),
        cmocka_unit_test(what_is_not_exactly_two_certificates_is_none),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
