#ifndef TESTS_BASE_DEATH_H
#define TESTS_BASE_DEATH_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether act() ends its process by a failed check; what it said goes to `said` (may be NULL). */
static inline bool death_by_check(void (*act)(void), char *said, size_t capacity)
{
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_ends[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(pipe_ends[1]);
    char text[512] = "";
    ssize_t size = read(pipe_ends[0], text, sizeof text - 1);
    close(pipe_ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return false;
    if (said)
        snprintf(said, capacity, "%s", size > 0 ? text : "");
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
