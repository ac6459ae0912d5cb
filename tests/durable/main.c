/* durable: what no crash, power cut, damage or failing disk may do to a store.
 *
 *   durable crash [--seeds N]               the power goes after each operation, N times with other
 * damage durable damage [--count N] [--seed S]   a store's files are damaged, N times
 *   durable failing [--stride N]             each (N-th) system call fails, in each way
 *   durable upgrade [--seeds N] [--stride N]   stores of earlier schemas are opened, under both
 *
 * Exits with 0 when nothing was broken, 1 when too little was done, 2 when asked for something
 * else; a broken promise ends it with where that was. */
#include "base/number.h"
#include "crash.h"
#include "damage.h"
#include "failing.h"
#include "faults.h"
#include "place.h"
#include "upgrade.h"

#include <stdio.h>
#include <string.h>

static bool number(int argc, char **argv, const char *name, uint64_t *value)
{
    for (int i = 2; i + 1 < argc; i += 2)
        if (strcmp(argv[i], name) == 0)
            return number_parse_u53(span_of(argv[i + 1]), value) == ERR_OK;
    return true;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    uint64_t seeds = 20, count = 10000, seed = 1, stride = 1;
    place_init();
    faults_init();
    if (strcmp(verb, "crash") == 0 && number(argc, argv, "--seeds", &seeds))
        return crash_run(seeds) ? 0 : 1;
    if (strcmp(verb, "damage") == 0 && number(argc, argv, "--count", &count) &&
        number(argc, argv, "--seed", &seed))
        return damage_run(count, seed) ? 0 : 1;
    if (strcmp(verb, "failing") == 0 && number(argc, argv, "--stride", &stride) && stride > 0)
        return failing_run(stride) ? 0 : 1;
    if (strcmp(verb, "upgrade") == 0 && number(argc, argv, "--seeds", &seeds) &&
        number(argc, argv, "--stride", &stride) && stride > 0)
        return upgrade_run(seeds, stride) ? 0 : 1;
    fprintf(stderr, "usage: durable crash [--seeds N] | damage [--count N] [--seed S] |\n"
                    "       failing [--stride N] | upgrade [--seeds N] [--stride N]\n");
    return 2;
}
