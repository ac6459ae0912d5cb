/* The life of a child: spawned with two pipes; read; it exits; its pipes end; the handler hears of
 * it. Three things may come between. It exits and leaves somebody behind who holds its pipes: after
 * EXEC_LINGER_MS the end is reported all the same. Its time is up, or nobody wants it any more: its
 * group gets TERM, and KILL a second later; a child that was freed meanwhile is still waited for,
 * silently, because an unreaped one would stay as a zombie.
 *
 * The group is only signalled while the child lives or somebody holds its pipes: its number may be
 * given to strangers afterwards. */
#include "io/exec.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_BYTES = 16384, HANDLES = 4 };

struct exec {
    struct exec_handler handler;
    uv_process_t process;
    uv_pipe_t output;
    uv_pipe_t talk;
    uv_timer_t timer;
    unsigned handles; /* not yet closed */
    uint64_t time_max_ms;
    struct exec_end end;
    bool spawned;
    bool exited;
    bool output_ended;
    bool talk_ended;
    bool reported;
    bool freed;  /* by its owner: silent from here on */
    bool killed; /* KILL was sent: nothing is left to try */
    char output_bytes[OUTPUT_BYTES];
    char talk_bytes[EXEC_TALK_BYTES_MAX];
    size_t talk_size;
};

static void on_closed(uv_handle_t *handle)
{
    struct exec *e = handle->data;
    e->handles--;
    if (e->handles == 0)
        free(e);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void close_all(struct exec *e)
{
    close_handle((uv_handle_t *)&e->process);
    close_handle((uv_handle_t *)&e->output);
    close_handle((uv_handle_t *)&e->talk);
    close_handle((uv_handle_t *)&e->timer);
}

/* Whether the group may be signalled, and somebody is in it. */
static bool group_lives(const struct exec *e)
{
    bool ours = !e->exited || !e->output_ended || !e->talk_ended;
    return e->spawned && ours && e->process.pid > 1 && kill(-e->process.pid, 0) == 0;
}

static void start_timer(struct exec *e, uv_timer_cb callback, uint64_t after_ms)
{
    int result = uv_timer_start(&e->timer, callback, after_ms, 0);
    check(result == 0);
}

/* For who did not listen to TERM. */
static void on_kill_timer(uv_timer_t *timer)
{
    struct exec *e = timer->data;
    if (group_lives(e))
        (void)kill(-e->process.pid, SIGKILL);
    e->killed = true;
    if (e->exited && e->freed)
        close_all(e);
}

static void terminate(struct exec *e)
{
    if (group_lives(e))
        (void)kill(-e->process.pid, SIGTERM);
    start_timer(e, on_kill_timer, EXEC_KILL_MS);
}

static void on_time_up(uv_timer_t *timer)
{
    struct exec *e = timer->data;
    e->end.timed_out = true;
    terminate(e);
}

static void report(struct exec *e)
{
    if (e->reported)
        return;
    uv_timer_stop(&e->timer);
    e->reported = true;
    e->handler.on_end(e->handler.context, &e->end);
}

static void on_lingered(uv_timer_t *timer)
{
    struct exec *e = timer->data;
    uv_read_stop((uv_stream_t *)&e->output);
    uv_read_stop((uv_stream_t *)&e->talk);
    report(e);
}

/* Something ended: the child, or one of its pipes. */
static void look_whether_over(struct exec *e)
{
    if (!e->exited)
        return;
    if (e->freed) {
        if (e->killed || !group_lives(e))
            close_all(e);
    } else if (e->output_ended && e->talk_ended) {
        report(e);
    } else {
        start_timer(e, on_lingered, EXEC_LINGER_MS);
    }
}

static void on_exit_of_child(uv_process_t *process, int64_t status, int signal)
{
    struct exec *e = process->data;
    e->exited = true;
    e->end.status = status;
    e->end.signal = signal;
    look_whether_over(e);
}

static void on_output_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct exec *e = handle->data;
    (void)suggested;
    *room = uv_buf_init(e->output_bytes, sizeof e->output_bytes);
}

static void on_output(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes)
{
    struct exec *e = stream->data;
    if (size > 0 && !e->freed && e->handler.on_output)
        e->handler.on_output(e->handler.context, bytes->base, (size_t)size);
    if (size >= 0)
        return;
    uv_read_stop(stream);
    e->output_ended = true;
    look_whether_over(e);
}

static void say_talk(struct exec *e, size_t size)
{
    while (size && e->talk_bytes[size - 1] == '\r')
        size--;
    if (size && !e->freed && e->handler.on_talk)
        e->handler.on_talk(e->handler.context, (struct span){e->talk_bytes, size});
}

/* What was read behind talk_size may end lines. */
static void split_talk(struct exec *e)
{
    char *line_end;
    while (!e->freed && (line_end = memchr(e->talk_bytes, '\n', e->talk_size))) {
        size_t size = (size_t)(line_end - e->talk_bytes);
        say_talk(e, size);
        e->talk_size -= size + 1;
        memmove(e->talk_bytes, line_end + 1, e->talk_size);
    }
    if (e->talk_size == sizeof e->talk_bytes) {
        say_talk(e, e->talk_size);
        e->talk_size = 0;
    }
}

static void on_talk_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct exec *e = handle->data;
    (void)suggested;
    *room = uv_buf_init(e->talk_bytes + e->talk_size,
                        (unsigned)(sizeof e->talk_bytes - e->talk_size));
}

