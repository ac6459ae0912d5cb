#define _GNU_SOURCE /* struct ucred */
#include "io/control.h"

#include "io/file.h"
#include "wire/line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Happy path: a client connects, is asked of the kernel who it is, sends lines, gets lines. What is
 * put is gathered while a write is under way and leaves with the next.
 *
 * A client ends in one way only: end() closes its handle, and the close callback tells the handler
 * and frees it. So a client stays a valid pointer during any call of the handler. */

enum { BACKLOG = 64, INPUT_BYTES = 16384 };

struct control_client {
    uv_pipe_t pipe;
    uv_write_t write;
    struct control *control;
    struct line_splitter lines;
    char *gathered, *sending; /* each CONTROL_OUTPUT_MAX at most */
    size_t gathered_size, gathered_capacity, sending_size;
    bool finishing, ended, paused, listed;
    void *slot;
};

struct control {
    uv_pipe_t pipe;
    struct control_handler handler;
    struct control_client *clients[CONTROL_CLIENTS];
    size_t client_count;
    size_t open_handles; /* of clients, listed or not */
    bool closed;         /* our own handle is */
    char input[INPUT_BYTES];
};

static void free_when_all_closed(struct control *c)
{
    if (c->closed && c->open_handles == 0)
        free(c);
}

static void unlist(struct control_client *client)
{
    struct control *c = client->control;
    size_t at = 0;
    if (!client->listed)
        return;
    while (c->clients[at] != client)
        at++;
    c->clients[at] = c->clients[--c->client_count];
    client->listed = false;
}

static void on_client_closed(uv_handle_t *handle)
{
    struct control_client *client = handle->data;
    struct control *c = client->control;
    if (client->listed)
        c->handler.on_gone(c->handler.context, client);
    unlist(client);
    line_fini(&client->lines);
    free(client->gathered);
    free(client->sending);
    free(client);
    c->open_handles--;
    free_when_all_closed(c);
}

static void end(struct control_client *client)
{
    if (client->ended)
        return;
    client->ended = true;
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void send_gathered(struct control_client *client);

static void take_input(struct control_client *client, struct span input)
{
    struct control *c = client->control;
    struct span line;
    enum err err = ERR_OK;
    while (!client->ended && !client->finishing && line_next(&client->lines, &input, &line, &err))
        c->handler.on_line(c->handler.context, client, line);
    if (err != ERR_OK)
        end(client);
}

static void on_allocate(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)size;
    struct control_client *client = handle->data;
    *buf = uv_buf_init(client->control->input, sizeof client->control->input);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct control_client *client = stream->data;
    if (size > 0)
        take_input(client, (struct span){buf->base, (size_t)size});
    else if (size == UV_EOF)
        control_finish(client); /* it may still read: `echo ... | nc -U` */
    else if (size < 0)
        end(client);
}

/* Reading waits for a client that does not read. */
static void set_reading(struct control_client *client)
{
    bool pause = client->sending != NULL && client->gathered_size > 0;
    if (client->ended || client->finishing || pause == client->paused)
        return;
    client->paused = pause;
    if (pause)
        uv_read_stop((uv_stream_t *)&client->pipe);
    else if (uv_read_start((uv_stream_t *)&client->pipe, on_allocate, on_read) != 0)
        end(client);
}

static void on_written(uv_write_t *write, int status)
{
    struct control_client *client = write->data;
    struct control *c = client->control;
    free(client->sending);
    client->sending = NULL;
    client->sending_size = 0;
    if (client->ended)
        return;
    if (status != 0) {
        end(client);
        return;
    }
    send_gathered(client);
    if (client->sending == NULL && client->finishing)
        end(client);
    else if (client->sending == NULL && client->listed)
        c->handler.on_drained(c->handler.context, client);
    set_reading(client);
}

static void send_gathered(struct control_client *client)
{
    if (client->gathered_size == 0 || client->ended)
        return;
    client->sending = client->gathered;
    client->sending_size = client->gathered_size;
    client->gathered = NULL;
    client->gathered_size = client->gathered_capacity = 0;
    uv_buf_t buf = uv_buf_init(client->sending, (unsigned)client->sending_size);
    client->write.data = client;
    if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buf, 1, on_written) == 0)
        return;
    free(client->sending);
    client->sending = NULL;
    end(client);
}

static bool reserve(struct control_client *client, size_t size)
{
    size_t capacity = client->gathered_capacity == 0 ? 1024 : client->gathered_capacity;
    while (capacity < size)
        capacity *= 2;
    if (capacity == client->gathered_capacity)
        return true;
    char *memory = realloc(client->gathered, capacity);
    if (memory == NULL)
        return false;
    client->gathered = memory;
    client->gathered_capacity = capacity;
    return true;
}

size_t control_room(const struct control_client *client)
{
    size_t used = client->gathered_size + client->sending_size;
    return client->ended || used >= CONTROL_OUTPUT_MAX ? 0 : CONTROL_OUTPUT_MAX - used;
}

void control_put(struct control_client *client, struct span line)
{
    if (client->ended || client->finishing)
        return;
    if (line.size >= control_room(client) ||
        !reserve(client, client->gathered_size + line.size + 1)) {
        end(client);
        return;
    }
    if (line.size > 0)
        memcpy(client->gathered + client->gathered_size, line.bytes, line.size);
    client->gathered_size += line.size;
    client->gathered[client->gathered_size++] = '\n';
    if (client->sending == NULL)
        send_gathered(client);
    set_reading(client);
}

