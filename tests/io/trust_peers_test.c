#define _GNU_SOURCE
#include "io/trust_home.h"
#include "io/trust_peers.h"
#include "temp_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct scene {
    struct temp_folder folder;
    struct trust_home home; /* of sensor1 */
    char peers_path[FILE_PATH_MAX];
};

static void open_home_at(struct scene *s, struct trust_home *home, const char *device,
                         enum role role, int64_t now_s)
{
    char text[256];
    struct trust_note note = {text, sizeof text};
    struct trust_home_want want = {s->folder.path, device, role, now_s};
    memset(home, 0, sizeof *home);
    assert_int_equal(trust_home_open(home, &want, &note), ERR_OK);
}

static void open_home(struct scene *s, struct trust_home *home, const char *device)
{
    open_home_at(s, home, device, ROLE_SENSOR, (int64_t)time(NULL));
}

static struct trust_peers *peers_of(struct scene *s, size_t files_max)
{
    struct trust_peers_options options = {.folder = s->peers_path,
                                          .root = s->home.root,
                                          .network = s->home.network,
                                          .files_max = files_max};
    return trust_peers_new(&options);
}

static void keep(struct trust_peers *p, const struct trust_home *home)
{
    trust_peers_keep(p, &home->self, home->chain[0], home->chain[1]);
}

static size_t files_in(const struct scene *s)
{
    size_t count = 0;
    DIR *folder = opendir(s->peers_path);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        count += e->d_name[0] != '.';
    }
    if (folder) {
        closedir(folder);
    }
    return count;
}

static int make(void **state)
{
    static struct scene s;
    temp_folder_make(&s.folder);
    assert_int_equal(file_path(s.peers_path, "%s/network/peers", s.folder.path), ERR_OK);
    open_home(&s, &s.home, "sensor1");
    *state = &s;
    return 0;
}

static int unmake(void **state)
{
    struct scene *s = *state;
    trust_home_fini(&s->home);
    temp_folder_remove(&s->folder);
    return 0;
}

static void who_was_met_is_known_after_a_restart(void **state)
{
    struct scene *s = *state;
    struct trust_peers *p = peers_of(s, 10);
    assert_null(trust_peers_find(p, &s->home.self.key));
    keep(p, &s->home);
    assert_string_equal(trust_peers_find(p, &s->home.self.key)->identity.device, "sensor1");
    trust_peers_free(p);
    p = peers_of(s, 10);
    const struct trust_peers_one *one = trust_peers_find(p, &s->home.self.key);
    assert_non_null(one);
    assert_string_equal(one->identity.device, "sensor1");
    assert_int_equal(EVP_PKEY_eq(one->key, s->home.key), 1);
    trust_peers_free(p);
}

static void name_of(char name[41], const struct key_id *id)
{
    for (size_t i = 0; i < sizeof id->bytes; i++) {
        snprintf(name + 2 * i, 3, "%02x", id->bytes[i]);
    }
}

static void a_file_that_is_not_what_it_claims_is_not_believed(void **state)
{
    struct scene *s = *state;
    struct trust_peers *p = peers_of(s, 10);
    keep(p, &s->home);
    trust_peers_free(p);

    struct scene far;
    temp_folder_make(&far.folder);
    open_home(&far, &far.home, "sensor1");
    char path[FILE_PATH_MAX] = "", name[41], text[256];
    struct trust_note note = {text, sizeof text};
    name_of(name, &s->home.self.key);
    assert_int_equal(file_path(path, "%s/%s.crt", s->peers_path, name), ERR_OK);
    X509 *own_issuer_missing[] = {s->home.chain[0], s->home.chain[0]};
    X509 *forged_issuer[] = {s->home.chain[0], far.home.chain[1]};
    X509 *const *chains[] = {far.home.chain, own_issuer_missing, forged_issuer};
    for (size_t i = 0; i < COUNT_OF(chains) + 2; i++) {
        struct span torn = i == COUNT_OF(chains) ? SPAN("") : SPAN("-----BEGIN CERTIF");
        enum err err = i < COUNT_OF(chains)
                           ? trust_disk_save_certs(path, chains[i], 2, FILE_LOOSE, &note)
                           : file_write(path, torn, FILE_LOOSE);
        assert_int_equal(err, ERR_OK);
        p = peers_of(s, 10);
        assert_null(trust_peers_find(p, &s->home.self.key));
        keep(p, &s->home); /* met again: put right */
        trust_peers_free(p);
        p = peers_of(s, 10);
        assert_non_null(trust_peers_find(p, &s->home.self.key));
        trust_peers_free(p);
    }
    trust_home_fini(&far.home);
    temp_folder_remove(&far.folder);
}