static void on_talk(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes)
{
    struct exec *e = stream->data;
    (void)bytes;
    if (size > 0) {
        e->talk_size += (size_t)size;
        split_talk(e);
    }
    if (size >= 0)
        return;
    uv_read_stop(stream);
    say_talk(e, e->talk_size);
    e->talk_size = 0;
    e->talk_ended = true;
    look_whether_over(e);
}

static bool same_name(const char *a, const char *b)
{
    size_t size = strcspn(a, "=");
    return strncmp(a, b, size) == 0 && b[size] == '=';
}

static bool is_set_by(const struct exec_options *options, const char *entry)
{
    for (size_t i = 0; i < options->variable_count; i++)
        if (same_name(options->variables[i], entry))
            return true;
    return same_name("PYTHONUNBUFFERED=", entry);
}

static char *join(const uv_env_item_t *item)
{
    size_t name = strlen(item->name);
    size_t value = strlen(item->value);
    char *entry = malloc(name + value + 2);
    if (!entry)
        return NULL;
    memcpy(entry, item->name, name);
    entry[name] = '=';
    memcpy(entry + name + 1, item->value, value + 1);
    return entry;
}

static void free_environment(char **environment)
{
    for (size_t i = 0; environment && environment[i]; i++)
        free(environment[i]);
    free(environment);
}

/* Ours with what the options add; NULL without memory. */
static char **make_environment(const struct exec_options *options)
{
    uv_env_item_t *items;
    int item_count;
    if (uv_os_environ(&items, &item_count) != 0)
        return NULL;
    char **all = calloc((size_t)item_count + options->variable_count + 2, sizeof *all);
    size_t count = 0;
    bool complete = all != NULL;
    for (int i = 0; complete && i < item_count; i++) {
        all[count] = join(&items[i]);
        if (all[count] && is_set_by(options, all[count]))
            free(all[count]);
        else if (all[count])
            count++;
        else
            complete = false;
        if (complete)
            all[count] = NULL;
    }
    uv_os_free_environ(items, item_count);
    for (size_t i = 0; complete && i < options->variable_count; i++, count++)
        complete = (all[count] = strdup(options->variables[i])) != NULL;
    complete = complete && (all[count] = strdup("PYTHONUNBUFFERED=1")) != NULL;
    if (complete)
        return all;
    free_environment(all);
    return NULL;
}

static int spawn(struct exec *e, uv_loop_t *loop, const struct exec_options *options,
                 char **environment)
{
    char shell[] = "/bin/sh";
    char flag[] = "-c";
    char *command = strdup(options->command);
    if (!command)
        return UV_ENOMEM;
    char *arguments[] = {shell, flag, command, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&e->output},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&e->talk},
    };
    uv_process_options_t wanted = {
        .file = shell,
        .args = arguments,
        .env = environment,
        .stdio = stdio,
        .stdio_count = 3,
        .flags = UV_PROCESS_DETACHED, /* a session, and so a group, of its own */
        .exit_cb = on_exit_of_child,
    };
    int result = uv_spawn(loop, &e->process, &wanted);
    free(command);
    return result;
}

static void init_handles(struct exec *e, uv_loop_t *loop)
{
    int result = uv_pipe_init(loop, &e->output, 0);
    check(result == 0);
    result = uv_pipe_init(loop, &e->talk, 0);
    check(result == 0);
    result = uv_timer_init(loop, &e->timer);
    check(result == 0);
    e->process.data = e->output.data = e->talk.data = e->timer.data = e;
    e->handles = HANDLES;
}

enum err exec_new(struct exec **exec, uv_loop_t *loop, const struct exec_options *options,
                  const struct exec_handler *handler, const char **reason)
{
    *reason = "out of memory";
    char **environment = make_environment(options);
    struct exec *e = environment ? calloc(1, sizeof *e) : NULL;
    *exec = NULL;
    if (!e) {
        free_environment(environment);
        return ERR_MEMORY;
    }
    e->handler = *handler;
    init_handles(e, loop);
    int result = spawn(e, loop, options, environment);
    free_environment(environment);
    if (result != 0) { /* uv_spawn() leaves a handle that must be closed all the same */
        *reason = uv_strerror(result);
        e->freed = true;
        close_all(e);
        return ERR_IO;
    }
    e->spawned = true;
    e->process.data = e;
    uv_read_start((uv_stream_t *)&e->output, on_output_room, on_output);
    uv_read_start((uv_stream_t *)&e->talk, on_talk_room, on_talk);
    if (options->time_max_ms)
        start_timer(e, on_time_up, options->time_max_ms);
    *exec = e;
    return ERR_OK;
}

void exec_pause(struct exec *e)
{
    uv_read_stop((uv_stream_t *)&e->output);
}

void exec_resume(struct exec *e)
{
    if (!e->output_ended && !e->reported)
        uv_read_start((uv_stream_t *)&e->output, on_output_room, on_output);
}

void exec_free(struct exec *e)
{
    if (!e || e->freed)
        return;
    e->freed = true;
    uv_read_stop((uv_stream_t *)&e->output);
    uv_read_stop((uv_stream_t *)&e->talk);
    if (e->exited && !group_lives(e))
        close_all(e);
    else
        terminate(e);
}
