#include "io/dataset_cell.h"

#include "base/number.h"

#include <stdlib.h>

enum { NUMBER_CHARACTERS_MAX = 64 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool dataset_cell_same(struct span a, struct span b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.bytes[i]) != lower(b.bytes[i]))
            return false;
    return true;
}

static bool is_one_of(struct span text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (dataset_cell_same(text, span_of(words[i])))
            return true;
    return false;
}

bool dataset_cell_is_missing(const struct dataset_cell *cell)
{
    static const char *const words[] = {"na",  "n/a",  "nan", "null",    "none", "nil",
                                        "#na", "#n/a", "nd",  "missing", "-",    "--",
                                        "?",   "<na>", ".",   "..."};
    if (cell->kind == DATASET_CELL_ABSENT || cell->kind == DATASET_CELL_NULL)
        return true;
    if (cell->kind != DATASET_CELL_TEXT)
        return false;
    if (cell->text.size == 0)
        return true;
    if (cell->text.size > 7 || (cell->text.bytes[0] >= '0' && cell->text.bytes[0] <= '9'))
        return false;
    return is_one_of(cell->text, words, COUNT_OF(words));
}

bool dataset_cell_truth(const struct dataset_cell *cell, bool *truth)
{
    static const char *const yes[] = {"true", "yes", "on"};
    static const char *const no[] = {"false", "no", "off"};
    *truth = cell->kind == DATASET_CELL_TRUE;
    if (cell->kind == DATASET_CELL_TRUE || cell->kind == DATASET_CELL_FALSE)
        return true;
    if (cell->kind != DATASET_CELL_TEXT || cell->text.size < 2 || cell->text.size > 5)
        return false;
    *truth = is_one_of(cell->text, yes, COUNT_OF(yes));
    return *truth || is_one_of(cell->text, no, COUNT_OF(no));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copies the whole part without its groups: 1.013.250 to 1013250. Every group has three digits, the
 * first one to three. */
static size_t copy_whole(struct span text, char group, char *out, size_t *passed)
{
    size_t size = 0;
    size_t in_group = 0;
    bool grouped = false;
    size_t i = 0;
    for (; i < text.size; i++) {
        if (is_digit(text.bytes[i])) {
            out[size++] = text.bytes[i];
            in_group++;
        } else if (text.bytes[i] == group && in_group > 0 && in_group <= 3 &&
                   (!grouped || in_group == 3)) {
            grouped = true;
            in_group = 0;
        } else {
            break;
        }
    }
    *passed = i;
    return grouped && in_group != 3 ? SIZE_MAX : size;
}

/* +.5, 007, 23,7 and 1.013,25 become what JSON calls a number. */
static bool parse_loosely(struct span text, enum dataset_cell_point point, double *number)
{
    char whole[NUMBER_CHARACTERS_MAX];
    char out[NUMBER_CHARACTERS_MAX + 4];
    size_t size = 0;
    size_t i = 0;
    if (text.size == 0 || text.size > NUMBER_CHARACTERS_MAX)
        return false;
    if (text.bytes[0] == '-')
        out[size++] = '-';
    if (text.bytes[0] == '-' || text.bytes[0] == '+')
        i++;
    size_t passed;
    size_t count = copy_whole((struct span){text.bytes + i, text.size - i},
                              point == DATASET_CELL_DOT ? ',' : '.', whole, &passed);
    if (count == SIZE_MAX)
        return false;
    i += passed;
    size_t zeros = 0;
    while (zeros + 1 < count && whole[zeros] == '0')
        zeros++;
    if (count == 0)
        out[size++] = '0';
    for (size_t k = zeros; k < count; k++)
        out[size++] = whole[k];
    if (i < text.size && text.bytes[i] == (point == DATASET_CELL_DOT ? '.' : ',')) {
        i++;
        size_t first = i;
        out[size++] = '.';
        while (i < text.size && is_digit(text.bytes[i]))
            out[size++] = text.bytes[i++];
        if (i == first) {
            if (count == 0)
                return false;
            size--;
        }
    } else if (count == 0) {
        return false;
    }
    while (i < text.size)
        out[size++] = text.bytes[i++];
    return number_parse((struct span){out, size}, number) == ERR_OK;
}

bool dataset_cell_number(const struct dataset_cell *cell, enum dataset_cell_point point,
                         double *number)
{
    if (cell->kind == DATASET_CELL_NUMBER) {
        *number = cell->number;
        return true;
    }
    if (cell->kind != DATASET_CELL_TEXT)
        return false;
    if (point == DATASET_CELL_DOT && number_parse(cell->text, number) == ERR_OK)
        return true;
    return parse_loosely(cell->text, point, number);
}
