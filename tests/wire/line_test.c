/* However the bytes are cut, the same lines come out: the row of faults.md about length lies,
 * truncation, split and coalesced frames. */
#include "wire/line.h"

#include "sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MESSAGES = 1000, GROUP = 5, STREAM_MAX = 1 << 22 };

/* The bytes of many messages, and where each line ends. */
struct stream {
    char *bytes;
    size_t size;
    size_t ends[MESSAGES]; /* behind each newline */
};

static struct stream stream_make(uint64_t seed)
{
    struct stream s = {.bytes = malloc(STREAM_MAX)};
    struct sample *sample = malloc(sizeof *sample);
    assert_non_null(s.bytes);
    assert_non_null(sample);
    struct rng rng;
    rng_init(&rng, seed);
    for (size_t i = 0; i < MESSAGES; i++) {
        sample_message(sample, &rng);
        assert_true(s.size + sample->line_size <= STREAM_MAX);
        memcpy(s.bytes + s.size, sample->line, sample->line_size);
        s.size += sample->line_size;
        s.ends[i] = s.size;
    }
    free(sample);
    return s;
}

/* Feeds one piece and holds every line that comes against the stream; returns the next line. */
static size_t feed(struct line_splitter *splitter, const struct stream *s, struct span piece,
                   size_t next)
{
    struct span line;
    enum err err;
    while (line_next(splitter, &piece, &line, &err)) {
        assert_true(next < MESSAGES);
        size_t from = next == 0 ? 0 : s->ends[next - 1];
        assert_true(span_equal(line, (struct span){s->bytes + from, s->ends[next] - from - 1}));
        next++;
    }
    assert_int_equal(err, ERR_OK);
    assert_int_equal(piece.size, 0);
    return next;
}

static void every_single_split_gives_the_same_lines(void **state)
{
    (void)state;
    struct stream s = stream_make(1);
    for (size_t first = 0; first < MESSAGES; first += GROUP) {
        size_t from = first == 0 ? 0 : s.ends[first - 1];
        size_t to = s.ends[first + GROUP - 1];
        for (size_t at = from; at <= to; at++) {
            struct line_splitter splitter;
            line_init(&splitter);
            size_t next = feed(&splitter, &s, (struct span){s.bytes + from, at - from}, first);
            next = feed(&splitter, &s, (struct span){s.bytes + at, to - at}, next);
            assert_int_equal(next, first + GROUP);
            assert_null(splitter.held);
        }
    }
    free(s.bytes);
}

static void seeded_pieces_give_the_same_lines(void **state)
{
    (void)state;
    struct stream s = stream_make(2);
    struct rng rng;
    rng_init(&rng, 3);
    for (int round = 0; round < 200; round++) {
        struct line_splitter splitter;
        line_init(&splitter);
        size_t longest = 1 + rng_below(&rng, 1U << rng_below(&rng, 18));
        size_t next = 0;
        for (size_t at = 0; at < s.size;) {
            size_t size = 1 + rng_below(&rng, longest);
            if (size > s.size - at)
                size = s.size - at;
            /* An exact copy, so that reading past a piece is found. */
            char *piece = malloc(size);
            assert_non_null(piece);
            memcpy(piece, s.bytes + at, size);
            next = feed(&splitter, &s, (struct span){piece, size}, next);
            free(piece);
            at += size;
        }
        assert_int_equal(next, MESSAGES);
        line_fini(&splitter);
    }
    free(s.bytes);
}

static void byte_by_byte_gives_the_same_lines(void **state)
{
    (void)state;
    struct stream s = stream_make(4);
    struct line_splitter splitter;
    line_init(&splitter);
    size_t next = 0;
    for (size_t at = 0; at < s.size; at++)
        next = feed(&splitter, &s, (struct span){s.bytes + at, 1}, next);
    assert_int_equal(next, MESSAGES);
    line_fini(&splitter);
    free(s.bytes);
}

