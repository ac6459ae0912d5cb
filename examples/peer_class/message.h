/* Messages of the plain dialect as structs, and as the JSON that travels. No I/O here. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

enum { MESSAGE_NAME_BYTES_MAX = 63, MESSAGE_BYTES_MAX = 1024 };

enum message_type { MESSAGE_HELLO, MESSAGE_TEMPERATURE };

struct message {
    enum message_type type;
    char device[MESSAGE_NAME_BYTES_MAX + 1];
    double celsius; /* of a MESSAGE_TEMPERATURE */
};

/* 1 to 63 letters, digits, '-' and '_': safe in JSON and on a terminal. */
bool message_is_name(const char *text);

/* Writes at most size bytes with the ending NUL; returns the length without it. The device must be
 * a name. */
size_t message_encode(const struct message *message, char *text, size_t size);

/* False for everything that is not exactly one message; *message is then untouched. */
bool message_decode(const char *bytes, size_t size, struct message *message);

#endif
