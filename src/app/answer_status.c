#include "app/answer_status.h"

#include "app/duration.h"
#include "app/words.h"
#include "core/view.h"
#include "wire/json.h"

#include <stdlib.h>

static void note_foreign(struct answer_status_notes *notes, const struct fact *fact)
{
    for (size_t i = 0; i < notes->foreign_count; i++)
        if (span_is(fact->device, notes->foreign[i].device))
            return;
    if (notes->foreign_count == ANSWER_STATUS_FOREIGN || fact->device.size > LIMIT_NAME)
        return;
    struct answer_status_foreign *f = &notes->foreign[notes->foreign_count++];
    ident_name_copy(f->device, fact->device);
    f->address = fact->address;
}

void answer_status_refused(struct answer_status_notes *notes, struct span cause)
{
    char text[LIMIT_REASON + 1];
    snprintf(text, sizeof text, "%.*s",
             (int)(cause.size < LIMIT_REASON ? cause.size : LIMIT_REASON),
             cause.size == 0 ? "" : cause.bytes);
    size_t i = 0;
    while (i < notes->refused_count && strcmp(notes->refused[i].cause, text) != 0)
        i++;
    if (i == ANSWER_STATUS_CAUSES) {
        i--;
        snprintf(notes->refused[i].cause, sizeof notes->refused[i].cause, "other causes");
    }
    if (i == notes->refused_count) {
        notes->refused_count++;
        memcpy(notes->refused[i].cause, text, sizeof text);
    }
    notes->refused[i].count++;
}

uint64_t answer_status_facts(void)
{
    return UINT64_C(1) << FACT_REFUSED | UINT64_C(1) << FACT_FOREIGN;
}

void answer_status_note(struct answer_status_notes *notes, const struct fact *fact)
{
    if (fact->kind == FACT_REFUSED)
        answer_status_refused(notes, fact->text);
    else if (fact->kind == FACT_FOREIGN)
        note_foreign(notes, fact);
}

static void put_text(struct buf *b, const char *name, struct span text)
{
    buf_text(b, name);
    json_write_string(b, text);
}

static void put_count_or_null(struct buf *b, const char *name, bool known, uint64_t count)
{
    buf_text(b, name);
    if (known)
        buf_u64(b, count);
    else
        buf_text(b, "null");
}

static void put_address(struct buf *b, struct address address)
{
    char memory[32];
    struct buf text;
    buf_init(&text, memory, sizeof memory);
    if (address.port != 0)
        words_address(&text, address);
    put_text(b, ",\"address\":", buf_view(&text));
}

static uint64_t magnitude(int64_t ms)
{
    return (uint64_t)(ms < 0 ? -ms : ms);
}

static void put_peer(struct buf *b, const struct view_peer *p)
{
    put_text(b, "{\"device\":", span_of(p->device));
    put_text(b, ",\"role\":", span_of(access_role_text(p->role)));
    put_text(b, ",\"known\":", span_of(view_known_text(p->known)));
    put_text(b, ",\"presence\":", span_of(view_presence_text(p->presence)));
    put_count_or_null(b, ",\"last_heard_ms\":", p->heard, p->last_heard_ms);
    put_text(b, ",\"evidence\":", span_of(p->evidence));
    put_address(b, p->address);
    put_text(b, ",\"path\":", span_of(view_how_text(p->how)));
    put_count_or_null(b, ",\"rtt_ms\":", p->rtt_known, p->rtt_ms);
    buf_text(b, p->clock_off_ms < 0 ? ",\"clock_off_ms\":-" : ",\"clock_off_ms\":");
    put_count_or_null(b, "", p->clock_known, magnitude(p->clock_off_ms));
    buf_text(b, p->forked ? ",\"forked\":true}" : ",\"forked\":false}");
}

static int compare(const void *left, const void *right)
{
    const struct view_peer *a = left, *b = right;
    return strcmp(a->device, b->device);
}

/* What the list of peers says in sum. */
struct sum {
    size_t online;
    size_t clocks, wrong; /* of those that told theirs, how many are far from ours */
};

