/* A TCP client in a libuv event loop.
 *
 * Idea: connecting, writing and reading are three events; each asks for the next, and when nothing
 * is left to wait for, the loop ends.
 *
 * usage: client_async [ADDRESS]     connects to ADDRESS (127.0.0.1), port 5002 */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { PORT = 5002 };

struct client {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    char text[1024];
    int result; /* what main() returns */
};

/* The one way out: with the connection closed the loop has nothing to wait for. */
static void finish(struct client *client, const char *what, int error)
{
    if (error < 0) {
        warnx("%s: %s", what, uv_strerror(error));
        client->result = EXIT_FAILURE;
    }
    if (!uv_is_closing((uv_handle_t *)&client->tcp))
        uv_close((uv_handle_t *)&client->tcp, NULL);
}

static void on_room_wanted(uv_handle_t *tcp, size_t suggested, uv_buf_t *room)
{
    struct client *client = tcp->data;

    (void)suggested;
    *room = uv_buf_init(client->text, sizeof client->text - 1);
}

static void on_read(uv_stream_t *tcp, ssize_t size, const uv_buf_t *bytes)
{
    struct client *client = tcp->data;

    (void)bytes;                       /* client->text */
    for (ssize_t i = 0; i < size; i++) /* no orders to the terminal from outside */
        if (!isprint((unsigned char)client->text[i]))
            client->text[i] = '?';
    if (size > 0) {
        client->text[size] = '\0';
        printf("Client received: %s\n", client->text);
    }
    if (size != 0)
        finish(client, "no answer", size < 0 ? (int)size : 0);
}

static void on_written(uv_write_t *write, int status)
{
    if (status < 0)
        finish(write->handle->data, "write", status);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct client *client = connect->handle->data;
    uv_buf_t hello = uv_buf_init("Hello async server!", 19);

    if (status == 0)
        status = uv_write(&client->write, connect->handle, &hello, 1, on_written);
    if (status == 0)
        status = uv_read_start(connect->handle, on_room_wanted, on_read);
    if (status < 0)
        finish(client, "connect (is server_async running?)", status);
}

int main(int argc, char **argv)
{
    struct client client = {.result = EXIT_SUCCESS};
    struct sockaddr_in there;

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);
    uv_tcp_init(uv_default_loop(), &client.tcp);
    client.tcp.data = &client;
    int error = uv_ip4_addr(argc > 1 ? argv[1] : "127.0.0.1", PORT, &there);
    if (error == 0)
        error = uv_tcp_connect(&client.connect, &client.tcp, (struct sockaddr *)&there,
                               on_connected);
    if (error < 0)
        finish(&client, "connect", error);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    return client.result;
}
