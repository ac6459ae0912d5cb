#define _GNU_SOURCE
#include "temp_folder.h"

#include "base/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

void temp_folder_make(struct temp_folder *f)
{
    snprintf(f->path, sizeof f->path, "/tmp/kith-test-XXXXXX");
    check(mkdtemp(f->path));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void temp_folder_remove(const struct temp_folder *f)
{
    nftw(f->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
