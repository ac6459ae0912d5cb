#define _GNU_SOURCE
#include "scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const suffixes[SCENE_FILES] = {"", "-wal", ".epoch"};

static void path_of(const struct scene *s, int file, char out[128])
{
    snprintf(out, 128, "%s%s", s->world.path, suffixes[file]);
}

static void alloc(struct scene_files *files)
{
    for (int i = 0; i < SCENE_FILES; i++) {
        files->bytes[i] = malloc(SCENE_FILE_BYTES);
        check(files->bytes[i]);
    }
}

static void keep(struct scene *s, enum scene_moment moment, uint64_t last, uint64_t epoch)
{
    struct scene_files *files = &s->moments[moment];
    files->last = last;
    files->epoch = epoch;
    for (int i = 0; i < SCENE_FILES; i++) {
        char path[128];
        path_of(s, i, path);
        int fd = open(path, O_RDONLY);
        ssize_t size = fd >= 0 ? read(fd, files->bytes[i], SCENE_FILE_BYTES) : 0;
        check(size >= 0 && size < SCENE_FILE_BYTES);
        files->sizes[i] = (size_t)size;
        if (fd >= 0)
            close(fd);
    }
}

bool scene_is_sealed(uint64_t seq)
{
    return seq > 0 && seq % SCENE_SEALED_EVERY == 0;
}

/* By steps: the checkpoint in the last two of its records becomes the log's beginning, once a seal
 * covers it. */
static const struct {
    int mark, prune;
} prunings[] = {{5, 20}, {30, 50}};

static uint64_t first_of(size_t pruning)
{
    return (uint64_t)prunings[pruning].mark * 10 + 9;
}

bool scene_is_first(int log, uint64_t seq)
{
    bool is = seq == 1;
    for (size_t i = 0; log == SCENE_PRUNED && i < COUNT_OF(prunings); i++)
        is = is || seq == first_of(i);
    return is;
}

static void prune(struct scene *s, int step)
{
    for (size_t i = 0; i < COUNT_OF(prunings); i++)
        if (step == prunings[i].prune)
            store_world_prune(&s->world, &s->logs[SCENE_PRUNED], first_of(i));
}

/* Ten records, one effect each but for those of a checkpoint. */
static void write_ten(struct scene *s, int i, int step)
{
    struct store_world_log *log = &s->logs[i];
    bool marks = i == SCENE_PRUNED && step % 5 == 0;
    for (int k = 0; k < (marks ? 8 : 10); k++) {
        store_world_put(&s->world, log, 1);
        s->heads[i][log->last] = log->head;
    }
    if (!marks)
        return;
    store_world_mark(&s->world, log, 2, 2);
    s->heads[i][log->last - 1] = store_world_chain(&log->id, log->last - 1);
    s->heads[i][log->last] = log->head;
}

static void write_step(struct scene *s, int step)
{
    struct store_world *w = &s->world;
    for (int i = 0; i < SCENE_LOGS; i++) {
        struct store_world_log *log = &s->logs[i];
        write_ten(s, i, step);
        if (scene_is_sealed(log->last))
            store_world_seal(w, log);
        store_world_topic(w, log, log->id.device, log->last);
        store_world_peer(w, log->id.device, (uint32_t)step, 1000);
    }
    prune(s, step);
    store_world_wait(w);
}

static uint64_t begin(struct scene *s)
{
    uint64_t epoch;
    store_world_open(&s->world);
    enum err err = store_epoch(s->world.store, 0, 5, &epoch);
    check(err == ERR_OK);
    return epoch;
}

/* The first log is of the store's own device, in its first epoch. */
static void live(struct scene *s)
{
    static const int ends[SCENE_MOMENT_COUNT] = {12, 25, 40, SCENE_STEPS};
    int step = 0;
    for (int moment = 0; moment < SCENE_MOMENT_COUNT; moment++) {
        uint64_t epoch = begin(s);
        for (int i = 0; moment == 0 && i < SCENE_LOGS; i++) {
            char device[16];
            snprintf(device, sizeof device, "sensor%d", i + 1);
            s->logs[i] = store_world_log(device, i == 0 ? epoch : 7 + (uint64_t)i);
        }
        for (; step < ends[moment]; step++)
            write_step(s, step);
        if (moment == SCENE_EARLY || moment == SCENE_CLOSED)
            store_world_close(&s->world);
        keep(s, (enum scene_moment)moment, (uint64_t)step * 10, epoch);
        store_world_close(&s->world);
    }
}

struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    check(s);
    store_world_init(&s->world, STORE_WORLD_MEMORY);
    for (int i = 0; i < SCENE_MOMENT_COUNT; i++)
        alloc(&s->moments[i]);
    alloc(&s->now);
    live(s);
    check(s->moments[SCENE_MIDDLE].sizes[SCENE_WAL] > 0);
    check(s->moments[SCENE_LATE].sizes[SCENE_WAL] > 0);
    check(s->moments[SCENE_CLOSED].sizes[SCENE_WAL] == 0);
    return s;
}

static void free_files(struct scene_files *files)
{
    for (int i = 0; i < SCENE_FILES; i++)
        free(files->bytes[i]);
}

void scene_free(struct scene *s)
{
    store_world_fini(&s->world);
    for (int i = 0; i < SCENE_MOMENT_COUNT; i++)
        free_files(&s->moments[i]);
    free_files(&s->now);
    free(s);
}

void scene_take(struct scene *s, enum scene_moment moment)
{
    const struct scene_files *from = &s->moments[moment];
    s->now.last = from->last;
    s->now.epoch = from->epoch;
    for (int i = 0; i < SCENE_FILES; i++) {
        s->now.sizes[i] = from->sizes[i];
        memcpy(s->now.bytes[i], from->bytes[i], from->sizes[i]);
    }
}

void scene_put(struct scene *s)
{
    temp_folder_remove(&s->world.folder);
    int made = mkdir(s->world.folder.path, 0700);
    check(made == 0);
    for (int i = 0; i < SCENE_FILES; i++) {
        char path[128];
        if (s->now.sizes[i] == 0)
            continue;
        path_of(s, i, path);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ssize_t size = write(fd, s->now.bytes[i], s->now.sizes[i]);
        check(size == (ssize_t)s->now.sizes[i]);
        close(fd);
    }
}
