#ifndef APP_ANSWER_LIST_H
#define APP_ANSWER_LIST_H

#include "app/answer.h"
#include "app/answer_record.h"
#include "app/request.h"
#include "io/control.h"
#include "io/store_history.h"

/* One client of the control socket, and the answers that may be long: topics and histories, which
 * go out a slice at a time, while the client has room. Private to answer*. */

struct answer_asker {
    struct answer_asker *next;
    struct control_client *client;
    bool watches, waits;
    struct request request;
    struct store_history *history;
    char (*topics)[LIMIT_TOPIC + 1]; /* still to be given, from topic_at on */
    size_t topic_at, topic_count;
    uint64_t given, damaged;
    uint64_t begins_ms; /* of a history: what came before was let go; 0: nothing was */
    uint64_t pinged_ns; /* 0: no answer is due */
    uint64_t wanted_id; /* 0: no outcome is due */
    bool sent, acknowledged;
    uint64_t acknowledged_ms;
};

/* A line that refuses, and one that is a record. */
void answer_list_refuse(struct answer_asker *k, const char *kind, struct span text);
void answer_list_give(struct answer_asker *k, const struct record *r, uint64_t now_ms,
                      enum answer_record_seal seal);

/* Starts what is asked for, or refuses. True: slices are to follow. */
bool answer_list_topics(const struct answer_parts *parts, struct answer_asker *k);
bool answer_list_history(const struct answer_parts *parts, struct answer_asker *k);
/* There is more to give, and room for a slice. */
bool answer_list_more(const struct answer_asker *k);
void answer_list_slice(const struct answer_parts *parts, struct answer_asker *k);
/* Whatever is left will not be given. */
void answer_list_drop(struct answer_asker *k);

#endif
