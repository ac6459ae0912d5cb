#include "core/fact.h"

#include "base/check.h"

static const char *const outcome_texts[FACT_OUTCOME_COUNT] = {
    [FACT_OUTCOME_STARTED] = "started", [FACT_OUTCOME_DONE] = "done",
    [FACT_OUTCOME_REFUSED] = "refused", [FACT_OUTCOME_EXPIRED] = "expired",
    [FACT_OUTCOME_UNKNOWN] = "unknown",
};

const char *fact_outcome_text(enum fact_outcome outcome)
{
    check(outcome < FACT_OUTCOME_COUNT);
    return outcome_texts[outcome];
}

bool fact_outcome_parse(struct span text, enum fact_outcome *outcome)
{
    for (size_t i = 0; i < FACT_OUTCOME_COUNT; i++) {
        if (!span_is(text, outcome_texts[i]))
            continue;
        *outcome = (enum fact_outcome)i;
        return true;
    }
    return false;
}
