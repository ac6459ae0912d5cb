/* Rows to and from structs. Values are bound where they lie, so they must stay until the statement
 * has run, which is before each function here returns. */
#include "io/store_row.h"

#include "io/store_sum.h"

static void bind_u64(sqlite3_stmt *statement, int at, uint64_t value)
{
    sqlite3_bind_int64(statement, at, (int64_t)value);
}

static void bind_text(sqlite3_stmt *statement, int at, struct span s)
{
    sqlite3_bind_text64(statement, at, s.size ? s.bytes : "", s.size, SQLITE_STATIC, SQLITE_UTF8);
}

static void bind_blob(sqlite3_stmt *statement, int at, const uint8_t *bytes, size_t size)
{
    sqlite3_bind_blob64(statement, at, size ? (const void *)bytes : "", size, SQLITE_STATIC);
}

/* Three values: device, key, epoch. */
static void bind_log_id(sqlite3_stmt *statement, int at, const struct log_id *id)
{
    bind_text(statement, at, span_of(id->device));
    bind_blob(statement, at + 1, id->key.bytes, sizeof id->key.bytes);
    bind_u64(statement, at + 2, id->epoch);
}

static uint64_t get_u64(sqlite3_stmt *statement, int at)
{
    return (uint64_t)sqlite3_column_int64(statement, at);
}

static struct span get_span(sqlite3_stmt *statement, int at)
{
    const char *bytes = sqlite3_column_blob(statement, at);
    return (struct span){bytes, (size_t)sqlite3_column_bytes(statement, at)};
}

static enum err get_bytes(sqlite3_stmt *statement, int at, uint8_t *out, size_t size)
{
    struct span s = get_span(statement, at);
    if (s.size != size)
        return ERR_CORRUPT;
    if (size > 0)
        memcpy(out, s.bytes, size);
    return ERR_OK;
}

static enum err get_log_id(sqlite3_stmt *statement, int at, struct log_id *id)
{
    struct span device = get_span(statement, at);
    if (device.size > LIMIT_NAME || memchr(device.size ? device.bytes : "", 0, device.size))
        return ERR_CORRUPT;
    *id = (struct log_id){.epoch = get_u64(statement, at + 2)};
    if (device.size > 0)
        memcpy(id->device, device.bytes, device.size);
    return get_bytes(statement, at + 1, id->key.bytes, sizeof id->key.bytes);
}

static uint64_t sum_blob(uint64_t sum, const uint8_t *bytes, size_t size)
{
    return store_sum_bytes(sum, (struct span){(const char *)bytes, size});
}

static uint64_t sum_log_id(uint64_t sum, const struct log_id *id)
{
    sum = store_sum_bytes(sum, span_of(id->device));
    sum = sum_blob(sum, id->key.bytes, sizeof id->key.bytes);
    return store_sum_u64(sum, id->epoch);
}

enum err store_row_put_counter(struct store_db *db, uint64_t counter)
{
    sqlite3_stmt *put = store_db_use(db, STORE_DB_META_PUT);
    bind_u64(put, 1, counter);
    bind_u64(put, 2, store_sum_u64(STORE_SUM_START, counter));
    return store_db_run(db, put);
}

enum err store_row_find_counter(struct store_db *db, uint64_t *counter)
{
    sqlite3_stmt *get = store_db_use(db, STORE_DB_META_GET);
    enum err err = store_db_step(db, get);
    if (err != ERR_OK)
        return err;
    *counter = get_u64(get, 0);
    if (get_u64(get, 1) != store_sum_u64(STORE_SUM_START, *counter))
        err = ERR_CORRUPT;
    store_db_done(get);
    return err;
}

static uint64_t log_sum(const struct store_row_log *log)
{
    uint64_t sum = sum_log_id(STORE_SUM_START, &log->id);
    sum = store_sum_u64(sum, (uint64_t)log->row);
    sum = store_sum_u64(sum, log->role);
    sum = store_sum_u64(sum, log->first);
    return store_sum_u64(sum, log->closed);
}

