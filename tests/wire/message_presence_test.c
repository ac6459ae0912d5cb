#include "wire/message_presence.h"

#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WORD "\"device\":\"s\",\"epoch\":5,\"is\":\"offline\",\"ago\":9"

static struct message_memory *memory;
static struct message got;
static char line[LIMIT_LINE];

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

static enum err read_word(const char *word, const char *rest)
{
    const char *cause;
    snprintf(line, sizeof line, "{\"type\":\"presence\",\"peers\":[{%s%s}]}", word, rest);
    return message_decode(span_of(line), &got, memory, &cause);
}

static void a_word_without_a_witness_is_the_senders(void **state)
{
    (void)state;
    assert_int_equal(read_word(WORD, ""), ERR_OK);
    const struct message_word *w = &got.presence.words[0];
    assert_int_equal(got.presence.count, 1);
    assert_true(span_is(w->device, "s") && w->epoch == 5 && w->ago_ms == 9);
    assert_int_equal(w->is, MESSAGE_OFFLINE);
    assert_true(w->by.size == 0 && w->why.size == 0);
    assert_int_equal(read_word(WORD, ",\"by\":\"t\",\"why\":\"no \\\"sign\\\"\""), ERR_OK);
    assert_true(span_is(w->by, "t") && span_is(w->why, "no \"sign\""));
}

static void there_are_three_presences_and_no_fourth(void **state)
{
    (void)state;
    static const char *const texts[] = {"online", "offline", "left"};
    char word[128];
    for (int is = 0; is < MESSAGE_PRESENCE_COUNT; is++) {
        snprintf(word, sizeof word, "\"device\":\"s\",\"epoch\":5,\"is\":\"%s\",\"ago\":0",
                 texts[is]);
        assert_int_equal(read_word(word, ""), ERR_OK);
        assert_int_equal(got.presence.words[0].is, is);
    }
    assert_int_equal(read_word("\"device\":\"s\",\"epoch\":5,\"is\":\"suspect\",\"ago\":0", ""),
                     ERR_RANGE);
}

static void evidence_is_short_and_printable(void **state)
{
    (void)state;
    char why[LIMIT_REASON + 32];
    snprintf(why, sizeof why, ",\"why\":\"%0*d\"", LIMIT_REASON, 0);
    assert_int_equal(read_word(WORD, why), ERR_OK);
    snprintf(why, sizeof why, ",\"why\":\"%0*d\"", LIMIT_REASON + 1, 0);
    assert_int_equal(read_word(WORD, why), ERR_SIZE);
    assert_int_equal(read_word(WORD, ",\"why\":\"\\u001b\""), ERR_RANGE);
}

static void a_full_line_is_taken_and_one_word_more_is_not(void **state)
{
    (void)state;
    char name[LIMIT_NAME + 1], why[LIMIT_REASON + 1];
    struct message_word words[LIMIT_LINE_WORDS + 1];
    const char *cause;
    memset(name, 'n', LIMIT_NAME);
    memset(why, '"', LIMIT_REASON); /* each takes two bytes */
    name[LIMIT_NAME] = why[LIMIT_REASON] = '\0';
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = (struct message_word){span_of(name),    9007199254740991, MESSAGE_OFFLINE,
                                         9007199254740991, span_of(name),    span_of(why)};
    struct message m = {.kind = MESSAGE_PRESENCE, .presence = {words, LIMIT_LINE_WORDS}};
    size_t size = message_encode(&m, line, sizeof line);
    assert_true(size > 0);
    assert_int_equal(message_decode((struct span){line, size - 1}, &got, memory, &cause), ERR_OK);
    assert_int_equal(got.presence.count, LIMIT_LINE_WORDS);
    m.presence.count++;
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
    size = (size_t)snprintf(line, sizeof line, "{\"type\":\"presence\",\"peers\":[");
    for (size_t i = 0; i <= LIMIT_LINE_WORDS; i++)
        size += (size_t)snprintf(line + size, sizeof line - size, "%s{" WORD "}", i > 0 ? "," : "");
    size += (size_t)snprintf(line + size, sizeof line - size, "]}");
    assert_int_equal(message_decode((struct span){line, size}, &got, memory, &cause), ERR_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_without_a_witness_is_the_senders),
        cmocka_unit_test(there_are_three_presences_and_no_fourth),
        cmocka_unit_test(evidence_is_short_and_printable),
        cmocka_unit_test(a_full_line_is_taken_and_one_word_more_is_not),
    };
    return cmocka_run_group_tests(tests, allocate, release);
}
