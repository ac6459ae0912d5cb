#include "wire/message.h"

#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEY "00112233445566778899aabbccddeeff01234567"
#define RECORD(device, epoch, seq)                                               \
    "{\"type\":\"t\",\"device\":\"" device "\",\"epoch\":" epoch ",\"seq\":" seq \
    ",\"ts\":7,\"value\":1}"

/* A decoded message over an exact-size copy of the line, so that reading past it is found. */
struct decoded {
    char *line;
    struct message message;
    const char *cause;
    enum err err;
};

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

static void decode(struct decoded *d, struct span line)
{
    d->line = malloc(line.size ? line.size : 1);
    assert_non_null(d->line);
    memcpy(d->line, line.bytes, line.size);
    struct span copy = {d->line, line.size};
    d->err = message_decode(copy, &d->message, memory, &d->cause);
    assert_true(d->err == ERR_OK || d->cause != NULL);
}

static enum err decode_error(const char *line)
{
    struct decoded d;
    decode(&d, span_of(line));
    free(d.line);
    return d.err;
}

static struct key_id test_key(void)
{
    return (struct key_id){{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
                            0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01, 0x23, 0x45, 0x67}};
}

static void random_messages_survive_the_round_trip(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 7);
    struct sample *s = malloc(sizeof *s);
    assert_non_null(s);
    unsigned kinds = 0;
    for (int i = 0; i < 20000; i++) {
        sample_message(s, &rng);
        struct decoded d;
        decode(&d, (struct span){s->line, s->line_size - 1});
        assert_int_equal(d.err, ERR_OK);
        assert_true(sample_messages_equal(&d.message, &s->message));
        kinds |= 1U << s->message.kind;
        free(d.line);
    }
    assert_int_equal(kinds, (1U << MESSAGE_UNKNOWN) - 1);
    free(s);
}

static void no_beginning_of_a_line_is_a_message(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 8);
    struct sample *s = malloc(sizeof *s);
    assert_non_null(s);
    for (int i = 0; i < 100; i++) {
        sample_message(s, &rng);
        for (size_t size = 0; size + 1 < s->line_size; size++) {
            struct decoded d;
            decode(&d, (struct span){s->line, size});
            assert_int_not_equal(d.err, ERR_OK);
            free(d.line);
        }
    }
    free(s);
}

static void changed_bytes_never_break_the_decoder(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    struct sample *s = malloc(sizeof *s);
    assert_non_null(s);
    size_t refused = 0;
    for (int i = 0; i < 20000; i++) {
        sample_message(s, &rng);
        for (uint64_t n = 1 + rng_below(&rng, 3); n > 0; n--)
            s->line[rng_below(&rng, s->line_size - 1)] = (char)rng_next(&rng);
        struct decoded d;
        decode(&d, (struct span){s->line, s->line_size - 1});
        refused += d.err != ERR_OK;
        free(d.line);
    }
    assert_true(refused > 10000);
    free(s);
}

/* Every kind with every member, as name and value. "type" is put in front. */
struct form {
    const char *type;
    struct {
        const char *name, *value;
        bool optional;
    } members[6];
};

static const struct form forms[] = {
    {"hello",
     {{"version", "1", false},
      {"device", "\"sensor1\"", false},
      {"role", "\"sensor\"", false},
      {"epoch", "1", false},
      {"wants", "[\"actuator\"]", false}}},
    {"have", {{"logs", "[]", false}, {"more", "true", true}}},
    {"state_update", {{"records", "[" RECORD("s", "1", "1") "]", false}}},
    {"seal", {{"epoch", "1", false}, {"seq", "1", false}, {"sig", "\"AAAA\"", false}}},
    {"ack", {{"epoch", "1", false}, {"seq", "1", false}}},
    {"ping", {{"t", "0", false}}},
    {"pong", {{"t", "0", false}, {"clock", "0", false}}},
    {"goodbye", {{"reason", "\"\"", false}}},
    {"error", {{"reason", "\"\"", false}}},
    {"command",
     {{"id", "\"a\"", false},
      {"topic", "\"a/b\"", false},
      {"epoch", "1", false},
      {"deadline", "0", false},
      {"value", "1", true}}},
    {"outcome", {{"id", "\"a\"", false}, {"outcome", "\"done\"", false}, {"reason", "\"\"", true}}},
};

