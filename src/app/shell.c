#include "app/shell.h"

#include <stdlib.h>
#include <time.h>

/* The happy path of a turn: callbacks of the loop become events; each event is one step of the
 * node; its effects are performed at once (sends and stores only gather); before the loop sleeps,
 * shell_turn() hands the source's readings in as one event, writes the sockets, prints, and starts
 * a commit: in this order, so that what a person saw was never stored before it was shown. */

enum { ANSWERS_MAX = 65536, EXIT_WAIT_MS = 30000, EPOCH_RETRY_MS = 1000, RESUME_ROOM = 64 };

uint64_t shell_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

/* Zones change with the season, so it is asked again; but not for every event, for it may read a
 * file. */
static int32_t zone_s(struct shell *sh, uint64_t wall_ms)
{
    if (wall_ms / 60000 == sh->zone_minute)
        return sh->zone_s;
    time_t now = (time_t)(wall_ms / 1000);
    struct tm local;
    sh->zone_minute = wall_ms / 60000;
    if (localtime_r(&now, &local) != NULL)
        sh->zone_s = (int32_t)local.tm_gmtoff;
    return sh->zone_s;
}

static void answer(struct shell *sh, const struct shell_answer *a)
{
    if (ring_push(&sh->answers, a) == ERR_OK)
        return;
    free(a->memory);
    sh->fx.out_of_memory = true;
}

static size_t seal_text(const struct shell *sh, const struct effect *effect,
                        char out[EVENT_SEAL_TEXT_MAX])
{
    return event_seal_text(out, span_of(trust_network(sh->trust)), &effect->seal.id,
                           effect->seal.seq, &effect->seal.hash);
}

static void do_sign(struct shell *sh, const struct effect *effect)
{
    char text[EVENT_SEAL_TEXT_MAX];
    struct span bytes = {text, seal_text(sh, effect, text)};
    struct shell_answer a = {
        .event = {.kind = EVENT_SIGNED,
                  .seal_signed = {.id = effect->seal.id, .seq = effect->seal.seq}}};
    if (trust_sign(sh->trust, bytes, a.event.seal_signed.signature,
                   &a.event.seal_signed.signature_size) != ERR_OK)
        a.event.seal_signed.signature_size = 0;
    answer(sh, &a);
}

static void do_verify(struct shell *sh, const struct effect *effect)
{
    char text[EVENT_SEAL_TEXT_MAX];
    struct span bytes = {text, seal_text(sh, effect, text)};
    enum err err = trust_verify(sh->trust, &effect->seal.id, bytes, effect->seal.signature,
                                effect->seal.signature_size);
    struct shell_answer a = {.event = {.kind = EVENT_VERIFIED,
                                       .verified = {.id = effect->seal.id,
                                                    .seq = effect->seal.seq,
                                                    .link = effect->seal.link,
                                                    .valid = err == ERR_OK,
                                                    .ask = effect->seal.ask}}};
    answer(sh, &a);
}

/* That nothing is sealed any more where a seal is asked for is no fault of the disk. */
static void tell_unread(const struct shell *sh, const struct effect *effect, enum err err)
{
    if (effect->fetch.to_seal && err == ERR_NOT_FOUND)
        return;
    char text[LIMIT_NAME + 128];
    snprintf(text, sizeof text, "the log of %s can't be read from disk at record %llu: %s",
             effect->fetch.id.device, (unsigned long long)effect->fetch.first, err_text(err));
    console_error(sh->console, text);
}

static void do_fetch(struct shell *sh, const struct effect *effect)
{
    struct shell_answer a = {.event = {.kind = EVENT_FETCHED,
                                       .fetched = {.link = effect->fetch.link,
                                                   .id = effect->fetch.id,
                                                   .first = effect->fetch.first}}};
    struct store_fetched run;
    struct store_seal seal = {.signature_size = 0};
    enum err err = store_fetch(sh->store, &effect->fetch.id, effect->fetch.first,
                               effect->fetch.bytes_max, effect->fetch.to_seal ? &seal : NULL, &run);
    if (err != ERR_OK)
        tell_unread(sh, effect, err);
    a.memory = run.memory;
    a.event.fetched.bytes = run.bytes;
    a.event.fetched.count = run.count;
    a.event.fetched.seal_hash = seal.hash;
    a.event.fetched.signature_size = seal.signature_size;
    memcpy(a.event.fetched.signature, seal.signature, seal.signature_size);
    answer(sh, &a);
}

