/* The test vectors that a peer in another language is written against (tests/vectors), and every
 * example of docs/protocol.md: what they say must be what we do, with the real HMAC, hash and
 * signature. Runs in the project's root. */
#include "base/hex.h"
#include "core/event.h"
#include "wire/hello.h"
#include "wire/message.h"
#include "wire/plain.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LINE = 8192, KEY = 32 };

/* A file of lines "WORD REST"; # begins a comment. */
struct vectors {
    FILE *file;
    char text[LINE];
    struct span word;
    struct span rest;
};

static void open_vectors(struct vectors *v, const char *path)
{
    v->file = fopen(path, "re");
    assert_non_null(v->file);
}

static bool next_vector(struct vectors *v)
{
    while (fgets(v->text, sizeof v->text, v->file)) {
        size_t size = strcspn(v->text, "\n");
        assert_int_equal(v->text[size], '\n');
        if (size == 0 || v->text[0] == '#')
            continue;
        size_t word = strcspn(v->text, " ");
        v->word = (struct span){v->text, word};
        v->rest = (struct span){v->text + word + 1, size - word - 1};
        return true;
    }
    fclose(v->file);
    return false;
}

static void must_decode_hex(struct span text, uint8_t *out, size_t size)
{
    assert_int_equal(hex_decode(text, out, size), ERR_OK);
}

static void hmac(void *context, struct span bytes, struct hello_mac *out)
{
    unsigned size = sizeof out->bytes;
    assert_non_null(HMAC(EVP_sha256(), context, KEY, (const unsigned char *)bytes.bytes, bytes.size,
                         out->bytes, &size));
}

static void read_key(uint8_t key[KEY], struct hello_key *hello_key)
{
    struct vectors v;
    open_vectors(&v, "tests/vectors/hello.txt");
    *hello_key = (struct hello_key){.mac = hmac, .context = key};
    while (next_vector(&v)) {
        if (span_is(v.word, "key"))
            must_decode_hex(v.rest, key, KEY);
        if (span_is(v.word, "id"))
            memcpy(hello_key->id, v.rest.bytes, sizeof hello_key->id);
    }
}

static void the_key_of_discovery_has_the_documented_id(void **state)
{
    (void)state;
    uint8_t key[KEY];
    struct hello_key hello_key;
    read_key(key, &hello_key);
    struct hello_mac mac;
    hmac(key, SPAN("kith/1 discovery key id"), &mac);
    char id[16];
    hex_encode(id, mac.bytes, sizeof id / 2);
    assert_memory_equal(id, hello_key.id, sizeof id);
}

static void datagrams_are_taken_and_written_the_same(void **state)
{
    (void)state;
    uint8_t key[KEY];
    struct hello_key hello_key;
    read_key(key, &hello_key);
    static const char *const words[] = {
        [HELLO_CALL] = "call", [HELLO_ANSWER] = "answer", [HELLO_GOODBYE] = "goodbye"};
    struct vectors v;
    open_vectors(&v, "tests/vectors/hello.txt");
    size_t count = 0;
    while (next_vector(&v)) {
        if (span_is(v.word, "key") || span_is(v.word, "id"))
            continue;
        struct hello h;
        struct hello_foreign foreign;
        assert_int_equal(hello_decode(v.rest, &hello_key, &h, &foreign), ERR_OK);
        assert_true(span_is(v.word, words[h.kind]));
        char out[LIMIT_DATAGRAM];
        size_t size = hello_encode(&h, &hello_key, out, sizeof out);
        assert_true(span_equal(v.rest, (struct span){out, size}));
        count++;
    }
    assert_int_equal(count, 3);
}

static enum err error_of(struct span word)
{
    if (span_is(word, "syntax"))
        return ERR_SYNTAX;
    if (span_is(word, "range"))
        return ERR_RANGE;
    if (span_is(word, "size"))
        return ERR_SIZE;
    return ERR_OK;
}

static struct message_memory *memory;

/* Records are written as they came; here they stand between the brackets. */
static void give_bytes(struct message *m)
{
    struct message_run *run = m->kind == MESSAGE_FORK ? &m->fork.run : &m->update;
    if ((m->kind != MESSAGE_STATE_UPDATE && m->kind != MESSAGE_FORK) || run->count == 0)
        return;
    const struct record *first = &run->records[0];
    const struct record *last = &run->records[run->count - 1];
    const char *end = last->bytes.bytes + last->bytes.size;
    run->bytes = (struct span){first->bytes.bytes, (size_t)(end - first->bytes.bytes)};
}

