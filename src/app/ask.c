#include "app/ask.h"

#include "app/paths.h"
#include "base/text.h"
#include "io/control.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Which peer: the sockets in the runtime folder are tried in an order of preference until one
 * answers; one that a killed peer left behind refuses the connection and is passed over. */

enum { NAMES_MAX = 1024, ANSWER_BYTES_MAX = 2 * CONTROL_OUTPUT_MAX };

struct names {
    char (*list)[LIMIT_NAME + 1];
    size_t count;
};

uint64_t ask_clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t ask_deadline(const struct ask_options *o)
{
    return o->timed ? ask_clock_ms() + (uint64_t)(o->timeout_s * 1000) : UINT64_MAX;
}

const char *ask_topic_owner(const char *topic, char owner[LIMIT_NAME + 1])
{
    const char *slash = strchr(topic, '/');
    struct span device = {topic, slash == NULL ? 0 : (size_t)(slash - topic)};
    if (!access_name_valid(device))
        return NULL;
    ident_name_copy(owner, device);
    return owner;
}

static bool try_connect(struct ask *a, const char *folder, const char *device)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int size = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s.sock", folder, device);
    if (size < 0 || (size_t)size >= sizeof address.sun_path)
        return false;
    a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (a->fd >= 0 && connect(a->fd, (const void *)&address, sizeof address) == 0) {
        ident_name_copy(a->device, span_of(device));
        return true;
    }
    if (a->fd >= 0)
        close(a->fd);
    a->fd = -1;
    return false;
}

/* Lower is sooner. */
static int rank_of(const char *device)
{
    static const int ranks[ROLE_COUNT] = {
        [ROLE_CONTROLLER] = 0, [ROLE_ACTUATOR] = 1, [ROLE_OBSERVER] = 2, [ROLE_SENSOR] = 3};
    enum role role = ROLE_OBSERVER;
    return access_role_of_name(span_of(device), &role) ? ranks[role] : ranks[ROLE_OBSERVER];
}

static int compare_names(const void *left, const void *right)
{
    int order = rank_of(left) - rank_of(right);
    return order != 0 ? order : strcmp(left, right);
}

static void list_names(const char *folder, struct names *names)
{
    static const char suffix[] = ".sock";
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    names->count = 0;
    names->list = calloc(NAMES_MAX, sizeof *names->list);
    while (dir != NULL && names->list != NULL && names->count < NAMES_MAX &&
           (entry = readdir(dir)) != NULL) {
        size_t size = strlen(entry->d_name);
        if (size < sizeof suffix || strcmp(entry->d_name + size - sizeof suffix + 1, suffix) != 0)
            continue;
        struct span name = {entry->d_name, size - sizeof suffix + 1};
        if (access_name_valid(name))
            ident_name_copy(names->list[names->count++], name);
    }
    if (dir != NULL)
        closedir(dir);
    if (names->count > 0)
        qsort(names->list, names->count, sizeof *names->list, compare_names);
}

static bool connect_to_any(struct ask *a, const char *folder, const struct ask_wish *wish)
{
    struct names names;
    bool connected = wish->sooner != NULL && try_connect(a, folder, wish->sooner);
    if (connected)
        return true;
    list_names(folder, &names);
    for (size_t i = 0; i < names.count && !connected; i++)
        if (wish->later == NULL || strcmp(names.list[i], wish->later) != 0)
            connected = try_connect(a, folder, names.list[i]);
    free(names.list);
    return connected || (wish->later != NULL && try_connect(a, folder, wish->later));
}

static void say_nobody(struct ask *a, const struct paths *paths, const char *device)
{
    const struct ask_wish any = {0};
    char memory[FILE_PATH_MAX];
    struct buf folder;
    buf_init(&folder, memory, sizeof memory);
    paths_write(&folder, paths->home, paths->runtime);
    if (strlen(paths->runtime) + sizeof "/x.sock" > CONTROL_PATH_MAX)
        fprintf(stderr, "the runtime folder's path is too long for a socket; set XDG_RUNTIME_DIR "
                        "to a shorter one, for the peers too\n");
    if (device == NULL) {
        fprintf(stderr, "no peer of yours runs here (no socket in %.*s answers)\n",
                (int)folder.size, folder.bytes);
        fprintf(stderr, "Next: kith controller1\n");
        return;
    }
    fprintf(stderr, "%s does not run here (%.*s/%s.sock does not answer)\n", device,
            (int)folder.size, folder.bytes, device);
    if (connect_to_any(a, paths->runtime, &any))
        fprintf(stderr, "Next: kith %s, or --device %s, which runs\n", device, a->device);
    else
        fprintf(stderr, "Next: kith %s\n", device);
    ask_close(a);
}

