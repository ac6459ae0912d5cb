#include "source_receiver.h"

#include "base/check.h"
#include "base/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void append(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *text, const char *format, ...)
{
    size_t size = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + size, SOURCE_RECEIVER_TEXT_BYTES - size, format, arguments);
    va_end(arguments);
}

static void on_resume(uv_timer_t *timer)
{
    struct source_receiver *r = timer->data;
    source_resume(r->source);
}

static bool refuses(struct source_receiver *r)
{
    bool refuse = r->refuse_every && !r->just_refused && (r->moments + 1) % r->refuse_every == 0;
    r->just_refused = refuse;
    r->refusals += refuse;
    if (refuse)
        uv_timer_start(&r->resume_timer, on_resume, 1, 0);
    return refuse;
}

static void stop(struct source_receiver *r)
{
    source_stop(r->source);
    r->source = NULL;
    uv_close((uv_handle_t *)&r->resume_timer, NULL);
}

static bool on_readings(void *context, const struct reading *readings, size_t count)
{
    struct source_receiver *r = context;
    assert_false(r->in_start);
    assert_non_null(r->source);
    if (refuses(r))
        return false;
    if (r->moments < COUNT_OF(r->times_ms))
        r->times_ms[r->moments] = (double)uv_hrtime() / 1e6;
    if (r->moments == 0)
        r->first_ts_ms = readings[0].source_ts_ms;
    r->moments++;
    r->single += count;
    for (size_t i = 0; i < count && !r->only_counts; i++) {
        char number[NUMBER_TEXT_MAX + 1];
        number[number_format(number, readings[i].value.number)] = '\0';
        append(r->readings, "%s%.*s=%s%.*s", i ? " " : "", (int)readings[i].type.size,
               readings[i].type.bytes, number, (int)readings[i].unit.size, readings[i].unit.bytes);
    }
    if (!r->only_counts)
        append(r->readings, ";");
    if (r->moments == r->stop_after)
        stop(r);
    return true;
}

static void on_notice(void *context, const char *text)
{
    struct source_receiver *r = context;
    assert_false(r->in_start);
    append(r->notices, "%s\n", text);
}

static void on_end(void *context, enum err err, const char *text)
{
    struct source_receiver *r = context;
    assert_false(r->in_start);
    r->ends++;
    r->end_err = err;
    snprintf(r->end, sizeof r->end, "%s", text);
    stop(r);
}

int source_receiver_set_up(void **state)
{
    struct source_receiver *r = calloc(1, sizeof *r);
    if (!r || uv_loop_init(&r->loop) != 0)
        return -1;
    snprintf(r->folder, sizeof r->folder, "/tmp/kith-source-XXXXXX");
    if (!mkdtemp(r->folder))
        return -1;
    snprintf(r->path, sizeof r->path, "%s/data", r->folder);
    uv_timer_init(&r->loop, &r->resume_timer);
    r->resume_timer.data = r;
    *state = r;
    return 0;
}

int source_receiver_tear_down(void **state)
{
    struct source_receiver *r = *state;
    int result = uv_loop_close(&r->loop); /* fails while a handle is open: nothing may stay */
    unlink(r->path);
    rmdir(r->folder);
    free(r);
    return result;
}

void source_receiver_write(const struct source_receiver *r, const char *text)
{
    FILE *file = fopen(r->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

enum err source_receiver_start(struct source_receiver *r, const struct source_options *options,
                               char message[1024])
{
    const struct source_handler handler = {r, on_readings, on_notice, on_end};
    r->in_start = true;
    enum err err = source_start(&r->source, &r->loop, options, &handler, message, 1024);
    r->in_start = false;
    return err;
}

void source_receiver_run(struct source_receiver *r, const struct source_options *options)
{
    char message[1024];
    if (source_receiver_start(r, options, message) != ERR_OK)
        fail_msg("%s", message);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_null(r->source);
}

void source_receiver_says(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("\"%s\" is not in:\n%s", wanted, text);
}

void source_receiver_refuse(struct source_receiver *r, const struct source_options *options,
                            enum err err, const char *wanted)
{
    char message[1024];
    assert_int_equal(source_receiver_start(r, options, message), err);
    source_receiver_says(message, wanted);
    uv_close((uv_handle_t *)&r->resume_timer, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
}

void source_receiver_idle(struct source_receiver *r)
{
    uv_close((uv_handle_t *)&r->resume_timer, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
}