static void messages_are_taken_as_the_vectors_say(void **state)
{
    (void)state;
    struct vectors v;
    open_vectors(&v, "tests/vectors/messages.txt");
    size_t count = 0;
    while (next_vector(&v)) {
        struct message m;
        const char *cause;
        assert_int_equal(message_decode(v.rest, &m, memory, &cause), error_of(v.word));
        assert_int_equal(error_of(v.word) == ERR_OK && m.kind == MESSAGE_UNKNOWN,
                         span_is(v.word, "unknown"));
        count++;
        if (!span_is(v.word, "same"))
            continue;
        give_bytes(&m);
        static char out[LIMIT_LINE];
        size_t size = message_encode(&m, out, sizeof out);
        assert_true(size > 0 && span_equal(v.rest, (struct span){out, size - 1}));
    }
    assert_true(count > 40);
}

static void records_are_taken_as_the_vectors_say(void **state)
{
    (void)state;
    struct vectors v;
    open_vectors(&v, "tests/vectors/records.txt");
    size_t count = 0;
    while (next_vector(&v)) {
        struct record r;
        char strings[LIMIT_VALUE_TEXT];
        const char *cause;
        assert_int_equal(record_decode(v.rest, &r, strings, &cause), error_of(v.word));
        count++;
        if (!span_is(v.word, "same"))
            continue;
        char out[LIMIT_RECORD];
        size_t size = record_encode(&r, out, sizeof out);
        assert_true(span_equal(v.rest, (struct span){out, size}));
    }
    assert_true(count > 20);
}

/* The log of log.txt as far as it was read. */
struct log_vectors {
    struct log_id id;
    struct span network;
    char network_text[17];
    struct chain_hash hash;
    EVP_PKEY *public_key;
    char text[EVENT_SEAL_TEXT_MAX];
    size_t text_size;
    uint8_t signature[LIMIT_SIGNATURE];
    size_t signature_size;
    uint64_t seq;
};

static void take_public(struct log_vectors *l, struct span hex)
{
    uint8_t der[256];
    assert_true(hex.size / 2 <= sizeof der);
    must_decode_hex(hex, der, hex.size / 2);
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256(der, hex.size / 2, digest);
    memcpy(l->id.key.bytes, digest, sizeof l->id.key.bytes);
    const unsigned char *at = der;
    l->public_key = d2i_PUBKEY(NULL, &at, (long)(hex.size / 2));
    assert_non_null(l->public_key);
}

static void take_record(struct log_vectors *l, struct span text)
{
    struct record r;
    char strings[LIMIT_VALUE_TEXT];
    const char *cause;
    assert_int_equal(record_decode(text, &r, strings, &cause), ERR_OK);
    assert_true(span_is(r.device, l->id.device));
    assert_int_equal(r.epoch, l->id.epoch);
    assert_int_equal(r.seq, ++l->seq);
    uint8_t bytes[sizeof l->hash.bytes + LIMIT_RECORD];
    memcpy(bytes, l->hash.bytes, sizeof l->hash.bytes);
    memcpy(bytes + sizeof l->hash.bytes, text.bytes, text.size);
    SHA256(bytes, sizeof l->hash.bytes + text.size, l->hash.bytes);
}

static void take_seal(struct log_vectors *l, struct span line)
{
    struct message m;
    const char *cause;
    assert_int_equal(message_decode(line, &m, memory, &cause), ERR_OK);
    assert_int_equal(m.kind, MESSAGE_SEAL);
    assert_int_equal(m.seal.seq, l->seq);
    assert_int_equal(m.seal.log.epoch, l->id.epoch);
    assert_int_equal(m.seal.signature_size, l->signature_size);
    assert_memory_equal(m.seal.signature, l->signature, l->signature_size);
}

