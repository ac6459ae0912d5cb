#ifndef IO_DATASET_NAMES_H
#define IO_DATASET_NAMES_H

#include "base/buf.h"
#include "core/limits.h"

/* From what a file calls its columns to what Kith calls properties. */

struct dataset_name {
    char type[LIMIT_NAME + 1];
    char unit[LIMIT_UNIT + 1]; /* what the name itself says; empty when it says none */
};

/* The property that a header or a dotted path names: lower-case a-z 0-9 _, common names and
 * abbreviations brought together (Temp, T, "Temp (°C)", temp_c and main.temp are temperature;
 * RH is humidity; HumidityRatio is humidity_ratio; CO(GT) is co). False when nothing of the name
 * is left. */
bool dataset_names_property(struct span header, struct dataset_name *out);
/* What a unit is to be called when a property is said to be measured in it: its SenML name when
 * the text spells one that is known (a humidity in "%" is in %RH), else the text as it is. */
struct span dataset_names_unit(struct span type, struct span unit);
/* 1-63 of a-z 0-9 _ - */
bool dataset_names_is_type(struct span type);
/* Whether the name is one that files give to a row's number or to the device that measured, not to
 * what it measured: id, index, No, row, sensor_id, ... */
bool dataset_names_is_identifier(struct span header);
/* Whether the name says that the column holds a time: date, timestamp, dt, ... */
bool dataset_names_is_time(struct span header);
/* year, month, day, hour, minute, second: 0 to 5; or DATASET_NAMES_NO_PART. */
enum { DATASET_NAMES_PARTS = 6, DATASET_NAMES_NO_PART = DATASET_NAMES_PARTS };
size_t dataset_names_time_part(struct span header);

#endif
