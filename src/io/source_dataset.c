/* Replays a dataset. At the start the file is looked through as far as needed to tell what its
 * columns hold; what is to be said of it is kept for the first turn of the loop. Then one row is
 * always read ahead: its time says when it is due. Rows that are due go out, at most
 * SOURCE_BASE_TURN_ROWS a turn; while more are due an idle handle keeps the loop from sleeping,
 * else a timer wakes it.
 *
 * A receiver without room makes the row wait as it is, still in the window of the file; after
 * source_resume() it is due at once and the spacing goes on from there. */
#include "io/dataset.h"
#include "io/source_base.h"
#include "io/source_file.h"
#include "io/source_pace.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTICES_MAX = 16,
    WRONG_NAMED_MAX = 10,
    LOOKED_AT_MAX = 8192, /* rows read in one turn, sent or not */
    LATE_MAX_MS = 1000,   /* what is later than this is not caught up with */
    WAIT_MAX_MS = 3600000,
};

struct source_dataset {
    struct source base;
    uv_timer_t timer;
    uv_idle_t idle;
    char *name; /* escaped */
    struct source_file file;
    struct dataset *dataset;
    struct source_pace pace;
    struct dataset_row row; /* read ahead, when has_row */
    size_t row_bytes;
    bool has_row;
    double due_ms;
    bool loop;
    bool looped; /* the file was read to its end before */
    bool said[SOURCE_PACE_TIMELESS + 1];
    uint64_t lap_rows; /* since the file began */
    uint64_t wrong_rows;
    uint64_t rows;
    char *notices[NOTICES_MAX]; /* for the first turn */
    size_t notice_count;
};

static double now_ms(void)
{
    return (double)uv_hrtime() / 1e6;
}

static void on_timer(uv_timer_t *timer);
static void on_idle(uv_idle_t *idle);

static void go_on_at_once(struct source_dataset *s)
{
    int result = uv_idle_start(&s->idle, on_idle);
    check(result == 0);
}

static void rest(struct source_dataset *s)
{
    uv_idle_stop(&s->idle);
    uv_timer_stop(&s->timer);
}

static void wait_for_due(struct source_dataset *s, double now)
{
    double wait_ms = ceil(s->due_ms - now);
    if (wait_ms > WAIT_MAX_MS)
        wait_ms = WAIT_MAX_MS;
    uv_idle_stop(&s->idle);
    uv_update_time(s->base.loop);
    int result = uv_timer_start(&s->timer, on_timer, wait_ms > 1 ? (uint64_t)wait_ms : 1, 0);
    check(result == 0);
}

/* "FILE: all 2665 rows were sent" */
static void end(struct source_dataset *s, enum err err, const char *before, const char *after)
{
    char text[SOURCE_BASE_TEXT_BYTES];
    snprintf(text, sizeof text, "%s: %s%llu%s", s->name, before, (unsigned long long)s->rows,
             after);
    rest(s);
    source_base_end(&s->base, err, text);
}

static void end_without_rows(struct source_dataset *s)
{
    char text[SOURCE_BASE_TEXT_BYTES];
    snprintf(text, sizeof text,
             "%s: no row has a value to send; look at --where, --column and the file", s->name);
    rest(s);
    source_base_end(&s->base, ERR_NOT_FOUND, text);
}

static void say_once(struct source_dataset *s, enum source_pace_remark remark, const char *text)
{
    char line[SOURCE_BASE_TEXT_BYTES];
    if (s->said[remark])
        return;
    s->said[remark] = true;
    snprintf(line, sizeof line, "%s: %s", s->name, text);
    source_base_notice(&s->base, line);
}

static void say_pace(struct source_dataset *s, enum source_pace_remark remark, double gap_ms,
                     int64_t spacing_ms)
{
    char text[256];
    switch (remark) {
    case SOURCE_PACE_NOTHING:
        return;
    case SOURCE_PACE_SQUEEZED:
        snprintf(text, sizeof text,
                 "its rows are %g s apart: sent one every 2 s instead "
                 "(--speed 1 keeps the file's time, --every SECONDS sets one)",
                 (double)spacing_ms / 1e3);
        break;
    case SOURCE_PACE_BACKWARDS:
        snprintf(text, sizeof text,
                 "its time goes back by %g s: such rows are sent at once, and this is said once",
                 (double)spacing_ms / 1e3);
        break;
    case SOURCE_PACE_TIMELESS:
        snprintf(text, sizeof text,
                 "no column holds a time: one row every %g s (--every SECONDS sets another)",
                 gap_ms / 1e3);
        break;
    }
    if (remark != SOURCE_PACE_TIMELESS || gap_ms > 0)
        say_once(s, remark, text);
}

