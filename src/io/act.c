#include "io/act.h"

#include "core/limits.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

/* One child at a time, in a process group of its own, so that what it started ends with it. A
 * change that comes meanwhile waits; a later one of the same property takes its place, because only
 * what is true now matters to a relay. */

enum { WAITING_MAX = 64, TEXT_BYTES = 256, SETTINGS = 3, SETTING_BYTES = 32 + LIMIT_VALUE_TEXT };

struct change {
    char property[LIMIT_NAME + 1];
    char value[LIMIT_VALUE_TEXT + 1];
    uint64_t serial; /* 0: a change of state */
};

struct act {
    uv_loop_t *loop;
    uv_process_t process;
    uv_timer_t timer;
    struct act_handler handler;
    char *command;
    char settings[SETTINGS][SETTING_BYTES]; /* the child's own variables */
    struct change running;
    struct change waiting[WAITING_MAX];
    size_t waiting_count;
    bool busy, timed_out, failed, closing;
    int handles; /* open ones, while closing */
};

static void begin(struct act *a);

enum err act_open(struct act **act, uv_loop_t *loop, const char *device, const char *command,
                  const struct act_handler *handler)
{
    struct act *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ERR_MEMORY;
    a->loop = loop;
    a->handler = *handler;
    a->command = strdup(command);
    if (a->command == NULL) {
        free(a);
        return ERR_MEMORY;
    }
    snprintf(a->settings[0], SETTING_BYTES, "KITH_DEVICE=%s", device);
    uv_timer_init(loop, &a->timer);
    a->timer.data = a;
    *act = a;
    return ERR_OK;
}

static void tell(struct act *a, const char *what)
{
    char text[TEXT_BYTES + sizeof(struct change) + 8];
    snprintf(text, sizeof text, "%s = %s: %s", a->running.property, a->running.value, what);
    a->handler.on_failed(a->handler.context, text);
}

static void free_when_closed(uv_handle_t *handle)
{
    struct act *a = handle->data;
    if (--a->handles > 0)
        return;
    free(a->command);
    free(a);
}

static void next_when_closed(uv_handle_t *handle)
{
    struct act *a = handle->data;
    a->busy = false;
    if (!a->closing && a->running.serial > 0)
        a->handler.on_done(a->handler.context, a->running.serial, a->failed);
    if (a->closing)
        free_when_closed(handle);
    else if (a->waiting_count > 0)
        begin(a);
}

static void end_child(const struct act *a, int signal)
{
    kill(-a->process.pid, signal);
}

static void on_exit_status(uv_process_t *process, int64_t status, int signal)
{
    struct act *a = process->data;
    char what[TEXT_BYTES];
    uv_timer_stop(&a->timer);
    if (a->timed_out)
        snprintf(what, sizeof what, "the command took longer than %d s and was ended",
                 ACT_TIME_MS / 1000);
    else if (signal != 0)
        snprintf(what, sizeof what, "the command was ended by signal %d", signal);
    else
        snprintf(what, sizeof what, "the command ended with status %d", (int)status);
    a->failed = a->timed_out || signal != 0 || status != 0;
    if (!a->closing && a->failed)
        tell(a, what);
    end_child(a, SIGKILL); /* what it left behind in its group */
    uv_close((uv_handle_t *)process, next_when_closed);
}

static void on_time(uv_timer_t *timer)
{
    struct act *a = timer->data;
    end_child(a, a->timed_out ? SIGKILL : SIGTERM);
    a->timed_out = true;
    uv_timer_start(timer, on_time, 1000, 0);
}

/* Our environment with the child's own variables; NULL when out of memory. */
static char **child_environment(struct act *a)
{
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **list = calloc(count + SETTINGS + 1, sizeof *list);
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < SETTINGS; i++)
        list[i] = a->settings[i];
    size_t at = SETTINGS;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "KITH_DEVICE=", 12) != 0 &&
            strncmp(environ[i], "KITH_PROPERTY=", 14) != 0 &&
            strncmp(environ[i], "KITH_VALUE=", 11) != 0)
            list[at++] = environ[i];
    return list;
}

static void begin(struct act *a)
{
    a->running = a->waiting[0];
    a->waiting_count--;
    memmove(a->waiting, a->waiting + 1, a->waiting_count * sizeof *a->waiting);
    snprintf(a->settings[1], SETTING_BYTES, "KITH_PROPERTY=%s", a->running.property);
    snprintf(a->settings[2], SETTING_BYTES, "KITH_VALUE=%s", a->running.value);
    char **environment = child_environment(a);
    if (environment == NULL) {
        tell(a, err_text(ERR_MEMORY));
        if (a->running.serial > 0)
            a->handler.on_done(a->handler.context, a->running.serial, true);
        return;
    }
    char shell[] = "/bin/sh", flag[] = "-c";
    char *arguments[] = {shell, flag, a->command, NULL};
    uv_stdio_container_t stdio[] = {{.flags = UV_IGNORE},
                                    {.flags = UV_INHERIT_FD, .data.fd = 2},
                                    {.flags = UV_INHERIT_FD, .data.fd = 2}};
    uv_process_options_t options = {.exit_cb = on_exit_status,
                                    .file = shell,
                                    .args = arguments,
                                    .env = environment,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = 3,
                                    .stdio = stdio};
    a->busy = true;
    a->timed_out = false;
    a->process.data = a;
    int status = uv_spawn(a->loop, &a->process, &options);
    free(environment);
    if (status == 0) {
        uv_timer_start(&a->timer, on_time, ACT_TIME_MS, 0);
        return;
    }
    a->failed = true;
    tell(a, uv_strerror(status));
    uv_close((uv_handle_t *)&a->process, next_when_closed);
}

static enum err put(struct act *a, size_t at, uint64_t serial, struct span property,
                    struct span value)
{
    if (property.size > LIMIT_NAME || value.size > LIMIT_VALUE_TEXT)
        return ERR_SIZE;
    if (at == WAITING_MAX)
        return ERR_FULL;
    if (at == a->waiting_count)
        a->waiting_count++;
    struct change *c = &a->waiting[at];
    *c = (struct change){.serial = serial};
    memcpy(c->property, property.bytes, property.size);
    if (value.size > 0)
        memcpy(c->value, value.bytes, value.size);
    if (!a->busy)
        begin(a);
    return ERR_OK;
}

void act_change(struct act *a, struct span property, struct span value)
{
    size_t at = 0;
    while (at < a->waiting_count && !span_is(property, a->waiting[at].property))
        at++;
    if (put(a, at, 0, property, value) == ERR_FULL)
        a->handler.on_failed(a->handler.context,
                             "too many changes wait for the command; one is left out");
}

enum err act_run(struct act *a, uint64_t serial, struct span property, struct span value)
{
    return put(a, a->waiting_count, serial, property, value);
}

void act_close(struct act *a)
{
    if (a == NULL)
        return;
    a->closing = true;
    a->handles = a->busy ? 2 : 1;
    if (a->busy && uv_is_active((uv_handle_t *)&a->process))
        end_child(a, SIGKILL);
    uv_close((uv_handle_t *)&a->timer, free_when_closed);
}
