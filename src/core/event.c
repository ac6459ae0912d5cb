#include "core/event.h"

#include "base/buf.h"
#include "base/check.h"

#include <stdlib.h>

struct event_chunk {
    struct event_chunk *next;
    size_t size;
    size_t capacity;
    char bytes[];
};

enum { CHUNK_BYTES = 4096 };

void event_effects_init(struct effects *fx)
{
    *fx = (struct effects){0};
}

static void free_chunks(struct event_chunk *chunk)
{
    while (chunk != NULL) {
        struct event_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
}

void event_effects_fini(struct effects *fx)
{
    free(fx->list);
    free_chunks(fx->arena);
    *fx = (struct effects){0};
}

void event_effects_reset(struct effects *fx)
{
    fx->count = 0;
    if (fx->arena == NULL)
        return;
    free_chunks(fx->arena->next);
    fx->arena->next = NULL;
    fx->arena->size = 0;
}

struct effect *event_effects_add(struct effects *fx, enum effect_kind kind)
{
    if (fx->count == fx->capacity) {
        size_t capacity = fx->capacity == 0 ? 16 : fx->capacity * 2;
        struct effect *list = realloc(fx->list, capacity * sizeof *list);
        if (list == NULL) {
            fx->out_of_memory = true;
            return &fx->spare;
        }
        fx->list = list;
        fx->capacity = capacity;
    }
    struct effect *effect = &fx->list[fx->count++];
    *effect = (struct effect){.kind = kind};
    return effect;
}

static struct event_chunk *chunk_with_room(struct effects *fx, size_t size)
{
    if (fx->arena != NULL && fx->arena->capacity - fx->arena->size >= size)
        return fx->arena;
    size_t capacity = size > CHUNK_BYTES ? size : CHUNK_BYTES;
    struct event_chunk *chunk = malloc(sizeof *chunk + capacity);
    if (chunk == NULL)
        return NULL;
    *chunk = (struct event_chunk){.next = fx->arena, .capacity = capacity};
    fx->arena = chunk;
    return chunk;
}

void *event_effects_alloc(struct effects *fx, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    struct event_chunk *chunk = chunk_with_room(fx, rounded);
    if (chunk == NULL) {
        fx->out_of_memory = true;
        return NULL;
    }
    void *memory = chunk->bytes + chunk->size;
    chunk->size += rounded;
    return memory;
}

struct span event_effects_copy(struct effects *fx, struct span s)
{
    if (s.size == 0)
        return (struct span){0};
    char *memory = event_effects_alloc(fx, s.size);
    if (memory == NULL)
        return (struct span){0};
    memcpy(memory, s.bytes, s.size);
    return (struct span){memory, s.size};
}

size_t event_seal_text(char out[EVENT_SEAL_TEXT_MAX], struct span network, const struct log_id *id,
                       uint64_t seq, const struct chain_hash *hash)
{
    struct buf b;
    buf_init(&b, out, EVENT_SEAL_TEXT_MAX);
    buf_text(&b, "kith/1 seal\n");
    buf_span(&b, network);
    buf_char(&b, '\n');
    buf_text(&b, id->device);
    buf_char(&b, '\n');
    buf_hex(&b, id->key.bytes, sizeof id->key.bytes);
    buf_char(&b, '\n');
    buf_u64(&b, id->epoch);
    buf_char(&b, '\n');
    buf_u64(&b, seq);
    buf_char(&b, '\n');
    buf_hex(&b, hash->bytes, sizeof hash->bytes);
    buf_char(&b, '\n');
    check(!b.overflow);
    return b.size;
}
