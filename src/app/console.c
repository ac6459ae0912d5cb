#include "app/console.h"

#include "app/console_json.h"
#include "app/paths.h"
#include "app/writer.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A fact becomes a line of words, or of JSON, in memory; writer.c gathers lines and writes them
 * when the loop's turn ends. What strangers can cause without being known (refused connections) is
 * told at a bounded rate. */

enum {
    LINE_BYTES = 8192,
    END_BYTES = 8,                             /* "...", the end of a colour, a newline */
    TRACE_BYTES = 4 * LIMIT_LINE + LINE_BYTES, /* each byte of a message escaped */
    RESTORED_BYTES = 256,
    BROADCAST_BYTES = 512,
    PATH_BYTES = 4096,
    TRIED_BYTES = 512,
    REFUSED_BURST_MS = 10000, /* ten are told at once; then one a second */
    LEAVE_WAIT_MS = 1000,
};

/* Who comes back every few seconds with the same fault is told once a minute. */
enum { REFUSALS = 16, REFUSAL_MS = 60000 };

struct refusal {
    char device[LIMIT_NAME + 1];
    char cause[LIMIT_REASON + 1];
    uint64_t told_ms;
};

struct console {
    struct console_options options;
    struct writer out, err;
    struct writer early; /* JSON: what came before "started", which is the first line always */
    bool started;
    bool out_colour, err_colour;
    struct words words;
    char network[16];
    char keys[PATH_BYTES], file[PATH_BYTES], tried[TRIED_BYTES], restored[RESTORED_BYTES];
    size_t restored_size;
    char broadcast[BROADCAST_BYTES]; /* a line that is not ended yet; empty: none */
    size_t broadcast_size;
    uint64_t refused_ms; /* told up to then, a second each; behind by REFUSED_BURST_MS at most */
    uint64_t refused_untold;
    struct refusal refusals[REFUSALS]; /* of devices that are known, told lately */
    size_t refusal_next;
    char *trace;    /* made when first needed */
    int told_error; /* what standard output suffers from, as told */
    uint64_t mask;  /* a bit for each kind of fact that is told */
    char line[LINE_BYTES];
};

static const char *const colours[] = {
    [WORDS_USUAL] = "",
    [WORDS_GOOD] = "\033[32m",
    [WORDS_BAD] = "\033[33m",
    [WORDS_STRONG] = "\033[1m",
};

/* "[sensor1] ", and the colour of what follows. */
static void begin_line(const struct console *c, struct buf *b, bool colour, enum words_style style)
{
    buf_text(b, colour ? "\033[2m[" : "[");
    buf_text(b, c->options.device);
    buf_text(b, colour ? "]\033[0m " : "] ");
    if (colour)
        buf_text(b, colours[style]);
}

static struct buf line_in(char *memory, size_t capacity)
{
    struct buf b;
    buf_init(&b, memory, capacity - END_BYTES);
    return b;
}

static struct buf new_line(struct console *c)
{
    return line_in(c->line, sizeof c->line);
}

/* Ends the line; END_BYTES were kept free for this. */
static void end_line(struct writer *w, struct buf *b, bool colour)
{
    bool cut = b->overflow;
    b->overflow = false;
    b->capacity += END_BYTES;
    if (cut)
        buf_text(b, "...");
    buf_text(b, colour ? "\033[0m\n" : "\n");
    writer_put(w, buf_view(b));
}

/* What was broadcast in one turn is one line. */
static void end_broadcast(struct console *c)
{
    if (c->broadcast_size == 0)
        return;
    struct buf b = new_line(c);
    begin_line(c, &b, c->out_colour, WORDS_USUAL);
    buf_put(&b, c->broadcast, c->broadcast_size);
    end_line(&c->out, &b, c->out_colour);
    c->broadcast_size = 0;
}

static bool colour_wanted(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

static void set_file(struct console *c)
{
    struct paths paths;
    char path[FILE_PATH_MAX];
    struct buf b;
    buf_init(&b, c->file, sizeof c->file - 1);
    if (paths_init(&paths, NULL) == ERR_OK &&
        paths_device_config(&paths, c->options.device, path) == ERR_OK)
        paths_write(&b, paths.home, path);
    c->file[b.size] = '\0';
}

static uint64_t mask_of(const struct console_options *o)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < FACT_KIND_COUNT; i++) {
        enum fact_kind kind = (enum fact_kind)i;
        bool told = o->json ? console_json_event(kind) != NULL : words_told(kind);
        if (o->quiet)
            told = words_told_quietly(kind);
        if (told)
            mask |= UINT64_C(1) << i;
    }
    if (o->json) /* it names the schema */
        mask |= UINT64_C(1) << FACT_STARTED;
    if (!o->quiet) /* FACT_RESTORED tells them */
        mask |= UINT64_C(1) << FACT_RESTORED_TOPIC;
    return mask;
}

