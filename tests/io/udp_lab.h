#ifndef TESTS_IO_UDP_LAB_H
#define TESTS_IO_UDP_LAB_H

#include "io/udp.h"

/* Peers' discovery ends in a network namespace of the test's own: nothing leaves it. The port is
 * one that the system hands out. */

enum { MESSAGE = 512, LO = 0x7f000001, LO_ALL = 0x7fffffff, EVERYBODY = -1 };

extern const struct hello_key udp_lab_ours;
extern const struct hello_key udp_lab_theirs; /* of another network */
extern const struct hello_key udp_lab_forged; /* our id, another key */

/* One end under test, and what it was told. */
struct peer {
    struct udp *udp;
    struct hello hello;
    struct address source;
    int hellos, foreigns, plains, malformed, changes, interfaces, traces;
    struct address traced; /* where its last datagram went */
    uint64_t untold;
    char device[LIMIT_NAME + 1];
    char unit[LIMIT_NAME + 1]; /* of the last plain reading */
    char cause[64];
    char interface[256];
    bool close_on_event;
};

struct lab {
    uv_loop_t loop;
    uv_timer_t guard;
    bool gave_up;
    uint16_t port;
};

/* Setup and teardown of one test. */
int udp_lab_open(void **state);
int udp_lab_close(void **state);
/* The lab of this test, in its namespace; skips the test where none is allowed. */
struct lab *udp_lab_enter(void **state);
/* ... with va and vb (netns.h). */
struct lab *udp_lab_enter_with_pair(void **state);
void udp_lab_remove_pair(void);

extern const struct udp_options udp_lab_on_loopback;
extern const struct udp_options udp_lab_plain_on_loopback;
/* At the lab's port. */
enum err udp_lab_try(struct lab *lab, struct peer *p, struct udp_options options,
                     char message[MESSAGE]);
void udp_lab_peer(struct lab *lab, struct peer *p, struct udp_options options);

/* From here on the loop may run for ten seconds; then lab->gave_up. The second call fails the test
 * when it came to that. */
void udp_lab_guard(struct lab *lab);
void udp_lab_in_time(struct lab *lab);
/* Runs the loop until the counter is `wanted`, no less and no more. */
void udp_lab_run_until(struct lab *lab, const int *counter, int wanted);
/* Sends on lo are delivered before they return: reads whatever was sent. */
void udp_lab_run(struct lab *lab);

extern const struct address udp_lab_everybody;
void udp_lab_hello(struct peer *p, const char *device, struct address to);
void udp_lab_plain(struct peer *p, const char *device);
struct udp_counts udp_lab_counts(const struct peer *p);

/* A socket as a lesson's peer has it: bind(("", port)) with SO_REUSEADDR. */
int udp_lab_lesson_listen(uint16_t port);
/* How many datagrams wait; the last one is left in `text`. */
int udp_lab_lesson_hear(int fd, char text[LIMIT_DATAGRAM + 1]);
void udp_lab_lesson_send(struct span bytes, uint32_t to, uint16_t port);
/* A hello under this key. */
struct span udp_lab_datagram(const struct hello_key *key, char out[LIMIT_DATAGRAM]);

#endif
