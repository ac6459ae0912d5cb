#include "app/paths.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static const char *absolute(const char *path)
{
    return path != NULL && path[0] == '/' ? path : NULL;
}

const char *paths_home(void)
{
    const char *home = absolute(getenv("HOME"));
    if (home != NULL)
        return home;
    const struct passwd *user = getpwuid(getuid());
    return user == NULL ? NULL : absolute(user->pw_dir);
}

/* $VARIABLE/kith, or HOME/fallback/kith. */
static enum err folder(char out[FILE_PATH_MAX], const char *variable, const char *home,
                       const char *fallback)
{
    const char *base = absolute(getenv(variable));
    if (base != NULL)
        return file_path(out, "%s/kith", base);
    if (home == NULL)
        return ERR_NOT_FOUND;
    return file_path(out, "%s/%s/kith", home, fallback);
}

static enum err one_folder(struct paths *p, const char *state_dir)
{
    enum err err = file_path(p->data, "%s", state_dir);
    if (err == ERR_OK)
        err = file_path(p->state, "%s", state_dir);
    if (err == ERR_OK)
        err = file_path(p->config, "%s/config", state_dir);
    if (err == ERR_OK)
        err = file_path(p->runtime, "%s/run", state_dir);
    return err;
}

static enum err xdg_folders(struct paths *p, const char *home)
{
    enum err err = folder(p->config, "XDG_CONFIG_HOME", home, ".config");
    if (err == ERR_OK)
        err = folder(p->data, "XDG_DATA_HOME", home, ".local/share");
    if (err == ERR_OK)
        err = folder(p->state, "XDG_STATE_HOME", home, ".local/state");
    if (err != ERR_OK)
        return err;
    const char *runtime = absolute(getenv("XDG_RUNTIME_DIR"));
    if (runtime != NULL)
        return file_path(p->runtime, "%s/kith", runtime);
    return file_path(p->runtime, "%s/run", p->state);
}

enum err paths_init(struct paths *p, const char *state_dir)
{
    *p = (struct paths){0};
    const char *home = paths_home();
    if (home != NULL && file_path(p->home, "%s", home) != ERR_OK)
        return ERR_SIZE;
    return state_dir != NULL ? one_folder(p, state_dir) : xdg_folders(p, home);
}

enum err paths_device_config(const struct paths *p, const char *device, char out[FILE_PATH_MAX])
{
    return file_path(out, "%s/%s.yaml", p->config, device);
}

void paths_write(struct buf *b, const char *home, const char *path)
{
    size_t size = home == NULL ? 0 : strlen(home);
    bool below = size > 1 && strncmp(path, home, size) == 0 &&
                 (path[size] == '/' || path[size] == '\0');
    if (below)
        buf_char(b, '~');
    buf_text(b, below ? path + size : path);
}
