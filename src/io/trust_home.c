#include "io/trust_home.h"

#include "base/hex.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

/* A network is there when root.crt is: it is written last, so that a crash before it leaves keys
 * that the next start picks up and finishes. A device is there when device.crt is, written after
 * its key. Whoever finds something missing takes the one lock of the data folder and looks again
 * before making it, so that peers started together make one network; who finds everything takes no
 * lock.
 *
 * A certificate that is there is kept while it names this device, role and network, comes from an
 * issuer of our root and has a month to go. Otherwise it is made anew, if an issuing key is here
 * to sign it: for the same key, unless that key was another network's. */

enum {
    LOCK_WAIT_MS = 10000,
    RENEW_BEFORE_S = 30 * 86400,
    DISCOVERY_TEXT = 2 * TRUST_HOME_KEY_BYTES,
};

struct folder {
    const struct trust_home_want *want;
    const struct trust_note *note;
    char path[FILE_PATH_MAX]; /* the last one asked for */
};

static enum err find(struct folder *f, const char *name)
{
    if (file_path(f->path, "%s/%s", f->want->data, name)) {
        return trust_disk_note(f->note, ERR_IO, "the path of the data folder is too long");
    }
    return ERR_OK;
}

static enum err find_own(struct folder *f, const char *name)
{
    if (file_path(f->path, "%s/devices/%s%s", f->want->data, f->want->device, name)) {
        return trust_disk_note(f->note, ERR_IO, "the path of the data folder is too long");
    }
    return ERR_OK;
}

static enum err make_folder(struct folder *f)
{
    enum err err = file_make_folder(f->path);
    return err ? trust_disk_failed(f->note, err, "make the folder", f->path) : ERR_OK;
}

static enum err lock(struct folder *f, int *held)
{
    enum err err = find(f, "network/lock");
    if (err) {
        return err;
    }
    err = file_lock(f->path, LOCK_WAIT_MS, held);
    if (err == ERR_BUSY) {
        return trust_disk_note(f->note, err,
                               "another process has been making keys for ten seconds; see who "
                               "holds %s",
                               f->path);
    }
    return err ? trust_disk_failed(f->note, err, "lock", f->path) : ERR_OK;
}

static enum err make_key(struct folder *f, EVP_PKEY **key)
{
    *key = EVP_EC_gen("P-256");
    if (!*key) {
        return trust_disk_failed(f->note, ERR_MEMORY, "make", f->path);
    }
    return trust_disk_save_key(f->path, *key, f->note);
}

/* Loads the key at f->path, or makes it there. */
static enum err key_at(struct folder *f, EVP_PKEY **key)
{
    enum err err = trust_disk_load_key(f->path, key, f->note);
    return err == ERR_NOT_FOUND ? make_key(f, key) : err;
}

static enum err certificate_at(struct folder *f, const struct trust_cert_order *order, X509 **made)
{
    *made = trust_cert_new(order);
    if (!*made) {
        return trust_disk_failed(f->note, ERR_MEMORY, "make", f->path);
    }
    return trust_disk_save_certs(f->path, made, 1, FILE_DURABLE, f->note);
}

static enum err make_discovery(struct folder *f)
{
    uint8_t bytes[TRUST_HOME_KEY_BYTES];
    char text[DISCOVERY_TEXT + 1];
    if (RAND_priv_bytes(bytes, sizeof bytes) != 1) {
        return trust_disk_failed(f->note, ERR_MEMORY, "make", f->path);
    }
    hex_encode(text, bytes, sizeof bytes);
    text[DISCOVERY_TEXT] = '\n';
    enum err err = file_write(f->path, (struct span){text, sizeof text}, FILE_DURABLE);
    OPENSSL_cleanse(bytes, sizeof bytes);
    OPENSSL_cleanse(text, sizeof text);
    return err ? trust_disk_failed(f->note, err, "write", f->path) : ERR_OK;
}

static enum err load_discovery(struct folder *f, uint8_t key[TRUST_HOME_KEY_BYTES])
{
    char *text = NULL;
    size_t size = 0;
    enum err err = find(f, "network/discovery.key");
    if (err) {
        return err;
    }
    err = file_read_secret(f->path, DISCOVERY_TEXT + 2, &text, &size);
    if (err) {
        return trust_disk_failed(f->note, err, "read", f->path);
    }
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r')) {
        size--;
    }
    err = hex_decode((struct span){text, size}, key, TRUST_HOME_KEY_BYTES);
    file_wipe(text, size);
    if (err) {
        return trust_disk_note(f->note, ERR_CORRUPT,
                               "%s does not hold 64 hex digits; copy it from another machine of "
                               "the network",
                               f->path);
    }
    return ERR_OK;
}

/* Without root.crt there is no network, unless somebody removed that file: then issuing.key stands
 * there and root.key does not, which no crash of ours leaves. */