static void do_chain(struct shell *sh, const struct effect *effect)
{
    struct shell_answer a = {0};
    store_chain(sh->store, effect, &a.event, &a.memory);
    answer(sh, &a);
}

static void tell_epoch_failed(struct shell *sh, enum err err)
{
    if (err == ERR_RANGE) {
        console_error(sh->console, "no epoch is left above the one that others know of this device;"
                                   " leaving. Start it under another name");
        shell_leave(sh, RUN_FAILED);
    } else if (sh->epoch_retry_ms == 0) {
        console_error(sh->console,
                      "a new epoch can't be written to disk, and nothing of this device without "
                      "one: free some space; it is tried again every second");
    }
}

/* Until it is on disk nothing of our own is written; all else goes on. */
static bool begin_epoch(struct shell *sh, uint64_t above, struct event *begun)
{
    *begun = (struct event){.kind = EVENT_EPOCH};
    enum err err = store_epoch(sh->store, above, trust_random(), &begun->epoch.epoch);
    if (err != ERR_OK)
        tell_epoch_failed(sh, err);
    sh->epoch_above = above;
    sh->epoch_retry_ms = err == ERR_OK || err == ERR_RANGE ? 0 : now_ms() + EPOCH_RETRY_MS;
    return err == ERR_OK;
}

static void do_epoch(struct shell *sh, const struct effect *effect)
{
    struct shell_answer a = {0};
    if (begin_epoch(sh, effect->epoch.above, &a.event))
        answer(sh, &a);
}

static void do_publish(struct shell *sh, const struct effect *effect)
{
    uint64_t now_ms = shell_wall_ms();
    console_fact(sh->console, &effect->fact, now_ms);
    answer_fact(sh->answer, &effect->fact, now_ms);
}

static void do_plain(struct shell *sh, const struct effect *effect)
{
    udp_effect(sh->udp, effect);
    console_broadcast(sh->console, effect->plain.reading);
}

static void do_act(struct shell *sh, const struct effect *effect)
{
    if (sh->act != NULL)
        act_change(sh->act, effect->act.property, effect->act.value.text);
}

/* Without a script the action is what is told. */
static void do_command(struct shell *sh, const struct effect *effect)
{
    uint64_t serial = effect->command.serial;
    if (sh->commands != NULL &&
        act_run(sh->commands, serial, effect->command.property, effect->command.value) == ERR_OK)
        return;
    struct shell_answer a = {
        .event = {.kind = EVENT_COMMANDED,
                  .commanded = {.serial = serial, .failed = sh->commands != NULL}}};
    answer(sh, &a);
}

static void do_exit(struct shell *sh, const struct effect *effect)
{
    if (sh->status == RUN_OK)
        sh->status = effect->exit.status;
    sh->ending = true;
    uv_stop(sh->loop);
}

static void do_store(struct shell *sh, const struct effect *effect)
{
    store_effect(sh->store, effect);
}

static void do_link(struct shell *sh, const struct effect *effect)
{
    link_effect(sh->links, effect);
}

static void do_certify(struct shell *sh, const struct effect *effect)
{
    struct shell_answer a = {
        .event = {.kind = EVENT_CERTIFIED, .certified = {.link = effect->certify.link}}};
    a.event.certified.valid = trust_certify(sh->trust, effect->certify.chain,
                                            &a.event.certified.identity) == ERR_OK;
    answer(sh, &a);
}

/* Without the certificate nothing is sent: the other side passes over what follows. */
static void do_introduce(struct shell *sh, const struct effect *effect)
{
    uint8_t chain[LIMIT_CHAIN];
    size_t size;
    if (trust_chain(sh->trust, &effect->introduce.key, chain, &size) != ERR_OK)
        return;
    struct effect send = {.kind = EFFECT_SEND,
                          .send = {.link = effect->introduce.link,
                                   .message = {.kind = MESSAGE_CERTIFICATE,
                                               .certificate = {
                                                   .chain = {(const char *)chain, size}}}}};
    link_effect(sh->links, &send);
}

