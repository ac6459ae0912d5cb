#include "io/store_run.h"

#include "io/trust.h"

/* Just behind the string whose content begins at `at`. */
static size_t string_end(struct span run, size_t at)
{
    for (; at < run.size && run.bytes[at] != '"'; at++)
        if (run.bytes[at] == '\\')
            at++;
    return at < run.size ? at + 1 : run.size;
}

size_t store_run_end(struct span run, size_t at)
{
    size_t depth = 0;
    while (at < run.size) {
        char c = run.bytes[at++];
        if (c == '"')
            at = string_end(run, at);
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return run.size;
}

struct span store_run_behind(struct span run, size_t count)
{
    size_t at = 0;
    for (; count > 0 && at < run.size; count--)
        at = store_run_end(run, at) + 1;
    if (at >= run.size)
        return (struct span){run.bytes + run.size, 0};
    return (struct span){run.bytes + at, run.size - at};
}

struct span store_run_fit(struct span run, size_t bytes_max, size_t *count)
{
    size_t size = 0;
    size_t fitting = 0;
    for (size_t at = 0; at < run.size && fitting < *count;) {
        size_t end = store_run_end(run, at);
        if (end > bytes_max)
            break;
        size = end;
        fitting++;
        at = end + 1;
    }
    *count = fitting;
    return (struct span){run.bytes, size};
}

void store_run_chain(struct chain_hash *hash, struct span run)
{
    for (size_t at = 0; at < run.size;) {
        size_t end = store_run_end(run, at);
        struct chain_hash before = *hash;
        trust_hash(hash, &before, (struct span){run.bytes + at, end - at});
        at = end + 1;
    }
}