static size_t member_count(const struct form *f)
{
    size_t count = 0;
    while (count < COUNT_OF(f->members) && f->members[count].name)
        count++;
    return count;
}

/* The form with member `which` set to `value` (NULL: left out), starting with member `from`. */
static enum err form_error(const struct form *f, size_t which, const char *value, size_t from)
{
    static char text[2 * LIMIT_LINE];
    struct buf b;
    buf_init(&b, text, sizeof text - 1);
    buf_text(&b, "{\"type\":\"");
    buf_text(&b, f->type);
    buf_char(&b, '"');
    size_t count = member_count(f);
    for (size_t k = 0; k < count; k++) {
        size_t i = (from + k) % count;
        const char *v = i == which ? value : f->members[i].value;
        if (!v)
            continue;
        buf_text(&b, ",\"");
        buf_text(&b, f->members[i].name);
        buf_text(&b, "\":");
        buf_text(&b, v);
    }
    buf_char(&b, '}');
    assert_false(b.overflow);
    text[b.size] = '\0';
    return decode_error(text);
}

static void every_member_is_required_unless_documented(void **state)
{
    (void)state;
    for (size_t f = 0; f < COUNT_OF(forms); f++)
        for (size_t i = 0; i < member_count(&forms[f]); i++)
            assert_int_equal(form_error(&forms[f], i, NULL, 0),
                             forms[f].members[i].optional ? ERR_OK : ERR_RANGE);
}

static void every_member_insists_on_its_type(void **state)
{
    (void)state;
    static const char *const values[] = {"1.5", "-1",   "\"?\"",  "true", "null",
                                         "{}",  "[[]]", "[null]", "[1]"};
    for (size_t f = 0; f < COUNT_OF(forms); f++) {
        for (size_t i = 0; i < member_count(&forms[f]); i++) {
            const char *name = forms[f].members[i].name;
            for (size_t v = 0; v < COUNT_OF(values); v++) {
                bool fits = (strcmp(name, "reason") == 0 && values[v][0] == '"') ||
                            (strcmp(name, "more") == 0 && values[v][0] == 't') ||
                            (strcmp(name, "id") == 0 && values[v][0] == '"') ||
                            (strcmp(name, "value") == 0 && strchr("1-\"t", values[v][0]) != NULL);
                assert_int_equal(form_error(&forms[f], i, values[v], 0), fits ? ERR_OK : ERR_RANGE);
            }
        }
    }
}

static void members_behind_the_type_come_in_any_order(void **state)
{
    (void)state;
    for (size_t f = 0; f < COUNT_OF(forms); f++)
        for (size_t from = 0; from < member_count(&forms[f]); from++)
            assert_int_equal(form_error(&forms[f], SIZE_MAX, NULL, from), ERR_OK);
}

static void the_type_comes_first(void **state)
{
    (void)state;
    assert_int_equal(decode_error("{\"type\":\"ping\",\"t\":1}"), ERR_OK);
    assert_int_equal(decode_error(" { \"typ\\u0065\" : \"pi\\u006eg\" , \"t\":1 } \r"), ERR_OK);
    assert_int_equal(decode_error("{\"t\":1,\"type\":\"ping\"}"), ERR_RANGE);
    assert_int_equal(decode_error("{}"), ERR_RANGE);
    assert_int_equal(decode_error("{\"type\":1}"), ERR_RANGE);
    assert_int_equal(decode_error("{\"type\":{\"type\":\"ping\"}}"), ERR_RANGE);
    assert_int_equal(decode_error("{\"type\":\"ping\",\"t\":1,\"type\":\"ping\"}"), ERR_SYNTAX);
}

