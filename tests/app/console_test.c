#include "app/console.h"

#include "base/check.h"
#include "facts.h"

#include <fcntl.h>
#include <jansson.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* A console that writes into two files. */

struct desk {
    struct console *console;
    FILE *out, *err;
};

enum { TEXT_BYTES = 65536 };

static struct desk open_desk(struct console_options options)
{
    struct desk d = {.out = tmpfile(), .err = tmpfile()};
    assert_non_null(d.out);
    assert_non_null(d.err);
    options.device = options.device == NULL ? "actuator1" : options.device;
    options.out = fileno(d.out);
    options.err = fileno(d.err);
    d.console = console_new(&options);
    assert_non_null(d.console);
    console_identity(d.console, "3f9a-c2", "/keys", true);
    console_tried(d.console, "lo 127.255.255.255");
    return d;
}

static const char *read_all(FILE *file, char text[TEXT_BYTES])
{
    rewind(file);
    size_t size = fread(text, 1, TEXT_BYTES - 1, file);
    text[size] = '\0';
    return text;
}

static void close_desk(struct desk *d)
{
    console_free(d->console);
    fclose(d->out);
    fclose(d->err);
}

static void assert_out(struct desk *d, const char *expected)
{
    char text[TEXT_BYTES];
    assert_true(console_flush(d->console));
    assert_string_equal(read_all(d->out, text), expected);
}

static void tell(struct desk *d, struct fact fact)
{
    console_fact(d->console, &fact, 1761300000001);
}

static bool masked(const struct desk *d, enum fact_kind kind)
{
    return !(console_fact_mask(d->console) >> kind & 1);
}

static void a_fact_is_one_line_behind_the_device(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){0});
    tell(&d, (struct fact){.kind = FACT_STARTED});
    tell(&d, (struct fact){.kind = FACT_LEFT, .device = SPAN("sensor1")});
    assert_out(&d, "[actuator1] Kith 0.1 · network 3f9a-c2 · keys in /keys (new)\n"
                   "[actuator1] Peer sensor1 left\n");
    close_desk(&d);
}

static void nothing_is_written_before_the_turn_ends(void **state)
{
    (void)state;
    char text[TEXT_BYTES];
    struct desk d = open_desk((struct console_options){0});
    tell(&d, (struct fact){.kind = FACT_STOPPED});
    assert_string_equal(read_all(d.out, text), "");
    assert_out(&d, "[actuator1] Stopped\n");
    close_desk(&d);
}

static void what_was_restored_is_one_line(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){0});
    struct record fan = {.type = SPAN("fan"), .value = value_text(SPAN("on"))};
    struct record window = {.type = SPAN("window"), .value = value_text(SPAN("off"))};
    tell(&d, (struct fact){.kind = FACT_RESTORED_TOPIC, .record = &fan});
    tell(&d, (struct fact){.kind = FACT_RESTORED_TOPIC, .record = &window});
    tell(&d, (struct fact){.kind = FACT_RESTORED, .count = 14203});
    assert_out(&d, "[actuator1] Restored: fan ON, window OFF, 14203 records\n");
    close_desk(&d);
}

static void more_than_a_line_of_states_is_left_out(void **state)
{
    (void)state;
    char text[TEXT_BYTES];
    struct desk d = open_desk((struct console_options){0});
    struct record fan = {.type = SPAN("a_property_with_a_long_name"),
                         .value = value_text(SPAN("on"))};
    for (int i = 0; i < 1000; i++)
        tell(&d, (struct fact){.kind = FACT_RESTORED_TOPIC, .record = &fan});
    tell(&d, (struct fact){.kind = FACT_RESTORED, .count = 1});
    console_flush(d.console);
    read_all(d.out, text);
    assert_true(strlen(text) < 400);
    assert_non_null(strstr(text, "a_property_with_a_long_name ON, 1 record\n"));
    close_desk(&d);
}

static void quiet_tells_changes_only(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){.quiet = true});
    struct fact action = {.kind = FACT_ACTION,
                          .property = SPAN("fan"),
                          .value = value_text(SPAN("on"))};
    assert_true(masked(&d, FACT_READING));
    assert_true(masked(&d, FACT_SENT));
    assert_true(masked(&d, FACT_STARTED));
    assert_false(masked(&d, FACT_LOST));
    tell(&d, (struct fact){.kind = FACT_STARTED});
    tell(&d, action);
    action.changed = true;
    tell(&d, (struct fact){.kind = FACT_STATE, .active = true});
    tell(&d, action);
    console_broadcast(d.console, NULL);
    assert_out(&d, "[actuator1] State: idle → active\n[actuator1] Action: Fan ON\n");
    close_desk(&d);
}

