#include "io/trust_peers.h"

#include "base/hex.h"
#include "base/table.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files are written loosely: a torn or missing one is a device not met, and it is met again.
 * Nothing in the folder is believed: a file counts only with a chain of signatures up to our root,
 * and only under the name of its own key. */

struct trust_peers {
    char folder[FILE_PATH_MAX];
    char path[FILE_PATH_MAX];
    X509 *root;
    char network[17];
    size_t files_max;
    struct table cached; /* key id -> struct trust_peers_one */
};

struct trust_peers *trust_peers_new(const struct trust_peers_options *options)
{
    struct trust_peers *p = calloc(1, sizeof *p);
    uint64_t seed;
    if (!p || file_path(p->folder, "%s", options->folder) ||
        getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        free(p);
        return NULL;
    }
    memcpy(p->network, options->network, sizeof p->network);
    p->files_max = options->files_max;
    p->root = options->root;
    X509_up_ref(p->root);
    table_init(&p->cached, TRUST_PEERS_CACHED, seed);
    return p;
}

static void one_free(struct trust_peers_one *one)
{
    if (one) {
        EVP_PKEY_free(one->key);
        free(one);
    }
}

void trust_peers_free(struct trust_peers *p)
{
    if (!p) {
        return;
    }
    size_t at = 0;
    for (struct trust_peers_one *one; (one = table_next(&p->cached, &at));) {
        one_free(one);
    }
    table_fini(&p->cached);
    X509_free(p->root);
    free(p);
}

static struct span key_of(const struct key_id *id)
{
    return (struct span){(const char *)id->bytes, sizeof id->bytes};
}

/* At the bound any one makes room: it comes back from its file when it is asked for. */
static struct trust_peers_one *cache(struct trust_peers *p, const struct identity *identity,
                                     X509 *certificate)
{
    struct trust_peers_one *one = calloc(1, sizeof *one);
    if (!one) {
        return NULL;
    }
    one->identity = *identity;
    one->key = X509_get_pubkey(certificate);
    if (p->cached.count >= TRUST_PEERS_CACHED) {
        size_t at = 0;
        struct trust_peers_one *other = table_next(&p->cached, &at);
        one_free(table_remove(&p->cached, key_of(&other->identity.key)));
    }
    if (!one->key || table_put(&p->cached, key_of(&one->identity.key), one)) {
        one_free(one);
        return NULL;
    }
    return one;
}

static enum err path_of(struct trust_peers *p, const struct key_id *id)
{
    char name[2 * sizeof id->bytes];
    hex_encode(name, id->bytes, sizeof id->bytes);
    return file_path(p->path, "%s/%.*s.crt", p->folder, (int)sizeof name, name);
}