int ask_open(struct ask *a, const struct ask_options *o, const struct ask_wish *wish)
{
    struct paths *paths = malloc(sizeof *paths);
    *a = (struct ask){.fd = -1};
    bool connected = false;
    if (paths == NULL || paths_init(paths, o->state_dir) != ERR_OK) {
        fprintf(stderr, "no home folder is known: set HOME, or give --state-dir DIR\n");
        free(paths);
        return RUN_FAILED;
    }
    if (o->device != NULL)
        connected = try_connect(a, paths->runtime, o->device);
    else
        connected = connect_to_any(a, paths->runtime, wish);
    if (!connected && wish->talk == ASK_TALKS)
        say_nobody(a, paths, o->device);
    free(paths);
    return connected ? RUN_OK : RUN_NOBODY;
}

void ask_close(struct ask *a)
{
    if (a->fd >= 0)
        close(a->fd);
    free(a->bytes);
    *a = (struct ask){.fd = -1};
}

enum err ask_send(struct ask *a, const struct request *r)
{
    char memory[REQUEST_BYTES + 1];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    request_encode(r, &b);
    buf_char(&b, '\n');
    check(!b.overflow);
    for (size_t sent = 0; sent < b.size;) {
        ssize_t size = send(a->fd, b.bytes + sent, b.size - sent, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return ERR_CLOSED;
        sent += (size_t)size;
    }
    return ERR_OK;
}

static enum err reserve(struct ask *a)
{
    if (a->begin > 0) {
        memmove(a->bytes, a->bytes + a->begin, a->size - a->begin);
        a->size -= a->begin;
        a->begin = 0;
    }
    if (a->size < a->capacity)
        return ERR_OK;
    if (a->capacity >= ANSWER_BYTES_MAX)
        return ERR_SIZE;
    size_t capacity = a->capacity == 0 ? 65536 : 2 * a->capacity;
    char *bytes = realloc(a->bytes, capacity);
    if (bytes == NULL)
        return ERR_MEMORY;
    a->bytes = bytes;
    a->capacity = capacity;
    return ERR_OK;
}

/* Waits for bytes until the deadline. */
static enum err receive(struct ask *a, uint64_t deadline_ms)
{
    enum { SLICE_MS = 3600000 };
    enum err err = reserve(a);
    while (err == ERR_OK) {
        uint64_t now = ask_clock_ms();
        uint64_t left = deadline_ms > now ? deadline_ms - now : 0;
        struct pollfd ready = {a->fd, POLLIN, 0};
        int count = poll(&ready, 1, left < SLICE_MS ? (int)left : SLICE_MS);
        if (count == 0 && left < SLICE_MS)
            return ERR_TIMEOUT;
        if (count <= 0)
            continue;
        ssize_t size = recv(a->fd, a->bytes + a->size, a->capacity - a->size, 0);
        if (size > 0) {
            a->size += (size_t)size;
            return ERR_OK;
        }
        if (size == 0 || errno != EINTR)
            return ERR_CLOSED;
    }
    return err;
}

enum err ask_line(struct ask *a, uint64_t deadline_ms, struct span *line)
{
    size_t looked = a->begin;
    for (;;) {
        const char *end = a->size > looked ? memchr(a->bytes + looked, '\n', a->size - looked)
                                           : NULL;
        if (end != NULL) {
            *line = (struct span){a->bytes + a->begin, (size_t)(end - a->bytes) - a->begin};
            a->begin += line->size + 1;
            return ERR_OK;
        }
        looked = a->size - a->begin;
        enum err err = receive(a, deadline_ms);
        if (err != ERR_OK)
            return err;
    }
}

enum err ask_answer(struct ask *a, uint64_t deadline_ms, struct span *line, struct ask_json **json)
{
    enum err err = ask_line(a, deadline_ms, line);
    if (err != ERR_OK)
        return err;
    *json = ask_json_parse(*line);
    return *json != NULL ? ERR_OK : ERR_SYNTAX;
}

int ask_refused(const struct ask *a, const struct ask_json *json)
{
    struct span kind, text;
    char memory[4096];
    struct buf b;
    (void)ask_json_text(json, "error", &kind);
    (void)ask_json_text(json, "text", &text);
    buf_init(&b, memory, sizeof memory);
    text_escape(&b, text, sizeof memory);
    fprintf(stderr, "%.*s\n", (int)b.size, b.bytes);
    if (span_is(kind, "not_found"))
        fprintf(stderr,
                "Next: kith get --device %s (or kith status) lists what it knows; --device "
                "NAME asks another peer\n",
                a->device);
    return span_is(kind, "offline") ? RUN_NOBODY : RUN_FAILED;
}

int ask_failed(const struct ask *a, enum err err)
{
    if (err == ERR_TIMEOUT) {
        fprintf(stderr, "%s did not answer in time; see how it is: kith status --device %s\n",
                a->device, a->device);
        return RUN_TIMED_OUT;
    }
    if (err == ERR_CLOSED)
        fprintf(stderr,
                "%s has ended, or gave up a reader that was too slow. Next: kith status "
                "--device %s\n",
                a->device, a->device);
    else
        fprintf(stderr,
                "the answer of %s can't be read: %s. Is it of another version? Restart it\n",
                a->device, err_text(err));
    return RUN_FAILED;
}
