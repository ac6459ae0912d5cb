#ifndef CORE_PEER_H
#define CORE_PEER_H

#include "core/node_state.h"

/* A session's life: dialled or accepted, greeted, open, gone. One table says what each state does
 * with each input.
 *
 * Which link stays when two join the same devices: another key under a live name is refused; an
 * earlier epoch is refused; one of ours that comes up while a session is open is dropped before a
 * word is said; while neither hello is finished, and for TIME_DIAL_CROSS_MS, the link dialled by
 * the smaller name stays; else the newer replaces the older, because its dialler would not have
 * dialled had it still held one.
 */

/* False at LIMIT_SESSIONS or out of memory. */
bool peer_dial(struct node *n, struct dialer *d);
/* Gives up a DIAL that is out; nothing when its link is up. */
void peer_drop_dial(struct node *n, struct dialer *d);
void peer_link_up(struct node *n, uint64_t link, const struct identity *identity,
                  struct address address);
void peer_link_down(struct node *n, uint64_t link, struct span reason);
void peer_message(struct node *n, uint64_t link, const struct message *m);
void peer_sent(struct node *n, uint64_t link, size_t bytes);
/* Tells it why, hangs up, tells people: for what an honest peer does not do. The session is gone.
 */
void peer_refuse(struct node *n, struct session *s, const char *cause);
/* Neither side needs it: ends without a loss on either. */
void peer_spare(struct node *n, struct session *s);
void peer_goodbye_all(struct node *n);
void peer_tick(struct node *n);
/* When a sign of life or its lack is due. */
uint64_t peer_deadline(const struct node *n);

#endif
