/* The worker's half: a batch becomes rows.
 *
 * All pieces of one part that fit are joined into one row of at most ROW_BYTES, because a row costs
 * the same whatever it holds; the bound is what one message takes, so that reading for a peer takes
 * whole rows. A piece above the bound is split. */
#include "io/store_write.h"

#include "io/store_chain.h"
#include "io/store_mark.h"
#include "io/store_run.h"
#include "io/store_seal.h"
#include "io/store_sweep.h"

#include <stdlib.h>

enum {
    ROW_BYTES = LIMIT_BATCH_BYTES,
    PROBE_BYTES = 512 * 1024,
    SWEPT_ROWS = 16, /* in each commit, and twice as many as are written: what is pruned goes faster
                        than what comes */
};

/* A row under construction. While it has one piece, its bytes are that piece's. */
struct row {
    struct store_db *db;
    struct store_row_run run;
    char *joined; /* ROW_BYTES, once needed */
    size_t written;
};

static enum err flush(struct row *row)
{
    if (row->run.count == 0)
        return ERR_OK;
    enum err err = store_row_put_run(row->db, STORE_DB_RUN_PUT, &row->run);
    row->written++;
    row->run.count = 0;
    row->run.bytes.size = 0;
    return err;
}

static enum err join(struct row *row, const struct store_piece *piece)
{
    if (!row->joined)
        row->joined = malloc(ROW_BYTES);
    if (!row->joined)
        return ERR_MEMORY;
    struct span *bytes = &row->run.bytes;
    if (bytes->bytes != row->joined)
        memcpy(row->joined, bytes->bytes, bytes->size);
    row->joined[bytes->size] = ',';
    memcpy(row->joined + bytes->size + 1, piece->bytes.bytes, piece->bytes.size);
    *bytes = (struct span){row->joined, bytes->size + 1 + piece->bytes.size};
    row->run.count += piece->count;
    row->run.hashed = true;
    row->run.hash_after = piece->hash_after;
    return ERR_OK;
}

static enum err begin(struct row *row, const struct store_piece *piece)
{
    enum err err = flush(row);
    row->run.first = piece->first;
    row->run.count = piece->count;
    row->run.hashed = true;
    row->run.hash_after = piece->hash_after;
    row->run.bytes = piece->bytes;
    return err;
}

/* Only the last row keeps the chain hash: those between are rarely asked for (store_chain.h). */
static enum err split(struct row *row, const struct store_piece *piece)
{
    struct store_piece rest = *piece;
    enum err err = ERR_OK;
    while (err == ERR_OK && rest.count > 0) {
        struct store_piece head = rest;
        head.bytes = store_run_fit(rest.bytes, ROW_BYTES, &head.count);
        check(head.count > 0);
        err = begin(row, &head);
        row->run.hashed = head.count == rest.count;
        rest.bytes = store_run_behind(rest.bytes, head.count);
        rest.first += head.count;
        rest.count -= head.count;
    }
    return err;
}

static enum err write_pieces(struct row *row, const struct store_part *part)
{
    enum err err = ERR_OK;
    row->run.row = part->row;
    for (const struct store_piece *piece = part->pieces; piece && err == ERR_OK;
         piece = piece->next) {
        if (piece->bytes.size > ROW_BYTES)
            err = split(row, piece);
        else if (row->run.count > 0 && row->run.bytes.size + 1 + piece->bytes.size <= ROW_BYTES)
            err = join(row, piece);
        else
            err = begin(row, piece);
    }
    return err == ERR_OK ? flush(row) : err;
}

/* Rewrites the row that begins at `first` so that it ends with `last`. */
static enum err shorten(struct store_db *db, int64_t row, uint64_t first, uint64_t last)
{
    struct store_row_run run;
    struct chain_hash hash;
    char *bytes = NULL;
    size_t count = (size_t)(last - first + 1);
    enum err err = store_chain_at(db, row, last, &hash);
    if (err != ERR_OK)
        return err;
    sqlite3_stmt *walk = store_row_walk_runs(db, row, first);
    err = store_db_step(db, walk);
    if (err == ERR_OK)
        err = store_row_get_run(walk, row, &run);
    if (err == ERR_OK) {
        run.bytes = store_run_fit(run.bytes, SIZE_MAX, &count);
        bytes = malloc(run.bytes.size + 1);
        err = bytes ? ERR_OK : ERR_MEMORY;
    }
    if (err == ERR_OK) {
        run.bytes.bytes = memcpy(bytes, run.bytes.bytes, run.bytes.size);
        run.count = count;
        run.hashed = true;
        run.hash_after = hash;
        err = store_row_put_run(db, STORE_DB_RUN_CHANGE, &run);
    }
    store_db_done(walk);
    free(bytes);
    return err;
}

