#ifndef CORE_NEWS_H
#define CORE_NEWS_H

#include "core/node_state.h"

/* Which logs of third parties there are, told between two peers. For each device that is neither
 * of the two, each says what it holds and what it wants: nothing (it has a session with the device,
 * or no use for it), news (tell me when you have more), or records (send me this log). What is new
 * is told together, TIME_NEWS_MS later, and only what the other cannot know yet. Leaves tell what
 * they want, and offer nothing. */

/* Something to be told of this member has changed. */
void news_due(struct node *n, const struct member *m);
/* ... and can wait until there is something else to be told. */
void news_note(struct node *n, const struct member *m);
/* ... because of its logs. */
void news_changed(struct node *n, struct member *m);
/* What was told and heard on it is freed. */
void news_end(struct session *s);
/* An entry of a third party's log in a `have`. */
void news_entry(struct node *n, struct session *s, const struct message_entry *e);
/* The end of a list of all logs of one device: tells those of ours that go further. */
void news_list(struct node *n, struct session *s, const struct message *list);
/* Our whole list of a device's logs is to be sent to somebody who seems to have other ones: soon,
 * but TIME_LIST_MS behind the one before. */
void news_list_due(struct node *n, struct session *s, const struct member *m);
/* Whoever carried the device's logs does not any more: those who have more are asked again. */
void news_ask_again(struct node *n, struct member *m);
/* What we want of this session was not what it is told last. */
void news_tell_again(struct node *n, struct session *s, const struct member *m);
/* This session promised a device's log and did not send it: it is not asked again. */
void news_distrust(struct node *n, struct session *s, const struct member *m);
bool news_distrusted(const struct session *s, const struct member *m);
/* This session is sent logs of this member. */
void news_give(struct node *n, struct session *s, const struct member *m);
bool news_gives(const struct session *s, const struct member *m);
/* The member's place is given to another. */
void news_forget(struct node *n, const struct member *m);

/* A session is complete: it is told at once what there is. */
void news_begin(struct node *n, struct session *s);
bool news_wants_role(const struct node *n, enum role role);
void news_tick(struct node *n);

#endif
