#ifndef CORE_ACCESS_H
#define CORE_ACCESS_H

#include "base/span.h"

/* Roles, names, and who may write what: one table, asked by the receiver for every record. */

enum role { ROLE_SENSOR, ROLE_ACTUATOR, ROLE_CONTROLLER, ROLE_OBSERVER, ROLE_COUNT };

enum access_act {
    ACCESS_REPORT,  /* <self>/<property> */
    ACCESS_WANT,    /* <device>/<property>/set (a person) and /auto (a rule), and commands */
    ACCESS_ENROL,   /* trust records; an issuing key is needed as well */
    ACCESS_FOREIGN, /* <other>/<property> without /set: nobody may */
    ACCESS_ACT_COUNT,
};

bool access_may(enum role role, enum access_act act);
/* What writing this topic amounts to, for this author. */
enum access_act access_of(struct span author, struct span topic);

const char *access_role_text(enum role role); /* "sensor" */
bool access_role_parse(struct span text, enum role *role);
/* The role that a device name carries: sensor, actuator or controller anywhere in it, any case;
 * false when none or more than one. */
bool access_role_of_name(struct span device, enum role *role);
/* 1-63 of a-z 0-9 - _ */
bool access_name_valid(struct span name);
/* A property is a name that is not a message or record word of the protocol ("hello", "set",
 * "seal", ...). */
bool access_property_valid(struct span property);
/* device '/' property, with "/set", "/auto" or "/rule" behind or not. */
bool access_topic_valid(struct span topic);

/* The parts of a topic; spans into it. */
enum access_kind {
    ACCESS_REPORTED, /* device '/' property */
    ACCESS_SET,      /* ... "/set": what a person wants */
    ACCESS_AUTO,     /* ... "/auto": what a controller's rule wants */
    ACCESS_RULE,     /* device '/' rule "/rule": what has become of a rule of its own */
};
struct access_topic {
    struct span device, property;
    enum access_kind kind;
};
/* False without a slash. The parts need not be valid names. */
bool access_topic_split(struct span topic, struct access_topic *out);

#endif
