#ifndef APP_RUN_H
#define APP_RUN_H

#include "core/rule.h"
#include "io/link.h"
#include "io/source.h"
#include "io/udp.h"

/* One peer, from its options to its exit status. */

enum run_exit {
    RUN_OK = 0,
    RUN_FAILED = 1,
    RUN_USAGE = 2,
    RUN_NOBODY = 3,
    RUN_REFUSED = 4,
    RUN_TIMED_OUT = 5,
};

/* Everything that flags, environment and configuration say, parsed and checked. Strings are
 * borrowed and live as long as the program runs. */
struct run_options {
    char device[LIMIT_NAME + 1];
    enum role role;
    const char *data;             /* folder: network/ and devices/ */
    const char *config;           /* where rules are read from, there or not; NULL: not known */
    const char *runtime;          /* folder of the control socket; NULL: none */
    bool has_source;              /* sensors: always; others: when one was asked for */
    struct source_options source; /* seed is chosen at random by run_peer() unless seed_given */
    struct link_options link;
    struct udp_options udp;
    const char *const *peers; /* --peer HOST:PORT */
    size_t peer_count;
    const struct rule *rules; /* the built-in one for an actuator without any */
    size_t rule_count;
    uint64_t retain_ms, retain_bytes;   /* 0: all is kept */
    const char *on_change, *on_command; /* NULL: none */
    bool no_rules;                      /* not even the built-in ones */
    bool exit_at_end;                   /* --exit */
    bool quiet, trace, json;
};

/* Runs until it is told to leave; returns the exit status. Messages to people go to the console. */
int run_peer(const struct run_options *options);

#endif
