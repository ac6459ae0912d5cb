#include "app/answer_list.h"

#include "core/view.h"
#include "wire/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A node with topics, a client that asks for them, and what it gets. */
enum { DEVICES = 100, PROPERTIES = 10, TOPICS = DEVICES * PROPERTIES };

struct world {
    char folder[64], path[96];
    uv_loop_t loop;
    struct control *control;
    struct answer_parts parts;
    struct answer_asker asker;
    int fd;
    char *got;
    size_t got_size;
};

static void mix(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    out->bytes[0] = (uint8_t)(out->bytes[0] + bytes.size);
}

static void restore(struct node *n, struct effects *fx, unsigned device, unsigned property)
{
    char name[16], type[16], text[LIMIT_RECORD];
    struct record r = {.epoch = 7, .seq = property + 1, .ts = 1, .value = value_number(device)};
    snprintf(name, sizeof name, "sensor%u", device);
    snprintf(type, sizeof type, "p%u", property);
    r.device = span_of(name);
    r.type = span_of(type);
    r.bytes = (struct span){text, record_encode(&r, text, sizeof text)};
    struct event e = {.kind = EVENT_RESTORE_TOPIC,
                      .restore_record = {.id = {.epoch = 7}, .record = &r}};
    ident_name_copy(e.restore_record.id.device, r.device);
    event_effects_reset(fx);
    node_step(n, &e, fx);
}

static struct node *make_node(void)
{
    struct node_config config = {.hash = mix, .self = {.device = "me"}};
    struct node *n = node_new(&config);
    struct effects fx;
    assert_non_null(n);
    event_effects_init(&fx);
    for (unsigned i = 0; i < TOPICS; i++)
        restore(n, &fx, i / PROPERTIES, i % PROPERTIES);
    event_effects_fini(&fx);
    return n;
}

static void on_line(void *context, struct control_client *client, struct span line)
{
    (void)line;
    ((struct world *)context)->asker.client = client;
}

static void ignore(void *context, struct control_client *client)
{
    (void)context, (void)client;
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const struct control_handler handler = {w, on_line, ignore, ignore};
    char message[256];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(w->folder, sizeof w->folder, "/tmp/kith-answer-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/me.sock", w->folder);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    assert_int_equal(control_open(&w->control, &w->loop, w->path, &handler, message,
                                  sizeof message),
                     ERR_OK);
    w->parts = (struct answer_parts){.device = "me", .node = make_node()};
    memcpy(address.sun_path, w->path, strlen(w->path) + 1);
    w->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(w->fd, (const void *)&address, sizeof address), 0);
    assert_int_equal(send(w->fd, "\n?\n", 3, 0), 3);
    while (w->asker.client == NULL)
        uv_run(&w->loop, UV_RUN_ONCE);
    w->got = calloc(1, CONTROL_OUTPUT_MAX);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    answer_list_drop(&w->asker);
    close(w->fd);
    control_close(w->control);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    node_free(w->parts.node);
    rmdir(w->folder);
    free(w->got);
    free(w);
    return 0;
}

static bool ask(struct world *w, const char *topic)
{
    w->asker.request = (struct request){.ask = REQUEST_GET};
    snprintf(w->asker.request.topic, sizeof w->asker.request.topic, "%s", topic);
    return answer_list_topics(&w->parts, &w->asker);
}

/* Until the last line begins so. */
static void hear(struct world *w, const char *last)
{
    for (const char *line = NULL; line == NULL;) {
        uv_run(&w->loop, UV_RUN_NOWAIT);
        ssize_t size = recv(w->fd, w->got + w->got_size, CONTROL_OUTPUT_MAX - 1 - w->got_size, 0);
        w->got_size += size > 0 ? (size_t)size : 0;
        if (w->got_size > 0 && w->got[w->got_size - 1] == '\n')
            line = strstr(w->got, last);
    }
}

static void many_topics_come_sorted_in_slices_with_their_number(void **state)
{
    struct world *w = *state;
    char before[160] = "";
    size_t slices = 0, lines = 0;
    assert_true(ask(w, "*"));
    while (w->asker.topics != NULL) {
        assert_true(answer_list_more(&w->asker));
        answer_list_slice(&w->parts, &w->asker);
        slices++;
    }
    assert_in_range(slices, TOPICS / 100, TOPICS / 10);
    hear(w, "{\"end\":1000,\"damaged\":0}");
    for (char *line = strtok(w->got, "\n"); line[2] != 'e'; line = strtok(NULL, "\n")) {
        assert_true(strcmp(before, line) < 0);
        snprintf(before, sizeof before, "%s", line);
        lines++;
    }
    assert_int_equal(lines, TOPICS);
}

static void a_pattern_chooses(void **state)
{
    struct world *w = *state;
    assert_true(ask(w, "sensor1*/p3"));
    assert_int_equal(w->asker.topic_count, 11);
    answer_list_drop(&w->asker);
    assert_false(ask(w, "none*"));
    hear(w, "{\"end\":0,\"damaged\":0}");
}

static void a_topic_that_is_not_there_gets_the_nearest_that_is(void **state)
{
    struct world *w = *state;
    assert_false(ask(w, "senser42/p7"));
    hear(w, "\"error\":\"not_found\"");
    assert_non_null(strstr(w->got, "did you mean sensor42/p7?"));
}

static void a_client_without_room_gets_no_slice(void **state)
{
    struct world *w = *state;
    static const char line[65536];
    assert_true(ask(w, "*"));
    for (int i = 0; i < 15; i++)
        control_put(w->asker.client, (struct span){line, sizeof line});
    assert_false(answer_list_more(&w->asker));
    for (size_t size = 0; size < 15 * (sizeof line + 1);) {
        ssize_t n = recv(w->fd, w->got, CONTROL_OUTPUT_MAX, 0);
        size += n > 0 ? (size_t)n : 0;
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
    assert_true(answer_list_more(&w->asker));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(many_topics_come_sorted_in_slices_with_their_number),
        TEST(a_pattern_chooses),
        TEST(a_topic_that_is_not_there_gets_the_nearest_that_is),
        TEST(a_client_without_room_gets_no_slice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
