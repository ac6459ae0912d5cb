#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/* Assertions that stay on in release builds. check() is for what can only fail by our own mistake;
 * what a peer, a file or a disk can cause is an enum err instead. */
#define check(x) ((x) ? (void)0 : check_failed(#x, __FILE__, __LINE__))

/* Prints the expression and its place on standard error and aborts. */
_Noreturn void check_failed(const char *text, const char *file, int line);

#define MUST_USE        __attribute__((warn_unused_result))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
