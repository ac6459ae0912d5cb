#include "io/store_mark.h"

#include "io/store_sum.h"

static uint64_t mark_sum(const struct store_mark *m)
{
    const struct chain_hash *before = &m->mark.before;
    uint64_t sum = store_sum_u64(STORE_SUM_START, (uint64_t)m->row);
    sum = store_sum_u64(sum, m->mark.first);
    sum = store_sum_u64(sum, m->mark.last);
    sum = store_sum_bytes(sum, (struct span){(const char *)before->bytes, sizeof before->bytes});
    return store_sum_u64(sum, m->mark.at_ms);
}

static enum err put(struct store_db *db, enum store_db_sql way, const struct store_mark *m)
{
    sqlite3_stmt *statement = store_db_use(db, way);
    sqlite3_bind_int64(statement, 1, store_db_key(m->row, m->mark.first));
    sqlite3_bind_int64(statement, 2, (int64_t)m->mark.last);
    sqlite3_bind_blob64(statement, 3, m->mark.before.bytes, sizeof m->mark.before.bytes,
                        SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, (int64_t)m->mark.at_ms);
    sqlite3_bind_int64(statement, 5, (int64_t)mark_sum(m));
    return store_db_run(db, statement);
}

static enum err get(sqlite3_stmt *statement, int64_t row, struct store_mark *m)
{
    int64_t key = sqlite3_column_int64(statement, 0);
    m->row = key >> STORE_DB_SEQ_BITS;
    m->mark.first = (uint64_t)key & STORE_DB_SEQ_MAX;
    m->mark.last = (uint64_t)sqlite3_column_int64(statement, 1);
    m->mark.at_ms = (uint64_t)sqlite3_column_int64(statement, 3);
    const void *before = sqlite3_column_blob(statement, 2);
    if (before == NULL || sqlite3_column_bytes(statement, 2) != sizeof m->mark.before.bytes)
        return ERR_CORRUPT;
    memcpy(m->mark.before.bytes, before, sizeof m->mark.before.bytes);
    bool same = (uint64_t)sqlite3_column_int64(statement, 4) == mark_sum(m);
    return m->row == row && same ? ERR_OK : ERR_CORRUPT;
}

/* Those from `first` to `last`, the newest first. */
static sqlite3_stmt *walk(struct store_db *db, enum store_db_sql way, int64_t row, uint64_t first,
                          uint64_t last)
{
    sqlite3_stmt *statement = store_db_use(db, way);
    sqlite3_bind_int64(statement, 1, store_db_key(row, first));
    sqlite3_bind_int64(statement, 2, store_db_key(row, last));
    return statement;
}

enum err store_mark_find(struct store_db *db, int64_t row, uint64_t first, struct store_mark *mark)
{
    sqlite3_stmt *statement = walk(db, STORE_DB_MARK_BACKWARD, row, 0, first);
    enum err err = store_db_step(db, statement);
    if (err != ERR_OK)
        return err;
    err = get(statement, row, mark);
    store_db_done(statement);
    return err;
}

enum err store_mark_put(struct store_db *db, const struct store_mark *mark)
{
    return put(db, STORE_DB_MARK_PUT, mark);
}

enum err store_mark_begin(struct store_db *db, int64_t row, uint64_t first,
                          const struct chain_hash *before)
{
    struct store_mark mark = {row, {.first = first, .before = *before}};
    enum err err = put(db, STORE_DB_MARK_KEEP, &mark);
    if (err == ERR_OK)
        err = store_db_run(db, walk(db, STORE_DB_MARK_CUT, row, 0, first - 1));
    return err;
}

enum err store_mark_cut(struct store_db *db, int64_t row, uint64_t last)
{
    struct store_mark mark;
    uint64_t first = last + 1;
    enum err err = store_db_run(db, walk(db, STORE_DB_MARK_CUT, row, last + 2, STORE_DB_SEQ_MAX));
    while (err == ERR_OK && first > 0) {
        err = store_mark_find(db, row, first, &mark);
        if (err != ERR_OK || mark.mark.last <= last)
            break;
        mark.mark.last = 0;
        err = store_mark_put(db, &mark);
        first = mark.mark.first - 1;
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err store_mark_base(struct store_db *db, int64_t row, uint64_t first,
                         struct chain_hash *before)
{
    struct store_mark mark;
    *before = (struct chain_hash){{0}};
    if (first <= 1)
        return ERR_OK;
    enum err err = store_mark_find(db, row, first, &mark);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && mark.mark.first != first))
        return ERR_CORRUPT;
    *before = mark.mark.before;
    return err;
}

static void turn(struct event_mark *marks, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct event_mark mark = marks[i];
        marks[i] = marks[count - 1 - i];
        marks[count - 1 - i] = mark;
    }
}

enum err store_mark_list(struct store_db *db, int64_t row, uint64_t last,
                         struct event_mark marks[LIMIT_MARKS], size_t *count)
{
    enum err err = ERR_OK;
    struct store_mark mark;
    *count = 0;
    sqlite3_stmt *statement = walk(db, STORE_DB_MARK_BACKWARD, row, 0, STORE_DB_SEQ_MAX);
    while (err == ERR_OK && *count < LIMIT_MARKS) {
        err = store_db_step(db, statement);
        if (err == ERR_OK)
            err = get(statement, row, &mark);
        if (err == ERR_OK && mark.mark.last > 0 && mark.mark.last <= last)
            marks[(*count)++] = mark.mark;
    }
    store_db_done(statement);
    turn(marks, *count);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}
