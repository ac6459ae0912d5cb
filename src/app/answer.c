#include "app/answer.h"

#include "app/answer_record.h"
#include "app/answer_status.h"
#include "app/request.h"
#include "base/text.h"
#include "core/state.h"
#include "core/view.h"
#include "io/control.h"
#include "io/store_history.h"
#include "wire/record.h"

#include <stdlib.h>

/* Happy path: a line is decoded and looked up in a table. What fits one answer is given at once. A
 * list of topics or a history goes out a slice a loop turn, while the client has room; then its end
 * is told. Who watches gets the topics that are there, and each fact that matches from then on.
 *
 * A client asks one thing at a time: a new question ends a list, a history or a watch. */

enum {
    STATUS_BYTES = CONTROL_OUTPUT_MAX - 4096,
    ROOM_MIN = 131072, /* a slice of history as lines takes less than half of it */
    SLICE_TOPICS = 64,
};

struct asker {
    struct asker *next;
    struct control_client *client;
    bool watches, waits;
    struct request request;
    struct store_history *history;
    char (*topics)[LIMIT_TOPIC + 1]; /* still to be given, from topic_at on */
    size_t topic_at, topic_count;
    uint64_t given, damaged;
    uint64_t pinged_ns; /* 0: no answer is due */
};

struct answer {
    struct answer_parts parts;
    struct control *control;
    struct asker *askers;
    uv_idle_t slices;
    struct answer_status_notes notes;
    bool closing, closed; /* our handle is to be closed, is */
};

static uint64_t wall_ms(void)
{
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_usec / 1000;
}

/* The node makes only facts that somebody wants. */
static void set_facts(struct answer *a)
{
    uint64_t facts = a->parts.facts | answer_status_facts();
    for (const struct asker *k = a->askers; k != NULL; k = k->next) {
        if (k->watches)
            facts |= UINT64_C(1) << FACT_READING | UINT64_C(1) << FACT_UPDATE |
                     UINT64_C(1) << FACT_APPENDED;
        if (k->waits)
            facts |= UINT64_C(1) << FACT_CONNECTED | UINT64_C(1) << FACT_RECONNECTED;
        if (k->pinged_ns > 0)
            facts |= UINT64_C(1) << FACT_PONG;
    }
    node_facts(a->parts.node, facts);
}

static void refuse(struct asker *k, const char *kind, struct span text)
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

static void give(struct asker *k, const struct record *r, uint64_t now_ms,
                 enum answer_record_seal seal)
{
    char memory[ANSWER_RECORD_BYTES];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    answer_record(&b, r, now_ms, seal);
    control_put(k->client, buf_view(&b));
    k->given++;
}

static void give_topic(const struct answer *a, struct asker *k, const char *topic)
{
    struct view_topic view;
    struct record r;
    char memory[LIMIT_VALUE_TEXT];
    const char *cause;
    if (view_topic(a->parts.node, span_of(topic), &view) &&
        record_decode(view.bytes, &r, memory, &cause) == ERR_OK)
        give(k, &r, wall_ms(), view.sealed ? ANSWER_RECORD_SEALED : ANSWER_RECORD_PENDING);
}

static void give_end(struct asker *k)
{
    char text[96];
    int size = snprintf(text, sizeof text, "{\"end\":%llu,\"damaged\":%llu}",
                        (unsigned long long)k->given, (unsigned long long)k->damaged);
    control_put(k->client, (struct span){text, (size_t)size});
}

static void drop_topics(struct asker *k)
{
    free(k->topics);
    k->topics = NULL;
    k->topic_at = k->topic_count = 0;
}

static void give_topics(const struct answer *a, struct asker *k)
{
    for (size_t i = 0; i < SLICE_TOPICS && k->topic_at < k->topic_count; i++)
        give_topic(a, k, k->topics[k->topic_at++]);
    if (k->topic_at < k->topic_count)
        return;
    drop_topics(k);
    if (!k->watches)
        give_end(k);
}

static void on_history(void *context, const struct record *record, enum store_history_seal seal)
{
    give(context, record, wall_ms(),
         seal == STORE_HISTORY_SEALED ? ANSWER_RECORD_SEALED : ANSWER_RECORD_PENDING);
}

static void give_history(struct asker *k)
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
    give_end(k);
}

