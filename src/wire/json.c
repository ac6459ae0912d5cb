/* The reader is a table: what is expected next, times the class of the byte that comes, gives what
 * to do. A comma and what follows it are two steps of one call; a name takes its colon with it, so
 * that every call ends behind a token.
 *
 * Failures: the first one ends the reading. The reader then remembers what and where, and says
 * JSON_BAD for ever. */
#include "wire/json.h"

#include "base/text.h"
#include "wire/json_text.h"

enum expect {
    EXPECT_VALUE,
    EXPECT_ELEMENT,    /* behind [ */
    EXPECT_NAME,       /* behind , in an object */
    EXPECT_FIRST_NAME, /* behind { */
    EXPECT_IN_ARRAY,   /* behind an element */
    EXPECT_IN_OBJECT,  /* behind a member */
    EXPECT_NOTHING,    /* behind the one value */
    EXPECT_FAILED,
    EXPECT_COUNT_,
};

enum byte_class {
    CLASS_OTHER,
    CLASS_SPACE,
    CLASS_QUOTE,
    CLASS_NUMBER, /* what a number begins with */
    CLASS_LETTER, /* what true, false and null begin with */
    CLASS_BRACE,
    CLASS_BRACE_END,
    CLASS_BRACKET,
    CLASS_BRACKET_END,
    CLASS_COMMA,
    CLASS_COUNT_,
};

/* In four letters, so that the table below can be read as one. */
enum action { FAIL, TEXT, NUMB, WORD, OPEN, CLOS, NEXT, NAME };

static const uint8_t classes[256] = {
    [' '] = CLASS_SPACE,  ['\t'] = CLASS_SPACE,  ['\n'] = CLASS_SPACE,    ['\r'] = CLASS_SPACE,
    ['"'] = CLASS_QUOTE,  ['-'] = CLASS_NUMBER,  ['0'] = CLASS_NUMBER,    ['1'] = CLASS_NUMBER,
    ['2'] = CLASS_NUMBER, ['3'] = CLASS_NUMBER,  ['4'] = CLASS_NUMBER,    ['5'] = CLASS_NUMBER,
    ['6'] = CLASS_NUMBER, ['7'] = CLASS_NUMBER,  ['8'] = CLASS_NUMBER,    ['9'] = CLASS_NUMBER,
    ['t'] = CLASS_LETTER, ['f'] = CLASS_LETTER,  ['n'] = CLASS_LETTER,    [','] = CLASS_COMMA,
    ['{'] = CLASS_BRACE,  ['['] = CLASS_BRACKET, ['}'] = CLASS_BRACE_END, [']'] = CLASS_BRACKET_END,
};

/* What a number is made of, well-formed or not. */
static const bool number_bytes[256] = {
    ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true,
    ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true,
    ['-'] = true, ['+'] = true, ['.'] = true, ['e'] = true, ['E'] = true,
};

/* clang-format off */
static const uint8_t actions[EXPECT_COUNT_][CLASS_COUNT_] = {
    /*                      other space  "     -0-9  tfn   {     }     [     ]     ,  */
    [EXPECT_VALUE]      =  {FAIL, FAIL, TEXT, NUMB, WORD, OPEN, FAIL, OPEN, FAIL, FAIL},
    [EXPECT_ELEMENT]    =  {FAIL, FAIL, TEXT, NUMB, WORD, OPEN, FAIL, OPEN, CLOS, FAIL},
    [EXPECT_NAME]       =  {FAIL, FAIL, NAME, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL},
    [EXPECT_FIRST_NAME] =  {FAIL, FAIL, NAME, FAIL, FAIL, FAIL, CLOS, FAIL, FAIL, FAIL},
    [EXPECT_IN_ARRAY]   =  {FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, CLOS, NEXT},
    [EXPECT_IN_OBJECT]  =  {FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, CLOS, FAIL, FAIL, NEXT},
    [EXPECT_NOTHING]    =  {FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL},
    [EXPECT_FAILED]     =  {FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL, FAIL},
};
/* clang-format on */

static const char *const failures[EXPECT_COUNT_] = {
    [EXPECT_VALUE] = "a value was expected",
    [EXPECT_ELEMENT] = "a value or ] was expected",
    [EXPECT_NAME] = "a member name was expected",
    [EXPECT_FIRST_NAME] = "a member name or } was expected",
    [EXPECT_IN_ARRAY] = ", or ] was expected",
    [EXPECT_IN_OBJECT] = ", or } was expected",
    [EXPECT_NOTHING] = "something follows the value",
};

static bool fail(struct json_reader *r, const char *at, const char *error)
{
    r->start = at;
    r->error = error;
    r->expect = EXPECT_FAILED;
    return false;
}

void json_reader_init(struct json_reader *r, struct span text)
{
    if (!text.bytes)
        text = SPAN("");
    r->at = r->start = r->begin = text.bytes;
    r->end = text.bytes + text.size;
    r->text = (struct span){text.bytes, 0};
    r->number = 0;
    r->escaped = false;
    r->error = NULL;
    r->depth = r->member_count = r->members_at[0] = 0;
    r->in_object = 0;
    r->expect = EXPECT_VALUE;
}

static bool pass_escape(struct json_reader *r, const char **at)
{
    uint32_t point;
    size_t size = json_text_read_escape(*at, r->end, &point);
    if (size == 0)
        return fail(r, *at, "an escape that does not exist");
    if (point == 0)
        return fail(r, *at, "U+0000 in a string");
    if (point >> 11 == 0xd800 >> 11)
        return fail(r, *at, "half a surrogate pair");
    *at += size;
    r->escaped = true;
    return true;
}

