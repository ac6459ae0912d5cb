/* Where discovery calls and listens, seen from outside: what is heard by whom on which interface.
 */
#include "io/udp_places.h"

#include "netns.h"
#include "udp_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static void with_loopback_only_lo_is_heard_and_called(void **state)
{
    struct lab *lab = udp_lab_enter_with_pair(state);
    struct peer a;
    struct peer b;
    udp_lab_peer(lab, &a, udp_lab_plain_on_loopback);
    udp_lab_peer(lab, &b, (struct udp_options){0});
    char text[256];
    udp_describe(a.udp, text, sizeof text);
    assert_string_equal(text, "lo 127.255.255.255");
    udp_describe(b.udp, text, sizeof text);
    assert_string_equal(text, "lo 127.255.255.255, va 10.77.0.255");
    udp_lab_hello(&b, "b", udp_lab_everybody);
    udp_lab_run_until(lab, &a.hellos, 1);
    udp_lab_run(lab);
    assert_int_equal(a.hellos, 1);
    assert_int_equal(a.source.ipv4, LO);
    assert_int_equal(udp_lab_counts(&a).off_interface, 1);
    udp_lab_lesson_send(SPAN("{\"type\":\"hello\",\"device\":\"x\"}"), (uint32_t)EVERYBODY,
                        lab->port);
    udp_lab_run(lab);
    assert_int_equal(a.plains, 0);
    assert_int_equal(udp_lab_counts(&a).off_interface, 2);
    udp_lab_hello(&a, "a", udp_lab_everybody);
    udp_lab_run_until(lab, &b.hellos, 1);
    assert_int_equal(b.source.ipv4, LO);
    udp_close(a.udp);
    udp_close(b.udp);
    udp_lab_remove_pair();
}

static void a_lesson_on_the_same_host_hears_each_plain_datagram_once(void **state)
{
    struct lab *lab = udp_lab_enter_with_pair(state);
    int fd = udp_lab_lesson_listen(lab->port);
    struct peer a;
    struct peer b;
    udp_lab_peer(lab, &a, (struct udp_options){.plain = true});
    udp_lab_peer(lab, &b, (struct udp_options){.plain = true});
    char text[LIMIT_DATAGRAM + 1];
    udp_lab_plain(&a, "a");
    udp_lab_run_until(lab, &b.plains, 1);
    udp_lab_run(lab);
    assert_int_equal(udp_lab_lesson_hear(fd, text), 1);
    assert_int_equal(b.plains, 1);
    assert_int_equal(a.plains, 0);
    udp_lab_lesson_send(SPAN("{\"type\":\"hello\",\"device\":\"Py\"}"), (uint32_t)EVERYBODY,
                        lab->port);
    udp_lab_run_until(lab, &a.plains, 1);
    udp_lab_run_until(lab, &b.plains, 2);
    assert_string_equal(a.device, "Py");
    udp_lab_hello(&a, "a", udp_lab_everybody);
    udp_lab_run_until(lab, &b.hellos, 2); /* by lo and by va; its counter tells that it is one */
    close(fd);
    udp_close(a.udp);
    udp_close(b.udp);
    udp_lab_remove_pair();
}

static void a_chosen_interface_is_the_only_one(void **state)
{
    struct lab *lab = udp_lab_enter_with_pair(state);
    const char *const names[] = {"va"};
    struct peer a;
    struct peer b;
    udp_lab_peer(lab, &a, (struct udp_options){.interfaces = names, .interface_count = 1});
    udp_lab_peer(lab, &b, (struct udp_options){0});
    char text[256];
    udp_describe(a.udp, text, sizeof text);
    assert_string_equal(text, "va 10.77.0.255");
    udp_lab_hello(&b, "b", udp_lab_everybody);
    udp_lab_run_until(lab, &a.hellos, 1);
    udp_lab_run(lab);
    assert_int_equal(a.hellos, 1);
    assert_int_equal(a.source.ipv4, 0x0a4d0001);
    assert_int_equal(udp_lab_counts(&a).off_interface, 1);
    udp_lab_hello(&a, "a", udp_lab_everybody);
    udp_lab_run_until(lab, &b.hellos, 1);
    assert_int_equal(b.source.ipv4, 0x0a4d0001);
    udp_lab_hello(&b, "b", b.source); /* comes in through lo, from va's own address */
    udp_lab_run_until(lab, &a.hellos, 2);
    udp_close(a.udp);
    udp_close(b.udp);
    udp_lab_remove_pair();
}