static bool has_more(const struct asker *k)
{
    return (k->history != NULL || k->topics != NULL) && control_room(k->client) >= ROOM_MIN;
}

/* One slice of one client a loop turn; who had it goes to the end of the list. */
static void on_slice(uv_idle_t *idle)
{
    struct answer *a = idle->data;
    struct asker **at = &a->askers;
    while (*at != NULL && !has_more(*at))
        at = &(*at)->next;
    struct asker *k = *at;
    if (k == NULL) {
        uv_idle_stop(idle);
        return;
    }
    *at = k->next;
    k->next = NULL;
    while (*at != NULL)
        at = &(*at)->next;
    *at = k;
    if (k->topics != NULL)
        give_topics(a, k);
    else
        give_history(k);
}

static void start_slices(struct answer *a)
{
    uv_idle_start(&a->slices, on_slice);
}

/* Whatever it was doing. */
static void drop_question(struct answer *a, struct asker *k)
{
    store_history_free(k->history);
    k->history = NULL;
    drop_topics(k);
    k->given = k->damaged = k->pinged_ns = 0;
    k->watches = k->waits = false;
    set_facts(a);
}

static void answer_to_status(struct answer *a, struct asker *k)
{
    struct udp_counts udp;
    struct buf b;
    char *memory = malloc(STATUS_BYTES);
    udp_count(a->parts.udp, &udp);
    struct answer_status status = {.device = a->parts.device,
                                   .role = a->parts.role,
                                   .network = trust_network(a->parts.trust),
                                   .node = a->parts.node,
                                   .udp = &udp,
                                   .notes = &a->notes,
                                   .now_ms = uv_hrtime() / 1000000};
    buf_init(&b, memory, memory == NULL ? 0 : STATUS_BYTES);
    if (memory != NULL && answer_status(&b, &status) && !b.overflow)
        control_put(k->client, buf_view(&b));
    else
        refuse(k, "busy", SPAN("out of memory"));
    free(memory);
}

static int compare_topics(const void *left, const void *right)
{
    return strcmp(left, right);
}

