#include "app/verb.h"

#include "app/config.h"
#include "app/paths.h"
#include "base/text.h"

#include <stdlib.h>
#include <unistd.h>

/* The configuration: the file that is named, or the device's own if there is one. */
static void read_config(struct settings *s, const struct paths *paths, char path[FILE_PATH_MAX],
                        struct faults *faults)
{
    const char *named = settings_peek(s, "config");
    path[0] = '\0';
    if (named != NULL) {
        if (file_path(path, "%s", named) != ERR_OK)
            faults_add(faults, "%s: the path is too long", named);
        else
            config_read(s, path, faults);
        return;
    }
    if (s->device == NULL || !access_name_valid(span_of(s->device)) ||
        paths_device_config(paths, s->device, path) != ERR_OK)
        return;
    if (access(path, F_OK) == 0)
        config_read(s, path, faults);
}

static void say_start(const struct settings *s, const struct paths *paths, const char *config)
{
    if (s->run.udp.plain)
        fprintf(stderr,
                "[%s] --plain: readings that nobody has proven are obeyed, and ours are sent "
                "unprotected; for lessons, on a network where everybody is trusted\n",
                s->run.device);
    if (config[0] == '\0' || s->run.quiet || access(config, F_OK) != 0)
        return;
    char path[FILE_PATH_MAX], shown[FILE_PATH_MAX];
    struct buf raw, b;
    buf_init(&raw, path, sizeof path);
    buf_init(&b, shown, sizeof shown);
    paths_write(&raw, paths->home, config);
    text_escape(&b, buf_view(&raw), sizeof shown);
    fprintf(stderr, "[%s] Configured by %.*s: %zu %s\n", s->run.device, (int)b.size, b.bytes,
            s->run.rule_count, s->run.rule_count == 1 ? "rule" : "rules");
}

static int run_settings(struct settings *s, int argc, char **argv, struct paths *paths)
{
    struct faults faults = {0};
    char config[FILE_PATH_MAX] = "";
    struct verb_sink sink = {s, &faults, SETTINGS_ENVIRONMENT, &s->device, "device"};
    struct options_sink options = {&sink, verb_on_option, verb_on_word};
    options_environment(settings_table(), &options, &faults);
    sink.level = SETTINGS_FLAG;
    options_parse(settings_table(), argc, argv, &options, &faults);
    const char *state_dir = settings_peek(s, "state-dir");
    if (paths_init(paths, state_dir) != ERR_OK)
        faults_add(&faults, "no home folder is known, or its name is too long: set HOME, or give "
                            "--state-dir DIR");
    size_t before = faults.count;
    if (before == 0)
        read_config(s, paths, config, &faults);
    if (faults.count > before)
        return verb_usage(&faults, "config");
    settings_apply(s, &faults);
    if (faults.count == 0)
        settings_complete(s, &faults);
    if (faults.count > 0)
        return verb_usage(&faults, "run");
    s->run.data = paths->data;
    s->run.runtime = paths->runtime;
    s->run.config = config[0] != '\0' ? config : NULL;
    say_start(s, paths, config);
    return run_peer(&s->run);
}

int verb_run(int argc, char **argv)
{
    struct settings *s = settings_new();
    struct paths *paths = malloc(sizeof *paths);
    int status = RUN_FAILED;
    if (s != NULL && paths != NULL)
        status = run_settings(s, argc, argv, paths);
    else
        fprintf(stderr, "out of memory\n");
    settings_free(s);
    free(paths);
    return status;
}