static void do_hello(struct shell *sh, const struct effect *effect)
{
    udp_effect(sh->udp, effect);
}

typedef void perform_fn(struct shell *sh, const struct effect *effect);

static perform_fn *const perform[EFFECT_KIND_COUNT] = {
    [EFFECT_STORE] = do_store,       [EFFECT_STORE_SEAL] = do_store,
    [EFFECT_STORE_TOPIC] = do_store, [EFFECT_STORE_LOG] = do_store,
    [EFFECT_STORE_PEER] = do_store,  [EFFECT_STORE_SEEN] = do_store,
    [EFFECT_STORE_FORK] = do_store,  [EFFECT_CHAIN] = do_chain,
    [EFFECT_STORE_RETRY] = do_store, [EFFECT_EPOCH] = do_epoch,
    [EFFECT_FETCH] = do_fetch,       [EFFECT_SIGN] = do_sign,
    [EFFECT_VERIFY] = do_verify,     [EFFECT_DIAL] = do_link,
    [EFFECT_HANG_UP] = do_link,      [EFFECT_SEND] = do_link,
    [EFFECT_HELLO] = do_hello,       [EFFECT_PLAIN] = do_plain,
    [EFFECT_COMMAND] = do_command,   [EFFECT_ACT] = do_act,
    [EFFECT_PUBLISH] = do_publish,   [EFFECT_EXIT] = do_exit,
    [EFFECT_CERTIFY] = do_certify,   [EFFECT_INTRODUCE] = do_introduce,
};

/* A step that lacks some of its effects has none: half of it would be told to others, or stored,
 * that is not so. docs/decisions/002-out-of-memory.md */
static void run_out(struct shell *sh)
{
    console_error(
        sh->console,
        "out of memory; leaving. What is acknowledged is on disk: start again with more memory");
    sh->status = RUN_FAILED;
    sh->ending = true;
    uv_stop(sh->loop);
}

static void step(struct shell *sh, struct event *e)
{
    e->now_ms = now_ms();
    e->wall_ms = shell_wall_ms();
    e->zone_s = zone_s(sh, e->wall_ms);
    event_effects_reset(&sh->fx);
    node_step(sh->node, e, &sh->fx);
    for (size_t i = 0; i < sh->fx.count && !sh->fx.out_of_memory; i++)
        perform[sh->fx.list[i].kind](sh, &sh->fx.list[i]);
    if (sh->fx.out_of_memory)
        run_out(sh);
}

void shell_event(struct shell *sh, struct event *e)
{
    check(!sh->stepping);
    if (sh->ending)
        return;
    sh->stepping = true;
    step(sh, e);
    while (sh->answers.count > 0) {
        struct shell_answer a = *(struct shell_answer *)ring_at(&sh->answers, 0);
        ring_pop(&sh->answers, 1);
        if (!sh->ending)
            step(sh, &a.event);
        free(a.memory);
    }
    sh->stepping = false;
}

void shell_leave(struct shell *sh, int status)
{
    if (status != RUN_OK)
        sh->status = status;
    if (sh->leaving) {
        sh->ending = true;
        uv_stop(sh->loop);
        return;
    }
    sh->leaving = true;
}

/* Borrowed events get their times here; the parts leave them out. */
static void on_event(void *context, const struct event *e)
{
    struct event copy = *e;
    shell_event(context, &copy);
}

static void on_stored(void *context, uint64_t ticket)
{
    struct shell *sh = context;
    struct event e = {.kind = EVENT_STORED, .stored = {.ticket = ticket}};
    e.stored.used_bytes = store_used_bytes(sh->store, &e.stored.sweeping);
    shell_event(sh, &e);
}

static void on_store_failed(void *context, const char *text)
{
    struct shell *sh = context;
    if (!sh->store_failing)
        console_error(sh->console, text);
    sh->store_failing = true;
    answer_store_failure(sh->answer, text);
    shell_event(sh, &(struct event){.kind = EVENT_STORE_FAILED});
}

static void on_store_ready(void *context)
{
    struct shell *sh = context;
    sh->store_failing = false;
    answer_store_failure(sh->answer, NULL);
    shell_event(sh, &(struct event){.kind = EVENT_STORE_READY});
}

