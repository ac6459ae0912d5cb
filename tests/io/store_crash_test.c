/* A process that stores is killed at any moment, again and again: the next life finds everything
 * that was reported stored, and no record that was not written. */
#include "base/rng.h"
#include "store_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LIVES = 60, LIFE_US_MAX = 60000, LIVES_MS_MAX = 4000 };

/* Shared by both processes: what the one that dies knew to be stored. */
struct promise {
    _Atomic uint64_t last[2];
    _Atomic uint64_t sealed;
    _Atomic uint64_t topic;
    _Atomic uint64_t epoch;
};

static struct store_world_log resume(const struct store_world *w, const char *device)
{
    struct store_world_log log = store_world_log(device, 7);
    const struct store_world_restored *found = store_world_find(w, &log);
    if (found)
        log.last = found->event.restore_log.last;
    return log;
}

/* Chain hashes are not followed across lives: nothing here cuts a log back. */
_Noreturn static void live_until_killed(struct store_world *w, struct promise *p, uint64_t seed)
{
    struct rng rng;
    uint64_t epoch;
    rng_init(&rng, seed);
    store_world_open(w);
    struct store_world_log logs[2] = {resume(w, "sensor1"), resume(w, "sensor2")};
    check(store_epoch(w->store, 0, 0, &epoch) == ERR_OK);
    p->epoch = epoch;
    for (;;) {
        bool sealing = rng_below(&rng, 4) == 0;
        store_world_put(w, &logs[0], 1 + (size_t)rng_below(&rng, 300));
        store_world_put(w, &logs[1], 1 + (size_t)rng_below(&rng, 3000));
        if (sealing)
            store_world_seal(w, &logs[0]);
        store_world_topic(w, &logs[0], "sensor1/temperature", logs[0].last);
        store_world_wait(w);
        p->last[0] = logs[0].last;
        p->last[1] = logs[1].last;
        p->topic = logs[0].last;
        if (sealing)
            p->sealed = logs[0].last;
    }
}

static void kill_one_life(struct store_world *w, struct promise *p, struct rng *rng)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store_world own = *w;
        check(uv_loop_init(&own.loop) == 0);
        live_until_killed(&own, p, rng_next(rng));
    }
    rng_next(rng);
    usleep((useconds_t)rng_below(rng, LIFE_US_MAX));
    assert_int_equal(kill(child, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void expect_promise(struct store_world *w, const struct promise *p, uint64_t *epoch)
{
    static const char *const devices[] = {"sensor1", "sensor2"};
    uint64_t next;
    store_world_open(w);
    assert_string_equal(w->message, "");
    for (int i = 0; i < 2; i++) {
        struct store_world_log log = resume(w, devices[i]);
        assert_true(log.last >= p->last[i]);
        if (log.last > 0)
            store_world_expect(w, &log, log.last > 5000 ? log.last - 5000 : 1, log.last);
    }
    struct store_world_log log = resume(w, devices[0]);
    const struct store_world_restored *found = store_world_find(w, &log);
    assert_true(p->sealed == 0 || found->event.restore_log.sealed >= p->sealed);
    assert_true(p->topic == 0 || w->topic_seqs[0] >= p->topic);
    assert_int_equal(store_epoch(w->store, 0, 0, &next), ERR_OK);
    assert_true(next > *epoch && next > p->epoch);
    *epoch = next;
    store_world_close(w);
}

static void a_killed_process_leaves_all_that_it_reported_stored(void **state)
{
    (void)state;
    struct store_world *w = malloc(sizeof *w);
    assert_non_null(w);
    struct promise *p = mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                             -1, 0);
    assert_true(p != MAP_FAILED);
    struct rng rng;
    rng_init(&rng, 1);
    store_world_init(w, STORE_WORLD_MEMORY);
    uint64_t epoch = 0;
    uint64_t begin = uv_hrtime() / 1000000;
    int lives = 0;
    for (; lives < LIVES && uv_hrtime() / 1000000 - begin < LIVES_MS_MAX; lives++) {
        kill_one_life(w, p, &rng);
        expect_promise(w, p, &epoch);
    }
    assert_true(lives >= 5);
    assert_true(p->last[0] > 0 && p->sealed > 0);
    store_world_fini(w);
    munmap(p, sizeof *p);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_process_leaves_all_that_it_reported_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
