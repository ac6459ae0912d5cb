#include "script.h"

#include "io/store_db.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const devices[SCRIPT_LOGS] = {"sensor1", "sensor2"};
static const char topic[] = "sensor1/temperature";

void script_init(struct script *s)
{
    *s = (struct script){0};
    store_world_init(&s->world, STORE_WORLD_MEMORY);
    s->disk = disk_new(s->world.folder.path);
}

void script_fini(struct script *s)
{
    store_world_fini(&s->world);
    disk_free(s->disk);
}

/* The newest promise with changes, from this operation on. */
static struct script_promise *promise(struct script *s)
{
    check(s->promise_count < SCRIPT_PROMISES);
    struct script_promise *p = &s->promises[s->promise_count];
    if (s->promise_count > 0)
        *p = p[-1];
    return p;
}

static void made(struct script *s)
{
    disk_mark(s->disk, s->promise_count++);
}

static void order(struct script *s)
{
    struct script_promise *p = promise(s);
    for (int i = 0; i < SCRIPT_LOGS; i++)
        if (s->logs[i].last > p->ordered[i])
            p->ordered[i] = s->logs[i].last;
    made(s);
}

/* Waits, and what was ordered is a promise. */
static void keep(struct script *s, const uint64_t sealed[SCRIPT_LOGS])
{
    order(s);
    store_world_wait(&s->world);
    check(s->world.failures == 0);
    struct script_promise *p = promise(s);
    for (int i = 0; i < SCRIPT_LOGS; i++) {
        p->last[i] = p->ordered[i] = s->logs[i].last;
        p->sealed[i] = sealed[i] > p->sealed[i] ? sealed[i] : p->sealed[i];
    }
    p->topic = s->logs[0].last;
    p->peer = true;
    made(s);
}

static void take_epoch(struct script *s)
{
    uint64_t epoch;
    enum err err = store_epoch(s->world.store, 0, 5, &epoch);
    check(err == ERR_OK);
    struct script_promise *p = promise(s);
    check(epoch > p->epoch);
    p->epoch = epoch;
    made(s);
}

static void step(struct script *s, int n)
{
    struct store_world *w = &s->world;
    uint64_t sealed[SCRIPT_LOGS] = {0};
    store_world_put(w, &s->logs[0], 1 + (size_t)n * 9);
    if (n % 2) {
        store_world_seal(w, &s->logs[0]);
        sealed[0] = s->logs[0].last;
    }
    if (n % 3 == 1)
        store_world_put(w, &s->logs[1], 120);
    store_world_topic(w, &s->logs[0], topic, s->logs[0].last);
    store_world_peer(w, "sensor2", (uint32_t)n, 1000);
    keep(s, sealed);
}

/* The first log begins in the middle of a row from now on; what lies before is swept by the commits
 * that follow. */
static void prune_first(struct script *s)
{
    uint64_t first = promise(s)->sealed[0] - 10;
    promise(s)->first_ordered = first;
    made(s);
    store_world_prune(&s->world, &s->logs[0], first);
    keep(s, (uint64_t[SCRIPT_LOGS]){0});
    promise(s)->first = first;
    made(s);
}

/* From the order on the log may be shorter. */
static void close_second(struct script *s)
{
    struct script_promise *p = promise(s);
    p->last[1] = s->logs[1].last - 20;
    made(s);
    store_world_describe(&s->world, &s->logs[1], s->logs[1].last - 20, true);
    keep(s, (uint64_t[SCRIPT_LOGS]){0});
    promise(s)->closed = true;
    made(s);
}

/* What the worker does once the write-ahead log is long: the next commit then begins at its front
 * again. */
static void checkpoint(struct script *s)
{
    struct store_db db;
    enum err err = store_db_open(&db, s->world.path, STORE_DB_NORMAL);
    if (err == ERR_OK)
        err = store_db_checkpoint(&db);
    check(err == ERR_OK);
    store_db_close(&db);
}

