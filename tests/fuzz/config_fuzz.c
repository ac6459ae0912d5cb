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

static void check_rules(const struct settings *s)
{
    check(s->rule_count <= LIMIT_RULES);
    for (size_t i = 0; i < s->rule_count; i++) {
        const struct rule *r = &s->rules[i];
        check(access_name_valid(span_of(r->name)));
        check(access_property_valid(span_of(r->type)) &&
              access_property_valid(span_of(r->property)));
        check(r->device[0] == '\0' || access_name_valid(span_of(r->device)));
        check(r->over < RULE_OVER_COUNT && r->compare < RULE_COMPARE_COUNT);
        check(r->hysteresis >= 0 && r->fresh_ms > 0);
        check(r->value_active[0] != '\0' && strcmp(r->value_active, r->value_idle) != 0);
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