/* Whom a person could start, so that this device is not alone. */
static const char *other_than(const char *device)
{
    enum role role;
    bool known = access_role_of_name(span_of(device), &role);
    return known && role == ROLE_ACTUATOR ? "sensor1" : "actuator1";
}

struct console *console_new(const struct console_options *options)
{
    struct console *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->options = *options;
    writer_init(&c->out, options->out);
    writer_init(&c->err, options->err);
    writer_init(&c->early, -1);
    c->out_colour = !options->json && colour_wanted(options->out);
    c->err_colour = colour_wanted(options->err);
    c->words = (struct words){.network = c->network,
                              .keys = c->keys,
                              .tried = c->tried,
                              .file = c->file,
                              .other = other_than(options->device),
                              .restored = c->restored};
    set_file(c);
    c->mask = mask_of(options);
    return c;
}

void console_free(struct console *c)
{
    if (c == NULL)
        return;
    end_broadcast(c);
    writer_fini(&c->early, 0);
    writer_fini(&c->out, LEAVE_WAIT_MS);
    writer_fini(&c->err, LEAVE_WAIT_MS);
    free(c->trace);
    free(c);
}

uint64_t console_fact_mask(const struct console *c)
{
    return c->mask;
}

void console_identity(struct console *c, const char *network_short, const char *data, bool made)
{
    struct buf b;
    snprintf(c->network, sizeof c->network, "%s", network_short);
    buf_init(&b, c->keys, sizeof c->keys - 1);
    paths_write(&b, paths_home(), data);
    c->keys[b.size] = '\0';
    c->words.made = made;
}

void console_rules_file(struct console *c, const char *path)
{
    struct buf b;
    buf_init(&b, c->file, sizeof c->file - 1);
    paths_write(&b, paths_home(), path);
    c->file[b.size] = '\0';
}

void console_tried(struct console *c, const char *tried)
{
    snprintf(c->tried, sizeof c->tried, "%s", tried);
}

/* The reader was too slow for some lines: that, too, is told. */
static void tell_dropped(struct console *c, uint64_t wall_ms)
{
    if (c->out.dropped == 0 || c->out.size > WRITER_PATIENT_BYTES)
        return;
    uint64_t dropped = c->out.dropped;
    struct buf b = new_line(c);
    c->out.dropped = 0;
    if (c->options.json) {
        console_json_begin(&b, "dropped", span_of(c->options.device), wall_ms);
        console_json_count(&b, "count", dropped);
        console_json_end(&b);
        writer_put(&c->out, buf_view(&b));
        return;
    }
    begin_line(c, &b, c->out_colour, WORDS_BAD);
    buf_u64(&b, dropped);
    buf_text(&b, " lines were left out: what reads this output is too slow");
    end_line(&c->out, &b, c->out_colour);
}

static void collect_restored(struct console *c, const struct fact *fact)
{
    struct buf b;
    buf_init(&b, c->restored, sizeof c->restored - 1);
    b.size = c->restored_size;
    size_t before = b.size;
    text_escape(&b, fact->record->type, LIMIT_NAME);
    buf_char(&b, ' ');
    words_value(&b, &fact->record->value, fact->record->unit);
    buf_text(&b, ", ");
    c->restored_size = b.overflow ? before : b.size;
    c->restored[c->restored_size] = '\0';
}

static void put_json(struct console *c, enum fact_kind kind, struct span line)
{
    bool early = !c->started && kind == FACT_RESTORED_TOPIC;
    writer_put(early ? &c->early : &c->out, line);
    if (kind != FACT_STARTED)
        return;
    c->started = true;
    writer_put(&c->out, (struct span){c->early.bytes, c->early.size});
    writer_fini(&c->early, 0);
}

