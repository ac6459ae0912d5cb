#include "app/run.h"

#include "app/shell.h"
#include "wire/record.h"

#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Opens the parts in the order in which they need each other (keys, disk, sockets), gives the core
 * what was on disk, starts it, runs the loop, and takes everything down again. What fails on the
 * way says so and undoes what stands. */

enum { MESSAGE_BYTES = 1024, PATH_BYTES = 4096 };

static void on_turn(uv_prepare_t *turn)
{
    shell_turn(turn->data);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    shell_leave(handle->data, RUN_OK);
}

static void open_loop(struct shell *sh)
{
    uv_prepare_init(sh->loop, &sh->turn);
    uv_timer_init(sh->loop, &sh->timer);
    uv_signal_init(sh->loop, &sh->interrupt);
    uv_signal_init(sh->loop, &sh->terminate);
    sh->turn.data = sh->timer.data = sh->interrupt.data = sh->terminate.data = sh;
}

static int open_keys(struct shell *sh, char *message)
{
    const struct run_options *o = sh->options;
    struct trust_paths paths = {o->data};
    bool made;
    if (trust_open(&sh->trust, &paths, o->device, o->role, &made, message, MESSAGE_BYTES) != ERR_OK)
        return RUN_FAILED;
    if (o->config != NULL)
        console_rules_file(sh->console, o->config);
    console_identity(sh->console, trust_network_short(sh->trust), o->data, made);
    return RUN_OK;
}

/* The name with its trailing number counted up: "sensor1" gives "sensor2", "fan" gives "fan2". */
static void next_name(const char *device, char out[LIMIT_NAME + 32])
{
    size_t stem = strlen(device);
    while (stem > 0 && device[stem - 1] >= '0' && device[stem - 1] <= '9')
        stem--;
    unsigned long number = device[stem] == '\0' ? 1 : strtoul(device + stem, NULL, 10);
    snprintf(out, LIMIT_NAME + 32, "%.*s%lu", (int)stem, device, number + 1);
}

static void suggest_another(const struct run_options *o, char *message)
{
    char name[LIMIT_NAME + 32];
    size_t size = strlen(message);
    next_name(o->device, name);
    snprintf(message + size, MESSAGE_BYTES - size, "; start another device: kith %s", name);
}

static int open_store(struct shell *sh, char *message)
{
    char path[PATH_BYTES];
    struct store_handler handler = shell_store_handler(sh);
    int size = snprintf(path, sizeof path, "%s/devices/%s/kith.db", sh->options->data,
                        sh->options->device);
    if (size < 0 || (size_t)size >= sizeof path)
        return RUN_FAILED;
    message[0] = '\0';
    enum err err = store_open(&sh->store, sh->loop, path, &handler, message, MESSAGE_BYTES);
    if (err == ERR_BUSY)
        suggest_another(sh->options, message);
    if (err != ERR_OK)
        return RUN_FAILED;
    if (message[0] != '\0')
        console_notice(sh->console, message);
    return RUN_OK;
}

static int open_sockets(struct shell *sh, char *message)
{
    struct link_handler links = shell_link_handler(sh);
    struct udp_handler udp = shell_udp_handler(sh);
    if (link_open(&sh->links, sh->loop, sh->trust, &sh->options->link, &links, message,
                  MESSAGE_BYTES) != ERR_OK)
        return RUN_FAILED;
    enum err err = udp_open(&sh->udp, sh->loop, trust_hello_key(sh->trust), &sh->options->udp, &udp,
                            message, MESSAGE_BYTES);
    if (err != ERR_OK)
        return RUN_FAILED;
    char tried[512];
    udp_describe(sh->udp, tried, sizeof tried);
    console_tried(sh->console, tried);
    return RUN_OK;
}