static void every_evaluation_is_told_unless_quiet(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){0});
    tell(&d, (struct fact){.kind = FACT_ACTION,
                           .property = SPAN("fan"),
                           .value = value_text(SPAN("off"))});
    assert_out(&d, "[actuator1] Action: Fan OFF\n");
    assert_true(masked(&d, FACT_ACKED));
    close_desk(&d);
}

static void json_begins_with_started(void **state)
{
    (void)state;
    char text[TEXT_BYTES];
    struct desk d = open_desk((struct console_options){.json = true});
    assert_false(masked(&d, FACT_ACKED));
    tell(&d, facts_full(FACT_RESTORED_TOPIC));
    tell(&d, (struct fact){.kind = FACT_STARTED, .device = SPAN("actuator1"), .epoch = 7});
    tell(&d, facts_full(FACT_RESTORED));
    console_flush(d.console);
    read_all(d.out, text);
    static const char *const events[] = {"started", "restored_topic", "restored"};
    char *line = text;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
        assert_string_equal(json_string_value(json_object_get(object, "event")), events[i]);
        json_decref(object);
        line = end + 1;
    }
    assert_string_equal(line, "");
    close_desk(&d);
}

static void quiet_json_still_begins_with_started(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){.json = true, .quiet = true});
    assert_false(masked(&d, FACT_STARTED));
    assert_true(masked(&d, FACT_READING));
    assert_true(masked(&d, FACT_ACKED));
    assert_true(masked(&d, FACT_RESTORED_TOPIC));
    close_desk(&d);
}

static void talk_goes_to_standard_error_at_once(void **state)
{
    (void)state;
    char text[TEXT_BYTES];
    struct desk d = open_desk((struct console_options){.json = true});
    console_notice(d.console, "spacing chosen");
    console_error(d.console, "bad\x1b[2J\nthing");
    console_notice(d.console, "the command says: \\x00"); /* escaped where it came in */
    assert_string_equal(read_all(d.err, text), "[actuator1] spacing chosen\n"
                                               "[actuator1] bad\\x1b[2J\\nthing\n"
                                               "[actuator1] the command says: \\x00\n");
    assert_out(&d, "");
    close_desk(&d);
}

static void what_is_broadcast_in_a_turn_is_one_line(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){.device = "sensor1"});
    struct reading temperature = {.type = SPAN("temperature"), .value = value_number(24.5)};
    struct reading light = {.type = SPAN("light"), .value = value_number(3), .unit = SPAN("lx")};
    console_broadcast(d.console, NULL);
    console_broadcast(d.console, &temperature);
    console_flush(d.console);
    console_broadcast(d.console, NULL);
    console_broadcast(d.console, &temperature);
    console_broadcast(d.console, &light);
    console_broadcast(d.console, NULL);
    tell(&d, (struct fact){.kind = FACT_STOPPED});
    assert_out(&d, "[sensor1] Broadcasted HELLO & temp 24.5°C\n"
                   "[sensor1] Broadcasted HELLO & temp 24.5°C & light 3 lx\n"
                   "[sensor1] Broadcasted HELLO\n"
                   "[sensor1] Stopped\n");
    close_desk(&d);
}

static void a_malformed_datagram_is_shown_escaped(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){0});
    static const char bytes[] = "{\x1b[2J\xff";
    console_malformed(d.console, (struct address){0x0a000007, 4000}, "not JSON",
                      (struct span){bytes, sizeof bytes - 1}, 0);
    console_malformed(d.console, (struct address){0x0a000007, 4000}, "empty", (struct span){0}, 12);
    assert_out(&d, "[actuator1] Malformed datagram from 10.0.0.7:4000: not JSON: "
                   "{\\x1b[2J\\xff\n"
                   "[actuator1] Malformed datagram from 10.0.0.7:4000: empty:  (and before it 12 "
                   "more)\n");
    close_desk(&d);
}

static size_t lines_in(FILE *file)
{
    char text[TEXT_BYTES];
    size_t count = 0;
    for (const char *c = read_all(file, text); *c != '\0'; c++)
        count += *c == '\n';
    return count;
}

static void strangers_cannot_flood_the_console(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){0});
    for (int i = 0; i < 5000; i++)
        console_refused(d.console, (struct address){0x0a000007, 4000}, "no certificate");
    console_flush(d.console);
    /* ten at once; perhaps a second has passed meanwhile on a slow machine */
    size_t lines = lines_in(d.out);
    assert_true(lines >= 10 && lines <= 15);
    close_desk(&d);
}

