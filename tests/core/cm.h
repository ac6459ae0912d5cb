#ifndef TESTS_CORE_CM_H
#define TESTS_CORE_CM_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
