#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/err.h"
#include "base/span.h"

/* Numbers as JSON has them (RFC 8259 section 6), independent of the locale. */

enum { NUMBER_TEXT_MAX = 32 };
#define NUMBER_INTEGER_MAX 9007199254740991 /* 2^53 - 1 (RFC 7493 section 2.2) */

/* Reads a whole JSON number. Integers (no fraction, no exponent) beyond +-(2^53 - 1) and
 * anything that overflows a double are ERR_RANGE; not a JSON number is ERR_SYNTAX. Correctly
 * rounded. Fast for what sensors send. */
MUST_USE enum err number_parse(struct span text, double *value);
/* The shortest decimal that reads back as the same double, as JSON ("24.8", "1e+300", "-0");
 * returns the length. value must be finite. */
size_t number_format(char out[NUMBER_TEXT_MAX], double value);
/* Digits only (leading zeros too), at most 2^53 - 1; ERR_SYNTAX, ERR_RANGE. */
MUST_USE enum err number_parse_u53(struct span text, uint64_t *value);

#endif
