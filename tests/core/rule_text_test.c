#include "core/rule_text.h"

#include "core/cm.h"

static void assert_text(const struct rule *rule, const char *expected)
{
    char memory[1024];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    rule_text_write(&b, rule);
    assert_true(span_is(buf_view(&b), expected));
}

static void a_rule_is_one_text(void **state)
{
    struct rule rule;
    (void)state;
    rule_default_cool(&rule);
    rule.commands[rule.command_count++] = (struct rule_command){"siren1", "beep", "3", RULE_ACTIVE};
    rule.commands[rule.command_count++] = (struct rule_command){"siren1", "still", "", RULE_IDLE};
    rule.schedules[rule.schedule_count++] = (struct rule_schedule){31, 420, 1320};
    assert_text(&rule, "rule\tcool\t0\t0\t0\t0\t0"
                       "\nwhen\t*\ttemperature\tany\t>\t0\t25\t\tCel\t0\t30000\t0"
                       "\nschedule\t31\t420\t1320"
                       "\nset\tfan\ton\toff"
                       "\ndo\tbeep\t3"
                       "\nelse\tstill\t");
}

static void hash_first(struct chain_hash *out, const struct chain_hash *before, struct span bytes)
{
    *out = *before;
    for (size_t i = 0; i < bytes.size; i++)
        out->bytes[i % sizeof out->bytes] = (uint8_t)(out->bytes[i % sizeof out->bytes] * 31 +
                                                      (uint8_t)bytes.bytes[i]);
}

static void who_runs_it_does_not_matter(void **state)
{
    struct rule rule;
    struct chain_hash one, two;
    (void)state;
    rule_default_mean(&rule);
    rule_text_hash(&rule, hash_first, &one);
    ident_name_copy(rule.owners[rule.owner_count++], SPAN("controller1"));
    ident_name_copy(rule.actions[0].device, SPAN(""));
    rule_text_hash(&rule, hash_first, &two);
    assert_memory_equal(&one, &two, sizeof one);
    rule.hold_ms = 1;
    rule_text_hash(&rule, hash_first, &two);
    assert_memory_not_equal(&one, &two, sizeof one);
}

/* The longest rule has room: a check in rule_text_hash() says so. */
static void the_longest_rule_has_a_hash(void **state)
{
    struct rule rule = {.condition_count = LIMIT_CONDITIONS,
                        .schedule_count = LIMIT_SCHEDULES,
                        .action_count = LIMIT_ACTIONS,
                        .command_count = LIMIT_RULE_COMMANDS,
                        .hold_ms = UINT64_MAX};
    char name[LIMIT_NAME];
    struct chain_hash hash;
    (void)state;
    memset(name, 'x', sizeof name);
    struct span longest = {name, sizeof name};
    ident_name_copy(rule.name, longest);
    for (size_t i = 0; i < LIMIT_CONDITIONS; i++) {
        struct rule_condition *c = &rule.conditions[i];
        *c = (struct rule_condition){.threshold = -1.2345678901234567e-300,
                                     .hysteresis = 1.2345678901234567e-300,
                                     .fresh_ms = UINT64_MAX,
                                     .window_ms = UINT64_MAX};
        ident_name_copy(c->device, longest);
        ident_name_copy(c->property, longest);
        ident_name_copy(c->word, longest);
        memset(c->unit, 'u', LIMIT_UNIT);
    }
    for (size_t i = 0; i < LIMIT_ACTIONS; i++) {
        ident_name_copy(rule.actions[i].property, longest);
        ident_name_copy(rule.actions[i].active, longest);
        ident_name_copy(rule.actions[i].idle, longest);
    }
    for (size_t i = 0; i < LIMIT_RULE_COMMANDS; i++) {
        ident_name_copy(rule.commands[i].property, longest);
        ident_name_copy(rule.commands[i].value, longest);
    }
    rule_text_hash(&rule, hash_first, &hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_is_one_text),
        cmocka_unit_test(who_runs_it_does_not_matter),
        cmocka_unit_test(the_longest_rule_has_a_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
