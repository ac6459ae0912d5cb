#include "app/answer_want.h"

#include "base/text.h"
#include "core/state.h"
#include "core/view.h"
#include "wire/field.h"

/* `set` gives a line as each stage is reached, {"stage":"sent","ms":0}, then the outcome. `why`
 * walks the records of a device that carry a cause, then, at the device's own peer, the kept
 * evaluations that changed nothing. */

static void put_text(struct buf *b, const char *name, struct span text)
{
    buf_text(b, name);
    json_write_string(b, text);
}

/* The device that a person may have meant. */
static const char *nearest_device(const struct answer_parts *parts, struct span wanted,
                                  char out[LIMIT_NAME + 1])
{
    enum { FAR = 3 };
    struct view_peer peer;
    size_t at = 0, best = text_distance(wanted, span_of(parts->device), FAR);
    if (best <= FAR)
        ident_name_copy(out, span_of(parts->device));
    while (view_peer_next(parts->node, 0, &at, &peer)) {
        size_t distance = text_distance(wanted, span_of(peer.device), FAR);
        if (distance >= best)
            continue;
        best = distance;
        ident_name_copy(out, span_of(peer.device));
    }
    return best > FAR ? NULL : out;
}

static bool topic_fits(const struct answer_parts *parts, struct answer_asker *k)
{
    char text[2 * LIMIT_TOPIC + 128], nearest[LIMIT_NAME + 1];
    struct access_topic t;
    struct view_peer peer;
    size_t at = 0;
    bool known;
    if (!access_topic_valid(span_of(k->request.topic)) ||
        !access_topic_split(span_of(k->request.topic), &t) || t.kind != ACCESS_REPORTED) {
        answer_list_refuse(k, "request", SPAN("a topic to set is DEVICE/PROPERTY: actuator1/fan"));
        return false;
    }
    known = span_is(t.device, parts->device);
    while (!known && view_peer_next(parts->node, 0, &at, &peer))
        known = peer.known == VIEW_PROVEN && span_is(t.device, peer.device);
    if (known)
        return true;
    const char *meant = nearest_device(parts, t.device, nearest);
    snprintf(text, sizeof text, "%s knows no %.*s%s%s%s", parts->device, (int)t.device.size,
             t.device.bytes,
             meant == NULL ? "; kith status lists whom it knows" : "; did you mean ",
             meant == NULL ? "" : meant, meant == NULL ? "" : "?");
    answer_list_refuse(k, "not_found", span_of(text));
    return false;
}

/* A controller is asked for something that exists. */
static bool may_ask(const struct answer_parts *parts, struct answer_asker *k)
{
    char text[2 * LIMIT_NAME + 128];
    if (!topic_fits(parts, k))
        return false;
    if (!access_may(parts->role, ACCESS_WANT)) {
        snprintf(text, sizeof text,
                 "%s is no controller; leave --device %s out, or name a controller", parts->device,
                 parts->device);
        answer_list_refuse(k, "role", span_of(text));
        return false;
    }
    return true;
}

void answer_want_ask(const struct answer_parts *parts, struct answer_asker *k)
{
    if (!may_ask(parts, k))
        return;
    k->wanted_id = ++*parts->last_id;
    struct event e = {.kind = EVENT_WANT,
                      .want = {.id = k->wanted_id,
                               .topic = span_of(k->request.topic),
                               .value = k->request.value,
                               .for_ms = k->request.for_ms,
                               .wait_ms = k->request.wait_ms}};
    parts->on_event(parts->context, &e);
}

static void put_moment(struct buf *b, const char *name, bool reached, uint64_t ms)
{
    buf_text(b, name);
    if (reached)
        buf_u64(b, ms);
    else
        buf_text(b, "null");
}

