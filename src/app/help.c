#include "app/help.h"

#include "app/words.h"

static void put_version(FILE *out)
{
    char memory[32];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    words_version(&b);
    fprintf(out, "Kith %.*s", (int)b.size, b.bytes);
}

void help_first(FILE *out)
{
    put_version(out);
    fputs(": a secure network of IoT peers, without a server.\n"
          "\n"
          "Type this in one terminal:    kith sensor1\n"
          "and this in another:          kith actuator1\n"
          "\n"
          "They find each other, and the fan follows the temperature. More: kith help\n",
          out);
}

void help_overview(const struct help_verb *verbs, size_t count, FILE *out)
{
    fputs("kith sensor1                          a simulated temperature\n"
          "kith actuator1                        a fan that is on above 25 °C\n"
          "kith controller1                      mean, least and greatest of what it hears\n"
          "kith sensor2 --dataset room.csv       a recorded dataset\n"
          "kith sensor1 --loopback               this machine only\n"
          "\n",
          out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "kith %-32s %s\n", verbs[i].usage, verbs[i].help);
    fputs("\n"
          "kith DEVICE is short for kith run DEVICE. The role stands in the name (sensor,\n"
          "actuator, controller), or is given by --role.\n"
          "Exit status: 0 ok, 1 failed, 2 usage, 3 nobody there, 4 refused, 5 timed out.\n",
          out);
}

void help_verb(const struct help_verb *verb, FILE *out)
{
    if (verb->examples != NULL)
        fprintf(out, "%s\n", verb->examples);
    fprintf(out, "Usage: kith %s\n       %s\n", verb->usage, verb->help);
    if (verb->options != NULL)
        options_help(verb->options(), out);
    if (verb->more != NULL)
        fprintf(out, "\n%s", verb->more);
}