/* Sorted by name. False: out of memory. */
static bool put_peers(struct buf *b, const struct answer_status *s, struct sum *sum)
{
    struct view_peer *peers = malloc(LIMIT_MEMBERS * sizeof *peers);
    size_t count = 0, at = 0;
    if (peers == NULL)
        return false;
    while (count < LIMIT_MEMBERS && view_peer_next(s->node, s->now_ms, &at, &peers[count]))
        count++;
    qsort(peers, count, sizeof *peers, compare);
    buf_text(b, ",\"peers\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_char(b, ',');
        put_peer(b, &peers[i]);
        sum->online += peers[i].presence == VIEW_ONLINE || peers[i].presence == VIEW_SUSPECT;
        sum->clocks += peers[i].clock_known;
        sum->wrong += peers[i].clock_wrong;
    }
    buf_char(b, ']');
    free(peers);
    return true;
}

static void put_refused(struct buf *b, const struct answer_status_notes *notes)
{
    buf_text(b, ",\"refused\":[");
    for (size_t i = 0; i < notes->refused_count; i++) {
        put_text(b, i > 0 ? ",{\"cause\":" : "{\"cause\":", span_of(notes->refused[i].cause));
        buf_text(b, ",\"count\":");
        buf_u64(b, notes->refused[i].count);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void put_alarms(struct buf *b, const struct node *n)
{
    buf_text(b, ",\"alarms\":{\"lost\":");
    buf_u64(b, node_count(n, NODE_SESSIONS_LOST));
    buf_text(b, ",\"silent\":");
    buf_u64(b, node_count(n, NODE_SESSIONS_SILENT));
    buf_text(b, ",\"false\":");
    buf_u64(b, node_count(n, NODE_FALSE_ALARMS));
    buf_text(b, ",\"late\":");
    buf_u64(b, node_count(n, NODE_LATE_TURNS));
    buf_char(b, '}');
}

struct health {
    struct buf *b;
    size_t count;
};

static void put_problem(struct health *h, struct span problem, struct span fix)
{
    put_text(h->b, h->count++ > 0 ? ",{\"problem\":" : "{\"problem\":", problem);
    put_text(h->b, ",\"fix\":", fix);
    buf_char(h->b, '}');
}

/* "cannot store into FILE: CAUSE; FIX" (io/store.h) */
static void put_store(struct health *h, const char *failure)
{
    const char *fix = strstr(failure, "; ");
    if (failure[0] == '\0')
        return;
    size_t size = fix == NULL ? strlen(failure) : (size_t)(fix - failure);
    put_problem(h, (struct span){failure, size},
                fix == NULL ? SPAN("look at the disk") : span_of(fix + 2));
}

static void put_foreign(struct health *h, const struct answer_status_foreign *f)
{
    char memory[LIMIT_NAME + 96];
    struct buf text;
    buf_init(&text, memory, sizeof memory);
    buf_text(&text, f->device);
    buf_text(&text, " @ ");
    words_address(&text, f->address);
    buf_text(&text, " belongs to another network");
    put_problem(h, buf_view(&text),
                SPAN("if both are yours, copy the folder network/ (kith paths) from one machine to "
                     "the other"));
}

static void put_denied(struct health *h, uint64_t denied)
{
    char memory[128];
    struct buf text;
    if (denied == 0)
        return;
    buf_init(&text, memory, sizeof memory);
    buf_u64(&text, denied);
    buf_text(&text, " datagrams named this network without proof");
    put_problem(h, buf_view(&text),
                SPAN("if a machine of yours is not found, copy the folder network/ (kith paths) to "
                     "it again"));
}

static void put_clock(struct health *h, const struct view_peer *p)
{
    char memory[LIMIT_NAME + 96];
    struct buf text;
    buf_init(&text, memory, sizeof memory);
    buf_text(&text, "the clock of ");
    buf_text(&text, p->device);
    buf_text(&text, " is ");
    duration_write(&text, magnitude(p->clock_off_ms));
    buf_text(&text, p->clock_off_ms > 0 ? " ahead of ours" : " behind ours");
    put_problem(h, buf_view(&text), SPAN("set it there: timedatectl set-ntp true"));
}

/* When most others are far from ours, ours is the one to set. */
static void put_clocks(struct health *h, const struct answer_status *s, const struct sum *sum)
{
    struct view_peer peer;
    size_t at = 0;
    if (sum->wrong > 1 && 2 * sum->wrong > sum->clocks) {
        put_problem(h, SPAN("the clock of this machine is far from those of most others"),
                    SPAN("set it here: timedatectl set-ntp true"));
        return;
    }
    while (sum->wrong > 0 && view_peer_next(s->node, s->now_ms, &at, &peer))
        if (peer.clock_wrong)
            put_clock(h, &peer);
}

/* The key stays what it is known to be; the device is trusted again under another. */
static void put_fork(struct health *h, const char *self, const struct proof *p)
{
    char problem[LIMIT_NAME + 192], fix[LIMIT_NAME + 160];
    struct buf what, help;
    buf_init(&what, problem, sizeof problem);
    buf_init(&help, fix, sizeof fix);
    buf_text(&what, p->id.device);
    buf_text(&what, " has signed two different records under number ");
    buf_u64(&what, p->seals[0].seq);
    buf_text(&what, " of its life ");
    buf_u64(&what, p->id.epoch);
    buf_text(&what, strcmp(p->id.device, self) == 0
                        ? "; others take nothing more of its key"
                        : "; nothing more of its key is taken, its commands are refused");
    buf_text(&help, "end it; on its machine remove the folder devices/");
    buf_text(&help, p->id.device);
    buf_text(&help, " (kith paths), so that it gets a new key when it is started again");
    put_problem(h, buf_view(&what), buf_view(&help));
}

static void put_forks(struct health *h, const struct answer_status *s)
{
    const struct proof *p;
    size_t at = 0;
    while (view_fork_next(s->node, &at, &p))
        put_fork(h, s->device, p);
}

static void put_health(struct buf *b, const struct answer_status *s, const struct sum *sum)
{
    struct health h = {b, 0};
    buf_text(b, ",\"health\":[");
    put_store(&h, s->notes->store_failure);
    put_forks(&h, s);
    for (size_t i = 0; i < s->notes->foreign_count; i++)
        put_foreign(&h, &s->notes->foreign[i]);
    put_denied(&h, s->udp->denied);
    put_clocks(&h, s, sum);
    if (sum->online == 0)
        put_problem(&h, SPAN("no other peer is there"),
                    s->role == ROLE_ACTUATOR ? SPAN("start one: kith sensor1")
                                             : SPAN("start one: kith actuator1"));
    buf_text(b, "]");
}

/* How others of this user can be found where this peer is found. */
static void put_discovery(struct buf *b, const struct answer_status *s)
{
    const struct udp_options *d = s->discovery;
    buf_text(b, ",\"discovery\":{\"port\":");
    buf_u64(b, d->port);
    buf_text(b, d->loopback ? ",\"loopback\":true" : ",\"loopback\":false");
    buf_text(b, ",\"session_port\":");
    buf_u64(b, s->session_port);
    buf_text(b, ",\"interfaces\":[");
    for (size_t i = 0; i < d->interface_count; i++) {
        put_text(b, i == 0 ? "{\"name\":" : ",{\"name\":", span_of(d->interfaces[i]));
        buf_char(b, '}');
    }
    buf_text(b, "]}");
}

bool answer_status(struct buf *b, const struct answer_status *s)
{
    struct chain_hash hash;
    view_state_hash(s->node, &hash);
    put_text(b, "{\"schema\":\"kith/status/1\",\"device\":", span_of(s->device));
    put_text(b, ",\"role\":", span_of(access_role_text(s->role)));
    put_text(b, ",\"network\":", span_of(s->network));
    buf_text(b, ",\"state_hash\":\"");
    buf_hex(b, hash.bytes, sizeof hash.bytes);
    buf_char(b, '"');
    struct sum sum = {0};
    if (!put_peers(b, s, &sum))
        return false;
    put_alarms(b, s->node);
    put_refused(b, s->notes);
    put_health(b, s, &sum);
    put_discovery(b, s);
    buf_char(b, '}');
    return true;
}
