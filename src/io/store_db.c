/* All of the store's SQL.
 *
 * Tables are made once, in one transaction, and compared word by word at every open: the schema is
 * data in the file too, and a bit flipped in it must not change what a statement means. A later
 * version that changes a table raises SCHEMA_VERSION and converts in store_db_migrate(). It alters
 * the table in place: a salvage relies on every table's first page being the same in all files.
 *
 * `run` has integer keys: its leaves then hold rows of up to a page, while a table without rowids
 * would move everything beyond a quarter page to pages of its own. The small tables have their
 * natural keys and no second index that could contradict them. */
#include "io/store_db.h"

#include <stdio.h>
#include <uv.h>

enum {
    SCHEMA_VERSION = 4,
    SCHEMA_FIRST = 1, /* which kept one seal of a log */
    PAGE_BYTES = 4096,
    APPLICATION = 0x4b697468, /* "Kith", shown by file(1) */
    BUSY_MS = 2000,           /* somebody looks with sqlite3 while the peer runs */
};

static const char *const tables[] = {
    "CREATE TABLE meta(id INTEGER PRIMARY KEY, counter INTEGER NOT NULL, sum INTEGER NOT NULL)"
    " STRICT",
    "CREATE TABLE log(device TEXT NOT NULL, key BLOB NOT NULL, epoch INTEGER NOT NULL,"
    " id INTEGER NOT NULL, role INTEGER NOT NULL, first INTEGER NOT NULL, closed INTEGER NOT NULL,"
    " sum INTEGER NOT NULL, PRIMARY KEY(device, key, epoch)) STRICT, WITHOUT ROWID",
    "CREATE TABLE seal(id INTEGER PRIMARY KEY, hash BLOB NOT NULL, signature BLOB NOT NULL,"
    " sum INTEGER NOT NULL) STRICT",
    "CREATE TABLE run(id INTEGER PRIMARY KEY, count INTEGER NOT NULL, hash BLOB NOT NULL,"
    " sum INTEGER NOT NULL, bytes TEXT NOT NULL) STRICT",
    "CREATE TABLE topic(topic TEXT PRIMARY KEY, device TEXT NOT NULL, key BLOB NOT NULL,"
    " epoch INTEGER NOT NULL, seq INTEGER NOT NULL, sum INTEGER NOT NULL, bytes TEXT NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE peer(device TEXT NOT NULL, ipv4 INTEGER NOT NULL, port INTEGER NOT NULL,"
    " used INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(device, ipv4, port))"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE seen(device TEXT PRIMARY KEY, role INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " heard INTEGER NOT NULL, gone INTEGER NOT NULL, evidence TEXT NOT NULL, sum INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE mark(id INTEGER PRIMARY KEY, last INTEGER NOT NULL, hash BLOB NOT NULL,"
    " at INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT",
    "CREATE TABLE fork(device TEXT NOT NULL, key BLOB NOT NULL, epoch INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL, other_seq INTEGER NOT "
    "NULL,"
    " other_hash BLOB NOT NULL, other_signature BLOB NOT NULL, there BLOB NOT NULL,"
    " count INTEGER NOT NULL, bytes TEXT NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(device, key))"
    " STRICT, WITHOUT ROWID",
};

enum { SEAL_TABLE = 2 };

/* By version: the second knows who was seen, the third where a log may begin, the fourth whose key
 * has forked. */
static const size_t table_counts[SCHEMA_VERSION + 1] = {0, 6, 7, 8, COUNT_OF(tables)};

static const char *const seal_table_first =
    "CREATE TABLE seal(log INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL,"
    " signature BLOB NOT NULL, sum INTEGER NOT NULL) STRICT";

/* The sums of seals are the same in both: they are over log and sequence, however these are kept.
 * 40 is STORE_DB_SEQ_BITS. */
static const char seal_first[] = "SELECT log << 40 | seq, hash, signature, sum FROM seal"
                                 " WHERE log = ?1 >> 40 AND log << 40 | seq BETWEEN ?1 AND ?2";
static const char migrate_first[] = "UPDATE seal SET log = log << 40 | seq;"
                                    "ALTER TABLE seal DROP COLUMN seq;"
                                    "ALTER TABLE seal RENAME COLUMN log TO id;";

#define LOG_COLUMNS   "device, key, epoch, id, role, first, closed, sum"
#define TOPIC_COLUMNS "topic, device, key, epoch, seq, sum, bytes"
#define PEER_COLUMNS  "device, ipv4, port, used, sum"
#define FORK_COLUMNS                                                                           \
    "device, key, epoch, seq, hash, signature, other_seq, other_hash, other_signature, there," \
    " count, bytes, sum"
#define SEEN_COLUMNS "device, role, epoch, heard, gone, evidence, sum"

static const char *const texts[STORE_DB_SQL_COUNT] = {
    [STORE_DB_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_DB_COMMIT] = "COMMIT",
    [STORE_DB_ROLLBACK] = "ROLLBACK",
    [STORE_DB_META_GET] = "SELECT counter, sum FROM meta WHERE id = 1",
    [STORE_DB_META_PUT] = "INSERT OR REPLACE INTO meta(id, counter, sum) VALUES(1, ?1, ?2)",
    [STORE_DB_LOG_GET] = "SELECT " LOG_COLUMNS
                         " FROM log WHERE device = ?1 AND key = ?2 AND epoch = ?3",
    [STORE_DB_LOG_PUT] = "INSERT OR REPLACE INTO log(" LOG_COLUMNS
                         ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STORE_DB_LOG_ALL] = "SELECT " LOG_COLUMNS " FROM log ORDER BY device, key, epoch",
    [STORE_DB_LOG_BACKWARD] = "SELECT " LOG_COLUMNS
                              " FROM log ORDER BY device DESC, key DESC, epoch DESC",
    [STORE_DB_LOG_GREATEST] = "SELECT max(id), max(epoch) FROM log",
    [STORE_DB_SEAL_FROM] = "SELECT id, hash, signature, sum FROM seal"
                           " WHERE id >= ?1 AND id <= ?2 ORDER BY id",
    [STORE_DB_SEAL_BACKWARD] = "SELECT id, hash, signature, sum FROM seal"
                               " WHERE id >= ?1 AND id <= ?2 ORDER BY id DESC",
    [STORE_DB_SEAL_PUT] = "INSERT OR REPLACE INTO seal(id, hash, signature, sum)"
                          " VALUES(?1, ?2, ?3, ?4)",
    [STORE_DB_SEAL_CUT] = "DELETE FROM seal WHERE id >= ?1 AND id <= ?2",
    [STORE_DB_RUN_LAST] = "SELECT id, count, hash FROM run WHERE id <= ?1 AND id >= ?2"
                          " ORDER BY id DESC LIMIT 1",
    [STORE_DB_RUN_FROM] = "SELECT id, count, hash, sum, bytes FROM run"
                          " WHERE id >= ?1 AND id <= ?2 ORDER BY id",
    [STORE_DB_RUN_PUT] = "INSERT INTO run(id, count, hash, sum, bytes) VALUES(?1, ?2, ?3, ?4, ?5)",
    [STORE_DB_RUN_CHANGE] = "INSERT OR REPLACE INTO run(id, count, hash, sum, bytes) VALUES(?1, "
                            "?2, ?3, ?4, ?5)",
    [STORE_DB_RUN_CUT] = "DELETE FROM run WHERE id >= ?1 AND id <= ?2",
    [STORE_DB_MARK_PUT] = "INSERT OR REPLACE INTO mark(id, last, hash, at, sum)"
                          " VALUES(?1, ?2, ?3, ?4, ?5)",
    [STORE_DB_MARK_KEEP] = "INSERT OR IGNORE INTO mark(id, last, hash, at, sum)"
                           " VALUES(?1, ?2, ?3, ?4, ?5)",
    [STORE_DB_MARK_BACKWARD] = "SELECT id, last, hash, at, sum FROM mark"
                               " WHERE id >= ?1 AND id <= ?2 ORDER BY id DESC",
    [STORE_DB_MARK_CUT] = "DELETE FROM mark WHERE id >= ?1 AND id <= ?2",
    /* 40 is STORE_DB_SEQ_BITS */
    [STORE_DB_SWEEP_FIND] = "SELECT id, first FROM log WHERE first > 1 AND EXISTS(SELECT 1 FROM run"
                            " WHERE run.id >= log.id << 40 AND run.id < (log.id << 40) + log.first)"
                            " LIMIT 1",
    [STORE_DB_SWEEP_END] = "SELECT id FROM run WHERE id >= ?1 AND id < ?2 ORDER BY id"
                           " LIMIT 1 OFFSET ?3",
    [STORE_DB_PAGE_COUNT] = "PRAGMA page_count",
    [STORE_DB_PAGES_FREE] = "PRAGMA freelist_count",
    [STORE_DB_TOPIC_PUT] = "INSERT OR REPLACE INTO topic(" TOPIC_COLUMNS
                           ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STORE_DB_TOPIC_ALL] = "SELECT " TOPIC_COLUMNS " FROM topic ORDER BY topic",
    [STORE_DB_TOPIC_BACKWARD] = "SELECT " TOPIC_COLUMNS " FROM topic ORDER BY topic DESC",
    [STORE_DB_PEER_PUT] = "INSERT OR REPLACE INTO peer(" PEER_COLUMNS
                          ") VALUES(?1, ?2, ?3, ?4, ?5)",
    [STORE_DB_PEER_TRIM] = "DELETE FROM peer WHERE device = ?1 AND used NOT IN"
                           " (SELECT used FROM peer WHERE device = ?1 ORDER BY used DESC LIMIT ?2)",
    [STORE_DB_PEER_FORGET] = "DELETE FROM peer WHERE device IN (SELECT device FROM peer GROUP BY "
                             "device"
                             " ORDER BY max(used) DESC LIMIT -1 OFFSET ?1)",
    [STORE_DB_PEER_GREATEST] = "SELECT max(used) FROM peer",
    [STORE_DB_PEER_ALL] = "SELECT " PEER_COLUMNS " FROM peer ORDER BY device, ipv4, port",
    [STORE_DB_PEER_BACKWARD] = "SELECT " PEER_COLUMNS
                               " FROM peer ORDER BY device DESC, ipv4 DESC, port DESC",
    [STORE_DB_SEEN_PUT] = "INSERT OR REPLACE INTO seen(" SEEN_COLUMNS
                          ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STORE_DB_SEEN_FORGET] = "DELETE FROM seen WHERE device IN (SELECT device FROM seen"
                             " ORDER BY heard DESC LIMIT -1 OFFSET ?1)",
    [STORE_DB_SEEN_ALL] = "SELECT " SEEN_COLUMNS " FROM seen ORDER BY device",
    [STORE_DB_SEEN_BACKWARD] = "SELECT " SEEN_COLUMNS " FROM seen ORDER BY device DESC",
    [STORE_DB_FORK_PUT] = "INSERT OR REPLACE INTO fork(" FORK_COLUMNS
                          ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [STORE_DB_FORK_ALL] = "SELECT " FORK_COLUMNS " FROM fork ORDER BY device, key",
    [STORE_DB_FORK_BACKWARD] = "SELECT " FORK_COLUMNS " FROM fork ORDER BY device DESC, key DESC",
};

