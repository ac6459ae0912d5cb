#include "app/answer_record.h"

#include "core/state.h"
#include "wire/field.h"

static void put_count(struct buf *b, const char *name, uint64_t count)
{
    buf_text(b, name);
    buf_u64(b, count);
}

void answer_record(struct buf *b, const struct record *r, uint64_t wall_ms,
                   enum answer_record_seal seal)
{
    char topic[LIMIT_TOPIC + 1];
    size_t size = state_topic(r, topic);
    buf_text(b, "{\"schema\":\"kith/record/1\",\"topic\":");
    json_write_string(b, (struct span){topic, size});
    buf_text(b, ",\"value\":");
    if (r->value.kind == VALUE_NONE)
        buf_text(b, "null");
    else
        field_write_value(b, &r->value);
    buf_text(b, ",\"unit\":");
    if (r->unit.size == 0)
        buf_text(b, "null");
    else
        json_write_string(b, r->unit);
    buf_text(b, ",\"device\":");
    json_write_string(b, r->device);
    put_count(b, ",\"epoch\":", r->epoch);
    put_count(b, ",\"seq\":", r->seq);
    put_count(b, ",\"ts\":", r->ts);
    put_count(b, ",\"age_ms\":", wall_ms > r->ts ? wall_ms - r->ts : 0);
    buf_text(b, seal == ANSWER_RECORD_SEALED ? ",\"sealed\":true}" : ",\"sealed\":false}");
}
