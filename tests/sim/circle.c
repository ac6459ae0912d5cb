#include "circle.h"

#include "core/view.h"
#include "puppet.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

/* The virtual time that each agreement may take; from LARGE peers on LARGE_MS for each. */
enum {
    START_MS = 10000,
    RESET_MS = 5000,
    SILENT_MS = 6000,
    LEFT_MS = 5000,
    BACK_MS = 5000,
    HEAL_MS = 5000,
    LARGE = 500,
    LARGE_MS = 10000,
    STEP_MS = 50,
    QUIET_MS = 8000, /* between two faults */
    CUT_MS = 30000,
    LIES_MS = 10000,
    LIE_MS = 100,   /* between two */
    HELD_MS = 2500, /* a lie may hold a living device so long */
};

static const struct rule no_rule;

struct circle {
    struct world *w;
    enum view_presence *truth; /* by host; of those that run, or did */
    size_t looked;             /* the observer that disagreed last: asked first */
};

static struct host_options *people(size_t count, struct rng *r)
{
    static const char *const names[] = {"controller", "actuator", "observer", "sensor", "sensor"};
    static const enum role roles[] = {ROLE_CONTROLLER, ROLE_ACTUATOR, ROLE_OBSERVER, ROLE_SENSOR,
                                      ROLE_SENSOR};
    struct host_options *hosts = calloc(count + 1, sizeof *hosts);
    check(hosts);
    for (size_t i = 0; i < count; i++) {
        hosts[i].role = roles[i % COUNT_OF(roles)];
        hosts[i].start_ms = (uint32_t)rng_below(r, 1000);
        hosts[i].rules = &no_rule;
        snprintf(hosts[i].device, sizeof hosts[i].device, "%s%zu", names[i % COUNT_OF(names)],
                 i + 1);
    }
    hosts[count] = (struct host_options){.role = ROLE_CONTROLLER, .puppet = true};
    snprintf(hosts[count].device, sizeof hosts[count].device, "liar");
    return hosts;
}

static size_t count_of(const struct circle *c)
{
    return c->w->host_count - 1;
}

static struct host *host(const struct circle *c, size_t i)
{
    return &c->w->hosts[i];
}

static const struct host *liar(const struct circle *c)
{
    return host(c, count_of(c));
}

/* What one is told of another; false: it knows none of that name. */
static bool look(const struct circle *c, const struct host *by, const char *device,
                 struct view_peer *out)
{
    size_t at = 0;
    while (view_peer_next(by->node, host_now_ms(c->w, by), &at, out))
        if (strcmp(out->device, device) == 0)
            return true;
    return false;
}

static bool is_right(const struct circle *c, const struct host *by, const struct host *of)
{
    struct view_peer peer;
    return by == of ||
           (look(c, by, of->self.device, &peer) && peer.presence == c->truth[of->index]);
}

static bool sees_all(const struct circle *c, const struct host *by)
{
    struct view_peer peer;
    size_t at = 0, right = 0;
    while (view_peer_next(by->node, host_now_ms(c->w, by), &at, &peer)) {
        const struct host *of = world_host(c->w, peer.device);
        if (of == liar(c))
            continue;
        if (peer.presence != c->truth[of->index])
            return false;
        right++;
    }
    return right == count_of(c) - 1;
}

/* All that run; of everybody, or of one. */
static bool agree(struct circle *c, const struct host *of)
{
    for (size_t i = 0; i < count_of(c); i++) {
        size_t k = (c->looked + i) % count_of(c);
        const struct host *by = host(c, k);
        if (!by->running || !by->node || (of ? is_right(c, by, of) : sees_all(c, by)))
            continue;
        c->looked = k;
        return false;
    }
    return true;
}

static void complain(const struct circle *c, const char *what, const struct host *of)
{
    struct view_peer peer = {0};
    const struct host *by = host(c, c->looked);
    for (size_t i = 0; i < count_of(c) && (!of || of == by); i++)
        if (!is_right(c, by, host(c, i)))
            of = host(c, i);
    for (size_t i = 0; i < count_of(c) && of; i++)
        if (host(c, i)->running && host(c, i)->node && !is_right(c, host(c, i), of))
            printf("%s is wrong about %s\n", host(c, i)->self.device, of->self.device);
    bool known = of && look(c, by, of->self.device, &peer);
    world_fail(c->w, "%s: %s sees %s %s (%s)", what, by->self.device, of ? of->self.device : "?",
               known ? view_presence_text(peer.presence) : "not at all",
               known ? peer.evidence : "");
}

