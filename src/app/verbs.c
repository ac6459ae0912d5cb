#include "app/verbs.h"

#include "app/ask_options.h"
#include "app/help.h"
#include "app/verb.h"

#include <signal.h>
#include <unistd.h>

/* One table of verbs, which also makes the help. Anything that is not a verb is a device to run. */

typedef int verb_fn(int argc, char **argv);

static int version(int argc, char **argv)
{
    if (argc > 0) {
        struct faults faults = {0};
        faults_add(&faults, "%s: kith version takes nothing behind it", argv[0]);
        return verb_usage(&faults, "version");
    }
    puts("kith " KITH_VERSION);
    return verb_finish_output();
}

static int help(int argc, char **argv);

static const char
    run_examples[] = "kith sensor1 --dataset room.csv --speed 60\n"
                     "kith sensor1 --exec 'python3 my_sensor.py'\n"
                     "kith actuator1 --on-change 'echo $KITH_PROPERTY is $KITH_VALUE'\n"
                     "kith controller1 --peer 192.168.1.23:47120\n";

static const char run_more
    [] = "Each option is also a variable: --state-dir is KITH_STATE_DIR, a switch is on by\n"
         "KITH_PLAIN=1, several values stand between semicolons. The command line counts\n"
         "before the environment, and that before the configuration (kith help config).\n"
         "SIGINT and SIGTERM end a peer with status 0; --exit with 5 when nobody has\n"
         "acknowledged everything in time.\n";

static const char config_text[] =
    "A device's configuration is ~/.config/kith/DEVICE.yaml, or what --config names. It holds\n"
    "the options of kith run, with _ for -, those of readings below `source:`, and rules:\n"
    "\n"
    "  loopback: true\n"
    "  peer: [192.168.1.23:47120]\n"
    "  retention: {age: 30d, size: 500MB}   # else all is kept\n"
    "  source:\n"
    "    dataset: room.csv\n"
    "    every: 2\n"
    "  rules:\n"
    "    - name: cool                  # else the property\n"
    "      when: temperature > 25      # [AGGREGATE] [DEVICE/]TYPE [over TIME] OP VALUE\n"
    "      then: fan                   # or: fan = high\n"
    "      else: off                   # while idle\n"
    "      hysteresis: 0.5             # on above 25, off at 24.5\n"
    "      for: 10s                    # once it has held so long\n"
    "      min_on: 1m                  # once on, at least so long; min_off: once off\n"
    "      fresh: 30s                  # older values do not count (forever: all do)\n"
    "      stale: keep                 # what to do without values: keep, on or off\n"
    "    - when:                       # all must hold; or: when: {any: [...]}\n"
    "        - mean sensor*/temperature over 10m > 25\n"
    "        - actuator1/window == shut\n"
    "      schedule:                   # local time; idle outside\n"
    "        - {days: mon-fri, from: 7:00, to: 22:00}\n"
    "      then:                       # a controller's rule sets others' properties\n"
    "        - {set: \"*/fan\", to: high, else: off}\n"
    "        - {set: actuator1/horn}   # no else: nothing is set when it becomes idle\n"
    "        - {do: siren1/beep, with: 3}  # done once when it becomes active (no state)\n"
    "      else: {do: siren1/still}    # ... and when it becomes idle; do: beep is our own\n"
    "      backup: [controller2]       # decides when this one (owner:) is gone\n"
    "\n"
    "AGGREGATE is any (else), all, mean, min, max or count, of each one's last value or, with\n"
    "over, of all values of that time. In DEVICE and TYPE a * stands for any characters; what\n"
    "begins with * stands in quotes. OP is >, >=, <, <=, == or !=; VALUE a number, true, false\n"
    "or, behind == and !=, a word. A condition's own: {when: co2 > 1000, over: 5m}; so\n"
    "hysteresis: and fresh:. Try it: kith check FILE\n";

static const char status_more[] =
    "Each peer: name, role, online, suspect, offline or left, when it was last heard, where it\n"
    "is, how it was found, and its round trip, or the evidence that it is gone. Then how many\n"
    "sessions were lost, for silence, and falsely (the other side was there), what was\n"
    "refused, and each problem with what helps. --json: one object, schema kith/status/1.\n"
    "Two peers whose state_hash is the same hold the same sealed records.\n";

