/* The same work through mosquitto, over TLS 1.3 with certificates on both sides:
 *
 *   mqtt store PORT CERTS COUNT FILE     takes messages in by QoS 1, parses them, stores them in
 *                                        SQLite, 1,000 rows a commit
 *   mqtt send  PORT CERTS COUNT WINDOW   publishes by QoS 1, so many unacknowledged at most
 *   mqtt pong  PORT CERTS                sends back what comes, by QoS 0
 *   mqtt ping  PORT CERTS COUNT          times that
 *   mqtt watch PORT CERTS                says when each message came
 *   mqtt first PORT CERTS                connects and publishes one message
 *
 * CERTS holds ca.crt, client.crt and client.key. The broker is on 127.0.0.1. */
#include "rows.h"

#include <inttypes.h>
#include <jansson.h>
#include <mosquitto.h>
#include <string.h>

enum { ROWS_A_COMMIT = 1000, KEEPALIVE_S = 60, WAIT_MS = 100, WARM_UP = 500 };

struct client {
    struct mosquitto *mosquitto;
    uint64_t count, window;
    bool connected, subscribed;
    uint64_t published, acknowledged;
    bool ponged;
    struct rows rows;
    uint32_t next_seq;
    uint64_t received, first_ns, lost, doubled;
    void (*on_message)(struct client *c, const struct mosquitto_message *message);
};

static void must(int result, const char *what)
{
    if (result == MOSQ_ERR_SUCCESS)
        return;
    fprintf(stderr, "mqtt: %s: %s\n", what, mosquitto_strerror(result));
    exit(1);
}

static void turn(struct client *c, int wait_ms)
{
    must(mosquitto_loop(c->mosquitto, wait_ms, 1), "the loop");
}

static void on_connect(struct mosquitto *m, void *context, int result)
{
    struct client *c = context;
    (void)m;
    must(result, "connecting");
    c->connected = true;
}

static void on_subscribe(struct mosquitto *m, void *context, int id, int count, const int *qos)
{
    struct client *c = context;
    (void)m;
    (void)id;
    (void)count;
    (void)qos;
    c->subscribed = true;
}

static void on_publish(struct mosquitto *m, void *context, int id)
{
    struct client *c = context;
    (void)m;
    (void)id;
    c->acknowledged++;
}

static void on_message(struct mosquitto *m, void *context, const struct mosquitto_message *message)
{
    struct client *c = context;
    (void)m;
    c->on_message(c, message);
}

static void publish(struct client *c, const char *topic, uint32_t seq, int qos)
{
    char text[MEASURE_MESSAGE_BYTES + 1];
    snprintf(text, sizeof text, MEASURE_MESSAGE, MEASURE_SEQ_FIRST + seq);
    must(mosquitto_publish(c->mosquitto, NULL, topic, MEASURE_MESSAGE_BYTES, text, qos, false),
         "publishing");
    c->published++;
}

static void subscribe(struct client *c, const char *topic, int qos,
                      void (*handler)(struct client *c, const struct mosquitto_message *message))
{
    c->on_message = handler;
    must(mosquitto_subscribe(c->mosquitto, NULL, topic, qos), "subscribing");
    while (!c->subscribed)
        turn(c, WAIT_MS);
    printf("started ns=%" PRIu64 "\n", measure_now_ns());
    fflush(stdout);
}

static void count_sequence(struct client *c, uint32_t seq)
{
    if (seq > c->next_seq)
        c->lost += seq - c->next_seq;
    if (seq < c->next_seq)
        c->doubled++;
    else
        c->next_seq = seq + 1;
}

static void store_message(struct client *c, const struct mosquitto_message *message)
{
    json_error_t error;
    json_t *o = json_loadb(message->payload, (size_t)message->payloadlen, 0, &error);
    const char *device = json_string_value(json_object_get(o, "device"));
    json_int_t seq = json_integer_value(json_object_get(o, "seq"));
    if (c->received++ == 0)
        c->first_ns = measure_now_ns();
    must(device ? MOSQ_ERR_SUCCESS : MOSQ_ERR_PROTOCOL, "a message");
    count_sequence(c, (uint32_t)seq - MEASURE_SEQ_FIRST);
    rows_add(&c->rows, (int)strtol(device + strlen("sensor-"), NULL, 10), seq,
             json_integer_value(json_object_get(o, "ts")),
             json_number_value(json_object_get(o, "value")));
    json_decref(o);
}

static void do_store(struct client *c, char **arguments)
{
    rows_open(&c->rows, arguments[1], ROWS_A_COMMIT);
    subscribe(c, "bench/data", 1, store_message);
    while (c->received < c->count)
        turn(c, WAIT_MS);
    rows_commit(&c->rows);
    printf("received count=%" PRIu64 " first_ns=%" PRIu64 " last_ns=%" PRIu64 " lost=%" PRIu64
           " doubled=%" PRIu64 "\n",
           c->received, c->first_ns, measure_now_ns(), c->lost, c->doubled);
}

