#define _GNU_SOURCE
#include "io/file.h"
#include "io/trust.h"
#include "temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

struct opened {
    enum err err;
    struct trust *trust;
    bool made;
    char message[512];
};

static struct opened open_as(const struct temp_folder *f, const char *device, enum role role)
{
    struct opened o = {0};
    struct trust_paths paths = {f->path};
    o.err = trust_open(&o.trust, &paths, device, role, &o.made, o.message, sizeof o.message);
    return o;
}

static struct trust *must_open(const struct temp_folder *f, const char *device, enum role role)
{
    struct opened o = open_as(f, device, role);
    if (o.err) {
        fail_msg("%s", o.message);
    }
    return o.trust;
}

static void path_in(char path[FILE_PATH_MAX], const struct temp_folder *f, const char *name)
{
    assert_int_equal(file_path(path, "%s/%s", f->path, name), ERR_OK);
}

static bool there(const struct temp_folder *f, const char *name)
{
    char path[FILE_PATH_MAX];
    path_in(path, f, name);
    return access(path, F_OK) == 0;
}

static void remove_file(const struct temp_folder *f, const char *name)
{
    char path[FILE_PATH_MAX];
    path_in(path, f, name);
    assert_int_equal(unlink(path), 0);
}

static void write_file(const struct temp_folder *f, const char *name, struct span bytes)
{
    char path[FILE_PATH_MAX];
    path_in(path, f, name);
    assert_int_equal(file_write(path, bytes, FILE_LOOSE), ERR_OK);
}

static void copy_file(const struct temp_folder *from, const struct temp_folder *to,
                      const char *name)
{
    char path[FILE_PATH_MAX], *bytes;
    size_t size;
    path_in(path, from, name);
    assert_int_equal(file_read(path, 1 << 16, &bytes, &size), ERR_OK);
    write_file(to, name, (struct span){bytes, size});
    file_wipe(bytes, size);
}

static void make_folders(const struct temp_folder *f, const char *device)
{
    char path[FILE_PATH_MAX];
    path_in(path, f, "network");
    assert_int_equal(file_make_folder(path), ERR_OK);
    assert_int_equal(file_path(path, "%s/devices/%s", f->path, device), ERR_OK);
    assert_int_equal(file_make_folder(path), ERR_OK);
}

/* `from` becomes `to` in the folder. */
static void move(const struct temp_folder *f, const char *from, const struct temp_folder *g,
                 const char *to)
{
    char old[FILE_PATH_MAX], new[FILE_PATH_MAX];
    path_in(old, f, from);
    path_in(new, g, to);
    assert_int_equal(rename(old, new), 0);
}

static void a_device_that_changes_its_network_gets_another_key(void **state)
{
    struct temp_folder *f = *state, other;
    struct trust *before = must_open(f, "sensor1", ROLE_SENSOR);
    struct key_id key = trust_self(before)->key;
    trust_close(before);
    temp_folder_make(&other);
    struct trust *there = must_open(&other, "actuator1", ROLE_ACTUATOR);
    move(f, "network", f, "network-before");
    move(&other, "network", f, "network");
    struct trust *after = must_open(f, "sensor1", ROLE_SENSOR);
    assert_string_equal(trust_network(after), trust_network(there));
    assert_false(ident_key_equal(&trust_self(after)->key, &key));
    key = trust_self(after)->key;
    trust_close(after);
    after = must_open(f, "sensor1", ROLE_SENSOR); /* and keeps it from then on */
    assert_true(ident_key_equal(&trust_self(after)->key, &key));
    trust_close(after);
    trust_close(there);
    temp_folder_remove(&other);
}

static void the_first_open_makes_a_network_and_later_ones_find_it(void **state)
{
    struct temp_folder *f = *state;
    struct opened first = open_as(f, "sensor1", ROLE_SENSOR);
    struct opened again = open_as(f, "sensor1", ROLE_SENSOR);
    struct opened other = open_as(f, "actuator1", ROLE_ACTUATOR);
    assert_true(!first.err && !again.err && !other.err);
    assert_true(first.made && !again.made && !other.made);
    assert_int_equal(strlen(trust_network(first.trust)), 16);
    assert_string_equal(trust_network(first.trust), trust_network(other.trust));
    const char *network = trust_network(first.trust), *brief = trust_network_short(first.trust);
    assert_int_equal(strlen(brief), 7);
    assert_memory_equal(brief, network, 4);
    assert_memory_equal(brief + 4, "-", 1);
    assert_memory_equal(brief + 5, network + 4, 2);
    assert_string_equal(trust_self(other.trust)->device, "actuator1");
    assert_int_equal(trust_self(other.trust)->role, ROLE_ACTUATOR);
    assert_true(ident_key_equal(&trust_self(first.trust)->key, &trust_self(again.trust)->key));
    assert_false(ident_key_equal(&trust_self(first.trust)->key, &trust_self(other.trust)->key));
    trust_close(first.trust);
    trust_close(again.trust);
    trust_close(other.trust);
}

