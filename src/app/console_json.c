#include "app/console_json.h"

#include "wire/json.h"

void console_json_begin(struct buf *b, const char *event, struct span device, uint64_t wall_ms)
{
    buf_text(b, "{\"event\":\"");
    buf_text(b, event);
    buf_text(b, "\",\"time\":");
    buf_u64(b, wall_ms);
    console_json_text(b, "device", device);
}

static void name(struct buf *b, const char *text)
{
    buf_text(b, ",\"");
    buf_text(b, text);
    buf_text(b, "\":");
}

void console_json_text(struct buf *b, const char *member, struct span text)
{
    name(b, member);
    json_write_string(b, text);
}

void console_json_count(struct buf *b, const char *member, uint64_t count)
{
    name(b, member);
    buf_u64(b, count);
}

static void put_truth(struct buf *b, const char *member, uint64_t truth)
{
    name(b, member);
    buf_text(b, truth ? "true" : "false");
}

static void put_number(struct buf *b, const char *member, double number)
{
    name(b, member);
    json_write_number(b, number);
}

void console_json_address(struct buf *b, struct address address)
{
    name(b, "address");
    buf_char(b, '"');
    words_address(b, address);
    buf_char(b, '"');
}

void console_json_end(struct buf *b)
{
    buf_text(b, "}\n");
}

static void put_value(struct buf *b, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NONE:
        break;
    case VALUE_NUMBER:
        put_number(b, "value", value->number);
        break;
    case VALUE_BOOL:
        put_truth(b, "value", value->number > 0);
        break;
    case VALUE_TEXT:
        console_json_text(b, "value", value->text);
    }
}

void console_json_reading(struct buf *b, struct span type, const struct value *value,
                          struct span unit)
{
    console_json_text(b, "type", type);
    put_value(b, value);
    if (unit.size > 0)
        console_json_text(b, "unit", unit);
}

static void put_record(struct buf *b, const struct record *r)
{
    console_json_count(b, "epoch", r->epoch);
    console_json_count(b, "seq", r->seq);
    if (r->topic.size > 0)
        console_json_text(b, "topic", r->topic);
    console_json_reading(b, r->type, &r->value, r->unit);
    console_json_count(b, "ts", r->ts);
    if (r->source_ts > 0)
        console_json_count(b, "source_ts", r->source_ts);
    if (r->plain)
        put_truth(b, "plain", true);
}

typedef void members_fn(struct buf *b, const struct words *w, const struct fact *f);

static void nothing(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)b, (void)w, (void)f;
}

static void started(struct buf *b, const struct words *w, const struct fact *f)
{
    console_json_count(b, "schema", CONSOLE_JSON_SCHEMA);
    console_json_text(b, "version", SPAN(KITH_VERSION));
    console_json_count(b, "epoch", f->epoch);
    console_json_text(b, "network", span_of(w->network));
    put_truth(b, "network_new", w->made);
}

static void restored(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_count(b, "records", f->count);
}

static void found(struct buf *b, const struct words *w, const struct fact *f)
{
    static const char *const ways[] = {
        [FACT_BY_BROADCAST] = "broadcast", [FACT_BY_ANSWER] = "answer",
        [FACT_BY_ADDRESS] = "address",     [FACT_BY_MEMORY] = "memory",
        [FACT_BY_THEM] = "them",
    };
    (void)w;
    console_json_text(b, "role", span_of(access_role_text(f->role)));
    console_json_address(b, f->address);
    console_json_text(b, "how", span_of(ways[f->how]));
    console_json_count(b, "ms", f->ms);
}

static void connected(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "role", span_of(access_role_text(f->role)));
    console_json_address(b, f->address);
}

static void reconnected(struct buf *b, const struct words *w, const struct fact *f)
{
    connected(b, w, f);
    console_json_count(b, "ms", f->ms);
}

static void record(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    put_record(b, f->record);
}

static void sent(struct buf *b, const struct words *w, const struct fact *f)
{
    record(b, w, f);
    console_json_count(b, "peers", f->count);
}

static void state(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "rule", f->text);
    console_json_text(b, "state", span_of(f->active ? "active" : "idle"));
}

static void action(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "rule", f->text);
    console_json_reading(b, f->property, &f->value, (struct span){0});
    put_truth(b, "changed", f->changed);
}

static void summary(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "type", f->property);
    if (f->unit.size > 0)
        console_json_text(b, "unit", f->unit);
    console_json_count(b, "count", f->count);
    put_number(b, "mean", f->mean);
    put_number(b, "min", f->low);
    put_number(b, "max", f->high);
}

static void unused(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "type", f->property);
}

static void cause(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "cause", f->text);
}

static void lost(struct buf *b, const struct words *w, const struct fact *f)
{
    cause(b, w, f);
    console_json_count(b, "ms", f->ms);
}

static void refused(struct buf *b, const struct words *w, const struct fact *f)
{
    console_json_address(b, f->address);
    cause(b, w, f);
}

static void foreign(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_address(b, f->address);
    console_json_text(b, "network", f->text);
}