/* Memory: two connections stay open for the life of a peer, so each keeps only a small page cache;
 * a transaction larger than that goes to the write-ahead log early. Checkpoints are made by hand,
 * behind the report of a commit. Reads do not map the file: a page that cannot be read must be an
 * error, not a signal. */
static const char settings[] = "PRAGMA page_size = 4096;"
                               "PRAGMA auto_vacuum = NONE;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cache_size = -256;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA secure_delete = OFF;"
                               "PRAGMA fullfsync = ON;"
                               "PRAGMA checkpoint_fullfsync = ON;"
                               "PRAGMA journal_mode = WAL;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA journal_size_limit = 8388608;";

static enum err err_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
        return ERR_OK;
    case SQLITE_DONE:
        return ERR_NOT_FOUND;
    case SQLITE_NOMEM:
        return ERR_MEMORY;
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return ERR_DENIED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT: /* every value is bound by us: what it collides with is damage */
    case SQLITE_ERROR:      /* every statement is ours: the schema is not */
        return ERR_CORRUPT;
    default:
        return ERR_IO;
    }
}

static enum err failed(struct store_db *db, int code)
{
    enum err err = err_of(code);
    if (err == ERR_OK || err == ERR_NOT_FOUND)
        return err;
    int system = db->sql ? sqlite3_system_errno(db->sql) : 0;
    snprintf(db->cause, sizeof db->cause, "%s%s%s",
             db->sql ? sqlite3_errmsg(db->sql) : sqlite3_errstr(code), system ? ": " : "",
             system ? uv_strerror(uv_translate_sys_error(system)) : "");
    return err;
}

