#ifndef IO_UNITS_H
#define IO_UNITS_H

#include "base/buf.h"

/* What is known of units: their SenML names (RFC 8428 section 12.1; the secondary units of RFC 8798
 * section 3, marked so in the table), how headers of files spell them, which one a property is
 * measured in when nothing says so, and how people read them. */

/* The SenML name of the unit that this text spells: "°C", "degC", "Celsius" are "Cel", "lux" is
 * "lx", "rpm" is "1/min". Units that SenML does not have are given back as they are usually
 * written ("kPa", "°F"). Empty when it is no unit that is known. */
struct span units_from_text(struct span text);
/* The same for a word of a property's name, where a single letter would say nothing by itself:
 * "celsius", "pct", "c". Empty when it is none. */
struct span units_from_word(struct span word);
/* What a property is measured in unless its source says otherwise: "temperature" in "Cel"; empty
 * when nothing is known. */
struct span units_of_type(struct span type);
/* Whether a value that nothing but its property says to be in this unit is one in kelvin: too high
 * for the °C of a room or body, too low for those of a flame. */
bool units_is_kelvin(struct span unit, double value);
/* Writes the unit as people read it behind a number: "°C" and "%" at once, others behind a space
 * (" lx", " µg/m³"); a unit that is not known as it is; nothing when it is empty. */
void units_write(struct buf *b, struct span unit);

#endif
