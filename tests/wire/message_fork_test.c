#include "wire/message_fork.h"

#include "wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* tests/vectors/messages.txt has the forms that are refused. */

#define KEY  "00112233445566778899aabbccddeeff01234567"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"
#define HEAD "{\"type\":\"fork\",\"device\":\"s\",\"key\":\"" KEY "\",\"epoch\":5,"
#define SEALS                                                          \
    "\"seals\":[{\"seq\":4,\"sig\":\"AAAA\",\"hash\":\"" HASH "07\"}," \
    "{\"seq\":5,\"sig\":\"AAAAAA\",\"hash\":\"" HASH "08\"}]"
#define RECORD "{\"type\":\"t\",\"device\":\"s\",\"epoch\":5,\"seq\":5,\"ts\":0,\"value\":1}"

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

static void two_seals_and_what_lies_between_are_read(void **state)
{
    (void)state;
    struct message m;
    const char *cause;
    const char *line = HEAD SEALS ",\"base\":\"" HASH "09\",\"records\":[" RECORD "]}";
    assert_int_equal(message_decode(span_of(line), &m, memory, &cause), ERR_OK);
    assert_int_equal(m.kind, MESSAGE_FORK);
    assert_true(span_is(m.fork.run.log.device, "s"));
    assert_int_equal(m.fork.run.log.epoch, 5);
    assert_int_equal(m.fork.seals[0].seq * 10 + m.fork.seals[1].seq, 45);
    assert_int_equal(m.fork.seals[0].hash.bytes[31] * 10 + m.fork.seals[1].hash.bytes[31], 78);
    assert_int_equal(m.fork.seals[0].signature_size * 10 + m.fork.seals[1].signature_size, 34);
    assert_int_equal(m.fork.run.base.bytes[31], 9);
    assert_int_equal(m.fork.run.count, 1);
    assert_true(span_is(m.fork.run.records[0].bytes, RECORD));
}

static void the_longest_proof_fits_a_line(void **state)
{
    (void)state;
    char name[LIMIT_NAME], *line = malloc(LIMIT_LINE), *bytes = malloc(LIMIT_BATCH_BYTES);
    assert_non_null(line);
    assert_non_null(bytes);
    memset(name, 'a', sizeof name);
    memset(bytes, ' ', LIMIT_BATCH_BYTES);
    struct message m = {.kind = MESSAGE_FORK};
    m.fork.run.log = (struct message_log){.device = {name, sizeof name},
                                          .epoch = NUMBER_INTEGER_MAX};
    m.fork.run.bytes = (struct span){bytes, LIMIT_BATCH_BYTES};
    m.fork.run.count = LIMIT_LINE_RECORDS;
    for (size_t i = 0; i < 2; i++)
        m.fork.seals[i] = (struct log_seal){.seq = NUMBER_INTEGER_MAX,
                                            .signature_size = LIMIT_SIGNATURE};
    assert_true(message_encode(&m, line, LIMIT_LINE) > LIMIT_BATCH_BYTES);
    free(line);
    free(bytes);
}

static void a_seal_without_a_signature_is_not_written(void **state)
{
    (void)state;
    char line[1024];
    struct message m = {.kind = MESSAGE_FORK, .fork = {.run = {.log = {SPAN("s"), .epoch = 1}}}};
    m.fork.seals[0].seq = m.fork.seals[1].seq = 1;
    m.fork.seals[0].signature_size = 1;
    assert_int_equal(message_encode(&m, line, sizeof line), 0);
    m.fork.seals[1].signature_size = 1;
    assert_true(message_encode(&m, line, sizeof line) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_seals_and_what_lies_between_are_read),
        cmocka_unit_test(the_longest_proof_fits_a_line),
        cmocka_unit_test(a_seal_without_a_signature_is_not_written),
    };
    return cmocka_run_group_tests(tests, allocate, release);
}
