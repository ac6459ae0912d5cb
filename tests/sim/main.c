/* sim: the shipped core and wire code under a virtual clock.
 *
 *   sim stories [NAME]                  scripted worlds with an expected trace
 *   sim seeds [--count N] [--from N]    random worlds, each twice, traces compared
 *   sim campaign [--count N] [--from N] random worlds, each once: more of them
 *   sim run --seed N [--trace]          one of them, on request with everything that happens
 *   sim crowd [--peers N] [--seed N]    many peers powered on together
 *   sim days [--days N] [--seed N]      a small network for so long, every day with its faults
 *   sim heal [--peers N] [--cuts N] [--loss N] [--seed N]
 *                                       many peers, cut and killed: the time to one state
 *   sim struck [--count N] [--seed N]   two peers dial each other, one dies: at every moment of it
 *   sim circle [--peers N] [--seed N]   who is there, in a ring, after each fault
 *   sim storm [--peers N] [--from N] [--count N] [--runs N]
 *                                       very many peers, and some harm; each so many times
 *   sim memory [--stride N] [--seed N]  a world with each (N-th) allocation of the core failing
 *
 * Exits with 0 when nothing failed, 1 when something did, 2 when asked for something else. */
#include "base/number.h"
#include "circle.h"
#include "crowd.h"
#include "days.h"
#include "heal.h"
#include "memory.h"
#include "seeds.h"
#include "sha256.h"
#include "storm.h"
#include "story.h"
#include "struck.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    uint64_t count, from, seed, peers, stride, days, cuts, loss, runs;
    bool trace;
    const char *name;
};

static void print_line(void *context, uint64_t time_us, const char *line)
{
    (void)context;
    printf("%11.6f %s\n", (double)time_us / 1e6, line);
}

static bool read_arguments(struct arguments *a, int argc, char **argv)
{
    struct {
        const char *name;
        uint64_t *value;
    } numbers[] = {{"--count", &a->count}, {"--from", &a->from},     {"--seed", &a->seed},
                   {"--peers", &a->peers}, {"--stride", &a->stride}, {"--days", &a->days},
                   {"--cuts", &a->cuts},   {"--loss", &a->loss},     {"--runs", &a->runs}};
    for (int i = 2; i < argc; i++) {
        size_t k = 0;
        while (k < COUNT_OF(numbers) && strcmp(argv[i], numbers[k].name) != 0)
            k++;
        if (k < COUNT_OF(numbers)) {
            if (++i == argc || number_parse_u53(span_of(argv[i]), numbers[k].value) != ERR_OK)
                return false;
        } else if (strcmp(argv[i], "--trace") == 0) {
            a->trace = true;
        } else if (argv[i][0] != '-' && !a->name) {
            a->name = argv[i];
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct arguments a = {.from = 1, .seed = 1, .stride = 1, .days = 30, .cuts = 4};
    const char *verb = argc > 1 ? argv[1] : "";
    bool good = false;
    size_t peers;
    if (!read_arguments(&a, argc, argv) || !sha256_works())
        verb = "";
    peers = a.peers > 0 ? (size_t)a.peers : 100;
    if (strcmp(verb, "stories") == 0) {
        good = story_run_all(a.name, a.trace ? print_line : NULL);
    } else if (strcmp(verb, "seeds") == 0 || strcmp(verb, "campaign") == 0) {
        unsigned runs = strcmp(verb, "seeds") == 0 ? 2 : 1;
        uint64_t count = a.count > 0 ? a.count : 500;
        good = seeds_run(&(struct seeds_options){.from = a.from, .count = count, .runs = runs});
    } else if (strcmp(verb, "run") == 0) {
        good = seeds_run_one(a.seed, a.trace ? print_line : NULL, NULL);
    } else if (strcmp(verb, "crowd") == 0) {
        good = crowd_run(&(struct crowd_options){peers, a.seed}, a.trace ? print_line : NULL);
    } else if (strcmp(verb, "days") == 0) {
        good = days_run(a.days, a.seed);
    } else if (strcmp(verb, "heal") == 0) {
        good = heal_run(&(struct heal_options){.peers = peers,
                                               .seed = a.seed,
                                               .cuts = a.cuts,
                                               .loss_permille = (uint32_t)a.loss},
                        a.trace ? print_line : NULL);
    } else if (strcmp(verb, "struck") == 0) {
        good = struck_run(&(struct struck_options){.seed = a.seed, .count = a.count});
    } else if (strcmp(verb, "circle") == 0) {
        good = circle_run(&(struct circle_options){peers, a.seed}, a.trace ? print_line : NULL);
    } else if (strcmp(verb, "storm") == 0) {
        good = storm_run(&(struct storm_options){.peers = a.peers > 0 ? (size_t)a.peers : 1000,
                                                 .from = a.from,
                                                 .count = a.count > 0 ? a.count : 1,
                                                 .runs = a.runs > 0 ? a.runs : 1});
    } else if (strcmp(verb, "memory") == 0 && a.stride > 0) {
        good = memory_run(a.stride, a.seed);
    } else {
        fprintf(stderr, "usage: sim stories [NAME] [--trace] | seeds [--count N] [--from N] |\n"
                        "       campaign [--count N] [--from N] | run --seed N [--trace] |\n"
                        "       crowd [--peers N] [--seed N] | days [--days N] [--seed N] |\n"
                        "       circle [--peers N] [--seed N] | struck [--count N] [--seed N] |\n"
                        "       storm [--peers N] [--from N] [--count N] [--runs N] |\n"
                        "       heal [--peers N] [--cuts N] [--loss PERMILLE] [--seed N] |\n"
                        "       memory [--stride N] [--seed N]\n");
        return 2;
    }
    return good ? 0 : 1;
}
