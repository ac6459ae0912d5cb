/* An encrypted echo: TLS 1.3 with a key that both sides hold already. Port 5003.
 * Idea: who holds the key gets in, nobody else reads along, and the key itself never travels.
 * usage: tls_psk server|client KEYFILE [ADDRESS:PORT]     (32 random bytes; 127.0.0.1:5003) */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { KEY_BYTES = 32, PATIENCE_S = 5 };

static unsigned server_key(SSL *ssl, const char *identity, unsigned char *key, unsigned size)
{
    (void)identity, (void)size; /* one key for all; there is room for 256 bytes */
    memcpy(key, SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)), KEY_BYTES);
    return KEY_BYTES;
}

static unsigned client_key(SSL *ssl, const char *hint, char *identity, unsigned identity_size,
                           unsigned char *key, unsigned size)
{
    (void)hint;
    snprintf(identity, identity_size, "lesson"); /* travels in clear: which key, not the key */
    return server_key(ssl, identity, key, size);
}

static SSL_CTX *load_key(const char *path, unsigned char key[KEY_BYTES])
{
    FILE *file = fopen(path, "rb");
    SSL_CTX *tls = SSL_CTX_new(TLS_method());

    if (file == NULL || fread(key, 1, KEY_BYTES, file) != KEY_BYTES)
        err(EXIT_FAILURE, "%s must hold %d bytes", path, KEY_BYTES);
    fclose(file);
    SSL_CTX_set_app_data(tls, key);
    SSL_CTX_set_psk_server_callback(tls, server_key);
    SSL_CTX_set_psk_client_callback(tls, client_key);
    SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION);
    return tls;
}

static void serve(SSL_CTX *tls, BIO *tcp)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    BIO *client = BIO_push(BIO_new_ssl(tls, 0), tcp); /* takes tcp; 0: ours is the server's side */
    char text[1024];

    setsockopt((int)BIO_get_fd(tcp, NULL), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int size = BIO_read(client, text, sizeof text); /* shakes hands first */
    if (size > 0 && BIO_write(client, text, size) == size) {
        for (int i = 0; i < size; i++) /* not even friends give orders to the terminal */
            text[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
        printf("Server received: %.*s\n", size, text);
    } else
        printf("Refused: no TLS, or not our key\n");
    BIO_free_all(client);
}

static void ask(SSL_CTX *tls, const char *where)
{
    static const char hello[] = "Hello, whoever holds the key!";
    char text[sizeof hello] = "";

    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL); /* by no CA: a certificate is no way round */
    BIO *server = BIO_new_ssl_connect(tls);
    BIO_set_conn_hostname(server, where);
    BIO_puts(server, hello); /* connects and shakes hands first */
    BIO_read(server, text, sizeof text - 1);
    BIO_free_all(server);
    SSL_CTX_free(tls);
    if (strcmp(text, hello) != 0)
        errx(EXIT_FAILURE, "no server at %s, or none with our key", where);
    printf("Client got: %s\n", text);
}

int main(int argc, char **argv)
{
    const char *where = argc > 3 ? argv[3] : "127.0.0.1:5003";
    unsigned char key[KEY_BYTES];

    if (argc < 3)
        errx(EXIT_FAILURE, "usage: tls_psk server|client KEYFILE [ADDRESS:PORT]");
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* a client that left must not end us */
    SSL_CTX *tls = load_key(argv[2], key);
    if (strcmp(argv[1], "client") == 0)
        return ask(tls, where), EXIT_SUCCESS;
    BIO *door = BIO_new_accept(where);
    BIO_set_bind_mode(door, BIO_BIND_REUSEADDR);
    if (BIO_do_accept(door) <= 0) /* the first call only binds and listens */
        errx(EXIT_FAILURE, "cannot listen at %s", where);
    printf("TLS server waiting at %s...\n", where);
    for (;;)
        if (BIO_do_accept(door) > 0)
            serve(tls, BIO_pop(door));
}
