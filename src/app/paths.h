#ifndef APP_PATHS_H
#define APP_PATHS_H

#include "base/buf.h"
#include "base/err.h"
#include "io/file.h"

/* Where things are: the folders of the XDG Base Directory Specification, or one folder for
 * everything (--state-dir). Nothing is made here. */
struct paths {
    char config[FILE_PATH_MAX];  /* DEVICE.yaml */
    char data[FILE_PATH_MAX];    /* network/ and devices/ (io/trust.h) */
    char state[FILE_PATH_MAX];   /* what may be lost */
    char runtime[FILE_PATH_MAX]; /* what ends with the session */
    char home[FILE_PATH_MAX];    /* empty when there is none */
};

/* Reads the environment; as the specification says, relative XDG paths count as unset.
 * ERR_NOT_FOUND: no home folder, and not everything said; ERR_SIZE. */
MUST_USE enum err paths_init(struct paths *p, const char *state_dir);
/* The configuration of a device: "~/.config/kith/sensor1.yaml" before its ~ is written out. */
MUST_USE enum err paths_device_config(const struct paths *p, const char *device,
                                      char out[FILE_PATH_MAX]);
/* Writes a path for a person: the home folder as ~. */
void paths_write(struct buf *b, const char *home, const char *path);
/* The home folder: $HOME, or what the system's user table says; NULL when there is none. */
const char *paths_home(void);

#endif
