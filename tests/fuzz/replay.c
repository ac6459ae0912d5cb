#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Runs a fuzz target once over every file of a corpus folder, so that whatever a fuzzer once found
 * stays found without one. Each input lies in a block of exactly its size: a sanitizer sees the
 * first byte read past it. A folder that is missing, unreadable or empty fails, for then nothing
 * was tested. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *folder, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return -1;
    }
    struct stat info;
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        perror(path);
        return -1;
    }
    size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size);
    size_t got = data ? fread(data, 1, size, file) : 0;
    fclose(file);
    if (got == size) {
        LLVMFuzzerTestOneInput(data, size);
    }
    free(data);
    return got == size ? 0 : -1;
}

int main(int argc, char **argv)
{
    const char *folder = argc == 2 ? argv[1] : "";
    DIR *entries = opendir(folder);
    if (!entries) {
        perror(argc == 2 ? folder : "usage: x_fuzz CORPUS-FOLDER");
        return 1;
    }
    int failed = 0;
    int count = 0;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        if (entry->d_name[0] != '.') {
            failed |= replay_file(folder, entry->d_name);
            count++;
        }
    }
    closedir(entries);
    printf("%s: %d inputs replayed\n", folder, count);
    return failed || count == 0;
}
