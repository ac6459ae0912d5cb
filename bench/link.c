/* What identity and links cost, on loopback, both ends in this one process and thread:
 *
 *   link [RECORDS_A_MESSAGE]
 *
 * Opening keys, hashing, sealing; full TLS handshakes; messages of so many records (40 unless told)
 * through a link until all are decoded at the other end; anonymous memory of a further session, and
 * of nothing but its TLS. */
#define _GNU_SOURCE
#include "io/link.h"
#include "wire/record.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SESSIONS = 64, HANDSHAKES = 500, MESSAGES = 20000, TURN_MESSAGES = 8 };

struct side {
    struct trust *trust;
    struct link_set *set;
    uint64_t link, ups, downs, records;
    size_t unsent;
    bool closed;
};

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long anonymous_kib(void)
{
    char line[128];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        if (sscanf(line, "RssAnon: %ld", &kib) == 1) {
            break;
        }
    }
    if (status) {
        fclose(status);
    }
    return kib;
}

static void on_event(void *context, const struct event *e)
{
    struct side *s = context;
    switch (e->kind) {
    case EVENT_LINK_UP:
        s->ups++;
        s->link = e->link_up.link;
        break;
    case EVENT_LINK_DOWN:
        s->downs++;
        break;
    case EVENT_MESSAGE:
        s->records += e->message.message->update.count;
        break;
    case EVENT_SENT:
        s->unsent = e->sent.bytes;
        break;
    default:
        break;
    }
}

static void on_refused(void *context, struct address address, const char *cause)
{
    (void)context;
    (void)address;
    fprintf(stderr, "link: refused: %s\n", cause);
    exit(1);
}

static void on_closed(void *context)
{
    ((struct side *)context)->closed = true;
}

static void open_side(struct side *s, uv_loop_t *loop, const char *folder, const char *device)
{
    char message[256];
    bool made;
    struct trust_paths paths = {folder};
    struct link_options options = {.loopback = true};
    struct link_handler handler = {s, on_event, NULL, on_refused};
    if (trust_open(&s->trust, &paths, device, ROLE_SENSOR, &made, message, sizeof message) ||
        link_open(&s->set, loop, s->trust, &options, &handler, message, sizeof message)) {
        fprintf(stderr, "link: %s\n", message);
        exit(1);
    }
}

/* In a process of its own, as OpenSSL looks its algorithms up once a process. */
static void time_opening(const char *folder, const char *what)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char message[256];
        struct trust *t;
        bool made;
        struct trust_paths paths = {folder};
        double start = now_us();
        if (trust_open(&t, &paths, "sensor1", ROLE_SENSOR, &made, message, sizeof message)) {
            fprintf(stderr, "link: %s\n", message);
            _exit(1);
        }
        double opened = now_us();
        trust_tls(t);
        printf("trust_open, %-20s %10.2f ms, and %.2f for TLS\n", what, (opened - start) / 1e3,
               (now_us() - opened) / 1e3);
        fflush(stdout);
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        exit(1);
    }
}

static void time_keys(const struct trust *t)
{
    enum { HASHES = 1000000, SEALS = 3000 };
    struct chain_hash hash = {{0}};
    char record[115] = {0};
    double start = now_us();
    for (int i = 0; i < HASHES; i++) {
        trust_hash(&hash, &hash, (struct span){record, sizeof record});
    }
    printf("trust_hash, 115 bytes            %10.0f ns\n", (now_us() - start) * 1e3 / HASHES);
    uint8_t signature[LIMIT_SIGNATURE];
    size_t size = 0;
    bool valid = true;
    struct log_id id = {.key = trust_self(t)->key, .epoch = 1};
    snprintf(id.device, sizeof id.device, "%s", trust_self(t)->device);
    start = now_us();
    for (int i = 0; i < SEALS; i++) {
        valid = trust_sign(t, SPAN("seal"), signature, &size) == ERR_OK && valid;
    }
    printf("trust_sign                       %10.0f /s\n", SEALS * 1e6 / (now_us() - start));
    start = now_us();
    for (int i = 0; i < SEALS; i++) {
        valid = trust_verify(t, &id, SPAN("seal"), signature, size) == ERR_OK && valid;
    }
    printf("trust_verify                     %10.0f /s%s\n", SEALS * 1e6 / (now_us() - start),
           valid ? "" : " WRONG");
}

static void dial(struct side *from, const struct side *to, uint64_t id)
{
    struct effect e = {.kind = EFFECT_DIAL};
    e.dial.link = id;
    e.dial.address = (struct address){0x7f000001, link_port(to->set)};
    link_effect(from->set, &e);
}

static void hang_up(struct side *s, uint64_t link)
{
    struct effect e = {.kind = EFFECT_HANG_UP};
    e.hang_up.link = link;
    link_effect(s->set, &e);
}

