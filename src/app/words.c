#include "app/words.h"

#include "app/duration.h"
#include "base/number.h"
#include "base/text.h"
#include "io/units.h"

#include <math.h>
#include <stdio.h>

/* One function a kind of fact, and a table. The lines that the course began with stand to the
 * letter: nothing between a name and " @ ", "Received ... from ...: ...", "Action: Fan ON". */

enum { NAME_BYTES = 4 * LIMIT_TOPIC, TEXT_BYTES = 1024 };

static void put_name(struct buf *b, struct span name)
{
    text_escape(b, name, NAME_BYTES);
}

static void put_text(struct buf *b, struct span text)
{
    text_escape(b, text, TEXT_BYTES);
}

static void put_number(struct buf *b, double number)
{
    char text[NUMBER_TEXT_MAX];
    buf_put(b, text, number_format(text, number));
}

void words_value(struct buf *b, const struct value *value, struct span unit)
{
    switch (value->kind) {
    case VALUE_NONE:
        buf_text(b, "(no value)");
        return;
    case VALUE_BOOL:
        buf_text(b, value->number > 0 ? "true" : "false");
        return;
    case VALUE_NUMBER:
        put_number(b, value->number);
        break;
    case VALUE_TEXT:
        if (span_is(value->text, "on"))
            buf_text(b, "ON");
        else if (span_is(value->text, "off"))
            buf_text(b, "OFF");
        else
            put_text(b, value->text);
    }
    char memory[4 * LIMIT_UNIT];
    struct buf symbol;
    buf_init(&symbol, memory, sizeof memory);
    units_write(&symbol, unit);
    put_name(b, buf_view(&symbol));
}

void words_address(struct buf *b, struct address address)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        buf_u64(b, address.ipv4 >> shift & 255);
        buf_char(b, shift > 0 ? '.' : ':');
    }
    buf_u64(b, address.port);
}

void words_version(struct buf *b)
{
    struct span version = SPAN(KITH_VERSION);
    if (version.size > 2 && memcmp(version.bytes + version.size - 2, ".0", 2) == 0)
        version.size -= 2;
    buf_span(b, version);
}

static void started(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)f;
    buf_text(b, "Kith ");
    words_version(b);
    buf_text(b, " · network ");
    buf_text(b, w->network);
    buf_text(b, " · keys in ");
    put_text(b, span_of(w->keys));
    if (w->made)
        buf_text(b, " (new)");
}

static void restored(struct buf *b, const struct words *w, const struct fact *f)
{
    buf_text(b, "Restored: ");
    buf_text(b, w->restored);
    buf_u64(b, f->count);
    buf_text(b, f->count == 1 ? " record" : " records");
}

static void discovered(struct buf *b, const struct words *w, const struct fact *f)
{
    static const char *const ways[] = {
        [FACT_BY_BROADCAST] = "by broadcast", [FACT_BY_ANSWER] = "by its answer",
        [FACT_BY_ADDRESS] = "by --peer",      [FACT_BY_MEMORY] = "by its last address",
        [FACT_BY_THEM] = "it called",
    };
    (void)w;
    buf_text(b, "Discovered new peer: ");
    put_name(b, f->device);
    buf_text(b, " @ ");
    words_address(b, f->address);
    buf_text(b, " (");
    buf_text(b, access_role_text(f->role));
    buf_text(b, ", ");
    buf_text(b, ways[f->how]);
    buf_text(b, ", ");
    duration_write(b, f->ms);
    buf_char(b, ')');
}

static void plain_hello(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Discovered new peer: ");
    put_name(b, f->device);
    buf_text(b, " @ ");
    words_address(b, f->address);
    buf_text(b, " (plain: anybody could say so)");
}

static void connected(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Connected to ");
    put_name(b, f->device);
    buf_text(b, ": TLS 1.3, certificate verified, role ");
    buf_text(b, access_role_text(f->role));
}

static void reconnected(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Reconnected to ");
    put_name(b, f->device);
    buf_text(b, " after ");
    duration_write(b, f->ms);
}

static void sent(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    const struct record *r = f->record;
    buf_text(b, f->count > 0 ? "Sent " : "Stored ");
    put_name(b, r->topic.size > 0 ? r->topic : r->type);
    buf_char(b, ' ');
    words_value(b, &r->value, r->unit);
    if (f->count == 0)
        buf_text(b, " (nobody is connected yet)");
}

