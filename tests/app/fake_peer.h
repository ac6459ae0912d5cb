#ifndef TESTS_APP_FAKE_PEER_H
#define TESTS_APP_FAKE_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* A process that answers at the control socket of a device below a state folder. What it is asked
 * is kept in the file <folder>/<device>.asked, a line each. */

/* The answer to a question: lines, each with its end; NULL: it ends without a word. */
typedef const char *fake_peer_fn(const char *question);

/* Listens from now on. */
pid_t fake_peer_start(const char *folder, const char *device, fake_peer_fn *answer);
void fake_peer_stop(pid_t pid);
/* The same in this process, which is `kith run DEVICE ... --state-dir FOLDER`, started by what is
 * tested; its arguments are kept in <folder>/arguments. Until it is ended. */
int fake_peer_run(int argc, char **argv, fake_peer_fn *answer);
/* Whether the file below the folder holds this text. */
bool fake_peer_kept(const char *folder, const char *name, const char *text);
/* Removes the folder and all that is in it. */
void fake_peer_remove(const char *folder);

#endif