static enum err execute(struct store_db *db, const char *sql)
{
    return failed(db, sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

static enum err pragma(struct store_db *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->sql, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    enum err err = failed(db, code);
    sqlite3_finalize(statement);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

/* Turning an empty file into a database waits for the disk four times; store_db_create() does it
 * once, for all. */
static enum err use_settings(struct store_db *db)
{
    int64_t pages = 0;
    enum err err = pragma(db, "PRAGMA page_count", &pages);
    if (err == ERR_OK && pages == 0)
        err = execute(db, "PRAGMA synchronous = OFF");
    return err == ERR_OK ? execute(db, settings) : err;
}

static int count_wal_pages(void *context, sqlite3 *sql, const char *name, int pages)
{
    (void)sql;
    (void)name;
    ((struct store_db *)context)->wal_pages = pages;
    return SQLITE_OK;
}

enum err store_db_open(struct store_db *db, const char *path, enum store_db_way way)
{
    *db = (struct store_db){0};
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &db->sql, flags, NULL);
    if (code != SQLITE_OK)
        return failed(db, code);
    if (sqlite3_db_readonly(db->sql, "main") == 1) /* SQLite is content with that by itself */
        return failed(db, SQLITE_READONLY);
    sqlite3_busy_timeout(db->sql, BUSY_MS);
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, way == STORE_DB_DAMAGED, NULL);
    if (way == STORE_DB_DAMAGED)
        return execute(db, "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON;");
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    enum err err = use_settings(db);
    /* behind them: setting wal_autocheckpoint takes an earlier one away */
    sqlite3_wal_hook(db->sql, count_wal_pages, db);
    return err;
}

void store_db_close(struct store_db *db)
{
    for (size_t i = 0; i < STORE_DB_SQL_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    sqlite3_close(db->sql);
    *db = (struct store_db){0};
}

static const char *table_of(int64_t version, size_t table)
{
    return version == SCHEMA_FIRST && table == SEAL_TABLE ? seal_table_first : tables[table];
}

static enum err compare_tables(struct store_db *db, int64_t version)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db->sql, "SELECT sql FROM sqlite_schema ORDER BY rowid", -1,
                                  &statement, NULL);
    size_t same = 0;
    size_t found = 0;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        if (found < COUNT_OF(tables) && text && strcmp(text, table_of(version, found)) == 0)
            same++;
        found++;
    }
    enum err err = failed(db, code);
    sqlite3_finalize(statement);
    if (err != ERR_NOT_FOUND)
        return err;
    if (found == 0)
        return ERR_NOT_FOUND;
    size_t expected = table_counts[version >= SCHEMA_FIRST && version < SCHEMA_VERSION
                                       ? version
                                       : SCHEMA_VERSION];
    return found == expected && same == found ? ERR_OK : ERR_CORRUPT;
}

