#define _GNU_SOURCE
#include "link_pair.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Strangers at the door: each is refused by name, and the link that is open works on. */

static void a_peer_of_another_network_is_refused_and_told_why(void **state)
{
    struct link_pair *p = *state;
    struct temp_folder elsewhere;
    struct link_side far;
    temp_folder_make(&elsewhere);
    link_pair_open_side(p, &far, &elsewhere, "sensor1");
    link_pair_dial(&far, 1, link_port(p->b.set));
    LINK_PAIR_UNTIL(p, far.downs == 1 && p->b.refused == 1);
    assert_string_equal(far.reason, "its certificate is of another network");
    assert_string_equal(p->b.cause, "it refused our certificate: it belongs to another network");
    assert_int_equal(far.ups + p->b.ups, 0);
    link_pair_close_side(p, &far);
    temp_folder_remove(&elsewhere);
}

static void shake(struct link_stranger *s)
{
    s->context = s->context ? s->context : link_stranger_context(s);
    link_stranger_connect(s);
    if (link_stranger_tls(s)) {
        link_stranger_tls_read(s); /* TLS 1.3: the server's refusal comes after our Finished */
    }
}

static void assert_refused(struct link_pair *p, struct link_stranger *s, const char *cause)
{
    s->port = link_port(p->b.set);
    s->act = s->act ? s->act : shake;
    unsigned refused = p->b.refused;
    link_pair_let(p, s);
    LINK_PAIR_UNTIL(p, p->b.refused == refused + 1);
    assert_true(s->refused);
    assert_string_equal(p->b.cause, cause);
    assert_int_equal(s->got_size, 0);
    assert_int_equal(p->b.ups, 1);
    assert_true(link_pair_works(p));
}

static void a_stranger_from_another_network_is_refused_by_its_certificate(void **state)
{
    struct link_pair *p = *state;
    struct temp_folder elsewhere;
    struct link_side far;
    link_pair_connect(p);
    temp_folder_make(&elsewhere);
    link_pair_open_side(p, &far, &elsewhere, "sensor1");
    struct link_stranger s = {.trust = far.trust}; /* does not look at ours */
    assert_refused(p, &s, "its certificate is of another network");
    assert_int_equal(ERR_GET_REASON(s.error), SSL_R_TLSV1_ALERT_UNKNOWN_CA);
    link_pair_close_side(p, &far);
    temp_folder_remove(&elsewhere);
}

static void who_shows_no_certificate_is_refused(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    struct link_stranger s = {0};
    assert_refused(p, &s, "it showed no certificate");
}

static void who_speaks_an_older_tls_is_refused(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    struct link_stranger s = {.trust = p->a.trust};
    s.context = link_stranger_context(&s);
    SSL_CTX_set_max_proto_version(s.context, TLS1_2_VERSION);
    assert_refused(p, &s, "it does not speak TLS 1.3");
}

static void who_speaks_another_protocol_is_refused(void **state)
{
    static const char *const offers[] = {"\2h2", "\6kith/2", ""};
    struct link_pair *p = *state;
    link_pair_connect(p);
    for (size_t i = 0; i < COUNT_OF(offers); i++) {
        struct link_stranger s = {.trust = p->a.trust};
        s.context = link_stranger_context(&s);
        SSL_CTX_set_alpn_protos(s.context, (const unsigned char *)offers[i],
                                (unsigned)strlen(offers[i]));
        if (offers[i][0]) {
            assert_refused(p, &s, "it does not speak kith/1");
            continue;
        }
        /* Without the extension the handshake itself succeeds; nothing is said after it. */
        s.act = shake;
        s.port = link_port(p->b.set);
        link_pair_let(p, &s);
        assert_string_equal(p->b.cause, "it does not speak kith/1");
        assert_int_equal(s.got_size, 0);
        assert_int_equal(p->b.ups, 1);
    }
}

static void enrol(const struct temp_folder *folder, const char *device, int64_t now_s)
{
    char text[256];
    struct trust_note note = {text, sizeof text};
    struct trust_home_want want = {folder->path, device, ROLE_SENSOR, now_s};
    struct trust_home home = {0};
    assert_int_equal(trust_home_open(&home, &want, &note), ERR_OK);
    trust_home_fini(&home);
}