/* False when out of memory. */
static bool collect_topics(const struct answer *a, struct asker *k)
{
    struct view_topic view;
    size_t at = 0, capacity = 0;
    while (view_topic_next(a->parts.node, &at, &view)) {
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
static void refuse_topic(const struct answer *a, struct asker *k)
{
    enum { FAR = 3 };
    char memory[6 * LIMIT_TOPIC];
    char nearest[LIMIT_TOPIC + 1] = "";
    size_t at = 0, best = FAR + 1;
    struct span wanted = span_of(k->request.topic);
    struct view_topic view;
    struct buf b;
    while (view_topic_next(a->parts.node, &at, &view)) {
        size_t distance = text_distance(wanted, view.topic, FAR);
        if (distance >= best)
            continue;
        best = distance;
        snprintf(nearest, sizeof nearest, "%.*s", (int)view.topic.size, view.topic.bytes);
    }
    buf_init(&b, memory, sizeof memory);
    buf_span(&b, wanted);
    buf_text(&b, ": ");
    buf_text(&b, a->parts.device);
    buf_text(&b, " knows no such topic");
    if (nearest[0] != '\0') {
        buf_text(&b, "; did you mean ");
        buf_text(&b, nearest);
        buf_char(&b, '?');
    }
    refuse(k, "not_found", buf_view(&b));
}

static void answer_to_get(struct answer *a, struct asker *k)
{
    if (!collect_topics(a, k)) {
        drop_topics(k);
        refuse(k, "busy", SPAN("out of memory"));
    } else if (k->topic_count > 0) {
        start_slices(a);
    } else if (request_is_pattern(k->request.topic)) {
        give_end(k);
    } else {
        refuse_topic(a, k);
    }
}

static void answer_to_watch(struct answer *a, struct asker *k)
{
    k->watches = true;
    set_facts(a);
    if (!collect_topics(a, k)) {
        drop_question(a, k);
        refuse(k, "busy", SPAN("out of memory"));
    } else if (k->topic_count > 0) {
        start_slices(a);
    }
}

/* Every log whose author may write the topic. */
static enum err add_logs(const struct answer *a, struct asker *k)
{
    struct view_log_cursor cursor = {0};
    struct view_log log;
    struct span topic = span_of(k->request.topic);
    enum err err = ERR_OK;
    while (err == ERR_OK && view_log_next(a->parts.node, &cursor, &log))
        if (access_may(log.role, access_of(span_of(log.id->device), topic)))
            err = store_history_add(k->history, log.id, log.first, log.last, log.sealed);
    return err;
}

static void answer_to_history(struct answer *a, struct asker *k)
{
    struct store_history_query query = {span_of(k->request.topic), k->request.from_ms,
                                        k->request.to_ms};
    struct view_topic view;
    if (!view_topic(a->parts.node, query.topic, &view)) {
        refuse_topic(a, k);
        return;
    }
    k->history = store_history_new(a->parts.store, &query);
    if (k->history != NULL && add_logs(a, k) == ERR_OK) {
        start_slices(a);
        return;
    }
    store_history_free(k->history);
    k->history = NULL;
    refuse(k, "busy", SPAN("out of memory"));
}

static bool find_peer(const struct answer *a, const char *device, struct view_peer *peer)
{
    size_t at = 0;
    while (view_peer_next(a->parts.node, uv_hrtime() / 1000000, &at, peer))
        if (strcmp(peer->device, device) == 0)
            return true;
    return false;
}

static void refuse_device(const struct answer *a, struct asker *k, const struct view_peer *peer)
{
    char text[6 * LIMIT_NAME + LIMIT_REASON];
    const char *device = k->request.device;
    if (strcmp(device, a->parts.device) == 0)
        snprintf(text, sizeof text, "%s is who was asked; ping another, or ask another: --device",
                 device);
    else if (peer == NULL)
        snprintf(text, sizeof text, "%s knows no %s; kith status lists whom it knows",
                 a->parts.device, device);
    else
        snprintf(text, sizeof text, "%s is %s%s%s; wait for it: kith wait %s", device,
                 view_presence_text(peer->presence), peer->evidence[0] == '\0' ? "" : ": ",
                 peer->evidence, device);
    refuse(k, peer == NULL ? "not_found" : "offline", span_of(text));
}

static void answer_to_ping(struct answer *a, struct asker *k)
{
    struct view_peer peer;
    bool known = find_peer(a, k->request.device, &peer);
    if (!known || (peer.presence != VIEW_ONLINE && peer.presence != VIEW_SUSPECT)) {
        refuse_device(a, k, known ? &peer : NULL);
        return;
    }
    k->pinged_ns = uv_hrtime();
    set_facts(a);
    a->parts.on_ping(a->parts.context, span_of(k->request.device));
}

static void give_presence(struct asker *k)
{
    char text[128 + LIMIT_NAME];
    int size = snprintf(text, sizeof text,
                        "{\"schema\":\"kith/wait/1\",\"device\":\"%s\",\"presence\":\"online\"}",
                        k->request.device);
    control_put(k->client, (struct span){text, (size_t)size});
}

static void answer_to_wait(struct answer *a, struct asker *k)
{
    struct view_peer peer;
    bool here = strcmp(k->request.device, a->parts.device) == 0 ||
                (find_peer(a, k->request.device, &peer) && peer.presence == VIEW_ONLINE);
    if (here) {
        give_presence(k);
        return;
    }
    k->waits = true;
    set_facts(a);
}

typedef void answer_fn(struct answer *a, struct asker *k);

static answer_fn *const answers[REQUEST_ASK_COUNT] = {
    [REQUEST_STATUS] = answer_to_status, [REQUEST_GET] = answer_to_get,
    [REQUEST_WATCH] = answer_to_watch,   [REQUEST_HISTORY] = answer_to_history,
    [REQUEST_PING] = answer_to_ping,     [REQUEST_WAIT] = answer_to_wait,
};

static struct asker *asker_of(struct answer *a, struct control_client *client)
{
    void **slot = control_slot(client);
    if (*slot != NULL)
        return *slot;
    struct asker *k = calloc(1, sizeof *k);
    if (k == NULL)
        return NULL;
    *slot = k;
    k->client = client;
    k->next = a->askers;
    a->askers = k;
    return k;
}

static void on_line(void *context, struct control_client *client, struct span line)
{
    struct answer *a = context;
    struct asker *k = asker_of(a, client);
    const char *cause;
    if (k == NULL) {
        control_finish(client);
        return;
    }
    drop_question(a, k);
    if (request_decode(line, &k->request, &cause))
        answers[k->request.ask](a, k);
    else
        refuse(k, "request", span_of(cause));
}

static void on_drained(void *context, struct control_client *client)
{
    const struct asker *k = *control_slot(client);
    if (k != NULL && has_more(k))
        start_slices(context);
}

static void free_when_all_gone(struct answer *a)
{
    if (a->closed && a->askers == NULL)
        free(a);
}

static void on_gone(void *context, struct control_client *client)
{
    struct answer *a = context;
    struct asker *k = *control_slot(client);
    if (k == NULL)
        return;
    struct asker **at = &a->askers;
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    k->watches = k->waits = false;
    store_history_free(k->history);
    drop_topics(k);
    free(k);
    if (!a->closing)
        set_facts(a);
    else
        free_when_all_gone(a);
}

static void give_pong(struct asker *k, const struct fact *fact)
{
    char text[160 + LIMIT_NAME];
    if (k->pinged_ns == 0 || !span_is(fact->device, k->request.device))
        return;
    double ms = (double)(uv_hrtime() - k->pinged_ns) / 1e6;
    k->pinged_ns = 0;
    int size = snprintf(text, sizeof text,
                        "{\"schema\":\"kith/ping/1\",\"device\":\"%s\",\"rtt_ms\":%.3f}",
                        k->request.device, ms);
    control_put(k->client, (struct span){text, (size_t)size});
}

/* Read again from its bytes: those stay where they are until the step's effects are done. */
static void give_live(struct asker *k, const struct fact *fact, uint64_t now_ms)
{
    char topic[LIMIT_TOPIC + 1], memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record r;
    if (!k->watches || fact->record == NULL ||
        record_decode(fact->record->bytes, &r, memory, &cause) != ERR_OK)
        return;
    size_t size = state_topic(&r, topic);
    if (request_matches(k->request.topic, (struct span){topic, size}))
        give(k, &r, now_ms, ANSWER_RECORD_PENDING);
}

static void give_fact(struct asker *k, const struct fact *fact, uint64_t now_ms)
{
    switch (fact->kind) {
    case FACT_READING:
    case FACT_UPDATE:
    case FACT_APPENDED:
        give_live(k, fact, now_ms);
        break;
    case FACT_PONG:
        give_pong(k, fact);
        break;
    case FACT_CONNECTED:
    case FACT_RECONNECTED:
        if (k->waits && span_is(fact->device, k->request.device)) {
            k->waits = false;
            give_presence(k);
        }
        break;
    default:
        break;
    }
}

void answer_fact(struct answer *a, const struct fact *fact, uint64_t now_ms)
{
    if (a == NULL)
        return;
    answer_status_note(&a->notes, fact);
    for (struct asker *k = a->askers; k != NULL; k = k->next)
        give_fact(k, fact, now_ms);
}

void answer_refused(struct answer *a, const char *cause)
{
    if (a != NULL)
        answer_status_refused(&a->notes, span_of(cause));
}

void answer_store_failure(struct answer *a, const char *text)
{
    if (a != NULL)
        snprintf(a->notes.store_failure, sizeof a->notes.store_failure, "%s",
                 text == NULL ? "" : text);
}

enum err answer_open(struct answer **answer, const struct answer_parts *parts, const char *path,
                     char *message, size_t message_bytes)
{
    struct answer *a = calloc(1, sizeof *a);
    *answer = NULL;
    snprintf(message, message_bytes, "out of memory");
    if (a == NULL)
        return ERR_MEMORY;
    struct control_handler handler = {a, on_line, on_drained, on_gone};
    a->parts = *parts;
    enum err err = control_open(&a->control, parts->loop, path, &handler, message, message_bytes);
    if (err != ERR_OK) {
        free(a);
        return err;
    }
    uv_idle_init(parts->loop, &a->slices);
    a->slices.data = a;
    set_facts(a);
    *answer = a;
    return ERR_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct answer *a = handle->data;
    a->closed = true;
    free_when_all_gone(a);
}

void answer_close(struct answer *a)
{
    if (a == NULL)
        return;
    a->closing = true;
    control_close(a->control);
    uv_close((uv_handle_t *)&a->slices, on_closed);
}
