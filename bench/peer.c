#include "peer.h"

#include <stdlib.h>

static const char usage
    [] = "usage: peer keys DATA DEVICE...              makes what a first start makes\n"
         "       peer verify DATA DEVICE               reads the store back\n"
         "       peer receive DATA DEVICE              counts readings\n"
         "       peer watch DATA DEVICE                says when each device's first reading came\n"
         "       peer flood|steady DATA DEVICE COUNT   sends readings: peer_source.c\n"
         "       peer pong DATA DEVICE COUNT [BESIDE]\n";

static enum role role_of(const char *device)
{
    if (strstr(device, "sensor"))
        return ROLE_SENSOR;
    return strstr(device, "actuator") ? ROLE_ACTUATOR : ROLE_CONTROLLER;
}

static int make_keys(const char *data, char **devices)
{
    char message[1024];
    struct trust_paths paths = {data};
    for (; *devices; devices++) {
        struct trust *trust;
        bool made;
        enum role role = role_of(*devices);
        if (trust_open(&trust, &paths, *devices, role, &made, message, sizeof message) != ERR_OK) {
            fprintf(stderr, "peer: %s\n", message);
            return 1;
        }
        trust_close(trust);
    }
    return 0;
}

static int run(const char *mode, const char *data, const char *device, char **arguments)
{
    struct run_options o = {.role = role_of(device),
                            .data = data,
                            .link = {.loopback = true},
                            .udp = {.port = 50000, .loopback = true},
                            .exit_at_end = true,
                            .json = strcmp(mode, "watch") == 0};
    snprintf(o.device, sizeof o.device, "%s", device);
    if (arguments[0]) {
        o.has_source = true;
        o.source.scenario = mode;
        o.source.count = strtoull(arguments[0], NULL, 10);
        o.source.speed = arguments[1] ? strtod(arguments[1], NULL) : 0;
    }
    return run_peer(&o);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs(usage, stderr);
        return 2;
    }
    if (strcmp(argv[1], "keys") == 0)
        return make_keys(argv[2], argv + 3);
    if (strcmp(argv[1], "verify") == 0)
        return peer_verify(argv[2], argv[3]);
    return run(argv[1], argv[2], argv[3], argv + 4);
}
