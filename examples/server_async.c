/* A TCP server for many clients in one thread: a libuv event loop.
 *
 * Idea: nothing blocks. We say what to do when something happens, and the loop waits for all of it.
 *
 * usage: server_async [ADDRESS]     listens on ADDRESS (127.0.0.1), port 5002 */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { PORT = 5002, BACKLOG = 64 };

/* One for each connection, from on_connection() to on_closed(). */
struct client {
    uv_tcp_t tcp;
    uv_write_t write;
    char text[1024];
};

static void on_closed(uv_handle_t *tcp)
{
    free(tcp->data);
}

static void on_room_wanted(uv_handle_t *tcp, size_t suggested, uv_buf_t *room)
{
    struct client *client = tcp->data;

    (void)suggested;
    *room = uv_buf_init(client->text, sizeof client->text - 1);
}

static void on_read(uv_stream_t *tcp, ssize_t size, const uv_buf_t *bytes);

static void on_written(uv_write_t *write, int status)
{
    if (status == 0 && !uv_is_closing((uv_handle_t *)write->handle))
        uv_read_start(write->handle, on_room_wanted, on_read);
}

static void on_read(uv_stream_t *tcp, ssize_t size, const uv_buf_t *bytes)
{
    struct client *client = tcp->data;
    uv_buf_t ack = uv_buf_init("ACK", 3);

    (void)bytes; /* client->text */
    if (size < 0) {
        uv_close((uv_handle_t *)tcp, on_closed);
        return;
    }
    if (size == 0)
        return;
    for (ssize_t i = 0; i < size; i++) /* no orders to the terminal from outside */
        if (!isprint((unsigned char)client->text[i]))
            client->text[i] = '?';
    client->text[size] = '\0';
    printf("Received: %s\n", client->text);
    /* Until the answer is out we read no more, so a client that never reads costs us nothing. */
    uv_read_stop(tcp);
    if (uv_write(&client->write, tcp, &ack, 1, on_written) < 0)
        uv_close((uv_handle_t *)tcp, on_closed);
}

static void on_connection(uv_stream_t *door, int status)
{
    struct client *client = status == 0 ? calloc(1, sizeof *client) : NULL;

    if (client == NULL)
        return;
    uv_tcp_init(door->loop, &client->tcp);
    client->tcp.data = client;
    if (uv_accept(door, (uv_stream_t *)&client->tcp) < 0 ||
        uv_read_start((uv_stream_t *)&client->tcp, on_room_wanted, on_read) < 0)
        uv_close((uv_handle_t *)&client->tcp, on_closed);
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1";
    struct sockaddr_in here;
    uv_tcp_t door;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN); /* a client that left must not end us */
    uv_tcp_init(uv_default_loop(), &door);
    int error = uv_ip4_addr(address, PORT, &here);
    if (error == 0)
        error = uv_tcp_bind(&door, (struct sockaddr *)&here, 0);
    if (error == 0)
        error = uv_listen((uv_stream_t *)&door, BACKLOG, on_connection);
    if (error < 0)
        errx(EXIT_FAILURE, "cannot listen at %s: %s", address, uv_strerror(error));
    printf("Async server running...\n");
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