static bool told_lately(struct console *c, const struct fact *fact, uint64_t wall_ms)
{
    for (size_t i = 0; i < REFUSALS; i++) {
        const struct refusal *r = &c->refusals[i];
        bool same = span_is(fact->text, r->cause) && span_is(fact->device, r->device);
        if (same && wall_ms >= r->told_ms && wall_ms - r->told_ms < REFUSAL_MS)
            return true;
    }
    struct refusal *r = &c->refusals[c->refusal_next++ % REFUSALS];
    *r = (struct refusal){.told_ms = wall_ms};
    if (fact->device.size > LIMIT_NAME || fact->text.size > LIMIT_REASON || fact->text.size == 0)
        return false;
    ident_name_copy(r->device, fact->device);
    memcpy(r->cause, fact->text.bytes, fact->text.size);
    return false;
}

void console_fact(struct console *c, const struct fact *fact, uint64_t wall_ms)
{
    bool unchanged = fact->kind == FACT_ACTION && !fact->changed;
    if (!(c->mask >> fact->kind & 1) || (unchanged && c->options.quiet))
        return;
    end_broadcast(c);
    tell_dropped(c, wall_ms);
    struct buf b = new_line(c);
    if (c->options.json) {
        console_json_fact(&b, &c->words, fact, wall_ms);
        if (!b.overflow)
            put_json(c, fact->kind, buf_view(&b));
        return;
    }
    if (fact->kind == FACT_RESTORED_TOPIC) {
        collect_restored(c, fact);
        return;
    }
    if (fact->kind == FACT_REFUSED && told_lately(c, fact, wall_ms))
        return;
    begin_line(c, &b, c->out_colour, words_style(fact->kind));
    size_t begin = b.size;
    words_fact(&b, &c->words, fact);
    if (b.size > begin)
        end_line(&c->out, &b, c->out_colour);
}

/* Whoever made the text has escaped what came from outside: backslashes stay as they are. The rest
 * is escaped once more, for what a file's name or a library's message may hold. */
static void put_talk(struct buf *b, struct span text)
{
    size_t begin = b->size;
    while (text.size > 0 && b->size - begin < LINE_BYTES / 2) {
        const char *slash = memchr(text.bytes, '\\', text.size);
        size_t size = slash == NULL ? text.size : (size_t)(slash - text.bytes);
        text_escape(b, (struct span){text.bytes, size}, LINE_BYTES / 2 - (b->size - begin));
        if (slash != NULL)
            buf_char(b, '\\');
        size += slash != NULL;
        text = (struct span){text.bytes + size, text.size - size};
    }
}

static void tell(struct console *c, const char *text, enum words_style style)
{
    struct buf b = new_line(c);
    begin_line(c, &b, c->err_colour, style);
    put_talk(&b, span_of(text));
    end_line(&c->err, &b, c->err_colour);
    writer_flush(&c->out);
    writer_flush(&c->err);
}

void console_notice(struct console *c, const char *text)
{
    tell(c, text, WORDS_USUAL);
}

void console_error(struct console *c, const char *text)
{
    tell(c, text, WORDS_BAD);
}

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void console_malformed(struct console *c, struct address source, const char *cause,
                       struct span bytes, uint64_t dropped)
{
    struct buf b = new_line(c);
    if (c->options.json) {
        char memory[LIMIT_DATAGRAM];
        struct buf escaped;
        buf_init(&escaped, memory, sizeof memory);
        text_escape(&escaped, bytes, sizeof memory);
        console_json_begin(&b, "malformed", span_of(c->options.device), clock_ms(CLOCK_REALTIME));
        console_json_address(&b, source);
        console_json_text(&b, "cause", span_of(cause));
        console_json_text(&b, "bytes", buf_view(&escaped));
        console_json_count(&b, "untold", dropped);
        console_json_end(&b);
        writer_put(&c->out, buf_view(&b));
        return;
    }
    begin_line(c, &b, c->out_colour, WORDS_BAD);
    buf_text(&b, "Malformed datagram from ");
    words_address(&b, source);
    buf_text(&b, ": ");
    text_escape(&b, span_of(cause), LIMIT_REASON);
    buf_text(&b, ": ");
    text_escape(&b, bytes, LIMIT_DATAGRAM);
    if (dropped > 0) {
        buf_text(&b, " (and before it ");
        buf_u64(&b, dropped);
        buf_text(&b, " more)");
    }
    end_line(&c->out, &b, c->out_colour);
}

