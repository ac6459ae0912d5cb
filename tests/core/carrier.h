#ifndef TESTS_CORE_CARRIER_H
#define TESTS_CORE_CARRIER_H

#include "core/rig.h"

/* What a peer says to the rig about the logs of third parties. A log's records are always the same,
 * stamped CARRIER_MS, so that its chain can be computed; key 0 is its author's. */

#define CARRIER_MS 1760000000000

struct message_entry carrier_entry(const char *device, uint64_t epoch, uint64_t sealed);
/* One entry of a `have`. */
void carrier_tells(struct rig *r, uint64_t link, const struct message_entry *e);
/* So much of a sensor's log is there for whoever asks. */
void carrier_offers(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                    uint64_t sealed);
/* The author's certificate, which holds. */
void carrier_introduces(struct rig *r, uint64_t link, const char *device, enum role role);
void carrier_sends(struct rig *r, uint64_t link, const char *device, uint64_t epoch, uint64_t first,
                   uint64_t last);
/* The same with another stamp: another content. */
void carrier_sends_stamped(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                           uint64_t first, uint64_t last, uint64_t ts);
struct chain_hash carrier_chain(struct rig *r, const char *device, uint64_t epoch, uint64_t last,
                                uint64_t ts);
void carrier_seals(struct rig *r, uint64_t link, const char *device, uint64_t epoch, uint64_t seq);
void carrier_seals_hash(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                        uint64_t seq, const struct chain_hash *hash);
void carrier_verified(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                      uint64_t seq, bool valid);
/* All of it, to the disk. */
void carrier_delivers(struct rig *r, uint64_t link, const char *device, uint64_t epoch,
                      uint64_t sealed);
/* How many entries of the last step ask that session for this log. */
size_t carrier_asked(const struct rig *r, uint64_t link, const char *device, uint64_t epoch);
/* The last entry about the device that was sent on the link; NULL: none. */
const struct message_entry *carrier_told(const struct rig *r, uint64_t link, const char *device);

#endif
