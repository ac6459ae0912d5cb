#ifndef TESTS_APP_FACTS_H
#define TESTS_APP_FACTS_H

#include "core/fact.h"

/* A fact of each kind in which everything that the kind can carry is set, and one in which only
 * what it must. */

static const struct record facts_record = {
    .device = {"sensor1", 7},
    .type = {"temperature", 11},
    .topic = {"a/b/set", 7},
    .epoch = 1048577,
    .seq = 42,
    .ts = 1761300000000,
    .source_ts = 1414839060000,
    .value = {VALUE_NUMBER, 25.8, {"", 0}},
    .unit = {"Cel", 3},
    .plain = true,
};

static const struct record facts_bare_record = {
    .device = {"sensor1", 7},
    .type = {"temperature", 11},
    .epoch = 1048577,
    .seq = 42,
    .ts = 1761300000000,
};

static inline struct fact facts_full(enum fact_kind kind)
{
    bool record = kind == FACT_SENT || kind == FACT_READING || kind == FACT_UPDATE ||
                  kind == FACT_RESTORED_TOPIC;
    return (struct fact){
        .kind = kind,
        .device = SPAN("peer1"),
        .role = ROLE_ACTUATOR,
        .address = {0xc0a80117, 47120},
        .record = record ? &facts_record : NULL,
        .text = SPAN("cause"),
        .property = SPAN("fan"),
        .unit = SPAN("Cel"),
        .value = value_text(SPAN("on")),
        .ms = 2100,
        .epoch = 1048577,
        .seq = 42,
        .count = 3,
        .mean = 24.8333333,
        .low = 20,
        .high = 30.1,
        .changed = true,
        .active = true,
    };
}

static inline struct fact facts_bare(enum fact_kind kind)
{
    struct fact fact = facts_full(kind);
    if (fact.record != NULL)
        fact.record = &facts_bare_record;
    fact.unit = (struct span){0};
    if (kind == FACT_DECIDES || kind == FACT_HELD)
        fact.ms = 0;
    if (kind == FACT_DECIDES)
        fact.text = (struct span){0};
    if (kind == FACT_COMMANDED)
        fact.property = (struct span){0};
    if (kind == FACT_PLAIN_READING)
        fact.value = (struct value){0};
    return fact;
}

#endif