/* Certificates last ten years. The network and the one were made a year ago, the other today; it
 * knows that ten and a half years have passed since that. */
static void an_expired_certificate_is_refused_and_its_owner_understands(void **state)
{
    enum { YEAR_S = 31557600 };
    int64_t now_s = time(NULL);
    struct link_pair *p = *state;
    struct temp_folder past;
    struct link_side old, young;
    temp_folder_make(&past);
    enrol(&past, "sensor1", now_s - YEAR_S);
    link_pair_open_side(p, &old, &past, "sensor1");
    link_pair_open_side(p, &young, &past, "sensor2");
    trust_note_time(young.trust, (uint64_t)(now_s + 19 * (int64_t)YEAR_S / 2) * 1000);
    link_pair_dial(&old, 1, link_port(young.set));
    LINK_PAIR_UNTIL(p, old.downs == 1 && young.refused == 1);
    assert_string_equal(young.cause, "its certificate has expired");
    assert_string_equal(old.reason,
                        "it refused our certificate: expired, or not valid yet by its clock");
    assert_int_equal(young.ups, 0);
    link_pair_close_side(p, &old);
    link_pair_close_side(p, &young);
    temp_folder_remove(&past);
}

/* Both were enrolled while the clock said 2038; now it says less, as if it had lost its battery. */
static void peers_whose_clocks_run_behind_their_certificates_trust_each_other(void **state)
{
    struct link_pair *p = *state;
    struct temp_folder later;
    struct link_side sides[2];
    static const char *const devices[] = {"sensor1", "sensor2"};
    temp_folder_make(&later);
    for (size_t i = 0; i < 2; i++) {
        enrol(&later, devices[i], 2147483648);
        link_pair_open_side(p, &sides[i], &later, devices[i]);
    }
    link_pair_dial(&sides[0], 1, link_port(sides[1].set));
    LINK_PAIR_UNTIL(p, sides[0].ups == 1 && sides[1].ups == 1);
    link_pair_close_side(p, &sides[0]);
    link_pair_close_side(p, &sides[1]);
    temp_folder_remove(&later);
}

static void say(struct link_stranger *s)
{
    link_stranger_connect(s);
    link_stranger_write(s, s->text, s->text_size);
    shutdown(s->fd, SHUT_WR);
    link_stranger_read(s);
}

static void noise_of_any_kind_is_not_answered(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    for (int first = 0; first < 256; first++) {
        char noise[64];
        for (size_t i = 0; i < sizeof noise; i++) {
            noise[i] = (char)(i == 0 ? first : first * 31 + (int)i * 7);
        }
        struct link_stranger s = {.act = say, .text = noise, .text_size = sizeof noise};
        s.port = link_port(p->b.set);
        unsigned refused = p->b.refused;
        link_pair_let(p, &s);
        LINK_PAIR_UNTIL(p, p->b.refused == refused + 1);
        assert_int_equal(s.got_size, 0);
    }
    assert_int_equal(p->b.ups, 1);
    assert_int_equal(p->b.downs, 0);
    assert_true(link_pair_works(p));
}

static void a_browser_is_not_answered_either(void **state)
{
    struct link_pair *p = *state;
    struct link_stranger s = {.act = say, .text = "GET / HTTP/1.1\r\n\r\n", .text_size = 18};
    s.port = link_port(p->b.set);
    link_pair_let(p, &s);
    assert_string_equal(p->b.cause, "it does not speak TLS");
    assert_int_equal(s.got_size, 0);
}

/* A TLS hello cut off after `number` bytes. */
static void half_a_hello(struct link_stranger *s)
{
    static const char *const parts[] = {"\x16", "\x16\x03", "\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"};
    static const size_t sizes[] = {1, 2, 9};
    s->text = parts[s->number];
    s->text_size = sizes[s->number];
    say(s);
}

static void half_a_handshake_is_refused_when_it_ends(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    for (int i = 0; i < 3; i++) {
        struct link_stranger s = {.act = half_a_hello, .number = i};
        s.port = link_port(p->b.set);
        unsigned refused = p->b.refused;
        link_pair_let(p, &s);
        LINK_PAIR_UNTIL(p, p->b.refused == refused + 1);
        assert_string_equal(p->b.cause, "it closed the connection in the middle of the handshake");
    }
    assert_true(link_pair_works(p));
}

