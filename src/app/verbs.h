#ifndef APP_VERBS_H
#define APP_VERBS_H

/* What a user types: `kith VERB ...`, or `kith DEVICE ...` for `kith run DEVICE ...`. Returns the
 * exit status (enum run_exit). */
int verbs_main(int argc, char **argv);

#endif
