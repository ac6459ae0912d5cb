#include "puppet.h"

uint64_t puppet_dial(struct world *w, struct host *puppet, const struct host *to)
{
    puppet->link_dialled += puppet->link_dialled == 0 ? 1 : 2;
    net_dial(w, puppet, puppet->link_dialled, host_session_address(to));
    return puppet->link_dialled;
}

void puppet_bytes(struct world *w, struct host *puppet, uint64_t link, struct span bytes)
{
    net_send(w, puppet, link, bytes);
    net_flush(w, puppet, link);
}

void puppet_send(struct world *w, struct host *puppet, uint64_t link, const struct message *m)
{
    size_t size = message_encode(m, w->line, sizeof w->line);
    check(size > 0);
    puppet_bytes(w, puppet, link, (struct span){w->line, size});
    if (m->kind == MESSAGE_HELLO)
        net_hello_sent(w, puppet, link);
}

void puppet_greet(struct world *w, struct host *puppet, uint64_t link, uint64_t epoch)
{
    struct message hello = {.kind = MESSAGE_HELLO};
    hello.hello.version = 1;
    hello.hello.device = span_of(puppet->self.device);
    hello.hello.role = puppet->self.role;
    hello.hello.epoch = epoch;
    hello.hello.time_ms = WORLD_WALL_MS;
    hello.hello.wants[ROLE_ACTUATOR] = true;
    puppet_send(w, puppet, link, &hello);
    puppet_send(w, puppet, link, &(struct message){.kind = MESSAGE_HAVE});
}

void puppet_record(struct world *w, struct host *puppet, uint64_t link, uint64_t epoch,
                   const char *text)
{
    struct span bytes = span_of(text);
    struct message update = {.kind = MESSAGE_STATE_UPDATE};
    update.update.log.epoch = epoch;
    update.update.bytes = bytes;
    update.update.count = 1;
    puppet_send(w, puppet, link, &update);
}
