#include "io/udp_port.h"

#include "io/udp_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static void the_holder_of_a_port_is_named(void **state)
{
    (void)state;
    uint16_t port;
    int fd = udp_socket_private(0x7f000001, &port);
    assert_true(fd >= 0);
    char expected[32];
    snprintf(expected, sizeof expected, " (pid %d)", (int)getpid());
    char text[64];
    udp_port_holder(port, text, sizeof text);
    assert_non_null(strstr(text, expected));
    assert_true(strlen(text) > strlen(expected));
    char cut[8];
    udp_port_holder(port, cut, sizeof cut);
    assert_true(strlen(cut) < sizeof cut);
    close(fd);
    udp_port_holder(port, text, sizeof text);
    assert_string_equal(text, "another program");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_holder_of_a_port_is_named),
    };
    return cmocka_run_group_tests_name("udp_port", tests, NULL, NULL);
}