struct store_handler shell_store_handler(struct shell *sh)
{
    return (struct store_handler){sh, on_stored, on_store_failed, on_store_ready};
}

static void remember_name(struct shell *sh, const struct event *e)
{
    struct shell_name *name = &sh->names[sh->name_count % SHELL_LINKS];
    name->link = e->link_up.link;
    memcpy(name->device, e->link_up.identity->device, sizeof name->device);
    sh->name_count++;
}

static void on_link_event(void *context, const struct event *e)
{
    struct shell *sh = context;
    if (sh->options->trace && e->kind == EVENT_LINK_UP)
        remember_name(sh, e);
    on_event(sh, e);
}

static const char *name_of(const struct shell *sh, uint64_t link)
{
    size_t count = sh->name_count < SHELL_LINKS ? sh->name_count : SHELL_LINKS;
    for (size_t i = 0; i < count; i++)
        if (sh->names[i].link == link)
            return sh->names[i].device;
    return "?";
}

static void on_link_trace(void *context, uint64_t link, char arrow, struct span text)
{
    struct shell *sh = context;
    console_trace(sh->console, arrow == '<' ? CONSOLE_IN : CONSOLE_OUT, name_of(sh, link), text);
}

static void on_link_refused(void *context, struct address address, const char *cause)
{
    struct shell *sh = context;
    console_refused(sh->console, address, cause);
    answer_refused(sh->answer, cause);
}

struct link_handler shell_link_handler(struct shell *sh)
{
    return (struct link_handler){sh, on_link_event, sh->options->trace ? on_link_trace : NULL,
                                 on_link_refused};
}

static void on_malformed(void *context, struct address source, const char *cause, struct span bytes,
                         uint64_t dropped)
{
    struct shell *sh = context;
    console_malformed(sh->console, source, cause, bytes, dropped);
}

static void tell_tried(struct shell *sh)
{
    char text[512];
    udp_describe(sh->udp, text, sizeof text);
    console_tried(sh->console, text);
}

static void on_interface(void *context, const char *text)
{
    struct shell *sh = context;
    console_notice(sh->console, text);
    tell_tried(sh);
}

static void on_udp_trace(void *context, char arrow, struct address address, struct span text)
{
    struct shell *sh = context;
    char who[32];
    snprintf(who, sizeof who, "udp %u.%u.%u.%u:%u", address.ipv4 >> 24, address.ipv4 >> 16 & 255,
             address.ipv4 >> 8 & 255, address.ipv4 & 255, address.port);
    console_trace(sh->console, arrow == '<' ? CONSOLE_IN : CONSOLE_OUT, who, text);
}

static void on_network_changed(void *context)
{
    shell_event(context, &(struct event){.kind = EVENT_CHANGED});
}

struct udp_handler shell_udp_handler(struct shell *sh)
{
    return (struct udp_handler){.context = sh,
                                .on_event = on_event,
                                .on_malformed = on_malformed,
                                .on_interface = on_interface,
                                .on_changed = on_network_changed,
                                .on_trace = sh->options->trace ? on_udp_trace : NULL};
}

static struct span keep_text(struct shell *sh, struct span s)
{
    char *at = sh->text + sh->text_used;
    if (s.size > 0)
        memcpy(at, s.bytes, s.size);
    sh->text_used += s.size;
    return (struct span){at, s.size};
}

static size_t text_size(const struct reading *readings, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += readings[i].type.size + readings[i].unit.size +
                (readings[i].value.kind == VALUE_TEXT ? readings[i].value.text.size : 0);
    return size;
}

/* The rows of one turn become one event: their records then leave in one message and one commit. */
static void hand_in(struct shell *sh)
{
    if (sh->gathered_count == 0)
        return;
    struct event e = {.kind = EVENT_READING, .reading = {sh->gathered, sh->gathered_count}};
    shell_event(sh, &e);
    sh->gathered_count = 0;
    sh->text_used = 0;
}