static void what_is_not_one_object_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "[]",
                                        "1",
                                        "x",
                                        "\"{}\"",
                                        "{",
                                        "{\"type\":\"ping\",\"t\":1}x",
                                        "{\"type\":\"ping\",\"t\":1}{}",
                                        "{\"type\":\"ping\",\"t\":1"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(decode_error(texts[i]), ERR_SYNTAX);
}

static void a_kind_of_a_later_version_is_passed_over(void **state)
{
    (void)state;
    struct decoded d;
    decode(&d, SPAN("{\"type\":\"later\",\"id\":[1,{\"a\":null}],\"seq\":\"x\"}"));
    assert_int_equal(d.err, ERR_OK);
    assert_int_equal(d.message.kind, MESSAGE_UNKNOWN);
    free(d.line);
    assert_int_equal(decode_error("{\"type\":\"later\",\"id\":[1,}"), ERR_SYNTAX);
    assert_int_equal(decode_error("{\"type\":\"unknown\"}"), ERR_OK);
    assert_int_equal(message_encode(&(struct message){.kind = MESSAGE_UNKNOWN}, (char[64]){0}, 64),
                     0);
}

static void unknown_members_are_ignored_whatever_they_hold(void **state)
{
    (void)state;
    static const char *const values[] = {"1", "\"\\u0041\"", "null", "[[{}],{\"epoch\":0}]",
                                         "{\"seq\":\"a\",\"reason\":[]}"};
    for (size_t f = 0; f < COUNT_OF(forms); f++) {
        for (size_t v = 0; v < COUNT_OF(values); v++) {
            struct form more = forms[f];
            size_t count = member_count(&more);
            more.members[count].name = "later";
            more.members[count].value = values[v];
            for (size_t from = 0; from <= count; from++)
                assert_int_equal(form_error(&more, SIZE_MAX, NULL, from), ERR_OK);
        }
    }
}

static void counts_are_held_to_their_bounds(void **state)
{
    (void)state;
    static const struct {
        size_t form, member;
        const char *below, *least, *most, *above;
    } bounds[] = {
        {0, 0, "0", "1", "4294967295", "4294967296"},
        {0, 3, "0", "1", "9007199254740991", "9007199254740992"},
        {3, 0, "0", "1", "9007199254740991", "9007199254740992"},
        {3, 1, "0", "1", "9007199254740991", "9007199254740992"},
        {4, 0, "0", "1", "9007199254740991", "9007199254740992"},
        {4, 1, "-1", "0", "9007199254740991", "9007199254740992"},
        {5, 0, "-1", "0", "9007199254740991", "9007199254740992"},
        {6, 0, "-1", "0", "9007199254740991", "9007199254740992"},
        {6, 1, "-1", "0", "9007199254740991", "9007199254740992"},
        {9, 2, "0", "1", "9007199254740991", "9007199254740992"},
        {9, 3, "-1", "0", "9007199254740991", "9007199254740992"},
    };
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        const struct form *f = &forms[bounds[i].form];
        assert_int_equal(form_error(f, bounds[i].member, bounds[i].least, 0), ERR_OK);
        assert_int_equal(form_error(f, bounds[i].member, bounds[i].most, 0), ERR_OK);
        assert_int_not_equal(form_error(f, bounds[i].member, bounds[i].below, 0), ERR_OK);
        assert_int_not_equal(form_error(f, bounds[i].member, bounds[i].above, 0), ERR_OK);
    }
}

/* '"' + size times x + '"' */
static const char *quoted(char *out, size_t size)
{
    memset(out, 'x', size + 2);
    out[0] = out[size + 1] = '"';
    out[size + 2] = '\0';
    return out;
}

