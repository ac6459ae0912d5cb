#include "queue.h"

#include "base/check.h"

#include <stdbool.h>
#include <stdlib.h>

void queue_fini(struct queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        free(q->heap[i].data);
    free(q->heap);
    *q = (struct queue){0};
}

static bool before(const struct moment *a, const struct moment *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->serial < b->serial;
}

uint64_t queue_push(struct queue *q, struct moment m)
{
    if (q->count == q->capacity) {
        q->capacity = q->capacity ? 2 * q->capacity : 256;
        q->heap = realloc(q->heap, q->capacity * sizeof *q->heap);
        check(q->heap);
    }
    m.serial = ++q->serial;
    size_t at = q->count++;
    for (; at > 0 && before(&m, &q->heap[(at - 1) / 2]); at = (at - 1) / 2)
        q->heap[at] = q->heap[(at - 1) / 2];
    q->heap[at] = m;
    return m.serial;
}

struct moment queue_pop(struct queue *q)
{
    check(q->count > 0);
    struct moment first = q->heap[0], last = q->heap[--q->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= q->count)
            break;
        if (child + 1 < q->count && before(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!before(&q->heap[child], &last))
            break;
        q->heap[at] = q->heap[child];
        at = child;
    }
    q->heap[at] = last;
    return first;
}