/* From the opening quote to behind the closing one; r->text is what lies between. */
static bool read_string(struct json_reader *r)
{
    const char *first = r->at + 1;
    const char *at = first;
    uint64_t seen = 0;
    r->escaped = false;
    while ((at = json_text_pass_plain(at, r->end, &seen)) < r->end && *at != '"') {
        if (*at != '\\')
            return fail(r, at, "a control character in a string");
        if (!pass_escape(r, &at))
            return false;
    }
    if (at == r->end)
        return fail(r, at, "a string does not end");
    r->text = (struct span){first, (size_t)(at - first)};
    r->at = at + 1;
    if ((seen & JSON_TEXT_ABOVE_ASCII) && !text_is_utf8(r->text))
        return fail(r, first, "a string that is not UTF-8");
    return true;
}

/* The name just read joins those of its object. */
static bool add_member(struct json_reader *r)
{
    if (r->member_count == JSON_MEMBERS_MAX)
        return fail(r, r->start, "too many members");
    struct json_member *added = &r->members[r->member_count];
    added->name = r->text;
    added->escaped = r->escaped;
    added->print = json_text_print(added);
    for (struct json_member *m = &r->members[r->members_at[r->depth]]; m < added; m++)
        if (m->print == added->print && json_text_same(m, added))
            return fail(r, r->start, "a member name appears twice");
    r->member_count++;
    return true;
}

static const char *pass_space(const char *at, const char *end)
{
    while (at < end && classes[(unsigned char)*at] == CLASS_SPACE)
        at++;
    return at;
}

static bool read_name(struct json_reader *r)
{
    if (!read_string(r) || !add_member(r))
        return false;
    const char *colon = pass_space(r->at, r->end);
    if (colon == r->end || *colon != ':')
        return fail(r, colon, ": was expected");
    r->at = colon + 1;
    r->expect = EXPECT_VALUE;
    return true;
}

static bool in_object(const struct json_reader *r)
{
    return r->in_object >> r->depth & 1;
}

static void end_value(struct json_reader *r)
{
    if (r->depth == 0)
        r->expect = EXPECT_NOTHING;
    else
        r->expect = in_object(r) ? EXPECT_IN_OBJECT : EXPECT_IN_ARRAY;
}

static enum json_token open_value(struct json_reader *r)
{
    if (r->depth == JSON_DEPTH_MAX) {
        fail(r, r->at, "nested too deeply");
        return JSON_BAD;
    }
    bool object = *r->at++ == '{';
    r->depth++;
    r->members_at[r->depth] = r->member_count;
    r->in_object &= ~(UINT64_C(1) << r->depth);
    r->in_object |= (uint64_t)object << r->depth;
    r->expect = object ? EXPECT_FIRST_NAME : EXPECT_ELEMENT;
    return object ? JSON_OBJECT : JSON_ARRAY;
}

static enum json_token close_value(struct json_reader *r)
{
    bool object = *r->at++ == '}';
    r->member_count = r->members_at[r->depth];
    r->depth--;
    end_value(r);
    return object ? JSON_OBJECT_END : JSON_ARRAY_END;
}

static bool read_number(struct json_reader *r)
{
    const char *at = r->at;
    while (at < r->end && number_bytes[(unsigned char)*at])
        at++;
    r->text = (struct span){r->at, (size_t)(at - r->at)};
    enum err err = number_parse(r->text, &r->number);
    if (err)
        return fail(r, r->at, err == ERR_RANGE ? "a number out of range" : "not a number");
    r->at = at;
    end_value(r);
    return true;
}

static enum json_token read_word(struct json_reader *r)
{
    static const struct {
        struct span text;
        enum json_token token;
    } words[] = {
        {{"true", 4}, JSON_TRUE},
        {{"false", 5}, JSON_FALSE},
        {{"null", 4}, JSON_NULL},
    };
    size_t left = (size_t)(r->end - r->at);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct span word = words[i].text;
        if (left >= word.size && memcmp(r->at, word.bytes, word.size) == 0) {
            r->at += word.size;
            end_value(r);
            return words[i].token;
        }
    }
    fail(r, r->at, "a word that is not true, false or null");
    return JSON_BAD;
}

static enum json_token end_text(struct json_reader *r)
{
    if (r->expect == EXPECT_NOTHING)
        return JSON_END;
    fail(r, r->at, "the text ends too early");
    return JSON_BAD;
}

enum json_token json_next(struct json_reader *r)
{
    if (r->expect == EXPECT_FAILED)
        return JSON_BAD;
    for (;;) {
        const char *at = pass_space(r->at, r->end);
        r->start = r->at = at;
        if (at == r->end)
            return end_text(r);
        switch (actions[r->expect][classes[(unsigned char)*at]]) {
        case NEXT:
            r->at = at + 1;
            r->expect = in_object(r) ? EXPECT_NAME : EXPECT_VALUE;
            continue;
        case NAME:
            return read_name(r) ? JSON_KEY : JSON_BAD;
        case TEXT:
            if (!read_string(r))
                return JSON_BAD;
            end_value(r);
            return JSON_STRING;
        case NUMB:
            return read_number(r) ? JSON_NUMBER : JSON_BAD;
        case WORD:
            return read_word(r);
        case OPEN:
            return open_value(r);
        case CLOS:
            return close_value(r);
        default:
            fail(r, r->at, failures[r->expect]);
            return JSON_BAD;
        }
    }
}

bool json_skip(struct json_reader *r, enum json_token token)
{
    if (token != JSON_OBJECT && token != JSON_ARRAY)
        return token != JSON_BAD;
    uint32_t depth = r->depth;
    while (r->depth >= depth)
        if (json_next(r) == JSON_BAD)
            return false;
    return true;
}

const char *json_error(const struct json_reader *r, size_t *offset)
{
    *offset = (size_t)(r->start - r->begin);
    return r->error;
}