static int open_node(struct shell *sh, char *message)
{
    const struct run_options *o = sh->options;
    struct node_config config = {
        .self = *trust_self(sh->trust),
        .seed = trust_random(),
        .session_port = link_port(sh->links),
        .rules = o->rules,
        .rule_count = o->rule_count,
        .hash = trust_hash,
        .encode = record_encode,
        .next = record_next,
        .plain = o->udp.plain,
        .retain_ms = o->retain_ms,
        .retain_bytes = o->retain_bytes,
        .facts = console_fact_mask(sh->console),
    };
    sh->node = node_new(&config);
    sh->text = malloc(SHELL_TEXT_BYTES);
    if (sh->node != NULL && sh->text != NULL)
        return RUN_OK;
    snprintf(message, MESSAGE_BYTES, "out of memory");
    return RUN_FAILED;
}

/* A device that boots in 1970 judges certificates by the newest time that it ever wrote itself. */
static void on_restored(void *context, const struct event *e)
{
    struct shell *sh = context;
    struct event copy = *e;
    bool record = e->kind == EVENT_RESTORE_TOPIC || e->kind == EVENT_RESTORE_TAIL;
    bool own = record && strcmp(e->restore_record.id.device, sh->options->device) == 0;
    if (own && e->restore_record.record->ts > sh->newest_ms)
        sh->newest_ms = e->restore_record.record->ts;
    shell_event(sh, &copy);
}

/* "host:port" to an address; a name is looked up once, at the start. */
static bool resolve(const char *text, struct address *address)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || (size_t)(colon - text) >= sizeof host)
        return false;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;
    if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
        return false;
    const struct sockaddr_in *in = (const void *)list->ai_addr;
    *address = (struct address){ntohl(in->sin_addr.s_addr), ntohs(in->sin_port)};
    freeaddrinfo(list);
    return address->port != 0;
}

static int add_peers(struct shell *sh, char *message)
{
    for (size_t i = 0; i < sh->options->peer_count; i++) {
        struct event e = {.kind = EVENT_RESTORE_PEER};
        if (!resolve(sh->options->peers[i], &e.restore_peer.address)) {
            snprintf(message, MESSAGE_BYTES,
                     "--peer %s: no such address; give an IPv4 address or a known name, and a "
                     "port: --peer 192.168.1.23:47120",
                     sh->options->peers[i]);
            return RUN_USAGE;
        }
        shell_event(sh, &e);
    }
    return RUN_OK;
}

static int start_node(struct shell *sh, char *message)
{
    uint64_t records = 0;
    struct event start = {.kind = EVENT_START};
    message[0] = '\0';
    if (store_restore(sh->store, on_restored, sh, &records) != ERR_OK ||
        store_epoch(sh->store, 0, trust_random(), &start.epoch.epoch) != ERR_OK) {
        snprintf(
            message, MESSAGE_BYTES,
            "the store in %s/devices/%s can't be read or written: is the disk full or read-only?",
            sh->options->data, sh->options->device);
        return RUN_FAILED;
    }
    if (sh->newest_ms > 0)
        trust_note_time(sh->trust, sh->newest_ms);
    int status = add_peers(sh, message);
    if (status != RUN_OK)
        return status;
    shell_event(sh, &start);
    if (records > 0) {
        struct fact fact = {.kind = FACT_RESTORED,
                            .device = span_of(sh->options->device),
                            .count = records};
        console_fact(sh->console, &fact, shell_wall_ms());
    }
    return RUN_OK;
}

static bool open_act(struct shell *sh, const char *command, struct act **act)
{
    struct act_handler handler = shell_act_handler(sh);
    return command == NULL ||
           act_open(act, sh->loop, sh->options->device, command, &handler) == ERR_OK;
}

static int start_parts(struct shell *sh, char *message)
{
    const struct run_options *o = sh->options;
    if (!open_act(sh, o->on_change, &sh->act) || !open_act(sh, o->on_command, &sh->commands))
        return RUN_FAILED;
    if (!o->has_source)
        return RUN_OK;
    struct source_options options = o->source;
    struct source_handler handler = shell_source_handler(sh);
    if (!options.seed_given)
        options.seed = trust_random();
    enum err err = source_start(&sh->source, sh->loop, &options, &handler, message, MESSAGE_BYTES);
    return err == ERR_OK ? RUN_OK : RUN_FAILED;
}

