#include "io/netif.h"

#include "netns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>

#include <cmocka.h>

enum { GUARD_MS = 10000, NEVER_MS = 3600000 };

/* Each test that changes interfaces does so in a namespace of its own. */
static void need_namespace(void)
{
    if (!netns_enter()) {
        print_message("no network namespace is allowed here\n");
        skip();
    }
}

static void need_pair(void)
{
    need_namespace();
    if (!netns_add_pair()) {
        print_message("ip(8) or veth is missing here\n");
        skip();
    }
}

static void remove_pair(void)
{
    assert_true(netns_ip("link del va"));
}

static const struct netif_entry *find(const struct netif_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->entries[i].name, name) == 0)
            return &list->entries[i];
    return NULL;
}

/* The kernel tells a carrier that came or went a moment later: looks until it has. */
static void read_with(struct netif_list *list, const char *name)
{
    do
        assert_int_equal(netif_list_read(list), ERR_OK);
    while (find(list, name) == NULL);
}

static void read_without(struct netif_list *list, const char *name)
{
    do
        assert_int_equal(netif_list_read(list), ERR_OK);
    while (find(list, name) != NULL);
}

static void lo_is_called_by_its_own_broadcast_address(void **state)
{
    (void)state;
    need_namespace();
    struct netif_list list;
    assert_int_equal(netif_list_read(&list), ERR_OK);
    const struct netif_entry *lo = find(&list, "lo");
    assert_non_null(lo);
    assert_true(lo->loopback);
    assert_int_equal(lo->ipv4, 0x7f000001);
    assert_int_equal(lo->broadcast, 0x7fffffff);
}

static void an_interface_tells_its_broadcast_address_or_has_it_computed(void **state)
{
    (void)state;
    need_pair();
    assert_true(netns_ip("addr add 10.78.0.9/25 dev vb")); /* none told */
    assert_true(netns_ip("addr add 10.79.0.9/32 dev vb")); /* no room for one */
    assert_true(netns_ip("addr add 10.99.0.9/32 dev lo")); /* nobody to call there */
    struct netif_list list;
    read_with(&list, "va");
    read_with(&list, "vb");
    size_t seen = 0;
    for (size_t i = 0; i < list.count; i++) {
        const struct netif_entry *e = &list.entries[i];
        static const uint32_t expected[][2] = {{0x0a4d0001, 0x0a4d00ff},
                                               {0x0a4e0009, 0x0a4e007f},
                                               {0x0a4f0009, 0xffffffff},
                                               {0x0a630009, 0}};
        for (size_t k = 0; k < COUNT_OF(expected); k++) {
            if (e->ipv4 != expected[k][0])
                continue;
            assert_int_equal(e->broadcast, expected[k][1]);
            seen++;
        }
    }
    assert_int_equal(seen, 4);
    assert_true(netns_ip("addr del 10.99.0.9/32 dev lo"));
    remove_pair();
}

static void an_interface_that_does_not_run_is_left_out(void **state)
{
    (void)state;
    need_pair();
    struct netif_list list;
    read_with(&list, "va");
    assert_true(netns_ip("link set vb down")); /* va has no carrier then */
    read_without(&list, "va");
    assert_true(netif_exists("va"));
    assert_false(netif_exists("vc"));
    remove_pair();
    assert_false(netif_exists("va"));
}

static void names_are_listed_up_or_not(void **state)
{
    (void)state;
    need_pair();
    char names[256];
    netif_names(names, sizeof names);
    assert_non_null(strstr(names, "lo"));
    assert_non_null(strstr(names, ", "));
    assert_non_null(strstr(names, "va"));
    char few[8];
    netif_names(few, sizeof few);
    assert_true(strlen(few) < sizeof few);
    remove_pair();
}

static void more_addresses_than_the_limit_are_left_out(void **state)
{
    (void)state;
    need_pair();
    char command[64];
    for (int i = 2; i < 2 + NETIF_MAX; i++) {
        snprintf(command, sizeof command, "addr add 10.77.0.%d/24 dev va", i);
        assert_true(netns_ip(command));
    }
    struct netif_list list;
    assert_int_equal(netif_list_read(&list), ERR_OK);
    assert_int_equal(list.count, NETIF_MAX);
    remove_pair();
}

struct watching {
    int changes;
    bool gave_up;
};

static void on_change(void *context)
{
    struct watching *w = context;
    w->changes++;
}

static void on_guard(uv_timer_t *timer)
{
    struct watching *w = timer->data;
    w->gave_up = true;
}

/* Runs the loop until there were `changes`, or too long. */
static void run_until(uv_loop_t *loop, struct watching *w, int changes)
{
    uv_timer_t guard;
    uv_timer_init(loop, &guard);
    guard.data = w;
    uv_timer_start(&guard, on_guard, GUARD_MS, 0);
    while (w->changes < changes && !w->gave_up)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&guard, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    assert_false(w->gave_up);
}

static void a_change_calls_back(void **state)
{
    (void)state;
    need_pair();
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct watching w = {0};
    struct netif_watch *watch;
    assert_int_equal(netif_watch_open(&watch, &loop, NEVER_MS, on_change, &w), ERR_OK);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(w.changes, 0);
    assert_true(netns_ip("addr add 10.78.0.1/24 dev vb"));
    run_until(&loop, &w, 1);
    int before = w.changes;
    remove_pair();
    run_until(&loop, &w, before + 1);
    netif_watch_close(watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void without_netlink_a_timer_calls_back(void **state)
{
    (void)state;
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct watching w = {0};
    struct netif_watch *watch;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum err err = netif_watch_open(&watch, &loop, 1, on_change, &w);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(err, ERR_OK);
    run_until(&loop, &w, 3);
    netif_watch_close(watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lo_is_called_by_its_own_broadcast_address),
        cmocka_unit_test(an_interface_tells_its_broadcast_address_or_has_it_computed),
        cmocka_unit_test(an_interface_that_does_not_run_is_left_out),
        cmocka_unit_test(names_are_listed_up_or_not),
        cmocka_unit_test(more_addresses_than_the_limit_are_left_out),
        cmocka_unit_test(a_change_calls_back),
        cmocka_unit_test(without_netlink_a_timer_calls_back),
    };
    return cmocka_run_group_tests_name("netif", tests, NULL, NULL);
}