static enum err check_remains(struct folder *f)
{
    enum err err = find(f, "network/issuing.key");
    if (err || !trust_disk_there(f->path)) {
        return err;
    }
    err = find(f, "network/root.key");
    if (err || trust_disk_there(f->path)) {
        return err;
    }
    return trust_disk_note(f->note, ERR_CORRUPT,
                           "%s/network has an issuing key but no root.crt; copy root.crt from "
                           "another machine of the network, or move the folder away to make a new "
                           "network",
                           f->want->data);
}

static enum err make_authorities(struct folder *f)
{
    EVP_PKEY *root_key = NULL, *issuing_key = NULL;
    X509 *root = NULL, *issuing = NULL;
    char network[17];
    struct trust_cert_order order = {.kind = TRUST_CERT_ROOT, .now_s = f->want->now_s};
    enum err err = find(f, "network/root.key");
    err = err ? err : key_at(f, &root_key);
    err = err ? err : find(f, "network/issuing.key");
    err = err ? err : key_at(f, &issuing_key);
    err = err ? err : find(f, "network/root.crt");
    if (!err) {
        order.key = order.issuer_key = root_key;
        root = trust_cert_new(&order);
        err = root ? trust_cert_network(root, network) : ERR_MEMORY;
        if (err) {
            trust_disk_failed(f->note, err, "make", f->path);
        }
    }
    err = err ? err : find(f, "network/issuing.crt");
    if (!err) {
        order = (struct trust_cert_order){.kind = TRUST_CERT_ISSUING,
                                          .network = network,
                                          .key = issuing_key,
                                          .issuer = root,
                                          .issuer_key = root_key,
                                          .now_s = f->want->now_s};
        err = certificate_at(f, &order, &issuing);
    }
    err = err ? err : find(f, "network/root.crt");
    err = err ? err : trust_disk_save_certs(f->path, &root, 1, FILE_DURABLE, f->note);
    X509_free(root);
    X509_free(issuing);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(issuing_key);
    return err;
}

/* Under the lock. */
static enum err make_network(struct folder *f, bool *made)
{
    enum err err = find(f, "network/root.crt");
    if (err || trust_disk_there(f->path)) {
        return err; /* somebody was faster */
    }
    err = check_remains(f);
    err = err ? err : find(f, "network/discovery.key");
    if (!err && !trust_disk_there(f->path)) {
        err = make_discovery(f);
    }
    err = err ? err : make_authorities(f);
    *made = !err;
    return err;
}

static enum err open_network(struct folder *f, struct trust_home *home)
{
    enum err err = find(f, "network");
    err = err ? err : make_folder(f);
    err = err ? err : find(f, "network/root.crt");
    if (!err && !trust_disk_there(f->path)) {
        int held = -1;
        err = lock(f, &held);
        err = err ? err : make_network(f, &home->made);
        file_unlock(held);
    }
    err = err ? err : find(f, "network/root.crt");
    err = err ? err : trust_disk_load_certs(f->path, &home->root, 1, f->note);
    err = err ? err : load_discovery(f, home->discovery);
    if (!err && trust_cert_network(home->root, home->network)) {
        err = trust_disk_failed(f->note, ERR_MEMORY, "read", f->path);
    }
    return err;
}

static void drop_device(struct trust_home *home)
{
    EVP_PKEY_free(home->key);
    X509_free(home->chain[0]);
    X509_free(home->chain[1]);
    home->key = NULL;
    home->chain[0] = home->chain[1] = NULL;
}