static void files_and_folders_are_for_their_owner_only(void **state)
{
    struct temp_folder *f = *state;
    static const char *const files[] = {
        "network/root.key",      "network/issuing.key",        "network/root.crt",
        "network/issuing.crt",   "devices/sensor1/device.key", "devices/sensor1/device.crt",
        "network/discovery.key",
    };
    static const char *const folders[] = {"network", "devices", "devices/sensor1"};
    umask(0);
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    char path[FILE_PATH_MAX];
    struct stat status;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        path_in(path, f, files[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        path_in(path, f, folders[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0700);
    }
}

/* Each child tells the network it got and whether it made it. */
static void eight_processes_at_once_make_one_network(void **state)
{
    enum { CHILDREN = 8, ANSWER = 18 };
    struct temp_folder *f = *state;
    int start[2], answers[2];
    assert_int_equal(pipe(start) | pipe(answers), 0);
    for (int i = 0; i < CHILDREN; i++) {
        if (fork() == 0) {
            char device[16], answer[ANSWER] = {0}, go;
            snprintf(device, sizeof device, "sensor%d", i % 4); /* two of each name */
            close(start[1]);
            ssize_t n = read(start[0], &go, 1); /* returns when the parent closes its end */
            struct opened o = open_as(f, device, ROLE_SENSOR);
            const char *said = o.err ? o.message : trust_network(o.trust);
            size_t size = strlen(said) < ANSWER - 2 ? strlen(said) : ANSWER - 2;
            memcpy(answer, said, size);
            answer[size] = o.made ? 'm' : '-';
            n += write(answers[1], answer, sizeof answer);
            _exit(n < 0);
        }
    }
    close(start[0]);
    close(start[1]);
    char first[ANSWER] = {0};
    int made = 0;
    for (int i = 0; i < CHILDREN; i++) {
        char answer[ANSWER];
        assert_int_equal(read(answers[0], answer, sizeof answer), sizeof answer);
        memcpy(first, i == 0 ? answer : first, sizeof first);
        assert_memory_equal(answer, first, 16);
        made += answer[16] == 'm';
    }
    assert_int_equal(made, 1);
    while (wait(NULL) > 0) {
    }
    close(answers[0]);
    close(answers[1]);
}

/* The files in the order in which they are made: whichever of them a crash let through, the next
 * start completes them, and keeps the keys. */
static void a_crash_anywhere_in_between_leaves_a_network_that_completes(void **state)
{
    static const char *const order[] = {
        "network/discovery.key", "network/root.key", "network/issuing.key",
        "network/issuing.crt",   "network/root.crt", "devices/sensor1/device.key",
    };
    struct temp_folder *whole = *state;
    struct trust *t = must_open(whole, "sensor1", ROLE_SENSOR);
    for (size_t kept = 0; kept <= COUNT_OF(order); kept++) {
        struct temp_folder f;
        temp_folder_make(&f);
        make_folders(&f, "sensor1");
        for (size_t i = 0; i < kept; i++) {
            copy_file(whole, &f, order[i]);
        }
        struct opened o = open_as(&f, "sensor1", ROLE_SENSOR);
        assert_int_equal(o.err, ERR_OK);
        assert_int_equal(o.made, kept < 5);
        bool same_network = strcmp(trust_network(o.trust), trust_network(t)) == 0;
        assert_int_equal(same_network, kept >= 2);
        bool same_device = ident_key_equal(&trust_self(o.trust)->key, &trust_self(t)->key);
        assert_int_equal(same_device, kept >= 6);
        trust_close(o.trust);
        trust_close(must_open(&f, "sensor1", ROLE_SENSOR));
        temp_folder_remove(&f);
    }
    trust_close(t);
}

static void a_secret_that_others_can_read_is_refused_with_the_command_that_helps(void **state)
{
    static const char *const secrets[] = {"network/discovery.key", "devices/sensor1/device.key"};
    static const mode_t modes[] = {0640, 0604, 0620, 0601};
    struct temp_folder *f = *state;
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    for (size_t i = 0; i < COUNT_OF(secrets) * COUNT_OF(modes); i++) {
        char path[FILE_PATH_MAX], command[FILE_PATH_MAX + 16];
        path_in(path, f, secrets[i / COUNT_OF(modes)]);
        assert_int_equal(chmod(path, modes[i % COUNT_OF(modes)]), 0);
        struct opened o = open_as(f, "sensor1", ROLE_SENSOR);
        assert_int_equal(o.err, ERR_DENIED);
        assert_null(o.trust);
        snprintf(command, sizeof command, "chmod 600 '%s'", path);
        assert_non_null(strstr(o.message, command));
        assert_int_equal(chmod(path, 0600), 0);
    }
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
}

static void a_damaged_file_is_named(void **state)
{
    static const char *const files[] = {"network/root.crt", "network/discovery.key",
                                        "devices/sensor1/device.key", "devices/sensor1/device.crt"};
    static const struct span texts[] = {
        {"", 0},
        {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 59},
        {"-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n", 59},
        {"\0\0\0\0", 4}};
    struct temp_folder *f = *state, kept;
    temp_folder_make(&kept);
    make_folders(&kept, "sensor1");
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    for (size_t i = 0; i < COUNT_OF(files) * COUNT_OF(texts); i++) {
        char path[FILE_PATH_MAX];
        const char *name = files[i / COUNT_OF(texts)];
        path_in(path, f, name);
        copy_file(f, &kept, name);
        write_file(f, name, texts[i % COUNT_OF(texts)]);
        struct opened o = open_as(f, "sensor1", ROLE_SENSOR);
        assert_int_equal(o.err, ERR_CORRUPT);
        assert_non_null(strstr(o.message, path));
        copy_file(&kept, f, name);
    }
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    temp_folder_remove(&kept);
}

static void a_removed_root_certificate_is_not_replaced_by_a_new_network(void **state)
{
    struct temp_folder *f = *state;
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    remove_file(f, "network/root.crt");
    remove_file(f, "network/root.key");
    struct opened o = open_as(f, "sensor1", ROLE_SENSOR);
    assert_int_equal(o.err, ERR_CORRUPT);
    assert_non_null(strstr(o.message, "root.crt"));
    assert_false(there(f, "network/root.key"));
}

static void a_new_role_renews_the_certificate_for_the_same_key(void **state)
{
    struct temp_folder *f = *state;
    struct trust *before = must_open(f, "thing", ROLE_SENSOR);
    struct trust *after = must_open(f, "thing", ROLE_CONTROLLER);
    assert_int_equal(trust_self(after)->role, ROLE_CONTROLLER);
    assert_true(ident_key_equal(&trust_self(before)->key, &trust_self(after)->key));
    trust_close(before);
    trust_close(after);
}

static void without_an_issuing_key_devices_open_but_none_is_made(void **state)
{
    struct temp_folder *f = *state;
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    remove_file(f, "network/root.key");
    remove_file(f, "network/issuing.key");
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    struct opened other_role = open_as(f, "sensor1", ROLE_ACTUATOR);
    assert_int_equal(other_role.err, ERR_DENIED);
    struct opened other = open_as(f, "sensor2", ROLE_SENSOR);
    assert_int_equal(other.err, ERR_NOT_FOUND);
    assert_non_null(strstr(other.message, "kith join"));
    assert_false(there(f, "devices/sensor2"));
}

static void what_is_not_a_device_name_never_becomes_a_path(void **state)
{
    static const char *const names[] = {"", "..", "../x", "a/b", "Sensor", "a b", "\n"};
    struct temp_folder *f = *state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(open_as(f, names[i], ROLE_SENSOR).err, ERR_RANGE);
    }
    assert_false(there(f, "network"));
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct temp_folder *f = *state, in = {0};
    write_file(f, "file", SPAN(""));
    snprintf(in.path, sizeof in.path, "%.48s/file", f->path);
    struct opened o = open_as(&in, "sensor1", ROLE_SENSOR);
    assert_int_equal(o.err, ERR_IO);
    assert_non_null(strstr(o.message, in.path));
}

static struct log_id log_of(const struct trust *t)
{
    struct log_id id = {.key = trust_self(t)->key, .epoch = 1};
    snprintf(id.device, sizeof id.device, "%s", trust_self(t)->device);
    return id;
}

static void a_seal_holds_for_its_text_its_key_and_its_device_only(void **state)
{
    struct temp_folder *f = *state;
    struct trust *t = must_open(f, "sensor1", ROLE_SENSOR);
    struct log_id id = log_of(t), other = id;
    uint8_t signature[LIMIT_SIGNATURE];
    size_t size = 0;
    struct span text = SPAN("what is sealed");
    assert_int_equal(trust_sign(t, text, signature, &size), ERR_OK);
    assert_in_range(size, 64, 72);
    assert_int_equal(trust_verify(t, &id, text, signature, size), ERR_OK);
    assert_int_equal(trust_verify(t, &id, SPAN("what was sealed"), signature, size), ERR_DENIED);
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(trust_verify(t, &id, text, signature, cut), ERR_DENIED);
        signature[cut] ^= 1;
        assert_int_equal(trust_verify(t, &id, text, signature, size), ERR_DENIED);
        signature[cut] ^= 1;
    }
    memcpy(other.device, "sensor2", 8);
    assert_int_equal(trust_verify(t, &other, text, signature, size), ERR_DENIED);
    other = id;
    other.key.bytes[0] ^= 1;
    assert_int_equal(trust_verify(t, &other, text, signature, size), ERR_NOT_FOUND);
    trust_close(t);
}