static void texts_are_held_to_their_lengths(void **state)
{
    (void)state;
    char t[256];
    assert_int_equal(form_error(&forms[0], 1, quoted(t, LIMIT_NAME), 0), ERR_OK);
    assert_int_equal(form_error(&forms[0], 1, quoted(t, LIMIT_NAME + 1), 0), ERR_RANGE);
    assert_int_equal(form_error(&forms[0], 1, "\"A\"", 0), ERR_RANGE);
    for (size_t f = 7; f < 9; f++) {
        assert_int_equal(form_error(&forms[f], 0, quoted(t, LIMIT_REASON), 0), ERR_OK);
        assert_int_equal(form_error(&forms[f], 0, quoted(t, LIMIT_REASON + 1), 0), ERR_SIZE);
        assert_int_equal(form_error(&forms[f], 0, "\"\\u001b[31m\"", 0), ERR_RANGE);
    }
    for (size_t f = 9; f < 11; f++) {
        assert_int_equal(form_error(&forms[f], 0, quoted(t, LIMIT_RECORD_NAME), 0), ERR_OK);
        assert_int_equal(form_error(&forms[f], 0, quoted(t, LIMIT_RECORD_NAME + 1), 0), ERR_RANGE);
    }
    char sig[256];
    memset(sig, 'A', sizeof sig);
    sig[0] = '"';
    memcpy(sig + 1 + 107, "\"", 2); /* 80 bytes in base64url */
    assert_int_equal(form_error(&forms[3], 2, sig, 0), ERR_OK);
    memcpy(sig + 1 + 107, "A\"", 3);
    assert_int_equal(form_error(&forms[3], 2, sig, 0), ERR_SIZE);
    assert_int_equal(form_error(&forms[3], 2, "\"\"", 0), ERR_RANGE);
    assert_int_equal(form_error(&forms[3], 2, "\"AAA=\"", 0), ERR_RANGE);
    assert_int_equal(form_error(&forms[3], 2, "\"A+/A\"", 0), ERR_RANGE);
    assert_int_equal(form_error(&forms[3], 2, "\"AAB\"", 0), ERR_RANGE);
}

static void an_ack_holds_no_less_than_it_acknowledges(void **state)
{
    (void)state;
    assert_int_equal(decode_error("{\"type\":\"ack\",\"epoch\":1,\"seq\":0,\"held\":1}"), ERR_OK);
    assert_int_equal(decode_error("{\"type\":\"ack\",\"epoch\":1,\"seq\":2,\"held\":2}"),
                     ERR_RANGE);
}

static void wants_holds_each_role_once_at_most(void **state)
{
    (void)state;
    assert_int_equal(form_error(&forms[0], 4, "[]", 0), ERR_OK);
    assert_int_equal(form_error(&forms[0], 4,
                                "[\"sensor\",\"actuator\",\"controller\",\"observer\"]", 0),
                     ERR_OK);
    assert_int_equal(form_error(&forms[0], 4,
                                "[\"sensor\",\"actuator\",\"controller\",\"observer\",\"sensor\"]",
                                0),
                     ERR_SIZE);
    assert_int_equal(form_error(&forms[0], 4, "[\"king\"]", 0), ERR_RANGE);
    assert_int_equal(form_error(&forms[0], 4, "[\"sensor\",1]", 0), ERR_RANGE);
}

#define ENTRY(members) "{\"type\":\"have\",\"logs\":[{" members "}]}"

static void an_entry_of_have_is_held_to_its_form(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum err err;
    } cases[] = {
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":1,\"first\":1,\"last\":0"), ERR_OK},
        {ENTRY("\"last\":9,\"first\":10,\"epoch\":1,\"x\":[],\"key\":\"" KEY "\",\"device\":\"s\""),
         ERR_OK},
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":1,\"first\":10,\"last\":8"),
         ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":1,\"first\":0,\"last\":8"),
         ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":0,\"first\":1,\"last\":8"),
         ERR_RANGE},
        {ENTRY("\"device\":\"\",\"key\":\"" KEY "\",\"epoch\":1,\"first\":1,\"last\":8"),
         ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "0\",\"epoch\":1,\"first\":1,\"last\":8"),
         ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"0" KEY "0\",\"epoch\":1,\"first\":1,\"last\":8"),
         ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"\",\"epoch\":1,\"first\":1,\"last\":8"), ERR_RANGE},
        {ENTRY("\"key\":\"" KEY "\",\"epoch\":1,\"first\":1,\"last\":8"), ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"epoch\":1,\"first\":1,\"last\":8"), ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "\",\"first\":1,\"last\":8"), ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":1,\"last\":8"), ERR_RANGE},
        {ENTRY("\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":1,\"first\":1"), ERR_RANGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(decode_error(cases[i].line), cases[i].err);
}

