/* Messages of later versions, made from the table of kinds itself and from random messages of each:
 * members that this version does not know, everywhere, and kinds that it does not know. */
#define _GNU_SOURCE
#include "wire/message.h"

#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ROUNDS = 5000, DEPTH = 8, PLACES = 512, SMALL = 3500, MEMBERS = 32 };

static const char *const values[] = {"1",
                                     "-0.5e3",
                                     "true",
                                     "null",
                                     "\"\\u0041\\\"\"",
                                     "[]",
                                     "[[{}],{\"epoch\":0,\"type\":1}]",
                                     "{\"seq\":\"a\",\"records\":[],\"type\":\"hello\"}"};

/* Where a member may stand: behind one of the message's, or of an object in its one list. */
static size_t places_of(const struct sample *s, size_t places[PLACES])
{
    char open[DEPTH] = "";
    size_t depth = 0, count = 0;
    bool text = false;
    for (size_t i = 0; i + 1 < s->line_size; i++) {
        char c = s->line[i];
        if (text && c == '\\')
            i++;
        else if (c == '"')
            text = !text;
        if (text)
            continue;
        bool inside = depth == 1 || (depth == 3 && open[1] == '[' && s->line_size < SMALL);
        if ((c == '}' || (c == ',' && open[depth - 1] == '{')) && inside && count < PLACES)
            places[count++] = i;
        if ((c == '{' || c == '[') && depth < DEPTH)
            open[depth++] = c;
        else if (c == '}' || c == ']')
            depth--;
    }
    return count;
}

/* The line with `more` put in at one place; its size without a newline. */
static size_t put_in(const struct sample *s, size_t place, const char *more, char *out)
{
    int size = snprintf(out, 2 * LIMIT_LINE, "%.*s%s%.*s", (int)place, s->line, more,
                        (int)(s->line_size - 1 - place), s->line + place);
    assert_true(size > 0 && size < 2 * LIMIT_LINE);
    return (size_t)size;
}

struct later {
    struct rng rng;
    struct sample sample;
    struct message_memory memory;
    struct message message;
    char line[2 * LIMIT_LINE];
    bool seen[MESSAGE_UNKNOWN][MEMBERS];
};

static int setup(void **state)
{
    struct later *l = calloc(1, sizeof *l);
    *state = l;
    rng_init(&l->rng, 11);
    return l ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static enum err decode(struct later *l, size_t size)
{
    const char *cause;
    return message_decode((struct span){l->line, size}, &l->message, &l->memory, &cause);
}

static void note_members(struct later *l)
{
    const struct sample *s = &l->sample;
    for (size_t i = 0; message_member_text(s->message.kind, i); i++) {
        char member[64];
        assert_true(i < MEMBERS);
        snprintf(member, sizeof member, ",\"%s\":", message_member_text(s->message.kind, i));
        if (memmem(s->line, s->line_size, member, strlen(member)))
            l->seen[s->message.kind][i] = true;
    }
}

static void unknown_members_anywhere_change_no_message(void **state)
{
    struct later *l = *state;
    size_t inner = 0;
    for (int n = 0; n < ROUNDS; n++) {
        size_t places[PLACES];
        sample_message(&l->sample, &l->rng);
        note_members(l);
        size_t count = places_of(&l->sample, places);
        assert_true(count > 0);
        char more[96];
        snprintf(more, sizeof more, ",\"later\":%s", values[rng_below(&l->rng, COUNT_OF(values))]);
        size_t place = places[rng_below(&l->rng, count)];
        size_t size = put_in(&l->sample, place, more, l->line);
        if (size >= LIMIT_LINE)
            continue;
        assert_int_equal(decode(l, size), ERR_OK);
        assert_true(sample_messages_equal(&l->message, &l->sample.message));
        inner += place < l->sample.line_size - 3 && l->sample.line[place] == '}';
    }
    assert_true(inner > ROUNDS / 100);
    for (enum message_kind kind = 0; kind < MESSAGE_UNKNOWN; kind++)
        for (size_t i = 0; message_member_text(kind, i); i++)
            if (!l->seen[kind][i])
                fail_msg("no %s had its \"%s\"", message_kind_text(kind),
                         message_member_text(kind, i));
}

static void unknown_kinds_are_known_as_such_whatever_they_hold(void **state)
{
    struct later *l = *state;
    for (int n = 0; n < ROUNDS / 10; n++) {
        sample_message(&l->sample, &l->rng);
        const char *kind = message_kind_text(l->sample.message.kind);
        size_t place = sizeof "{\"type\":\"" - 1 + strlen(kind);
        size_t size = put_in(&l->sample, place, n % 2 ? "2" : "_later", l->line);
        if (size >= LIMIT_LINE)
            continue;
        assert_int_equal(decode(l, size), ERR_OK);
        assert_int_equal(l->message.kind, MESSAGE_UNKNOWN);
    }
}

/* A name that is known with a value of another type is no later version's, but wrong. */
static void known_members_are_not_passed_over(void **state)
{
    struct later *l = *state;
    for (enum message_kind kind = 0; kind < MESSAGE_UNKNOWN; kind++) {
        for (size_t i = 0; message_member_text(kind, i); i++) {
            int size = snprintf(l->line, sizeof l->line, "{\"type\":\"%s\",\"%s\":[[[]]]}",
                                message_kind_text(kind), message_member_text(kind, i));
            assert_int_equal(decode(l, (size_t)size), ERR_RANGE);
        }
    }
}

static void kinds_and_their_members_have_names(void **state)
{
    (void)state;
    for (enum message_kind kind = 0; kind < MESSAGE_UNKNOWN; kind++) {
        assert_non_null(message_member_text(kind, 0));
        assert_null(message_member_text(kind, MEMBERS));
    }
    assert_null(message_member_text(MESSAGE_UNKNOWN, 0));
    assert_string_equal(message_member_text(MESSAGE_PONG, 1), "clock");
    assert_null(message_member_text(MESSAGE_PING, 1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(unknown_members_anywhere_change_no_message),
        TEST(unknown_kinds_are_known_as_such_whatever_they_hold),
        TEST(known_members_are_not_passed_over),
        cmocka_unit_test(kinds_and_their_members_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