static void name_wrong_row(struct source_dataset *s, const char *text)
{
    char line[SOURCE_BASE_TEXT_BYTES];
    if (s->looped)
        return;
    s->wrong_rows++;
    if (s->wrong_rows <= WRONG_NAMED_MAX)
        source_base_notice(&s->base, text);
    if (s->wrong_rows != WRONG_NAMED_MAX)
        return;
    snprintf(line, sizeof line, "%s: more wrong rows are counted and not named", s->name);
    source_base_notice(&s->base, line);
}

static void sum_up_lap(struct source_dataset *s)
{
    char line[SOURCE_BASE_TEXT_BYTES];
    if (!s->looped && s->wrong_rows) {
        snprintf(line, sizeof line, "%s: %llu wrong rows were skipped, %llu rows were read",
                 s->name, (unsigned long long)s->wrong_rows, (unsigned long long)s->lap_rows);
        source_base_notice(&s->base, line);
    }
    s->looped = true;
}

/* At the end of the file. False when that is the end. */
static bool begin_again(struct source_dataset *s)
{
    sum_up_lap(s);
    if (s->base.stopped)
        return false;
    if (s->lap_rows == 0) {
        end_without_rows(s);
        return false;
    }
    if (!s->loop) {
        end(s, ERR_OK, "all ", " rows were sent");
        return false;
    }
    dataset_rewind(s->dataset);
    source_pace_restart(&s->pace);
    s->lap_rows = 0;
    if (source_file_rewind(&s->file, dataset_start(s->dataset)) == ERR_OK)
        return true;
    end(s, ERR_IO, "reading it again failed after ", " rows");
    return false;
}

static void hold_row(struct source_dataset *s)
{
    double gap_ms;
    int64_t spacing_ms;
    enum source_pace_remark remark = source_pace_next(&s->pace, s->row.has_time ? &s->row.ms : NULL,
                                                      &gap_ms, &spacing_ms);
    s->has_row = true;
    s->due_ms += gap_ms;
    say_pace(s, remark, gap_ms, spacing_ms);
}

/* Reads on to the next row. False when there is none now: at the end, after an error, or because
 * others of the loop should have their turn (`*looked_at` is used up). */
static bool read_ahead(struct source_dataset *s, size_t *looked_at)
{
    while (!s->has_row) {
        if (s->base.stopped || ++*looked_at > LOOKED_AT_MAX)
            return false;
        switch (dataset_next(s->dataset, source_file_window(&s->file), &s->row_bytes, &s->row)) {
        case DATASET_ROW:
            hold_row(s);
            break;
        case DATASET_WRONG:
            name_wrong_row(s, s->row.text);
            source_file_pass(&s->file, s->row_bytes);
            break;
        case DATASET_MORE:
            if (source_file_fill(&s->file) != ERR_OK) {
                end(s, ERR_IO, "reading it failed after ", " rows");
                return false;
            }
            break;
        case DATASET_END:
            if (!begin_again(s))
                return false;
            break;
        default:
            source_file_pass(&s->file, s->row_bytes);
            break;
        }
    }
    return !s->base.stopped;
}

/* Offers the row that is held. False when nothing more is to be done now. */
static bool offer(struct source_dataset *s)
{
    switch (source_base_offer(&s->base, s->row.readings, s->row.count)) {
    case SOURCE_BASE_REFUSED:
        rest(s);
        return false;
    case SOURCE_BASE_OVER:
        return false;
    case SOURCE_BASE_TAKEN:
        break;
    }
    s->has_row = false;
    source_file_pass(&s->file, s->row_bytes);
    s->rows++;
    s->lap_rows++;
    s->base.sent++;
    if (s->base.count && s->base.sent >= s->base.count) {
        end(s, ERR_OK, "", " rows were sent, as many as --count asked for");
        return false;
    }
    return true;
}

static void tell_notices(struct source_dataset *s)
{
    for (size_t i = 0; i < s->notice_count; i++) {
        source_base_notice(&s->base, s->notices[i]);
        free(s->notices[i]);
    }
    s->notice_count = 0;
}

