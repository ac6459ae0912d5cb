#include "io/udp_socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* Everything here stays on lo. */
enum { LO = 0x7f000001 };

static struct udp_socket_batch batch;

static void where_a_datagram_came_from_and_came_in_is_told(void **state)
{
    (void)state;
    uint16_t from;
    uint16_t to;
    int sender = udp_socket_private(LO, &from);
    int receiver = udp_socket_private(LO, &to);
    assert_true(sender >= 0 && receiver >= 0);
    assert_int_not_equal(from, to);
    assert_false(udp_socket_receive(receiver, &batch));
    const struct address address = {LO, to};
    assert_int_equal(udp_socket_send(sender, SPAN("one"), address, (struct udp_socket_way){0}), 0);
    assert_true(udp_socket_receive(receiver, &batch));
    assert_int_equal(batch.count, 1);
    assert_true(span_is(batch.list[0].bytes, "one"));
    assert_int_equal(batch.list[0].source.ipv4, LO);
    assert_int_equal(batch.list[0].source.port, from);
    uint32_t lo = batch.list[0].interface;
    assert_int_not_equal(lo, 0);
    const struct udp_socket_way way = {lo, LO + 1};
    assert_int_equal(udp_socket_send(sender, SPAN("two"), address, way), 0);
    assert_true(udp_socket_receive(receiver, &batch));
    assert_int_equal(batch.list[0].source.ipv4, LO + 1);
    close(sender);
    close(receiver);
}

static void a_batch_is_bounded_and_a_long_datagram_is_cut(void **state)
{
    (void)state;
    uint16_t port;
    int fd = udp_socket_private(LO, &port);
    char bytes[2 * UDP_SOCKET_BYTES] = {0};
    for (size_t i = 0; i <= UDP_SOCKET_BATCH; i++)
        assert_int_equal(udp_socket_send(fd, (struct span){bytes, sizeof bytes},
                                         (struct address){LO, port}, (struct udp_socket_way){0}),
                         0);
    assert_true(udp_socket_receive(fd, &batch));
    assert_int_equal(batch.count, UDP_SOCKET_BATCH);
    assert_int_equal(batch.list[0].bytes.size, UDP_SOCKET_BYTES);
    assert_true(udp_socket_receive(fd, &batch));
    assert_int_equal(batch.count, 1);
    assert_false(udp_socket_receive(fd, &batch));
    close(fd);
}

static void the_shared_port_is_shared_and_the_private_one_is_not(void **state)
{
    (void)state;
    uint16_t port;
    int held = udp_socket_private(0, &port);
    assert_int_equal(udp_socket_shared(port), -1);
    assert_int_equal(errno, EADDRINUSE);
    close(held);
    int first = udp_socket_shared(port);
    int second = udp_socket_shared(port);
    assert_true(first >= 0 && second >= 0);
    close(first);
    close(second);
}

static void a_send_that_fails_gives_the_error(void **state)
{
    (void)state;
    uint16_t port;
    int fd = udp_socket_private(LO, &port);
    const struct udp_socket_way nowhere = {1, 0xc0000201}; /* 192.0.2.1 is nobody's (RFC 5737) */
    assert_int_not_equal(udp_socket_send(fd, SPAN("x"), (struct address){LO, port}, nowhere), 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_a_datagram_came_from_and_came_in_is_told),
        cmocka_unit_test(a_batch_is_bounded_and_a_long_datagram_is_cut),
        cmocka_unit_test(the_shared_port_is_shared_and_the_private_one_is_not),
        cmocka_unit_test(a_send_that_fails_gives_the_error),
    };
    return cmocka_run_group_tests_name("udp_socket", tests, NULL, NULL);
}