static void who_was_introduced_can_be_verified_and_another_networks_cannot(void **state)
{
    struct temp_folder *f = *state, far, third;
    temp_folder_make(&far);
    temp_folder_make(&third);
    struct trust *sensor = must_open(f, "sensor1", ROLE_SENSOR);
    struct trust *stranger = must_open(&far, "sensor1", ROLE_SENSOR);
    uint8_t chain[LIMIT_CHAIN], signature[LIMIT_SIGNATURE];
    size_t size, signature_size;
    struct log_id id = {.key = trust_self(sensor)->key, .epoch = 7};
    ident_name_copy(id.device, SPAN("sensor1"));
    assert_int_equal(trust_chain(sensor, &id.key, chain, &size), ERR_OK);
    assert_int_equal(trust_sign(sensor, SPAN("text"), signature, &signature_size), ERR_OK);
    make_folders(&third, "actuator1"); /* a machine that has never met the sensor */
    static const char *const files[] = {"network/root.crt", "network/issuing.crt",
                                        "network/issuing.key", "network/discovery.key"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (there(f, files[i])) {
            copy_file(f, &third, files[i]);
        }
    }
    struct trust *reader = must_open(&third, "actuator1", ROLE_ACTUATOR);
    struct identity who;
    assert_int_equal(trust_verify(reader, &id, SPAN("text"), signature, signature_size),
                     ERR_NOT_FOUND);
    struct span bytes = {(const char *)chain, size};
    assert_int_equal(trust_certify(stranger, bytes, &who), ERR_DENIED);
    assert_int_equal(trust_certify(reader, bytes, &who), ERR_OK);
    assert_string_equal(who.device, "sensor1");
    assert_true(ident_key_equal(&who.key, &id.key));
    assert_int_equal(trust_verify(reader, &id, SPAN("text"), signature, signature_size), ERR_OK);
    assert_int_equal(trust_chain(reader, &id.key, chain, &size), ERR_OK); /* it passes that on */
    assert_int_equal(trust_chain(stranger, &id.key, chain, &size), ERR_NOT_FOUND);
    trust_close(reader);
    trust_close(sensor);
    trust_close(stranger);
    temp_folder_remove(&far);
    temp_folder_remove(&third);
}

