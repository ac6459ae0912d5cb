#ifndef TESTS_DURABLE_PLACE_H
#define TESTS_DURABLE_PLACE_H

/* Where a campaign is: told when a check fails and ends the process. */
void place_init(void);
void place_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
