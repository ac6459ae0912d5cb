#include "wire/message_write.h"

#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEY "00112233445566778899aabbccddeeff01234567"
#define RECORD(device, epoch, seq)                                               \
    "{\"type\":\"t\",\"device\":\"" device "\",\"epoch\":" epoch ",\"seq\":" seq \
    ",\"ts\":7,\"value\":1}"

static struct message_memory *memory;

static int allocate(void **state)
{
    (void)state;
    memory = malloc(sizeof *memory);
    return memory ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

static struct key_id test_key(void)
{
    return (struct key_id){{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
                            0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01, 0x23, 0x45, 0x67}};
}

/* The message is written as the text, and the text read as the message. */
static void expect_text(const struct message *m, const char *text)
{
    char line[1024];
    size_t size = message_encode(m, line, sizeof line);
    assert_true(size > 0);
    assert_int_equal(line[size - 1], '\n');
    line[size - 1] = '\0';
    assert_string_equal(line, text);
    struct message got;
    const char *cause;
    assert_int_equal(message_decode(span_of(text), &got, memory, &cause), ERR_OK);
    assert_int_equal(got.kind, m->kind);
    if (m->kind != MESSAGE_STATE_UPDATE)
        assert_true(sample_messages_equal(&got, m));
}

static void greetings_have_their_documented_forms(void **state)
{
    (void)state;
    struct message m = {.kind = MESSAGE_HELLO,
                        .hello = {.version = 1,
                                  .device = SPAN("sensor1"),
                                  .role = ROLE_SENSOR,
                                  .epoch = 1572864,
                                  .wants = {[ROLE_ACTUATOR] = true, [ROLE_CONTROLLER] = true}}};
    expect_text(&m, "{\"type\":\"hello\",\"version\":1,\"device\":\"sensor1\",\"role\":\"sensor\","
                    "\"epoch\":1572864,\"wants\":[\"actuator\",\"controller\"]}");
    const struct message_entry entry = {.log = {SPAN("sensor1"), test_key(), 5},
                                        .first = 1,
                                        .last = 200,
                                        .closed = true};
    m = (struct message){.kind = MESSAGE_HAVE, .have = {&entry, 1, true, {0}}};
    expect_text(&m, "{\"type\":\"have\",\"logs\":[{\"device\":\"sensor1\",\"key\":\"" KEY "\","
                    "\"epoch\":5,\"first\":1,\"last\":200,\"closed\":true}],\"more\":true}");
    m = (struct message){.kind = MESSAGE_HAVE};
    expect_text(&m, "{\"type\":\"have\",\"logs\":[]}");
}

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

static void what_is_told_of_others_has_its_documented_form(void **state)
{
    (void)state;
    struct message_entry entry = {.log = {SPAN("s"), test_key(), 5},
                                  .first = 1,
                                  .last = 9,
                                  .sealed = 7,
                                  .role_known = true,
                                  .role = ROLE_SENSOR,
                                  .want = MESSAGE_WANT_NEWS,
                                  .older = 0xfe};
    struct message m = {.kind = MESSAGE_HAVE, .have = {&entry, 1, false, SPAN("s")}};
    expect_text(&m, "{\"type\":\"have\",\"logs\":[{\"device\":\"s\",\"key\":\"" KEY
                    "\",\"epoch\":5,\"first\":1,\"last\":9,\"sealed\":7,\"role\":\"sensor\","
                    "\"want\":\"news\",\"older\":\"00000000000000fe\"}],\"of\":\"s\"}");
    entry = (struct message_entry){.log = {SPAN("s"), test_key(), 5},
                                   .first = 1,
                                   .want = MESSAGE_WANT_RECORDS};
    m.have.of = (struct span){0};
    expect_text(&m, "{\"type\":\"have\",\"logs\":[{\"device\":\"s\",\"key\":\"" KEY
                    "\",\"epoch\":5,\"first\":1,\"last\":0,\"want\":\"records\"}]}");
}

static void runs_have_their_documented_forms(void **state)
{
    (void)state;
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.bytes = SPAN(RECORD("s", "5", "6") "," RECORD("s", "5", "7"))}};
    expect_text(&m, "{\"type\":\"state_update\",\"records\":[" RECORD("s", "5",
                                                                      "6") "," RECORD("s", "5",
                                                                                      "7") "]}");
    m.update.log = (struct message_log){SPAN("s"), test_key(), 5};
    expect_text(&m, "{\"type\":\"state_update\",\"device\":\"s\",\"key\":\"" KEY "\","
                    "\"records\":[" RECORD("s", "5", "6") "," RECORD("s", "5", "7") "]}");
    m = (struct message){.kind = MESSAGE_SEAL,
                         .seal = {.log = {.epoch = 5},
                                  .seq = 9,
                                  .signature = {0xfb, 0xff, 0x00, 0x01},
                                  .signature_size = 4}};
    expect_text(&m, "{\"type\":\"seal\",\"epoch\":5,\"seq\":9,\"sig\":\"-_8AAQ\"}");
    m.seal.log = (struct message_log){SPAN("s"), test_key(), 5};
    m.seal.hashed = true;
    m.seal.hash.bytes[31] = 7;
    expect_text(&m, "{\"type\":\"seal\",\"device\":\"s\",\"key\":\"" KEY
                    "\",\"epoch\":5,\"seq\":9,\"sig\":\"-_8AAQ\",\"hash\":\"" ZEROS "07\"}");
    m = (struct message){.kind = MESSAGE_CERTIFICATE, .certificate = {{"\xfb\xff\x00\x01", 4}}};
    expect_text(&m, "{\"type\":\"certificate\",\"chain\":\"-_8AAQ\"}");
    m = (struct message){.kind = MESSAGE_ACK, .ack = {.log = {.epoch = 5}, .seq = 9, .held = 12}};
    expect_text(&m, "{\"type\":\"ack\",\"epoch\":5,\"seq\":9,\"held\":12}");
    m.ack.held = 9;
    expect_text(&m, "{\"type\":\"ack\",\"epoch\":5,\"seq\":9}");
    m.ack.log = (struct message_log){SPAN("s"), test_key(), 5};
    expect_text(&m,
                "{\"type\":\"ack\",\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":5,\"seq\":9}");
}

