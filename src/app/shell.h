#ifndef APP_SHELL_H
#define APP_SHELL_H

#include "app/answer.h"
#include "app/console.h"
#include "app/run.h"
#include "base/ring.h"
#include "core/node.h"
#include "io/act.h"
#include "io/store.h"

/* The shell around the core: feeds it events, performs its effects in order, and once a loop turn
 * sends, prints and stores what the turn gathered. Everything runs on the loop's thread. */

enum { SHELL_GATHER = 512, SHELL_TEXT_BYTES = 65536, SHELL_LINKS = LIMIT_SESSIONS };

/* An answer to an effect; it becomes an event when the step's effects are all performed. */
struct shell_answer {
    struct event event;
    char *memory; /* FETCHED */
};

struct shell_name {
    uint64_t link;
    char device[LIMIT_NAME + 1];
};

struct shell {
    uv_loop_t *loop;
    const struct run_options *options;
    struct console *console;
    struct answer *answer; /* NULL: there is no control socket */
    struct node *node;
    struct effects fx;
    struct trust *trust;
    struct store *store;
    struct link_set *links;
    struct udp *udp;
    struct source *source;
    struct act *act, *commands;
    uv_prepare_t turn;
    uv_timer_t timer;
    uv_signal_t interrupt, terminate;

    struct ring answers; /* struct shell_answer */
    bool stepping;

    struct reading gathered[SHELL_GATHER];
    size_t gathered_count;
    char *text; /* what their spans point into */
    size_t text_used;
    bool store_failing;                   /* told once, until it works again */
    uint64_t epoch_above, epoch_retry_ms; /* a new epoch is to be tried again; 0: none is */
    bool source_waits;                    /* for room */
    bool source_ended;
    uint64_t give_up_ms; /* --exit: no longer than this for acknowledgements; 0: not waiting */

    struct shell_name names[SHELL_LINKS]; /* for --trace */
    size_t name_count;

    uint64_t newest_ms; /* the latest stamp on disk at the start */
    int32_t zone_s;     /* local time is ahead of UTC by this; looked up once a minute */
    uint64_t zone_minute;
    int status;
    bool leaving, ending;
};

/* Fills in the times, steps the node, performs the effects and the answers to them. */
void shell_event(struct shell *sh, struct event *e);
/* As EVENT_LEAVE; a second time: at once. */
void shell_leave(struct shell *sh, int status);
/* Callbacks of the parts, with the shell as context. */
struct store_handler shell_store_handler(struct shell *sh);
struct link_handler shell_link_handler(struct shell *sh);
struct udp_handler shell_udp_handler(struct shell *sh);
struct source_handler shell_source_handler(struct shell *sh);
struct act_handler shell_act_handler(struct shell *sh);
/* Once a loop turn: what was gathered goes out. */
void shell_turn(struct shell *sh);
uint64_t shell_wall_ms(void);

#endif
