/* Gathering: effects come in as fast as memory is copied, and lie in blocks until their commit is
 * done. Blocks are mapped, not malloc'd: what was mapped for a burst is gone from the process when
 * it is freed, whatever else was allocated in between, and pages never touched cost nothing. */
#include "io/store_batch.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { BLOCK_BYTES = 256 * 1024, ALIGN = 16 };

struct store_block {
    struct store_block *next;
    size_t size;
    size_t used;
};

struct store_batch *store_batch_new(uint64_t seed)
{
    struct store_batch *batch = calloc(1, sizeof *batch);
    if (batch)
        table_init(&batch->topic_table, LIMIT_TOPICS, seed);
    return batch;
}

void store_batch_free(struct store_batch *batch)
{
    if (!batch)
        return;
    for (struct store_part *part = batch->parts; part; part = part->next) {
        if (part->log->gathered == part)
            part->log->gathered = NULL;
        if (part->log->committing == part)
            part->log->committing = NULL;
    }
    table_fini(&batch->topic_table);
    for (struct store_block *block = batch->blocks; block;) {
        struct store_block *next = block->next;
        munmap(block, block->size);
        block = next;
    }
    free(batch);
}

static struct store_block *block_new(size_t size)
{
    size = size > BLOCK_BYTES ? size : BLOCK_BYTES;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    struct store_block *block = memory;
    block->size = size;
    block->used = (sizeof *block + ALIGN - 1) / ALIGN * ALIGN;
    return block;
}

/* Zeroed; lives as long as the batch. */
static void *take(struct store_batch *batch, size_t size)
{
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct store_block *block = batch->blocks;
    if (!block || size > block->size - block->used) {
        block = block_new(size + 2 * sizeof *block);
        if (!block)
            return NULL;
        block->next = batch->blocks;
        batch->blocks = block;
    }
    void *memory = (char *)block + block->used;
    block->used += size;
    return memory;
}

static bool copy(struct store_batch *batch, struct span from, struct span *to)
{
    char *memory = take(batch, from.size);
    if (!memory)
        return false;
    if (from.size > 0)
        memcpy(memory, from.bytes, from.size);
    *to = (struct span){memory, from.size};
    batch->bytes += from.size;
    return true;
}

static struct store_part *part_new(struct store_batch *batch, struct store_log *log, uint64_t base)
{
    struct store_part *part = take(batch, sizeof *part);
    if (!part)
        return NULL;
    part->older = log->gathered;
    part->log = log;
    part->row = log->row;
    part->base = base;
    log->gathered = part;
    if (batch->part_last)
        batch->part_last->next = part;
    else
        batch->parts = part;
    batch->part_last = part;
    return part;
}

static struct store_part *part_of(struct store_batch *batch, struct store_log *log)
{
    return log->gathered ? log->gathered : part_new(batch, log, log->last);
}

enum err store_batch_add_records(struct store_batch *batch, struct store_log *log,
                                 const struct effect *effect)
{
    struct store_part *part = part_of(batch, log);
    struct store_piece *piece = part ? take(batch, sizeof *piece) : NULL;
    if (!piece || !copy(batch, effect->store.bytes, &piece->bytes))
        return ERR_MEMORY;
    piece->first = effect->store.first;
    piece->count = effect->store.count;
    piece->hash_after = effect->store.hash_after;
    piece->mark = effect->store.mark;
    if (part->piece_last)
        part->piece_last->next = piece;
    else
        part->pieces = piece;
    part->piece_last = piece;
    log->last = piece->first + piece->count - 1;
    return ERR_OK;
}

enum err store_batch_add_seal(struct store_batch *batch, struct store_log *log,
                              const struct effect *effect)
{
    struct store_part *part = part_of(batch, log);
    struct store_batch_seal *seal = part ? take(batch, sizeof *seal) : NULL;
    if (!seal)
        return ERR_MEMORY;
    seal->row = (struct store_row_seal){
        .row = log->row,
        .seq = effect->store_seal.seq,
        .hash = effect->store_seal.hash,
        .signature_size = effect->store_seal.signature_size,
    };
    check(seal->row.signature_size <= sizeof seal->row.signature);
    memcpy(seal->row.signature, effect->store_seal.signature, seal->row.signature_size);
    if (part->seal_last)
        part->seal_last->next = seal;
    else
        part->seals = seal;
    part->seal_last = seal;
    batch->bytes += sizeof *seal;
    return ERR_OK;
}

enum err store_batch_cut(struct store_batch *batch, struct store_log *log, uint64_t last)
{
    struct store_part *part = part_new(batch, log, last);
    if (!part)
        return ERR_MEMORY;
    part->cut = true;
    log->last = last;
    return ERR_OK;
}

enum err store_batch_add_log(struct store_batch *batch, struct store_log *log,
                             const struct effect *effect)
{
    if (effect->store_log.last < log->last) {
        enum err err = store_batch_cut(batch, log, effect->store_log.last);
        if (err != ERR_OK)
            return err;
    }
    /* Behind what was gathered before. */
    bool later = effect->store_log.first > log->first || effect->store_log.last > log->last;
    struct store_part *part = later ? part_new(batch, log, effect->store_log.last)
                                    : part_of(batch, log);
    if (!part)
        return ERR_MEMORY;
    log->last = effect->store_log.last;
    if (effect->store_log.first > log->first)
        log->first = effect->store_log.first;
    part->before = effect->store_log.base;
    part->described = true;
    part->description = (struct store_row_log){
        .id = log->id,
        .row = log->row,
        .role = effect->store_log.role,
        .first = effect->store_log.first,
        .closed = effect->store_log.closed,
    };
    batch->bytes += sizeof part->description;
    return ERR_OK;
}