static void the_chain_hash_is_sha256_over_both_parts(void **state)
{
    (void)state;
    struct chain_hash before, out;
    uint8_t both[32 + 200], expected[32];
    memset(before.bytes, 7, sizeof before.bytes);
    for (size_t size = 0; size <= 200; size++) {
        memset(both, 7, 32);
        memset(both + 32, (int)size, size);
        struct span bytes = {(const char *)both + 32, size};
        trust_hash(&out, &before, bytes);
        assert_int_equal(EVP_Digest(both, 32 + size, expected, NULL, EVP_sha256(), NULL), 1);
        assert_memory_equal(out.bytes, expected, sizeof expected);
    }
}

static void devices_of_one_network_share_the_hello_key_and_others_do_not(void **state)
{
    struct temp_folder *f = *state, elsewhere;
    temp_folder_make(&elsewhere);
    struct trust *one = must_open(f, "sensor1", ROLE_SENSOR);
    struct trust *two = must_open(f, "sensor2", ROLE_SENSOR);
    struct trust *far = must_open(&elsewhere, "sensor2", ROLE_SENSOR);
    const struct hello_key *keys[] = {trust_hello_key(one), trust_hello_key(two),
                                      trust_hello_key(far)};
    struct hello_mac macs[3];
    for (size_t i = 0; i < 3; i++) {
        keys[i]->mac(keys[i]->context, SPAN("before"), &macs[i]); /* leaves nothing behind */
        keys[i]->mac(keys[i]->context, SPAN("{\"type\":\"hello\""), &macs[i]);
    }
    assert_memory_equal(macs[0].bytes, macs[1].bytes, sizeof macs[0].bytes);
    assert_memory_not_equal(macs[0].bytes, macs[2].bytes, sizeof macs[0].bytes);
    assert_memory_equal(keys[0]->id, keys[1]->id, sizeof keys[0]->id);
    assert_memory_not_equal(keys[0]->id, keys[2]->id, sizeof keys[0]->id);
    trust_close(one);
    trust_close(two);
    trust_close(far);
    temp_folder_remove(&elsewhere);
}

