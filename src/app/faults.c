#include "app/faults.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>

enum { NEAR = 2, NEAR_LONG = 3, LONG_WORD = 8 };

void faults_fini(struct faults *f)
{
    free(f->text);
    *f = (struct faults){0};
}

static bool reserve(struct faults *f, size_t more)
{
    if (f->size + more <= f->capacity)
        return true;
    if (f->size + more > FAULTS_BYTES_MAX)
        return false;
    size_t capacity = f->capacity == 0 ? FAULTS_LINE_MAX : f->capacity;
    while (capacity < f->size + more)
        capacity *= 2;
    char *text = realloc(f->text, capacity);
    if (text == NULL)
        return false;
    f->text = text;
    f->capacity = capacity;
    return true;
}

void faults_add(struct faults *f, const char *format, ...)
{
    char line[FAULTS_LINE_MAX];
    char escaped[FAULTS_LINE_MAX];
    struct buf b;
    va_list list;
    va_start(list, format);
    int size = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    check(size >= 0);
    f->count++;
    buf_init(&b, escaped, sizeof escaped);
    size_t used = (size_t)size < sizeof line ? (size_t)size : sizeof line - 1;
    text_escape(&b, (struct span){line, used}, sizeof escaped - 1);
    buf_char(&b, '\n');
    if (f->cut || !reserve(f, b.size + 1)) {
        f->cut = true;
        return;
    }
    memcpy(f->text + f->size, b.bytes, b.size);
    f->size += b.size;
    f->text[f->size] = '\0';
}

void faults_print(const struct faults *f, FILE *out)
{
    if (f->size > 0)
        fwrite(f->text, 1, f->size, out);
    if (f->cut)
        fprintf(out, "... %zu in all\n", f->count);
}

const char *faults_nearest(struct span text, faults_word_fn *name, const void *context)
{
    const char *best = NULL;
    size_t limit = text.size >= LONG_WORD ? NEAR_LONG : NEAR;
    size_t best_distance = limit + 1;
    const char *word;
    for (size_t i = 0; (word = name(context, i)) != NULL; i++) {
        size_t distance = text_distance(text, span_of(word), limit);
        if (distance < best_distance && distance < strlen(word)) {
            best = word;
            best_distance = distance;
        }
    }
    return best;
}
