#include "app/words.h"

#include "base/text.h"
#include "facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct words words = {
    .network = "3f9a-c2",
    .keys = "~/.local/share/kith",
    .made = true,
    .tried = "eth0 10.0.0.255, lo 127.255.255.255",
    .other = "actuator1",
    .file = "~/.config/kith/actuator1.yaml",
    .restored = "fan ON, ",
};

static void assert_words(const struct words *w, const struct fact *fact, const char *expected)
{
    char memory[8192];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    words_fact(&b, w, fact);
    assert_false(b.overflow);
    if (b.size != strlen(expected) || memcmp(b.bytes, expected, b.size) != 0)
        print_message("said:   %.*s\nwanted: %s\n", (int)b.size, b.bytes, expected);
    assert_int_equal(b.size, strlen(expected));
    assert_memory_equal(b.bytes, expected, b.size);
}

static void assert_said(struct fact fact, const char *expected)
{
    assert_words(&words, &fact, expected);
}

static struct record record_of(const char *type, struct value value, const char *unit)
{
    return (struct record){.device = SPAN("sensor1"),
                           .type = span_of(type),
                           .value = value,
                           .unit = span_of(unit)};
}

static void the_first_minute_is_worded_to_the_letter(void **state)
{
    (void)state;
    struct record reading = record_of("temperature", value_number(25.8), "Cel");
    struct record fan = record_of("fan", value_text(SPAN("on")), "");
    struct span actuator = SPAN("actuator1"), sensor = SPAN("sensor1");
    fan.device = actuator;
    assert_said((struct fact){.kind = FACT_STARTED},
                "Kith 0.1 · network 3f9a-c2 · keys in ~/.local/share/kith (new)");
    assert_said((struct fact){.kind = FACT_DISCOVERED,
                              .device = actuator,
                              .role = ROLE_ACTUATOR,
                              .address = {0xc0a80117, 47120},
                              .ms = 41},
                "Discovered new peer: actuator1 @ 192.168.1.23:47120 (actuator, by broadcast, "
                "41 ms)");
    assert_said((struct fact){.kind = FACT_CONNECTED, .device = actuator, .role = ROLE_ACTUATOR},
                "Connected to actuator1: TLS 1.3, certificate verified, role actuator");
    assert_said((struct fact){.kind = FACT_SENT, .record = &reading, .count = 1},
                "Sent temperature 25.8°C");
    assert_said((struct fact){.kind = FACT_UPDATE, .record = &fan},
                "STATE_UPDATE from actuator1: fan ON");
    assert_said((struct fact){.kind = FACT_READING, .record = &reading},
                "Received temperature from sensor1: 25.8°C");
    assert_said((struct fact){.kind = FACT_STATE, .active = true}, "State: idle → active");
    assert_said((struct fact){.kind = FACT_STATE}, "State: active → idle");
    assert_said((struct fact){.kind = FACT_ACTION,
                              .property = SPAN("fan"),
                              .value = value_text(SPAN("on"))},
                "Action: Fan ON");
    assert_said((struct fact){.kind = FACT_RECONNECTED, .device = sensor, .ms = 2100},
                "Reconnected to sensor1 after 2.1 s");
    assert_said((struct fact){.kind = FACT_REFUSED,
                              .device = SPAN("sensor9"),
                              .text = SPAN("another key under this name")},
                "Refused sensor9: another key under this name");
    assert_said((struct fact){.kind = FACT_LEFT, .device = sensor}, "Peer sensor1 left");
    assert_said((struct fact){.kind = FACT_LOST,
                              .device = sensor,
                              .ms = 2100,
                              .text = SPAN("no sign of life")},
                "Lost sensor1: no sign of life for 2.1 s");
    assert_said((struct fact){.kind = FACT_RESTORED, .count = 14203},
                "Restored: fan ON, 14203 records");
}

static void what_no_rule_uses_is_named_with_what_to_do(void **state)
{
    (void)state;
    struct span sensor = SPAN("sensor1");
    assert_said(
        (struct fact){.kind = FACT_UNUSED, .device = sensor, .property = SPAN("humidity")},
        "No rule uses humidity (from sensor1). To use it, add a line such as this below `rules:` "
        "in ~/.config/kith/actuator1.yaml:  - {when: humidity > 50, then: alarm}");
    assert_said((struct fact){.kind = FACT_UNUSED,
                              .device = sensor,
                              .property = SPAN("temperature"),
                              .unit = SPAN("K")},
                "No rule uses temperature in K (from sensor1): rules compare °C, so have the "
                "source send that");
}