static void beats_and_ends_have_their_documented_forms(void **state)
{
    (void)state;
    struct message m = {.kind = MESSAGE_PING, .ping = {.sent_ms = 17}};
    expect_text(&m, "{\"type\":\"ping\",\"t\":17}");
    m = (struct message){.kind = MESSAGE_PONG, .ping = {17, 18}};
    expect_text(&m, "{\"type\":\"pong\",\"t\":17,\"clock\":18}");
    m = (struct message){.kind = MESSAGE_GOODBYE, .end = {SPAN("stopped by a person")}};
    expect_text(&m, "{\"type\":\"goodbye\",\"reason\":\"stopped by a person\"}");
    m = (struct message){.kind = MESSAGE_ERROR, .end = {SPAN("no \"seq\"")}};
    expect_text(&m, "{\"type\":\"error\",\"reason\":\"no \\\"seq\\\"\"}");
}

static void the_longest_page_of_news_fits_a_line(void **state)
{
    (void)state;
    static struct message_entry entries[LIMIT_NEWS_ENTRIES];
    static char line[LIMIT_LINE];
    char name[LIMIT_NAME];
    memset(name, 'x', sizeof name);
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        entries[i] = (struct message_entry){.log = {{name, sizeof name},
                                                    test_key(),
                                                    NUMBER_INTEGER_MAX},
                                            .first = NUMBER_INTEGER_MAX,
                                            .last = NUMBER_INTEGER_MAX,
                                            .sealed = NUMBER_INTEGER_MAX,
                                            .closed = true,
                                            .role_known = true,
                                            .role = ROLE_CONTROLLER,
                                            .want = MESSAGE_WANT_RECORDS,
                                            .older = UINT64_MAX};
    struct message m = {.kind = MESSAGE_HAVE, .have = {entries, LIMIT_NEWS_ENTRIES, true, {0}}};
    assert_true(message_encode(&m, line, sizeof line) > 0);
}

static void the_longest_have_fits_a_line(void **state)
{
    (void)state;
    static struct message_entry entries[LIMIT_LINE_ENTRIES + 1];
    static char line[LIMIT_LINE];
    char name[LIMIT_NAME];
    memset(name, 'x', sizeof name);
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        entries[i] = (struct message_entry){.log = {{name, sizeof name},
                                                    test_key(),
                                                    NUMBER_INTEGER_MAX},
                                            .first = NUMBER_INTEGER_MAX,
                                            .last = NUMBER_INTEGER_MAX,
                                            .closed = true};
    struct message m = {.kind = MESSAGE_HAVE, .have = {entries, LIMIT_LINE_ENTRIES, true, {0}}};
    size_t size = message_encode(&m, line, sizeof line);
    assert_true(size > 0 && size <= LIMIT_LINE);
    m.have.count++;
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
}