static void give_outcome(struct answer_asker *k, const struct fact *fact)
{
    static const char *const outcomes[FACT_WANT_STAGE_COUNT] = {
        [FACT_WANT_CONFIRMED] = "confirmed",
        [FACT_WANT_EXPIRED] = "expired",
        [FACT_WANT_UNREACHABLE] = "unreachable",
        [FACT_WANT_REFUSED] = "refused",
    };
    char memory[REQUEST_BYTES + 1024];
    struct buf b;
    bool late = fact->stage == FACT_WANT_EXPIRED && k->acknowledged;
    buf_init(&b, memory, sizeof memory);
    put_text(&b, "{\"schema\":\"kith/set/1\",\"topic\":", span_of(k->request.topic));
    buf_text(&b, ",\"value\":");
    field_write_value(&b, &k->request.value);
    put_text(&b, ",\"outcome\":", span_of(late ? "acknowledged" : outcomes[fact->stage]));
    put_text(&b, ",\"cause\":", fact->cause);
    put_moment(&b, ",\"sent_ms\":", k->sent, 0);
    put_moment(&b, ",\"acknowledged_ms\":", k->acknowledged, k->acknowledged_ms);
    put_moment(&b, ",\"confirmed_ms\":", fact->stage == FACT_WANT_CONFIRMED, fact->ms);
    buf_char(&b, '}');
    control_put(k->client, buf_view(&b));
    k->wanted_id = 0;
}

void answer_want_stage(struct answer_asker *k, const struct fact *fact)
{
    char text[96];
    if (k->wanted_id == 0 || fact->id != k->wanted_id)
        return;
    if (fact->stage > FACT_WANT_ACKNOWLEDGED) {
        give_outcome(k, fact);
        return;
    }
    bool sent = fact->stage == FACT_WANT_SENT;
    if (sent) {
        k->sent = true;
    } else {
        k->acknowledged = true;
        k->acknowledged_ms = fact->ms;
    }
    int size = snprintf(text, sizeof text, "{\"stage\":\"%s\",\"ms\":%llu}",
                        sent ? "sent" : "acknowledged", (unsigned long long)fact->ms);
    control_put(k->client, (struct span){text, (size_t)size});
}

void answer_want_command(const struct answer_parts *parts, struct answer_asker *k)
{
    if (!may_ask(parts, k))
        return;
    k->wanted_id = ++*parts->last_id;
    struct event e = {.kind = EVENT_COMMAND,
                      .command = {.id = k->wanted_id,
                                  .topic = span_of(k->request.topic),
                                  .value = k->request.value,
                                  .within_ms = k->request.wait_ms}};
    parts->on_event(parts->context, &e);
}

void answer_want_commanded(struct answer_asker *k, const struct fact *fact)
{
    char memory[REQUEST_BYTES + 1024];
    struct buf b;
    if (k->wanted_id == 0 || fact->id != k->wanted_id)
        return;
    buf_init(&b, memory, sizeof memory);
    if (fact->outcome == FACT_OUTCOME_STARTED) {
        put_moment(&b, "{\"stage\":\"started\",\"ms\":", true, fact->ms);
    } else {
        put_text(&b, "{\"schema\":\"kith/command/1\",\"topic\":", span_of(k->request.topic));
        buf_text(&b, ",\"value\":");
        if (k->request.value.kind == VALUE_NONE)
            buf_text(&b, "null");
        else
            field_write_value(&b, &k->request.value);
        put_text(&b, ",\"outcome\":", span_of(fact_outcome_text(fact->outcome)));
        put_text(&b, ",\"cause\":", fact->cause);
        put_moment(&b, ",\"ms\":", true, fact->ms);
        k->wanted_id = 0;
    }
    buf_char(&b, '}');
    control_put(k->client, buf_view(&b));
}

/* A cause's members that matter; raw, for they are JSON already. */
struct cause {
    struct span rule, by, conditions;
};

static enum err read_cause(void *context, struct json_reader *reader, size_t which)
{
    struct cause *c = context;
    struct span *const places[] = {&c->rule, &c->by, &c->conditions};
    enum json_token token = json_next(reader);
    const char *first = reader->start;
    if ((which == 2) != (token == JSON_ARRAY) || (which < 2) != (token == JSON_STRING))
        return field_mismatch(token);
    if (!json_skip(reader, token))
        return ERR_SYNTAX;
    *places[which] = (struct span){first, (size_t)(reader->at - first)};
    return ERR_OK;
}