static void who_comes_back_with_the_same_fault_is_told_once_a_minute(void **state)
{
    (void)state;
    static const struct {
        const char *device, *cause;
        uint64_t ms;
        size_t told;
    } facts[] = {{"sensor1", "another key", 1, 1},
                 {"sensor1", "another key", 60000, 1},
                 {"sensor1", "a gap in its log", 2, 2},
                 {"sensor2", "another key", 3, 3},
                 {"sensor1", "another key", 60001, 4}};
    struct desk d = open_desk((struct console_options){0});
    char text[TEXT_BYTES];
    for (size_t i = 0; i < COUNT_OF(facts); i++) {
        struct fact fact = {.kind = FACT_REFUSED,
                            .device = span_of(facts[i].device),
                            .text = span_of(facts[i].cause)};
        size_t lines = 0;
        console_fact(d.console, &fact, facts[i].ms);
        assert_true(console_flush(d.console));
        for (const char *at = read_all(d.out, text); (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        assert_int_equal(lines, facts[i].told);
    }
    close_desk(&d);
}

static void a_trace_line_is_the_message(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){.trace = true});
    console_trace(d.console, CONSOLE_OUT, "sensor1", SPAN("{\"type\":\"ping\",\"a\":\"\\n\"}"));
    console_trace(d.console, CONSOLE_IN, "sensor1", SPAN("{\"a\":\"\xe2\x80\xae\"}"));
    assert_out(&d, "[actuator1] → sensor1 {\"type\":\"ping\",\"a\":\"\\n\"}\n"
                   "[actuator1] ← sensor1 {\"a\":\"\\u{202e}\"}\n");
    close_desk(&d);
}

static void the_longest_message_is_traced_whole(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){.trace = true});
    char *message = malloc(LIMIT_LINE);
    assert_non_null(message);
    memset(message, '\x01', LIMIT_LINE);
    console_trace(d.console, CONSOLE_IN, "sensor1", (struct span){message, LIMIT_LINE});
    console_flush(d.console);
    char head[64] = "";
    rewind(d.out);
    assert_int_equal(fread(head, 1, 26, d.out), 26);
    assert_int_equal(lseek(fileno(d.out), 0, SEEK_END), 24 + 4 * LIMIT_LINE + 1);
    free(message);
    close_desk(&d);
}

static void json_for_what_is_no_fact(void **state)
{
    (void)state;
    char text[TEXT_BYTES];
    struct desk d = open_desk((struct console_options){.json = true, .trace = true});
    struct address address = {0x0a000007, 4000};
    struct reading temperature = {.type = SPAN("temperature"), .value = value_number(24.5)};
    console_broadcast(d.console, NULL);
    console_broadcast(d.console, &temperature);
    console_malformed(d.console, address, "not JSON", SPAN("\x01"), 1);
    console_refused(d.console, address, "no certificate");
    console_trace(d.console, CONSOLE_IN, "sensor1", SPAN("{\"type\":\"ping\"}"));
    console_flush(d.console);
    read_all(d.out, text);
    static const struct {
        const char *event, *member, *value;
    } lines[] = {{"broadcast", "device", "actuator1"},
                 {"broadcast", "type", "temperature"},
                 {"malformed", "bytes", "\\x01"},
                 {"refused", "address", "10.0.0.7:4000"},
                 {"trace", "message", "{\"type\":\"ping\"}"}};
    char *line = text;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        json_t *object = json_loadb(line, (size_t)(end - line), JSON_REJECT_DUPLICATES, NULL);
        assert_string_equal(json_string_value(json_object_get(object, "event")), lines[i].event);
        assert_string_equal(json_string_value(json_object_get(object, lines[i].member)),
                            lines[i].value);
        json_decref(object);
        line = end + 1;
    }
    close_desk(&d);
}

static void a_reader_that_has_gone_ends_the_peer(void **state)
{
    (void)state;
    int fds[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(fds), 0);
    struct console_options options = {.device = "sensor1", .out = fds[1], .err = fds[1]};
    struct console *c = console_new(&options);
    assert_non_null(c);
    assert_true(console_flush(c));
    close(fds[0]);
    struct fact fact = {.kind = FACT_STOPPED};
    console_fact(c, &fact, 1);
    assert_false(console_flush(c));
    console_free(c);
    close(fds[1]);
}

/* Flushes and reads in turns until nothing more comes. */
static size_t drain(struct console *c, int fd, char *text, size_t capacity)
{
    size_t size = 0;
    ssize_t n = 1;
    while (n > 0) {
        assert_true(console_flush(c));
        n = read(fd, text + size, capacity - size);
        size += n > 0 ? (size_t)n : 0;
    }
    return size;
}