enum err store_write_cut(struct store_db *db, int64_t row, uint64_t last)
{
    struct store_row_run run;
    enum err err = store_row_cut_runs(db, row, last + 1);
    if (err == ERR_OK)
        err = store_row_cut_seals(db, row, last + 1, STORE_DB_SEQ_MAX);
    if (err == ERR_OK)
        err = store_mark_cut(db, row, last);
    if (err == ERR_OK)
        err = store_row_seek_run(db, row, last, &run);
    if (err == ERR_OK && run.count > last - run.first + 1)
        err = shorten(db, row, run.first, last);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err write_seals(struct store_db *db, const struct store_part *part)
{
    enum err err = ERR_OK;
    for (const struct store_batch_seal *seal = part->seals; seal && err == ERR_OK;
         seal = seal->next)
        err = store_seal_write(db, &seal->row);
    return err;
}

static enum err write_marks(struct store_db *db, const struct store_part *part)
{
    enum err err = ERR_OK;
    for (const struct store_piece *p = part->pieces; p && err == ERR_OK; p = p->next)
        if (p->mark.first > 0)
            err = store_mark_put(db, &(struct store_mark){part->row, p->mark});
    return err;
}

static enum err describe(struct store_db *db, const struct store_part *part)
{
    const struct store_row_log *log = &part->description;
    enum err err = store_row_put_log(db, log);
    if (err == ERR_OK && log->first > 1)
        err = store_sweep_begin(db, log->row, log->first, &part->before);
    return err;
}

static enum err write_parts(struct row *row, const struct store_batch *batch)
{
    enum err err = ERR_OK;
    for (const struct store_part *part = batch->parts; part && err == ERR_OK; part = part->next) {
        if (part->described)
            err = describe(row->db, part);
        if (err == ERR_OK && part->cut)
            err = store_write_cut(row->db, part->row, part->base);
        if (err == ERR_OK)
            err = write_pieces(row, part);
        if (err == ERR_OK)
            err = write_seals(row->db, part);
        if (err == ERR_OK)
            err = write_marks(row->db, part);
    }
    return err;
}

static enum err write_topics(struct store_db *db, const struct store_batch *batch)
{
    enum err err = ERR_OK;
    for (const struct store_topic *topic = batch->topics; topic && err == ERR_OK;
         topic = topic->next)
        err = store_row_put_topic(db, &topic->row);
    return err;
}

static enum err trim_peers(struct store_db *db, struct span device)
{
    sqlite3_stmt *trim = store_db_use(db, STORE_DB_PEER_TRIM);
    sqlite3_bind_text64(trim, 1, device.bytes, device.size, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int(trim, 2, LIMIT_ADDRESSES);
    return store_db_run(db, trim);
}

static enum err write_peers(struct store_db *db, const struct store_batch *batch)
{
    if (!batch->peers)
        return ERR_OK;
    sqlite3_stmt *greatest = store_db_use(db, STORE_DB_PEER_GREATEST);
    enum err err = store_db_step(db, greatest);
    uint64_t used = err == ERR_OK ? (uint64_t)sqlite3_column_int64(greatest, 0) : 0;
    store_db_done(greatest);
    for (const struct store_peer *peer = batch->peers; peer && err == ERR_OK; peer = peer->next) {
        struct store_row_peer row = {peer->device, peer->address, ++used};
        err = store_row_put_peer(db, &row);
        if (err == ERR_OK)
            err = trim_peers(db, peer->device);
    }
    if (err != ERR_OK)
        return err;
    sqlite3_stmt *forget = store_db_use(db, STORE_DB_PEER_FORGET);
    sqlite3_bind_int(forget, 1, LIMIT_MEMBERS);
    return store_db_run(db, forget);
}

static enum err write_seen(struct store_db *db, const struct store_batch *batch)
{
    enum err err = ERR_OK;
    if (!batch->seen)
        return ERR_OK;
    for (const struct store_seen *seen = batch->seen; seen && err == ERR_OK; seen = seen->next)
        err = store_row_put_seen(db, &seen->row);
    if (err != ERR_OK)
        return err;
    sqlite3_stmt *forget = store_db_use(db, STORE_DB_SEEN_FORGET);
    sqlite3_bind_int(forget, 1, LIMIT_MEMBERS);
    return store_db_run(db, forget);
}

static enum err write_forks(struct store_db *db, const struct store_batch *batch)
{
    enum err err = ERR_OK;
    for (const struct store_fork *fork = batch->forks; fork && err == ERR_OK; fork = fork->next)
        err = store_row_put_fork(db, &fork->row);
    return err;
}

enum err store_write_batch(struct store_db *db, const struct store_batch *batch)
{
    struct row row = {.db = db};
    store_db_rollback(db);
    enum err err = store_db_do(db, STORE_DB_BEGIN);
    if (err == ERR_OK)
        err = write_parts(&row, batch);
    if (err == ERR_OK)
        err = write_topics(db, batch);
    if (err == ERR_OK)
        err = write_peers(db, batch);
    if (err == ERR_OK)
        err = write_seen(db, batch);
    if (err == ERR_OK)
        err = write_forks(db, batch);
    if (err == ERR_OK)
        err = store_sweep_some(db, SWEPT_ROWS + 2 * row.written);
    if (err == ERR_OK)
        err = store_db_do(db, STORE_DB_COMMIT);
    if (err != ERR_OK)
        store_db_rollback(db);
    free(row.joined);
    return err;
}

enum err store_write_probe(struct store_db *db)
{
    char *bytes = malloc(PROBE_BYTES);
    if (!bytes)
        return ERR_MEMORY;
    store_db_rollback(db);
    memset(bytes, ' ', PROBE_BYTES);
    struct store_row_run run = {.count = 1, .bytes = {bytes, PROBE_BYTES}}; /* no log has row 0 */
    enum err err = store_row_put_run(db, STORE_DB_RUN_CHANGE, &run);
    if (err == ERR_OK)
        err = store_db_checkpoint(db);
    if (err == ERR_OK || err == ERR_BUSY)
        err = store_row_cut_runs(db, 0, 0);
    free(bytes);
    return err;
}
