#define _GNU_SOURCE
#include "link_pair.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000, STRANGER_PATIENCE_S = 5, IDLE_TURNS = 20 };

static void keep_text(char *out, size_t capacity, struct span text)
{
    snprintf(out, capacity, "%.*s", (int)text.size, text.bytes);
}

static void take_message(struct link_side *s, const struct event *e)
{
    const struct message *m = e->message.message;
    s->messages++;
    if (m->kind == MESSAGE_PING) {
        assert_int_equal(m->ping.sent_ms, s->pings + 1);
        s->pings++;
    } else if (m->kind == MESSAGE_GOODBYE || m->kind == MESSAGE_ERROR) {
        keep_text(s->end, sizeof s->end, m->end.reason);
    }
    if (s->hang_up) {
        s->hang_up = false;
        link_pair_hang_up(s, e->message.link);
    }
}

static void on_event(void *context, const struct event *e)
{
    struct link_side *s = context;
    assert_false(s->calling);
    switch (e->kind) {
    case EVENT_LINK_UP:
        s->link = s->ups++ == 0 ? e->link_up.link : s->link;
        s->who = *e->link_up.identity;
        s->from = e->link_up.address;
        break;
    case EVENT_LINK_DOWN:
        s->downs++;
        s->down_link = e->link_down.link;
        s->reset = e->link_down.reset;
        keep_text(s->reason, sizeof s->reason, e->link_down.reason);
        break;
    case EVENT_MESSAGE:
        take_message(s, e);
        break;
    case EVENT_HEARD:
        s->heards++;
        break;
    case EVENT_SENT:
        s->sents++;
        s->unsent = e->sent.bytes;
        break;
    default:
        fail_msg("no event of links: %d", (int)e->kind);
    }
}

static void on_trace(void *context, uint64_t link, char arrow, struct span text)
{
    struct link_side *s = context;
    assert_true(link != 0 && (arrow == '<' || arrow == '>'));
    assert_true(text.size > 0 && text.bytes[text.size - 1] != '\n');
    s->traced++;
}

static void on_refused(void *context, struct address address, const char *cause)
{
    struct link_side *s = context;
    assert_false(s->calling);
    assert_int_equal(address.ipv4 >> 24, 127);
    s->refused++;
    snprintf(s->cause, sizeof s->cause, "%s", cause);
}

static void on_closed(void *context)
{
    struct link_side *s = context;
    s->closed = true;
}

void link_pair_open_side(struct link_pair *p, struct link_side *s, const struct temp_folder *keys,
                         const char *device)
{
    char message[256] = "";
    bool made;
    struct trust_paths paths = {keys->path};
    struct link_options options = {.loopback = true};
    struct link_handler handler = {s, on_event, on_trace, on_refused};
    memset(s, 0, sizeof *s);
    if (trust_open(&s->trust, &paths, device, ROLE_SENSOR, &made, message, sizeof message) ||
        link_open(&s->set, &p->loop, s->trust, &options, &handler, message, sizeof message)) {
        fail_msg("%s", message);
    }
}

void link_pair_close_side(struct link_pair *p, struct link_side *s)
{
    link_close(s->set, on_closed, s);
    s->set = NULL;
    LINK_PAIR_UNTIL(p, s->closed);
    trust_close(s->trust);
}

static void on_guard(uv_timer_t *timer)
{
    struct link_pair *p = timer->data;
    p->timed_out = true;
}

void link_pair_open(struct link_pair *p)
{
    memset(p, 0, sizeof *p);
    temp_folder_make(&p->folder);
    uv_loop_init(&p->loop);
    uv_timer_init(&p->loop, &p->guard);
    p->guard.data = p;
    uv_timer_start(&p->guard, on_guard, PATIENCE_MS, 0);
    link_pair_open_side(p, &p->a, &p->folder, "sensor1");
    link_pair_open_side(p, &p->b, &p->folder, "sensor2");
}

void link_pair_close(struct link_pair *p)
{
    if (p->a.set) {
        link_pair_close_side(p, &p->a);
    }
    if (p->b.set) {
        link_pair_close_side(p, &p->b);
    }
    uv_close((uv_handle_t *)&p->guard, NULL);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&p->loop), 0);
    temp_folder_remove(&p->folder);
}

static void flush(struct link_side *s)
{
    if (s->set) {
        s->calling = true;
        link_flush(s->set);
        s->calling = false;
    }
}

void link_pair_turn(struct link_pair *p, const char *file, int line)
{
    flush(&p->a);
    flush(&p->b);
    uv_run(&p->loop, UV_RUN_ONCE);
    if (p->timed_out) {
        print_error(
            "%s:%d: did not come true in ten seconds (a: \"%s\" \"%s\", b: \"%s\" \"%s\")\n", file,
            line, p->a.reason, p->a.cause, p->b.reason, p->b.cause);
        fail();
    }
}

void link_pair_idle(struct link_pair *p)
{
    for (int i = 0; i < IDLE_TURNS; i++) {
        flush(&p->a);
        flush(&p->b);
        uv_run(&p->loop, UV_RUN_NOWAIT);
    }
}

static void order(struct link_side *s, const struct effect *effect)
{
    s->calling = true;
    link_effect(s->set, effect);
    s->calling = false;
}

void link_pair_dial(struct link_side *s, uint64_t id, uint16_t port)
{
    struct effect e = {.kind = EFFECT_DIAL};
    e.dial.link = id;
    e.dial.address = (struct address){INADDR_LOOPBACK, port};
    order(s, &e);
}