static void put_received(struct buf *b, struct span device, struct span type,
                         const struct value *value, struct span unit)
{
    buf_text(b, "Received ");
    put_name(b, type);
    buf_text(b, " from ");
    put_name(b, device);
    buf_text(b, ": ");
    words_value(b, value, unit);
}

static void reading(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    put_received(b, f->record->device, f->record->type, &f->record->value, f->record->unit);
}

static void plain_reading(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    put_received(b, f->device, f->property, &f->value, f->unit);
}

static void update(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    const struct record *r = f->record;
    buf_text(b, "STATE_UPDATE from ");
    put_name(b, r->device);
    buf_text(b, ": ");
    put_name(b, r->topic.size > 0 ? r->topic : r->type);
    buf_char(b, ' ');
    words_value(b, &r->value, r->unit);
}

static void state(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, f->active ? "State: idle → active" : "State: active → idle");
}

static void put_capitalised(struct buf *b, struct span name)
{
    char first = name.size > 0 ? name.bytes[0] : '\0';
    if (first >= 'a' && first <= 'z') {
        buf_char(b, (char)(first - 'a' + 'A'));
        name.bytes++;
        name.size--;
    }
    put_name(b, name);
}

static void action(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Action: ");
    put_capitalised(b, f->property);
    buf_char(b, ' ');
    words_value(b, &f->value, (struct span){0});
}

/* Two decimals say enough of a mean, except of small ones. */
static void put_mean(struct buf *b, double mean)
{
    char text[NUMBER_TEXT_MAX];
    double step = fabs(mean) < 1 ? 10000.0 : 100.0;
    double rounded = fabs(mean) < 1e12 ? round(mean * step) / step : mean;
    buf_put(b, text, number_format(text, rounded));
}

static void summary(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    struct value mean = value_number(f->mean), low = value_number(f->low),
                 high = value_number(f->high);
    struct value none = value_text((struct span){0});
    put_capitalised(b, f->property);
    buf_text(b, ": mean ");
    put_mean(b, mean.number);
    words_value(b, &none, f->unit);
    buf_text(b, ", min ");
    words_value(b, &low, f->unit);
    buf_text(b, ", max ");
    words_value(b, &high, f->unit);
    buf_text(b, " (");
    buf_u64(b, f->count);
    buf_text(b, f->count == 1 ? " reading)" : " readings)");
}

/* The unit as a word of a sentence: "°C", "lx". */
static void put_unit(struct buf *b, struct span unit)
{
    char memory[4 * LIMIT_UNIT];
    struct buf symbol;
    buf_init(&symbol, memory, sizeof memory);
    units_write(&symbol, unit);
    struct span word = buf_view(&symbol);
    size_t space = word.size > 0 && word.bytes[0] == ' ';
    put_name(b, (struct span){word.bytes + space, word.size - space});
}

static void unused(struct buf *b, const struct words *w, const struct fact *f)
{
    struct span usual = units_of_type(f->property);
    bool other_unit = f->unit.size > 0 && usual.size > 0 && !span_equal(f->unit, usual);
    buf_text(b, "No rule uses ");
    put_name(b, f->property);
    if (other_unit) {
        buf_text(b, " in ");
        put_unit(b, f->unit);
    }
    buf_text(b, " (from ");
    put_name(b, f->device);
    if (other_unit) {
        buf_text(b, "): rules compare ");
        put_unit(b, usual);
        buf_text(b, ", so have the source send that");
        return;
    }
    buf_text(b, "). To use it, add a line such as this below `rules:` in ");
    put_text(b, span_of(w->file));
    buf_text(b, ":  - {when: ");
    put_name(b, f->property);
    buf_text(b, " > 50, then: alarm}");
}

static void lost(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Lost ");
    put_name(b, f->device);
    buf_text(b, ": ");
    put_text(b, f->text);
    if (span_is(f->text, "no sign of life")) {
        buf_text(b, " for ");
        duration_write(b, f->ms);
    }
}

static void left(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Peer ");
    put_name(b, f->device);
    buf_text(b, " left");
}

static void refused(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Refused ");
    put_name(b, f->device);
    buf_text(b, ": ");
    put_text(b, f->text);
}