static bool on_readings(void *context, const struct reading *readings, size_t count)
{
    struct shell *sh = context;
    size_t size = text_size(readings, count);
    if (count > SHELL_GATHER || size > SHELL_TEXT_BYTES) {
        console_error(sh->console, "a row holds more than a peer takes at once; it is left out");
        return true;
    }
    if (sh->gathered_count + count > SHELL_GATHER || sh->text_used + size > SHELL_TEXT_BYTES)
        hand_in(sh);
    sh->source_waits = node_room(sh->node) < sh->gathered_count + count;
    if (sh->source_waits)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct reading *r = &sh->gathered[sh->gathered_count++];
        *r = readings[i];
        r->type = keep_text(sh, r->type);
        r->unit = keep_text(sh, r->unit);
        if (r->value.kind == VALUE_TEXT)
            r->value.text = keep_text(sh, r->value.text);
    }
    return true;
}

static void on_source_notice(void *context, const char *text)
{
    struct shell *sh = context;
    console_notice(sh->console, text);
}

static void on_source_end(void *context, enum err err, const char *text)
{
    struct shell *sh = context;
    hand_in(sh); /* its last readings are told before its end */
    sh->source_ended = true;
    if (err != ERR_OK)
        console_error(sh->console, text);
    if (sh->options->exit_at_end)
        sh->give_up_ms = now_ms() + EXIT_WAIT_MS;
    else if (err == ERR_OK)
        console_notice(sh->console,
                       "the source has ended; this peer stays and serves its log (--exit leaves)");
}

struct source_handler shell_source_handler(struct shell *sh)
{
    return (struct source_handler){sh, on_readings, on_source_notice, on_source_end};
}

static void on_act_failed(void *context, const char *text)
{
    struct shell *sh = context;
    console_error(sh->console, text);
}

static void on_command_done(void *context, uint64_t serial, bool failed)
{
    shell_event(context, &(struct event){.kind = EVENT_COMMANDED,
                                         .commanded = {.serial = serial, .failed = failed}});
}

struct act_handler shell_act_handler(struct shell *sh)
{
    return (struct act_handler){sh, on_act_failed, on_command_done};
}

static void leave_when_acknowledged(struct shell *sh)
{
    if (sh->give_up_ms == 0 || sh->leaving || sh->gathered_count > 0)
        return;
    if (node_acknowledged(sh->node)) {
        shell_leave(sh, RUN_OK);
    } else if (now_ms() >= sh->give_up_ms) {
        console_error(sh->console, "nobody has acknowledged everything within 30 s; it is on disk "
                                   "and served at the next start");
        shell_leave(sh, RUN_TIMED_OUT);
    }
}

static void on_timer(uv_timer_t *timer)
{
    shell_event(timer->data, &(struct event){.kind = EVENT_TICK});
}

static void set_timer(struct shell *sh)
{
    uint64_t deadline = node_deadline(sh->node);
    if (sh->give_up_ms > 0 && !sh->leaving && sh->give_up_ms < deadline)
        deadline = sh->give_up_ms;
    if (sh->epoch_retry_ms > 0 && sh->epoch_retry_ms < deadline)
        deadline = sh->epoch_retry_ms;
    uint64_t now = now_ms();
    if (deadline == UINT64_MAX)
        uv_timer_stop(&sh->timer);
    else
        uv_timer_start(&sh->timer, on_timer, deadline > now ? deadline - now : 0, 0);
}

static void retry_epoch(struct shell *sh)
{
    struct event begun;
    if (sh->epoch_retry_ms == 0 || now_ms() < sh->epoch_retry_ms || sh->ending)
        return;
    if (begin_epoch(sh, sh->epoch_above, &begun))
        shell_event(sh, &begun);
}

void shell_turn(struct shell *sh)
{
    retry_epoch(sh);
    hand_in(sh);
    leave_when_acknowledged(sh);
    if (sh->leaving && !sh->ending)
        shell_event(sh, &(struct event){.kind = EVENT_LEAVE});
    link_flush(sh->links);
    if (link_starved(sh->links) && !sh->ending)
        run_out(sh);
    if (!console_flush(sh->console))
        shell_leave(sh, RUN_OK);
    store_flush(sh->store);
    if (sh->source_waits && node_room(sh->node) >= RESUME_ROOM) {
        sh->source_waits = false;
        source_resume(sh->source);
    }
    uv_update_time(sh->loop);
    set_timer(sh);
}
