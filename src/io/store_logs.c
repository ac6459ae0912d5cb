#include "io/store_logs.h"

#include <stdlib.h>

enum { LOGS_MAX = 1 << 20 }; /* the core holds LIMIT_LOGS; beyond, those at rest are forgotten */

void store_logs_init(struct store_logs *logs, struct store_db *db, uint64_t seed, int64_t row_next)
{
    *logs = (struct store_logs){.db = db, .row_next = row_next};
    table_init(&logs->table, LOGS_MAX, seed);
}

static struct span name_view(const struct store_log *log)
{
    return (struct span){(const char *)log->name, sizeof log->name};
}

static void name_make(struct store_log *log, const struct log_id *id)
{
    uint8_t *at = log->name;
    memcpy(at, id->key.bytes, sizeof id->key.bytes);
    memcpy(at + sizeof id->key.bytes, &id->epoch, sizeof id->epoch);
    memcpy(at + sizeof id->key.bytes + sizeof id->epoch, id->device, strlen(id->device));
}

void store_logs_clear(struct store_logs *logs)
{
    size_t at = 0;
    for (struct store_log *log; (log = table_next(&logs->table, &at)) != NULL;) {
        check(!log->gathered && !log->committing);
        free(log);
    }
    uint64_t seed = logs->table.seed[0];
    table_fini(&logs->table);
    table_init(&logs->table, LOGS_MAX, seed);
}

void store_logs_fini(struct store_logs *logs)
{
    store_logs_clear(logs);
    table_fini(&logs->table);
}

static enum err insert(struct store_logs *logs, const struct store_log *found,
                       struct store_log **log)
{
    struct store_log *made = malloc(sizeof *made);
    if (!made)
        return ERR_MEMORY;
    *made = *found;
    enum err err = table_put(&logs->table, name_view(made), made);
    if (err != ERR_OK)
        free(made);
    else
        *log = made;
    return err;
}

static enum err load(struct store_logs *logs, struct store_log *log)
{
    struct store_row_log row;
    enum err err = store_row_find_log(logs->db, &log->id, &row);
    if (err != ERR_OK)
        return err;
    log->row = row.row;
    log->first = row.first;
    log->last = row.first - 1;
    struct store_row_run run;
    err = store_row_seek_run(logs->db, row.row, STORE_DB_SEQ_MAX, &run);
    if (err == ERR_OK)
        log->last = run.first + run.count - 1;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err store_logs_find(struct store_logs *logs, const struct log_id *id, struct store_log **log)
{
    struct store_log wanted = {.id = *id};
    name_make(&wanted, id);
    *log = table_get(&logs->table, name_view(&wanted));
    if (*log)
        return ERR_OK;
    enum err err = load(logs, &wanted);
    return err == ERR_OK ? insert(logs, &wanted, log) : err;
}

enum err store_logs_add(struct store_logs *logs, const struct log_id *id, uint64_t first,
                        struct store_log **log)
{
    if (logs->row_next > STORE_DB_LOG_MAX)
        return ERR_FULL;
    struct store_log made = {.id = *id, .row = logs->row_next, .first = first, .last = first - 1};
    name_make(&made, id);
    enum err err = insert(logs, &made, log);
    if (err == ERR_OK)
        logs->row_next++;
    return err;
}
