#define _GNU_SOURCE
#include "fake_peer.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINE = 4096 };

static void insist(bool good)
{
    if (!good) {
        perror("fake peer");
        abort();
    }
}

static int listen_at(const char *folder, const char *device)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[256];
    snprintf(path, sizeof path, "%s/run", folder);
    insist(mkdir(path, 0700) == 0 || errno == EEXIST);
    int size = snprintf(address.sun_path, sizeof address.sun_path, "%s/run/%s.sock", folder,
                        device);
    insist(size > 0 && (size_t)size < sizeof address.sun_path);
    unlink(address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    insist(fd >= 0 && bind(fd, (const void *)&address, sizeof address) == 0 && listen(fd, 8) == 0);
    return fd;
}

static FILE *open_below(const char *folder, const char *name, const char *mode)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, mode);
}

static void serve(int fd, FILE *asked, fake_peer_fn *answer)
{
    for (;;) {
        char line[LINE];
        FILE *client = fdopen(accept(fd, NULL, NULL), "r+");
        insist(client != NULL);
        while (fgets(line, sizeof line, client) != NULL) {
            const char *lines = answer(line);
            fputs(line, asked);
            fflush(asked);
            if (lines == NULL)
                break;
            fseek(client, 0, SEEK_CUR); /* from reading to writing */
            fputs(lines, client);
            fflush(client);
        }
        fclose(client);
    }
}

static void serve_at(int fd, const char *folder, const char *device, fake_peer_fn *answer)
{
    char name[96];
    snprintf(name, sizeof name, "%s.asked", device);
    FILE *asked = open_below(folder, name, "a");
    insist(asked != NULL);
    serve(fd, asked, answer);
}

pid_t fake_peer_start(const char *folder, const char *device, fake_peer_fn *answer)
{
    int fd = listen_at(folder, device);
    pid_t pid = fork();
    insist(pid >= 0);
    if (pid == 0)
        serve_at(fd, folder, device, answer);
    close(fd);
    return pid;
}

void fake_peer_stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

int fake_peer_run(int argc, char **argv, fake_peer_fn *answer)
{
    const char *folder = NULL;
    for (int i = 3; i + 1 < argc; i++)
        if (strcmp(argv[i], "--state-dir") == 0)
            folder = argv[i + 1];
    insist(argc > 3 && folder != NULL);
    FILE *arguments = open_below(folder, "arguments", "w");
    insist(arguments != NULL);
    for (int i = 1; i < argc; i++)
        fprintf(arguments, " %s", argv[i]);
    fprintf(arguments, " \n");
    fclose(arguments);
    serve_at(listen_at(folder, argv[2]), folder, argv[2], answer);
    return 1;
}

bool fake_peer_kept(const char *folder, const char *name, const char *text)
{
    char line[LINE];
    bool found = false;
    FILE *file = open_below(folder, name, "r");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strstr(line, text) != NULL;
    if (file != NULL)
        fclose(file);
    return found;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

void fake_peer_remove(const char *folder)
{
    insist(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
}
