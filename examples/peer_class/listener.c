/* recvfrom() blocks, so it has a thread of its own. */
#define _POSIX_C_SOURCE 200809L
#include "listener.h"

#include "message.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

static void *listen_for_ever(void *arg)
{
    const struct listener *listener = arg;
    char bytes[MESSAGE_BYTES_MAX];

    for (;;) {
        struct sockaddr_in from = {0};
        socklen_t from_size = sizeof from;

        /* MSG_TRUNC: the true size, so that one too long is dropped, and not half of it read. */
        ssize_t size = recvfrom(listener->sock, bytes, sizeof bytes, MSG_TRUNC,
                                (struct sockaddr *)&from, &from_size);
        if (size >= 0 && size <= (ssize_t)sizeof bytes)
            listener->heard(listener->context, bytes, (size_t)size, from);
    }
    return NULL;
}

bool listener_start(struct listener *listener, int port,
                    void (*heard)(void *context, const char *bytes, size_t size,
                                  struct sockaddr_in from),
                    void *context)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
    pthread_t thread;
    int yes = 1;

    listener->heard = heard;
    listener->context = context;
    listener->sock = socket(AF_INET, SOCK_DGRAM, 0);
    /* Several peers on one machine share the port, and a broadcast reaches them all. */
    setsockopt(listener->sock, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return bind(listener->sock, (struct sockaddr *)&here, sizeof here) == 0 &&
           pthread_create(&thread, NULL, listen_for_ever, listener) == 0;
}
