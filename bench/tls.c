/* The floor for round trips: one message to and fro between two processes over loopback TCP and
 * TLS 1.3, nothing else done with it.
 *
 * usage: tls CHAIN KEY COUNT */
#include "measure.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_UP = 500 };

static void must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "tls: %s failed\n", what);
    exit(1);
}

static SSL *open_tls(const SSL_METHOD *method, int s, const char *chain, const char *key)
{
    int one = 1;
    SSL_CTX *c = SSL_CTX_new(method);
    must(c && SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION), "a context");
    must(SSL_CTX_set_ciphersuites(c, "TLS_AES_128_GCM_SHA256"), "the suite");
    if (chain) {
        must(SSL_CTX_use_certificate_chain_file(c, chain) == 1, chain);
        must(SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) == 1, key);
    }
    must(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "setsockopt");
    SSL *ssl = SSL_new(c);
    must(ssl && SSL_set_fd(ssl, s), "a session");
    return ssl;
}

static void echo(int listener, const char *chain, const char *key)
{
    char message[MEASURE_MESSAGE_BYTES];
    SSL *ssl = open_tls(TLS_server_method(), accept(listener, NULL, NULL), chain, key);
    must(SSL_accept(ssl) == 1, "accepting");
    while (SSL_read(ssl, message, sizeof message) > 0)
        if (SSL_write(ssl, message, sizeof message) <= 0)
            break;
}

static void ping(const struct sockaddr_in *address, size_t count)
{
    char message[MEASURE_MESSAGE_BYTES + 1];
    uint64_t *ns = calloc(count + WARM_UP, sizeof *ns);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    must(ns && connect(s, (const void *)address, sizeof *address) == 0, "connecting");
    SSL *ssl = open_tls(TLS_client_method(), s, NULL, NULL);
    must(SSL_connect(ssl) == 1, "the handshake");
    snprintf(message, sizeof message, MEASURE_MESSAGE, (uint32_t)MEASURE_SEQ_FIRST);
    for (size_t i = 0; i < count + WARM_UP; i++) {
        uint64_t start = measure_now_ns();
        must(SSL_write(ssl, message, MEASURE_MESSAGE_BYTES) > 0, "writing");
        must(SSL_read(ssl, message, MEASURE_MESSAGE_BYTES) > 0, "reading");
        ns[i] = measure_now_ns() - start;
    }
    measure_print_trips(ns + WARM_UP, count);
    free(ns);
    close(s);
}

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (argc != 4 || strtoul(argv[3], NULL, 10) == 0) {
        fputs("usage: tls CHAIN KEY COUNT\n", stderr);
        return 2;
    }
    must(bind(listener, (void *)&address, size) == 0 && listen(listener, 1) == 0 &&
             getsockname(listener, (void *)&address, &size) == 0,
         "listening");
    pid_t child = fork();
    if (child == 0) {
        echo(listener, argv[1], argv[2]);
        _exit(0);
    }
    ping(&address, strtoul(argv[3], NULL, 10));
    waitpid(child, NULL, 0);
    return 0;
}
