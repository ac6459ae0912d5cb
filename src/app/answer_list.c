#include "app/answer_list.h"

#include "app/answer_want.h"
#include "base/text.h"
#include "core/view.h"
#include "wire/json.h"
#include "wire/record.h"

#include <stdlib.h>

enum {
    ROOM_MIN = 131072, /* a slice of history as lines takes less than half of it */
    SLICE_TOPICS = 64,
};

static uint64_t wall_ms(void)
{
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000;
}

void answer_list_refuse(struct answer_asker *k, const char *kind, struct span text)
{
    char memory[4096];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, "{\"error\":\"");
    buf_text(&b, kind);
    buf_text(&b, "\",\"text\":");
    json_write_string(&b, text);
    buf_char(&b, '}');
    control_put(k->client, buf_view(&b));
}

void answer_list_give(struct answer_asker *k, const struct record *r, uint64_t now_ms,
                      enum answer_record_seal seal)
{
    char memory[ANSWER_RECORD_BYTES];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    answer_record(&b, r, now_ms, seal);
    control_put(k->client, buf_view(&b));
    k->given++;
}

static void give_topic(const struct answer_parts *parts, struct answer_asker *k, const char *topic)
{
    struct view_topic view;
    struct record r;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    if (view_topic(parts->node, span_of(topic), &view) &&
        record_decode(view.bytes, &r, memory, &cause) == ERR_OK)
        answer_list_give(k, &r, wall_ms(),
                         view.sealed ? ANSWER_RECORD_SEALED : ANSWER_RECORD_PENDING);
}

static void give_end(struct answer_asker *k)
{
    char text[128];
    int size = snprintf(text, sizeof text, "{\"end\":%llu,\"damaged\":%llu",
                        (unsigned long long)k->given, (unsigned long long)k->damaged);
    if (k->begins_ms > 0)
        size += snprintf(text + size, sizeof text - (size_t)size, ",\"begins\":%llu",
                         (unsigned long long)k->begins_ms);
    text[size++] = '}';
    control_put(k->client, (struct span){text, (size_t)size});
}

static void drop_topics(struct answer_asker *k)
{
    free(k->topics);
    k->topics = NULL;
    k->topic_at = k->topic_count = 0;
}

static void give_topics(const struct answer_parts *parts, struct answer_asker *k)
{
    for (size_t i = 0; i < SLICE_TOPICS && k->topic_at < k->topic_count; i++)
        give_topic(parts, k, k->topics[k->topic_at++]);
    if (k->topic_at < k->topic_count)
        return;
    drop_topics(k);
    if (!k->watches)
        give_end(k);
}

static void on_history(void *context, const struct record *record, enum store_history_seal seal)
{
    const struct answer_asker *k = context;
    if (k->request.ask == REQUEST_WHY) {
        if (record->cause.size > 0)
            answer_want_decision(context, record);
        return;
    }
    answer_list_give(context, record, wall_ms(),
                     seal == STORE_HISTORY_SEALED ? ANSWER_RECORD_SEALED : ANSWER_RECORD_PENDING);
}

static void give_history(const struct answer_parts *parts, struct answer_asker *k)
{
    enum err err = store_history_step(k->history, on_history, k);
    if (err == ERR_OK)
        return;
    if (err != ERR_NOT_FOUND) {
        k->damaged++;
        return;
    }
    store_history_free(k->history);
    k->history = NULL;
    if (k->request.ask == REQUEST_WHY)
        answer_want_unchanged(parts, k);
    give_end(k);
}

bool answer_list_more(const struct answer_asker *k)
{
    return (k->history != NULL || k->topics != NULL) && control_room(k->client) >= ROOM_MIN;
}

