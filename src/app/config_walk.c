#include "app/config_walk.h"

#include "app/config.h"

bool config_walk_is_text(struct config *c, const yaml_node_t *node, const char *name)
{
    if (node->type == YAML_SCALAR_NODE && node->data.scalar.length > 0)
        return true;
    if (node->type == YAML_SCALAR_NODE)
        config_yaml_fault(c->yaml, node, "%s has no value", name);
    else
        config_yaml_fault(c->yaml, node, "%s is one value, not a list or a mapping", name);
    return false;
}

static bool seen_before(struct config *c, const yaml_node_pair_t *start,
                        const yaml_node_pair_t *pair)
{
    struct span key = config_yaml_text(config_yaml_node(c->yaml, pair->key));
    for (const yaml_node_pair_t *p = start; p < pair; p++) {
        const yaml_node_t *other = config_yaml_node(c->yaml, p->key);
        if (other->type != YAML_SCALAR_NODE || !span_equal(config_yaml_text(other), key))
            continue;
        config_yaml_fault(c->yaml, config_yaml_node(c->yaml, pair->key),
                          "%.*s is given twice, first in line %zu", (int)key.size, key.bytes,
                          config_yaml_line(other));
        return true;
    }
    return false;
}

void config_walk_pairs(struct config *c, const yaml_node_t *mapping, config_walk_fn *on_pair,
                       void *context)
{
    const yaml_node_pair_t *start = mapping->data.mapping.pairs.start;
    const yaml_node_pair_t *top = mapping->data.mapping.pairs.top;
    if (top - start > CONFIG_KEYS_MAX) {
        config_yaml_fault(c->yaml, mapping, "more than %d keys", CONFIG_KEYS_MAX);
        return;
    }
    for (const yaml_node_pair_t *pair = start; pair < top; pair++) {
        const yaml_node_t *key = config_yaml_node(c->yaml, pair->key);
        if (key->type != YAML_SCALAR_NODE)
            config_yaml_fault(c->yaml, key, "a key is a word, not a list or a mapping");
        else if (!seen_before(c, start, pair))
            on_pair(c, key, config_yaml_node(c->yaml, pair->value), context);
    }
}

static const char *word_at(const void *context, size_t index)
{
    const char *const *words = context;
    return words[index];
}

const char *config_walk_unknown(struct config *c, const yaml_node_t *key, const char *const *words)
{
    struct span text = config_yaml_text(key);
    const char *nearest = faults_nearest(text, word_at, (const void *)words);
    if (nearest != NULL)
        config_yaml_fault(c->yaml, key, "%.*s: no such key; did you mean %s?", (int)text.size,
                          text.bytes, nearest);
    else
        config_yaml_fault(c->yaml, key, "%.*s: no such key; kith help config shows all",
                          (int)text.size, text.bytes);
    return nearest;
}