static const char get_more[] =
    "Without a topic: all. In a topic * stands for any characters: 'sensor*/temperature'.\n"
    "A format's letters: %I time, %U seconds since 1970, %t topic, %v value, %u unit, %d device,\n"
    "%e epoch, %s sequence, %a age in seconds, %% a percent sign.\n"
    "--json: one object a line, schema kith/record/1; sealed says whether its device's signature\n"
    "over it has arrived.\n";

static const char watch_more[] =
    "First the values that are there, then each as it comes. Ends with 5 when --timeout is over\n"
    "and fewer than --count came, or none. Format and --json: kith help get.\n";

static const char history_more[] =
    "In the order in which its device wrote them, one life of it after the other; times are UTC.\n"
    "Records that no seal of their device covers yet are marked. Format and --json: kith help\n"
    "get.\n";

static const char set_more[] =
    "Shows how it goes: sent, acknowledged (on the device's disk, under a signature), confirmed\n"
    "(the device says that it is so). A value is true, false, a number or a word; it holds\n"
    "against rules until --for is over or auto is set, also when nobody waits for it any more.\n"
    "Ends with 0 when confirmed, 3 when the device can't be reached, 4 when it is refused, 5 when\n"
    "the time was too short.\n";

static const char command_more[] =
    "For what is no state. It is done at most once, and not later than --timeout from now: where "
    "it\n"
    "can't be delivered in time it is dropped. The device's --on-command script carries it out;\n"
    "without one the device only tells it. Its start and its outcome are records of the topic.\n"
    "Ends with 0 when done, 4 when refused (or the script failed), 5 when it was too late, 1 when\n"
    "nobody knows.\n";

static const char why_more[] = "Each decision with its conditions: \u2713 held, \u2717 did not. "
                               "Those that changed something are\n"
                               "records and come from its log; of those that changed nothing the "
                               "device itself keeps the last\n"
                               "64, one a second of each rule.\n";

static const char wait_more[] =
    "A device is there when the peer that is asked has a session with it. Peers that are not yet\n"
    "started are waited for, too. Ends with 5 when --timeout is over.\n";

static const struct verb {
    struct help_verb help;
    verb_fn *run;
} verbs[] = {
    {{"run", "run DEVICE [OPTIONS]", "one peer", run_examples, run_more, settings_table}, verb_run},
    {{"status", "status [OPTIONS]", "who is there, and what is wrong",
      "kith status\nkith status --device sensor1 --json\n", status_more, ask_options_status},
     verb_status},
    {{"get", "get [TOPIC] [OPTIONS]", "the present value",
      "kith get sensor1/temperature\nkith get actuator1/fan --format %v\n", get_more,
      ask_options_get},
     verb_get},
    {{"watch", "watch [TOPIC] [OPTIONS]", "live values",
      "kith watch\nkith watch '*/temperature' -n 10 -W 60\n", watch_more, ask_options_watch},
     verb_watch},
    {{"history", "history TOPIC [OPTIONS]", "what a value was",
      "kith history sensor1/temperature --from -10m\n"
      "kith history actuator1/fan --csv > fan.csv\n",
      history_more, ask_options_history},
     verb_history},
    {{"set", "set TOPIC VALUE [OPTIONS]", "what a device shall be",
      "kith set actuator1/fan on --for 10m\nkith set actuator1/fan auto\n", set_more,
      ask_options_set},
     verb_set},
    {{"command", "command TOPIC [VALUE] [OPTIONS]", "what a device shall do, once and now",
      "kith command actuator1/beep\nkith command door-actuator/open 30 -W 2\n", command_more,
      ask_options_command},
     verb_command},
    {{"why", "why DEVICE [OPTIONS]", "the last decisions, and what they rest on",
      "kith why actuator1\nkith why controller1 -n 1 --json\n", why_more, ask_options_why},
     verb_why},
    {{"ping", "ping DEVICE [OPTIONS]", "round trips over the session", "kith ping sensor1 -n 10\n",
      "Ends with 3 when there is no session with the device, with 5 when an answer did not come.\n",
      ask_options_ping},
     verb_ping},
    {{"wait", "wait DEVICE|TOPIC[=VALUE]", "until a peer or a value is there",
      "kith wait actuator1 -W 10 && kith wait actuator1/fan=on -W 60\n", wait_more,
      ask_options_wait},
     verb_wait},
    {{"check", "check FILE", "what is wrong with a configuration", NULL,
      "How a configuration is written: kith help config\n", NULL},
     verb_check},
    {{"dataset", "dataset SCENARIO [OPTIONS]", "write a synthetic dataset",
      "kith dataset home --rows 1000 --seed 7 --csv > home.csv\nkith sensor1 --dataset home.csv\n",
      NULL, verb_dataset_options},
     verb_dataset},
    {{"paths", "paths [DEVICE] [--state-dir DIR]", "where keys, logs and settings are", NULL, NULL,
      NULL},
     verb_paths},
    {{"version", "version", "which version this is", NULL, NULL, NULL}, version},
    {{"help", "help [VERB | config]", "this, or more of one verb", NULL, NULL, NULL}, help},
};

