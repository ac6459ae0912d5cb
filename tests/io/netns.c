#define _GNU_SOURCE
#include "netns.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t written = write(fd, text, strlen(text));
    close(fd);
    return written == (ssize_t)strlen(text);
}

/* Who may not make a network namespace may make one inside a user namespace where they are root. */
static bool enter_as_root(void)
{
    char map[64];
    snprintf(map, sizeof map, "0 %u 1", (unsigned)getuid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_file("/proc/self/uid_map", map);
}

static bool bring_up(const char *name)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_flags = IFF_UP;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    if (fd >= 0)
        close(fd);
    return up;
}

bool netns_enter(void)
{
    static bool inside;
    if (!inside)
        inside = (unshare(CLONE_NEWNET) == 0 || enter_as_root()) && bring_up("lo");
    return inside;
}

bool netns_ip(const char *arguments)
{
    char command[256];
    snprintf(command, sizeof command, "PATH=$PATH:/usr/sbin:/sbin ip %s 2>/dev/null", arguments);
    return system(command) == 0;
}

bool netns_add_pair(void)
{
    netns_ip("link del va"); /* what a failed test left */
    return netns_ip("link add va type veth peer name vb") &&
           netns_ip("addr add 10.77.0.1/24 brd + dev va") && netns_ip("link set va up") &&
           netns_ip("link set vb up") && netns_ip("route add default dev va");
}