enum err store_row_put_log(struct store_db *db, const struct store_row_log *log)
{
    sqlite3_stmt *put = store_db_use(db, STORE_DB_LOG_PUT);
    bind_log_id(put, 1, &log->id);
    sqlite3_bind_int64(put, 4, log->row);
    sqlite3_bind_int(put, 5, (int)log->role);
    bind_u64(put, 6, log->first);
    sqlite3_bind_int(put, 7, log->closed);
    bind_u64(put, 8, log_sum(log));
    return store_db_run(db, put);
}

enum err store_row_get_log(sqlite3_stmt *statement, struct store_row_log *log)
{
    enum err err = get_log_id(statement, 0, &log->id);
    if (err != ERR_OK)
        return err;
    int64_t role = sqlite3_column_int64(statement, 4);
    log->row = sqlite3_column_int64(statement, 3);
    log->role = role >= 0 && role < ROLE_COUNT ? (enum role)role : ROLE_COUNT;
    log->first = get_u64(statement, 5);
    log->closed = sqlite3_column_int(statement, 6) != 0;
    bool same = log_sum(log) == get_u64(statement, 7) && log->role != ROLE_COUNT;
    return same && log->row > 0 && log->row <= STORE_DB_LOG_MAX ? ERR_OK : ERR_CORRUPT;
}

enum err store_row_find_log(struct store_db *db, const struct log_id *id, struct store_row_log *log)
{
    sqlite3_stmt *get = store_db_use(db, STORE_DB_LOG_GET);
    bind_log_id(get, 1, id);
    enum err err = store_db_step(db, get);
    if (err == ERR_OK) {
        err = store_row_get_log(get, log);
        store_db_done(get);
    }
    return err;
}

static uint64_t seal_sum(const struct store_row_seal *seal)
{
    uint64_t sum = store_sum_u64(STORE_SUM_START, (uint64_t)seal->row);
    sum = store_sum_u64(sum, seal->seq);
    sum = sum_blob(sum, seal->hash.bytes, sizeof seal->hash.bytes);
    return sum_blob(sum, seal->signature, seal->signature_size);
}

/* Any number that a damaged file may hold as a key. */
static void split_key(int64_t key, int64_t *row, uint64_t *seq)
{
    *row = key >> STORE_DB_SEQ_BITS;
    *seq = (uint64_t)key & STORE_DB_SEQ_MAX;
}

/* Two values: the keys of a stretch of one log. */
static void bind_keys(sqlite3_stmt *statement, int64_t row, uint64_t first, uint64_t last)
{
    sqlite3_bind_int64(statement, 1, store_db_key(row, first));
    sqlite3_bind_int64(statement, 2, store_db_key(row, last));
}

enum err store_row_put_seal(struct store_db *db, const struct store_row_seal *seal)
{
    sqlite3_stmt *put = store_db_use(db, STORE_DB_SEAL_PUT);
    sqlite3_bind_int64(put, 1, store_db_key(seal->row, seal->seq));
    bind_blob(put, 2, seal->hash.bytes, sizeof seal->hash.bytes);
    bind_blob(put, 3, seal->signature, seal->signature_size);
    bind_u64(put, 4, seal_sum(seal));
    return store_db_run(db, put);
}

enum err store_row_get_seal(sqlite3_stmt *statement, struct store_row_seal *seal)
{
    split_key(sqlite3_column_int64(statement, 0), &seal->row, &seal->seq);
    seal->signature_size = get_span(statement, 2).size;
    if (seal->signature_size > sizeof seal->signature)
        return ERR_CORRUPT;
    enum err err = get_bytes(statement, 1, seal->hash.bytes, sizeof seal->hash.bytes);
    if (err == ERR_OK)
        err = get_bytes(statement, 2, seal->signature, seal->signature_size);
    if (err == ERR_OK && get_u64(statement, 3) != seal_sum(seal))
        err = ERR_CORRUPT;
    return err;
}

uint64_t store_row_seal_seq(sqlite3_stmt *statement)
{
    int64_t row;
    uint64_t seq;
    split_key(sqlite3_column_int64(statement, 0), &row, &seq);
    return seq;
}

