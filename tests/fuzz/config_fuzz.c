#include "app/config.h"

#include "base/text.h"

/* Any bytes as a configuration: every fault is one line with a place and nothing in it that moves a
 * cursor; what is taken without a fault is whole. */

static void check_line(struct span line)
{
    static const char name[] = "f.yaml:";
    check(line.size > sizeof name && memcmp(line.bytes, name, sizeof name - 1) == 0);
    check(line.bytes[sizeof name - 1] >= '1' && line.bytes[sizeof name - 1] <= '9');
    check(text_is_utf8(line));
    for (size_t i = 0; i < line.size; i++)
        check((unsigned char)line.bytes[i] >= ' ' && line.bytes[i] != 0x7f);
}

static void check_faults(const struct faults *faults)
{
    size_t at = 0;
    while (at < faults->size) {
        const char *end = memchr(faults->text + at, '\n', faults->size - at);
        check(end != NULL);
        size_t size = (size_t)(end - faults->text) - at;
        check_line((struct span){faults->text + at, size});
        at += size + 1;
    }
}

static void check_condition(const struct rule_condition *c)
{
    bool each = c->over == RULE_ANY || c->over == RULE_ALL;
    bool equality = c->compare == RULE_EQUAL || c->compare == RULE_NOT_EQUAL;
    check(c->device[0] != '\0' && c->property[0] != '\0');
    check(c->over < RULE_OVER_COUNT && c->compare < RULE_COMPARE_COUNT);
    check(c->operand == RULE_NUMBER || (each && equality && c->word[0] != '\0'));
    check(c->hysteresis >= 0 && c->fresh_ms > 0);
}

/* Every rule that is taken can be run and explained. */
static void check_rule(const struct rule *r)
{
    char memory[LIMIT_EXPLANATION];
    struct rule_state state;
    struct rule_now now = {.now_ms = 1000, .wall_ms = 1000};
    struct reading reading = {.type = SPAN("temperature"), .value = value_number(26)};
    struct buf why;
    rule_init(&state, r);
    check(rule_feed(&state, SPAN("sensor1"), &reading, 1000, RULE_PROVEN) == ERR_OK);
    rule_evaluate(&state, &now);
    check(rule_deadline(&state, &now) > now.now_ms);
    buf_init(&why, memory, sizeof memory);
    rule_explain(&state, &why);
    check(!why.overflow);
    rule_fini(&state);
}

static void check_rules(const struct settings *s)
{
    check(s->rule_count <= LIMIT_RULES);
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *r = &s->rules[i];
        check(access_name_valid(span_of(r->name)));
        check(r->condition_count > 0 && r->condition_count <= LIMIT_CONDITIONS);
        check(r->action_count > 0 && r->action_count <= LIMIT_ACTIONS);
        for (size_t k = 0; k < r->condition_count; k++)
            check_condition(&r->conditions[k]);
        for (size_t k = 0; k < r->action_count; k++) {
            const struct rule_action *a = &r->actions[k];
            check(access_property_valid(span_of(a->property)));
            check(a->active[0] != '\0' && strcmp(a->active, a->idle) != 0);
        }
        for (size_t k = 0; k < r->schedule_count; k++) {
            const struct rule_schedule *e = &r->schedules[k];
            check(e->days != 0 && e->from_min < 1440 && e->to_min > 0 && e->to_min <= 1440);
            check(e->from_min != e->to_min);
        }
        check_rule(r);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct faults faults = {0};
    struct settings *s = settings_new();
    check(s != NULL);
    config_parse(s, "f.yaml", (struct span){(const char *)data, size}, &faults);
    settings_apply(s, &faults);
    check_faults(&faults);
    check_rules(s);
    s->device = "actuator1";
    if (faults.count == 0)
        settings_complete(s, &faults);
    faults_fini(&faults);
    settings_free(s);
    return 0;
}
