#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

/* Every bound and every span of time of the protocol, with its reason. What happens at a bound
 * stands at the function that meets it; each has a test. Sizes in bytes, times in milliseconds. */

enum {
    /* Names. 63 is a DNS label (RFC 1035 section 2.3.4), so that a device name can become one. */
    LIMIT_NAME = 63,
    LIMIT_TOPIC = 2 * LIMIT_NAME + 6, /* device '/' property "/auto", device '/' rule "/rule" */
    LIMIT_UNIT = 15,                  /* the longest registered SenML unit has 10 characters */
    LIMIT_VALUE_TEXT = 255,           /* a state is a word, not a document */
    LIMIT_REASON = 127,               /* causes told to a peer */
    LIMIT_RECORD_NAME = LIMIT_NAME + 2 * 17, /* "controller1/1572864/17" */
    LIMIT_KEPT = 3840,  /* bytes of records in one part of a checkpoint, which is a
                                        record: its other members take 256; so none is longer */
    LIMIT_CAUSE = 1536, /* a decision's inputs within its record: more are cut, and said to be */

    /* Messages. A record fits a line 16 times, a line fits a socket buffer. */
    LIMIT_DATAGRAM = 1024, /* below every MTU, and what a lesson's peer reads in one recvfrom() */
    LIMIT_LINE = 65536,
    LIMIT_RECORD = 4096,
    LIMIT_LINE_RECORDS = 1024,
    LIMIT_LINE_ENTRIES = 256,  /* log entries in one `have`; more follow in the next */
    LIMIT_NEWS_ENTRIES = 160,  /* the same where an entry also tells a role and what is wanted */
    LIMIT_LINE_WORDS = 96,     /* in one `presence`; a word takes at most 600 bytes */
    LIMIT_CHAIN = 4096,        /* a device's certificate and its issuer's, in DER: about 900 */
    LIMIT_WANTS = 4,           /* one for each role */
    LIMIT_SIGNATURE = 80,      /* DER of ECDSA P-256 takes at most 72 */
    LIMIT_BATCH_BYTES = 61440, /* records in one state_update, leaving room for what stands around
                                  them */

    /* Peers. */
    LIMIT_MEMBERS = 1024, /* devices remembered; at the bound the one heard longest ago without a
                             session goes */
    LIMIT_MESH = 32, /* peers that keep a session each with each; from one more on a ring, and from
                        three quarters of it a mesh again */
    LIMIT_MESH_SIDE = 3, /* in the ring, on each side: any five neighbours may be gone at once */
    LIMIT_MESH_FAR = 2,  /* others, so that news crosses the ring in a few hops */
    LIMIT_MESH_LEAF = 2, /* what a leaf keeps: one may be gone */
    LIMIT_WITNESSES = 2, /* of a death that are kept and passed on; more say nothing new */
    LIMIT_REFUTED = 3,   /* times that others' word against one device is heard in vain, within
                            TIME_REFUTED_MS: bounds what one liar can make a network say */
    LIMIT_REFUTES = 2,   /* signs of life for one accusation: the second one for who lost the first,
                            or heard of the accusation later */
    LIMIT_SESSIONS = 256, /* links at once, finished or not; at the bound new ones are refused */
    LIMIT_GREETINGS = 8,  /* of them of one device and without its hello, so that it can't take all;
                             crossing dials and broken links need a few */
    LIMIT_LOGS = 4096,    /* others' logs held in memory; at the bound the oldest one of the device
                             that has most is neither taken nor served any more */
    LIMIT_LOGS_DEVICE = 256, /* of one device, ours as well: its last lives; at the bound the oldest
                                one goes the same way */
    LIMIT_TOPICS = 16384, /* topics in the state; at the bound a new topic is refused and counted */
    LIMIT_TOPICS_DEVICE = 1024, /* of them, one other device's: nobody fills the state alone */
    LIMIT_TOPICS_OWN = 256, /* of them, kept free for our own: an actuator must not forget its state
                             */
    LIMIT_KEYS_TOPIC = 4, /* keys under one topic: a device is seldom set up anew; at the bound the
                             one that wrote longest ago goes */
    LIMIT_DIALS_CONFIGURED = 32, /* --peer */
    LIMIT_DIAL_BURST = 3,        /* a power-on of everybody must not drown anybody */
    LIMIT_ADDRESSES = 4,         /* a device's last known ones */
    LIMIT_RULES = 64,
    LIMIT_DRIVES = 64,   /* properties of ours that somebody drives; at the bound another is refused
                          */
    LIMIT_ORDERS = 1024, /* properties of others that our rules drive; likewise */
    LIMIT_COMMANDS = 64, /* on their way, and of others remembered until their deadline; likewise */
    LIMIT_DISPATCHES = 64, /* commands of rules whose decision is not on disk yet, or that stand by
                              for an owner; likewise */
    LIMIT_WANTED = 64,     /* a person's wishes whose outcome is awaited; likewise */
    LIMIT_FOREIGN = 16,    /* other networks reported; more are only counted */