static void on_event(void *context, struct event *e)
{
    shell_event(context, e);
}

/* A peer that cannot be asked still works. */
static int open_control(struct shell *sh, char *message)
{
    const struct run_options *o = sh->options;
    char path[PATH_BYTES];
    if (o->runtime == NULL)
        return RUN_OK;
    snprintf(path, sizeof path, "%s/%s.sock", o->runtime, o->device);
    struct answer_parts parts = {.loop = sh->loop,
                                 .device = o->device,
                                 .role = o->role,
                                 .trust = sh->trust,
                                 .node = sh->node,
                                 .store = sh->store,
                                 .udp = sh->udp,
                                 .discovery = &o->udp,
                                 .session_port = link_port(sh->links),
                                 .facts = console_fact_mask(sh->console),
                                 .context = sh,
                                 .on_event = on_event};
    if (answer_open(&sh->answer, &parts, path, message, MESSAGE_BYTES) != ERR_OK)
        console_notice(sh->console, message);
    return RUN_OK;
}

static int open_all(struct shell *sh, char *message)
{
    static int (*const steps[])(struct shell * sh,
                                char *message) = {open_keys,  open_store,  open_sockets, open_node,
                                                  start_node, start_parts, open_control};
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        int status = steps[i](sh, message);
        if (status != RUN_OK)
            return status;
    }
    return RUN_OK;
}

static void on_links_closed(void *context)
{
    (void)context;
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* The other way round; the loop runs until all handles are closed. */
static void close_all(struct shell *sh)
{
    sh->ending = true;
    if (sh->source != NULL)
        source_stop(sh->source);
    act_close(sh->act);
    act_close(sh->commands);
    answer_close(sh->answer);
    sh->answer = NULL;
    if (sh->udp != NULL)
        udp_close(sh->udp);
    if (sh->links != NULL)
        link_close(sh->links, on_links_closed, NULL);
    close_handle((uv_handle_t *)&sh->turn);
    close_handle((uv_handle_t *)&sh->timer);
    close_handle((uv_handle_t *)&sh->interrupt);
    close_handle((uv_handle_t *)&sh->terminate);
    store_close(sh->store);
    uv_run(sh->loop, UV_RUN_DEFAULT);
    node_free(sh->node);
    trust_close(sh->trust);
    event_effects_fini(&sh->fx);
    ring_fini(&sh->answers);
    free(sh->text);
}

static int run(struct shell *sh)
{
    char message[MESSAGE_BYTES] = "out of memory";
    int status = open_all(sh, message);
    if (status != RUN_OK) {
        console_error(sh->console, message);
        return status;
    }
    uv_signal_start(&sh->interrupt, on_signal, SIGINT);
    uv_signal_start(&sh->terminate, on_signal, SIGTERM);
    uv_prepare_start(&sh->turn, on_turn);
    uv_run(sh->loop, UV_RUN_DEFAULT);
    return sh->status;
}

/* Before there is a console to say it. */
static int nothing_to_begin_with(void)
{
    fputs("kith: out of memory; start again with more of it\n", stderr);
    return RUN_FAILED;
}

int run_peer(const struct run_options *options)
{
    struct shell *sh = calloc(1, sizeof *sh);
    uv_loop_t loop;
    signal(SIGPIPE, SIG_IGN); /* a write to a socket or pipe whose reader is gone says so by its
                                 result */
    if (sh == NULL || uv_loop_init(&loop) != 0) {
        free(sh);
        return nothing_to_begin_with();
    }
    struct console_options console = {
        options->device, options->json, options->quiet, options->trace, 1, 2};
    sh->loop = &loop;
    sh->options = options;
    sh->console = console_new(&console);
    ring_init(&sh->answers, sizeof(struct shell_answer), 65536);
    event_effects_init(&sh->fx);
    open_loop(sh);
    int status = sh->console == NULL ? nothing_to_begin_with() : run(sh);
    close_all(sh);
    console_free(sh->console);
    free(sh);
    return uv_loop_close(&loop) == 0 ? status : RUN_FAILED;
}