static void turn(struct source_dataset *s)
{
    size_t looked_at = 0;
    tell_notices(s);
    for (size_t i = 0; i < SOURCE_BASE_TURN_ROWS; i++) {
        if (!read_ahead(s, &looked_at))
            break;
        double now = now_ms();
        if (s->due_ms < now - LATE_MAX_MS)
            s->due_ms = now;
        if (s->due_ms > now) {
            wait_for_due(s, now);
            return;
        }
        if (!offer(s))
            return;
    }
    if (!s->base.stopped && !s->base.ended)
        go_on_at_once(s);
}

static void on_timer(uv_timer_t *timer)
{
    turn(timer->data);
}

static void on_idle(uv_idle_t *idle)
{
    turn(idle->data);
}

static void resume(struct source *base)
{
    struct source_dataset *s = (struct source_dataset *)base;
    s->due_ms = now_ms();
    go_on_at_once(s);
}

static void stop(struct source *base)
{
    struct source_dataset *s = (struct source_dataset *)base;
    source_base_close(base, (uv_handle_t *)&s->timer);
    source_base_close(base, (uv_handle_t *)&s->idle);
}

static void release(struct source *base)
{
    struct source_dataset *s = (struct source_dataset *)base;
    for (size_t i = 0; i < s->notice_count; i++)
        free(s->notices[i]);
    dataset_free(s->dataset);
    source_file_fini(&s->file);
    free(s->name);
    free(s);
}

static const struct source_class class = {resume, stop, release};

static void keep_notice(void *context, const char *text)
{
    struct source_dataset *s = context;
    if (s->notice_count < NOTICES_MAX && (s->notices[s->notice_count] = strdup(text)))
        s->notice_count++;
}

/* From the head of the file to a plan. */
static enum err look_through(struct source_dataset *s, const struct dataset_options *options,
                             struct buf *message)
{
    enum dataset_result result = DATASET_SKIP;
    enum err err = dataset_new(&s->dataset, options, source_file_window(&s->file), message);
    if (!err)
        err = source_file_rewind(&s->file, dataset_start(s->dataset));
    while (!err && result != DATASET_END && result != DATASET_ENOUGH) {
        size_t used;
        result = dataset_look(s->dataset, source_file_window(&s->file), &used);
        source_file_pass(&s->file, used);
        if (result == DATASET_MORE)
            err = source_file_fill(&s->file);
    }
    if (!err)
        err = dataset_settle(s->dataset, options, message);
    if (!err)
        err = source_file_rewind(&s->file, dataset_start(s->dataset));
    return err;
}

static enum err open_dataset(struct source_dataset *s, const struct source_options *options,
                             struct buf *message)
{
    const char *reason;
    char escaped[SOURCE_BASE_TEXT_BYTES / 4];
    struct buf b;
    buf_init(&b, escaped, sizeof escaped - 1);
    text_escape(&b, span_of(options->path), sizeof escaped - 1);
    escaped[b.size] = '\0';
    buf_text(message, escaped);
    buf_text(message, ": ");
    s->name = strdup(escaped);
    enum err err = source_file_init(&s->file, options->path, DATASET_TABLE_HEAD_BYTES, &reason);
    if (err) {
        buf_text(message, reason);
        return err;
    }
    struct dataset_options wanted = {
        .name = options->path,
        .columns = options->columns,
        .column_count = options->column_count,
        .filters = options->filters,
        .filter_count = options->filter_count,
        .missing = options->missing,
        .context = s,
        .on_notice = keep_notice,
    };
    return s->name ? look_through(s, &wanted, message) : ERR_MEMORY;
}

enum err source_dataset_start(struct source **source, uv_loop_t *loop,
                              const struct source_options *options,
                              const struct source_handler *handler, struct buf *message)
{
    struct source_dataset *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    s->file.fd = -1;
    source_base_init(&s->base, &class, loop, options, handler);
    enum err err = open_dataset(s, options, message);
    if (err) {
        release(&s->base);
        return err;
    }
    s->loop = options->loop;
    s->pace = (struct source_pace){
        .every_ms = options->every_s * 1e3,
        .speed = options->speed,
        .file_has_time = dataset_has_time(s->dataset),
    };
    s->due_ms = now_ms();
    int result = uv_timer_init(loop, &s->timer);
    check(result == 0);
    result = uv_idle_init(loop, &s->idle);
    check(result == 0);
    source_base_opened(&s->base, (uv_handle_t *)&s->timer);
    source_base_opened(&s->base, (uv_handle_t *)&s->idle);
    go_on_at_once(s);
    *source = &s->base;
    return ERR_OK;
}
