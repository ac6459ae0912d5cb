#include "io/link_tls.h"

#include <openssl/err.h>

static int take(BIO *bio, char *into, size_t capacity, size_t *size)
{
    struct link_tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *size = t->in.size < capacity ? t->in.size : capacity;
    if (*size == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(into, t->in.bytes, *size);
    t->in.bytes += *size;
    t->in.size -= *size;
    return 1;
}

static int give(BIO *bio, const char *bytes, size_t size, size_t *given)
{
    struct link_tls *t = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size > sizeof t->out->bytes - t->out->size) {
        BIO_set_retry_write(bio);
        return 0;
    }
    memcpy(t->out->bytes + t->out->size, bytes, size);
    t->out->size += size;
    *given = size;
    return 1;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *link_tls_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "kith link");
    if (!method || !BIO_meth_set_read_ex(method, take) || !BIO_meth_set_write_ex(method, give) ||
        !BIO_meth_set_ctrl(method, control)) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

enum err link_tls_init(struct link_tls *t, SSL_CTX *context, BIO_METHOD *method,
                       enum link_tls_end end, uint32_t records_max)
{
    BIO *bio = BIO_new(method);
    t->ssl = SSL_new(context);
    t->records_max = records_max;
    if (!bio || !t->ssl) {
        BIO_free(bio);
        return ERR_MEMORY;
    }
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    if (end == LINK_TLS_SERVER) {
        SSL_set_accept_state(t->ssl);
    } else {
        SSL_set_connect_state(t->ssl);
    }
    return ERR_OK;
}

void link_tls_fini(struct link_tls *t)
{
    SSL_free(t->ssl);
    t->ssl = NULL;
}

static enum link_tls_result result_of(const struct link_tls *t, int returned)
{
    switch (SSL_get_error(t->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        return LINK_TLS_MORE;
    case SSL_ERROR_ZERO_RETURN:
        return LINK_TLS_CLOSED;
    default:
        return LINK_TLS_FAILED;
    }
}

enum link_tls_result link_tls_handshake(struct link_tls *t)
{
    ERR_clear_error();
    int returned = SSL_do_handshake(t->ssl);
    return returned == 1 ? LINK_TLS_DONE : result_of(t, returned);
}

static void count_record(struct link_tls *t)
{
    if (++t->records >= t->records_max && SSL_key_update(t->ssl, SSL_KEY_UPDATE_REQUESTED) == 1) {
        t->records = 0;
        t->key_updates++;
    }
}

enum link_tls_result link_tls_read(struct link_tls *t, char *into, size_t capacity, size_t *size)
{
    *size = 0;
    ERR_clear_error();
    while (*size < capacity) {
        size_t n = 0;
        int returned = SSL_read_ex(t->ssl, into + *size, capacity - *size, &n);
        if (returned != 1) {
            return result_of(t, returned);
        }
        *size += n;
        count_record(t);
    }
    return LINK_TLS_DONE;
}

size_t link_tls_write(struct link_tls *t, struct span bytes)
{
    size_t done = 0;
    ERR_clear_error();
    while (done < bytes.size && sizeof t->out->bytes - t->out->size >=
                                    LINK_TLS_RESERVE + LINK_TLS_RECORD + LINK_TLS_OVERHEAD) {
        size_t n = bytes.size - done < LINK_TLS_RECORD ? bytes.size - done : LINK_TLS_RECORD;
        if (SSL_write_ex(t->ssl, bytes.bytes + done, n, &n) != 1) {
            break;
        }
        done += n;
        count_record(t);
    }
    return done;
}

void link_tls_close(struct link_tls *t)
{
    ERR_clear_error();
    SSL_shutdown(t->ssl);
    ERR_clear_error();
}
