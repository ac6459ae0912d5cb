/* A counter that survives a restart, and a power cut: one row in an SQLite file.
 *
 * Idea: state is what is on the disk. A transaction is there whole or not at all, and commit comes
 * back only when the disk has it.
 *
 * usage: state_sqlite [FILE]     (state.db) */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static void die(sqlite3 *db, const char *file)
{
    fprintf(stderr, "state_sqlite: %s: %s\n", file, sqlite3_errmsg(db));
    sqlite3_close(db);
    exit(EXIT_FAILURE);
}

static sqlite3 *open_state(const char *file)
{
    static const char durable[] = "PRAGMA synchronous = FULL"; /* fsync at each commit */
    static const char table[] = "CREATE TABLE IF NOT EXISTS counter (id PRIMARY KEY, starts)";
    sqlite3 *db;

    if (sqlite3_open(file, &db) != SQLITE_OK)
        die(db, file);
    sqlite3_busy_timeout(db, 2000); /* another copy may be at it: two seconds, in ms */
    if (sqlite3_exec(db, durable, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, table, NULL, NULL, NULL) != SQLITE_OK)
        die(db, file);
    return db;
}

/* One statement is one transaction: read, add and write cannot be torn apart. */
static long long count_start(sqlite3 *db, const char *file)
{
    static const char add_one[] = "INSERT INTO counter VALUES (1, 1) ON CONFLICT DO UPDATE "
                                  "SET starts = starts + 1 RETURNING starts";
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(db, add_one, -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        die(db, file);
    long long starts = sqlite3_column_int64(statement, 0);
    if (sqlite3_finalize(statement) != SQLITE_OK) /* commits */
        die(db, file);
    return starts;
}

int main(int argc, char **argv)
{
    const char *file = argc > 1 ? argv[1] : "state.db";

    setvbuf(stdout, NULL, _IOLBF, 0);
    sqlite3 *db = open_state(file);
    printf("State is in %s\n", file);
    printf("Starts so far: %lld\n", count_start(db, file));
    sqlite3_close(db);
    return EXIT_SUCCESS;
}