static bool within(struct circle *c, const char *what, const struct host *of, uint64_t bound_ms)
{
    uint64_t began_us = c->w->now_us;
    if (count_of(c) >= LARGE)
        bound_ms = LARGE_MS;
    while (!agree(c, of) && !world_failed(c->w)) {
        if (c->w->now_us - began_us > bound_ms * WORLD_MS)
            complain(c, what, of);
        world_run_for(c->w, STEP_MS * WORLD_MS);
    }
    printf("%s: %s after %.2f s\n", what, world_failed(c->w) ? "NO agreement" : "all agree",
           (double)(c->w->now_us - began_us) / 1e6);
    return !world_failed(c->w);
}

static void settle(struct circle *c)
{
    world_run_for(c->w, QUIET_MS * WORLD_MS);
}

static bool has_session(const struct circle *c, size_t a, size_t b)
{
    return c->w->judge.sessions[a * c->w->host_count + b] > 0;
}

/* Somebody with that many neighbours at least, and whom most have no session with. */
static struct host *victim(const struct circle *c, size_t from)
{
    for (size_t i = from; i < count_of(c); i++) {
        size_t neighbours = 0;
        for (size_t k = 0; k < count_of(c); k++)
            neighbours += has_session(c, i, k);
        if (host(c, i)->running && neighbours >= LIMIT_MESH_LEAF && neighbours < count_of(c) / 2)
            return host(c, i);
    }
    check_failed("nobody has some neighbours and not most", __FILE__, __LINE__);
}

static bool crash(struct circle *c)
{
    struct host *h = victim(c, 7);
    c->truth[h->index] = VIEW_OFFLINE;
    host_kill(c->w, h);
    if (!within(c, "a crash, connections reset", h, RESET_MS))
        return false;
    settle(c);
    c->truth[h->index] = VIEW_ONLINE;
    host_start(c->w, h);
    return within(c, "back in another life", NULL, BACK_MS);
}

static bool power_loss(struct circle *c)
{
    struct host *h = victim(c, 12);
    c->truth[h->index] = VIEW_OFFLINE;
    host_power_cut(c->w, h);
    return within(c, "a power loss, silence", h, SILENT_MS);
}

/* Those without a session with it do not get the datagram either. */
static bool goodbye(struct circle *c)
{
    struct host *h = victim(c, 16);
    for (uint32_t i = 0; i < count_of(c); i++)
        if (!has_session(c, h->index, i))
            net_cut(c->w, h->index, i);
    c->truth[h->index] = VIEW_LEFT;
    host_leave(c->w, h);
    return within(c, "a goodbye that only neighbours hear", h, LEFT_MS);
}

static void say(struct circle *c, uint64_t link, const struct host *of, const char *by)
{
    struct message_word word = {.device = span_of(of->self.device),
                                .epoch = of->epoch,
                                .is = MESSAGE_OFFLINE,
                                .by = span_of(by),
                                .why = SPAN("connection reset")};
    struct message m = {.kind = MESSAGE_PRESENCE, .presence = {&word, 1}};
    int end;
    if (net_link(c->w, liar(c), link, &end))
        puppet_send(c->w, host(c, count_of(c)), link, &m);
}

/* For how long the lie has held it offline for that observer. */
static bool is_held(struct circle *c, const struct host *h, uint64_t *since_us)
{
    for (size_t i = 0; i < count_of(c); i++) {
        struct view_peer peer;
        const struct host *by = host(c, i);
        bool off = by->running && by->node && by != h &&
                   (!look(c, by, h->self.device, &peer) || peer.presence == VIEW_OFFLINE);
        if (!off)
            since_us[i] = c->w->now_us;
        if (c->w->now_us - since_us[i] <= HELD_MS * WORLD_MS)
            continue;
        c->looked = i;
        return true;
    }
    return false;
}

/* One member says of a living device, in its own name and in others', that it is gone; to three
 * peers, all the time. */