sqlite3_stmt *store_row_walk_seals(struct store_db *db, enum store_db_sql way, int64_t row,
                                   uint64_t first, uint64_t last)
{
    sqlite3_stmt *walk = store_db_use(db, way);
    bind_keys(walk, row, first, last);
    return walk;
}

enum err store_row_find_seal(struct store_db *db, int64_t row, struct store_row_seal *seal)
{
    *seal = (struct store_row_seal){.row = row};
    sqlite3_stmt *walk = store_row_walk_seals(db, STORE_DB_SEAL_BACKWARD, row, 0, STORE_DB_SEQ_MAX);
    enum err err = store_db_step(db, walk);
    if (err == ERR_OK) {
        err = store_row_get_seal(walk, seal);
        store_db_done(walk);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err store_row_cut_seals(struct store_db *db, int64_t row, uint64_t first, uint64_t last)
{
    sqlite3_stmt *cut = store_db_use(db, STORE_DB_SEAL_CUT);
    bind_keys(cut, row, first, last);
    return store_db_run(db, cut);
}

static size_t hash_size(const struct store_row_run *run)
{
    return run->hashed ? sizeof run->hash_after.bytes : 0;
}

static uint64_t run_sum(const struct store_row_run *run)
{
    uint64_t sum = store_sum_u64(STORE_SUM_START, (uint64_t)run->row);
    sum = store_sum_u64(sum, run->first);
    sum = store_sum_u64(sum, run->count);
    sum = sum_blob(sum, run->hash_after.bytes, hash_size(run));
    return store_sum_bytes(sum, run->bytes);
}

enum err store_row_put_run(struct store_db *db, enum store_db_sql change,
                           const struct store_row_run *run)
{
    sqlite3_stmt *put = store_db_use(db, change);
    sqlite3_bind_int64(put, 1, store_db_key(run->row, run->first));
    bind_u64(put, 2, run->count);
    bind_blob(put, 3, run->hash_after.bytes, hash_size(run));
    bind_u64(put, 4, run_sum(run));
    bind_text(put, 5, run->bytes);
    return store_db_run(db, put);
}

/* What RUN_LAST and RUN_FROM have in common. */
static enum err get_run(sqlite3_stmt *statement, struct store_row_run *run)
{
    split_key(sqlite3_column_int64(statement, 0), &run->row, &run->first);
    run->count = get_u64(statement, 1);
    run->hashed = sqlite3_column_bytes(statement, 2) > 0;
    enum err err = get_bytes(statement, 2, run->hash_after.bytes, hash_size(run));
    bool possible = run->first > 0 && run->count > 0 && run->count <= STORE_DB_SEQ_MAX;
    return possible ? err : ERR_CORRUPT;
}

enum err store_row_get_run(sqlite3_stmt *statement, int64_t row, struct store_row_run *run)
{
    enum err err = get_run(statement, run);
    run->bytes = get_span(statement, 4);
    bool same = run->row == row && get_u64(statement, 3) == run_sum(run);
    return err == ERR_OK && !same ? ERR_CORRUPT : err;
}

enum err store_row_seek_run(struct store_db *db, int64_t row, uint64_t seq,
                            struct store_row_run *run)
{
    sqlite3_stmt *seek = store_db_use(db, STORE_DB_RUN_LAST);
    sqlite3_bind_int64(seek, 1, store_db_key(row, seq));
    sqlite3_bind_int64(seek, 2, store_db_key(row, 0));
    enum err err = store_db_step(db, seek);
    if (err != ERR_OK)
        return err;
    err = get_run(seek, run);
    run->bytes = (struct span){0};
    store_db_done(seek);
    return run->row == row && run->first <= seq ? err : ERR_CORRUPT;
}

sqlite3_stmt *store_row_walk_runs(struct store_db *db, int64_t row, uint64_t first)
{
    sqlite3_stmt *walk = store_db_use(db, STORE_DB_RUN_FROM);
    bind_keys(walk, row, first, STORE_DB_SEQ_MAX);
    return walk;
}

enum err store_row_cut_runs(struct store_db *db, int64_t row, uint64_t first)
{
    sqlite3_stmt *cut = store_db_use(db, STORE_DB_RUN_CUT);
    bind_keys(cut, row, first, STORE_DB_SEQ_MAX);
    return store_db_run(db, cut);
}

static uint64_t topic_sum(const struct store_row_topic *topic)
{
    uint64_t sum = store_sum_bytes(STORE_SUM_START, topic->topic);
    sum = sum_log_id(sum, &topic->id);
    sum = store_sum_u64(sum, topic->seq);
    return store_sum_bytes(sum, topic->bytes);
}

enum err store_row_put_topic(struct store_db *db, const struct store_row_topic *topic)
{
    sqlite3_stmt *put = store_db_use(db, STORE_DB_TOPIC_PUT);
    bind_text(put, 1, topic->topic);
    bind_log_id(put, 2, &topic->id);
    bind_u64(put, 5, topic->seq);
    bind_u64(put, 6, topic_sum(topic));
    bind_text(put, 7, topic->bytes);
    return store_db_run(db, put);
}

enum err store_row_get_topic(sqlite3_stmt *statement, struct store_row_topic *topic)
{
    topic->topic = get_span(statement, 0);
    topic->seq = get_u64(statement, 4);
    topic->bytes = get_span(statement, 6);
    enum err err = get_log_id(statement, 1, &topic->id);
    if (err == ERR_OK && get_u64(statement, 5) != topic_sum(topic))
        err = ERR_CORRUPT;
    return err;
}

static uint64_t peer_sum(const struct store_row_peer *peer)
{
    uint64_t sum = store_sum_bytes(STORE_SUM_START, peer->device);
    sum = store_sum_u64(sum, peer->address.ipv4);
    sum = store_sum_u64(sum, peer->address.port);
    return store_sum_u64(sum, peer->used);
}

enum err store_row_put_peer(struct store_db *db, const struct store_row_peer *peer)
{
    sqlite3_stmt *put = store_db_use(db, STORE_DB_PEER_PUT);
    bind_text(put, 1, peer->device);
    bind_u64(put, 2, peer->address.ipv4);
    bind_u64(put, 3, peer->address.port);
    bind_u64(put, 4, peer->used);
    bind_u64(put, 5, peer_sum(peer));
    return store_db_run(db, put);
}

enum err store_row_get_peer(sqlite3_stmt *statement, struct store_row_peer *peer)
{
    peer->device = get_span(statement, 0);
    uint64_t ipv4 = get_u64(statement, 1);
    uint64_t port = get_u64(statement, 2);
    peer->address = (struct address){.ipv4 = (uint32_t)ipv4, .port = (uint16_t)port};
    peer->used = get_u64(statement, 3);
    bool same = peer->address.ipv4 == ipv4 && peer->address.port == port &&
                peer_sum(peer) == get_u64(statement, 4);
    return same && peer->device.size <= LIMIT_NAME ? ERR_OK : ERR_CORRUPT;
}

static uint64_t seen_sum(const struct event_seen *seen)
{
    uint64_t sum = store_sum_bytes(STORE_SUM_START, seen->device);
    sum = store_sum_u64(sum, seen->role);
    sum = store_sum_u64(sum, seen->epoch);
    sum = store_sum_u64(sum, seen->heard_ms);
    sum = store_sum_u64(sum, seen->left);
    return store_sum_bytes(sum, seen->evidence);
}

enum err store_row_put_seen(struct store_db *db, const struct event_seen *seen)
{
    sqlite3_stmt *put = store_db_use(db, STORE_DB_SEEN_PUT);
    bind_text(put, 1, seen->device);
    sqlite3_bind_int(put, 2, (int)seen->role);
    bind_u64(put, 3, seen->epoch);
    bind_u64(put, 4, seen->heard_ms);
    sqlite3_bind_int(put, 5, seen->left);
    bind_text(put, 6, seen->evidence);
    bind_u64(put, 7, seen_sum(seen));
    return store_db_run(db, put);
}

enum err store_row_get_seen(sqlite3_stmt *statement, struct event_seen *seen)
{
    int64_t role = sqlite3_column_int64(statement, 1);
    *seen = (struct event_seen){
        .device = get_span(statement, 0),
        .role = role >= 0 && role < ROLE_COUNT ? (enum role)role : ROLE_COUNT,
        .epoch = get_u64(statement, 2),
        .heard_ms = get_u64(statement, 3),
        .left = sqlite3_column_int(statement, 4) != 0,
        .evidence = get_span(statement, 5),
    };
    bool same = seen_sum(seen) == get_u64(statement, 6) && seen->role != ROLE_COUNT;
    return same && seen->device.size <= LIMIT_NAME && seen->evidence.size <= LIMIT_REASON
               ? ERR_OK
               : ERR_CORRUPT;
}

static uint64_t fork_sum(const struct proof *fork)
{
    uint64_t sum = store_sum_bytes(STORE_SUM_START, span_of(fork->id.device));
    sum = store_sum_bytes(sum, (struct span){(const char *)fork->id.key.bytes,
                                             sizeof fork->id.key.bytes});
    sum = store_sum_u64(sum, fork->id.epoch);
    for (size_t i = 0; i < COUNT_OF(fork->seals); i++) {
        const struct log_seal *seal = &fork->seals[i];
        sum = store_sum_u64(sum, seal->seq);
        sum = store_sum_bytes(sum, (struct span){(const char *)seal->hash.bytes,
                                                 sizeof seal->hash.bytes});
        sum = store_sum_bytes(sum,
                              (struct span){(const char *)seal->signature, seal->signature_size});
    }
    sum = store_sum_bytes(sum,
                          (struct span){(const char *)fork->there.bytes, sizeof fork->there.bytes});
    sum = store_sum_u64(sum, fork->count);
    return store_sum_bytes(sum, fork->bytes);
}

static void bind_seal(sqlite3_stmt *statement, int at, const struct log_seal *seal)
{
    bind_u64(statement, at, seal->seq);
    bind_blob(statement, at + 1, seal->hash.bytes, sizeof seal->hash.bytes);
    bind_blob(statement, at + 2, seal->signature, seal->signature_size);
}

enum err store_row_put_fork(struct store_db *db, const struct proof *fork)
{
    sqlite3_stmt *put = store_db_use(db, STORE_DB_FORK_PUT);
    bind_log_id(put, 1, &fork->id);
    bind_seal(put, 4, &fork->seals[0]);
    bind_seal(put, 7, &fork->seals[1]);
    bind_blob(put, 10, fork->there.bytes, sizeof fork->there.bytes);
    bind_u64(put, 11, fork->count);
    bind_text(put, 12, fork->bytes);
    bind_u64(put, 13, fork_sum(fork));
    return store_db_run(db, put);
}

static enum err get_seal(sqlite3_stmt *statement, int at, struct log_seal *seal)
{
    struct span signature = get_span(statement, at + 2);
    *seal = (struct log_seal){.seq = get_u64(statement, at), .signature_size = signature.size};
    if (signature.size > LIMIT_SIGNATURE)
        return ERR_CORRUPT;
    enum err err = get_bytes(statement, at + 2, seal->signature, signature.size);
    return err == ERR_OK ? get_bytes(statement, at + 1, seal->hash.bytes, sizeof seal->hash.bytes)
                         : err;
}

enum err store_row_get_fork(sqlite3_stmt *statement, struct proof *fork)
{
    struct log_id id;
    enum err err = get_log_id(statement, 0, &id);
    *fork = (struct proof){.count = (size_t)get_u64(statement, 10),
                           .bytes = get_span(statement, 11)};
    if (err != ERR_OK)
        return err;
    fork->id = id;
    err = get_seal(statement, 3, &fork->seals[0]);
    if (err == ERR_OK)
        err = get_seal(statement, 6, &fork->seals[1]);
    if (err == ERR_OK)
        err = get_bytes(statement, 9, fork->there.bytes, sizeof fork->there.bytes);
    return err == ERR_OK && fork_sum(fork) != get_u64(statement, 12) ? ERR_CORRUPT : err;
}