static int compare_topics(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* False when out of memory. */
static bool collect_topics(const struct answer_parts *parts, struct answer_asker *k)
{
    struct view_topic view;
    size_t at = 0, capacity = 0;
    while (view_topic_next(parts->node, &at, &view)) {
        if (!request_matches(k->request.topic, view.topic))
            continue;
        if (k->topic_count == capacity) {
            capacity = capacity == 0 ? 16 : 2 * capacity;
            void *topics = realloc(k->topics, capacity * sizeof *k->topics);
            if (topics == NULL)
                return false;
            k->topics = topics;
        }
        char *topic = k->topics[k->topic_count++];
        memcpy(topic, view.topic.bytes, view.topic.size);
        topic[view.topic.size] = '\0';
    }
    if (k->topic_count > 0)
        qsort(k->topics, k->topic_count, sizeof *k->topics, compare_topics);
    return true;
}

/* "sensor1/temprature: no such topic; did you mean sensor1/temperature?" */
static void refuse_topic(const struct answer_parts *parts, struct answer_asker *k)
{
    enum { FAR = 3 };
    char memory[6 * LIMIT_TOPIC];
    char nearest[LIMIT_TOPIC + 1] = "";
    size_t at = 0, best = FAR + 1;
    struct span wanted = span_of(k->request.topic);
    struct view_topic view;
    struct buf b;
    while (view_topic_next(parts->node, &at, &view)) {
        size_t distance = text_distance(wanted, view.topic, FAR);
        if (distance >= best)
            continue;
        best = distance;
        snprintf(nearest, sizeof nearest, "%.*s", (int)view.topic.size, view.topic.bytes);
    }
    buf_init(&b, memory, sizeof memory);
    buf_span(&b, wanted);
    buf_text(&b, ": ");
    buf_text(&b, parts->device);
    buf_text(&b, " knows no such topic");
    if (nearest[0] != '\0') {
        buf_text(&b, "; did you mean ");
        buf_text(&b, nearest);
        buf_char(&b, '?');
    }
    answer_list_refuse(k, "not_found", buf_view(&b));
}

/* Every log whose author may write the topic. */
static enum err add_logs(const struct answer_parts *parts, struct answer_asker *k)
{
    struct view_log_cursor cursor = {0};
    struct view_log log;
    struct span topic = span_of(k->request.topic);
    enum err err = ERR_OK;
    while (err == ERR_OK && view_log_next(parts->node, &cursor, &log)) {
        if (!access_may(log.role, access_of(span_of(log.id->device), topic)))
            continue;
        err = store_history_add(k->history, log.id, log.first, log.last, log.sealed);
        if (log.begins_ms > k->begins_ms)
            k->begins_ms = log.begins_ms;
    }
    return err;
}

bool answer_list_topics(const struct answer_parts *parts, struct answer_asker *k)
{
    bool must_be_there = !k->watches && !request_is_pattern(k->request.topic);
    if (!collect_topics(parts, k)) {
        answer_list_drop(k);
        k->watches = false;
        answer_list_refuse(k, "busy", SPAN("out of memory"));
    } else if (k->topic_count == 0 && must_be_there) {
        refuse_topic(parts, k);
    } else if (k->topic_count == 0 && !k->watches) {
        give_end(k);
    }
    return k->topic_count > 0;
}

bool answer_list_history(const struct answer_parts *parts, struct answer_asker *k)
{
    struct store_history_query query = {span_of(k->request.topic), k->request.from_ms,
                                        k->request.to_ms};
    struct view_topic view;
    if (!view_topic(parts->node, query.topic, &view)) {
        refuse_topic(parts, k);
        return false;
    }
    k->history = store_history_new(parts->store, &query);
    if (k->history != NULL && add_logs(parts, k) == ERR_OK)
        return true;
    answer_list_drop(k);
    answer_list_refuse(k, "busy", SPAN("out of memory"));
    return false;
}

void answer_list_slice(const struct answer_parts *parts, struct answer_asker *k)
{
    if (k->topics != NULL)
        give_topics(parts, k);
    else
        give_history(parts, k);
}

void answer_list_drop(struct answer_asker *k)
{
    store_history_free(k->history);
    k->history = NULL;
    drop_topics(k);
    k->given = k->damaged = k->begins_ms = 0;
}
