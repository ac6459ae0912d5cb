#include "app/settings_set.h"

#include "app/duration.h"
#include "app/retention.h"
#include "app/settings.h"
#include "base/number.h"
#include "base/text.h"
#include "io/simulate.h"

#include <arpa/inet.h>
#include <math.h>
#include <net/if.h>

/* One short function an option: it takes the value or says why it can't be. The table at the end is
 * where options are added. */

#define EVERY_MIN_S 0.000001
#define SPEED_MAX   1e9

static bool no(char why[OPTIONS_WHY], const char *text)
{
    snprintf(why, OPTIONS_WHY, "%s", text);
    return false;
}

static const char *role_name(const void *context, size_t index)
{
    (void)context;
    return index < ROLE_COUNT ? access_role_text((enum role)index) : NULL;
}

static bool set_role(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    s->role_given = access_role_parse(span_of(value), &s->run.role);
    if (s->role_given)
        return true;
    const char *nearest = faults_nearest(span_of(value), role_name, NULL);
    snprintf(why, OPTIONS_WHY, "a role is sensor, actuator, controller or observer%s%s%s",
             nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
             nearest == NULL ? "" : "?");
    return false;
}

static bool set_text(const char **text, const char *value, char why[OPTIONS_WHY])
{
    if (value[0] == '\0')
        return no(why, "it is empty");
    *text = value;
    return true;
}

static bool set_config(void *target, const char *value, char why[OPTIONS_WHY])
{
    return set_text(&((struct settings *)target)->config, value, why);
}

static bool set_state_dir(void *target, const char *value, char why[OPTIONS_WHY])
{
    return set_text(&((struct settings *)target)->state_dir, value, why);
}

static bool set_on_change(void *target, const char *value, char why[OPTIONS_WHY])
{
    return set_text(&((struct settings *)target)->run.on_change, value, why);
}

static void use_source(struct settings *s, enum source_kind kind)
{
    s->run.has_source = true;
    s->run.source.kind = kind;
}

static bool set_simulate(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    struct simulate model;
    if (value[0] == '\0' || simulate_init(&model, value, 0, 0) != ERR_OK) {
        snprintf(why, OPTIONS_WHY, "the scenarios are %s", simulate_names());
        return false;
    }
    use_source(s, SOURCE_SIMULATE);
    s->run.source.scenario = value;
    return true;
}

static bool set_dataset(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    use_source(s, SOURCE_DATASET);
    return set_text(&s->run.source.path, value, why);
}

static bool set_exec(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    use_source(s, SOURCE_EXEC);
    return set_text(&s->run.source.command, value, why);
}

static bool is_on(const char *value)
{
    return value[0] == '1';
}

static bool set_stdin(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    if (is_on(value))
        use_source(target, SOURCE_STDIN);
    return true;
}

/* TYPE[:UNIT] */
static bool set_column_type(struct settings *s, struct source_column *column, struct span text,
                            char why[OPTIONS_WHY])
{
    const char *colon = text.size == 0 ? NULL : memchr(text.bytes, ':', text.size);
    struct span type = {text.bytes, colon == NULL ? text.size : (size_t)(colon - text.bytes)};
    if (type.size > 0 && !access_property_valid(type))
        return no(why, "behind '=' stands a property, of a-z 0-9 - _, and then perhaps ':' and a "
                       "unit: main.temp=temperature:K");
    if (type.size > 0 && (column->type = settings_keep(s, type)) == NULL)
        return no(why, "out of memory");
    if (colon == NULL)
        return true;
    struct span unit = {colon + 1, text.size - type.size - 1};
    if (unit.size == 0 || unit.size > LIMIT_UNIT || !text_is_utf8(unit))
        return no(why, "behind ':' stands a unit of at most 15 bytes: Cel, %RH, lx");
    column->unit = settings_keep(s, unit);
    return column->unit != NULL || no(why, "out of memory");
}

static bool set_column(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    struct source_options *source = &s->run.source;
    if (source->column_count == SETTINGS_COLUMNS_MAX)
        return no(why, "64 columns are the most");
    const char *equals = strrchr(value, '=');
    struct span name = {value, equals == NULL ? strlen(value) : (size_t)(equals - value)};
    if (name.size == 0)
        return no(why, "a column is NAME, NAME=TYPE or NAME=TYPE:UNIT");
    struct source_column *column = &s->columns[source->column_count];
    *column = (struct source_column){.name = settings_keep(s, name)};
    if (column->name == NULL)
        return no(why, "out of memory");
    if (equals != NULL && !set_column_type(s, column, span_of(equals + 1), why))
        return false;
    source->columns = s->columns;
    source->column_count++;
    return true;
}

