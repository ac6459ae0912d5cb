/* Receives datagrams in a thread and hands each one on. Knows bytes, not messages. */
#ifndef LISTENER_H
#define LISTENER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct listener {
    int sock;
    void (*heard)(void *context, const char *bytes, size_t size, struct sockaddr_in from);
    void *context;
};

/* Starts to listen; false when the port is not to be had. heard() is called in the listener's
 * thread, which runs until the program ends, with bytes that are lent for the call. The listener
 * must live as long. */
bool listener_start(struct listener *listener, int port,
                    void (*heard)(void *context, const char *bytes, size_t size,
                                  struct sockaddr_in from),
                    void *context);

#endif