/* As people see it everywhere: the first six digits, "8c1d-04". */
static void put_network(struct buf *b, struct span id)
{
    enum { HEAD = 4, TAIL = 2 };
    if (id.size < HEAD + TAIL) {
        put_name(b, id);
        return;
    }
    put_name(b, (struct span){id.bytes, HEAD});
    buf_char(b, '-');
    put_name(b, (struct span){id.bytes + HEAD, TAIL});
}

static void foreign(struct buf *b, const struct words *w, const struct fact *f)
{
    put_name(b, f->device);
    buf_text(b, " @ ");
    words_address(b, f->address);
    buf_text(b, " belongs to another network (");
    put_network(b, f->text);
    buf_text(b, "), so neither hears the other. If both are yours: copy ");
    put_text(b, span_of(w->keys));
    buf_text(b, "/network from one machine to the other (README, \"A second machine\")");
}

static bool only_loopback(const char *tried)
{
    return strncmp(tried, "lo ", 3) == 0 && strchr(tried, ',') == NULL;
}

static void nobody(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)f;
    buf_text(b, "Nobody found in 10 s. Tried: ");
    put_text(b, span_of(w->tried));
    if (only_loopback(w->tried)) {
        buf_text(b, ". Only peers of this machine can be found so; start one: kith ");
        buf_text(b, w->other);
        buf_text(b, " --loopback");
        return;
    }
    buf_text(b, ". A firewall must let UDP port 50000 (or your --port) in; where broadcast is "
                "filtered, as on guest Wi-Fi, name a peer: --peer HOST:PORT, with the port that it "
                "was given by --listen 0.0.0.0:PORT");
}

static void store_failed(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Storing failed: ");
    if (f->count > 0) {
        buf_u64(b, f->count);
        buf_text(b, f->count == 1 ? " record of our own is given up; "
                                  : " records of our own are given up; ");
    }
    buf_text(b, "nothing is acknowledged or written until it works again");
}

static void store_works(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w, (void)f;
    buf_text(b, "Storing works again");
}

static void epoch(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Began epoch ");
    buf_u64(b, f->epoch);
    buf_text(b, ": numbers of records start at 1 again");
}

static void superseded(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Another process has taken over as ");
    put_name(b, f->device);
    buf_text(b, " with the same key; leaving. If it should not have: give one of the two another "
                "name, and keys of its own");
}

static void forked(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    put_name(b, f->device);
    buf_text(b, " has signed two different records under one number, ");
    buf_u64(b, f->seq);
    buf_text(b, " of its life ");
    buf_u64(b, f->epoch);
    buf_text(b, ": nothing more of its key is taken, which may be in other hands (kith status)");
}

static void clock_off(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "The clock of ");
    put_name(b, f->device);
    buf_text(b, " is ");
    duration_write(b, f->ms);
    buf_text(b, f->ahead ? " ahead of" : " behind");
    buf_text(b, " ours; set the wrong one (timedatectl set-ntp true)");
}

static void decides(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    if (f->by == FACT_BY_RULE) {
        put_capitalised(b, f->property);
        buf_text(b, ": ");
        put_text(b, f->cause);
        buf_text(b, " no longer decides; our own rule ");
        put_name(b, f->text);
        buf_text(b, " does");
        return;
    }
    put_capitalised(b, f->property);
    buf_text(b, ": ");
    put_name(b, f->device);
    if (f->by == FACT_BY_CONTROLLER) {
        buf_text(b, " decides from now on; our own rules step back");
        return;
    }
    buf_text(b, " wants ");
    words_value(b, &f->value, (struct span){0});
    if (f->ms > 0) {
        buf_text(b, " for ");
        duration_write(b, f->ms);
    }
    buf_text(b, f->ms > 0 ? "; rules do not count until then"
                          : "; rules do not count until it is set to auto");
}

static void held(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Rule ");
    put_name(b, f->text);
    buf_text(b, " wants ");
    put_name(b, f->property);
    buf_char(b, ' ');
    words_value(b, &f->value, (struct span){0});
    buf_text(b, "; what ");
    put_name(b, f->device);
    buf_text(b, " set holds");
    if (f->ms > 0) {
        buf_text(b, " for ");
        duration_write(b, f->ms);
        buf_text(b, " more");
    }
}