static void a_whole_line_is_not_copied(void **state)
{
    (void)state;
    struct line_splitter splitter;
    line_init(&splitter);
    struct span input = SPAN("{\"a\":1}\n{\"b\":2}\n");
    const char *begin = input.bytes;
    struct span line;
    enum err err;
    assert_true(line_next(&splitter, &input, &line, &err));
    assert_ptr_equal(line.bytes, begin);
    assert_true(line_next(&splitter, &input, &line, &err));
    assert_ptr_equal(line.bytes, begin + 8);
    assert_null(splitter.held);
}

static void empty_lines_are_passed_over_however_they_are_cut(void **state)
{
    (void)state;
    const struct span text = SPAN("\n\r\n\n1\r\n\r\n\n2\n\n");
    for (size_t at = 0; at <= text.size; at++) {
        struct line_splitter splitter;
        line_init(&splitter);
        struct span pieces[] = {{text.bytes, at}, {text.bytes + at, text.size - at}};
        struct span line;
        enum err err;
        char seen[8] = "";
        size_t count = 0;
        for (size_t i = 0; i < COUNT_OF(pieces); i++)
            while (line_next(&splitter, &pieces[i], &line, &err))
                seen[count++] = line.bytes[0];
        assert_string_equal(seen, "12");
        assert_null(splitter.held);
    }
}

/* `size` bytes and a newline, cut at `at`. */
static enum err offer(size_t size, size_t at, size_t *given)
{
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'x', size);
    text[size] = '\n';
    struct span pieces[] = {{text, at}, {text + at, size + 1 - at}};
    struct line_splitter splitter;
    line_init(&splitter);
    enum err err = ERR_OK;
    *given = 0;
    for (size_t i = 0; err == ERR_OK && i < 2; i++) {
        struct span line;
        while (line_next(&splitter, &pieces[i], &line, &err))
            *given = line.size;
    }
    line_fini(&splitter);
    free(text);
    return err;
}

static void a_line_at_the_limit_passes_and_one_above_ends_the_session(void **state)
{
    (void)state;
    static const size_t cuts[] = {0, 1, 511, 512, 513, 32768, LIMIT_LINE - 2, LIMIT_LINE - 1};
    size_t given;
    for (size_t i = 0; i < COUNT_OF(cuts); i++) {
        assert_int_equal(offer(LIMIT_LINE - 1, cuts[i], &given), ERR_OK);
        assert_int_equal(given, LIMIT_LINE - 1);
        assert_int_equal(offer(LIMIT_LINE, cuts[i], &given), ERR_SIZE);
        assert_int_equal(given, 0);
    }
    assert_int_equal(offer(LIMIT_LINE, LIMIT_LINE, &given), ERR_SIZE);
    assert_int_equal(offer(10 * LIMIT_LINE, 3 * LIMIT_LINE, &given), ERR_SIZE);
}

static void what_is_held_stays_below_the_limit(void **state)
{
    (void)state;
    struct line_splitter splitter;
    line_init(&splitter);
    enum err err = ERR_OK;
    size_t fed = 0;
    while (err == ERR_OK) {
        char chunk[1000];
        memset(chunk, 'x', sizeof chunk);
        struct span piece = {chunk, sizeof chunk};
        struct span line;
        assert_false(line_next(&splitter, &piece, &line, &err));
        assert_true(splitter.capacity <= LIMIT_LINE);
        fed += sizeof chunk;
    }
    assert_int_equal(err, ERR_SIZE);
    assert_true(fed < LIMIT_LINE + 1000);
    line_fini(&splitter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_single_split_gives_the_same_lines),
        cmocka_unit_test(seeded_pieces_give_the_same_lines),
        cmocka_unit_test(byte_by_byte_gives_the_same_lines),
        cmocka_unit_test(a_whole_line_is_not_copied),
        cmocka_unit_test(empty_lines_are_passed_over_however_they_are_cut),
        cmocka_unit_test(a_line_at_the_limit_passes_and_one_above_ends_the_session),
        cmocka_unit_test(what_is_held_stays_below_the_limit),
    };
    return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
