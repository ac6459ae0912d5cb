#ifndef TESTS_IO_SOURCE_RECEIVER_H
#define TESTS_IO_SOURCE_RECEIVER_H

#include "io/source.h"

/* A receiver of readings on a real loop that writes down what it is told, and may refuse. */

enum { SOURCE_RECEIVER_TEXT_BYTES = 65536 };

struct source_receiver {
    uv_loop_t loop;
    struct source *source;
    char folder[64];
    char path[96];
    char readings[SOURCE_RECEIVER_TEXT_BYTES]; /* "temperature=22.5 humidity=40;" a moment */
    char notices[SOURCE_RECEIVER_TEXT_BYTES];  /* one a line */
    char end[1024];
    enum err end_err;
    size_t ends;
    size_t moments;
    size_t single; /* readings */
    uint64_t first_ts_ms;
    double times_ms[64];
    size_t stop_after;   /* source_stop() from within on_readings; 0: never */
    size_t refuse_every; /* moments; 0: never */
    size_t refusals;
    bool just_refused;
    bool in_start;
    bool only_counts;
    uv_timer_t resume_timer;
};

/* For cmocka: a loop and a folder for r->path. Tearing down fails while a handle is open. */
int source_receiver_set_up(void **state);
int source_receiver_tear_down(void **state);
void source_receiver_write(const struct source_receiver *r, const char *text);
/* source_start() with this receiver; no callback may come from within. */
enum err source_receiver_start(struct source_receiver *r, const struct source_options *options,
                               char message[1024]);
/* Starts, and runs the loop until it is empty. */
void source_receiver_run(struct source_receiver *r, const struct source_options *options);
/* Starts, which must fail with this error and a message that holds `wanted`. */
void source_receiver_refuse(struct source_receiver *r, const struct source_options *options,
                            enum err err, const char *wanted);
/* Fails, showing the text, unless `wanted` is in it. */
void source_receiver_says(const char *text, const char *wanted);
/* For a receiver that never started anything. */
void source_receiver_idle(struct source_receiver *r);

#define on_a_loop(test) \
    cmocka_unit_test_setup_teardown(test, source_receiver_set_up, source_receiver_tear_down)

#endif
