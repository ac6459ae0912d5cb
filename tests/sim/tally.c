#include "tally.h"

static const char *const texts[TALLY_KIND_COUNT] = {
    [TALLY_STARTS] = "processes started",
    [TALLY_KILLS] = "processes killed",
    [TALLY_POWER_CUTS] = "power cuts",
    [TALLY_LEAVES] = "left gracefully",
    [TALLY_CUTS] = "partitions",
    [TALLY_ONE_WAY_CUTS] = "one-way partitions",
    [TALLY_RESETS] = "connections reset",
    [TALLY_MOVES] = "addresses changed",
    [TALLY_CLOCK_STEPS] = "clock steps",
    [TALLY_DISK_FULL] = "disks full",
    [TALLY_DISK_SLOW] = "disks slow",
    [TALLY_CLONES] = "machines copied",
    [TALLY_BACKUPS_BACK] = "backups put back",
    [TALLY_DATAGRAMS] = "datagrams",
    [TALLY_DATAGRAMS_LOST] = "datagrams lost",
    [TALLY_DATAGRAMS_DOUBLED] = "datagrams doubled",
    [TALLY_DATAGRAMS_REPLAYED] = "datagrams replayed",
    [TALLY_DATAGRAMS_FORGED] = "datagrams forged",
    [TALLY_DIALS] = "dials",
    [TALLY_SESSIONS] = "sessions",
    [TALLY_MESSAGES] = "messages",
    [TALLY_RECORDS] = "records written",
    [TALLY_READINGS] = "records read",
    [TALLY_COMMITS] = "commits",
    [TALLY_COMMITS_LOST] = "orders lost with a crash",
    [TALLY_ACKS] = "acknowledgements",
    [TALLY_SEALS] = "seals verified",
    [TALLY_FETCHES] = "fetches",
    [TALLY_EPOCHS] = "epochs begun while running",
    [TALLY_ACTIONS] = "actions",
    [TALLY_DOUBLES] = "records offered again",
    [TALLY_DROPPED] = "records dropped at a close",
    [TALLY_LIES] = "lies told",
    [TALLY_WANTS] = "wishes",
    [TALLY_WANTS_KEPT] = "properties that end as wanted",
    [TALLY_COMMANDS] = "commands",
    [TALLY_PERFORMED] = "commands carried out",
    [TALLY_UNKNOWN] = "commands whose outcome is unknown",
    [TALLY_STALE_HELLOS] = "stale hellos",
};

const char *tally_text(enum tally_kind kind)
{
    return texts[kind];
}
