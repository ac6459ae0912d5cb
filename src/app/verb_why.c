#include "app/ask.h"
#include "app/verb.h"
#include "base/number.h"
#include "base/text.h"
#include "io/timestamp.h"

#include <stdlib.h>

/* All decisions come, oldest first of each log; the last ones are kept, put in the order of time,
 * and shown. */

enum { DECISIONS = 10, ANSWER_WAIT_MS = 30000, LINE_BYTES = 4096 };

struct kept {
    uint64_t time_ms;
    uint64_t order; /* as it came */
    char *line;
    size_t size;
};

/* The last ones by time: at most `capacity` and one. */
struct list {
    struct kept *items;
    size_t count, capacity;
    uint64_t came;
};

static int compare(const void *left, const void *right)
{
    const struct kept *a = left, *b = right;
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void drop_oldest(struct list *list)
{
    size_t oldest = 0;
    for (size_t i = 1; i < list->count; i++)
        if (compare(&list->items[i], &list->items[oldest]) < 0)
            oldest = i;
    free(list->items[oldest].line);
    list->items[oldest] = list->items[--list->count];
}

static bool keep(struct list *list, struct span line, uint64_t time_ms)
{
    char *copy = malloc(line.size);
    if (copy == NULL)
        return false;
    memcpy(copy, line.bytes, line.size);
    list->items[list->count++] = (struct kept){time_ms, list->came++, copy, line.size};
    if (list->count > list->capacity)
        drop_oldest(list);
    return true;
}

static void put_safe(struct buf *b, struct span text)
{
    text_escape(b, text, 512);
}

static void put_value(struct buf *b, const struct value *value)
{
    char text[NUMBER_TEXT_MAX];
    if (value->kind == VALUE_NUMBER)
        buf_put(b, text, number_format(text, value->number));
    else if (value->kind == VALUE_BOOL)
        buf_text(b, value->number > 0 ? "true" : "false");
    else if (value->kind == VALUE_TEXT)
        put_safe(b, value->text);
    else
        buf_text(b, "nothing fresh");
}

static void put_condition(struct buf *b, const struct ask_json *condition)
{
    struct span text = {0}, from;
    struct value value = {0};
    (void)ask_json_text(condition, "text", &text);
    (void)ask_json_value(condition, "value", &value);
    buf_text(b, ask_json_truth(condition, "holds") ? "  \u2713 " : "  \u2717 ");
    put_safe(b, text);
    buf_text(b, ": ");
    put_value(b, &value);
    if (ask_json_text(condition, "from", &from)) {
        buf_text(b, " (");
        put_safe(b, from);
        buf_char(b, ')');
    }
    buf_char(b, '\n');
}

static void put_decision(struct buf *b, const struct kept *kept, const struct ask_json *json)
{
    char moment[TIMESTAMP_TEXT_MAX];
    struct span rule = {0}, by, action;
    const struct ask_json *conditions = ask_json_get(json, "conditions");
    (void)ask_json_text(json, "rule", &rule);
    buf_put(b, moment, timestamp_format(moment, (int64_t)kept->time_ms));
    buf_text(b, "Z  ");
    put_safe(b, rule);
    if (ask_json_text(json, "by", &by)) {
        buf_text(b, " of ");
        put_safe(b, by);
    }
    buf_text(b, ": ");
    if (ask_json_text(json, "action", &action))
        put_safe(b, action);
    else
        buf_text(b, "no change");
    buf_char(b, '\n');
    for (size_t i = 0; i < ask_json_size(conditions); i++)
        put_condition(b, ask_json_at(conditions, i));
}

static void show(const struct ask_options *o, const struct kept *kept)
{
    char memory[LINE_BYTES];
    struct buf b;
    if (o->json) {
        printf("%.*s\n", (int)kept->size, kept->line);
        return;
    }
    struct ask_json *json = ask_json_parse((struct span){kept->line, kept->size});
    buf_init(&b, memory, sizeof memory);
    put_decision(&b, kept, json);
    fwrite(b.bytes, 1, b.size, stdout);
    ask_json_free(json);
}

static int show_all(const struct ask *a, const struct ask_options *o, struct list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, compare);
    for (size_t i = 0; i < list->count; i++)
        show(o, &list->items[i]);
    if (list->count == 0)
        fprintf(stderr, "%s knows of no decision of %s yet. Next: kith watch\n", a->device,
                o->word);
    return verb_finish_output();
}

/* -1: there is more to come. */
static int take_line(const struct ask *a, const struct ask_options *o, struct list *list,
                     struct span line, const struct ask_json *json)
{
    uint64_t time_ms;
    if (ask_json_has(json, "error"))
        return ask_refused(a, json);
    if (ask_json_has(json, "end"))
        return show_all(a, o, list);
    if (!ask_json_count(json, "time", &time_ms))
        return ask_failed(a, ERR_SYNTAX);
    return keep(list, line, time_ms) ? -1 : ask_failed(a, ERR_MEMORY);
}

static int follow(struct ask *a, const struct ask_options *o, const struct request *r,
                  struct list *list)
{
    enum err err = ask_send(a, r);
    int status = err == ERR_OK ? -1 : ask_failed(a, err);
    while (status < 0) {
        struct span line;
        struct ask_json *json = NULL;
        err = ask_answer(a, ask_clock_ms() + ANSWER_WAIT_MS, &line, &json);
        status = err == ERR_OK ? take_line(a, o, list, line, json) : ask_failed(a, err);
        ask_json_free(json);
    }
    return status;
}

static int why(const struct ask_options *o, const struct request *r)
{
    struct ask a = {.fd = -1};
    struct list list = {.capacity = o->count == 0 ? DECISIONS : (size_t)o->count};
    list.items = calloc(list.capacity + 1, sizeof *list.items);
    if (list.items == NULL)
        return ask_failed(&a, ERR_MEMORY);
    int status = ask_open(&a, o, &(struct ask_wish){.sooner = o->word});
    if (status == RUN_OK)
        status = follow(&a, o, r, &list);
    ask_close(&a);
    while (list.count > 0)
        free(list.items[--list.count].line);
    free(list.items);
    return status;
}

int verb_why(int argc, char **argv)
{
    struct ask_options o;
    struct faults faults = {0};
    struct request r = {.ask = REQUEST_WHY};
    if (!ask_options_read(ASK_OPTIONS_WHY, argc, argv, &o))
        return RUN_USAGE;
    if (!access_name_valid(span_of(o.word)))
        faults_add(&faults, "%s: a device name is 1 to 63 of a-z, 0-9, - and _", o.word);
    if (o.count > 100000)
        faults_add(&faults, "-n: at most 100000");
    if (faults.count > 0)
        return verb_usage(&faults, "why");
    ident_name_copy(r.device, span_of(o.word));
    return why(&o, &r);
}
