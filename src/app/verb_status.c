#include "app/ask.h"
#include "app/duration.h"
#include "app/verb.h"
#include "base/text.h"

/* One line a peer, in columns; then how many were given up and how many wrongly, what was refused,
 * and what is wrong with what would help. */

enum { ANSWER_WAIT_MS = 10000, CELL_BYTES = 512, COLUMNS = 7 };

struct row {
    char cells[COLUMNS][CELL_BYTES];
};

static struct span text_of(const struct ask_json *object, const char *name)
{
    struct span text;
    (void)ask_json_text(object, name, &text);
    return text;
}

static void put_cell(char cell[CELL_BYTES], struct span text)
{
    struct buf b;
    buf_init(&b, cell, CELL_BYTES - 1);
    text_escape(&b, text, CELL_BYTES - 1);
    cell[b.size] = '\0';
}

static void put_ms(char cell[CELL_BYTES], const struct ask_json *peer, const char *name,
                   const char *before, const char *after)
{
    char memory[64];
    struct buf b;
    uint64_t ms;
    if (!ask_json_count(peer, name, &ms))
        return;
    buf_init(&b, memory, sizeof memory);
    buf_text(&b, before);
    if (ms == 0)
        buf_text(&b, "below 1 ms");
    else
        duration_write(&b, ms);
    buf_text(&b, after);
    put_cell(cell, buf_view(&b));
}

static void put_path(char cell[CELL_BYTES], struct span path)
{
    static const char *const ways[][2] = {
        {"broadcast", "by broadcast"},     {"answer", "by its answer"}, {"address", "by --peer"},
        {"memory", "by its last address"}, {"them", "it called"},
    };
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (span_is(path, ways[i][0]))
            put_cell(cell, span_of(ways[i][1]));
}

static void put_presence(char cell[CELL_BYTES], const struct ask_json *peer)
{
    char text[64];
    struct buf b;
    buf_init(&b, text, sizeof text);
    buf_span(&b, text_of(peer, "presence"));
    if (ask_json_truth(peer, "forked"))
        buf_text(&b, ", forked");
    put_cell(cell, buf_view(&b));
}

/* "controller, as called": nobody has proven it. */
static void put_role(char cell[CELL_BYTES], const struct ask_json *peer)
{
    char memory[CELL_BYTES];
    struct buf b;
    struct span known = text_of(peer, "known");
    buf_init(&b, memory, sizeof memory);
    buf_span(&b, text_of(peer, "role"));
    if (!span_is(known, "proven")) {
        buf_text(&b, ", as ");
        buf_span(&b, known);
    }
    put_cell(cell, buf_view(&b));
}

static void fill_row(struct row *row, const struct ask_json *peer)
{
    struct span evidence = text_of(peer, "evidence");
    *row = (struct row){0};
    put_cell(row->cells[0], text_of(peer, "device"));
    put_role(row->cells[1], peer);
    put_presence(row->cells[2], peer);
    put_ms(row->cells[3], peer, "last_heard_ms", "heard ", " ago");
    put_cell(row->cells[4], text_of(peer, "address"));
    put_path(row->cells[5], text_of(peer, "path"));
    if (evidence.size > 0)
        put_cell(row->cells[6], evidence);
    else
        put_ms(row->cells[6], peer, "rtt_ms", "rtt ", "");
}

static void measure_row(const struct row *row, size_t widths[COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strlen(row->cells[i]) > widths[i])
            widths[i] = strlen(row->cells[i]);
}

static void print_row(const struct row *row, const size_t widths[COLUMNS])
{
    size_t last = COLUMNS - 1;
    while (last > 0 && row->cells[last][0] == '\0')
        last--;
    for (size_t i = 0; i < last; i++)
        printf("%-*s  ", (int)widths[i], row->cells[i]);
    printf("%s\n", row->cells[last]);
}

static void show_peers(const struct ask_json *peers)
{
    size_t widths[COLUMNS] = {0};
    struct row row;
    for (size_t i = 0; i < ask_json_size(peers); i++) {
        fill_row(&row, ask_json_at(peers, i));
        measure_row(&row, widths);
    }
    for (size_t i = 0; i < ask_json_size(peers); i++) {
        fill_row(&row, ask_json_at(peers, i));
        print_row(&row, widths);
    }
}

static void show_alarms(const struct ask_json *alarms)
{
    uint64_t lost, silent, wrong, late;
    if (!ask_json_count(alarms, "lost", &lost) || !ask_json_count(alarms, "silent", &silent) ||
        !ask_json_count(alarms, "false", &wrong) || !ask_json_count(alarms, "late", &late))
        return;
    printf("alarms: %llu %s lost, %llu for silence, %llu of them false; %llu late %s of its own\n",
           (unsigned long long)lost, lost == 1 ? "session" : "sessions", (unsigned long long)silent,
           (unsigned long long)wrong, (unsigned long long)late, late == 1 ? "turn" : "turns");
}

static void show_refused(const struct ask_json *refused)
{
    char cause[CELL_BYTES];
    uint64_t count;
    for (size_t i = 0; i < ask_json_size(refused); i++) {
        put_cell(cause, text_of(ask_json_at(refused, i), "cause"));
        (void)ask_json_count(ask_json_at(refused, i), "count", &count);
        printf("refused %llu %s: %s\n", (unsigned long long)count, count == 1 ? "time" : "times",
               cause);
    }
}

static void show_health(const struct ask_json *health)
{
    char problem[CELL_BYTES], fix[CELL_BYTES];
    for (size_t i = 0; i < ask_json_size(health); i++) {
        put_cell(problem, text_of(ask_json_at(health, i), "problem"));
        put_cell(fix, text_of(ask_json_at(health, i), "fix"));
        printf("! %s. Next: %s\n", problem, fix);
    }
}

static void show_status(const struct ask_json *status)
{
    char device[CELL_BYTES], role[CELL_BYTES], network[CELL_BYTES], hash[CELL_BYTES];
    put_cell(device, text_of(status, "device"));
    put_cell(role, text_of(status, "role"));
    put_cell(network, text_of(status, "network"));
    put_cell(hash, text_of(status, "state_hash"));
    printf("%s (%s) · network %.4s-%.2s · state %.8s\n", device, role, network,
           strlen(network) > 4 ? network + 4 : "", hash);
    show_peers(ask_json_get(status, "peers"));
    show_alarms(ask_json_get(status, "alarms"));
    show_refused(ask_json_get(status, "refused"));
    show_health(ask_json_get(status, "health"));
}

static int show(struct ask *a, const struct ask_options *o)
{
    struct span line;
    struct ask_json *json = NULL;
    int status;
    enum err err = ask_send(a, &(struct request){.ask = REQUEST_STATUS});
    if (err == ERR_OK)
        err = ask_answer(a, ask_clock_ms() + ANSWER_WAIT_MS, &line, &json);
    if (err != ERR_OK) {
        status = ask_failed(a, err);
    } else if (ask_json_has(json, "error")) {
        status = ask_refused(a, json);
    } else {
        if (o->json)
            printf("%.*s\n", (int)line.size, line.bytes);
        else
            show_status(json);
        status = verb_finish_output();
    }
    ask_json_free(json);
    return status;
}

int verb_status(int argc, char **argv)
{
    struct ask_options o;
    struct ask a;
    if (!ask_options_read(ASK_OPTIONS_STATUS, argc, argv, &o))
        return RUN_USAGE;
    int status = ask_open(&a, &o, &(struct ask_wish){0});
    if (status == RUN_OK)
        status = show(&a, &o);
    ask_close(&a);
    return status;
}
