/* The only file that knows JSON. What arrives is checked once, here, and is a struct ever after. */
#include "message.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

bool message_is_name(const char *text)
{
    size_t length = strspn(text,
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    return length >= 1 && length <= MESSAGE_NAME_BYTES_MAX && text[length] == '\0';
}

size_t message_encode(const struct message *message, char *text, size_t size)
{
    int length;

    if (message->type == MESSAGE_HELLO)
        length = snprintf(text, size, "{\"type\":\"hello\",\"device\":\"%s\"}", message->device);
    else
        length = snprintf(text, size, "{\"type\":\"temperature\",\"device\":\"%s\",\"value\":%.1f}",
                          message->device, message->celsius);
    return length < 0 || (size_t)length >= size ? 0 : (size_t)length;
}

static bool decode_object(json_t *object, struct message *message)
{
    const json_t *value = json_object_get(object, "value");
    const char *type, *device;
    struct message found = {.type = MESSAGE_HELLO};

    if (json_unpack(object, "{s:s, s:s}", "type", &type, "device", &device) < 0)
        return false;
    if (!message_is_name(device))
        return false;
    if (strcmp(type, "temperature") == 0 && json_is_number(value))
        found.type = MESSAGE_TEMPERATURE;
    else if (strcmp(type, "hello") != 0)
        return false;
    strcpy(found.device, device);
    found.celsius = json_number_value(value);
    *message = found;
    return true;
}

bool message_decode(const char *bytes, size_t size, struct message *message)
{
    json_t *object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, NULL);
    bool is_message = decode_object(object, message);

    json_decref(object);
    return is_message;
}
