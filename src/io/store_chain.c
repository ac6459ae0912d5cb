#include "io/store_chain.h"

#include "io/store_mark.h"
#include "io/store_run.h"

/* Where the records begin that `hash` has yet to be carried over. */
static enum err find_start(struct store_db *db, int64_t row, uint64_t seq, uint64_t *first,
                           struct chain_hash *hash)
{
    struct store_row_run run = {.first = seq + 1};
    for (;;) {
        *first = run.first;
        enum err err = store_row_seek_run(db, row, run.first - 1, &run);
        if (err != ERR_OK)
            return err;
        if (run.hashed && run.first + run.count - 1 <= seq) {
            *first = run.first + run.count;
            *hash = run.hash_after;
            return ERR_OK;
        }
    }
}

enum err store_chain_at(struct store_db *db, int64_t row, uint64_t seq, struct chain_hash *hash)
{
    uint64_t next;
    *hash = (struct chain_hash){{0}}; /* where a log begins */
    enum err err = find_start(db, row, seq, &next, hash);
    if (err == ERR_NOT_FOUND)
        err = store_mark_base(db, row, next, hash);
    if (err != ERR_OK)
        return err;
    sqlite3_stmt *walk = store_row_walk_runs(db, row, next);
    while (err == ERR_OK && next <= seq) {
        struct store_row_run run;
        err = store_db_step(db, walk);
        if (err == ERR_OK)
            err = store_row_get_run(walk, row, &run);
        if (err != ERR_OK || run.first != next)
            break;
        size_t count = (size_t)(seq - run.first + 1);
        count = run.count < count ? (size_t)run.count : count;
        store_run_chain(hash, store_run_fit(run.bytes, SIZE_MAX, &count));
        next += count;
    }
    store_db_done(walk);
    return next == seq + 1 || (err != ERR_OK && err != ERR_NOT_FOUND) ? err : ERR_CORRUPT;
}