static void a_key_is_read_in_either_case(void **state)
{
    (void)state;
    struct decoded d;
    decode(&d, SPAN("{\"type\":\"ack\",\"device\":\"s\",\"key\":"
                    "\"00112233445566778899AABBCCDDEEFF01234567\",\"epoch\":1,\"seq\":1}"));
    assert_int_equal(d.err, ERR_OK);
    const struct key_id key = test_key();
    assert_true(ident_key_equal(&d.message.ack.log.key, &key));
    free(d.line);
}

static void device_and_key_stand_together(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"type\":\"ack\",\"device\":\"s\",\"epoch\":1,\"seq\":1}",
        "{\"type\":\"ack\",\"key\":\"" KEY "\",\"epoch\":1,\"seq\":1}",
        "{\"type\":\"seal\",\"device\":\"s\",\"epoch\":1,\"seq\":1,\"sig\":\"AAAA\"}",
        "{\"type\":\"seal\",\"key\":\"" KEY "\",\"epoch\":1,\"seq\":1,\"sig\":\"AAAA\"}",
        "{\"type\":\"state_update\",\"device\":\"s\",\"records\":[" RECORD("s", "1", "1") "]}",
        "{\"type\":\"state_update\",\"key\":\"" KEY "\",\"records\":[" RECORD("s", "1", "1") "]}",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_int_equal(decode_error(lines[i]), ERR_RANGE);
}

#define HASH                    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UPDATE(before, records) "{\"type\":\"state_update\"," before "\"records\":[" records "]}"
#define OF_S                    "\"device\":\"s\",\"key\":\"" KEY "\","

static void a_run_is_of_one_device_and_epoch_without_a_gap(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum err err;
    } cases[] = {
        {UPDATE("", RECORD("s", "1", "8") "," RECORD("s", "1", "9")), ERR_OK},
        {UPDATE("", RECORD("s", "1", "8") " , " RECORD("s", "1", "9")), ERR_OK},
        {UPDATE(OF_S, RECORD("s", "1", "8") "," RECORD("s", "1", "9")), ERR_OK},
        {UPDATE("\"base\":\"" HASH "\",", RECORD("s", "1", "8")), ERR_OK},
        {UPDATE("\"base\":\"" KEY "\",", RECORD("s", "1", "8")), ERR_RANGE},
        {UPDATE("", RECORD("s", "1", "8") "," RECORD("s", "1", "10")), ERR_RANGE},
        {UPDATE("", RECORD("s", "1", "8") "," RECORD("s", "1", "8")), ERR_RANGE},
        {UPDATE("", RECORD("s", "1", "8") "," RECORD("s", "1", "7")), ERR_RANGE},
        {UPDATE("", RECORD("s", "1", "8") "," RECORD("s", "2", "9")), ERR_RANGE},
        {UPDATE("", RECORD("s", "1", "8") "," RECORD("t", "1", "9")), ERR_RANGE},
        {UPDATE(OF_S, RECORD("t", "1", "8")), ERR_RANGE},
        {UPDATE("", ""), ERR_RANGE},
        {UPDATE("", "1"), ERR_RANGE},
        {UPDATE("", "[]"), ERR_RANGE},
        {UPDATE("", RECORD("s", "1", "8") ",null"), ERR_RANGE},
        {UPDATE("", RECORD("s", "1", "8") ","), ERR_SYNTAX},
        {UPDATE("", RECORD("s", "1", "8") RECORD("s", "1", "9")), ERR_SYNTAX},
        {UPDATE("", RECORD("s", "0", "8")), ERR_RANGE},
        {"{\"type\":\"state_update\",\"records\":[" RECORD("s", "1", "8") "]," OF_S "\"x\":1}",
         ERR_RANGE},
        {"{\"type\":\"state_update\"}", ERR_RANGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(decode_error(cases[i].line), cases[i].err);
}

static void a_received_run_gives_each_record_its_exact_bytes(void **state)
{
    (void)state;
    struct decoded d;
    decode(&d, SPAN(UPDATE("", RECORD("s", "5", "8") " ,\t" RECORD("s", "5", "9"))));
    assert_int_equal(d.err, ERR_OK);
    assert_int_equal(d.message.update.count, 2);
    assert_int_equal(d.message.update.log.epoch, 5);
    assert_int_equal(d.message.update.log.device.size, 0);
    assert_true(span_is(d.message.update.records[0].bytes, RECORD("s", "5", "8")));
    assert_true(span_is(d.message.update.records[1].bytes, RECORD("s", "5", "9")));
    free(d.line);
}

/* {"type":"...","LIST":[ `count` times the text that `put` makes ]} */
static enum err long_list(const char *head, void (*put)(struct buf *b, size_t i), size_t count)
{
    static char line[4 * LIMIT_LINE];
    struct buf b;
    buf_init(&b, line, sizeof line);
    buf_text(&b, head);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(&b, ',');
        put(&b, i);
    }
    buf_text(&b, "]}");
    assert_false(b.overflow);
    struct decoded d;
    decode(&d, buf_view(&b));
    free(d.line);
    return d.err;
}