static void the_longest_list_of_a_devices_logs_fits_a_line(void **state)
{
    (void)state;
    static struct message_entry entries[LIMIT_LOGS_DEVICE];
    static char line[LIMIT_LINE];
    char name[LIMIT_NAME];
    memset(name, 'x', sizeof name);
    for (size_t i = 0; i < COUNT_OF(entries); i++)
        entries[i] = (struct message_entry){.log = {{name, sizeof name},
                                                    test_key(),
                                                    NUMBER_INTEGER_MAX},
                                            .first = NUMBER_INTEGER_MAX,
                                            .last = NUMBER_INTEGER_MAX,
                                            .sealed = NUMBER_INTEGER_MAX,
                                            .closed = true,
                                            .chain = i < LIMIT_LIST_CHAINS ? UINT64_MAX : 0};
    struct message m = {.kind = MESSAGE_HAVE,
                        .have = {entries, LIMIT_LOGS_DEVICE, false, {name, sizeof name}}};
    assert_true(message_encode(&m, line, sizeof line) > 0);
}

static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 10);
    struct sample *s = malloc(sizeof *s);
    assert_non_null(s);
    for (int i = 0; i < 300; i++) {
        sample_message(s, &rng);
        size_t capacity = rng_below(&rng, s->line_size);
        char *exact = malloc(capacity ? capacity : 1);
        assert_non_null(exact);
        assert_int_equal(message_encode(&s->message, exact, capacity), 0);
        free(exact);
    }
    static char bytes[LIMIT_LINE];
    static char line[2 * LIMIT_LINE];
    size_t around = strlen("{\"type\":\"state_update\",\"records\":[]}\n");
    memset(bytes, 'x', sizeof bytes);
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.bytes = {bytes, LIMIT_LINE - around}}};
    assert_int_equal(message_encode(&m, line, sizeof line), LIMIT_LINE);
    m.update.bytes.size++;
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
    free(s);
}

static void what_a_peer_would_refuse_is_not_written(void **state)
{
    (void)state;
    char text[LIMIT_REASON + 1];
    char line[LIMIT_LINE];
    memset(text, 'x', sizeof text);
    struct message m = {.kind = MESSAGE_ERROR, .end = {{text, LIMIT_REASON}}};
    assert_true(message_encode(&m, line, sizeof line) > 0);
    m.end.reason.size++;
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
    m.end.reason = SPAN("a\nb");
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
    m = (struct message){.kind = MESSAGE_SEAL, .seal = {.log = {.epoch = 1}, .seq = 1}};
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
    m.seal.signature_size = LIMIT_SIGNATURE;
    assert_true(message_encode(&m, line, sizeof line) > 0);
    m.seal.signature_size++;
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
}

static void the_largest_batch_fits_a_line(void **state)
{
    (void)state;
    static char bytes[LIMIT_BATCH_BYTES];
    static char line[LIMIT_LINE];
    char name[LIMIT_NAME];
    memset(name, 'x', sizeof name);
    struct message m = {.kind = MESSAGE_STATE_UPDATE,
                        .update = {.log = {{name, sizeof name}, test_key(), 1},
                                   .bytes = {bytes, sizeof bytes}}};
    assert_true(message_encode(&m, line, sizeof line) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greetings_have_their_documented_forms),
        cmocka_unit_test(what_is_told_of_others_has_its_documented_form),
        cmocka_unit_test(the_longest_page_of_news_fits_a_line),
        cmocka_unit_test(runs_have_their_documented_forms),
        cmocka_unit_test(beats_and_ends_have_their_documented_forms),
        cmocka_unit_test(the_longest_have_fits_a_line),
        cmocka_unit_test(the_longest_list_of_a_devices_logs_fits_a_line),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(what_a_peer_would_refuse_is_not_written),
        cmocka_unit_test(the_largest_batch_fits_a_line),
    };
    return cmocka_run_group_tests_name("message_write", tests, allocate, release);
}