static bool set_where(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    struct source_options *source = &s->run.source;
    const char *equals = strchr(value, '=');
    if (source->filter_count == SETTINGS_FILTERS_MAX)
        return no(why, "64 conditions are the most");
    if (equals == NULL || equals == value)
        return no(why, "it is written COLUMN=VALUE");
    struct source_filter *filter = &s->filters[source->filter_count];
    filter->column = settings_keep(s, (struct span){value, (size_t)(equals - value)});
    filter->value = settings_keep(s, span_of(equals + 1));
    if (filter->column == NULL || filter->value == NULL)
        return no(why, "out of memory");
    source->filters = s->filters;
    source->filter_count++;
    return true;
}

static bool set_missing(void *target, const char *value, char why[OPTIONS_WHY])
{
    return set_text(&((struct settings *)target)->run.source.missing, value, why);
}

static bool set_every(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    double every_s;
    if (duration_parse(span_of(value), &every_s) != ERR_OK || every_s < EVERY_MIN_S)
        return no(why, "it is a time above zero, in seconds or with a unit: 0.5, 500ms, 2m");
    s->run.source.every_s = every_s;
    return true;
}

static bool set_speed(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    double *speed = &s->run.source.speed;
    if (strcmp(value, "max") == 0)
        *speed = INFINITY;
    else if (number_parse(span_of(value), speed) != ERR_OK || !(*speed > 0 && *speed <= SPEED_MAX))
        return no(why, "it is a factor above zero, 60 for a minute in a second, or max");
    return true;
}

static bool set_loop(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct settings *)target)->run.source.loop = is_on(value);
    return true;
}

static bool set_count(void *target, const char *value, char why[OPTIONS_WHY])
{
    uint64_t *count = &((struct settings *)target)->run.source.count;
    if (number_parse_u53(span_of(value), count) != ERR_OK || *count == 0)
        return no(why, "it is a whole number from 1 on");
    return true;
}

static bool set_exit(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct settings *)target)->run.exit_at_end = is_on(value);
    return true;
}

static bool set_seed(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct source_options *source = &((struct settings *)target)->run.source;
    source->seed_given = number_parse_u53(span_of(value), &source->seed) == ERR_OK;
    return source->seed_given || no(why, "it is a whole number from 0 to 2^53 - 1");
}

static bool set_port(void *target, const char *value, char why[OPTIONS_WHY])
{
    uint64_t port;
    if (number_parse_u53(span_of(value), &port) != ERR_OK || port == 0 || port > UINT16_MAX)
        return no(why, "a port is 1 to 65535");
    ((struct settings *)target)->run.udp.port = (uint16_t)port;
    return true;
}

/* A port behind the colon; 0 (any) only where `least` is 0. */
static bool port_valid(const char *text, uint64_t least)
{
    uint64_t port;
    return number_parse_u53(span_of(text), &port) == ERR_OK && port >= least && port <= UINT16_MAX;
}

static bool set_listen(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    char host[INET_ADDRSTRLEN];
    struct in_addr address;
    size_t size = strcspn(value, ":");
    bool good = size < sizeof host;
    if (good) {
        memcpy(host, value, size);
        host[size] = '\0';
        good = inet_pton(AF_INET, host, &address) == 1 &&
               (value[size] == '\0' || port_valid(value + size + 1, 0));
    }
    if (!good)
        return no(why, "it is an IPv4 address of this machine, or 0.0.0.0, and perhaps a port: "
                       "0.0.0.0:47120");
    s->run.link.listen = value;
    return true;
}

static bool set_peer(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    const char *colon = strrchr(value, ':');
    if (s->run.peer_count == LIMIT_DIALS_CONFIGURED)
        return no(why, "32 addresses are the most");
    if (colon == NULL || colon == value || !port_valid(colon + 1, 1))
        return no(why, "it is a host and a port: 192.168.1.23:47120");
    s->peers[s->run.peer_count++] = value;
    s->run.peers = s->peers;
    return true;
}

static bool set_interface(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    if (s->run.udp.interface_count == UDP_INTERFACES_MAX)
        return no(why, "16 interfaces are the most");
    if (value[0] == '\0' || strlen(value) >= IF_NAMESIZE)
        return no(why, "an interface has a name of 1 to 15 characters, such as eth0");
    s->interfaces[s->run.udp.interface_count++] = value;
    s->run.udp.interfaces = s->interfaces;
    return true;
}

static bool set_loopback(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    struct settings *s = target;
    s->run.link.loopback = s->run.udp.loopback = is_on(value);
    return true;
}

static bool set_on_command(void *target, const char *value, char why[OPTIONS_WHY])
{
    return set_text(&((struct settings *)target)->run.on_command, value, why);
}

static bool set_no_rules(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct settings *)target)->run.no_rules = is_on(value);
    return true;
}

static bool set_retain_age(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    return retention_age(span_of(value), &s->run.retain_ms) == ERR_OK ||
           no(why, "it is a time of a minute or more: 12h, 30d");
}

static bool set_retain_size(void *target, const char *value, char why[OPTIONS_WHY])
{
    struct settings *s = target;
    return retention_size(span_of(value), &s->run.retain_bytes) == ERR_OK ||
           no(why, "it is a size of 50MB or more: 500MB, 2GB");
}

static bool set_plain(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct settings *)target)->run.udp.plain = is_on(value);
    return true;
}

