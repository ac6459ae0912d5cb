#include "io/udp_places.h"

#include "base/buf.h"

#include <stdio.h>

enum { LOOPBACK_NET = 127, NET_SHIFT = 24 };

enum err udp_places_init(struct udp_places *p, const struct udp_options *options, char *message,
                         size_t message_bytes)
{
    memset(p, 0, sizeof *p);
    p->loopback = options->loopback;
    if (options->interface_count > UDP_INTERFACES_MAX) {
        snprintf(message, message_bytes, "at most %d interfaces can be chosen", UDP_INTERFACES_MAX);
        return ERR_FULL;
    }
    for (size_t i = 0; i < options->interface_count; i++) {
        const char *name = options->interfaces[i];
        if (strlen(name) >= NETIF_NAME || !netif_exists(name)) {
            char names[512];
            netif_names(names, sizeof names);
            snprintf(message, message_bytes, "there is no interface %s; there are: %s", name,
                     names);
            return ERR_NOT_FOUND;
        }
        memcpy(p->names[p->name_count++], name, strlen(name));
    }
    return ERR_OK;
}

static bool is_named(const struct udp_places *p, const char *name)
{
    for (size_t i = 0; i < p->name_count; i++)
        if (strcmp(p->names[i], name) == 0)
            return true;
    return false;
}

static bool is_chosen(const struct udp_places *p, const struct netif_entry *e)
{
    if (p->loopback)
        return e->loopback;
    return p->name_count == 0 || is_named(p, e->name);
}

const struct udp_place *udp_places_find(const struct udp_places *p,
                                        const struct netif_entry *wanted)
{
    for (size_t i = 0; i < p->count; i++)
        if (netif_entry_equal(&p->list[i].netif, wanted))
            return &p->list[i];
    return NULL;
}

bool udp_places_read(struct udp_places *p)
{
    const struct udp_places before = *p;
    if (netif_list_read(&p->all) != ERR_OK) {
        *p = before;
        return false;
    }
    bool grown = false;
    p->count = 0;
    for (size_t i = 0; i < p->all.count; i++) {
        const struct netif_entry *e = &p->all.entries[i];
        if (!is_chosen(p, e))
            continue;
        const struct udp_place *known = udp_places_find(&before, e);
        p->list[p->count++] = (struct udp_place){*e, known ? known->failing : false};
        grown |= !known;
    }
    return grown;
}

bool udp_places_own(const struct udp_places *p, uint32_t ipv4)
{
    for (size_t i = 0; i < p->all.count; i++)
        if (p->all.entries[i].ipv4 == ipv4)
            return true;
    return ipv4 >> NET_SHIFT == LOOPBACK_NET;
}

/* What a chosen interface's own address sends to it comes in through lo. */
bool udp_places_hear(const struct udp_places *p, uint32_t interface, uint32_t source)
{
    if (!p->loopback && p->name_count == 0)
        return true;
    for (size_t i = 0; i < p->count; i++) {
        const struct netif_entry *e = &p->list[i].netif;
        if (e->index == interface || (!p->loopback && e->ipv4 == source))
            return true;
    }
    return false;
}

/* Two addresses of one subnet share its broadcast address: the first one calls. */
bool udp_places_call(const struct udp_places *p, size_t i)
{
    const struct netif_entry *e = &p->list[i].netif;
    for (size_t k = 0; k < i; k++)
        if (p->list[k].netif.index == e->index && p->list[k].netif.broadcast == e->broadcast)
            return false;
    return e->broadcast != 0;
}

bool udp_places_wired(const struct udp_places *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (!p->list[i].netif.loopback && p->list[i].netif.broadcast != 0)
            return true;
    return false;
}

void udp_places_text(char *out, size_t capacity, const struct netif_entry *e, uint32_t ipv4)
{
    snprintf(out, capacity, "%s %u.%u.%u.%u", e->name, ipv4 >> 24, ipv4 >> 16 & 255,
             ipv4 >> 8 & 255, ipv4 & 255);
}

void udp_places_describe(const struct udp_places *p, char *out, size_t capacity)
{
    struct buf b;
    buf_init(&b, out, capacity - 1);
    for (size_t i = 0; i < p->count; i++) {
        const struct netif_entry *e = &p->list[i].netif;
        if (!udp_places_call(p, i))
            continue;
        char text[64];
        udp_places_text(text, sizeof text, e, e->broadcast);
        buf_text(&b, b.size > 0 ? ", " : "");
        buf_text(&b, text);
    }
    if (b.size == 0)
        buf_text(&b, "no interface");
    out[b.size] = '\0';
}
