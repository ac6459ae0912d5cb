#ifndef CORE_MESH_H
#define CORE_MESH_H

#include "core/node_state.h"

/* Whom we keep a session with. Up to LIMIT_MESH peers: everybody who has something for the other.
 * Beyond, each keeps the LIMIT_MESH_SIDE nearest on each side in a ring by hashed name,
 * LIMIT_MESH_FAR others spread over it, and those it needs directly: what its rules look at or
 * drive, and what a person waits for. A leaf keeps two. Everything else comes by way of others
 * (news.c, carry.c).
 *
 * The choice follows from who is there, so both ends of a ring's edge make the same one. Where they
 * differ, who needs the other decides: each side says when it could do without a session, and one
 * that neither needs ends. */

/* The process begins: in a network that is known to be large, with a ring. */
void mesh_start(struct node *n);
/* Who is there has changed: chooses anew, soon. */
void mesh_due(struct node *n);
/* One more is known: likewise, and at once when it is the first that makes a ring. */
void mesh_grew(struct node *n);
/* Something was asked of a device by a person: chooses anew, at once. */
void mesh_asked(struct node *n);
/* Whether we want a session with m: as chosen last; in a small network always. */
bool mesh_needs(const struct node *n, const struct member *m);
/* Its role: proven, else what its name says. */
enum role mesh_role(const struct member *m);
/* A session is open: says at once if we could do without it. */
void mesh_opened(struct node *n, struct session *s);
/* The other side needs the session, or could do without it. */
void mesh_told(struct node *n, struct session *s, const struct message *m);
void mesh_tick(struct node *n);
/* The place of a device in the ring. */
uint64_t mesh_place(const struct node *n, struct span device);

#endif
