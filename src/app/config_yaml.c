#include "app/config_yaml.h"

#include "app/config.h"
#include "base/text.h"

#include <stdarg.h>

/* libyaml is asked twice: once for the stream of events, where what is not wanted (aliases, tags,
 * depth) can be named with its line before anything is built, and then for the tree. */

static size_t line_at(struct span text, size_t offset)
{
    size_t line = 1;
    for (size_t i = 0; i < offset && i < text.size; i++)
        line += text.bytes[i] == '\n';
    return line;
}

/* libyaml would take UTF-16 as well, and tells the line of no bad byte. */
static bool check_bytes(struct span text, const char *name, struct faults *faults)
{
    struct span rest = text;
    if (text.size > CONFIG_BYTES_MAX) {
        faults_add(faults, "%s:1: a configuration is 1 MiB at most", name);
        return false;
    }
    while (rest.size > 0) {
        size_t size = text_character_size(rest);
        bool nul = rest.bytes[0] == '\0';
        if (size == 0 || nul) {
            faults_add(faults, "%s:%zu: %s", name, line_at(text, text.size - rest.size),
                       nul ? "a zero byte; is it a text file?" : "this is not UTF-8");
            return false;
        }
        rest.bytes += size;
        rest.size -= size;
    }
    return true;
}

/* What a line such as `then: fan: on`, or `when: *x > 25`, was meant to be. */
static const char *parser_hint(const yaml_parser_t *parser)
{
    const char *problem = parser->problem == NULL ? "" : parser->problem;
    const char *context = parser->context == NULL ? "" : parser->context;
    if (strcmp(problem, "mapping values are not allowed in this context") == 0)
        return " (a second : in a line? For a value write: then: fan = on)";
    bool star = strcmp(context, "while scanning an alias") == 0;
    return star ? " (what begins with * stands in quotes: \"*/temperature > 25\")" : "";
}

static void tell_parser(const yaml_parser_t *parser, struct span text, const char *name,
                        struct faults *faults)
{
    size_t line = parser->error == YAML_READER_ERROR ? line_at(text, parser->problem_offset)
                                                     : parser->problem_mark.line + 1;
    if (parser->error == YAML_MEMORY_ERROR)
        faults_add(faults, "%s: out of memory", name);
    else if (parser->context != NULL)
        faults_add(faults, "%s:%zu: this is not YAML: %s, %s%s", name, line, parser->problem,
                   parser->context, parser_hint(parser));
    else
        faults_add(faults, "%s:%zu: this is not YAML: %s%s", name, line, parser->problem,
                   parser_hint(parser));
}

struct scan {
    const char *name;
    struct faults *faults;
    size_t depth, documents;
    bool good;
};

static void refuse(struct scan *s, const yaml_event_t *e, const char *what)
{
    faults_add(s->faults, "%s:%zu: %s", s->name, e->start_mark.line + 1, what);
    s->good = false;
}

static void scan_start(struct scan *s, const yaml_event_t *e, const yaml_char_t *anchor,
                       const yaml_char_t *tag)
{
    if (anchor != NULL)
        refuse(s, e, "anchors (&name) are not supported; write it out");
    if (tag != NULL)
        refuse(s, e, "tags (!name) are not supported; write the value itself");
}

static void scan_event(struct scan *s, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        refuse(s, e, "aliases (*name) are not supported; write it out");
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (++s->documents == 2)
            refuse(s, e, "a second document begins here; one is all that is read");
        break;
    case YAML_SCALAR_EVENT:
        scan_start(s, e, e->data.scalar.anchor, e->data.scalar.tag);
        if (memchr(e->data.scalar.value, '\0', e->data.scalar.length) != NULL)
            refuse(s, e, "a zero byte in a value");
        break;
    case YAML_SEQUENCE_START_EVENT:
        scan_start(s, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        scan_start(s, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        break;
    default:
        break;
    }
    bool starts = e->type == YAML_SEQUENCE_START_EVENT || e->type == YAML_MAPPING_START_EVENT;
    bool ends = e->type == YAML_SEQUENCE_END_EVENT || e->type == YAML_MAPPING_END_EVENT;
    if (starts && ++s->depth == CONFIG_DEPTH_MAX + 1)
        refuse(s, e, "this is nested too deep");
    if (ends)
        s->depth--;
}

static bool begin_parser(yaml_parser_t *parser, struct span text)
{
    if (!yaml_parser_initialize(parser))
        return false;
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)text.bytes, text.size);
    return true;
}

static bool scan_all(struct span text, const char *name, struct faults *faults)
{
    struct scan s = {.name = name, .faults = faults, .good = true};
    yaml_parser_t parser;
    yaml_event_t event;
    bool ended = false;
    if (!begin_parser(&parser, text)) {
        faults_add(faults, "out of memory");
        return false;
    }
    while (!ended && s.depth <= CONFIG_DEPTH_MAX && s.documents < 2) {
        if (!yaml_parser_parse(&parser, &event)) {
            tell_parser(&parser, text, name, faults);
            s.good = false;
            break;
        }
        scan_event(&s, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return s.good;
}

bool config_yaml_load(struct config_yaml *y, const char *name, struct span text,
                      struct faults *faults)
{
    yaml_parser_t parser;
    *y = (struct config_yaml){.name = name, .faults = faults};
    if (!check_bytes(text, name, faults) || !scan_all(text, name, faults))
        return false;
    if (!begin_parser(&parser, text)) {
        faults_add(faults, "out of memory");
        return false;
    }
    bool good = yaml_parser_load(&parser, &y->document);
    if (!good)
        tell_parser(&parser, text, name, faults);
    yaml_parser_delete(&parser);
    return good;
}

void config_yaml_fini(struct config_yaml *y)
{
    yaml_document_delete(&y->document);
}

const yaml_node_t *config_yaml_root(struct config_yaml *y)
{
    return yaml_document_get_root_node(&y->document);
}

const yaml_node_t *config_yaml_node(struct config_yaml *y, int index)
{
    const yaml_node_t *node = yaml_document_get_node(&y->document, index);
    check(node != NULL); /* indices come from the document itself */
    return node;
}

struct span config_yaml_text(const yaml_node_t *scalar)
{
    check(scalar->type == YAML_SCALAR_NODE);
    return (struct span){(const char *)scalar->data.scalar.value, scalar->data.scalar.length};
}

size_t config_yaml_line(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

void config_yaml_fault(struct config_yaml *y, const yaml_node_t *node, const char *format, ...)
{
    char text[FAULTS_LINE_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    faults_add(y->faults, "%s:%zu: %s", y->name, config_yaml_line(node), text);
}