    /* One rule. */
    LIMIT_CONDITIONS = 8, /* a byte holds which of them a value is for */
    LIMIT_ACTIONS = 8,
    LIMIT_RULE_COMMANDS = 2 * LIMIT_ACTIONS, /* as many when it begins as when it ends */
    LIMIT_SCHEDULES = 8,                     /* one for each day, and one for them all */
    LIMIT_OWNERS = 8,                        /* an owner and its backups */
    LIMIT_INPUTS = 1024,      /* topics that it looks at; at the bound the oldest goes */
    LIMIT_INPUTS_DEVICE = 32, /* of them, one device's; at the bound its own oldest goes */
    LIMIT_WINDOW_STEPS = 60,  /* a window moves on by its sixtieth: 10 s of 10 minutes */
    LIMIT_EXPLANATION = 1024, /* bytes of why it decided, so that a record holds them */
    TIME_SCHEDULE_MS = 60000, /* a schedule is looked at this often: clocks are set, zones change */

    /* Flow. */
    LIMIT_UNSENT = 131072,     /* bytes a socket may owe before bulk sending pauses */
    LIMIT_FLIGHT = 32768,      /* records of one log sent to one peer and not yet acknowledged */
    LIMIT_PENDING = 2 * 32768, /* records of one log without a seal; at the bound an author takes no
                                  readings. Also of all logs of one device on their way to our disk;
                                  beyond, its session is ended */
    LIMIT_UNSTORED = 32768,  /* own records asked to be stored and not yet; at the bound no readings
                                are taken */
    LIMIT_WINDOW = 4194304,  /* bytes of one log kept in memory for those who follow live; older:
                                from the store */
    LIMIT_SEAL_EVERY = 4096, /* own records stored since the last seal that make a seal due at once
                              */
    LIMIT_SEAL_KEEP = 256, /* records between the seals of a log that stay stored, where its author
                              sealed that often: others' records are checked in stretches of
                              about that many, and seals take half a byte a record, not forty */

    LIMIT_SEAL_BYTES = 524288, /* about so many bytes of records at most are under one seal, so
                                  that who gets them from another than their author can check
                                  them before they are used */
    LIMIT_STRETCH = 8388608,   /* bytes of records of another's log that wait for their seal, one
                                  stretch a session: who follows live may get one for all of its
                                  author's LIMIT_WINDOW and what is on its way; beyond, that
                                  session carries it no more */
    LIMIT_SEALS_ASKED = 64,    /* seals of one log on their way to the disk; newer ones wait */
    LIMIT_FORKS = 64, /* keys known to have signed two contents: each needs a certificate of this
                         network; at the bound one more is reported, and only its log is not taken
                         any more */
    LIMIT_LOOKS = 32, /* at our disk in TIME_LIST_MS, for chain hashes that one session told: each
                         reads what lies between two seals */
    LIMIT_DOUBTS = 4, /* logs that one session seems to have another content of, asked about at
                         once; at the bound it is asked when it tells of them again */
    LIMIT_JUDGED = 8, /* proofs of one session being checked; at the bound one is dropped */
    LIMIT_LIST_CHAINS = 128, /* entries of a list of a device's logs that tell their chain, the
                                newest first: with more a list may not fit a line */
    LIMIT_EPOCH_JUMP = 1073741824, /* 1,024 lives: how far a member may say, without a proof, that
                                      our epochs went: enough for any backup */
    LIMIT_EPOCH_CLAIMS = 8, /* such sayings believed in TIME_EPOCH_CLAIMS_MS: a liar then needs a
                               century to use the epochs up */
    /* Retention. */
    LIMIT_MARKS = 64, /* checkpoints of one log that are known as places where it may begin; at the
                         bound the oldest goes, and the log is pruned to the next one */
    LIMIT_CHECKPOINT_MIN = 65536, /* bytes of own records between two checkpoints, at the least, */
    LIMIT_CHECKPOINT_MAX = 4194304, /* ... and at the most: what lies before one may go */
    LIMIT_CHECKPOINT_SHARE = 8,     /* times its own size: so it takes an eighth of the disk */
    LIMIT_CHECKPOINT_PAST = 32768,  /* records of lives before, about as many bytes as that */
    LIMIT_RETAIN_STEPS = 32,        /* of the bytes or the time retained, between two checkpoints */
    LIMIT_PRUNED_TURN = 16,         /* logs shortened in one turn of the loop */

