#ifndef TESTS_IO_TEMP_FOLDER_H
#define TESTS_IO_TEMP_FOLDER_H

/* A folder of a test's own. */
struct temp_folder {
    char path[64];
};

void temp_folder_make(struct temp_folder *f);
void temp_folder_remove(const struct temp_folder *f); /* and all that is in it */

#endif