static void take_log_line(struct log_vectors *l, const struct vectors *v)
{
    if (span_is(v->word, "network")) {
        memcpy(l->network_text, v->rest.bytes, 16);
        l->network = (struct span){l->network_text, 16};
    } else if (span_is(v->word, "device")) {
        ident_name_copy(l->id.device, v->rest);
    } else if (span_is(v->word, "epoch")) {
        assert_int_equal(number_parse_u53(v->rest, &l->id.epoch), ERR_OK);
    } else if (span_is(v->word, "public")) {
        take_public(l, v->rest);
    } else if (span_is(v->word, "key")) {
        struct key_id key;
        must_decode_hex(v->rest, key.bytes, sizeof key.bytes);
        assert_true(ident_key_equal(&key, &l->id.key));
    } else if (span_is(v->word, "record")) {
        take_record(l, v->rest);
    } else if (span_is(v->word, "hash")) {
        struct chain_hash hash;
        must_decode_hex(v->rest, hash.bytes, sizeof hash.bytes);
        assert_memory_equal(&hash, &l->hash, sizeof hash);
    } else if (span_is(v->word, "text")) {
        l->text_size = event_seal_text(l->text, l->network, &l->id, l->seq, &l->hash);
        uint8_t expected[EVENT_SEAL_TEXT_MAX];
        must_decode_hex(v->rest, expected, l->text_size);
        assert_memory_equal(expected, l->text, l->text_size);
    } else if (span_is(v->word, "sig")) {
        assert_int_equal(hex_base64_decode(v->rest, l->signature, sizeof l->signature,
                                           &l->signature_size),
                         ERR_OK);
    } else {
        assert_true(span_is(v->word, "seal"));
        take_seal(l, v->rest);
    }
}

static int verify(const struct log_vectors *l)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, l->public_key), 1);
    int valid = EVP_DigestVerify(context, l->signature, l->signature_size,
                                 (const unsigned char *)l->text, l->text_size);
    EVP_MD_CTX_free(context);
    return valid;
}

static void a_log_has_the_documented_chain_and_seal(void **state)
{
    (void)state;
    struct log_vectors l = {0};
    struct vectors v;
    open_vectors(&v, "tests/vectors/log.txt");
    while (next_vector(&v))
        take_log_line(&l, &v);
    assert_int_equal(l.seq, 3);
    assert_int_equal(verify(&l), 1);
    l.text[l.text_size - 2] ^= 1;
    assert_int_not_equal(verify(&l), 1);
    EVP_PKEY_free(l.public_key);
}

/* The examples of docs/protocol.md stand one a line in blocks that name what they are. */
static void check_example(struct span block, struct span line, const struct hello_key *key)
{
    const char *cause = "";
    enum err err = ERR_NOT_FOUND;
    if (span_is(block, "```json message")) {
        struct message m;
        err = message_decode(line, &m, memory, &cause);
        assert_true(err != ERR_OK || m.kind != MESSAGE_UNKNOWN);
    } else if (span_is(block, "```json record")) {
        struct record r;
        char strings[LIMIT_VALUE_TEXT];
        err = record_decode(line, &r, strings, &cause);
    } else if (span_is(block, "```json datagram")) {
        struct hello h;
        struct hello_foreign foreign;
        err = hello_decode(line, key, &h, &foreign);
    } else if (span_is(block, "```json plain")) {
        struct plain_message m;
        err = plain_decode(line, &m, &cause);
    }
    if (err != ERR_OK)
        fail_msg("docs/protocol.md: %.*s: %s", (int)line.size, line.bytes, cause);
}

static void every_example_of_the_protocols_page_is_taken(void **state)
{
    (void)state;
    uint8_t key[KEY];
    struct hello_key hello_key;
    read_key(key, &hello_key);
    FILE *page = fopen("docs/protocol.md", "re");
    assert_non_null(page);
    char line[LINE];
    char block[LINE] = "";
    size_t count = 0;
    while (fgets(line, sizeof line, page)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "```", 3) == 0) {
            snprintf(block, sizeof block, "%s", block[0] == '\0' ? line : "");
        } else if (strncmp(block, "```json", 7) == 0) {
            check_example(span_of(block), span_of(line), &hello_key);
            count++;
        }
    }
    fclose(page);
    assert_true(count >= 20);
}

static int allocate(void **state)
{
    (void)state;
    memory = malloc(sizeof *memory);
    return memory ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_discovery_has_the_documented_id),
        cmocka_unit_test(datagrams_are_taken_and_written_the_same),
        cmocka_unit_test(messages_are_taken_as_the_vectors_say),
        cmocka_unit_test(records_are_taken_as_the_vectors_say),
        cmocka_unit_test(a_log_has_the_documented_chain_and_seal),
        cmocka_unit_test(every_example_of_the_protocols_page_is_taken),
    };
    return cmocka_run_group_tests_name("vectors", tests, allocate, release);
}