/* Whether one more stranger may be told of; the bucket fills by one a second. */
static bool may_tell_refused(struct console *c)
{
    uint64_t now_ms = clock_ms(CLOCK_MONOTONIC);
    uint64_t empty_ms = now_ms > REFUSED_BURST_MS ? now_ms - REFUSED_BURST_MS : 0;
    if (c->refused_ms < empty_ms)
        c->refused_ms = empty_ms;
    if (c->refused_ms + 1000 > now_ms) {
        c->refused_untold++;
        return false;
    }
    c->refused_ms += 1000;
    return true;
}

void console_refused(struct console *c, struct address address, const char *cause)
{
    if (!may_tell_refused(c))
        return;
    uint64_t untold = c->refused_untold;
    c->refused_untold = 0;
    struct buf b = new_line(c);
    if (c->options.json) {
        console_json_begin(&b, "refused", span_of(""), clock_ms(CLOCK_REALTIME));
        console_json_address(&b, address);
        console_json_text(&b, "cause", span_of(cause));
        console_json_count(&b, "untold", untold);
        console_json_end(&b);
        writer_put(&c->out, buf_view(&b));
        return;
    }
    begin_line(c, &b, c->out_colour, WORDS_BAD);
    buf_text(&b, "Refused ");
    words_address(&b, address);
    buf_text(&b, ": ");
    text_escape(&b, span_of(cause), LINE_BYTES / 4);
    if (untold > 0) {
        buf_text(&b, " (and before it ");
        buf_u64(&b, untold);
        buf_text(&b, " more)");
    }
    end_line(&c->out, &b, c->out_colour);
}

void console_broadcast(struct console *c, const struct reading *reading)
{
    if (c->options.quiet)
        return;
    if (c->options.json) {
        struct buf b = new_line(c);
        console_json_begin(&b, "broadcast", span_of(c->options.device), clock_ms(CLOCK_REALTIME));
        if (reading != NULL)
            console_json_reading(&b, reading->type, &reading->value, reading->unit);
        console_json_end(&b);
        writer_put(&c->out, buf_view(&b));
        return;
    }
    if (reading == NULL)
        end_broadcast(c);
    struct buf b;
    buf_init(&b, c->broadcast, sizeof c->broadcast);
    b.size = c->broadcast_size;
    if (reading != NULL)
        buf_text(&b, b.size == 0 ? "Broadcasted " : " & ");
    words_broadcast(&b, reading);
    if (!b.overflow)
        c->broadcast_size = b.size;
}

/* A message's text is JSON already: its backslashes stay single. */
static void put_message(struct buf *b, struct span text)
{
    while (text.size > 0) {
        const char *slash = memchr(text.bytes, '\\', text.size);
        size_t size = slash == NULL ? text.size : (size_t)(slash - text.bytes);
        text_escape(b, (struct span){text.bytes, size}, b->capacity - b->size);
        if (slash == NULL)
            return;
        buf_char(b, '\\');
        text.bytes += size + 1;
        text.size -= size + 1;
    }
}

void console_trace(struct console *c, enum console_way way, const char *who, struct span text)
{
    if (c->trace == NULL && (c->trace = malloc(TRACE_BYTES)) == NULL)
        return;
    struct buf b = line_in(c->trace, TRACE_BYTES);
    if (c->options.json) {
        console_json_begin(&b, "trace", span_of(c->options.device), clock_ms(CLOCK_REALTIME));
        console_json_text(&b, "way", span_of(way == CONSOLE_IN ? "in" : "out"));
        console_json_text(&b, "peer", span_of(who));
        console_json_text(&b, "message", text);
        console_json_end(&b);
        if (!b.overflow)
            writer_put(&c->out, buf_view(&b));
        return;
    }
    begin_line(c, &b, c->out_colour, WORDS_USUAL);
    buf_text(&b, way == CONSOLE_IN ? "← " : "→ ");
    text_escape(&b, span_of(who), LIMIT_NAME);
    buf_char(&b, ' ');
    put_message(&b, text);
    end_line(&c->out, &b, c->out_colour);
}

/* A full disk ends no peer: its log and its rules matter more than its lines. */
static void tell_output_error(struct console *c)
{
    char text[256];
    if (c->out.error == c->told_error)
        return;
    c->told_error = c->out.error;
    if (c->out.error == 0)
        snprintf(text, sizeof text, "standard output takes lines again");
    else
        snprintf(text, sizeof text, "standard output: %s; going on without, make room there",
                 strerror(c->out.error));
    console_error(c, text);
}

bool console_flush(struct console *c)
{
    end_broadcast(c);
    bool open = writer_flush(&c->out);
    tell_output_error(c);
    return open;
}