static void put_record(struct buf *b, size_t i)
{
    buf_text(b, "{\"type\":\"t\",\"device\":\"s\",\"epoch\":1,\"ts\":0,\"value\":1,\"seq\":");
    buf_u64(b, i + 1);
    buf_char(b, '}');
}

static void put_entry(struct buf *b, size_t i)
{
    buf_text(b, "{\"device\":\"s\",\"key\":\"" KEY "\",\"first\":1,\"last\":0,\"epoch\":");
    buf_u64(b, i + 1);
    buf_char(b, '}');
}

static void lists_are_held_to_their_lengths(void **state)
{
    (void)state;
    const char *update = "{\"type\":\"state_update\",\"records\":[";
    assert_int_equal(long_list(update, put_record, LIMIT_LINE_RECORDS), ERR_OK);
    assert_int_equal(long_list(update, put_record, LIMIT_LINE_RECORDS + 1), ERR_SIZE);
    const char *have = "{\"type\":\"have\",\"logs\":[";
    assert_int_equal(long_list(have, put_entry, LIMIT_LINE_ENTRIES), ERR_OK);
    assert_int_equal(long_list(have, put_entry, LIMIT_LINE_ENTRIES + 1), ERR_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_messages_survive_the_round_trip),
        cmocka_unit_test(no_beginning_of_a_line_is_a_message),
        cmocka_unit_test(changed_bytes_never_break_the_decoder),
        cmocka_unit_test(every_member_is_required_unless_documented),
        cmocka_unit_test(every_member_insists_on_its_type),
        cmocka_unit_test(members_behind_the_type_come_in_any_order),
        cmocka_unit_test(the_type_comes_first),
        cmocka_unit_test(what_is_not_one_object_is_refused),
        cmocka_unit_test(a_kind_of_a_later_version_is_passed_over),
        cmocka_unit_test(unknown_members_are_ignored_whatever_they_hold),
        cmocka_unit_test(counts_are_held_to_their_bounds),
        cmocka_unit_test(texts_are_held_to_their_lengths),
        cmocka_unit_test(an_ack_holds_no_less_than_it_acknowledges),
        cmocka_unit_test(wants_holds_each_role_once_at_most),
        cmocka_unit_test(an_entry_of_have_is_held_to_its_form),
        cmocka_unit_test(a_key_is_read_in_either_case),
        cmocka_unit_test(device_and_key_stand_together),
        cmocka_unit_test(a_run_is_of_one_device_and_epoch_without_a_gap),
        cmocka_unit_test(a_received_run_gives_each_record_its_exact_bytes),
        cmocka_unit_test(lists_are_held_to_their_lengths),
    };
    return cmocka_run_group_tests_name("message", tests, allocate, release);
}