enum err store_db_schema(struct store_db *db)
{
    int64_t version = 0;
    int64_t application = 0;
    enum err err = pragma(db, "PRAGMA user_version", &version);
    if (err == ERR_OK)
        err = pragma(db, "PRAGMA application_id", &application);
    if (err != ERR_OK)
        return err;
    err = compare_tables(db, version);
    if (err == ERR_NOT_FOUND)
        return version == 0 && application == 0 ? ERR_NOT_FOUND : ERR_CORRUPT;
    if (application == APPLICATION && version > SCHEMA_VERSION)
        return ERR_RANGE;
    if (err == ERR_OK && (application != APPLICATION || version < SCHEMA_FIRST))
        return ERR_CORRUPT;
    if (err == ERR_OK)
        db->version = version;
    return err;
}

static enum err set_versions(struct store_db *db)
{
    char versions[96];
    snprintf(versions, sizeof versions, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             APPLICATION, SCHEMA_VERSION);
    return execute(db, versions);
}

enum err store_db_migrate(struct store_db *db)
{
    if (db->version == 0 || db->version == SCHEMA_VERSION)
        return ERR_OK;
    enum err err = store_db_do(db, STORE_DB_BEGIN);
    if (err == ERR_OK && db->version == SCHEMA_FIRST)
        err = execute(db, migrate_first);
    for (size_t i = table_counts[db->version]; err == ERR_OK && i < COUNT_OF(tables); i++)
        err = execute(db, tables[i]);
    if (err == ERR_OK)
        err = set_versions(db);
    if (err == ERR_OK)
        err = compare_tables(db, SCHEMA_VERSION);
    if (err == ERR_OK)
        err = store_db_do(db, STORE_DB_COMMIT);
    if (err == ERR_OK)
        db->version = SCHEMA_VERSION;
    else
        store_db_rollback(db);
    return err;
}

static enum err make_tables(struct store_db *db)
{
    enum err err = store_db_do(db, STORE_DB_BEGIN);
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(tables); i++)
        err = execute(db, tables[i]);
    if (err == ERR_OK)
        err = set_versions(db);
    if (err == ERR_OK)
        err = store_db_do(db, STORE_DB_COMMIT);
    if (err != ERR_OK)
        store_db_rollback(db);
    return err;
}

static enum err sync_file(struct store_db *db)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK)
        code = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
    return failed(db, code);
}

/* The tables may still be lost with the power: the first commit after this makes them durable with
 * itself, and without it there is nothing to lose. The file itself has to be safe before, for
 * SQLite throws a write-ahead log away that lies beside an empty file. */