static void do_send(struct client *c, char **arguments)
{
    c->window = strtoull(arguments[1], NULL, 10);
    while (c->published < c->count) {
        publish(c, "bench/data", (uint32_t)c->published, 1);
        while (c->published - c->acknowledged >= c->window)
            turn(c, WAIT_MS);
    }
    while (c->acknowledged < c->count)
        turn(c, WAIT_MS);
}

static void send_back(struct client *c, const struct mosquitto_message *message)
{
    must(mosquitto_publish(c->mosquitto, NULL, "bench/pong", message->payloadlen, message->payload,
                           0, false),
         "publishing");
}

static void do_pong(struct client *c, char **arguments)
{
    (void)arguments;
    subscribe(c, "bench/ping", 0, send_back);
    for (;;)
        turn(c, WAIT_MS);
}

static void note_pong(struct client *c, const struct mosquitto_message *message)
{
    (void)message;
    c->ponged = true;
}

static void do_ping(struct client *c, char **arguments)
{
    uint64_t *ns = calloc(c->count + WARM_UP, sizeof *ns);
    (void)arguments;
    subscribe(c, "bench/pong", 0, note_pong);
    for (uint64_t i = 0; ns && i < c->count + WARM_UP; i++) {
        uint64_t start = measure_now_ns();
        c->ponged = false;
        publish(c, "bench/ping", (uint32_t)i, 0);
        while (!c->ponged)
            turn(c, WAIT_MS);
        ns[i] = measure_now_ns() - start;
    }
    measure_print_trips(ns + WARM_UP, c->count);
    free(ns);
}

static void tell_time(struct client *c, const struct mosquitto_message *message)
{
    (void)c;
    (void)message;
    printf("reading ns=%" PRIu64 " device=sensor\n", measure_now_ns());
    fflush(stdout);
}

static void do_watch(struct client *c, char **arguments)
{
    (void)arguments;
    subscribe(c, "bench/data", 0, tell_time);
    for (;;)
        turn(c, WAIT_MS);
}

static void do_first(struct client *c, char **arguments)
{
    (void)arguments;
    publish(c, "bench/data", 1, 0);
    while (mosquitto_want_write(c->mosquitto))
        turn(c, WAIT_MS);
}

static void open_client(struct client *c, int port, const char *certs)
{
    char ca[1024], certificate[1024], key[1024];
    snprintf(ca, sizeof ca, "%s/ca.crt", certs);
    snprintf(certificate, sizeof certificate, "%s/client.crt", certs);
    snprintf(key, sizeof key, "%s/client.key", certs);
    c->mosquitto = mosquitto_new(NULL, true, c);
    must(c->mosquitto ? MOSQ_ERR_SUCCESS : MOSQ_ERR_NOMEM, "a client");
    must(mosquitto_tls_set(c->mosquitto, ca, NULL, certificate, key, NULL), certs);
    must(mosquitto_tls_opts_set(c->mosquitto, 1, "tlsv1.3", NULL), "TLS 1.3");
    /* The chain is verified; only the name in it is a device's and not the host's. */
    must(mosquitto_tls_insecure_set(c->mosquitto, true), "a certificate without host name");
    must(mosquitto_int_option(c->mosquitto, MOSQ_OPT_TCP_NODELAY, 1), "TCP_NODELAY");
    must(mosquitto_int_option(c->mosquitto, MOSQ_OPT_SEND_MAXIMUM, UINT16_MAX), "the window");
    mosquitto_connect_callback_set(c->mosquitto, on_connect);
    mosquitto_subscribe_callback_set(c->mosquitto, on_subscribe);
    mosquitto_publish_callback_set(c->mosquitto, on_publish);
    mosquitto_message_callback_set(c->mosquitto, on_message);
    must(mosquitto_connect(c->mosquitto, "127.0.0.1", port, KEEPALIVE_S), "connecting");
    while (!c->connected)
        turn(c, WAIT_MS);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(struct client *c, char **arguments);
        int arguments;
    } modes[] = {{"store", do_store, 2}, {"send", do_send, 2},   {"pong", do_pong, 0},
                 {"ping", do_ping, 1},   {"watch", do_watch, 0}, {"first", do_first, 0}};
    struct client c = {0};
    for (size_t i = 0; argc >= 4 && i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i].name, argv[1]) != 0 || argc != 4 + modes[i].arguments)
            continue;
        c.count = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
        mosquitto_lib_init();
        open_client(&c, (int)strtol(argv[2], NULL, 10), argv[3]);
        modes[i].run(&c, argv + 4);
        mosquitto_disconnect(c.mosquitto);
        mosquitto_destroy(c.mosquitto);
        return 0;
    }
    fputs("usage: mqtt store|send|pong|ping|watch|first PORT CERTS [COUNT [FILE|WINDOW]]\n",
          stderr);
    return 2;
}
