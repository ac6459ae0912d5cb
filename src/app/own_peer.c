#include "app/own_peer.h"

#include "app/paths.h"
#include "io/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The happy path: its name is read from disk, or made; a child process runs it; its control socket
 * answers. */

enum { NAME_DIGITS = 8, ARGUMENTS_MAX = 64, TEXT_BYTES = 64, READY_MS = 5000, LOOK_MS = 5 };

struct arguments {
    char *list[ARGUMENTS_MAX + 1];
    size_t count;
    char texts[ARGUMENTS_MAX][TEXT_BYTES];
};

static void add(struct arguments *args, const char *text)
{
    if (args->count < ARGUMENTS_MAX)
        args->list[args->count++] = (char *)text;
}

static void add_copy(struct arguments *args, struct span text)
{
    if (args->count == ARGUMENTS_MAX || text.size >= TEXT_BYTES)
        return;
    char *copy = args->texts[args->count];
    memcpy(copy, text.bytes, text.size);
    copy[text.size] = '\0';
    add(args, copy);
}

/* "cli-3f9ac2d1": chosen once, so that no two machines of a network have the same. */
static enum err read_name(const struct paths *paths, char name[LIMIT_NAME + 1])
{
    char path[FILE_PATH_MAX], *bytes;
    size_t size;
    enum err err = file_path(path, "%s/cli-name", paths->data);
    if (err != ERR_OK)
        return err;
    err = file_read(path, LIMIT_NAME, &bytes, &size);
    if (err == ERR_OK) {
        bool valid = access_name_valid((struct span){bytes, size});
        if (valid)
            ident_name_copy(name, (struct span){bytes, size});
        free(bytes);
        if (valid)
            return ERR_OK;
    }
    snprintf(name, LIMIT_NAME + 1, "cli-%0*llx", NAME_DIGITS,
             (unsigned long long)(trust_random() >> (64 - 4 * NAME_DIGITS)));
    err = file_make_folder(paths->data);
    return err == ERR_OK ? file_write(path, span_of(name), FILE_DURABLE) : err;
}

static void add_number(struct arguments *args, const struct ask_json *object, const char *name,
                       const char *before)
{
    char text[TEXT_BYTES];
    uint64_t number;
    if (!ask_json_count(object, name, &number))
        return;
    int size = snprintf(text, sizeof text, "%s%llu", before, (unsigned long long)number);
    add_copy(args, (struct span){text, (size_t)size});
}

/* Where the target was last seen, when the peer beside us knows. */
static void add_target(struct arguments *args, const struct ask_json *status, const char *target)
{
    const struct ask_json *peers = ask_json_get(status, "peers");
    for (size_t i = 0; i < ask_json_size(peers); i++) {
        const struct ask_json *peer = ask_json_at(peers, i);
        struct span device, address;
        if (!ask_json_text(peer, "device", &device) || !span_is(device, target) ||
            !ask_json_text(peer, "address", &address))
            continue;
        add(args, "--peer");
        add_copy(args, address);
    }
}

static void add_network(struct arguments *args, const struct ask_json *status, const char *target)
{
    const struct ask_json *found = ask_json_get(status, "discovery");
    const struct ask_json *interfaces = ask_json_get(found, "interfaces");
    if (found == NULL)
        return;
    add_number(args, found, "port", "--port=");
    if (ask_json_truth(found, "loopback"))
        add(args, "--loopback");
    for (size_t i = 0; i < ask_json_size(interfaces); i++) {
        struct span name;
        if (!ask_json_text(ask_json_at(interfaces, i), "name", &name))
            continue;
        add(args, "--interface");
        add_copy(args, name);
    }
    add(args, "--peer");
    add_number(args, found, "session_port", "127.0.0.1:");
    add_target(args, status, target);
}

static void run_child(char **arguments)
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    execv("/proc/self/exe", arguments);
    fprintf(stderr, "kith can't start itself: %s\n", strerror(errno));
    _exit(RUN_FAILED);
}

static bool has_ended(struct own_peer *p)
{
    if (waitpid(p->pid, NULL, WNOHANG) == 0)
        return false;
    p->pid = 0;
    return true;
}

/* Its control socket answers. */
static int connect_to(struct own_peer *p, struct ask *a, const struct ask_options *o)
{
    struct ask_options own = *o;
    uint64_t until_ms = ask_clock_ms() + READY_MS;
    own.device = p->device;
    while (ask_clock_ms() < until_ms) {
        bool ended = has_ended(p);
        if (ask_open(a, &own, &(struct ask_wish){.talk = ASK_SILENT}) == RUN_OK)
            return RUN_OK; /* also when it was running for somebody else */
        if (ended)
            return RUN_FAILED; /* it has said why */
        poll(NULL, 0, LOOK_MS);
    }
    fprintf(stderr,
            "%s, the controller of the command line, did not start in time. Next: kith %s "
            "--role controller --no-rules\n",
            p->device, p->device);
    return RUN_TIMED_OUT;
}

int own_peer_start(struct own_peer *p, struct ask *a, const struct ask_options *o,
                   const struct ask_json *beside, const char *target)
{
    struct paths *paths = malloc(sizeof *paths);
    struct arguments *args = calloc(1, sizeof *args);
    bool named = paths != NULL && args != NULL && paths_init(paths, o->state_dir) == ERR_OK &&
                 read_name(paths, p->device) == ERR_OK;
    free(paths);
    if (!named) {
        fprintf(stderr, "the name of the command line's controller can't be written: look at the "
                        "folders that kith paths shows\n");
        free(args);
        return RUN_FAILED;
    }
    static const char *const behind_name[] = {"--role", "controller", "--no-rules", "--quiet"};
    add(args, "kith");
    add(args, "run");
    add(args, p->device);
    for (size_t i = 0; i < COUNT_OF(behind_name); i++)
        add(args, behind_name[i]);
    if (o->state_dir != NULL) {
        add(args, "--state-dir");
        add(args, o->state_dir);
    }
    add_network(args, beside, target);
    p->pid = fork();
    if (p->pid == 0)
        run_child(args->list);
    free(args);
    if (p->pid > 0)
        return connect_to(p, a, o);
    p->pid = 0;
    fprintf(stderr, "no process can be started: %s\n", strerror(errno));
    return RUN_FAILED;
}

void own_peer_stop(struct own_peer *p)
{
    if (p->pid <= 0)
        return;
    kill(p->pid, SIGTERM);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    p->pid = 0;
}