static void the_hello_mac_is_hmac_sha256_under_the_key_in_the_file(void **state)
{
    struct temp_folder *f = *state;
    uint8_t key[32];
    unsigned char expected[32];
    for (unsigned i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)i;
    }
    trust_close(must_open(f, "sensor1", ROLE_SENSOR));
    write_file(f, "network/discovery.key",
               SPAN("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"));
    struct trust *t = must_open(f, "sensor1", ROLE_SENSOR);
    struct hello_mac mac;
    trust_hello_key(t)->mac(trust_hello_key(t)->context, SPAN("hello"), &mac);
    HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)"hello", 5, expected, NULL);
    assert_memory_equal(mac.bytes, expected, sizeof expected);
    trust_close(t);
}

static void random_numbers_differ(void **state)
{
    (void)state;
    uint64_t seen[64];
    for (size_t i = 0; i < COUNT_OF(seen); i++) {
        seen[i] = trust_random();
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(seen[i], seen[j]);
        }
    }
}

static int make(void **state)
{
    static struct temp_folder folder;
    temp_folder_make(&folder);
    *state = &folder;
    return 0;
}

static int unmake(void **state)
{
    temp_folder_remove(*state);
    return 0;
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_device_that_changes_its_network_gets_another_key),
        WITH_FOLDER(the_first_open_makes_a_network_and_later_ones_find_it),
        WITH_FOLDER(files_and_folders_are_for_their_owner_only),
        WITH_FOLDER(eight_processes_at_once_make_one_network),
        WITH_FOLDER(a_crash_anywhere_in_between_leaves_a_network_that_completes),
        WITH_FOLDER(a_secret_that_others_can_read_is_refused_with_the_command_that_helps),
        WITH_FOLDER(a_damaged_file_is_named),
        WITH_FOLDER(a_removed_root_certificate_is_not_replaced_by_a_new_network),
        WITH_FOLDER(a_new_role_renews_the_certificate_for_the_same_key),
        WITH_FOLDER(without_an_issuing_key_devices_open_but_none_is_made),
        WITH_FOLDER(what_is_not_a_device_name_never_becomes_a_path),
        WITH_FOLDER(a_folder_that_cannot_be_made_is_named),
        WITH_FOLDER(a_seal_holds_for_its_text_its_key_and_its_device_only),
        WITH_FOLDER(who_was_introduced_can_be_verified_and_another_networks_cannot),
        cmocka_unit_test(the_chain_hash_is_sha256_over_both_parts),
        WITH_FOLDER(devices_of_one_network_share_the_hello_key_and_others_do_not),
        WITH_FOLDER(the_hello_mac_is_hmac_sha256_under_the_key_in_the_file),
        cmocka_unit_test(random_numbers_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
