#define _GNU_SOURCE
#include "failing_keys.h"

#include "base/check.h"
#include "io/trust.h"
#include "temp_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct identity_seen {
    char network[17];
    struct key_id key;
};

/* The network that is there for all but the first start; a test program has no other. */
static struct temp_folder home;
static struct identity_seen known;
static unsigned enrolled;

static enum err open_as(const struct temp_folder *folder, const char *device, enum role role,
                        struct identity_seen *seen, bool *made)
{
    char message[1024] = "";
    struct trust *trust = NULL;
    struct trust_paths paths = {folder->path};
    enum err err = trust_open(&trust, &paths, device, role, made, message, sizeof message);
    if (err == ERR_OK) {
        snprintf(seen->network, sizeof seen->network, "%s", trust_network(trust));
        seen->key = trust_self(trust)->key;
        check(trust_self(trust)->role == role);
    } else {
        check(message[0]);
    }
    trust_close(trust);
    return err;
}

static bool same_network(const struct identity_seen *a, const struct identity_seen *b)
{
    return strcmp(a->network, b->network) == 0;
}

static bool same_key(const struct identity_seen *a, const struct identity_seen *b)
{
    return ident_key_equal(&a->key, &b->key);
}

static int look(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)place;
    if (kind == FTW_F && strstr(path, ".key"))
        check((status->st_mode & 077) == 0);
    return 0;
}

static void expect_secret(const struct temp_folder *folder)
{
    int walked = nftw(folder->path, look, 8, FTW_PHYS);
    check(walked == 0);
}

/* Opens with faults and without; what the first gave, the second must give. */
static uint64_t twice(const struct temp_folder *folder, const char *device, enum role role,
                      enum faults_way way, uint64_t from, bool for_ever, struct identity_seen *seen)
{
    struct identity_seen faulty;
    bool made;
    faults_begin(way, from, for_ever);
    enum err err = open_as(folder, device, role, &faulty, &made);
    uint64_t count = faults_end();
    enum err again = open_as(folder, device, role, seen, &made);
    check(again == ERR_OK);
    if (err == ERR_OK)
        check(!made && same_network(&faulty, seen) && same_key(&faulty, seen));
    expect_secret(folder);
    return count;
}

uint64_t failing_keys_first(enum faults_way way, uint64_t from, bool for_ever)
{
    struct temp_folder folder;
    struct identity_seen seen, third;
    bool made;
    temp_folder_make(&folder);
    uint64_t count = twice(&folder, "sensor1", ROLE_SENSOR, way, from, for_ever, &seen);
    enum err err = open_as(&folder, "sensor1", ROLE_SENSOR, &third, &made);
    check(err == ERR_OK && !made && same_network(&seen, &third) && same_key(&seen, &third));
    temp_folder_remove(&folder);
    return count;
}

uint64_t failing_keys_second(enum faults_way way, uint64_t from, bool for_ever)
{
    char device[24];
    struct identity_seen seen;
    snprintf(device, sizeof device, "actuator%u", ++enrolled);
    uint64_t count = twice(&home, device, ROLE_ACTUATOR, way, from, for_ever, &seen);
    check(same_network(&seen, &known));
    return count;
}

uint64_t failing_keys_again(enum faults_way way, uint64_t from, bool for_ever)
{
    struct identity_seen seen;
    uint64_t count = twice(&home, "sensor1", ROLE_SENSOR, way, from, for_ever, &seen);
    check(same_network(&seen, &known) && same_key(&seen, &known));
    return count;
}

uint64_t failing_keys_role(enum faults_way way, uint64_t from, bool for_ever)
{
    struct identity_seen seen;
    uint64_t count = twice(&home, "sensor1", ROLE_OBSERVER, way, from, for_ever, &seen);
    check(same_network(&seen, &known) && same_key(&seen, &known));
    bool made;
    enum err err = open_as(&home, "sensor1", ROLE_SENSOR, &seen, &made);
    check(err == ERR_OK && !made && same_key(&seen, &known));
    return count;
}

void failing_keys_begin(void)
{
    bool made;
    temp_folder_make(&home);
    enum err err = open_as(&home, "sensor1", ROLE_SENSOR, &known, &made);
    check(err == ERR_OK && made);
}

void failing_keys_end(void)
{
    temp_folder_remove(&home);
}