/* Removes the oldest file when the folder is full. */
static void make_room(const struct trust_peers *p)
{
    DIR *folder = opendir(p->folder);
    if (!folder) {
        return;
    }
    char oldest[NAME_MAX + 1] = "";
    struct timespec oldest_time = {0};
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat status;
        if (entry->d_name[0] == '.' ||
            fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        struct timespec time = status.st_mtim;
        if (count++ == 0 || time.tv_sec < oldest_time.tv_sec ||
            (time.tv_sec == oldest_time.tv_sec && time.tv_nsec < oldest_time.tv_nsec)) {
            oldest_time = time;
            memcpy(oldest, entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    if (count >= p->files_max) {
        unlinkat(dirfd(folder), oldest, 0);
    }
    closedir(folder);
}

static void cache_anew(struct trust_peers *p, const struct identity *identity, X509 *certificate)
{
    const struct trust_peers_one *one = table_get(&p->cached, key_of(&identity->key));
    if (one && one->identity.role == identity->role &&
        strcmp(one->identity.device, identity->device) == 0) {
        return;
    }
    one_free(table_remove(&p->cached, key_of(&identity->key)));
    cache(p, identity, certificate);
}

void trust_peers_keep(struct trust_peers *p, const struct identity *identity, X509 *certificate,
                      X509 *issuer)
{
    X509 *chain[] = {certificate, issuer};
    cache_anew(p, identity, certificate);
    if (path_of(p, &identity->key) || trust_disk_holds_certs(p->path, chain, 2) ||
        file_make_folder(p->folder)) {
        return;
    }
    make_room(p);
    char text[1];
    struct trust_note nobody = {text, sizeof text};
    enum err err = trust_disk_save_certs(p->path, chain, 2, FILE_LOOSE, &nobody);
    (void)err; /* met again, written again */
}

static bool chain_holds(struct trust_peers *p, X509 **chain)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    bool holds = store && context && between && X509_STORE_add_cert(store, p->root) &&
                 sk_X509_push(between, chain[1]) > 0 &&
                 X509_STORE_CTX_init(context, store, chain[0], between);
    if (holds) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
        holds = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(between);
    return holds;
}

static void chain_free(X509 **chain)
{
    X509_free(chain[0]);
    X509_free(chain[1]);
}

/* The file of this key, if it says what its name promises. */
static bool load_chain(struct trust_peers *p, const struct key_id *id, X509 *chain[2],
                       struct identity *identity)
{
    char text[1];
    struct trust_note nobody = {text, sizeof text};
    const char *cause = NULL;
    chain[0] = chain[1] = NULL;
    if (path_of(p, id) || trust_disk_load_certs(p->path, chain, 2, &nobody)) {
        return false;
    }
    if (!trust_cert_identity(chain[0], p->network, identity, &cause) &&
        ident_key_equal(&identity->key, id) && chain_holds(p, chain)) {
        return true;
    }
    chain_free(chain);
    return false;
}

static struct trust_peers_one *load(struct trust_peers *p, const struct key_id *id)
{
    X509 *chain[2];
    struct identity identity;
    if (!load_chain(p, id, chain, &identity)) {
        return NULL;
    }
    struct trust_peers_one *one = cache(p, &identity, chain[0]);
    chain_free(chain);
    return one;
}

enum err trust_peers_chain(struct trust_peers *p, const struct key_id *id, uint8_t *out,
                           size_t capacity, size_t *size)
{
    X509 *chain[2];
    struct identity identity;
    if (!load_chain(p, id, chain, &identity)) {
        return ERR_NOT_FOUND;
    }
    enum err err = trust_cert_encode(chain, out, capacity, size);
    chain_free(chain);
    return err;
}

/* A later certificate of this key is here: that one says who it is now. */
static bool is_outdated(struct trust_peers *p, X509 *certificate, struct identity *identity)
{
    X509 *known[2];
    struct identity who;
    if (!load_chain(p, &identity->key, known, &who)) {
        return false;
    }
    bool outdated = ASN1_TIME_compare(X509_get0_notBefore(known[0]),
                                      X509_get0_notBefore(certificate)) > 0;
    chain_free(known);
    if (outdated) {
        *identity = who;
    }
    return outdated;
}

enum err trust_peers_accept(struct trust_peers *p, const uint8_t *bytes, size_t size,
                            struct identity *identity)
{
    X509 *chain[2];
    const char *cause = NULL;
    if (trust_cert_decode(bytes, size, chain)) {
        return ERR_DENIED;
    }
    bool holds = !trust_cert_identity(chain[0], p->network, identity, &cause) &&
                 chain_holds(p, chain);
    if (holds && !is_outdated(p, chain[0], identity)) {
        trust_peers_keep(p, identity, chain[0], chain[1]);
    }
    chain_free(chain);
    return holds ? ERR_OK : ERR_DENIED;
}

const struct trust_peers_one *trust_peers_find(struct trust_peers *p, const struct key_id *id)
{
    const struct trust_peers_one *one = table_get(&p->cached, key_of(id));
    return one ? one : load(p, id);
}
