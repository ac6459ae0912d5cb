#include "io/store_seal.h"

/* The sequences of the two newest seals before `seq`, the newest first; 0: there is none. */
static enum err find_before(struct store_db *db, int64_t row, uint64_t seq, uint64_t before[2])
{
    enum err err = ERR_OK;
    sqlite3_stmt *walk = store_row_walk_seals(db, STORE_DB_SEAL_BACKWARD, row, 0, seq - 1);
    for (int i = 0; i < 2; i++) {
        before[i] = 0;
        if (err == ERR_OK)
            err = store_db_step(db, walk);
        if (err == ERR_OK)
            before[i] = store_row_seal_seq(walk);
    }
    store_db_done(walk);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err store_seal_write(struct store_db *db, const struct store_row_seal *seal)
{
    uint64_t before[2];
    enum err err = find_before(db, seal->row, seal->seq, before);
    if (err == ERR_OK && before[0] > 0 && seal->seq - before[1] <= LIMIT_SEAL_KEEP)
        err = store_row_cut_seals(db, seal->row, before[0], before[0]);
    return err == ERR_OK ? store_row_put_seal(db, seal) : err;
}

/* A damaged seal costs nothing but a longer stretch, up to the next one. */
static enum err find_stored(struct store_db *db, int64_t row, uint64_t first, uint64_t last,
                            struct store_row_seal *seal)
{
    if (first > last)
        return ERR_NOT_FOUND;
    sqlite3_stmt *walk = store_row_walk_seals(db, STORE_DB_SEAL_FROM, row, first, last);
    enum err err;
    while ((err = store_db_step(db, walk)) == ERR_OK)
        if (store_row_get_seal(walk, seal) == ERR_OK && seal->signature_size > 0)
            break;
    store_db_done(walk);
    return err;
}

enum err store_seal_next(struct store_db *db, const struct store_log *log, uint64_t seq,
                         struct store_row_seal *seal)
{
    uint64_t last;
    const struct store_row_seal *gathered = store_batch_find_seal(log, seq, &last);
    if (gathered && gathered->seq <= last)
        last = gathered->seq - 1;
    enum err err = find_stored(db, log->row, seq, last, seal);
    if (err != ERR_NOT_FOUND || !gathered)
        return err;
    *seal = *gathered;
    return ERR_OK;
}