enum err store_db_create(struct store_db *db)
{
    enum err err = execute(db, "PRAGMA synchronous = OFF");
    if (err == ERR_OK)
        err = make_tables(db);
    if (err == ERR_OK)
        err = sync_file(db);
    return err == ERR_OK ? execute(db, "PRAGMA synchronous = FULL") : err;
}

enum err store_db_look(struct store_db *db)
{
    /* A tree that is sound, but another's, which was empty. 40 is STORE_DB_SEQ_BITS. */
    static const char no_logs[] = "SELECT CASE WHEN EXISTS(SELECT 1 FROM log) OR NOT EXISTS"
                                  "(SELECT 1 FROM run WHERE id >= 1 << 40) THEN 'ok' ELSE '' END";
    static const char *const looks[] = {
        "PRAGMA integrity_check(meta)",
        "PRAGMA integrity_check(log)",
        "PRAGMA integrity_check(seal)",
        "PRAGMA integrity_check(topic)",
        "PRAGMA integrity_check(peer)",
        "PRAGMA integrity_check(seen)",
        "PRAGMA integrity_check(mark)",
        "PRAGMA integrity_check(fork)",
        no_logs,
    };
    enum err err = ERR_OK;
    for (size_t i = 0; i < COUNT_OF(looks) && err == ERR_OK; i++) {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(db->sql, looks[i], -1, &statement, NULL);
        if (code == SQLITE_OK)
            code = sqlite3_step(statement);
        err = failed(db, code);
        if (err == ERR_OK && strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
            err = ERR_CORRUPT;
        sqlite3_finalize(statement);
    }
    return err;
}

static const char *text_of(const struct store_db *db, enum store_db_sql sql)
{
    bool seals = sql == STORE_DB_SEAL_FROM || sql == STORE_DB_SEAL_BACKWARD;
    return db->version == SCHEMA_FIRST && seals ? seal_first : texts[sql];
}

sqlite3_stmt *store_db_use(struct store_db *db, enum store_db_sql sql)
{
    sqlite3_stmt **statement = &db->statements[sql];
    if (!*statement) {
        int code = sqlite3_prepare_v3(db->sql, text_of(db, sql), -1, SQLITE_PREPARE_PERSISTENT,
                                      statement, NULL);
        (void)failed(db, code);
        return *statement;
    }
    sqlite3_reset(*statement);
    return *statement;
}

enum err store_db_step(struct store_db *db, sqlite3_stmt *statement)
{
    if (!statement)
        return err_of(sqlite3_extended_errcode(db->sql));
    enum err err = failed(db, sqlite3_step(statement));
    if (err != ERR_OK)
        sqlite3_reset(statement);
    return err;
}

void store_db_done(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
}

enum err store_db_run(struct store_db *db, sqlite3_stmt *statement)
{
    enum err err = store_db_step(db, statement);
    check(err != ERR_OK);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err store_db_do(struct store_db *db, enum store_db_sql sql)
{
    return store_db_run(db, store_db_use(db, sql));
}

void store_db_rollback(struct store_db *db)
{
    if (!sqlite3_get_autocommit(db->sql))
        (void)failed(db, sqlite3_step(store_db_use(db, STORE_DB_ROLLBACK)));
}

static enum err read_pages(struct store_db *db, enum store_db_sql sql, uint64_t *pages)
{
    sqlite3_stmt *statement = store_db_use(db, sql);
    enum err err = store_db_step(db, statement);
    if (err == ERR_OK)
        *pages = (uint64_t)sqlite3_column_int64(statement, 0);
    store_db_done(statement);
    return err;
}

enum err store_db_used(struct store_db *db, uint64_t *bytes)
{
    uint64_t pages = 0, spare = 0;
    enum err err = read_pages(db, STORE_DB_PAGE_COUNT, &pages);
    if (err == ERR_OK)
        err = read_pages(db, STORE_DB_PAGES_FREE, &spare);
    *bytes = (pages - spare) * PAGE_BYTES;
    return err;
}

enum err store_db_checkpoint(struct store_db *db)
{
    int pages = 0;
    int copied = 0;
    int code = sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied);
    if (code != SQLITE_OK)
        return failed(db, code);
    return pages == copied ? ERR_OK : ERR_BUSY;
}

int64_t store_db_key(int64_t log, uint64_t seq)
{
    check(log >= 0 && log <= STORE_DB_LOG_MAX && seq <= STORE_DB_SEQ_MAX);
    return (int64_t)((uint64_t)log << STORE_DB_SEQ_BITS | seq);
}
