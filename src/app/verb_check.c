#include "app/verb.h"

#include "app/config.h"
#include "base/text.h"
#include "io/file.h"

static int check_file(struct settings *s, const char *path)
{
    struct faults faults = {0};
    config_read(s, path, &faults);
    settings_apply(s, &faults);
    if (faults.count > 0) {
        (void)verb_usage(&faults, "config");
        return RUN_FAILED;
    }
    char shown[FILE_PATH_MAX];
    struct buf b;
    buf_init(&b, shown, sizeof shown);
    text_escape(&b, span_of(path), sizeof shown);
    printf("%.*s: ok, %zu %s\n", (int)b.size, b.bytes, s->rule_count,
           s->rule_count == 1 ? "rule" : "rules");
    return verb_finish_output();
}

int verb_check(int argc, char **argv)
{
    static const struct options_table none = {"check", NULL, 0};
    struct faults faults = {0};
    const char *path = NULL;
    struct verb_sink sink = {NULL, &faults, SETTINGS_FLAG, &path, "file"};
    struct options_sink options = {&sink, verb_on_option, verb_on_word};
    options_parse(&none, argc, argv, &options, &faults);
    if (path == NULL && faults.count == 0)
        faults_add(&faults, "which file? kith check FILE");
    if (path == NULL || faults.count > 0)
        return verb_usage(&faults, "check");
    struct settings *s = settings_new();
    int status = s == NULL ? RUN_FAILED : check_file(s, path);
    settings_free(s);
    return status;
}
