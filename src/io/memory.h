#ifndef IO_MEMORY_H
#define IO_MEMORY_H

/* For what can only fail for want of memory, deep in a library, where nobody can be told any more:
 * says so and ends the process with 1, as it does everywhere (docs/decisions/002). What is not
 * durable by then was never acknowledged. */
#define memory_must(x) ((x) ? (void)0 : memory_out())

/* Without the exit handlers: another thread may be at work in what they take down. */
_Noreturn void memory_out(void);

#endif
