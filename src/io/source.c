#include "io/source.h"

#include "io/source_base.h"

enum err source_start(struct source **source, uv_loop_t *loop, const struct source_options *options,
                      const struct source_handler *handler, char *message, size_t message_bytes)
{
    enum err err = ERR_NOT_FOUND;
    struct buf b;
    check(message_bytes > 0);
    buf_init(&b, message, message_bytes - 1);
    *source = NULL;
    switch (options->kind) {
    case SOURCE_SIMULATE:
        err = source_simulate_start(source, loop, options, handler, &b);
        break;
    case SOURCE_DATASET:
        err = source_dataset_start(source, loop, options, handler, &b);
        break;
    case SOURCE_EXEC:
        err = source_exec_start(source, loop, options, handler, &b);
        break;
    case SOURCE_STDIN:
        err = source_stdin_start(source, loop, options, handler, &b);
        break;
    }
    if (err && b.size == 0)
        buf_text(&b, err_text(err));
    message[b.size] = '\0';
    return err;
}

void source_resume(struct source *s)
{
    if (!s->waiting || s->ended || s->stopped)
        return;
    s->waiting = false;
    s->class->resume(s);
}

void source_stop(struct source *s)
{
    if (!s || s->stopped)
        return;
    s->stopped = true;
    s->class->stop(s);
}
