#include "peer.h"

#include <inttypes.h>
#include <stdlib.h>

struct console *console_new(const struct console_options *options)
{
    struct console *c = calloc(1, sizeof *c);
    if (c)
        *c = (struct console){.each = options->json, .next_seq = 1};
    return c;
}

void console_free(struct console *c)
{
    if (c && c->count > 0 && !c->each)
        printf("received count=%" PRIu64 " first_ns=%" PRIu64 " last_ns=%" PRIu64
               " doubled=%" PRIu64 "\n",
               c->count, c->first_ns, c->last_ns, c->doubled);
    fflush(stdout);
    free(c);
}

uint64_t console_fact_mask(const struct console *c)
{
    (void)c;
    return UINT64_C(1) << FACT_STARTED | UINT64_C(1) << FACT_CONNECTED |
           UINT64_C(1) << FACT_READING | UINT64_C(1) << FACT_UPDATE | UINT64_C(1) << FACT_ACKED;
}

static void count_reading(struct console *c, const struct record *record)
{
    if (c->each) {
        if (record->seq == 1)
            printf("reading ns=%" PRIu64 " device=%.*s\n", peer_now_ns(), (int)record->device.size,
                   record->device.bytes);
        fflush(stdout);
        return;
    }
    if (c->count++ == 0)
        c->first_ns = peer_now_ns();
    c->fresh = true;
    if (record->seq < c->next_seq)
        c->doubled++;
    else
        c->next_seq = record->seq + 1;
}

void console_fact(struct console *c, const struct fact *fact, uint64_t wall_ms)
{
    (void)wall_ms;
    switch (fact->kind) {
    case FACT_STARTED:
        printf("started ns=%" PRIu64 "\n", peer_now_ns());
        fflush(stdout);
        break;
    case FACT_CONNECTED:
        if (c->source)
            peer_source_connected(c->source);
        break;
    case FACT_READING:
        count_reading(c, fact->record);
        break;
    case FACT_UPDATE:
        if (c->source)
            peer_source_update(c->source, fact->record);
        break;
    case FACT_ACKED:
        if (c->source)
            peer_source_acked(c->source, fact->seq);
        break;
    default:
        break;
    }
}

void console_error(struct console *c, const char *text)
{
    (void)c;
    fprintf(stderr, "peer: %s\n", text);
}

void console_refused(struct console *c, struct address address, const char *cause)
{
    (void)address;
    console_error(c, cause);
}

/* Once a turn: a clock read for each reading would be a cost of measuring. */
bool console_flush(struct console *c)
{
    if (c->fresh)
        c->last_ns = peer_now_ns();
    c->fresh = false;
    return true;
}

void console_identity(struct console *c, const char *network_short, const char *data, bool made)
{
    (void)c;
    (void)network_short;
    (void)data;
    (void)made;
}

void console_tried(struct console *c, const char *tried)
{
    (void)c;
    (void)tried;
}

void console_rules_file(struct console *c, const char *path)
{
    (void)c;
    (void)path;
}

void console_notice(struct console *c, const char *text)
{
    (void)c;
    (void)text;
}

void console_malformed(struct console *c, struct address source, const char *cause,
                       struct span bytes, uint64_t dropped)
{
    (void)c;
    (void)source;
    (void)cause;
    (void)bytes;
    (void)dropped;
}

void console_broadcast(struct console *c, const struct reading *reading)
{
    (void)c;
    (void)reading;
}

void console_trace(struct console *c, enum console_way way, const char *who, struct span text)
{
    (void)c;
    (void)way;
    (void)who;
    (void)text;
}