/* A value that changes a thousand times between two commits is written once. */
static enum err replace_topic(struct store_batch *batch, struct store_topic *topic,
                              const struct effect *effect)
{
    struct span bytes = effect->store_topic.bytes;
    if (bytes.size > topic->capacity) {
        char *memory = take(batch, bytes.size);
        if (!memory)
            return ERR_MEMORY;
        topic->row.bytes.bytes = memory;
        topic->capacity = bytes.size;
    }
    memcpy((char *)(uintptr_t)topic->row.bytes.bytes, bytes.bytes, bytes.size);
    topic->row.bytes.size = bytes.size;
    topic->row.id = effect->store_topic.id;
    topic->row.seq = effect->store_topic.seq;
    return ERR_OK;
}

enum err store_batch_add_topic(struct store_batch *batch, const struct effect *effect)
{
    struct store_topic *topic = table_get(&batch->topic_table, effect->store_topic.topic);
    if (topic)
        return replace_topic(batch, topic, effect);
    topic = take(batch, sizeof *topic);
    if (!topic || !copy(batch, effect->store_topic.topic, &topic->row.topic) ||
        !copy(batch, effect->store_topic.bytes, &topic->row.bytes))
        return ERR_MEMORY;
    topic->capacity = topic->row.bytes.size;
    topic->row.id = effect->store_topic.id;
    topic->row.seq = effect->store_topic.seq;
    if (batch->topic_last)
        batch->topic_last->next = topic;
    else
        batch->topics = topic;
    batch->topic_last = topic;
    /* Without a place in the table it is only written once more than needed: order is kept. */
    enum err indexed = table_put(&batch->topic_table, topic->row.topic, topic);
    (void)indexed;
    return ERR_OK;
}

enum err store_batch_add_peer(struct store_batch *batch, const struct effect *effect)
{
    struct store_peer *peer = take(batch, sizeof *peer);
    if (!peer || !copy(batch, effect->store_peer.device, &peer->device))
        return ERR_MEMORY;
    peer->address = effect->store_peer.address;
    if (batch->peer_last)
        batch->peer_last->next = peer;
    else
        batch->peers = peer;
    batch->peer_last = peer;
    return ERR_OK;
}

enum err store_batch_add_seen(struct store_batch *batch, const struct effect *effect)
{
    struct store_seen *seen = take(batch, sizeof *seen);
    if (!seen)
        return ERR_MEMORY;
    seen->row = effect->store_seen;
    if (!copy(batch, effect->store_seen.device, &seen->row.device) ||
        !copy(batch, effect->store_seen.evidence, &seen->row.evidence))
        return ERR_MEMORY;
    if (batch->seen_last)
        batch->seen_last->next = seen;
    else
        batch->seen = seen;
    batch->seen_last = seen;
    return ERR_OK;
}

enum err store_batch_add_fork(struct store_batch *batch, const struct effect *effect)
{
    struct store_fork *fork = take(batch, sizeof *fork);
    if (!fork)
        return ERR_MEMORY;
    fork->row = effect->store_fork;
    if (!copy(batch, effect->store_fork.bytes, &fork->row.bytes))
        return ERR_MEMORY;
    if (batch->fork_last)
        batch->fork_last->next = fork;
    else
        batch->forks = fork;
    batch->fork_last = fork;
    return ERR_OK;
}

void store_batch_close(struct store_batch *batch)
{
    for (struct store_part *part = batch->parts; part; part = part->next) {
        if (part->log->gathered != part)
            continue;
        check(!part->log->committing);
        part->log->committing = part;
        part->log->gathered = NULL;
    }
}

static const struct store_piece *find_in(const struct store_part *part, uint64_t seq,
                                         uint64_t *last)
{
    for (; part && seq <= part->base; part = part->older)
        if (part->base < *last)
            *last = part->base;
    const struct store_piece *piece = part ? part->pieces : NULL;
    while (piece && seq >= piece->first + piece->count)
        piece = piece->next;
    return piece;
}

const struct store_piece *store_batch_find(const struct store_log *log, uint64_t seq,
                                           uint64_t *last)
{
    *last = log->last;
    const struct store_piece *piece = find_in(log->gathered, seq, last);
    return piece ? piece : find_in(log->committing, seq, last);
}

static const struct store_row_seal *first_seal(const struct store_part *part, uint64_t seq,
                                               uint64_t last)
{
    const struct store_row_seal *first = NULL;
    for (const struct store_batch_seal *seal = part->seals; seal; seal = seal->next) {
        bool counts = seal->row.seq >= seq && seal->row.seq <= last && seal->row.signature_size > 0;
        if (counts && (!first || seal->row.seq < first->seq))
            first = &seal->row;
    }
    return first;
}

/* `*first` is what newer parts have. */
static void find_seal_in(const struct store_part *part, uint64_t seq, uint64_t *last,
                         const struct store_row_seal **first)
{
    for (; part; part = part->older) {
        const struct store_row_seal *found = first_seal(part, seq, *last);
        if (found && (!*first || found->seq < (*first)->seq))
            *first = found;
        if (part->base < *last)
            *last = part->base;
    }
}

const struct store_row_seal *store_batch_find_seal(const struct store_log *log, uint64_t seq,
                                                   uint64_t *last)
{
    const struct store_row_seal *first = NULL;
    *last = log->last;
    find_seal_in(log->gathered, seq, last, &first);
    find_seal_in(log->committing, seq, last, &first);
    return first;
}