/* The file system's clock is too coarse to tell files of one moment apart. */
static void set_age(struct scene *s, const struct trust_home *home, time_t second)
{
    char path[FILE_PATH_MAX], name[41];
    name_of(name, &home->self.key);
    assert_int_equal(file_path(path, "%s/%s.crt", s->peers_path, name), ERR_OK);
    struct timespec times[2] = {{.tv_sec = second}, {.tv_sec = second}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void at_the_bound_the_oldest_file_goes(void **state)
{
    enum { MAX = 3 };
    struct scene *s = *state;
    struct trust_peers *p = peers_of(s, MAX);
    struct trust_home homes[MAX + 1];
    for (size_t i = 0; i <= MAX; i++) {
        char device[16];
        snprintf(device, sizeof device, "sensor%zu", i + 2);
        open_home(s, &homes[i], device);
        keep(p, &homes[i]);
        keep(p, &homes[i]); /* a second meeting takes no place */
        set_age(s, &homes[i], (time_t)i);
        assert_int_equal(files_in(s), i < MAX ? i + 1 : MAX);
    }
    trust_peers_free(p);
    p = peers_of(s, MAX);
    assert_null(trust_peers_find(p, &homes[0].self.key));
    assert_non_null(trust_peers_find(p, &homes[1].self.key));
    assert_non_null(trust_peers_find(p, &homes[MAX].self.key));
    trust_peers_free(p);
    for (size_t i = 0; i <= MAX; i++) {
        trust_home_fini(&homes[i]);
    }
}

static void a_changed_role_replaces_what_was_kept(void **state)
{
    struct scene *s = *state;
    struct trust_peers *p = peers_of(s, 10);
    keep(p, &s->home);
    char text[256];
    struct trust_note note = {text, sizeof text};
    struct trust_home_want want = {s->folder.path, "sensor1", ROLE_CONTROLLER, (int64_t)time(NULL)};
    struct trust_home home = {0};
    assert_int_equal(trust_home_open(&home, &want, &note), ERR_OK);
    keep(p, &home);
    assert_int_equal(trust_peers_find(p, &home.self.key)->identity.role, ROLE_CONTROLLER);
    trust_peers_free(p);
    p = peers_of(s, 10);
    assert_int_equal(trust_peers_find(p, &home.self.key)->identity.role, ROLE_CONTROLLER);
    assert_int_equal(files_in(s), 1);
    trust_peers_free(p);
    trust_home_fini(&home);
}

/* What somebody else brings. */

struct chain {
    uint8_t bytes[LIMIT_CHAIN];
    size_t size;
};

static struct chain chain_of(X509 *certificate, X509 *issuer)
{
    X509 *const both[2] = {certificate, issuer};
    struct chain c;
    assert_int_equal(trust_cert_encode(both, c.bytes, sizeof c.bytes, &c.size), ERR_OK);
    return c;
}

static enum err accept(struct trust_peers *p, const struct chain *c, struct identity *who)
{
    return trust_peers_accept(p, c->bytes, c->size, who);
}

static void who_was_met_is_introduced_to_one_that_has_not(void **state)
{
    struct scene *s = *state;
    struct trust_home other;
    struct chain c;
    struct identity who;
    struct trust_peers *met = peers_of(s, 10);
    open_home(s, &other, "sensor2");
    assert_int_equal(trust_peers_chain(met, &other.self.key, c.bytes, sizeof c.bytes, &c.size),
                     ERR_NOT_FOUND);
    keep(met, &other);
    assert_int_equal(trust_peers_chain(met, &other.self.key, c.bytes, sizeof c.bytes, &c.size),
                     ERR_OK);
    assert_int_equal(trust_peers_chain(met, &other.self.key, c.bytes, c.size - 1, &c.size),
                     ERR_SIZE);
    assert_int_equal(trust_peers_chain(met, &other.self.key, c.bytes, sizeof c.bytes, &c.size),
                     ERR_OK);
    trust_peers_free(met);
    assert_int_equal(file_path(s->peers_path, "%s/network/others", s->folder.path), ERR_OK);
    struct trust_peers *p = peers_of(s, 10);
    assert_int_equal(accept(p, &c, &who), ERR_OK);
    assert_string_equal(who.device, "sensor2");
    assert_int_equal(who.role, ROLE_SENSOR);
    assert_true(ident_key_equal(&who.key, &other.self.key));
    assert_non_null(trust_peers_find(p, &other.self.key));
    trust_peers_free(p);
    p = peers_of(s, 10); /* and after a restart */
    assert_non_null(trust_peers_find(p, &other.self.key));
    trust_peers_free(p);
    trust_home_fini(&other);
}

static void what_our_root_did_not_sign_is_not_believed(void **state)
{
    struct scene *s = *state, far;
    struct identity who;
    struct trust_peers *p = peers_of(s, 10);
    temp_folder_make(&far.folder);
    open_home(&far, &far.home, "sensor1");
    struct trust_cert_order order = {.kind = TRUST_CERT_DEVICE,
                                     .name = "ghost",
                                     .role = "controller",
                                     .network = s->home.network,
                                     .key = far.home.key,
                                     .issuer = s->home.chain[0],
                                     .issuer_key = s->home.key,
                                     .now_s = (int64_t)time(NULL)};
    X509 *ghost = trust_cert_new(&order); /* a device makes itself an issuer */
    order.issuer = far.home.chain[1];
    order.issuer_key = far.home.key;
    X509 *named_ours = trust_cert_new(&order); /* of another network, and says it is of ours */
    assert_true(ghost && named_ours);
    const struct chain wrong[] = {
        chain_of(far.home.chain[0], far.home.chain[1]), /* another network's */
        chain_of(far.home.chain[0], s->home.chain[1]),  /* under our issuer's name */
        chain_of(s->home.chain[0], far.home.chain[1]),  /* an issuer that is not ours */
        chain_of(s->home.chain[1], s->home.chain[0]),   /* the wrong way round */
        chain_of(s->home.chain[0], s->home.chain[0]),   /* no issuer */
        chain_of(s->home.chain[1], s->home.chain[1]),   /* no device */
        chain_of(s->home.root, s->home.root),           /* neither */
        chain_of(ghost, s->home.chain[0]),
        chain_of(ghost, s->home.chain[1]),
        chain_of(named_ours, far.home.chain[1]),
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        if (accept(p, &wrong[i], &who) != ERR_DENIED) {
            fail_msg("chain %zu was believed", i);
        }
    }
    struct chain right = chain_of(s->home.chain[0], s->home.chain[1]);
    for (size_t i = 0; i < right.size; i += 7) { /* any byte of it changed */
        right.bytes[i] ^= 0x10;
        assert_int_equal(accept(p, &right, &who), ERR_DENIED);
        right.bytes[i] ^= 0x10;
    }
    assert_int_equal(trust_peers_accept(p, right.bytes, right.size - 1, &who), ERR_DENIED);
    assert_int_equal(trust_peers_accept(p, right.bytes, 0, &who), ERR_DENIED);
    assert_int_equal(files_in(s), 0);
    assert_int_equal(accept(p, &right, &who), ERR_OK);
    X509_free(ghost);
    X509_free(named_ours);
    trust_peers_free(p);
    trust_home_fini(&far.home);
    temp_folder_remove(&far.folder);
}

static void an_old_certificate_gives_no_lost_role_back(void **state)
{
    struct scene *s = *state;
    int64_t now = (int64_t)time(NULL);
    struct trust_home before, after;
    struct identity who;
    open_home_at(s, &before, "device1", ROLE_CONTROLLER, now + 10);
    open_home_at(s, &after, "device1", ROLE_SENSOR, now + 20);
    assert_true(ident_key_equal(&before.self.key, &after.self.key));
    struct chain old = chain_of(before.chain[0], before.chain[1]);
    struct chain new = chain_of(after.chain[0], after.chain[1]);
    struct trust_peers *p = peers_of(s, 10);
    assert_int_equal(accept(p, &old, &who), ERR_OK);
    assert_int_equal(who.role, ROLE_CONTROLLER);
    assert_int_equal(accept(p, &new, &who), ERR_OK); /* a later one replaces it */
    assert_int_equal(who.role, ROLE_SENSOR);
    assert_int_equal(accept(p, &old, &who), ERR_OK);
    assert_int_equal(who.role, ROLE_SENSOR);
    assert_int_equal(trust_peers_find(p, &who.key)->identity.role, ROLE_SENSOR);
    trust_peers_free(p);
    trust_home_fini(&before);
    trust_home_fini(&after);
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(who_was_met_is_known_after_a_restart),
        SCENE(a_file_that_is_not_what_it_claims_is_not_believed),
        SCENE(at_the_bound_the_oldest_file_goes),
        SCENE(a_changed_role_replaces_what_was_kept),
        SCENE(who_was_met_is_introduced_to_one_that_has_not),
        SCENE(what_our_root_did_not_sign_is_not_believed),
        SCENE(an_old_certificate_gives_no_lost_role_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