    /* Time. */
    TIME_CHECKPOINT_MIN_MS = 1000,     /* between two checkpoints by age */
    TIME_CHECKPOINT_MAX_MS = 86400000, /* a log that grows slowly may still be shortened by the day
                                        */
    TIME_RETAIN_MS = 5000,             /* between two looks whether something is too old */
    TIME_SEAL_MS = 200,                /* busy: at least SEAL_BUSY records wait */
    TIME_SEAL_QUIET_MS = 3000,         /* quiet: see docs/decisions/003 */
    TIME_SEAL_IDLE_MS = 1200,          /* ... and nothing was written for this long: nobody else is
                                          to share the seal, docs/decisions/014 */
    LIMIT_SEAL_BUSY = 8,               /* records waiting for a seal that make a log busy */
    TIME_BEAT_MS = 1100,               /* silence of our own after which a sign of life is sent */
    TIME_SUSPECT_MS = 1500, /* silence of the other side after which it is suspected and pinged: a
                               beat, and 400 ms for one that was lost on the way */
    TIME_LOST_MS = 2600, /* ... after which the session is lost: two beats and 400 ms; the ping has
                            had 1.1 s to be answered */
    TIME_LATE_MS = 300,  /* a turn of our own loop that comes so late is late: an honest one takes
                            some milliseconds */
    TIME_STRAIN_MS = 1300,    /* each late turn makes us so much more patient with others: half of
                                 TIME_LOST_MS */
    LIMIT_STRAIN = 6,         /* at most so many times */
    TIME_LOST_MAX_MS = 10400, /* TIME_LOST_MS + LIMIT_STRAIN * TIME_STRAIN_MS: whoever is late all
                                 the time still tells the dead */
    TIME_EASE_MS = 5000,      /* without a late turn, this much takes one of them off */
    LIMIT_ALONE = 3, /* when so many sessions or more are all silent, it may be us: one step more
                        patience */
    TIME_FALSE_MS = 3000, /* who was lost for silence and is back within this, in the same life, was
                             there all the time */
    LIMIT_CALLS_DOUBT = 2, /* hellos that may be missed, of somebody without a session, before it is
                              suspected and dialled */
    LIMIT_CALLS_GONE = 3,  /* ... before it is offline */
    TIME_SEEN_MS = 60000,  /* between two notes on disk of when the others were last heard: what a
                              crash of ours may forget */
    TIME_EPOCH_CLAIMS_MS = 3600000,
    TIME_GREET_MS = 5000,        /* from a link to its finished hello */
    TIME_RTT_MS = 30000,         /* between pings that are answered */
    TIME_HELLO_MS = 5000,        /* between hellos, with a jitter of one fifth */
    TIME_HELLO_MISSED_MS = 2000, /* ... while somebody is missed, for */
    TIME_MISSED_MS = 600000,   /* ... so long: the end of a cut shows in the first call across it */
    LIMIT_HELLO_BACK = 5,      /* part of the time between calls, within which we call when
                                  somebody is back: for us it may be, too */
    TIME_HELLO_SHARE_MS = 100, /* ... or this for each device, when that is more: ten hellos a
                                  second in the whole network */
    TIME_DIAL_FIRST_MS = 100,  /* first retry; doubles, with jitter, up to */
    TIME_DIAL_MAX_MS = 1500,   /* ... so that a healed network is joined again within two seconds */
    TIME_DIAL_REFUSED_MS = 3000, /* after a refusal, which will not change soon */
    TIME_DIAL_BURST_MS = 1000,   /* at most LIMIT_DIAL_BURST dials to one device in this time */
    TIME_DIAL_EVERY_MS = 1000,   /* a hello causes at most one answer and one dial in this time */
    TIME_DIAL_POLITE_MS = 300,   /* who was answered waits this long for the other side's dial */
    TIME_PROBE_MS = 150, /* between two dials for a sign of life: a cut makes half a network silent
                            at once, and its end must not find a dial out to each of them */
    TIME_DIAL_CROSS_MS = 5000,    /* two links that come up within this are of dials that crossed: a
                                     handshake may take so long, and who lost one is heard silent
                                     before */
    TIME_DIAL_GIVE_UP_MS = 60000, /* without a hello or a session; then only a hello makes us dial
                                     again */
    TIME_FRESH_MS = 30000,        /* a value older than this is stale for rules */
    TIME_UNUSED_MS = 30000,       /* a reading that no rule used for this long is named */
    TIME_NOBODY_MS = 10000,       /* nobody found */
    TIME_WHY_MS = 1000,   /* between two decisions of a rule that changed nothing and are kept */
    TIME_ORDER_MS = 1000, /* between two claims of ours to a property that another controller claims
                           */
    TIME_CLOCK_MS = 120000,       /* a clock that is further off than this is named */
    TIME_TARGET_CLOCK_MS = 1000,  /* what a pong said of its sender's clock is good for this long:
                                     two clocks may drift apart by a tenth */
    TIME_COMMAND_MS = 600000,     /* a command's deadline is at most so far away: its id is
                                     remembered until then, and there is room for LIMIT_COMMANDS */
    TIME_RULE_COMMAND_MS = 10000, /* a rule's command is given at most so long after the record that
                                     caused it was written: time to lose an owner and stand in,
                                     and no door opens because a network came back */
    TIME_COUNT_MS = 5000,      /* a condition that has held this long, of more (`for`), is written:
                                  a crash forgets at most this much of it, a value that comes and
                                  goes costs nothing */
    TIME_COUNT_GAP_MS = 90000, /* whoever was away for longer counts from the beginning: a value is
                                  fresh for 30 s, and when others were last heard is noted every
                                  60 s */
    TIME_OUTCOME_MS = 12000,   /* behind a command's deadline: its script may take ten seconds */
    TIME_BACKLOG_MS = 100,     /* states of before we met come together; rules look at them then */
    TIME_MESH_MS = 100,        /* who comes at once is looked at together; */
    TIME_MESH_EACH_MS = 1,     /* ... so much later for each that is known: all are looked at */
    TIME_MESH_AGAIN_MS = 300000, /* a ring that was too small for so long is a mesh again: most
                                    cuts end before */
    TIME_MEET_MS = 5000,    /* whoever is needed from now on, or is back, and calls, is there for so
                               long without a session: until one is made */
    TIME_TELL_MS = 50,      /* who is gone or back is told together; a ring of a thousand is
                               crossed in five or six hops */
    TIME_FAR_MS = 2000,     /* whose calls are not heard for so long after its session opened is out
                               of hearing: it called at its start, or in answer to our call */
    TIME_HEARSAY_MS = 2000, /* who is said to be gone by one witness is so when this has passed
                               without a sign of life: its call takes some hundredths of it */
    TIME_REFUTE_MS = 1000,  /* between two signs of life of one that was called gone */
    TIME_REFUTED_MS = 60000, /* whoever was called gone LIMIT_REFUTED times in this time and was
                                not is judged by its own signs of life alone */
    TIME_SPARE_MS = 2000,    /* a session that neither side needs lasts this long: one of them may
                                change its mind */
    TIME_NEWS_MS = 200,      /* what is new in others' logs is told together */
    TIME_CARRY_MS = 3000,    /* who said it would carry a log and sends nothing for this long is
                                not asked again in this session */
    TIME_CARRY_OTHER_MS = 15000, /* who sends no whole stretch of a log for this long gives way to
                                    another who offers it: half a megabyte at 40 kB/s */
    TIME_LIST_MS = 1000,         /* between two lists of one device's logs to one peer: up to 64 KiB
                                    for an entry of 300 bytes */
    TIME_RETELL_MS = 600000, /* between two tellings of a log to somebody who wants nothing of it:
                                its author may say something else there */
    TIME_SUMMARY_MS = 5000,  /* between a controller's summaries */
    TIME_STORE_RETRY_MS = 1000, /* after a failed store */
    TIME_LEAVE_MS = 1000, /* a leaving peer waits this long for its last records to be stored and
                             sent */
};

/* The year 2200: no clock that works says later; a record that does is refused. */
#define LIMIT_STAMP_MAX_MS 7258118400000

#endif