static void interfaces_that_come_and_go_are_followed(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    udp_lab_peer(lab, &a, (struct udp_options){0});
    struct lab *with_pair = udp_lab_enter_with_pair(state);
    udp_lab_run_until(with_pair, &a.interfaces, 1);
    assert_string_equal(a.interface, "va 10.77.0.1 is up");
    assert_int_equal(a.changes, 1);
    assert_true(netns_ip("addr add 10.78.0.1/24 dev vb"));
    udp_lab_run_until(lab, &a.interfaces, 2);
    char text[256];
    udp_describe(a.udp, text, sizeof text);
    assert_non_null(strstr(text, "va 10.77.0.255"));
    assert_non_null(strstr(text, "vb 10.78.0.255"));
    assert_true(netns_ip("addr del 10.78.0.1/24 dev vb"));
    udp_lab_run_until(lab, &a.interfaces, 3);
    assert_string_equal(a.interface, "vb 10.78.0.1 is gone");
    assert_int_equal(a.changes, 2);
    udp_lab_remove_pair();
    udp_lab_run_until(lab, &a.interfaces, 4);
    assert_string_equal(a.interface, "va 10.77.0.1 is gone");
    udp_close(a.udp);
}

static void an_interface_that_cannot_send_is_named_once(void **state)
{
    struct lab *lab = udp_lab_enter_with_pair(state);
    struct peer a;
    udp_lab_peer(lab, &a, (struct udp_options){0});
    /* The loop has not heard of it when we send. */
    assert_true(netns_ip("addr del 10.77.0.1/24 dev va"));
    udp_lab_hello(&a, "a", udp_lab_everybody);
    assert_int_equal(a.interfaces, 1);
    assert_memory_equal(a.interface, "va 10.77.0.1: cannot send: ", 27);
    udp_lab_hello(&a, "a", udp_lab_everybody);
    assert_int_equal(a.interfaces, 1);
    assert_int_equal(udp_lab_counts(&a).send_failed, 2);
    assert_int_equal(udp_lab_counts(&a).sent, 2);
    udp_close(a.udp);
    udp_lab_remove_pair();
}

static void without_any_interface_nothing_is_sent(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    if (!netns_ip("link set lo down")) {
        print_message("ip(8) is missing here\n");
        skip();
    }
    struct peer a;
    udp_lab_peer(lab, &a, (struct udp_options){0});
    char text[64];
    udp_describe(a.udp, text, sizeof text);
    assert_string_equal(text, "no interface");
    udp_lab_hello(&a, "a", udp_lab_everybody);
    assert_int_equal(udp_lab_counts(&a).sent, 0);
    assert_int_equal(udp_lab_counts(&a).send_failed, 0);
    assert_true(netns_ip("link set lo up"));
    udp_lab_run_until(lab, &a.interfaces, 1);
    assert_string_equal(a.interface, "lo 127.0.0.1 is up");
    udp_close(a.udp);
}

static void an_interface_that_is_not_there_is_named(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    char message[MESSAGE];
    const char *const names[] = {"lo", "eth77"};
    assert_int_equal(udp_lab_try(lab, &a,
                                 (struct udp_options){.interfaces = names, .interface_count = 2},
                                 message),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(message, "eth77; there are: lo"));
}

static void more_interfaces_than_the_limit_are_refused(void **state)
{
    struct lab *lab = udp_lab_enter(state);
    struct peer a;
    char message[MESSAGE];
    const char *names[UDP_INTERFACES_MAX + 1];
    for (size_t i = 0; i < COUNT_OF(names); i++)
        names[i] = "lo";
    struct udp_options options = {.interfaces = names, .interface_count = COUNT_OF(names)};
    assert_int_equal(udp_lab_try(lab, &a, options, message), ERR_FULL);
    options.interface_count--;
    udp_lab_peer(lab, &a, options);
    udp_close(a.udp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_loopback_only_lo_is_heard_and_called, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(a_lesson_on_the_same_host_hears_each_plain_datagram_once,
                                        udp_lab_open, udp_lab_close),
        cmocka_unit_test_setup_teardown(a_chosen_interface_is_the_only_one, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(interfaces_that_come_and_go_are_followed, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(an_interface_that_cannot_send_is_named_once, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(without_any_interface_nothing_is_sent, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(an_interface_that_is_not_there_is_named, udp_lab_open,
                                        udp_lab_close),
        cmocka_unit_test_setup_teardown(more_interfaces_than_the_limit_are_refused, udp_lab_open,
                                        udp_lab_close),
    };
    return cmocka_run_group_tests_name("udp_places", tests, NULL, NULL);
}