void script_live(struct script *s)
{
    struct store_world *w = &s->world;
    for (int i = 0; i < SCRIPT_LOGS; i++)
        s->logs[i] = store_world_log(devices[i], 7 + (uint64_t)i);
    disk_record(s->disk);
    store_world_open(w);
    take_epoch(s);
    for (int n = 0; n < 3; n++)
        step(s, n);
    checkpoint(s);
    for (int n = 3; n < 5; n++)
        step(s, n);
    prune_first(s);
    close_second(s);
    store_world_close(w);
    store_world_open(w);
    take_epoch(s);
    step(s, 2);
    checkpoint(s);
    step(s, 3);
    store_world_close(w);
    disk_record_end(s->disk);
}

void script_salvage(struct script *s)
{
    struct store_world *w = &s->world;
    sqlite3 *db;
    check(sqlite3_open(w->path, &db) == SQLITE_OK);
    const char *sql = "UPDATE log SET sum = 0 WHERE device = 'sensor2'";
    check(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    struct script_promise *p = promise(s);
    p->last[1] = p->sealed[1] = 0;
    p->closed = false;
    p->spoilt = true;
    s->promise_count++;
    disk_record(s->disk);
    disk_mark(s->disk, s->promise_count - 1);
    store_world_open(w);
    check(w->message[0] != '\0');
    store_world_close(w);
    disk_record_end(s->disk);
}

/* The next life. */

static void expect_log(struct script *s, int i, const struct script_promise *p)
{
    struct store_world *w = &s->world;
    struct store_world_log log = store_world_log(devices[i], 7 + (uint64_t)i);
    const struct store_world_restored *found = store_world_find(w, &log);
    log.last = found ? found->event.restore_log.last : 0;
    check(log.last >= p->last[i] && log.last <= p->ordered[i]);
    if (!found)
        return;
    check(found->event.restore_log.sealed >= p->sealed[i]);
    check(found->event.restore_log.sealed <= log.last);
    check(i != 1 || !p->closed || (found->event.restore_log.closed && log.last == p->last[1]));
    uint64_t first = found->event.restore_log.first;
    bool known = first == p->first_ordered || first == (p->first == 0 ? 1 : p->first);
    check(i == 0 ? known : first == 1);
    store_world_expect(w, &log, first, log.last);
}

static void expect_integrity(const struct script *s)
{
    sqlite3 *db;
    sqlite3_stmt *look;
    check(sqlite3_open(s->world.path, &db) == SQLITE_OK);
    check(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &look, NULL) == SQLITE_OK);
    check(sqlite3_step(look) == SQLITE_ROW);
    bool whole = strcmp((const char *)sqlite3_column_text(look, 0), "ok") == 0;
    check(whole);
    sqlite3_finalize(look);
    sqlite3_close(db);
}

static void write_on(struct script *s)
{
    struct store_world *w = &s->world;
    struct store_world_log log = store_world_log(devices[0], 7);
    const struct store_world_restored *found = store_world_find(w, &log);
    uint64_t before = found ? found->event.restore_log.last : 0;
    uint64_t begin = found ? found->event.restore_log.first : 1;
    log.last = before;
    s->logs[0] = log;
    store_world_put(w, &s->logs[0], 3);
    store_world_topic(w, &s->logs[0], topic, s->logs[0].last);
    struct script_promise *p = promise(s);
    p->ordered[0] = s->logs[0].last;
    made(s);
    store_world_wait(w);
    check(w->failures == 0);
    p = promise(s);
    p->last[0] = p->topic = s->logs[0].last;
    made(s);
    store_world_expect(w, &s->logs[0], begin, before + 3);
}

void script_recover(struct script *s, const struct script_promise *promised)
{
    struct store_world *w = &s->world;
    struct script_promise first = *promised;
    disk_record(s->disk);
    s->promises[0] = first;
    s->promise_count = 1;
    disk_mark(s->disk, 0);
    store_world_open(w);
    /* A file that was only half made may be put aside, while it has never held anything. */
    bool may_tell = first.epoch == 0 || first.spoilt;
    if (w->message[0] && !may_tell)
        fprintf(stderr, "%s\n", w->message);
    check(w->message[0] == '\0' || may_tell);
    for (int i = 0; i < SCRIPT_LOGS; i++)
        expect_log(s, i, &first);
    check(first.topic == 0 || (w->topic_count == 1 && w->topic_seqs[0] >= first.topic));
    check(!first.peer || w->peer_count >= 1);
    expect_integrity(s);
    take_epoch(s);
    write_on(s);
    store_world_close(w);
    disk_record_end(s->disk);
}
