#include "io/udp_port.h"

#include "base/text.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH = 300, LINE = 512, COMMAND = 32 };

/* The socket's inode, from /proc/net/udp (proc(5)): "sl local remote st queues tr retrnsmt uid
 * timeout inode". */
static uint64_t find_inode(uint16_t port)
{
    uint64_t inode = 0;
    char line[LINE];
    FILE *table = fopen("/proc/net/udp", "re");
    while (table && inode == 0 && fgets(line, sizeof line, table)) {
        unsigned local;
        uint64_t number;
        if (sscanf(line, " %*d: %*8x:%4x %*s %*x %*s %*s %*x %*u %*u %" SCNu64, &local, &number) ==
                2 &&
            local == port)
            inode = number;
    }
    if (table)
        fclose(table);
    return inode;
}

static bool holds(const char *pid, const char *wanted)
{
    char path[PATH];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *open_files = opendir(path);
    bool found = false;
    for (struct dirent *e; open_files && !found && (e = readdir(open_files));) {
        char target[LINE] = "";
        ssize_t size = readlinkat(dirfd(open_files), e->d_name, target, sizeof target - 1);
        found = size > 0 && strcmp(target, wanted) == 0;
    }
    if (open_files)
        closedir(open_files);
    return found;
}

static void describe(const char *pid, char *out, size_t capacity)
{
    char path[PATH];
    char command[COMMAND] = "a program";
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        if (!fgets(command, sizeof command, file))
            command[0] = '\0';
        fclose(file);
    }
    command[strcspn(command, "\n")] = '\0';
    struct buf b;
    buf_init(&b, out, capacity - 1);
    text_escape(&b, span_of(command), capacity);
    buf_text(&b, " (pid ");
    buf_text(&b, pid);
    buf_char(&b, ')');
    out[b.size] = '\0';
}

void udp_port_holder(uint16_t port, char *out, size_t capacity)
{
    snprintf(out, capacity, "another program");
    uint64_t inode = find_inode(port);
    if (inode == 0)
        return;
    char wanted[64];
    snprintf(wanted, sizeof wanted, "socket:[%" PRIu64 "]", inode);
    DIR *processes = opendir("/proc");
    for (struct dirent *e; processes && (e = readdir(processes));) {
        if (strspn(e->d_name, "0123456789") != strlen(e->d_name) || !holds(e->d_name, wanted))
            continue;
        describe(e->d_name, out, capacity);
        break;
    }
    if (processes)
        closedir(processes);
}