static void lines_that_a_slow_reader_missed_are_counted(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    struct console_options options = {.device = "sensor1",
                                      .json = true,
                                      .out = fds[1],
                                      .err = fds[1]};
    struct console *c = console_new(&options);
    assert_non_null(c);
    struct fact fact = facts_full(FACT_READING);
    for (int i = 0; i < 20000; i++)
        console_fact(c, &fact, 1);
    static char text[4194304];
    size_t size = drain(c, fds[0], text, sizeof text - 1);
    console_fact(c, &fact, 1);
    size += drain(c, fds[0], text + size, sizeof text - 1 - size);
    text[size] = '\0';
    const char *dropped = strstr(text, "\"event\":\"dropped\"");
    assert_non_null(dropped);
    const char *count = strstr(dropped, "\"count\":");
    assert_non_null(count);
    unsigned long missing = strtoul(count + 8, NULL, 10);
    size_t told = 0;
    for (const char *c1 = text; (c1 = strstr(c1, "\"event\":\"reading\"")) != NULL; c1++)
        told++;
    assert_int_equal(told + missing, 20001);
    assert_true(missing > 0 && told > 0);
    console_free(c);
    close(fds[0]);
    close(fds[1]);
}

/* What a terminal gets. */
static void on_terminal(const char *no_color, char *text, size_t capacity)
{
    int master, slave;
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    setenv("TERM", "xterm", 1);
    if (no_color == NULL)
        unsetenv("NO_COLOR");
    else
        setenv("NO_COLOR", no_color, 1);
    struct console_options options = {.device = "sensor1", .out = slave, .err = slave};
    struct console *c = console_new(&options);
    assert_non_null(c);
    struct fact fact = {.kind = FACT_STATE, .active = true};
    console_fact(c, &fact, 1);
    console_flush(c);
    ssize_t size = read(master, text, capacity - 1);
    assert_true(size > 0);
    text[size] = '\0';
    console_free(c);
    close(slave);
    close(master);
}

static void a_terminal_gets_colour_unless_it_is_unwanted(void **state)
{
    (void)state;
    char text[256];
    on_terminal(NULL, text, sizeof text);
    assert_string_equal(text, "\033[2m[sensor1]\033[0m \033[1mState: idle → active\033[0m\r\n");
    on_terminal("1", text, sizeof text);
    assert_string_equal(text, "[sensor1] State: idle → active\r\n");
}

static void advice_names_the_file_that_counts(void **state)
{
    (void)state;
    struct desk d = open_desk((struct console_options){0});
    console_rules_file(d.console, "/etc/kith/fan.yaml");
    tell(&d,
         (struct fact){.kind = FACT_UNUSED, .device = SPAN("sensor1"), .property = SPAN("light")});
    assert_out(&d, "[actuator1] No rule uses light (from sensor1). To use it, add a line such as "
                   "this below `rules:` in /etc/kith/fan.yaml:  - {when: light > 50, then: "
                   "alarm}\n");
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fact_is_one_line_behind_the_device),
        cmocka_unit_test(nothing_is_written_before_the_turn_ends),
        cmocka_unit_test(what_was_restored_is_one_line),
        cmocka_unit_test(more_than_a_line_of_states_is_left_out),
        cmocka_unit_test(quiet_tells_changes_only),
        cmocka_unit_test(every_evaluation_is_told_unless_quiet),
        cmocka_unit_test(json_begins_with_started),
        cmocka_unit_test(quiet_json_still_begins_with_started),
        cmocka_unit_test(talk_goes_to_standard_error_at_once),
        cmocka_unit_test(what_is_broadcast_in_a_turn_is_one_line),
        cmocka_unit_test(a_malformed_datagram_is_shown_escaped),
        cmocka_unit_test(strangers_cannot_flood_the_console),
        cmocka_unit_test(who_comes_back_with_the_same_fault_is_told_once_a_minute),
        cmocka_unit_test(a_trace_line_is_the_message),
        cmocka_unit_test(the_longest_message_is_traced_whole),
        cmocka_unit_test(json_for_what_is_no_fact),
        cmocka_unit_test(a_reader_that_has_gone_ends_the_peer),
        cmocka_unit_test(lines_that_a_slow_reader_missed_are_counted),
        cmocka_unit_test(a_terminal_gets_colour_unless_it_is_unwanted),
        cmocka_unit_test(advice_names_the_file_that_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