void link_pair_connect(struct link_pair *p)
{
    link_pair_dial(&p->a, 1, link_port(p->b.set));
    LINK_PAIR_UNTIL(p, p->a.ups == 1 && p->b.ups == 1);
}

void link_pair_ping(struct link_side *s, uint64_t number)
{
    struct effect e = {.kind = EFFECT_SEND};
    e.send.link = s->link;
    e.send.message.kind = MESSAGE_PING;
    e.send.message.ping.sent_ms = number;
    order(s, &e);
}

void link_pair_say_goodbye(struct link_side *s, const char *reason)
{
    struct effect e = {.kind = EFFECT_SEND};
    e.send.link = s->link;
    e.send.message.kind = MESSAGE_GOODBYE;
    e.send.message.end.reason = span_of(reason);
    order(s, &e);
}

void link_pair_hang_up(struct link_side *s, uint64_t link)
{
    struct effect e = {.kind = EFFECT_HANG_UP};
    e.hang_up.link = link;
    bool calling = s->calling;
    order(s, &e);
    s->calling = calling;
}

bool link_pair_works(struct link_pair *p)
{
    uint64_t at_a = p->a.pings, at_b = p->b.pings;
    link_pair_ping(&p->a, at_b + 1);
    link_pair_ping(&p->b, at_a + 1);
    LINK_PAIR_UNTIL(p, p->a.pings == at_a + 1 && p->b.pings == at_b + 1);
    return true;
}

static void work(uv_work_t *work)
{
    struct link_stranger *s = work->data;
    s->fd = -1;
    s->act(s);
    SSL_free(s->ssl);
    SSL_CTX_free(s->context);
    if (s->fd >= 0) {
        close(s->fd);
    }
}

static void worked(uv_work_t *work, int status)
{
    (void)status;
    ((struct link_stranger *)work->data)->done = true;
}

void link_pair_start(struct link_pair *p, struct link_stranger *s)
{
    s->work.data = s;
    s->done = false;
    if (s->trust) {
        trust_tls(s->trust); /* made here, as a trust is for one thread */
    }
    assert_int_equal(uv_queue_work(&p->loop, &s->work, work, worked), 0);
}

void link_pair_let(struct link_pair *p, struct link_stranger *s)
{
    link_pair_start(p, s);
    LINK_PAIR_UNTIL(p, s->done);
}

/* On its thread a stranger checks with check(), as cmocka's asserts jump. */

void link_stranger_connect(struct link_stranger *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(s->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct timeval patience = {.tv_sec = STRANGER_PATIENCE_S};
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(s->fd >= 0);
    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (s->source) {
        check(inet_pton(AF_INET, s->source, &from.sin_addr) == 1);
        check(bind(s->fd, (struct sockaddr *)&from, sizeof from) == 0);
    }
    check(connect(s->fd, (struct sockaddr *)&to, sizeof to) == 0);
}

void link_stranger_write(struct link_stranger *s, const void *bytes, size_t size)
{
    ssize_t n = send(s->fd, bytes, size, MSG_NOSIGNAL);
    (void)n; /* it may have been refused already */
}

void link_stranger_read(struct link_stranger *s)
{
    ssize_t n = 1;
    while (n > 0 && s->got_size < sizeof s->got) {
        n = recv(s->fd, s->got + s->got_size, sizeof s->got - s->got_size, 0);
        s->got_size += n > 0 ? (size_t)n : 0;
    }
}

SSL_CTX *link_stranger_context(const struct link_stranger *s)
{
    static const unsigned char alpn[] = "\6kith/1";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    check(context);
    SSL_CTX_set_alpn_protos(context, alpn, sizeof alpn - 1);
    if (s->trust) {
        SSL_CTX *own = trust_tls(s->trust);
        STACK_OF(X509) *chain = NULL;
        SSL_CTX_get0_chain_certs(own, &chain);
        check(SSL_CTX_use_certificate(context, SSL_CTX_get0_certificate(own)));
        check(SSL_CTX_use_PrivateKey(context, SSL_CTX_get0_privatekey(own)));
        check(SSL_CTX_set1_chain(context, chain));
    }
    return context;
}

static void failed(struct link_stranger *s)
{
    s->error = ERR_peek_last_error();
    s->refused = true;
    ERR_clear_error();
}

bool link_stranger_tls(struct link_stranger *s)
{
    s->ssl = SSL_new(s->context);
    check(s->ssl && SSL_set_fd(s->ssl, s->fd));
    ERR_clear_error();
    if (SSL_connect(s->ssl) != 1) {
        failed(s);
        return false;
    }
    return true;
}

void link_stranger_tls_write(struct link_stranger *s, const void *bytes, size_t size)
{
    ERR_clear_error();
    check(SSL_write(s->ssl, bytes, (int)size) == (int)size);
}

void link_stranger_tls_read(struct link_stranger *s)
{
    int n = 1;
    ERR_clear_error();
    while (n > 0 && s->got_size < sizeof s->got) {
        n = SSL_read(s->ssl, s->got + s->got_size, (int)(sizeof s->got - s->got_size));
        s->got_size += n > 0 ? (size_t)n : 0;
    }
    if (n <= 0 && SSL_get_error(s->ssl, n) != SSL_ERROR_ZERO_RETURN) {
        failed(s);
    }
}

void link_stranger_end(struct link_stranger *s)
{
    SSL_shutdown(s->ssl);
    shutdown(s->fd, SHUT_WR);
    ERR_clear_error();
}
