#include "app/verb.h"

#include "app/paths.h"

#include <stdlib.h>

/* Verbs that take the folder options of run, and nothing else. */
static const struct options_table *paths_options(struct options_entry entry[1],
                                                 struct options_table *table)
{
    entry[0] = *options_find(settings_table(), SPAN("state-dir"));
    *table = (struct options_table){"paths", entry, 1};
    return table;
}

static int print_paths(const char *state_dir, const char *device)
{
    struct paths *p = malloc(sizeof *p);
    if (p == NULL || paths_init(p, state_dir) != ERR_OK) {
        fprintf(stderr, "no home folder is known, or its name is too long: set HOME, or give "
                        "--state-dir DIR\n");
        free(p);
        return RUN_FAILED;
    }
    if (device == NULL)
        device = "DEVICE";
    printf("config   %s/%s.yaml\n", p->config, device);
    printf("network  %s/network\n", p->data);
    printf("device   %s/devices/%s\n", p->data, device);
    printf("state    %s\n", p->state);
    printf("runtime  %s\n", p->runtime);
    free(p);
    return verb_finish_output();
}

int verb_paths(int argc, char **argv)
{
    struct faults faults = {0};
    struct options_entry entry[1];
    struct options_table table;
    struct settings *s = settings_new();
    if (s == NULL)
        return RUN_FAILED;
    struct verb_sink sink = {s, &faults, SETTINGS_ENVIRONMENT, &s->device, "device"};
    struct options_sink options = {&sink, verb_on_option, verb_on_word};
    paths_options(entry, &table);
    options_environment(&table, &options, &faults);
    sink.level = SETTINGS_FLAG;
    options_parse(&table, argc, argv, &options, &faults);
    if (s->device != NULL && !access_name_valid(span_of(s->device)))
        faults_add(&faults, "%s: a device name is 1 to 63 of a-z, 0-9, - and _", s->device);
    int status = faults.count > 0 ? verb_usage(&faults, "paths")
                                  : print_paths(settings_peek(s, "state-dir"), s->device);
    settings_free(s);
    return status;
}