static const struct verb *find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strcmp(name, verbs[i].help.name) == 0)
            return &verbs[i];
    return NULL;
}

static const char *verb_name(const void *context, size_t index)
{
    (void)context;
    return index < COUNT_OF(verbs) ? verbs[index].help.name : NULL;
}

static int help_all(void)
{
    struct help_verb list[COUNT_OF(verbs)];
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        list[i] = verbs[i].help;
    help_overview(list, COUNT_OF(verbs), stdout);
    return verb_finish_output();
}

static int help_of(const struct verb *verb)
{
    help_verb(&verb->help, stdout);
    return verb_finish_output();
}

static int help(int argc, char **argv)
{
    if (argc == 0)
        return help_all();
    if (strcmp(argv[0], "config") == 0) {
        fputs(config_text, stdout);
        return verb_finish_output();
    }
    const struct verb *verb = find(argv[0]);
    if (verb != NULL)
        return help_of(verb);
    struct faults faults = {0};
    const char *nearest = faults_nearest(span_of(argv[0]), verb_name, NULL);
    faults_add(&faults, "%s: no such verb%s%s%s", argv[0], nearest == NULL ? "" : "; did you mean ",
               nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
    return verb_usage(&faults, nearest == NULL ? "" : nearest);
}

/* A standard descriptor that was closed would be given to the next file that is opened, and that
 * file be printed into. */
static bool open_standard(void)
{
    FILE *const streams[] = {stdin, stdout, stderr};
    static const char *const modes[] = {"r", "w", "w"};
    for (int fd = 0; fd < 3; fd++)
        if (lseek(fd, 0, SEEK_CUR) < 0 && dup2(fd, fd) < 0 &&
            freopen("/dev/null", modes[fd], streams[fd]) == NULL)
            return false;
    return true;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* `kith versoin` is run as a device, but was meant as a verb. */
static void hint_verb(const char *word)
{
    enum role role;
    const char *nearest = faults_nearest(span_of(word), verb_name, NULL);
    if (nearest != NULL && word[0] != '-' && !access_role_of_name(span_of(word), &role))
        fprintf(stderr, "If you meant the verb: kith %s\n", nearest);
}

int verbs_main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (!open_standard())
        return RUN_FAILED;
    if (argc < 2) {
        help_first(stdout);
        return verb_finish_output();
    }
    const struct verb *verb = find(argv[1]);
    if (verb != NULL && asks_for_help(argc - 2, argv + 2))
        return help_of(verb);
    if (verb != NULL)
        return verb->run(argc - 2, argv + 2);
    if (strcmp(argv[1], "--version") == 0)
        return version(argc - 2, argv + 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help_all();
    if (asks_for_help(argc - 1, argv + 1))
        return help_of(find("run"));
    int status = verb_run(argc - 1, argv + 1);
    if (status == RUN_USAGE)
        hint_verb(argv[1]);
    return status;
}