static int knock(const struct link_pair *p, const char *source)
{
    struct link_stranger s = {.port = link_port(p->b.set), .source = source};
    link_stranger_connect(&s);
    return s.fd;
}

static bool is_closed(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void who_says_nothing_is_closed_after_the_deadline(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    p->b.set->handshake_ms = 1;
    int silent = knock(p, NULL);
    LINK_PAIR_UNTIL(p, p->b.refused == 1);
    assert_string_equal(p->b.cause, "the handshake took too long");
    assert_true(is_closed(silent));
    assert_true(link_pair_works(p));
    close(silent);
}

static void at_the_bound_the_oldest_stranger_makes_room(void **state)
{
    struct link_pair *p = *state;
    int fds[LINK_HANDSHAKES + 1];
    link_pair_connect(p);
    for (int i = 0; i < LINK_HANDSHAKES; i++) {
        fds[i] = knock(p, NULL);
        LINK_PAIR_UNTIL(p, p->b.set->counts.links == (size_t)i + 2);
    }
    assert_int_equal(p->b.refused, 0);
    fds[LINK_HANDSHAKES] = knock(p, NULL);
    LINK_PAIR_UNTIL(p, p->b.refused == 1);
    link_pair_idle(p);
    assert_int_equal(p->b.refused, 1);
    assert_int_equal(p->b.set->counts.links, LINK_HANDSHAKES + 1);
    assert_true(is_closed(fds[0]));
    assert_true(link_pair_works(p));
    for (int i = 0; i <= LINK_HANDSHAKES; i++) {
        close(fds[i]);
    }
}

static void at_the_bound_of_one_source_its_oldest_stranger_makes_room(void **state)
{
    struct link_pair *p = *state;
    int fds[LINK_HANDSHAKES_SOURCE + 2];
    fds[0] = knock(p, "127.0.0.9"); /* older, and of another source */
    LINK_PAIR_UNTIL(p, p->b.set->counts.links == 1);
    for (int i = 1; i <= LINK_HANDSHAKES_SOURCE; i++) {
        fds[i] = knock(p, "127.0.0.5");
        LINK_PAIR_UNTIL(p, p->b.set->counts.links == (size_t)i + 1);
    }
    assert_int_equal(p->b.refused, 0);
    fds[LINK_HANDSHAKES_SOURCE + 1] = knock(p, "127.0.0.5");
    LINK_PAIR_UNTIL(p, p->b.refused == 1);
    link_pair_idle(p);
    assert_false(is_closed(fds[0]));
    assert_true(is_closed(fds[1]));
    for (int i = 0; i < LINK_HANDSHAKES_SOURCE + 2; i++) {
        close(fds[i]);
    }
}

static void at_the_bound_of_links_new_ones_are_refused_at_both_ends(void **state)
{
    struct link_pair *p = *state;
    for (uint64_t i = 0; i < LIMIT_SESSIONS; i++) {
        link_pair_dial(&p->a, 2 * i + 1, link_port(p->b.set));
        LINK_PAIR_UNTIL(p, p->a.ups == i + 1 && p->b.ups == i + 1);
    }
    link_pair_dial(&p->a, 2 * LIMIT_SESSIONS + 1, link_port(p->b.set));
    LINK_PAIR_UNTIL(p, p->a.downs == 1);
    assert_string_equal(p->a.reason, "too many links");
    int one_more = knock(p, NULL);
    LINK_PAIR_UNTIL(p, p->b.refused == 1);
    assert_string_equal(p->b.cause, "too many links");
    assert_int_equal(p->b.downs, 0);
    assert_true(link_pair_works(p));
    close(one_more);
}

static void join(struct link_stranger *s)
{
    shake(s);
    link_stranger_end(s);
}

static void a_peer_gets_in_past_as_many_strangers_as_there_may_be(void **state)
{
    struct link_pair *p = *state;
    int fds[LINK_HANDSHAKES];
    for (int i = 0; i < LINK_HANDSHAKES; i++) {
        fds[i] = knock(p, NULL);
    }
    link_pair_connect(p);
    assert_true(link_pair_works(p));
    for (int i = 0; i < LINK_HANDSHAKES; i++) {
        close(fds[i]);
    }
}

static void nothing_that_could_be_resumed_is_given_away(void **state)
{
    struct link_pair *p = *state;
    struct link_stranger s = {.act = join, .trust = p->a.trust};
    s.port = link_port(p->b.set);
    link_pair_start(p, &s);
    LINK_PAIR_UNTIL(p, p->b.ups == 1);
    assert_false(SSL_SESSION_is_resumable(SSL_get_session(p->b.set->first->tls.ssl)));
    link_pair_say_goodbye(&p->b, "one record, no ticket before it");
    link_pair_hang_up(&p->b, p->b.link);
    LINK_PAIR_UNTIL(p, s.done);
    assert_false(s.refused);
}

/* A pre-shared key of the stranger's own making, with leave to send early data. */
static int offer_psk(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *id_size,
                     SSL_SESSION **session)
{
    static const unsigned char tls_aes_128_gcm_sha256[] = {0x13, 0x01};
    static const unsigned char key[32] = {1};
    (void)md;
    *id = (const unsigned char *)"guess";
    *id_size = 5;
    *session = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(*session, key, sizeof key);
    SSL_SESSION_set_cipher(*session, SSL_CIPHER_find(ssl, tls_aes_128_gcm_sha256));
    SSL_SESSION_set_protocol_version(*session, TLS1_3_VERSION);
    SSL_SESSION_set_max_early_data(*session, 4096);
    static const unsigned char alpn[] = "kith/1";
    SSL_SESSION_set1_alpn_selected(*session, alpn, sizeof alpn - 1);
    return 1;
}

static void send_early(struct link_stranger *s)
{
    size_t written = 0;
    s->context = link_stranger_context(s);
    SSL_CTX_set_psk_use_session_callback(s->context, offer_psk);
    link_stranger_connect(s);
    s->ssl = SSL_new(s->context);
    SSL_set_fd(s->ssl, s->fd);
    s->number = SSL_write_early_data(s->ssl, "{\"type\":\"ping\",\"t\":1}\n", 22, &written);
    if (SSL_connect(s->ssl) == 1) {
        link_stranger_tls_read(s);
    } else {
        s->refused = true;
    }
    if (SSL_get_early_data_status(s->ssl) == SSL_EARLY_DATA_ACCEPTED) {
        s->number = -1;
    }
    ERR_clear_error();
}

static void early_data_and_pre_shared_keys_get_nowhere(void **state)
{
    struct link_pair *p = *state;
    link_pair_connect(p);
    struct link_stranger s = {.act = send_early, .trust = p->a.trust};
    s.port = link_port(p->b.set);
    link_pair_let(p, &s);
    assert_int_equal(s.number, 1); /* it was sent */
    assert_true(s.refused);
    assert_int_equal(p->b.messages, 0);
    assert_int_equal(p->b.ups, 1);
    assert_true(link_pair_works(p));
}

static int make(void **state)
{
    static struct link_pair pair;
    link_pair_open(&pair);
    *state = &pair;
    return 0;
}

static int unmake(void **state)
{
    link_pair_close(*state);
    return 0;
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR(a_peer_of_another_network_is_refused_and_told_why),
        PAIR(a_stranger_from_another_network_is_refused_by_its_certificate),
        PAIR(who_shows_no_certificate_is_refused),
        PAIR(who_speaks_an_older_tls_is_refused),
        PAIR(who_speaks_another_protocol_is_refused),
        PAIR(an_expired_certificate_is_refused_and_its_owner_understands),
        PAIR(peers_whose_clocks_run_behind_their_certificates_trust_each_other),
        PAIR(noise_of_any_kind_is_not_answered),
        PAIR(a_browser_is_not_answered_either),
        PAIR(half_a_handshake_is_refused_when_it_ends),
        PAIR(who_says_nothing_is_closed_after_the_deadline),
        PAIR(at_the_bound_the_oldest_stranger_makes_room),
        PAIR(at_the_bound_of_one_source_its_oldest_stranger_makes_room),
        PAIR(at_the_bound_of_links_new_ones_are_refused_at_both_ends),
        PAIR(a_peer_gets_in_past_as_many_strangers_as_there_may_be),
        PAIR(nothing_that_could_be_resumed_is_given_away),
        PAIR(early_data_and_pre_shared_keys_get_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
