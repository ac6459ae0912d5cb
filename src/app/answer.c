#include "app/answer.h"

#include "app/answer_list.h"
#include "app/answer_status.h"
#include "app/answer_want.h"
#include "core/state.h"
#include "core/view.h"
#include "wire/json.h"
#include "wire/record.h"

#include <stdlib.h>

/* Happy path: a line is decoded and looked up in a table. What fits one answer is given at once. A
 * list of topics or a history goes out a slice a loop turn, while the client has room; then its end
 * is told. Who watches gets the topics that are there, and each fact that matches from then on.
 *
 * A client asks one thing at a time: a new question ends a list, a history or a watch. */

enum { STATUS_BYTES = CONTROL_OUTPUT_MAX - 4096 };

struct answer {
    struct answer_parts parts;
    struct control *control;
    struct answer_asker *askers;
    uv_idle_t slices;
    struct answer_status_notes notes;
    uint64_t last_id;
    bool closing, closed; /* our handle is to be closed, is */
};

/* The node makes only facts that somebody wants. */
static void set_facts(struct answer *a)
{
    uint64_t facts = a->parts.facts | answer_status_facts();
    for (const struct answer_asker *k = a->askers; k != NULL; k = k->next) {
        if (k->watches)
            facts |= UINT64_C(1) << FACT_READING | UINT64_C(1) << FACT_UPDATE |
                     UINT64_C(1) << FACT_APPENDED;
        if (k->waits)
            facts |= UINT64_C(1) << FACT_CONNECTED | UINT64_C(1) << FACT_RECONNECTED;
        if (k->pinged_ns > 0)
            facts |= UINT64_C(1) << FACT_PONG;
        if (k->request.ask == REQUEST_SET)
            facts |= UINT64_C(1) << FACT_WANTED;
        if (k->request.ask == REQUEST_COMMAND)
            facts |= UINT64_C(1) << FACT_COMMANDED;
    }
    node_facts(a->parts.node, facts);
}

/* One slice of one client a loop turn; who had it goes to the end of the list. */
static void on_slice(uv_idle_t *idle)
{
    struct answer *a = idle->data;
    struct answer_asker **at = &a->askers;
    while (*at != NULL && !answer_list_more(*at))
        at = &(*at)->next;
    struct answer_asker *k = *at;
    if (k == NULL) {
        uv_idle_stop(idle);
        return;
    }
    *at = k->next;
    k->next = NULL;
    while (*at != NULL)
        at = &(*at)->next;
    *at = k;
    answer_list_slice(&a->parts, k);
}

static void start_slices(struct answer *a)
{
    uv_idle_start(&a->slices, on_slice);
}

/* Whatever it was doing. */
static void drop_question(struct answer *a, struct answer_asker *k)
{
    answer_list_drop(k);
    k->pinged_ns = k->wanted_id = 0;
    k->watches = k->waits = k->sent = k->acknowledged = false;
    set_facts(a);
}

static void answer_to_status(struct answer *a, struct answer_asker *k)
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
                                   .discovery = a->parts.discovery,
                                   .session_port = a->parts.session_port,
                                   .notes = &a->notes,
                                   .now_ms = uv_hrtime() / 1000000};
    buf_init(&b, memory, memory == NULL ? 0 : STATUS_BYTES);
    if (memory != NULL && answer_status(&b, &status) && !b.overflow)
        control_put(k->client, buf_view(&b));
    else
        answer_list_refuse(k, "busy", SPAN("out of memory"));
    free(memory);
}

static void answer_to_get(struct answer *a, struct answer_asker *k)
{
    if (answer_list_topics(&a->parts, k))
        start_slices(a);
}

static void answer_to_watch(struct answer *a, struct answer_asker *k)
{
    k->watches = true;
    if (answer_list_topics(&a->parts, k))
        start_slices(a);
    set_facts(a);
}

static void answer_to_history(struct answer *a, struct answer_asker *k)
{
    if (answer_list_history(&a->parts, k))
        start_slices(a);
}

static bool find_peer(const struct answer *a, const char *device, struct view_peer *peer)
{
    size_t at = 0;
    while (view_peer_next(a->parts.node, uv_hrtime() / 1000000, &at, peer))
        if (strcmp(peer->device, device) == 0)
            return true;
    return false;
}

static void refuse_device(const struct answer *a, struct answer_asker *k,
                          const struct view_peer *peer)
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
    answer_list_refuse(k, peer == NULL ? "not_found" : "offline", span_of(text));
}

