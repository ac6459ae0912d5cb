/* A command whose standard output is the source. When it ends and everything it printed was taken,
 * it is run again, if --every says how often, or that is the end of the source. */
#include "io/exec.h"
#include "io/source_stream.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source_exec {
    struct source_stream stream;
    uv_timer_t timer;
    struct exec *exec;
    char *command;
    double every_s; /* 0: once */
    uint64_t began_ms;
    struct exec_end end;
    struct source_rate talk_rate;
    struct source_rate fail_rate;
};

static void say(struct source_exec *s, struct source_rate *rate, const char *text)
{
    char line[SOURCE_BASE_TEXT_BYTES];
    uint64_t left_out;
    if (!source_base_may_say(rate, uv_now(s->stream.base.loop), &left_out))
        return;
    if (left_out) {
        snprintf(line, sizeof line, "the command: %llu more lines were left out",
                 (unsigned long long)left_out);
        source_base_notice(&s->stream.base, line);
    }
    source_base_notice(&s->stream.base, text);
}

static void on_talk(void *context, struct span line)
{
    char memory[SOURCE_BASE_TEXT_BYTES];
    struct buf b;
    buf_init(&b, memory, sizeof memory - 1);
    buf_text(&b, "the command says: ");
    text_escape(&b, line, sizeof memory - 32);
    memory[b.size] = '\0';
    say(context, &((struct source_exec *)context)->talk_rate, memory);
}

static void on_output(void *context, const char *bytes, size_t size)
{
    source_stream_put(context, bytes, size);
}

static void on_end(void *context, const struct exec_end *end)
{
    struct source_exec *s = context;
    s->end = *end;
    source_stream_finish(&s->stream);
}

static enum err run(struct source_exec *s, const char **reason)
{
    struct exec_options options = {.command = s->command};
    struct exec_handler handler = {s, on_output, on_talk, on_end};
    s->began_ms = uv_now(s->stream.base.loop);
    source_decoder_reset(s->stream.decoder);
    return exec_new(&s->exec, s->stream.base.loop, &options, &handler, reason);
}

static void on_timer(uv_timer_t *timer)
{
    struct source_exec *s = timer->data;
    char text[SOURCE_BASE_TEXT_BYTES];
    const char *reason;
    if (run(s, &reason) == ERR_OK)
        return;
    snprintf(text, sizeof text, "the command could not be run again: %s", reason);
    source_base_end(&s->stream.base, ERR_IO, text);
}

/* "ended with status 3", "was ended by signal 9" */
static void put_end(char *out, size_t size, const struct exec_end *end)
{
    if (end->signal)
        snprintf(out, size, "was ended by signal %d", end->signal);
    else
        snprintf(out, size, "ended with status %lld", (long long)end->status);
}

static void run_again_later(struct source_exec *s)
{
    uv_update_time(s->stream.base.loop);
    uint64_t due_ms = s->began_ms + (uint64_t)(s->every_s * 1e3);
    uint64_t now_ms = uv_now(s->stream.base.loop);
    /* Even a command that takes longer than its turn leaves the machine a breath. */
    int result = uv_timer_start(&s->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 1, 0);
    check(result == 0);
}

static void drained(struct source *base)
{
    struct source_exec *s = (struct source_exec *)base;
    char how[64];
    char text[SOURCE_BASE_TEXT_BYTES];
    put_end(how, sizeof how, &s->end);
    exec_free(s->exec);
    s->exec = NULL;
    if (s->every_s > 0) {
        if (s->end.status || s->end.signal) {
            snprintf(text, sizeof text, "the command %s; it is run again", how);
            say(s, &s->fail_rate, text);
        }
        if (!base->stopped)
            run_again_later(s);
        return;
    }
    snprintf(text, sizeof text,
             "the command %s after %llu reading%s; for one that prints and ends, --every SECONDS "
             "runs it again and again",
             how, (unsigned long long)base->sent, base->sent == 1 ? "" : "s");
    source_base_end(base, ERR_CLOSED, text);
}

static void pause_exec(struct source *base)
{
    struct source_exec *s = (struct source_exec *)base;
    if (!s->exec)
        return;
    exec_pause(s->exec);
    if (base->ended) { /* --count is reached: nobody reads it any more */
        exec_free(s->exec);
        s->exec = NULL;
    }
}

static void go_on(struct source *base)
{
    struct source_exec *s = (struct source_exec *)base;
    if (s->exec)
        exec_resume(s->exec);
}

static void stop(struct source *base)
{
    struct source_exec *s = (struct source_exec *)base;
    exec_free(s->exec);
    s->exec = NULL;
    source_stream_close(&s->stream);
    source_base_close(base, (uv_handle_t *)&s->timer);
}

static void release(struct source *base)
{
    struct source_exec *s = (struct source_exec *)base;
    source_stream_fini(&s->stream);
    free(s->command);
    free(s);
}

static const struct source_class class = {source_stream_resume, stop, release};
static const struct source_stream_class stream_class = {pause_exec, go_on, drained};

enum err source_exec_start(struct source **source, uv_loop_t *loop,
                           const struct source_options *options,
                           const struct source_handler *handler, struct buf *message)
{
    const char *reason = NULL;
    struct source_exec *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    source_base_init(&s->stream.base, &class, loop, options, handler);
    s->every_s = options->every_s;
    s->command = strdup(options->command);
    enum err err = source_stream_init(&s->stream, &stream_class, options, "the command");
    if (!err && s->command)
        err = run(s, &reason);
    if (err || !s->command) {
        buf_text(message, reason ? "the command cannot be run: " : "");
        buf_text(message, reason ? reason : "");
        release(&s->stream.base);
        return err ? err : ERR_MEMORY;
    }
    int result = uv_timer_init(loop, &s->timer);
    check(result == 0);
    source_base_opened(&s->stream.base, (uv_handle_t *)&s->timer);
    source_stream_open(&s->stream);
    *source = &s->stream.base;
    return ERR_OK;
}