static void nobody(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)f;
    console_json_text(b, "tried", span_of(w->tried));
}

static void acknowledged(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_count(b, "epoch", f->epoch);
    console_json_count(b, "seq", f->seq);
}

static void epoch(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_count(b, "epoch", f->epoch);
}

static void clock_off(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_count(b, "ms", f->ms);
    buf_text(b, f->ahead ? ",\"ahead\":true" : ",\"ahead\":false");
}

static void decides(struct buf *b, const struct words *w, const struct fact *f)
{
    static const char *const by[] = {[FACT_BY_NOBODY] = "nobody",
                                     [FACT_BY_RULE] = "rule",
                                     [FACT_BY_CONTROLLER] = "controller",
                                     [FACT_BY_PERSON] = "person"};
    (void)w;
    console_json_text(b, "by", span_of(by[f->by]));
    console_json_reading(b, f->property, &f->value, (struct span){0});
    if (f->text.size > 0)
        console_json_text(b, "rule", f->text);
    if (f->ms > 0)
        console_json_count(b, "for_ms", f->ms);
}

static void held(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "rule", f->text);
    console_json_reading(b, f->property, &f->value, (struct span){0});
    if (f->ms > 0)
        console_json_count(b, "for_ms", f->ms);
}

static void wanted(struct buf *b, const struct words *w, const struct fact *f)
{
    static const char *const stages[FACT_WANT_STAGE_COUNT] = {
        [FACT_WANT_SENT] = "sent",           [FACT_WANT_ACKNOWLEDGED] = "acknowledged",
        [FACT_WANT_CONFIRMED] = "confirmed", [FACT_WANT_EXPIRED] = "expired",
        [FACT_WANT_REFUSED] = "refused",     [FACT_WANT_UNREACHABLE] = "unreachable"};
    (void)w;
    console_json_text(b, "topic", f->text);
    console_json_text(b, "stage", span_of(stages[f->stage]));
    console_json_count(b, "ms", f->ms);
}

static void command(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_reading(b, f->property, &f->value, (struct span){0});
}

static void commanded(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_text(b, "topic", f->text);
    if (f->property.size > 0)
        console_json_text(b, "rule", f->property);
    console_json_text(b, "outcome", span_of(fact_outcome_text(f->outcome)));
    console_json_count(b, "ms", f->ms);
}

static void plain_hello(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_address(b, f->address);
}

static void plain_reading(struct buf *b, const struct words *w, const struct fact *f)
{
    (void)w;
    console_json_reading(b, f->property, &f->value, f->unit);
    put_truth(b, "plain", true);
}

static const struct wording {
    const char *event;
    members_fn *members;
} wordings[FACT_KIND_COUNT] = {
    [FACT_STARTED] = {"started", started},
    [FACT_RESTORED] = {"restored", restored},
    [FACT_RESTORED_TOPIC] = {"restored_topic", record},
    [FACT_DISCOVERED] = {"discovered", found},
    [FACT_CONNECTED] = {"connected", connected},
    [FACT_RECONNECTED] = {"reconnected", reconnected},
    [FACT_SENT] = {"sent", sent},
    [FACT_READING] = {"reading", record},
    [FACT_UPDATE] = {"state_update", record},
    [FACT_STATE] = {"state", state},
    [FACT_ACTION] = {"action", action},
    [FACT_SUMMARY] = {"summary", summary},
    [FACT_UNUSED] = {"unused", unused},
    [FACT_LOST] = {"lost", lost},
    [FACT_LEFT] = {"left", nothing},
    [FACT_REFUSED] = {"refused", refused},
    [FACT_FOREIGN] = {"foreign", foreign},
    [FACT_NOBODY] = {"nobody", nobody},
    [FACT_ACKED] = {"acknowledged", acknowledged},
    [FACT_STORE_FAILED] = {"store_failed", restored},
    [FACT_STORE_WORKS] = {"store_works", nothing},
    [FACT_EPOCH] = {"epoch", epoch},
    [FACT_SUPERSEDED] = {"superseded", epoch},
    [FACT_FORKED] = {"forked", acknowledged},
    [FACT_CLOCK] = {"clock", clock_off},
    [FACT_COMMAND] = {"command", command},
    [FACT_COMMANDED] = {"commanded", commanded},
    [FACT_WANTED] = {"wanted", wanted},
    [FACT_DECIDES] = {"decides", decides},
    [FACT_HELD] = {"held", held},
    [FACT_PLAIN_HELLO] = {"plain_hello", plain_hello},
    [FACT_PLAIN_READING] = {"plain_reading", plain_reading},
    [FACT_STOPPED] = {"stopped", nothing},
};

const char *console_json_event(enum fact_kind kind)
{
    return wordings[kind].event;
}

void console_json_fact(struct buf *b, const struct words *w, const struct fact *fact,
                       uint64_t wall_ms)
{
    const struct wording *wording = &wordings[fact->kind];
    struct span device = fact->record != NULL ? fact->record->device : fact->device;
    console_json_begin(b, wording->event, device, wall_ms);
    wording->members(b, w, fact);
    console_json_end(b);
}