static void answer_to_ping(struct answer *a, struct answer_asker *k)
{
    struct view_peer peer;
    bool known = find_peer(a, k->request.device, &peer);
    if (!known || !peer.session) {
        refuse_device(a, k, known ? &peer : NULL);
        return;
    }
    k->pinged_ns = uv_hrtime();
    set_facts(a);
    struct event e = {.kind = EVENT_PING, .ping = {.device = span_of(k->request.device)}};
    a->parts.on_event(a->parts.context, &e);
}

static void give_presence(struct answer_asker *k)
{
    char text[128 + LIMIT_NAME];
    int size = snprintf(text, sizeof text,
                        "{\"schema\":\"kith/wait/1\",\"device\":\"%s\",\"presence\":\"online\"}",
                        k->request.device);
    control_put(k->client, (struct span){text, (size_t)size});
}

static void answer_to_wait(struct answer *a, struct answer_asker *k)
{
    struct view_peer peer;
    bool here = strcmp(k->request.device, a->parts.device) == 0 ||
                (find_peer(a, k->request.device, &peer) && peer.session &&
                 peer.presence == VIEW_ONLINE);
    if (here) {
        give_presence(k);
        return;
    }
    k->waits = true;
    set_facts(a);
}

static void answer_to_why(struct answer *a, struct answer_asker *k)
{
    struct view_peer peer;
    bool known = strcmp(k->request.device, a->parts.device) == 0 ||
                 find_peer(a, k->request.device, &peer);
    if (!known)
        refuse_device(a, k, NULL);
    else if (answer_want_why(&a->parts, k))
        start_slices(a);
}

static void answer_to_set(struct answer *a, struct answer_asker *k)
{
    set_facts(a);
    answer_want_ask(&a->parts, k);
}

static void answer_to_command(struct answer *a, struct answer_asker *k)
{
    set_facts(a);
    answer_want_command(&a->parts, k);
}

typedef void answer_fn(struct answer *a, struct answer_asker *k);

static answer_fn *const answers[REQUEST_ASK_COUNT] = {
    [REQUEST_STATUS] = answer_to_status,   [REQUEST_GET] = answer_to_get,
    [REQUEST_WATCH] = answer_to_watch,     [REQUEST_HISTORY] = answer_to_history,
    [REQUEST_PING] = answer_to_ping,       [REQUEST_WAIT] = answer_to_wait,
    [REQUEST_WHY] = answer_to_why,         [REQUEST_SET] = answer_to_set,
    [REQUEST_COMMAND] = answer_to_command,
};

static struct answer_asker *asker_of(struct answer *a, struct control_client *client)
{
    void **slot = control_slot(client);
    if (*slot != NULL)
        return *slot;
    struct answer_asker *k = calloc(1, sizeof *k);
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
    struct answer_asker *k = asker_of(a, client);
    const char *cause;
    if (k == NULL) {
        control_finish(client);
        return;
    }
    drop_question(a, k);
    if (request_decode(line, &k->request, &cause))
        answers[k->request.ask](a, k);
    else
        answer_list_refuse(k, "request", span_of(cause));
}

static void on_drained(void *context, struct control_client *client)
{
    const struct answer_asker *k = *control_slot(client);
    if (k != NULL && answer_list_more(k))
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
    struct answer_asker *k = *control_slot(client);
    if (k == NULL)
        return;
    struct answer_asker **at = &a->askers;
    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    k->watches = k->waits = false;
    answer_list_drop(k);
    free(k);
    if (!a->closing)
        set_facts(a);
    else
        free_when_all_gone(a);
}

static void give_pong(struct answer_asker *k, const struct fact *fact)
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
static void give_live(struct answer_asker *k, const struct fact *fact, uint64_t now_ms)
{
    char topic[LIMIT_TOPIC + 1], memory[LIMIT_VALUE_TEXT];
    const char *cause;
    struct record r;
    if (!k->watches || fact->record == NULL ||
        record_decode(fact->record->bytes, &r, memory, &cause) != ERR_OK)
        return;
    size_t size = state_topic(&r, topic);
    if (request_matches(k->request.topic, (struct span){topic, size}))
        answer_list_give(k, &r, now_ms, ANSWER_RECORD_PENDING);
}

static void give_fact(struct answer_asker *k, const struct fact *fact, uint64_t now_ms)
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
    case FACT_COMMANDED:
        answer_want_commanded(k, fact);
        break;
    case FACT_WANTED:
        answer_want_stage(k, fact);
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
    for (struct answer_asker *k = a->askers; k != NULL; k = k->next)
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
    a->parts.last_id = &a->last_id;
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