static void command(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    buf_text(b, "Action: ");
    put_capitalised(b, f->property);
    if (f->value.text.size == 0)
        return;
    buf_char(b, ' ');
    words_value(b, &f->value, (struct span){0});
}

static void stopped(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w, (void)f;
    buf_text(b, "Stopped");
}

typedef void words_fn(struct buf *b, const struct words *w, const struct fact *f);

enum when { ALWAYS, UNLESS_QUIET };

static const struct wording {
    words_fn *write; /* NULL: people are not told */
    enum when when;
    enum words_style style;
} wordings[FACT_KIND_COUNT] = {
    [FACT_STARTED] = {started, UNLESS_QUIET, WORDS_USUAL},
    [FACT_RESTORED] = {restored, UNLESS_QUIET, WORDS_USUAL},
    [FACT_DISCOVERED] = {discovered, UNLESS_QUIET, WORDS_GOOD},
    [FACT_CONNECTED] = {connected, ALWAYS, WORDS_GOOD},
    [FACT_RECONNECTED] = {reconnected, ALWAYS, WORDS_GOOD},
    [FACT_SENT] = {sent, UNLESS_QUIET, WORDS_USUAL},
    [FACT_READING] = {reading, UNLESS_QUIET, WORDS_USUAL},
    [FACT_UPDATE] = {update, ALWAYS, WORDS_STRONG},
    [FACT_STATE] = {state, ALWAYS, WORDS_STRONG},
    [FACT_ACTION] = {action, ALWAYS, WORDS_STRONG},
    [FACT_SUMMARY] = {summary, UNLESS_QUIET, WORDS_STRONG},
    [FACT_UNUSED] = {unused, UNLESS_QUIET, WORDS_USUAL},
    [FACT_LOST] = {lost, ALWAYS, WORDS_BAD},
    [FACT_LEFT] = {left, ALWAYS, WORDS_USUAL},
    [FACT_REFUSED] = {refused, ALWAYS, WORDS_BAD},
    [FACT_FOREIGN] = {foreign, ALWAYS, WORDS_BAD},
    [FACT_NOBODY] = {nobody, ALWAYS, WORDS_BAD},
    [FACT_STORE_FAILED] = {store_failed, ALWAYS, WORDS_BAD},
    [FACT_STORE_WORKS] = {store_works, ALWAYS, WORDS_GOOD},
    [FACT_EPOCH] = {epoch, ALWAYS, WORDS_USUAL},
    [FACT_SUPERSEDED] = {superseded, ALWAYS, WORDS_BAD},
    [FACT_FORKED] = {forked, ALWAYS, WORDS_BAD},
    [FACT_CLOCK] = {clock_off, ALWAYS, WORDS_BAD},
    [FACT_COMMAND] = {command, ALWAYS, WORDS_STRONG},
    [FACT_DECIDES] = {decides, ALWAYS, WORDS_STRONG},
    [FACT_HELD] = {held, ALWAYS, WORDS_USUAL},
    [FACT_PLAIN_HELLO] = {plain_hello, UNLESS_QUIET, WORDS_USUAL},
    [FACT_PLAIN_READING] = {plain_reading, UNLESS_QUIET, WORDS_USUAL},
    [FACT_STOPPED] = {stopped, UNLESS_QUIET, WORDS_USUAL},
};

bool words_told(enum fact_kind kind)
{
    return wordings[kind].write != NULL;
}

bool words_told_quietly(enum fact_kind kind)
{
    return words_told(kind) && wordings[kind].when == ALWAYS;
}

enum words_style words_style(enum fact_kind kind)
{
    return wordings[kind].style;
}

static void put_property(struct buf *b, struct span property)
{
    if (span_is(property, "temperature"))
        buf_text(b, "temp");
    else
        put_name(b, property);
}

void words_broadcast(struct buf *b, const struct reading *reading)
{
    if (reading == NULL) {
        buf_text(b, "Broadcasted HELLO");
        return;
    }
    put_property(b, reading->type);
    buf_char(b, ' ');
    words_value(b, &reading->value,
                reading->unit.size > 0 ? reading->unit : units_of_type(reading->type));
}

void words_fact(struct buf *b, const struct words *w, const struct fact *fact)
{
    if (words_told(fact->kind))
        wordings[fact->kind].write(b, w, fact);
}
