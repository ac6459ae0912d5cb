#include "app/verb.h"

#include "base/number.h"
#include "io/simulate.h"

/* kith dataset SCENARIO --rows N --seed S [--csv] */

struct dataset_request {
    const char *scenario;
    uint64_t rows, seed;
    enum simulate_format format;
};

/* Rows begin at a fixed time, so that a seed gives one file for ever: 2025-01-01 00:00 UTC. */
#define DATASET_START_MS INT64_C(1735689600000)

static bool set_rows(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct dataset_request *r = target;
    if (number_parse_u53(span_of(value), &r->rows) == ERR_OK && r->rows > 0)
        return true;
    snprintf(why, OPTIONS_WHY, "it is a whole number from 1 on");
    return false;
}

static bool set_seed(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct dataset_request *r = target;
    if (number_parse_u53(span_of(value), &r->seed) == ERR_OK)
        return true;
    snprintf(why, OPTIONS_WHY, "it is a whole number from 0 to 2^53 - 1");
    return false;
}

static bool set_csv(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    struct dataset_request *r = target;
    r->format = value[0] == '1' ? SIMULATE_CSV : SIMULATE_JSON;
    return true;
}

static const struct options_entry dataset_entries[] = {
    {"rows", "N", OPTIONS_ONCE, OPTIONS_NOT_IN_FILE, OPTIONS_OUTPUT, set_rows,
     "how many rows; else 100"},
    {"seed", "N", OPTIONS_ONCE, OPTIONS_NOT_IN_FILE, OPTIONS_OUTPUT, set_seed,
     "the same seed, the same rows; else 1"},
    {"csv", NULL, OPTIONS_ONCE, OPTIONS_NOT_IN_FILE, OPTIONS_OUTPUT, set_csv,
     "CSV instead of JSON"},
};

static const struct options_table dataset_table = {"dataset", dataset_entries,
                                                   COUNT_OF(dataset_entries)};

struct dataset_sink {
    struct verb_sink words;
    struct dataset_request *request;
};

static void on_dataset_option(void *context, const struct options_entry *entry, const char *value,
                              const char *origin)
{
    struct dataset_sink *sink = context;
    char why[OPTIONS_WHY] = "";
    if (!entry->set(sink->request, value, why))
        faults_add(sink->words.faults, "%s %s: %s", origin, value, why);
}

static int write_dataset(const struct dataset_request *r)
{
    enum err err = simulate_write(stdout, r->scenario, r->rows, r->seed, DATASET_START_MS,
                                  r->format);
    if (err == ERR_OK || err == ERR_IO)
        return verb_finish_output();
    fprintf(stderr, "%s\n", err_text(err));
    return RUN_FAILED;
}

int verb_dataset(int argc, char **argv)
{
    struct faults faults = {0};
    struct dataset_request r = {.rows = 100, .seed = 1, .format = SIMULATE_JSON};
    struct dataset_sink sink = {{NULL, &faults, SETTINGS_FLAG, &r.scenario, "scenario"}, &r};
    struct options_sink options = {&sink, on_dataset_option, verb_on_word};
    struct simulate model;
    options_parse(&dataset_table, argc, argv, &options, &faults);
    if (faults.count == 0 && r.scenario == NULL)
        faults_add(&faults, "which scenario? One of %s: kith dataset home", simulate_names());
    else if (faults.count == 0 && simulate_init(&model, r.scenario, 0, 0) != ERR_OK)
        faults_add(&faults, "%s: no such scenario; there are %s", r.scenario, simulate_names());
    return faults.count > 0 ? verb_usage(&faults, "dataset") : write_dataset(&r);
}

const struct options_table *verb_dataset_options(void)
{
    return &dataset_table;
}