static void time_handshakes(uv_loop_t *loop, struct side *a, struct side *b, uint64_t *next)
{
    double start = now_us();
    clock_t cpu = clock();
    for (uint64_t i = 0; i < HANDSHAKES; i++) {
        uint64_t ups = b->ups;
        dial(a, b, *next);
        while (b->ups == ups || a->ups < b->ups) {
            uv_run(loop, UV_RUN_ONCE);
        }
        hang_up(a, *next);
        *next += 2;
    }
    printf("handshakes, both ends            %10.0f /s, %.0f CPU us each\n",
           HANDSHAKES * 1e6 / (now_us() - start),
           (double)(clock() - cpu) / CLOCKS_PER_SEC * 1e6 / HANDSHAKES);
    while (b->downs < b->ups) {
        uv_run(loop, UV_RUN_ONCE);
    }
}

static void measure_sessions(uv_loop_t *loop, struct side *a, struct side *b, uint64_t *next)
{
    enum { TURNS = 200 };
    uint64_t ups = b->ups, first = *next;
    long before = anonymous_kib();
    for (int i = 0; i < SESSIONS; i++, *next += 2) {
        dial(a, b, *next);
        while (b->ups == ups || a->ups < b->ups) {
            uv_run(loop, UV_RUN_ONCE);
        }
        ups = b->ups;
    }
    for (int i = 0; i < TURNS; i++) {
        uv_run(loop, UV_RUN_NOWAIT);
    }
    printf("anonymous memory a session       %10.1f KiB\n",
           (double)(anonymous_kib() - before) / SESSIONS / 2);
    for (uint64_t id = first; id < *next; id += 2) {
        hang_up(a, id);
    }
    while (b->downs < b->ups) {
        uv_run(loop, UV_RUN_ONCE);
    }
}

static size_t make_run(char *text, size_t capacity, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        struct record r = {.device = SPAN("sensor1"),
                           .type = SPAN("temperature"),
                           .epoch = 2345678901,
                           .seq = i + 1,
                           .ts = 1763800000123,
                           .value = value_number(24.8),
                           .unit = SPAN("Cel")};
        if (i > 0) {
            text[size++] = ',';
        }
        size += record_encode(&r, text + size, capacity - size);
    }
    return size;
}

static void send_run(struct side *s, struct span run, size_t count)
{
    struct effect e = {.kind = EFFECT_SEND};
    e.send.link = s->link;
    e.send.message.kind = MESSAGE_STATE_UPDATE;
    e.send.message.update.log.epoch = 2345678901;
    e.send.message.update.bytes = run;
    e.send.message.update.count = count;
    link_effect(s->set, &e);
    s->unsent += run.size;
}

static void time_messages(uv_loop_t *loop, struct side *a, struct side *b, size_t count)
{
    static char text[LIMIT_LINE];
    struct span run = {text, make_run(text, sizeof text, count)};
    struct link_counts before, after;
    uint64_t start_records = b->records, sent = 0;
    link_count(a->set, &before);
    double start = now_us();
    clock_t cpu = clock();
    while (b->records - start_records < MESSAGES * count) {
        for (int i = 0; i < TURN_MESSAGES && sent < MESSAGES && a->unsent < LIMIT_UNSENT; i++) {
            send_run(a, run, count);
            sent++;
        }
        link_flush(a->set);
        uv_run(loop, sent < MESSAGES ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    }
    double took = now_us() - start;
    double records = (double)(MESSAGES * count);
    link_count(a->set, &after);
    printf("messages of %3zu records          %10.0f /s\n", count, MESSAGES * 1e6 / took);
    printf("records                          %10.0f /s, %.2f CPU s per million, both ends\n",
           records * 1e6 / took, (double)(clock() - cpu) / CLOCKS_PER_SEC * 1e6 / records);
    printf("bytes a record on the wire       %10.1f (text %.1f)\n",
           (double)(after.bytes_out - before.bytes_out) / records,
           (double)run.size / (double)count);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/kith-bench-XXXXXX";
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 40;
    if (!mkdtemp(folder) || count == 0 || count > 400) {
        fprintf(stderr, "usage: link [1-400]\n");
        return 2;
    }
    uv_loop_t loop;
    struct side a = {0}, b = {0};
    uint64_t next = 1;
    time_opening(folder, "makes the network");
    time_opening(folder, "finds everything");
    uv_loop_init(&loop);
    open_side(&a, &loop, folder, "sensor1");
    open_side(&b, &loop, folder, "sensor2");
    time_keys(a.trust);
    time_handshakes(&loop, &a, &b, &next);
    measure_sessions(&loop, &a, &b, &next);
    dial(&a, &b, next);
    uint64_t ups = b.ups;
    while (b.ups == ups || a.ups < b.ups) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    time_messages(&loop, &a, &b, count);
    link_close(a.set, on_closed, &a);
    link_close(b.set, on_closed, &b);
    while (!a.closed || !b.closed) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    trust_close(a.trust);
    trust_close(b.trust);
    uv_loop_close(&loop);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