static bool set_quiet(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct settings *)target)->run.quiet = is_on(value);
    return true;
}

static bool set_trace(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct settings *)target)->run.trace = is_on(value);
    return true;
}

static bool set_json(void *target, const char *value, char why[OPTIONS_WHY])
{
    (void)why;
    ((struct settings *)target)->run.json = is_on(value);
    return true;
}

#define ONCE  OPTIONS_ONCE
#define MANY  OPTIONS_MANY
#define TOP   OPTIONS_TOP
#define IN    OPTIONS_SOURCE
#define KEEP  OPTIONS_RETENTION
#define NEVER OPTIONS_NOT_IN_FILE
#define DEV   OPTIONS_DEVICE
#define READ  OPTIONS_READINGS
#define NET   OPTIONS_NETWORK
#define OUT   OPTIONS_OUTPUT

/* clang-format off */
static const struct options_entry entries[] = {
    {"role", "ROLE", ONCE, TOP, DEV, set_role, "sensor, actuator, controller or observer; else from the name"},
    {"config", "FILE", ONCE, NEVER, DEV, set_config, "rules and settings (YAML); else ~/.config/kith/DEVICE.yaml"},
    {"state-dir", "DIR", ONCE, NEVER, DEV, set_state_dir, "one folder for everything, instead of the XDG folders"},
    {"retain-age", "TIME", ONCE, KEEP, DEV, set_retain_age, "let go what is older, such as 30d, once a checkpoint stands behind it"},
    {"retain-size", "SIZE", ONCE, KEEP, DEV, set_retain_size, "let the oldest go rather than store more, such as 500MB; else all is kept"},
    {"on-command", "COMMAND", ONCE, TOP, DEV, set_on_command, "run it for each `kith command`: KITH_PROPERTY, KITH_VALUE; 0: done"},
    {"no-rules", NULL, ONCE, TOP, DEV, set_no_rules, "decide nothing: leave the built-in rules out"},
    {"on-change", "COMMAND", ONCE, TOP, DEV, set_on_change, "run it when a rule changes a property: KITH_PROPERTY, KITH_VALUE"},
    {"simulate", "SCENARIO", ONCE, IN, READ, set_simulate, "home, environment, healthcare or industry; else one temperature"},
    {"dataset", "FILE", ONCE, IN, READ, set_dataset, "replay a recorded dataset: CSV, JSON or JSON lines"},
    {"exec", "COMMAND", ONCE, IN, READ, set_exec, "what a command prints, as JSON"},
    {"stdin", NULL, ONCE, IN, READ, set_stdin, "JSON on standard input"},
    {"column", "NAME[=TYPE[:UNIT]]", MANY, IN, READ, set_column, "only these columns, or dotted paths into JSON"},
    {"where", "COLUMN=VALUE", MANY, IN, READ, set_where, "only rows that hold this"},
    {"missing", "VALUE", ONCE, IN, READ, set_missing, "what stands for no value in the dataset, such as -200"},
    {"every", "SECONDS", ONCE, IN, READ, set_every, "one row each; else as the dataset's times say"},
    {"speed", "N|max", ONCE, IN, READ, set_speed, "divide the dataset's spacing by N"},
    {"loop", NULL, ONCE, IN, READ, set_loop, "begin the dataset again at its end"},
    {"count", "N", ONCE, IN, READ, set_count, "end after N rows"},
    {"exit", NULL, ONCE, IN, READ, set_exit, "leave at the end, once all is acknowledged"},
    {"seed", "N", ONCE, IN, READ, set_seed, "the same simulated readings each time"},
    {"interface", "NAME", MANY, TOP, NET, set_interface, "only these network interfaces"},
    {"port", "N", ONCE, TOP, NET, set_port, "discovery on UDP port N instead of 50000, the same on every peer"},
    {"listen", "ADDR[:PORT]", ONCE, TOP, NET, set_listen, "take sessions here; else 0.0.0.0 and any port"},
    {"peer", "HOST:PORT", MANY, TOP, NET, set_peer, "call this peer, where broadcast does not reach"},
    {"loopback", NULL, ONCE, TOP, NET, set_loopback, "this machine only"},
    {"plain", NULL, ONCE, TOP, NET, set_plain, "also speak and obey unprotected datagrams: for lessons"},
    {"quiet", NULL, ONCE, TOP, OUT, set_quiet, "changes only"},
    {"trace", NULL, ONCE, TOP, OUT, set_trace, "every message, in (\u2190) and out (\u2192)"},
    {"json", NULL, ONCE, TOP, OUT, set_json, "one JSON object a line (docs/json-events.md)"},
};
/* clang-format on */

const struct options_table *settings_set_table(void)
{
    static const struct options_table table = {"run", entries, COUNT_OF(entries)};
    return &table;
}

bool settings_set_is_source(const struct options_entry *entry)
{
    return entry->set == set_simulate || entry->set == set_dataset || entry->set == set_exec ||
           entry->set == set_stdin;
}