void control_finish(struct control_client *client)
{
    client->finishing = true;
    if (client->ended)
        return;
    uv_read_stop((uv_stream_t *)&client->pipe);
    if (client->sending == NULL)
        end(client);
}

void **control_slot(struct control_client *client)
{
    return &client->slot;
}

/* Another user of the machine cannot pass the folder; this holds where permissions do not. */
static bool is_ours(uv_pipe_t *pipe)
{
    struct ucred who;
    socklen_t size = sizeof who;
    int fd;
    return uv_fileno((uv_handle_t *)pipe, &fd) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           (who.uid == geteuid() || who.uid == 0);
}

static void welcome(struct control *c, struct control_client *client)
{
    if (uv_accept((uv_stream_t *)&c->pipe, (uv_stream_t *)&client->pipe) != 0 ||
        !is_ours(&client->pipe)) {
        end(client);
        return;
    }
    if (c->client_count == CONTROL_CLIENTS) {
        control_put(client, SPAN("{\"error\":\"busy\",\"text\":\"this peer answers 32 programs "
                                 "already; end one of them, or try again\"}"));
        control_finish(client);
        return;
    }
    client->listed = true;
    c->clients[c->client_count++] = client;
    if (uv_read_start((uv_stream_t *)&client->pipe, on_allocate, on_read) != 0)
        end(client);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct control *c = stream->data;
    struct control_client *client = status == 0 ? calloc(1, sizeof *client) : NULL;
    if (client == NULL || uv_pipe_init(stream->loop, &client->pipe, 0) != 0) {
        free(client); /* the connection waits; the next one wakes us again */
        return;
    }
    client->pipe.data = client;
    client->control = c;
    c->open_handles++;
    line_init(&client->lines);
    welcome(c, client);
}

static enum err make_folder(const char *path, char *message, size_t message_bytes)
{
    char folder[FILE_PATH_MAX];
    struct stat s;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (file_make_folder(folder) != ERR_OK || lstat(folder, &s) != 0) {
        snprintf(message, message_bytes, "cannot make %s: %s; set XDG_RUNTIME_DIR or --state-dir",
                 folder, strerror(errno));
        return ERR_IO;
    }
    if (!S_ISDIR(s.st_mode) || s.st_uid != geteuid()) {
        snprintf(message, message_bytes,
                 "%s is not a folder of yours; set XDG_RUNTIME_DIR or --state-dir", folder);
        return ERR_DENIED;
    }
    if ((s.st_mode & 077) == 0 || chmod(folder, 0700) == 0)
        return ERR_OK;
    snprintf(message, message_bytes, "others may look into %s: chmod 700 %s", folder, folder);
    return ERR_DENIED;
}

/* What is there and answers belongs to a peer that lives (one with another data folder: ours is
 * locked by us). */
static enum err clear_stale(const char *path, char *message, size_t message_bytes)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    int answer = connect(fd, (const void *)&address, sizeof address) == 0 ? 0 : errno;
    close(fd);
    if (answer == 0 || answer == EAGAIN) {
        snprintf(message, message_bytes,
                 "%s answers for another peer of this name; `kith status` asks that one", path);
        return ERR_BUSY;
    }
    if (answer == ECONNREFUSED)
        unlink(path);
    return ERR_OK;
}

static enum err listen_at(struct control *c, const char *path, char *message, size_t message_bytes)
{
    mode_t before = umask(077);
    int result = uv_pipe_bind(&c->pipe, path);
    umask(before);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&c->pipe, BACKLOG, on_connection);
    if (result == 0)
        return ERR_OK;
    snprintf(message, message_bytes, "cannot listen at %s: %s; remove it, or set XDG_RUNTIME_DIR",
             path, uv_strerror(result));
    return ERR_IO;
}

static enum err prepare(const char *path, char *message, size_t message_bytes)
{
    size_t size = strlen(path);
    if (size > CONTROL_PATH_MAX) {
        snprintf(message, message_bytes,
                 "%s is %zu characters long, a socket's path at most %d: set XDG_RUNTIME_DIR to a "
                 "shorter folder, or give a shorter --state-dir",
                 path, size, CONTROL_PATH_MAX);
        return ERR_SIZE;
    }
    enum err err = make_folder(path, message, message_bytes);
    return err == ERR_OK ? clear_stale(path, message, message_bytes) : err;
}

static void on_closed(uv_handle_t *handle)
{
    struct control *c = handle->data;
    c->closed = true;
    free_when_all_closed(c);
}

enum err control_open(struct control **control, uv_loop_t *loop, const char *path,
                      const struct control_handler *handler, char *message, size_t message_bytes)
{
    *control = NULL;
    snprintf(message, message_bytes, "out of memory");
    enum err err = prepare(path, message, message_bytes);
    if (err != ERR_OK)
        return err;
    struct control *c = calloc(1, sizeof *c);
    if (c == NULL || uv_pipe_init(loop, &c->pipe, 0) != 0) {
        free(c);
        return ERR_MEMORY;
    }
    c->pipe.data = c;
    c->handler = *handler;
    err = listen_at(c, path, message, message_bytes);
    if (err == ERR_OK)
        *control = c;
    else
        uv_close((uv_handle_t *)&c->pipe, on_closed);
    return err;
}

void control_close(struct control *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->client_count; i++)
        end(c->clients[i]);
    uv_close((uv_handle_t *)&c->pipe, on_closed); /* removes the socket */
}