static void the_rest_is_worded(void **state)
{
    (void)state;
    struct record reading = record_of("temperature", value_number(25.8), "Cel");
    struct span sensor = SPAN("sensor1");
    assert_said((struct fact){.kind = FACT_SENT, .record = &reading},
                "Stored temperature 25.8°C (nobody is connected yet)");
    assert_said((struct fact){.kind = FACT_LOST,
                              .device = sensor,
                              .text = SPAN("connection reset")},
                "Lost sensor1: connection reset");
    assert_said((struct fact){.kind = FACT_SUMMARY,
                              .property = SPAN("temperature"),
                              .unit = SPAN("Cel"),
                              .count = 3,
                              .mean = 24.8333333,
                              .low = 20,
                              .high = 30.1},
                "Temperature: mean 24.83°C, min 20°C, max 30.1°C (3 readings)");
    assert_said((struct fact){.kind = FACT_SUMMARY,
                              .property = SPAN("vibration"),
                              .count = 1,
                              .mean = 0.00421,
                              .low = 0.00421,
                              .high = 0.00421},
                "Vibration: mean 0.0042, min 0.00421, max 0.00421 (1 reading)");
    assert_said(
        (struct fact){.kind = FACT_FOREIGN,
                      .device = SPAN("sensor9"),
                      .address = {0x0a000007, 41000},
                      .text = SPAN("8c1d04aabbccddee")},
        "sensor9 @ 10.0.0.7:41000 belongs to another network (8c1d-04), so neither hears "
        "the other. If both are yours: copy ~/.local/share/kith/network from one machine to "
        "the other (README, \"A second machine\")");
    assert_said((struct fact){.kind = FACT_PLAIN_HELLO,
                              .device = SPAN("PySensor"),
                              .address = {0x0a000007, 50000}},
                "Discovered new peer: PySensor @ 10.0.0.7:50000 (plain: anybody could say so)");
    assert_said((struct fact){.kind = FACT_PLAIN_READING,
                              .device = SPAN("PySensor"),
                              .property = SPAN("temperature"),
                              .value = value_number(31),
                              .unit = SPAN("Cel")},
                "Received temperature from PySensor: 31°C");
    assert_said((struct fact){.kind = FACT_STORE_FAILED, .count = 2},
                "Storing failed: 2 records of our own are given up; nothing is acknowledged or "
                "written until it works again");
    assert_said(
        (struct fact){.kind = FACT_CLOCK, .device = sensor, .ms = 7500000},
        "The clock of sensor1 is 2 h 5 min behind ours; set the wrong one (timedatectl set-ntp "
        "true)");
    assert_said(
        (struct fact){.kind = FACT_CLOCK, .device = sensor, .ms = 7500000, .ahead = true},
        "The clock of sensor1 is 2 h 5 min ahead of ours; set the wrong one (timedatectl set-ntp "
        "true)");
}

static void whoever_is_alone_is_told_what_to_do(void **state)
{
    (void)state;
    struct fact nobody = {.kind = FACT_NOBODY};
    assert_said(nobody,
                "Nobody found in 10 s. Tried: eth0 10.0.0.255, lo 127.255.255.255. A firewall must "
                "let UDP port 50000 (or your --port) in; where broadcast is filtered, as on guest "
                "Wi-Fi, name a peer: --peer HOST:PORT, with the port that it was given by --listen "
                "0.0.0.0:PORT");
    struct words loopback = words;
    loopback.tried = "lo 127.255.255.255";
    assert_words(&loopback, &nobody,
                 "Nobody found in 10 s. Tried: lo 127.255.255.255. Only peers of this machine can "
                 "be found so; start one: kith actuator1 --loopback");
}

static void assert_value(struct value value, const char *unit, const char *expected)
{
    char memory[1024];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    words_value(&b, &value, span_of(unit));
    assert_int_equal(b.size, strlen(expected));
    assert_memory_equal(b.bytes, expected, b.size);
}

static void values_are_short_and_have_their_symbols(void **state)
{
    (void)state;
    assert_value(value_number(24.8), "Cel", "24.8°C");
    assert_value(value_number(31), "Cel", "31°C");
    assert_value(value_number(40), "%RH", "40%");
    assert_value(value_number(72), "beat/min", "72 bpm");
    assert_value(value_number(5), "parsec", "5 parsec");
    assert_value(value_number(5), "", "5");
    assert_value(value_bool(1), "", "true");
    assert_value(value_bool(0), "lx", "false");
    assert_value(value_text(SPAN("on")), "", "ON");
    assert_value(value_text(SPAN("off")), "", "OFF");
    assert_value(value_text(SPAN("half open")), "", "half open");
    assert_value((struct value){0}, "", "(no value)");
}

/* Everything from outside goes through the escape: no control byte of a hostile peer arrives. */
static void what_a_peer_says_moves_no_cursor(void **state)
{
    (void)state;
    static const char hostile[] = "a\x1b]0;b\x07\r\n\x9b\x7f\xe2\x80\xae";
    struct span evil = SPAN(hostile);
    struct record record = {
        .device = evil, .type = evil, .topic = evil, .unit = evil, .value = value_text(evil)};
    for (size_t i = 0; i < FACT_KIND_COUNT; i++) {
        struct fact fact = facts_full((enum fact_kind)i);
        fact.device = fact.text = fact.property = fact.unit = evil;
        fact.value = value_text(evil);
        if (fact.record != NULL)
            fact.record = &record;
        char memory[8192];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        words_fact(&b, &words, &fact);
        assert_false(b.overflow);
        assert_true(text_is_utf8(buf_view(&b)));
        assert_null(memchr(b.bytes, 0x1b, b.size));
        assert_null(memchr(b.bytes, '\n', b.size));
        assert_null(memchr(b.bytes, '\r', b.size));
        assert_null(memchr(b.bytes, 0x7f, b.size));
    }
}

static void every_kind_that_is_told_has_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < FACT_KIND_COUNT; i++) {
        enum fact_kind kind = (enum fact_kind)i;
        struct fact fact = facts_full(kind);
        char memory[8192];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        words_fact(&b, &words, &fact);
        assert_int_equal(b.size > 0, words_told(kind));
        assert_true(words_told(kind) || !words_told_quietly(kind));
    }
    assert_false(words_told(FACT_ACKED));
    assert_true(words_told_quietly(FACT_STATE));
    assert_true(words_told_quietly(FACT_LOST));
    assert_false(words_told_quietly(FACT_READING));
    assert_false(words_told_quietly(FACT_SENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_minute_is_worded_to_the_letter),
        cmocka_unit_test(what_no_rule_uses_is_named_with_what_to_do),
        cmocka_unit_test(the_rest_is_worded),
        cmocka_unit_test(whoever_is_alone_is_told_what_to_do),
        cmocka_unit_test(values_are_short_and_have_their_symbols),
        cmocka_unit_test(what_a_peer_says_moves_no_cursor),
        cmocka_unit_test(every_kind_that_is_told_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