static bool parse_cause(struct span text, struct cause *c)
{
    static const struct field fields[] = {FIELD("rule", "a name"), FIELD("by", "a device"),
                                          FIELD("conditions", "a list")};
    static const struct field_set set = {fields, COUNT_OF(fields), 5};
    struct json_reader reader;
    const char *why;
    *c = (struct cause){{0}, {0}, {0}};
    json_reader_init(&reader, text);
    return json_next(&reader) == JSON_OBJECT &&
           field_read(&reader, &set, read_cause, c, &why) == ERR_OK;
}

/* What a decision is about: "fan on", "actuator1/fan on". */
struct decision {
    struct span device;
    uint64_t time_ms;
    const struct record *record; /* NULL: nothing changed */
    struct span cause;
};

static void put_action(struct buf *b, const struct record *r)
{
    char memory[LIMIT_TOPIC + LIMIT_VALUE_TEXT + 2];
    struct buf text;
    struct access_topic t;
    buf_init(&text, memory, sizeof memory);
    if (r->topic.size > 0 && access_topic_split(r->topic, &t)) {
        buf_span(&text, t.device);
        buf_char(&text, '/');
        buf_span(&text, t.property);
    } else {
        buf_span(&text, r->type);
    }
    buf_char(&text, ' ');
    if (r->value.kind == VALUE_TEXT)
        buf_span(&text, r->value.text);
    else if (r->value.kind != VALUE_NONE)
        field_write_value(&text, &r->value);
    json_write_string(b, buf_view(&text));
}

static void give_decision(struct answer_asker *k, const struct decision *d)
{
    char memory[LIMIT_CAUSE + LIMIT_TOPIC + 6 * LIMIT_VALUE_TEXT + 512];
    struct cause c;
    struct buf b;
    if (!parse_cause(d->cause, &c))
        return;
    buf_init(&b, memory, sizeof memory);
    put_text(&b, "{\"schema\":\"kith/decision/1\",\"device\":", d->device);
    buf_text(&b, ",\"rule\":");
    buf_span(&b, c.rule);
    buf_text(&b, ",\"by\":");
    buf_span(&b, c.by.size > 0 ? c.by : span_of("null"));
    buf_text(&b, ",\"time\":");
    buf_u64(&b, d->time_ms);
    buf_text(&b,
             d->record != NULL ? ",\"fired\":true,\"action\":" : ",\"fired\":false,\"action\":");
    if (d->record != NULL)
        put_action(&b, d->record);
    else
        buf_text(&b, "null");
    buf_text(&b, ",\"conditions\":");
    buf_span(&b, c.conditions);
    buf_char(&b, '}');
    control_put(k->client, buf_view(&b));
    k->given++;
}

void answer_want_decision(struct answer_asker *k, const struct record *r)
{
    struct decision d = {r->device, r->ts, r, r->cause};
    give_decision(k, &d);
}

void answer_want_unchanged(const struct answer_parts *parts, struct answer_asker *k)
{
    struct view_why why;
    uint64_t at = 0;
    if (strcmp(k->request.device, parts->device) != 0)
        return;
    while (view_why_next(parts->node, &at, &why)) {
        struct decision d = {span_of(parts->device), why.wall_ms, NULL, why.cause};
        give_decision(k, &d);
    }
}

static enum err add_logs(const struct answer_parts *parts, struct answer_asker *k)
{
    struct view_log_cursor cursor = {0};
    struct view_log log;
    enum err err = ERR_OK;
    while (err == ERR_OK && view_log_next(parts->node, &cursor, &log))
        if (strcmp(log.id->device, k->request.device) == 0)
            err = store_history_add(k->history, log.id, log.first, log.last, log.sealed);
    return err;
}

bool answer_want_why(const struct answer_parts *parts, struct answer_asker *k)
{
    struct store_history_query query = {.to_ms = NUMBER_INTEGER_MAX};
    k->history = store_history_new(parts->store, &query);
    if (k->history != NULL && add_logs(parts, k) == ERR_OK)
        return true;
    answer_list_drop(k);
    answer_list_refuse(k, "busy", SPAN("out of memory"));
    return false;
}
