#include "base/err.h"

const char *err_text(enum err err)
{
    static const char *const texts[ERR_COUNT_] = {
        [ERR_OK] = "no error",
        [ERR_MEMORY] = "out of memory",
        [ERR_FULL] = "no room left",
        [ERR_IO] = "refused by the operating system",
        [ERR_SYNTAX] = "not well-formed",
        [ERR_RANGE] = "out of range",
        [ERR_SIZE] = "wrong length",
        [ERR_NOT_FOUND] = "not found",
        [ERR_EXISTS] = "already there",
        [ERR_DENIED] = "not allowed",
        [ERR_STALE] = "older than what is known",
        [ERR_CORRUPT] = "stored bytes are damaged",
        [ERR_BUSY] = "held by another process",
        [ERR_CLOSED] = "closed by the other side",
        [ERR_TIMEOUT] = "took too long",
    };
    return (unsigned)err < ERR_COUNT_ ? texts[err] : "unknown error";
}
