#include "wire/json_oracle.h"

#include "base/check.h"

/* Any bytes: jansson must agree (tests/wire/json_oracle.h); every value must be good on its own;
 * every string must come back from the writer as it was. */

static void try_string(const struct json_reader *r)
{
    static char plain[ORACLE_STRING_MAX];
    static char written[8 * ORACLE_STRING_MAX];
    static struct json_reader again;
    struct span text = {plain, 0};
    check(json_text_copy(r, plain, sizeof plain, &text.size) == ERR_OK);
    check(text.size <= r->text.size);
    struct buf b;
    buf_init(&b, written, sizeof written);
    json_write_string(&b, text);
    json_reader_init(&again, buf_view(&b));
    check(json_next(&again) == JSON_STRING && oracle_same_text(&again, plain, text.size));
    check(json_next(&again) == JSON_END);
}

static void try_value(struct json_reader *r, enum json_token token)
{
    const char *start = r->start;
    if (token == JSON_NUMBER) {
        char text[NUMBER_TEXT_MAX];
        double back;
        size_t size = number_format(text, r->number);
        check(number_parse((struct span){text, size}, &back) == ERR_OK);
        check(memcmp(&back, &r->number, sizeof back) == 0);
    }
    check(json_skip(r, token));
    static struct json_reader alone;
    check(oracle_accepts(&alone, (struct span){start, (size_t)(r->at - start)}));
}

/* A good text. */
static void try_all(struct span text)
{
    static struct json_reader r;
    static struct json_reader copy;
    json_reader_init(&r, text);
    for (enum json_token token; (token = json_next(&r)) != JSON_END;) {
        check(token != JSON_BAD);
        check(r.start >= r.begin && r.start <= r.at && r.at <= r.end);
        if (token == JSON_KEY || token == JSON_STRING)
            try_string(&r);
        if (token != JSON_KEY && token != JSON_OBJECT_END && token != JSON_ARRAY_END) {
            copy = r;
            try_value(&copy, token);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {(const char *)data, size};
    if (size > ORACLE_STRING_MAX)
        return 0;
    const char *difference = oracle_disagrees(text);
    if (difference)
        check_failed(difference, __FILE__, __LINE__);
    static struct json_reader r;
    if (oracle_accepts(&r, text))
        try_all(text);
    return 0;
}