/* Loads what is there of the device; what is not stays NULL. */
static enum err load_device(struct folder *f, struct trust_home *home)
{
    enum err err = find_own(f, "/device.key");
    err = err ? err : trust_disk_load_key(f->path, &home->key, f->note);
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    err = find_own(f, "/device.crt");
    err = err ? err : trust_disk_load_certs(f->path, home->chain, COUNT_OF(home->chain), f->note);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Why the device's certificate will not do; NULL when it does. An old one does, if nobody is here
 * to renew it. */
static const char *misfit(const struct trust_home_want *want, struct trust_home *home)
{
    const char *cause = NULL;
    if (!home->chain[0]) {
        return "there is none";
    }
    if (trust_cert_identity(home->chain[0], home->network, &home->self, &cause)) {
        return cause;
    }
    if (!home->key || X509_check_private_key(home->chain[0], home->key) != 1) {
        return "it is for another key than device.key";
    }
    if (strcmp(home->self.device, want->device) != 0) {
        return "it names another device";
    }
    if (home->self.role != want->role) {
        return "it names another role";
    }
    if (X509_check_issued(home->root, home->chain[1]) != X509_V_OK ||
        X509_check_issued(home->chain[1], home->chain[0]) != X509_V_OK) {
        return "its issuer is not of this network";
    }
    return NULL;
}

static bool expires_soon(const struct trust_home_want *want, X509 *certificate)
{
    time_t then = (time_t)want->now_s + RENEW_BEFORE_S;
    return X509_cmp_time(X509_get0_notAfter(certificate), &then) < 0;
}

/* Made while our clock was ahead: nobody takes it before its time. A clock that is behind the
 * issuer's own beginning is not believed: it begins in 1970 each time. */
static bool begins_later(const struct trust_home_want *want, struct trust_home *home)
{
    time_t now = (time_t)want->now_s;
    return X509_cmp_time(X509_get0_notBefore(home->chain[1]), &now) < 0 &&
           X509_cmp_time(X509_get0_notBefore(home->chain[0]), &now) > 0;
}

static bool is_due(const struct trust_home_want *want, struct trust_home *home)
{
    return misfit(want, home) || expires_soon(want, home->chain[0]) || begins_later(want, home);
}

/* A key belongs to one network. What it has sealed names that network; served in another, no seal
 * would hold. With a new key the old logs stay where they are, and nobody is told of them. */
static bool key_is_of_another_network(const struct trust_home *home)
{
    return home->key && home->chain[1] &&
           X509_check_issued(home->root, home->chain[1]) != X509_V_OK;
}

static enum err make_device(struct folder *f, struct trust_home *home, EVP_PKEY *issuing_key)
{
    X509 *issuing = NULL;
    enum err err = find(f, "network/issuing.crt");
    err = err ? err : trust_disk_load_certs(f->path, &issuing, 1, f->note);
    if (err == ERR_NOT_FOUND) {
        return trust_disk_note(f->note, ERR_CORRUPT,
                               "%s is missing beside its key; put back a copy of it", f->path);
    }
    err = err ? err : find_own(f, "");
    err = err ? err : make_folder(f);
    err = err ? err : find_own(f, "/device.key");
    if (!err && key_is_of_another_network(home)) {
        EVP_PKEY_free(home->key);
        err = make_key(f, &home->key);
    }
    if (!err && !home->key) {
        err = key_at(f, &home->key);
    }
    err = err ? err : find_own(f, "/device.crt");
    if (!err) {
        struct trust_cert_order order = {.kind = TRUST_CERT_DEVICE,
                                         .name = f->want->device,
                                         .role = access_role_text(f->want->role),
                                         .network = home->network,
                                         .key = home->key,
                                         .issuer = issuing,
                                         .issuer_key = issuing_key,
                                         .now_s = f->want->now_s};
        X509_free(home->chain[0]);
        X509_free(home->chain[1]);
        home->chain[0] = trust_cert_new(&order);
        home->chain[1] = issuing;
        issuing = NULL;
        err = home->chain[0] ? trust_disk_save_certs(f->path, home->chain, 2, FILE_DURABLE, f->note)
                             : trust_disk_failed(f->note, ERR_MEMORY, "make", f->path);
    }
    X509_free(issuing);
    return err;
}

/* Under the lock, with what load_device() found. */
static enum err enrol(struct folder *f, struct trust_home *home)
{
    EVP_PKEY *issuing_key = NULL;
    const char *why = misfit(f->want, home);
    enum err err = find(f, "network/issuing.key");
    err = err ? err : trust_disk_load_key(f->path, &issuing_key, f->note);
    if (err == ERR_NOT_FOUND && !why) {
        return ERR_OK; /* only old */
    }
    if (err == ERR_NOT_FOUND) {
        return trust_disk_note(
            f->note, home->chain[0] ? ERR_DENIED : err,
            "%s has no certificate it can use here (%s), and this machine has no issuing key to "
            "make one; run: kith join CODE, or copy %s/devices/%s here from where it was made",
            f->want->device, why, f->want->data, f->want->device);
    }
    err = err ? err : make_device(f, home, issuing_key);
    EVP_PKEY_free(issuing_key);
    if (!err && (why = misfit(f->want, home))) {
        return trust_disk_note(f->note, ERR_CORRUPT,
                               "the certificate made for %s does not fit (%s); do issuing.key, "
                               "issuing.crt and root.crt in %s/network belong together?",
                               f->want->device, why, f->want->data);
    }
    return err;
}

static enum err open_device(struct folder *f, struct trust_home *home)
{
    enum err err = load_device(f, home);
    if (err || !is_due(f->want, home)) {
        return err;
    }
    int held = -1;
    err = lock(f, &held);
    drop_device(home);
    err = err ? err : load_device(f, home);
    if (!err && is_due(f->want, home)) {
        err = enrol(f, home);
    }
    file_unlock(held);
    return err;
}

enum err trust_home_open(struct trust_home *home, const struct trust_home_want *want,
                         const struct trust_note *note)
{
    struct folder *f = OPENSSL_zalloc(sizeof *f);
    if (!f) {
        return trust_disk_note(note, ERR_MEMORY, "out of memory");
    }
    f->want = want;
    f->note = note;
    enum err err = open_network(f, home);
    err = err ? err : open_device(f, home);
    OPENSSL_free(f);
    return err;
}

void trust_home_fini(struct trust_home *home)
{
    drop_device(home);
    X509_free(home->root);
    OPENSSL_cleanse(home, sizeof *home);
}