static bool lie(struct circle *c)
{
    struct host *h = victim(c, 21), *puppet = host(c, count_of(c));
    uint64_t links[3], *since_us = calloc(count_of(c), sizeof *since_us);
    struct view_peer peer;
    bool good = true, named = false;
    check(since_us);
    host_start(c->w, puppet);
    for (size_t i = 0; i < COUNT_OF(links); i++)
        links[i] = puppet_dial(c->w, puppet, victim(c, 24 + 5 * i));
    world_run_for(c->w, 100 * WORLD_MS);
    for (size_t i = 0; i < COUNT_OF(links); i++)
        puppet_greet(c->w, puppet, links[i], 1 << 20);
    for (size_t i = 0; i < count_of(c); i++)
        since_us[i] = c->w->now_us;
    for (uint64_t ms = 0; ms < LIES_MS && good && !world_failed(c->w); ms += LIE_MS) {
        say(c, links[0], h, "");
        say(c, links[1], h, host(c, 1)->self.device);
        say(c, links[2], h, host(c, 2)->self.device);
        world_run_for(c->w, LIE_MS * WORLD_MS);
        good = !is_held(c, h, since_us);
        for (size_t i = 0; i < count_of(c) && !named; i++)
            named = host(c, i)->running && host(c, i)->node &&
                    look(c, host(c, i), h->self.device, &peer) && peer.presence == VIEW_ONLINE &&
                    strstr(peer.evidence, "called gone by liar");
    }
    if (!good)
        complain(c, "a lie holds", h);
    if (!named)
        world_fail(c->w, "nobody names the liar");
    free(since_us);
    return within(c, "one that is lied about all the time", h, BACK_MS);
}

static void part(struct circle *c, void (*act)(struct world *w, uint32_t from, uint32_t to))
{
    for (uint32_t a = 0; a < count_of(c); a++)
        for (uint32_t b = 0; b < count_of(c); b++)
            if (a % 2 != b % 2)
                act(c->w, a, b);
}

static size_t count_wrong(const struct circle *c, enum view_presence presence)
{
    size_t wrong = 0;
    for (size_t a = 0; a < count_of(c); a++) {
        struct view_peer peer;
        const struct host *by = host(c, a);
        size_t at = 0;
        while (by->running && by->node &&
               view_peer_next(by->node, host_now_ms(c->w, by), &at, &peer))
            wrong += peer.presence == presence &&
                     (world_host(c->w, peer.device)->index % 2 != a % 2);
    }
    return wrong;
}

static bool partition(struct circle *c)
{
    net_mend_all(c->w);
    settle(c);
    part(c, net_cut);
    world_run_for(c->w, CUT_MS * WORLD_MS);
    size_t gone = count_wrong(c, VIEW_OFFLINE), all = count_of(c) * count_of(c) / 2;
    printf("parted for %d s: the other half offline in %zu of %zu places\n", CUT_MS / 1000, gone,
           all);
    if (2 * gone < all)
        world_fail(c->w, "the halves do not miss each other");
    part(c, net_mend);
    return within(c, "a heal", NULL, HEAL_MS);
}

static bool play(struct circle *c)
{
    if (!within(c, "powered on together", NULL, START_MS))
        return false;
    settle(c);
    return crash(c) && power_loss(c) && goodbye(c) && lie(c) && partition(c);
}

bool circle_run(const struct circle_options *options, trace_line_fn *on_line)
{
    struct rng r;
    rng_init(&r, options->seed);
    struct host_options *hosts = people(options->peers, &r);
    hosts[options->peers].start_ms = UINT32_MAX;
    struct circle c = {.truth = calloc(options->peers + 1, sizeof *c.truth)};
    check(c.truth);
    c.w = world_new(&(struct world_options){
        .seed = options->seed,
        .hosts = hosts,
        .host_count = options->peers + 1,
        .net = {.delay_min_us = 100, .delay_max_us = 2000, .piece_max = 65536},
        .disk_min_us = 1000,
        .disk_max_us = 20000,
        .on_line = on_line,
    });
    free(hosts);
    world_run_until(c.w, 1500 * WORLD_MS);
    bool good = play(&c);
    if (world_failed(c.w))
        printf("%s\n", c.w->failure);
    world_free(c.w);
    free(c.truth);
    return good;
}
