/** @file ringmill.h
 *
 *  Ringmill: bounded lock-free rings, channels, partitions, and queues with leases, retries and dead
 *  letters, in the memory of one process.
 *
 *  - A ring never waits: full and empty are answers. The fastest way from thread to thread. It is
 *    never closed: who has to see an end sends one, or takes a channel.
 *  - A channel is a ring whose ends wait: with time-outs, in batches, or in an event loop.
 *  - Partitions are several rings as one queue, in which elements of one key keep their order.
 *
 *  - A queue has what a broker has: a message is leased to one consumer at a time, read in place, and
 *    acked; what fails, or is held too long, is handed out again, and what fails too often goes to
 *    the dead letters. It takes keys, headers, priorities, and messages of any length up to 16 MiB.
 *
 *  Rings, channels and partitions hold elements of one size, which is set when they are made and copied in and out, or
 *  written and read in place. All of their memory is allocated when they are made.
 *
 *  The interface is 0.x: a minor version may change it, and then changes the soname.
 *
 *  @section install Installing and linking
 *
 *      ffi-tests/install.sh --prefix /usr/local      needs cargo and a C compiler
 *      cc app.c $(pkg-config --cflags --libs ringmill)
 *      cc app.c $(pkg-config --cflags --libs ringmill-static)
 *      CMake: find_package(ringmill), then ringmill::ringmill or ringmill::static
 *
 *  @section hello A program
 *
 *      #include <ringmill.h>
 *      #include <stdio.h>
 *
 *      int main(void) {
 *        ringmill_channel_options options;
 *        ringmill_channel *channel;
 *        ringmill_status status = ringmill_channel_options_init(sizeof options, &options);
 *        options.elem_size = sizeof(int);
 *        if (status || (status = ringmill_channel_new(&options, &channel))) {
 *          fprintf(stderr, "%s: %s\n", ringmill_status_text(status), ringmill_last_message());
 *          return 1;
 *        }
 *        for (int n = 1; n <= 3; n++) status = ringmill_channel_send(channel, &n, RINGMILL_FOREVER);
 *        status = ringmill_channel_close(channel);
 *        int n;
 *        while (!ringmill_channel_recv(channel, RINGMILL_FOREVER, &n)) printf("%d\n", n);
 *        ringmill_channel_free(channel);
 *        return (int)status;
 *      }
 *
 *  And with a queue: what is not acked comes again.
 *
 *      ringmill_engine *engine;
 *      ringmill_queue *jobs;
 *      ringmill_queue_producer *producer;
 *      ringmill_queue_consumer *consumer;
 *      if (ringmill_engine_new(NULL, &engine) || ringmill_queue_new(engine, "jobs", NULL, &jobs) ||
 *          ringmill_queue_producer_new(jobs, &producer) ||
 *          ringmill_queue_consumer_new(jobs, &consumer)) return 1;
 *      ringmill_message message = {0};
 *      message.payload = "3 apples";
 *      message.payload_len = 8;
 *      if (ringmill_enqueue(producer, &message, NULL)) return 1;
 *      ringmill_delivery job;
 *      while (!ringmill_dequeue(consumer, 0, &job)) {
 *        printf("%.*s\n", (int)job.payload_len, (const char *)job.payload);
 *        ringmill_ack(consumer, &job);            or ringmill_nack(): again after a while
 *      }
 *      ringmill_queue_consumer_free(consumer);
 *      ringmill_queue_producer_free(producer);
 *      ringmill_queue_free(jobs);
 *      ringmill_engine_free(engine);
 *
 *  @section conventions Conventions
 *
 *  What can fail answers a ringmill_status: RINGMILL_STATUS_OK is 0. Outputs come last; pointers
 *  and numbers among them are written on every path, elements only where elements were taken.
 *  Times are int64_t nanoseconds: 0 or less tries once, RINGMILL_FOREVER waits without limit.
 *  Options begin with their size and are made by an init function, so that a program that was
 *  compiled with an older header goes on working. Enumerations travel as uint32_t.
 *
 *  NULL, lengths up to SIZE_MAX, unaligned buffers, a wrong size of options, unknown flags: all of
 *  that is answered with a status, and nothing else happens. What cannot be detected, and is
 *  undefined: a pointer to something else, a buffer shorter than its length says, a handle that was
 *  freed. A debug build of the library (install.sh --debug) detects the last: a function answers
 *  RINGMILL_STATUS_STALE_HANDLE, or what it answers for NULL, and freeing twice aborts with a
 *  message.
 *
 *  @section threads Threads
 *
 *  | handle                   | may be used by                                                   |
 *  |--------------------------|------------------------------------------------------------------|
 *  | ringmill_ring, mpmc      | any number of threads at once                                    |
 *  | ringmill_ring, spsc      | one thread that pushes and one that pops; another one may take   |
 *  |                          | over where they synchronise. Two threads at one end at once lose |
 *  |                          | and double elements, and see torn ones; they reach no memory     |
 *  |                          | outside the ring. Debug builds answer RINGMILL_STATUS_BUSY       |
 *  | ringmill_channel         | any number of threads at once                                    |
 *  | ringmill_partitions      | any number of threads at once                                    |
 *  | ringmill_producer        | any number of threads at once                                    |
 *  | ringmill_group           | any number of threads at once                                    |
 *  | ringmill_consumer        | one at a time; others get RINGMILL_STATUS_BUSY                   |
 *  | ringmill_pollable        | one at a time; others get RINGMILL_STATUS_BUSY                   |
 *  | ringmill_engine          | any number of threads at once                                    |
 *  | ringmill_queue           | any number of threads at once                                    |
 *  | ringmill_queue_producer  | one at a time; others get RINGMILL_STATUS_BUSY                   |
 *  | ringmill_browse,         | any number of threads at once                                    |
 *  | ringmill_close_report    |                                                                  |
 *  | ringmill_queue_consumer  | taking: one at a time; others get RINGMILL_STATUS_BUSY. Settling |
 *  |                          | and looking at deliveries: any number of threads at once         |
 *
 *  No handle is bound to the thread that made it. Freeing one is the last call on it: no other
 *  thread may be in a call on it or begin one.
 *
 *  @section ownership Ownership
 *
 *  | made by                              | freed by                   | before or after            |
 *  |--------------------------------------|----------------------------|----------------------------|
 *  | ringmill_ring_new                    | ringmill_ring_free         |                            |
 *  | ringmill_ring_new_in                 | ringmill_ring_free         | before its memory          |
 *  | ringmill_ring_reserve                | ringmill_ring_commit,      | before its ring            |
 *  |                                      | ringmill_ring_cancel       |                            |
 *  | ringmill_ring_peek                   | ringmill_ring_release      | before its ring            |
 *  | ringmill_channel_new                 | ringmill_channel_free      |                            |
 *  | ringmill_pollable_new                | ringmill_pollable_free     | before or after the channel|
 *  | ringmill_partitions_new              | ringmill_partitions_free   |                            |
 *  | ringmill_producer_new                | ringmill_producer_free     | before or after the rest   |
 *  | ringmill_consumer_new,               | ringmill_consumer_free     | before or after the rest   |
 *  | ringmill_group_join                  |                            |                            |
 *  | ringmill_group_new                   | ringmill_group_free        | before or after the rest   |
 *
 *  | ringmill_engine_new                  | ringmill_engine_free       | before or after the rest   |
 *  | ringmill_queue_new, _find,           | ringmill_queue_free        | before or after the rest   |
 *  | ringmill_queue_dead_letters          |                            |                            |
 *  | ringmill_queue_producer_new          | ringmill_queue_producer_   | before or after the rest   |
 *  |                                      | free                       |                            |
 *  | ringmill_reserve                     | ringmill_commit, _cancel   | else with its producer     |
 *  | ringmill_queue_consumer_new          | ringmill_queue_consumer_   | before or after the rest   |
 *  |                                      | free                       |                            |
 *  | ringmill_queue_browse, _peek,        | ringmill_browse_free       | before or after the rest   |
 *  | _inspect                             |                            |                            |
 *  | ringmill_queue_close                 | ringmill_close_report_free | before or after the rest   |
 *  | ringmill_dequeue, _batch, _or_arm    | ringmill_ack, _nack, ...,  | by any consumer of the     |
 *  |                                      | ringmill_let_go            | queue                      |
 *
 *  Freeing NULL does nothing. Elements are bytes to the library: what they point to is not freed.
 *
 *  @section caveats Caveats
 *
 *  - fork: what a child process inherits is a copy. A thread of the parent that was in a call is
 *    missing in it, so a handle that other threads used may hang there: after fork, use only what
 *    no other thread used, or nothing until exec. Descriptors are closed by exec.
 *  - Signal handlers: only the functions that say so. The others may take a lock or wait for the
 *    very thread that the handler interrupted.
 *  - Cancellation of threads and longjmp: a thread that vanishes in a call may hold a lock, or a
 *    place in a ring, for ever. Disable cancellation around calls; end threads by closing.
 *  - Lifetime of pointers: those of a ringmill_room end with ringmill_ring_commit() or
 *    ringmill_ring_cancel(), those of a ringmill_view with ringmill_ring_release(). That of
 *    ringmill_last_message() ends with the next call that fails in the same thread. Those of a
 *    ringmill_delivery end when it is let go of, by whatever settles it, and not before: not when its
 *    lease ends, nor with the consumer, the queue or the engine. A delivery that is never let go of
 *    keeps its slot, and in the end the memory of its queue.
 *  - Messages are copied in by the call that takes them, and never after it.
 *  - Callbacks: what each may call stands at its type. They must not throw or jump out.
 *  - A thread that is stopped within a push or a pop of an mpmc ring, between two instructions,
 *    holds up those that come to its slot; they give their core away while they wait.
 */

#ifndef RINGMILL_H
#define RINGMILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** On functions whose status must not be dropped unseen. */
#if defined(__cplusplus) && __cplusplus >= 201703L
#define RINGMILL_MUST_USE [[nodiscard]]
#elif defined(__GNUC__) || defined(__clang__)
#define RINGMILL_MUST_USE __attribute__((warn_unused_result))
#else
#define RINGMILL_MUST_USE
#endif

/** On functions that are defined here. */
#if defined(__GNUC__) || defined(__clang__)
#define RINGMILL_INLINE static inline __attribute__((unused))
#else
#define RINGMILL_INLINE static inline
#endif

/** The version of this header; ringmill_version() is that of the library. */
#define RINGMILL_VERSION "0.1.0"
#define RINGMILL_VERSION_MAJOR 0
#define RINGMILL_VERSION_MINOR 1
#define RINGMILL_VERSION_PATCH 0
#define RINGMILL_VERSION_NUMBER \
  (1000000 * RINGMILL_VERSION_MAJOR + 1000 * RINGMILL_VERSION_MINOR + RINGMILL_VERSION_PATCH)

/**
 * Any number of threads push, any number pop.
 */
#define RINGMILL_RING_KIND_MPMC 0

/**
 * One thread pushes, one thread pops. The fastest, and wait-free.
 */
#define RINGMILL_RING_KIND_SPSC 1

/**
 * Touch every page of the memory when it is made, so that no push has to wait for one.
 */
#define RINGMILL_FLAG_TOUCH_PAGES 1

/**
 * The largest capacity: 2^31 elements.
 */
#define RINGMILL_CAPACITY_MAX 2147483648

/**
 * The largest alignment of elements, in bytes.
 */
#define RINGMILL_ALIGN_MAX 64

/**
 * Look again for a few microseconds, then sleep: less than a wake-up costs.
 */
#define RINGMILL_WAIT_SPIN_THEN_PARK 0

/**
 * Sleep at once. Where threads wait long, or there are more threads than cores.
 */
#define RINGMILL_WAIT_PARK 1

/**
 * Never sleep. For threads that have a core of their own.
 */
#define RINGMILL_WAIT_SPIN 2

/**
 * No time-out: wait as long as it takes.
 */
#define RINGMILL_FOREVER INT64_MAX

/**
 * The largest number of partitions: 2^16.
 */
#define RINGMILL_PARTITIONS_MAX 65536

/**
 * No thread: the program calls ringmill_engine_tick() itself, and nothing falls due otherwise.
 */
#define RINGMILL_ENGINE_MANUAL 1

/**
 * Time stands still until ringmill_engine_advance(). For tests; goes with RINGMILL_ENGINE_MANUAL.
 */
#define RINGMILL_ENGINE_VIRTUAL_CLOCK 2

/**
 * In fields of options where 0 is the default: none, 0.
 */
#define RINGMILL_NONE -1

/**
 * What does not fit is refused: RINGMILL_STATUS_FULL.
 */
#define RINGMILL_OVERFLOW_FAIL 0

/**
 * The producer waits for room, at most overflow_timeout_ns.
 */
#define RINGMILL_OVERFLOW_BLOCK 1

/**
 * What does not fit is let go of.
 */
#define RINGMILL_OVERFLOW_DROP_NEWEST 2

/**
 * The oldest ready message of the partition makes room: it goes to the dead letters, or is let go
 * of.
 */
#define RINGMILL_OVERFLOW_DROP_OLDEST 3

/**
 * Messages are handed out as they come.
 */
#define RINGMILL_ORDER_NONE 0

/**
 * The messages of one key, one after the other: the next one when the one before is done with.
 */
#define RINGMILL_ORDER_KEY 1

/**
 * All messages of a partition, one after the other.
 */
#define RINGMILL_ORDER_PARTITION 2

/**
 * Messages with an id are refused: RINGMILL_STATUS_NO_DEDUP.
 */
#define RINGMILL_DEDUP_NONE 0

/**
 * The last ids are remembered, whatever has become of their messages since.
 */
#define RINGMILL_DEDUP_WINDOW 1

/**
 * The ids of the messages that are in the queue.
 */
#define RINGMILL_DEDUP_UNTIL_SETTLED 2

/**
 * Delays that grow by a factor.
 */
#define RINGMILL_BACKOFF_EXPONENTIAL 0

/**
 * Delays that grow by a step.
 */
#define RINGMILL_BACKOFF_LINEAR 1

/**
 * The same delay each time.
 */
#define RINGMILL_BACKOFF_FIXED 2

/**
 * Exactly the delay of the policy.
 */
#define RINGMILL_JITTER_NONE 0

/**
 * 0 to the delay.
 */
#define RINGMILL_JITTER_FULL 1

/**
 * Half of the delay to all of it.
 */
#define RINGMILL_JITTER_EQUAL 2

/**
 * The delay less and more a fraction of it: jitter_fraction.
 */
#define RINGMILL_JITTER_PLUS_MINUS 3

/**
 * It also never refuses a message below its capacity. Otherwise producers and consumers keep up to
 * 32 free slots each for speed, where there are 64 for each.
 */
#define RINGMILL_QUEUE_EXACT_CAPACITY 1

/**
 * Messages without a key are refused: RINGMILL_STATUS_NO_KEY.
 */
#define RINGMILL_QUEUE_REQUIRE_KEY 2

/**
 * It is noted how long messages wait. Costs each message two looks at the clock.
 */
#define RINGMILL_QUEUE_TIMESTAMPS 4

/**
 * Messages can be found by their ids. Costs each message a lock, and up to 80 bytes a slot.
 */
#define RINGMILL_QUEUE_LOOKUP 8

/**
 * Level 8.
 */
#define RINGMILL_PRIORITY_LOW 8

/**
 * Level 16: what a message has that says nothing.
 */
#define RINGMILL_PRIORITY_NORMAL 16

/**
 * Level 24.
 */
#define RINGMILL_PRIORITY_HIGH 24

/**
 * Level 31.
 */
#define RINGMILL_PRIORITY_CRITICAL 31

/**
 * Level 0, since 0 stands for RINGMILL_PRIORITY_NORMAL.
 */
#define RINGMILL_PRIORITY_LOWEST 32

/**
 * The message itself is wrong: a dead letter now, no retry makes it right.
 */
#define RINGMILL_CLASS_VALIDATION 1

/**
 * A rule of the application refuses it for now.
 */
#define RINGMILL_CLASS_BUSINESS 2

/**
 * Something that it needs failed.
 */
#define RINGMILL_CLASS_SYSTEM 3

/**
 * Handling took too long.
 */
#define RINGMILL_CLASS_TIMED_OUT 4

/**
 * The handler panicked, or threw an exception.
 */
#define RINGMILL_CLASS_PANIC 5

/**
 * Not yet, or elsewhere: an answer of handlers alone.
 */
#define RINGMILL_SETTLE_KEPT 0

/**
 * Handled.
 */
#define RINGMILL_SETTLE_ACK 1

/**
 * Handling failed.
 */
#define RINGMILL_SETTLE_NACK 2

/**
 * Never to be handled.
 */
#define RINGMILL_SETTLE_REJECT 3

/**
 * Not handled.
 */
#define RINGMILL_SETTLE_RELEASE 4

/**
 * Handling failed by an error of RINGMILL_CLASS_PANIC: an answer of handlers alone.
 */
#define RINGMILL_SETTLE_PANIC 5

/**
 * Its handler said so, or its error was of RINGMILL_CLASS_VALIDATION.
 */
#define RINGMILL_REASON_REJECTED 1

/**
 * Its handling failed once more than the policy retries.
 */
#define RINGMILL_REASON_MAX_ATTEMPTS 2

/**
 * It was handed out as often as is allowed.
 */
#define RINGMILL_REASON_MAX_DELIVERIES 3

/**
 * Its time to live was over.
 */
#define RINGMILL_REASON_EXPIRED 4

/**
 * The queue was full, and it was the oldest.
 */
#define RINGMILL_REASON_OVERFLOW 5

/**
 * Its key was parked behind another dead letter, and so were as many others as may be.
 */
#define RINGMILL_REASON_KEY_PARKED 6

/**
 * To be handed out.
 */
#define RINGMILL_STATE_READY 1

/**
 * With a consumer.
 */
#define RINGMILL_STATE_LEASED 2

/**
 * Waits for a time.
 */
#define RINGMILL_STATE_DELAYED 4

/**
 * Set aside: it could not go where it should.
 */
#define RINGMILL_STATE_PARKED 5

/**
 * What a function answers. The numbers are stable, and equal to those of `code()` in Rust.
 */
enum ringmill_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Done.
   */
  RINGMILL_STATUS_OK = 0,
  /**
   * There is no room now; with bulk calls, none for all of it. Later there may be.
   */
  RINGMILL_STATUS_FULL = 1,
  /**
   * There is no element now; with bulk calls, not that many. Later there may be.
   */
  RINGMILL_STATUS_EMPTY = 2,
  /**
   * Closed: nothing more is accepted or, when taking, everything has been taken.
   */
  RINGMILL_STATUS_CLOSED = 3,
  /**
   * The time-out passed. Nothing was done.
   */
  RINGMILL_STATUS_TIMED_OUT = 4,
  /**
   * A NULL pointer, a number out of range, a wrong `size` of options, a reservation that is not
   * open. Nothing was done; ringmill_last_message() says which.
   */
  RINGMILL_STATUS_INVALID_ARGUMENT = 10,
  /**
   * The capacity is 0 or above RINGMILL_CAPACITY_MAX.
   */
  RINGMILL_STATUS_CAPACITY = 11,
  /**
   * There is no memory for that many elements.
   */
  RINGMILL_STATUS_OUT_OF_MEMORY = 12,
  /**
   * The number of partitions is 0 or above RINGMILL_PARTITIONS_MAX.
   */
  RINGMILL_STATUS_PARTITION_COUNT = 13,
  /**
   * There is no such partition.
   */
  RINGMILL_STATUS_NO_SUCH_PARTITION = 14,
  /**
   * A set names a partition twice.
   */
  RINGMILL_STATUS_PARTITION_TWICE = 15,
  /**
   * A set names no partition.
   */
  RINGMILL_STATUS_NO_PARTITIONS = 16,
  /**
   * Another thread, or an open reservation, uses this end of a ring, or this handle.
   */
  RINGMILL_STATUS_BUSY = 20,
  /**
   * The handle was freed, or is none of this kind. Told by debug builds of the library only.
   */
  RINGMILL_STATUS_STALE_HANDLE = 21,
  /**
   * This platform, or this queue or engine as it was made, has no such thing.
   */
  RINGMILL_STATUS_UNSUPPORTED = 22,
  /**
   * The operating system refused; ringmill_last_message() says why.
   */
  RINGMILL_STATUS_SYSTEM = 23,
  /**
   * A bug of the library, stopped at its boundary. Please report it.
   */
  RINGMILL_STATUS_PANIC = 30,
  /**
   * The message is longer than the queue takes.
   */
  RINGMILL_STATUS_TOO_LARGE = 40,
  /**
   * There are more headers, or longer ones, than the queue takes.
   */
  RINGMILL_STATUS_TOO_MANY_HEADERS = 41,
  /**
   * The queue has no level of this priority.
   */
  RINGMILL_STATUS_NO_SUCH_LEVEL = 42,
  /**
   * The message has no key, and the queue requires one.
   */
  RINGMILL_STATUS_NO_KEY = 43,
  /**
   * Too many messages wait behind this key; others come in. Later there may be room.
   */
  RINGMILL_STATUS_KEY_FULL = 44,
  /**
   * No message waits for so long: 10 years at most.
   */
  RINGMILL_STATUS_DELAY_TOO_LONG = 45,
  /**
   * The message has an id, and the queue remembers none.
   */
  RINGMILL_STATUS_NO_DEDUP = 46,
  /**
   * Another message was accepted with this id.
   */
  RINGMILL_STATUS_DEDUP_CONFLICT = 47,
  /**
   * The number of the message is not the next in its sequence.
   */
  RINGMILL_STATUS_OUT_OF_ORDER = 48,
  /**
   * Another end was opened in the place of this one.
   */
  RINGMILL_STATUS_FENCED = 49,
  /**
   * The lease was taken back: another consumer has the message, had it, or will have it. Nothing
   * was changed.
   */
  RINGMILL_STATUS_STALE_RECEIPT = 50,
  /**
   * This very delivery has been settled. Nothing was changed.
   */
  RINGMILL_STATUS_ALREADY_SETTLED = 51,
  /**
   * The message is gone, there is no queue of this name, or the receipt is of another queue.
   */
  RINGMILL_STATUS_NOT_FOUND = 52,
  /**
   * A consumer has the message.
   */
  RINGMILL_STATUS_LEASED = 53,
  /**
   * The message waits for no time: it is to be handed out, or parked.
   */
  RINGMILL_STATUS_NOT_DELAYED = 54,
  /**
   * There are as many as there may be; ringmill_last_message() says of what.
   */
  RINGMILL_STATUS_QUOTA_EXCEEDED = 55,
  /**
   * The message is not set aside: it is handed out as others are, or on its way to the dead letters.
   */
  RINGMILL_STATUS_NOT_DEFERRED = 56,
  /**
   * A value that a queue cannot be made with; ringmill_last_message() says which.
   */
  RINGMILL_STATUS_INVALID_CONFIG = 60,
  /**
   * The name is taken by a queue of the engine.
   */
  RINGMILL_STATUS_NAME_CONFLICT = 61,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ringmill_status ringmill_status;
#else
typedef uint32_t ringmill_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Messages that somebody looks at. They take part in nothing: others lease and settle them
 * meanwhile. But each keeps its slot from being used again until the list is freed, so that should
 * be soon.
 */
typedef struct ringmill_browse ringmill_browse;

/**
 * A bounded channel of elements of one size, for any number of senders and receivers.
 */
typedef struct ringmill_channel ringmill_channel;

/**
 * What closing a queue took out of it: messages that no consumer would have got to see soon.
 */
typedef struct ringmill_close_report ringmill_close_report;

/**
 * A reading end of partitions: of all, of some, or of those that a group has dealt to it.
 *
 * Used by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the first waits.
 */
typedef struct ringmill_consumer ringmill_consumer;

/**
 * Queues that share a clock and a housekeeper, and know each other by name.
 */
typedef struct ringmill_engine ringmill_engine;

/**
 * Consumers of which each partition has exactly one.
 *
 * Whoever joins is dealt partitions, whoever is freed leaves its own to the others. A partition
 * moves when its holder asks for the next element, and not before: so elements of a partition are
 * handled in order, by one member after the other. A member that does not ask keeps what it has.
 */
typedef struct ringmill_group ringmill_group;

/**
 * Rings as one queue: elements of one partition keep their order.
 */
typedef struct ringmill_partitions ringmill_partitions;

/**
 * A receiving end of a channel with a file descriptor, for epoll, io_uring, poll, libuv or Qt.
 * Linux only.
 *
 * The loop takes what is there by ringmill_pollable_recv_or_arm() until that says
 * RINGMILL_STATUS_EMPTY: then the descriptor is unreadable until there may be an element, or the
 * channel is closed. A sender writes to it once; until it is armed again, sending costs no system
 * call. Each thread may have a pollable of its own; an element makes one of them readable.
 */
typedef struct ringmill_pollable ringmill_pollable;

/**
 * A writing end of partitions. Used by any number of threads.
 */
typedef struct ringmill_producer ringmill_producer;

/**
 * A queue of messages that are leased, settled, tried again, and given up as dead letters.
 *
 * A handle: several of them may be the same queue. It closes with the last one; consumers may still
 * take what is in it.
 */
typedef struct ringmill_queue ringmill_queue;

/**
 * A consumer of a queue. All consumers share the work: each message goes to one of them.
 *
 * Messages are taken by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the
 * first waits. Make one for each thread. Deliveries are settled, extended and looked at by any
 * thread, at any time.
 */
typedef struct ringmill_queue_consumer ringmill_queue_consumer;

/**
 * A producer of a queue.
 *
 * Used by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the first waits.
 * Make one for each thread. It keeps up to 32 free slots of each partition that it uses.
 */
typedef struct ringmill_queue_producer ringmill_queue_producer;

/**
 * A bounded first-in first-out ring of elements of one size.
 */
typedef struct ringmill_ring ringmill_ring;

/**
 * What a ring shall be like. Made by ringmill_ring_options_init(), then changed.
 */
typedef struct ringmill_ring_options {
  /**
   * sizeof(ringmill_ring_options), from the init function.
   */
  size_t size;
  /**
   * Bytes of an element, 1 at least. No default: set it.
   */
  size_t elem_size;
  /**
   * Alignment of elements in the ring: a power of two up to RINGMILL_ALIGN_MAX that divides
   * elem_size. Default 0: the largest power of two that divides elem_size, 16 at most, which
   * suits every type without an alignment of its own.
   */
  size_t elem_align;
  /**
   * How many elements there is room for, exactly: 1 to RINGMILL_CAPACITY_MAX. Default 1024.
   */
  size_t capacity;
  /**
   * RINGMILL_RING_KIND_MPMC (default) or RINGMILL_RING_KIND_SPSC.
   */
  uint32_t kind;
  /**
   * Any of the RINGMILL_FLAG_. Default 0.
   */
  uint32_t flags;
} ringmill_ring_options;

/**
 * Room in a ring, to be written in place: up to the end of the ring, then from its beginning.
 *
 * Element i is at first + i * stride if i < first_count, else at
 * second + (i - first_count) * stride: ringmill_room_at().
 */
typedef struct ringmill_room {
  /**
   * NULL if there is no room.
   */
  void *first;
  /**
   * How many elements fit there.
   */
  size_t first_count;
  /**
   * NULL if the room does not go on at the beginning of the ring.
   */
  void *second;
  /**
   * How many elements fit there.
   */
  size_t second_count;
  /**
   * Bytes from one element to the next: elem_size with spsc, more with mpmc.
   */
  size_t stride;
  /**
   * The library's own.
   */
  uint64_t token;
  /**
   * The library's own.
   */
  uint64_t check;
} ringmill_room;

/**
 * Elements in a ring, to be read in place: up to the end of the ring, then from its beginning.
 *
 * Element i is where ringmill_view_at() says; as in ringmill_room.
 */
typedef struct ringmill_view {
  /**
   * NULL if there is no element.
   */
  const void *first;
  /**
   * How many elements are there.
   */
  size_t first_count;
  /**
   * NULL if the elements do not go on at the beginning of the ring.
   */
  const void *second;
  /**
   * How many elements are there.
   */
  size_t second_count;
  /**
   * Bytes from one element to the next: elem_size with spsc, more with mpmc.
   */
  size_t stride;
  /**
   * The library's own.
   */
  uint64_t token;
  /**
   * The library's own.
   */
  uint64_t check;
} ringmill_view;

/**
 * What a channel shall be like. Made by ringmill_channel_options_init(), then changed.
 */
typedef struct ringmill_channel_options {
  /**
   * sizeof(ringmill_channel_options), from the init function.
   */
  size_t size;
  /**
   * Bytes of an element, 1 at least. No default: set it.
   */
  size_t elem_size;
  /**
   * How many elements there is room for, exactly: 1 to RINGMILL_CAPACITY_MAX. Default 1024.
   */
  size_t capacity;
  /**
   * How blocking calls wait before they sleep: one of the RINGMILL_WAIT_. Default
   * RINGMILL_WAIT_SPIN_THEN_PARK.
   */
  uint32_t wait;
  /**
   * Any of the RINGMILL_FLAG_. Default 0.
   */
  uint32_t flags;
} ringmill_channel_options;

/**
 * What partitions shall be like. Made by ringmill_partitions_options_init(), then changed.
 */
typedef struct ringmill_partitions_options {
  /**
   * sizeof(ringmill_partitions_options), from the init function.
   */
  size_t size;
  /**
   * Bytes of an element, 1 at least. No default: set it.
   */
  size_t elem_size;
  /**
   * How many partitions: 1 to RINGMILL_PARTITIONS_MAX. Default 16.
   */
  size_t partitions;
  /**
   * How many elements each has room for, exactly: 1 to RINGMILL_CAPACITY_MAX. Default 1024.
   */
  size_t capacity;
  /**
   * How blocking calls wait before they sleep: one of the RINGMILL_WAIT_. Default
   * RINGMILL_WAIT_SPIN_THEN_PARK.
   */
  uint32_t wait;
  /**
   * Any of the RINGMILL_FLAG_. Default 0.
   */
  uint32_t flags;
} ringmill_partitions_options;

/**
 * What an engine shall be like. Made by ringmill_engine_options_init(), then changed.
 */
typedef struct ringmill_engine_options {
  /**
   * sizeof(ringmill_engine_options), from the init function.
   */
  size_t size;
  /**
   * Any of the RINGMILL_ENGINE_. Default 0: the system's clocks, and a thread of its own, which
   * is started with the first queue.
   */
  uint32_t flags;
  /**
   * 0.
   */
  uint32_t reserved;
} ringmill_engine_options;

/**
 * A name and a value. Any bytes; a name may come more than once.
 */
typedef struct ringmill_header {
  /**
   * May be NULL if name_len is 0.
   */
  const void *name;
  /**
   * How many bytes.
   */
  size_t name_len;
  /**
   * May be NULL if value_len is 0.
   */
  const void *value;
  /**
   * How many bytes.
   */
  size_t value_len;
} ringmill_header;

/**
 * A message to be put in. All of it is copied by the call. Begin with `ringmill_message m = {0};`,
 * and set what is wanted: what is 0 is not there.
 */
typedef struct ringmill_message {
  /**
   * The payload, any bytes; may be NULL if payload_len is 0.
   */
  const void *payload;
  /**
   * How many bytes, up to the queue's max_payload.
   */
  size_t payload_len;
  /**
   * Messages with one key go to one partition. NULL: without a key. Any bytes; up to 22 of them
   * stand in the slot, longer keys are allocated.
   */
  const void *key;
  /**
   * How many bytes.
   */
  size_t key_len;
  /**
   * An array; may be NULL if headers_count is 0. Headers are allocated.
   */
  const struct ringmill_header *headers;
  /**
   * How many there are.
   */
  size_t headers_count;
  /**
   * Not to be handed out before so long after it is accepted, up to 10 years. 0: at once.
   */
  int64_t delay_ns;
  /**
   * In place of it, not before this date: nanoseconds since 1970-01-01 00:00 UTC. One in the past
   * is now. 0: at once.
   */
  int64_t due_at_ns;
  /**
   * How long it may live since it is due; then it is a dead letter, unless a consumer has it. 0: as
   * the queue says.
   */
  int64_t ttl_ns;
  /**
   * The id that tells whether it was sent before, any bytes, of which a hash is kept. NULL: none.
   */
  const void *dedup_id;
  /**
   * How many bytes.
   */
  size_t dedup_id_len;
  /**
   * A level of 1 to 31, or RINGMILL_PRIORITY_LOWEST for level 0; one of those that the queue
   * declares. 0: RINGMILL_PRIORITY_NORMAL.
   */
  uint32_t priority;
  /**
   * Reserved: 0.
   */
  uint32_t flags;
} ringmill_message;

/**
 * One entry of a dead letter's history. Texts are not NUL-terminated; they are valid as long as what
 * they came with.
 */
typedef struct ringmill_death {
  /**
   * The name of the queue that gave it up, UTF-8.
   */
  const char *queue;
  /**
   * How many bytes.
   */
  size_t queue_len;
  /**
   * The name of the group whose handling failed, UTF-8.
   */
  const char *group;
  /**
   * How many bytes.
   */
  size_t group_len;
  /**
   * What the handler said, UTF-8, at most 1 KiB.
   */
  const char *text;
  /**
   * How many bytes.
   */
  size_t text_len;
  /**
   * Why: one of the RINGMILL_REASON_.
   */
  uint32_t reason;
  /**
   * The class of the last error, one of the RINGMILL_CLASS_; 0 if it failed by none.
   */
  uint32_t cause;
  /**
   * How often its handling had failed.
   */
  uint32_t attempts;
  /**
   * How often it had been handed out.
   */
  uint32_t deliveries;
  /**
   * The number of the consumer that had it last; 0 if none had.
   */
  uint64_t consumer;
  /**
   * When it was given up: nanoseconds since 1970-01-01 00:00 UTC.
   */
  int64_t at_ns;
} ringmill_death;

/**
 * What is called with a dead letter that no queue takes, before it is dropped: by whichever thread
 * ended the message, also one of the library's. It may call every function but those that free the
 * queue's handles and the engine; taking messages by the consumer that ended this one is answered with
 * RINGMILL_STATUS_BUSY. It is to be quick, and must not throw or jump out.
 *
 * The message and the death are valid during the call.
 */
typedef void (*ringmill_dead_fn)(void *user,
                                 const struct ringmill_message *message,
                                 const struct ringmill_death *death);

/**
 * What is called when the library does not need the user data of a callback any more: once, by
 * whichever thread that is.
 */
typedef void (*ringmill_release_fn)(void *user);

/**
 * What a queue shall be like. Made by ringmill_queue_options_init(), then changed; a field that is 0
 * has its default.
 */
typedef struct ringmill_queue_options {
  /**
   * sizeof(ringmill_queue_options), from the init function.
   */
  size_t size;
  /**
   * How many partitions: 1 to RINGMILL_PARTITIONS_MAX. Default 1.
   */
  size_t partitions;
  /**
   * How many messages a partition has room for: 1 to RINGMILL_CAPACITY_MAX. Default 1000. Memory
   * for them, some 200 bytes each, is allocated when the first message comes to the partition.
   */
  size_t capacity;
  /**
   * How many bytes its messages may have together, keys and headers counted. Default: no bound.
   */
  size_t max_bytes;
  /**
   * The longest payload: up to 16 MiB. Default 16 MiB.
   */
  size_t max_payload;
  /**
   * How many bytes of a payload stand in the slot, up to 65536; longer payloads are in buffers of
   * their own. Default 64.
   */
  size_t inline_bytes;
  /**
   * How many headers a message may have. Default 64.
   */
  size_t max_headers;
  /**
   * How many bytes the headers of a message may have together. Default 16 KiB.
   */
  size_t max_header_bytes;
  /**
   * How long a lease lasts: 1 ms to max_lease_ns. Default 30 s. RINGMILL_FOREVER: until it is
   * settled; a consumer that is stuck keeps its messages.
   */
  int64_t lease_ns;
  /**
   * How long a lease can be made by ringmill_extend(): up to 10 years. Default 12 h.
   */
  int64_t max_lease_ns;
  /**
   * How long a message waits that was let go of without being settled; doubled each time in a
   * row, up to the lease. Default 100 ms; RINGMILL_NONE: it does not wait.
   */
  int64_t release_delay_ns;
  /**
   * How often a failed message is tried again, up to 253. Default 3; RINGMILL_NONE: never.
   */
  int32_t retry_max;
  /**
   * How delays grow: one of the RINGMILL_BACKOFF_.
   */
  uint32_t retry_backoff;
  /**
   * The delay before the first retry, up to 10 years. Default 1 s; RINGMILL_NONE: no delay.
   */
  int64_t retry_first_ns;
  /**
   * By how much delays grow, if they do linearly. Default 1 s; RINGMILL_NONE: they do not.
   */
  int64_t retry_step_ns;
  /**
   * The longest delay, up to 10 years. Default 1 h, or the first delay if that is longer.
   */
  int64_t retry_cap_ns;
  /**
   * By how much delays grow, if they do exponentially: 1 to 1000. Default 2.
   */
  double retry_factor;
  /**
   * How delays are scattered: one of the RINGMILL_JITTER_.
   */
  uint32_t retry_jitter;
  /**
   * How often a message is handed out at most, for whatever reason: 1 to 254. Default 20.
   */
  uint32_t max_deliveries;
  /**
   * A fraction of 0 to 1, for RINGMILL_JITTER_PLUS_MINUS.
   */
  double jitter_fraction;
  /**
   * Makes the jitter repeatable. Default 0: a seed of its own.
   */
  uint64_t jitter_seed;
  /**
   * What happens to a message for which there is no room: one of the RINGMILL_OVERFLOW_.
   */
  uint32_t overflow;
  /**
   * What comes one after the other: one of the RINGMILL_ORDER_.
   */
  uint32_t order;
  /**
   * How long a producer waits at most, with RINGMILL_OVERFLOW_BLOCK: up to 10 years.
   */
  int64_t overflow_timeout_ns;
  /**
   * The priorities that its messages may have: bit n for level n. Default: level 16 alone,
   * RINGMILL_PRIORITY_NORMAL. The highest goes first.
   */
  uint32_t levels;
  /**
   * How blocking calls wait before they sleep: one of the RINGMILL_WAIT_.
   */
  uint32_t wait;
  /**
   * Any of the RINGMILL_QUEUE_.
   */
  uint32_t flags;
  /**
   * Makes levels cheaper: about so many lower messages may be handed out after a higher one was
   * accepted. Default 0: none.
   */
  uint32_t relaxed_overtakes;
  /**
   * Lets messages rise by a level for each such time that they wait: 1 ms to 10 years. Default:
   * they do not rise.
   */
  int64_t aging_step_ns;
  /**
   * How many messages may wait behind the first one of their key; what comes then is refused with
   * RINGMILL_STATUS_KEY_FULL, or by the overflow policy. Costs each message some 50 ns. Default:
   * no bound; RINGMILL_NONE: none may wait.
   */
  int32_t max_waiting_per_key;
  /**
   * 0.
   */
  uint32_t reserved;
  /**
   * The name of the queue for dead letters, which is made if the engine has none of this name,
   * with this queue's partitions and capacity. Default NULL: what dies is dropped.
   */
  const char *dead_letters;
  /**
   * How many dead letters are kept, where this is a queue for them; the oldest go first. Default:
   * all.
   */
  size_t retain_count;
  /**
   * The same by bytes.
   */
  size_t retain_bytes;
  /**
   * The same by the time since they died.
   */
  int64_t retain_ns;
  /**
   * The names of its groups besides "default", UTF-8. Each message goes to one consumer of every
   * group. Default NULL: none.
   */
  const char *const *groups;
  /**
   * How many these are.
   */
  size_t groups_count;
  /**
   * How many groups there may be at a time, "default" included: up to 32. Default: as many as are
   * named. Every group costs some 120 bytes a slot.
   */
  size_t max_groups;
  /**
   * How long a message may live since it was due, where it does not say itself: 1 ms to 10 years;
   * then it is a dead letter. Default: for ever.
   */
  int64_t ttl_ns;
  /**
   * Which messages are repeats of others by their ids: one of the RINGMILL_DEDUP_. Costs a message
   * with an id some 100 ns.
   */
  uint32_t dedup;
  /**
   * How many ids are remembered, with RINGMILL_DEDUP_WINDOW: 1 to 2^31.
   */
  uint32_t dedup_count;
  /**
   * For how long, with RINGMILL_DEDUP_WINDOW: 1 ms to 10 years.
   */
  int64_t dedup_window_ns;
  /**
   * With RINGMILL_ORDER_KEY, how many messages are set aside behind a dead letter of their key, until
   * ringmill_queue_unpark_key(); further ones become dead letters. Default 0: they go on.
   */
  size_t park_key_limit;
  /**
   * What is called with a dead letter that no queue takes, before it is dropped. Default NULL.
   */
  ringmill_dead_fn on_dead;
  /**
   * For on_dead. If the queue is made, it belongs to the queue.
   */
  void *on_dead_user;
  /**
   * What is called with on_dead_user when the queue is gone. Default NULL.
   */
  ringmill_release_fn on_dead_release;
} ringmill_queue_options;

/**
 * The name of a message in its queue: sortable, inside of a partition by age.
 */
typedef struct ringmill_message_id {
  /**
   * 0; which life of the queue it belongs to.
   */
  uint32_t epoch;
  /**
   * Its partition, 0 is the first.
   */
  uint32_t partition;
  /**
   * Its place in the partition.
   */
  uint64_t offset;
} ringmill_message_id;

/**
 * Where an accepted message is: finds it again for free, as long as it is there.
 */
typedef struct ringmill_message_handle {
  /**
   * The library's own.
   */
  uint64_t queue;
  /**
   * The library's own.
   */
  uint64_t generation;
  /**
   * The library's own.
   */
  uint32_t partition;
  /**
   * The library's own.
   */
  uint32_t slot;
} ringmill_message_handle;

/**
 * What became of a message that was not refused.
 */
typedef struct ringmill_enqueued {
  /**
   * Its name, if it was accepted.
   */
  struct ringmill_message_id id;
  /**
   * Finds it, if it was accepted.
   */
  struct ringmill_message_handle handle;
  /**
   * Whether it is in the queue. Not, with the status OK: the queue was full, and lets go of what
   * comes then (RINGMILL_OVERFLOW_DROP_NEWEST), or it is a duplicate.
   */
  bool accepted;
  /**
   * Whether it was accepted before, and nothing has happened: the id is that of the first one, as
   * long as it is remembered.
   */
  bool duplicate;
} ringmill_enqueued;

/**
 * Room for a payload in a queue, to be written in place, and then committed.
 */
typedef struct ringmill_slot {
  /**
   * Zeroed, of len bytes, aligned to 8; NULL if there is no room.
   */
  void *data;
  /**
   * How many bytes.
   */
  size_t len;
  /**
   * The library's own.
   */
  uint64_t token;
  /**
   * The library's own.
   */
  uint64_t check;
} ringmill_slot;

/**
 * The right to settle one delivery, as a plain value: may be copied, kept, and given to other
 * threads. One that is made up, changed, or used a second time is told as such.
 */
typedef struct ringmill_receipt {
  /**
   * The library's own.
   */
  uint64_t queue;
  /**
   * The library's own.
   */
  uint64_t place;
  /**
   * The library's own.
   */
  uint64_t lease;
  /**
   * The library's own.
   */
  uint64_t more;
  /**
   * The library's own.
   */
  uint64_t check;
} ringmill_receipt;

/**
 * A message that a consumer has in hand, to be read in place, and to be settled. A plain value.
 *
 * Whoever has it reads until it is let go of, which every function that settles it does, whatever
 * its answer; also when its lease has ended meanwhile. Then its pointers are over. A copy that is
 * settled again is answered with RINGMILL_STATUS_ALREADY_SETTLED or _STALE_RECEIPT, and nothing
 * happens.
 */
typedef struct ringmill_delivery {
  /**
   * The payload, in the slot of the queue: aligned to 8 if it stands there.
   */
  const void *payload;
  /**
   * How many bytes.
   */
  size_t payload_len;
  /**
   * The key; NULL if there is none.
   */
  const void *key;
  /**
   * How many bytes.
   */
  size_t key_len;
  /**
   * The message's name.
   */
  struct ringmill_message_id id;
  /**
   * How often its handling has failed before.
   */
  uint32_t attempts;
  /**
   * How often it has been handed out, this time included.
   */
  uint32_t deliveries;
  /**
   * How many headers it has: ringmill_delivery_header().
   */
  uint32_t headers_count;
  /**
   * How often it has died before, where this is a dead letter.
   */
  uint32_t deaths_count;
  /**
   * Its level, 0 to 31.
   */
  uint32_t priority;
  /**
   * Reserved.
   */
  uint32_t reserved;
  /**
   * What settles it from elsewhere.
   */
  struct ringmill_receipt receipt;
} ringmill_delivery;

/**
 * Handles a message, and says how it is settled: one of the RINGMILL_SETTLE_. With
 * RINGMILL_SETTLE_KEPT it has settled it itself, or will. Any other number is a failure.
 *
 * It is called in the thread of ringmill_consume(), which is in no call of the library meanwhile. So
 * it may call every function: settle this delivery and others, take more messages by this consumer,
 * enqueue (into its own queue, too, but with a time-out: without one, a full queue waits for the
 * handler that waits for room), close, and free every handle, this consumer included. A consumer that
 * is freed by its own handler is gone when the handler has returned and its message is settled; it may
 * not be used by the handler any more. The handler must not throw or jump out.
 */
typedef uint32_t (*ringmill_handler_fn)(void *user,
                                        const struct ringmill_delivery *delivery);

/**
 * A message that somebody looks at.
 */
typedef struct ringmill_peeked {
  /**
   * The payload.
   */
  const void *payload;
  /**
   * How many bytes.
   */
  size_t payload_len;
  /**
   * The key; NULL if there is none.
   */
  const void *key;
  /**
   * How many bytes.
   */
  size_t key_len;
  /**
   * Its name.
   */
  struct ringmill_message_id id;
  /**
   * Finds it again.
   */
  struct ringmill_message_handle handle;
  /**
   * Where it was in its life when it was looked at: one of the RINGMILL_STATE_.
   */
  uint32_t state;
  /**
   * How often it had been handed out.
   */
  uint32_t deliveries;
  /**
   * How many headers it has.
   */
  uint32_t headers_count;
  /**
   * How often it has died before.
   */
  uint32_t deaths_count;
  /**
   * Its level, 0 to 31.
   */
  uint32_t priority;
  /**
   * Reserved.
   */
  uint32_t reserved;
} ringmill_peeked;

/**
 * Chooses messages. It is called in the thread of the call that it was given to, may call every
 * function that frees none of the handles of that call, and must not throw or jump out.
 */
typedef bool (*ringmill_filter_fn)(void *user,
                                   const struct ringmill_peeked *message);

/**
 * Which dead letters go back, and how fast. Made by ringmill_redrive_options_init(), then changed; a
 * field that is 0 has its default.
 */
typedef struct ringmill_redrive_options {
  /**
   * sizeof(ringmill_redrive_options), from the init function.
   */
  size_t size;
  /**
   * Says which; called during the call alone. Default NULL: all.
   */
  ringmill_filter_fn filter;
  /**
   * For the filter.
   */
  void *user;
  /**
   * At most so many. Default: no bound.
   */
  size_t max;
  /**
   * At most so many a second; the calling thread sleeps in between. Default: no bound.
   */
  uint32_t per_second;
  /**
   * Whether it only says what would be done.
   */
  bool dry_run;
} ringmill_redrive_options;

/**
 * What a redrive did.
 */
typedef struct ringmill_redrive_report {
  /**
   * How many were chosen.
   */
  size_t matched;
  /**
   * How many went back.
   */
  size_t moved;
  /**
   * How many stay: their queue is full, closed, or not there.
   */
  size_t refused;
} ringmill_redrive_report;

/**
 * Counts of a queue, of one moment or nearly so.
 *
 * At rest, accepted is the sum of ready, delayed, leased, parked, dead, acked, dead_lettered and
 * dropped.
 */
typedef struct ringmill_stats {
  /**
   * Messages that were accepted.
   */
  uint64_t accepted;
  /**
   * Messages to be handed out.
   */
  uint64_t ready;
  /**
   * Messages that wait for a time.
   */
  uint64_t delayed;
  /**
   * Messages that consumers have.
   */
  uint64_t leased;
  /**
   * Messages that were set aside: the dead-letter queue is full, or somebody reads them.
   */
  uint64_t parked;
  /**
   * Messages on their way to the dead letters.
   */
  uint64_t dead;
  /**
   * Messages that were acked.
   */
  uint64_t acked;
  /**
   * Messages that went to the dead-letter queue.
   */
  uint64_t dead_lettered;
  /**
   * Messages that are gone otherwise: the sum of the next ones.
   */
  uint64_t dropped;
  /**
   * Rejected ones, as there is no queue for dead letters.
   */
  uint64_t dropped_rejected;
  /**
   * Those that failed too often, as there is no queue for dead letters.
   */
  uint64_t dropped_max_attempts;
  /**
   * Those that were handed out too often, as there is no queue for dead letters.
   */
  uint64_t dropped_max_deliveries;
  /**
   * Those whose key was parked, as there is no queue for dead letters.
   */
  uint64_t dropped_key_parked;
  /**
   * Those whose time to live was over, as there is no queue for dead letters.
   */
  uint64_t dropped_expired;
  /**
   * Those that were cancelled.
   */
  uint64_t dropped_cancelled;
  /**
   * Those that were purged.
   */
  uint64_t dropped_purged;
  /**
   * The oldest ones, which made room for new ones.
   */
  uint64_t dropped_overflow;
  /**
   * Dead letters beyond what is kept.
   */
  uint64_t dropped_retention;
  /**
   * Dead letters that went back to the queue that they came from.
   */
  uint64_t redriven;
  /**
   * Those that the report of closing took along.
   */
  uint64_t given_back;
  /**
   * Those that a subscriber was too slow for.
   */
  uint64_t missed;
  /**
   * New messages that were let go of, as there was no room; never accepted.
   */
  uint64_t refused_newest;
  /**
   * Times that a message was handed out.
   */
  uint64_t deliveries;
  /**
   * Settlements by nack or reject.
   */
  uint64_t nacked;
  /**
   * Leases that were taken back.
   */
  uint64_t expired;
  /**
   * Leases that were given back without an attempt.
   */
  uint64_t released;
  /**
   * Settlements that came too late, or twice.
   */
  uint64_t stale;
  /**
   * Slots whose message has ended early, until whoever comes by frees them.
   */
  uint64_t husks;
} ringmill_stats;

/**
 * How long messages waited, from their acceptance to their first hand-over.
 */
typedef struct ringmill_latency {
  /**
   * How many messages this is from.
   */
  uint64_t count;
  /**
   * The mean.
   */
  int64_t mean_ns;
  /**
   * Half of them waited no longer. Quantiles are at most a sixteenth too long.
   */
  int64_t p50_ns;
  /**
   * 99 in 100 waited no longer.
   */
  int64_t p99_ns;
  /**
   * 999 in 1,000 waited no longer.
   */
  int64_t p999_ns;
  /**
   * None waited longer.
   */
  int64_t max_ns;
} ringmill_latency;

/**
 * How many messages flow, a second.
 */
typedef struct ringmill_rates {
  /**
   * Accepted, over the last second, or the last two looks if these are farther apart.
   */
  double accepted;
  /**
   * Acked, in the same time.
   */
  double acked;
  /**
   * Accepted, over the last 10 seconds.
   */
  double accepted_10_s;
  /**
   * Acked, in the same time.
   */
  double acked_10_s;
  /**
   * Accepted, over the last minute.
   */
  double accepted_60_s;
  /**
   * Acked, in the same time.
   */
  double acked_60_s;
} ringmill_rates;

/**
 * How a queue was drained.
 */
typedef struct ringmill_drain_report {
  /**
   * How many deliveries were settled while it waited.
   */
  uint64_t settled;
  /**
   * How many were still with consumers when the time was over: they were taken back, without an
   * attempt.
   */
  uint64_t released;
  /**
   * How many messages stayed.
   */
  uint64_t left;
} ringmill_drain_report;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * A sentence for a status, in English, for log files.
 *
 * @param[in] status  any number
 * @return a text that lives for ever, never NULL; "unknown status" for what is no status
 * @note Any thread, at any time, also in a signal handler.
 */
const char *ringmill_status_text(uint32_t status);

/**
 * The detail of the last failure in this thread: which argument, which limit, what to do.
 *
 * It is written with every status other than RINGMILL_STATUS_OK, _FULL, _EMPTY, _CLOSED and
 * _TIMED_OUT, which need no more words, and stays until the next of these.
 *
 * @return a text, never NULL, empty if nothing has failed in this thread. It lives until the next
 *         call that fails in this thread; copy it to keep it.
 * @note Any thread; not in a signal handler.
 */
const char *ringmill_last_message(void);

/**
 * The version of the library that is running: RINGMILL_VERSION_NUMBER of its header.
 *
 * @return 1,000,000 * major + 1,000 * minor + patch
 * @note Any thread, at any time, also in a signal handler.
 */
uint32_t ringmill_version_number(void);

/**
 * The version of the library that is running, as a text: RINGMILL_VERSION of its header.
 *
 * @return a text that lives for ever, never NULL
 * @note Any thread, at any time, also in a signal handler.
 */
const char *ringmill_version(void);

/**
 * Fills options with defaults; elem_size is to be set then.
 *
 * @param[in]  size  sizeof(ringmill_ring_options)
 * @param[out] out   the options
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
 *         library knows: nothing is written then
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_options_init(size_t size,
                                           struct ringmill_ring_options *out);

/**
 * Makes a ring in memory that the library allocates, all of it here.
 *
 * @param[in]  options  what it shall be like
 * @param[out] out      the ring, to be freed by ringmill_ring_free(); NULL unless the status is OK
 * @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _CAPACITY or _OUT_OF_MEMORY
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_new(const struct ringmill_ring_options *options,
                                  struct ringmill_ring **out);

/**
 * How much memory a ring in the caller's memory needs: see ringmill_ring_new_in().
 *
 * @param[in]  options    what the ring shall be like
 * @param[out] out_size   bytes; 0 unless the status is OK
 * @param[out] out_align  the alignment that they must have at least, a power of two; 0 unless the
 *                        status is OK
 * @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _CAPACITY or _OUT_OF_MEMORY
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_memory(const struct ringmill_ring_options *options,
                                     size_t *out_size,
                                     size_t *out_align);

/**
 * Makes a ring in memory of the caller: nothing is allocated.
 *
 * The memory belongs to the ring until ringmill_ring_free(), which leaves it to the caller. It is
 * for the threads of one process: the ring keeps pointers in it.
 *
 * @param[in]  options      what it shall be like
 * @param[in]  memory       as large and as aligned as ringmill_ring_memory() says
 * @param[in]  memory_size  its bytes
 * @param[out] out          the ring, to be freed before its memory; NULL unless the status is OK
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT, also if the memory is too small or not aligned;
 *         _CAPACITY or _OUT_OF_MEMORY
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_new_in(const struct ringmill_ring_options *options,
                                     void *memory,
                                     size_t memory_size,
                                     struct ringmill_ring **out);

/**
 * Frees a ring. What is in it is gone. Memory of the caller is the caller's again.
 *
 * No other thread may use the ring any more, no reservation or view of it may be used again.
 *
 * @param[in] ring  a ring, or NULL: then nothing is done
 */
void ringmill_ring_free(struct ringmill_ring *ring);

/**
 * Appends an element. Never waits for room.
 *
 * @param[in] ring  spsc: no other thread pushes meanwhile, and no reservation is open
 * @param[in] elem  elem_size bytes, copied; any alignment
 * @return RINGMILL_STATUS_OK, _FULL, _BUSY (spsc: a reservation is open) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_push(struct ringmill_ring *ring,
                                   const void *elem);

/**
 * Takes the oldest element. Never waits for one.
 *
 * @param[in]  ring  spsc: no other thread pops meanwhile, and no view is open
 * @param[out] out   elem_size bytes, any alignment; untouched unless the status is OK
 * @return RINGMILL_STATUS_OK, _EMPTY, _BUSY (spsc: a view is open) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_pop(struct ringmill_ring *ring,
                                  void *out);

/**
 * Appends all of some elements, next to each other, or none.
 *
 * @param[in] ring   as ringmill_ring_push()
 * @param[in] elems  count * elem_size bytes, copied; may be NULL if count is 0
 * @param[in] count  0 to the capacity
 * @return RINGMILL_STATUS_OK, _FULL (no room for all: none was appended), _BUSY or
 *         _INVALID_ARGUMENT, also if count is above the capacity
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_push_bulk(struct ringmill_ring *ring,
                                        const void *elems,
                                        size_t count);

/**
 * Appends as many elements as fit, from the first on, next to each other.
 *
 * @param[in]  ring        as ringmill_ring_push()
 * @param[in]  elems       count * elem_size bytes, copied; may be NULL if count is 0
 * @param[in]  count       how many at most
 * @param[out] out_pushed  how many were appended; 0 unless the status is OK
 * @return RINGMILL_STATUS_OK (one at least, or count is 0), _FULL, _BUSY or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_push_burst(struct ringmill_ring *ring,
                                         const void *elems,
                                         size_t count,
                                         size_t *out_pushed);

/**
 * Takes exactly so many elements, the oldest ones, or none.
 *
 * @param[in]  ring   as ringmill_ring_pop()
 * @param[in]  count  0 to the capacity
 * @param[out] out    count * elem_size bytes; untouched unless the status is OK; may be NULL if
 *                    count is 0
 * @return RINGMILL_STATUS_OK, _EMPTY (there are fewer: none was taken), _BUSY or
 *         _INVALID_ARGUMENT, also if count is above the capacity
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_pop_bulk(struct ringmill_ring *ring,
                                       size_t count,
                                       void *out);

/**
 * Takes as many elements as are there, the oldest ones.
 *
 * @param[in]  ring        as ringmill_ring_pop()
 * @param[in]  count       how many at most
 * @param[out] out         room for count * elem_size bytes; written as far as elements were taken;
 *                         may be NULL if count is 0
 * @param[out] out_popped  how many were taken; 0 unless the status is OK
 * @return RINGMILL_STATUS_OK (one at least, or count is 0), _EMPTY, _BUSY or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_pop_burst(struct ringmill_ring *ring,
                                        size_t count,
                                        void *out,
                                        size_t *out_popped);

/**
 * How many elements are in the ring.
 *
 * Elements of a reservation or a view count: mpmc from reserving on, spsc until releasing. So does
 * room of an mpmc ring that was given up, until a pop has passed it.
 *
 * @param[in] ring  a ring
 * @return a number that was right at one moment of the call; 0 if ring is NULL
 */
size_t ringmill_ring_len(const struct ringmill_ring *ring);

/**
 * How many elements there is room for in all.
 *
 * @param[in] ring  a ring
 * @return the capacity of its options; 0 if ring is NULL
 */
size_t ringmill_ring_capacity(const struct ringmill_ring *ring);

/**
 * Reserves room for up to some elements, to be written in place. Never waits.
 *
 * Nothing of it can be taken until ringmill_ring_commit(). Every reservation must end in
 * ringmill_ring_commit() or ringmill_ring_cancel(): until then
 * - spsc: this end is the reservation's, other pushes are refused with RINGMILL_STATUS_BUSY;
 * - mpmc: other threads push and reserve behind it; who pops comes as far as this room and finds
 *   RINGMILL_STATUS_EMPTY there.
 *
 * @param[in]  ring   as ringmill_ring_push()
 * @param[in]  count  how many elements at most, 1 at least
 * @param[out] out    the room, one element at least; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _FULL, _BUSY (spsc: a reservation is open) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_reserve(struct ringmill_ring *ring,
                                      size_t count,
                                      struct ringmill_room *out);

/**
 * Publishes the first elements of a reservation, together; the other room is given back.
 *
 * With mpmc, room given back before its turn is a hole: it counts as occupied until a pop passes.
 *
 * @param[in] ring   the ring that the room is of; spsc: the thread that reserved
 * @param[in] room   the room; the reservation is over if the status is OK
 * @param[in] count  how many elements have been written, from the first on: 0 to all
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if count is more than was reserved (the
 *         reservation stays open) or the room is none of an open reservation
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_commit(struct ringmill_ring *ring,
                                     const struct ringmill_room *room,
                                     size_t count);

/**
 * Gives a reservation up: ringmill_ring_commit() of 0 elements.
 *
 * @param[in] ring  as ringmill_ring_commit()
 * @param[in] room  as ringmill_ring_commit()
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if the room is none of an open reservation
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_cancel(struct ringmill_ring *ring,
                                     const struct ringmill_room *room);

/**
 * Shows up to some of the oldest elements, to be read in place. Never waits.
 *
 * Every view must end in ringmill_ring_release(): until then
 * - spsc: the elements stay in the ring, other pops are refused with RINGMILL_STATUS_BUSY;
 * - mpmc: the elements are taken, other threads pop and peek behind them; who pushes comes as far
 *   as their room, one lap later, and finds RINGMILL_STATUS_FULL there.
 *
 * @param[in]  ring   as ringmill_ring_pop()
 * @param[in]  count  how many elements at most, 1 at least
 * @param[out] out    the elements, one at least; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _EMPTY, _BUSY (spsc: a view is open) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_peek(struct ringmill_ring *ring,
                                   size_t count,
                                   struct ringmill_view *out);

/**
 * Ends a view. Its first elements are out of the ring, and their room is free.
 *
 * @param[in] ring   the ring that the view is of; spsc: the thread that peeked
 * @param[in] view   the view; it is over if the status is OK
 * @param[in] count  how many elements are done with, from the first on. spsc: 0 to all, the others
 *                   stay in the ring. mpmc: all, since elements that were taken cannot go back
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if the count is wrong (the view stays open) or the
 *         view is not open
 */
RINGMILL_MUST_USE
ringmill_status ringmill_ring_release(struct ringmill_ring *ring,
                                      const struct ringmill_view *view,
                                      size_t count);

/**
 * Fills options with defaults; elem_size is to be set then.
 *
 * @param[in]  size  sizeof(ringmill_channel_options)
 * @param[out] out   the options
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
 *         library knows: nothing is written then
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_options_init(size_t size,
                                              struct ringmill_channel_options *out);

/**
 * Makes a channel, with all of its memory.
 *
 * @param[in]  options  what it shall be like
 * @param[out] out      the channel, to be freed by ringmill_channel_free(); NULL unless the status
 *                      is OK
 * @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _CAPACITY or _OUT_OF_MEMORY
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_new(const struct ringmill_channel_options *options,
                                     struct ringmill_channel **out);

/**
 * Frees a channel. What is in it is gone.
 *
 * No other thread may be in a call on it: close it first, join the threads, then free it. A
 * ringmill_pollable of it may be freed before or after; it finds the channel closed.
 *
 * @param[in] channel  a channel, or NULL: then nothing is done
 */
void ringmill_channel_free(struct ringmill_channel *channel);

/**
 * Sends an element. Never waits.
 *
 * @param[in] channel  a channel
 * @param[in] elem     elem_size bytes, copied; any alignment
 * @return RINGMILL_STATUS_OK, _FULL, _CLOSED or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_try_send(struct ringmill_channel *channel,
                                          const void *elem);

/**
 * Sends an element; waits while the channel is full.
 *
 * @param[in] channel     a channel
 * @param[in] elem        elem_size bytes, copied; any alignment
 * @param[in] timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less tries
 *                        once
 * @return RINGMILL_STATUS_OK, _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (also while it
 *         waits) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_send(struct ringmill_channel *channel,
                                      const void *elem,
                                      int64_t timeout_ns);

/**
 * Takes the oldest element. Never waits.
 *
 * @param[in]  channel  a channel
 * @param[out] out      elem_size bytes, any alignment; untouched unless the status is OK
 * @return RINGMILL_STATUS_OK, _EMPTY, _CLOSED (and everything was taken) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_try_recv(struct ringmill_channel *channel,
                                          void *out);

/**
 * Takes the oldest element; waits while there is none.
 *
 * @param[in]  channel     a channel
 * @param[in]  timeout_ns  as ringmill_channel_send()
 * @param[out] out         elem_size bytes, any alignment; untouched unless the status is OK
 * @return RINGMILL_STATUS_OK, _EMPTY (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (and
 *         everything was taken; also while it waits) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_recv(struct ringmill_channel *channel,
                                      int64_t timeout_ns,
                                      void *out);

/**
 * Sends all of some elements, in order, as room comes up; waits while the channel is full.
 *
 * Each piece that finds room is sent next to each other. If the time-out passes or the channel is
 * closed, what was sent so far stays sent, and out_sent says how much it was.
 *
 * @param[in]  channel     a channel
 * @param[in]  elems       count * elem_size bytes, copied; may be NULL if count is 0
 * @param[in]  count       how many
 * @param[in]  timeout_ns  for all of it, as ringmill_channel_send(); with 0, what fits now
 * @param[out] out_sent    how many were sent, whatever the status
 * @return RINGMILL_STATUS_OK (all), _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_send_batch(struct ringmill_channel *channel,
                                            const void *elems,
                                            size_t count,
                                            int64_t timeout_ns,
                                            size_t *out_sent);

/**
 * Takes at least min and at most max elements; waits while there are fewer than min.
 *
 * Elements are taken as they come. If the time-out passes or the channel is closed, what has come
 * so far is in out and counted, and the status is OK: it may be less than min.
 *
 * @param[in]  channel       a channel
 * @param[in]  min           how many to wait for; 0 does not wait; above max counts as max
 * @param[in]  max           how many at most
 * @param[in]  timeout_ns    as ringmill_channel_send()
 * @param[out] out           room for max * elem_size bytes; written as far as elements were taken;
 *                           may be NULL if max is 0
 * @param[out] out_received  how many were taken; 0 unless the status is OK
 * @return RINGMILL_STATUS_OK (one at least, or max is 0); if there was none: _EMPTY (min is 0,
 *         or timeout_ns is 0 or less), _TIMED_OUT, _CLOSED; or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_channel_recv_batch(struct ringmill_channel *channel,
                                            size_t min,
                                            size_t max,
                                            int64_t timeout_ns,
                                            void *out,
                                            size_t *out_received);

/**
 * Accepts nothing more. What was sent can still be received; whoever waits is woken.
 *
 * @param[in] channel  a channel
 * @return RINGMILL_STATUS_OK; _CLOSED if it was closed already; _INVALID_ARGUMENT
 */
ringmill_status ringmill_channel_close(struct ringmill_channel *channel);

/**
 * Whether nothing more is accepted. There may still be elements to be received.
 *
 * @param[in] channel  a channel
 * @return whether it was closed; true if channel is NULL
 */
bool ringmill_channel_is_closed(const struct ringmill_channel *channel);

/**
 * How many elements wait to be received.
 *
 * @param[in] channel  a channel
 * @return a number that was right at one moment of the call; 0 if channel is NULL
 */
size_t ringmill_channel_len(const struct ringmill_channel *channel);

/**
 * How many elements there is room for in all.
 *
 * @param[in] channel  a channel
 * @return the capacity of its options; 0 if channel is NULL
 */
size_t ringmill_channel_capacity(const struct ringmill_channel *channel);

/**
 * Makes a receiving end with a descriptor. It is readable at first, so that a loop begins by
 * looking.
 *
 * @param[in]  channel  a channel
 * @param[out] out      the pollable, to be freed by ringmill_pollable_free(); NULL unless the
 *                      status is OK
 * @return RINGMILL_STATUS_OK, _SYSTEM (no descriptor left), _UNSUPPORTED (not Linux), or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_pollable_new(struct ringmill_channel *channel,
                                      struct ringmill_pollable **out);

/**
 * Frees a pollable and closes its descriptor. Take the descriptor out of the event loop first.
 *
 * @param[in] pollable  a pollable, or NULL: then nothing is done
 */
void ringmill_pollable_free(struct ringmill_pollable *pollable);

/**
 * The descriptor: poll it for readability, and do nothing else with it. It is the pollable's.
 *
 * @param[in] pollable  a pollable
 * @return the descriptor; -1 if pollable is NULL
 */
int ringmill_pollable_fd(const struct ringmill_pollable *pollable);

/**
 * Takes the oldest element. If there is none, arms the descriptor. Never waits.
 *
 * @param[in]  pollable  used by one thread at a time
 * @param[out] out       elem_size bytes of the channel, any alignment; untouched unless the status
 *                       is OK
 * @return RINGMILL_STATUS_OK (there may be more: the descriptor stays readable), _EMPTY (poll
 *         now), _CLOSED (and everything was taken), _BUSY (another thread is in this call) or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_pollable_recv_or_arm(struct ringmill_pollable *pollable,
                                              void *out);

/**
 * The hash of a key: XXH3-64 with seed 0, the same in every release and in every language.
 *
 * @param[in] key      bytes; may be NULL if key_len is 0
 * @param[in] key_len  how many; numbers are hashed as their little-endian bytes
 * @return the hash; that of the empty key if key is NULL or key_len is above PTRDIFF_MAX
 * @note Any thread, at any time, also in a signal handler.
 */
uint64_t ringmill_hash(const void *key,
                       size_t key_len);

/**
 * The partition of a key with this hash: floor(hash * partitions / 2^64).
 *
 * @param[in] hash        from ringmill_hash(), or any that is evenly spread over its upper bits
 * @param[in] partitions  how many there are
 * @return a number below partitions; 0 if that is 0
 * @note Any thread, at any time, also in a signal handler.
 */
size_t ringmill_partition_of(uint64_t hash,
                             size_t partitions);

/**
 * Fills options with defaults; elem_size is to be set then.
 *
 * @param[in]  size  sizeof(ringmill_partitions_options)
 * @param[out] out   the options
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
 *         library knows: nothing is written then
 */
RINGMILL_MUST_USE
ringmill_status ringmill_partitions_options_init(size_t size,
                                                 struct ringmill_partitions_options *out);

/**
 * Makes partitions, with all of their memory.
 *
 * @param[in]  options  what they shall be like
 * @param[out] out      the partitions, to be freed by ringmill_partitions_free(); NULL unless the
 *                      status is OK
 * @return RINGMILL_STATUS_OK, _INVALID_ARGUMENT, _PARTITION_COUNT, _CAPACITY or _OUT_OF_MEMORY
 */
RINGMILL_MUST_USE
ringmill_status ringmill_partitions_new(const struct ringmill_partitions_options *options,
                                        struct ringmill_partitions **out);

/**
 * Frees the handle. Producers and consumers of it may be used on, and are freed on their own: the
 * queue closes when the last producer is gone, or the last consumer, this handle counting as both.
 *
 * @param[in] partitions  a handle, or NULL: then nothing is done
 */
void ringmill_partitions_free(struct ringmill_partitions *partitions);

/**
 * Accepts nothing more. What was pushed can still be taken; whoever waits is woken.
 *
 * @param[in] partitions  a handle
 * @return RINGMILL_STATUS_OK; _CLOSED if it was closed already; _INVALID_ARGUMENT
 */
ringmill_status ringmill_partitions_close(struct ringmill_partitions *partitions);

/**
 * Whether nothing more is accepted. There may still be elements to be taken.
 *
 * @param[in] partitions  a handle
 * @return whether it was closed; true if partitions is NULL
 */
bool ringmill_partitions_is_closed(const struct ringmill_partitions *partitions);

/**
 * How many partitions there are.
 *
 * @param[in] partitions  a handle
 * @return their number; 0 if partitions is NULL
 */
size_t ringmill_partitions_count(const struct ringmill_partitions *partitions);

/**
 * How many elements each partition has room for.
 *
 * @param[in] partitions  a handle
 * @return the capacity of its options; 0 if partitions is NULL
 */
size_t ringmill_partitions_capacity(const struct ringmill_partitions *partitions);

/**
 * How many elements are in one partition.
 *
 * @param[in]  partitions  a handle
 * @param[in]  partition   which one, 0 is the first
 * @param[out] out_len     a number that was right at one moment; 0 unless the status is OK
 * @return RINGMILL_STATUS_OK, _NO_SUCH_PARTITION or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_partitions_len_of(const struct ringmill_partitions *partitions,
                                           size_t partition,
                                           size_t *out_len);

/**
 * Makes a writing end.
 *
 * @param[in]  partitions  a handle
 * @param[out] out         the producer, to be freed by ringmill_producer_free(); NULL unless the
 *                         status is OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_producer_new(struct ringmill_partitions *partitions,
                                      struct ringmill_producer **out);

/**
 * Frees a writing end. The queue closes with the last one, ringmill_partitions counted.
 *
 * @param[in] producer  a producer, or NULL: then nothing is done
 */
void ringmill_producer_free(struct ringmill_producer *producer);

/**
 * Appends an element to the partition of its key; waits while that is full.
 *
 * Elements with the same key keep their order, from one producer.
 *
 * @param[in]  producer       a producer
 * @param[in]  key            bytes; may be NULL if key_len is 0
 * @param[in]  key_len        how many, PTRDIFF_MAX at most
 * @param[in]  elem           elem_size bytes, copied; any alignment
 * @param[in]  timeout_ns     how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less
 *                            tries once
 * @param[out] out_partition  where it went: ringmill_partition_of() the key's hash; the same when
 *                            it is full or closed, 0 with _INVALID_ARGUMENT; may be NULL
 * @return RINGMILL_STATUS_OK, _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (also while it
 *         waits) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_producer_push_key(struct ringmill_producer *producer,
                                           const void *key,
                                           size_t key_len,
                                           const void *elem,
                                           int64_t timeout_ns,
                                           size_t *out_partition);

/**
 * Appends an element to a partition of the caller's choice; waits while that is full.
 *
 * @param[in] producer    a producer
 * @param[in] partition   which one, 0 is the first
 * @param[in] elem        elem_size bytes, copied; any alignment
 * @param[in] timeout_ns  as ringmill_producer_push_key()
 * @return as ringmill_producer_push_key(), and _NO_SUCH_PARTITION
 */
RINGMILL_MUST_USE
ringmill_status ringmill_producer_push_to(struct ringmill_producer *producer,
                                          size_t partition,
                                          const void *elem,
                                          int64_t timeout_ns);

/**
 * Appends all of some elements to a partition of the caller's choice, in order, as room comes up;
 * waits while it is full.
 *
 * If the time-out passes or the queue is closed, what was pushed so far stays pushed.
 *
 * @param[in]  producer    a producer
 * @param[in]  partition   which one, 0 is the first
 * @param[in]  elems       count * elem_size bytes, copied; may be NULL if count is 0
 * @param[in]  count       how many
 * @param[in]  timeout_ns  for all of it, as ringmill_producer_push_key()
 * @param[out] out_pushed  how many were pushed, whatever the status
 * @return RINGMILL_STATUS_OK (all), _FULL (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED,
 *         _NO_SUCH_PARTITION or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_producer_push_batch(struct ringmill_producer *producer,
                                             size_t partition,
                                             const void *elems,
                                             size_t count,
                                             int64_t timeout_ns,
                                             size_t *out_pushed);

/**
 * Makes a reading end of all partitions, or of some.
 *
 * Consumers that share partitions share their elements: each element goes to one of them.
 *
 * @param[in]  partitions  a handle
 * @param[in]  set         the partitions to take from, each once; NULL for all
 * @param[in]  set_len     how many these are; 0 with NULL
 * @param[out] out         the consumer, to be freed by ringmill_consumer_free(); NULL unless the
 *                         status is OK
 * @return RINGMILL_STATUS_OK, _NO_SUCH_PARTITION, _PARTITION_TWICE, _NO_PARTITIONS or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_consumer_new(struct ringmill_partitions *partitions,
                                      const size_t *set,
                                      size_t set_len,
                                      struct ringmill_consumer **out);

/**
 * Frees a reading end. The queue closes with the last one, ringmill_partitions and groups counted,
 * and what is left in it is gone.
 *
 * @param[in] consumer  a consumer, or NULL: then nothing is done
 */
void ringmill_consumer_free(struct ringmill_consumer *consumer);

/**
 * Takes the oldest element of the next partition that has one; waits while there is none.
 *
 * @param[in]  consumer       used by one thread at a time
 * @param[in]  timeout_ns     how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less
 *                            tries once
 * @param[out] out            elem_size bytes, any alignment; untouched unless the status is OK
 * @param[out] out_partition  where it came from; 0 unless the status is OK; may be NULL
 * @return RINGMILL_STATUS_OK, _EMPTY (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (and
 *         everything was taken; also while it waits), _BUSY or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_consumer_pop(struct ringmill_consumer *consumer,
                                      int64_t timeout_ns,
                                      void *out,
                                      size_t *out_partition);

/**
 * Takes up to max elements of the next partition that has any; waits while there is none.
 *
 * @param[in]  consumer       used by one thread at a time
 * @param[in]  max            how many at most
 * @param[in]  timeout_ns     as ringmill_consumer_pop()
 * @param[out] out            room for max * elem_size bytes; written as far as elements were
 *                            taken; may be NULL if max is 0
 * @param[out] out_partition  where they came from; 0 unless the status is OK; may be NULL
 * @param[out] out_popped     how many were taken; 0 unless the status is OK
 * @return as ringmill_consumer_pop(); _OK with none if max is 0
 */
RINGMILL_MUST_USE
ringmill_status ringmill_consumer_pop_batch(struct ringmill_consumer *consumer,
                                            size_t max,
                                            int64_t timeout_ns,
                                            void *out,
                                            size_t *out_partition,
                                            size_t *out_popped);

/**
 * Makes a group, without members.
 *
 * @param[in]  partitions  a handle
 * @param[out] out         the group, to be freed by ringmill_group_free(); NULL unless the status
 *                         is OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_group_new(struct ringmill_partitions *partitions,
                                   struct ringmill_group **out);

/**
 * Frees the handle of a group. Its members go on.
 *
 * @param[in] group  a group, or NULL: then nothing is done
 */
void ringmill_group_free(struct ringmill_group *group);

/**
 * One more member of a group. It gets its partitions as their holders hand them over.
 *
 * @param[in]  group  a group; any thread
 * @param[out] out    the member, to be freed by ringmill_consumer_free(); NULL unless the status
 *                    is OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_group_join(struct ringmill_group *group,
                                    struct ringmill_consumer **out);

/**
 * Fills options with defaults.
 *
 * @param[in]  size  sizeof(ringmill_engine_options)
 * @param[out] out   the options
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
 *         library knows: nothing is written then
 */
RINGMILL_MUST_USE
ringmill_status ringmill_engine_options_init(size_t size,
                                             struct ringmill_engine_options *out);

/**
 * Makes an engine.
 *
 * @param[in]  options  what it shall be like; NULL for the defaults
 * @param[out] out      the engine, to be freed by ringmill_engine_free(); NULL unless the status is
 *                      OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_engine_new(const struct ringmill_engine_options *options,
                                    struct ringmill_engine **out);

/**
 * Frees an engine. Its queues close; what was accepted can still be consumed, by the handles that
 * are there.
 *
 * @param[in] engine  an engine, or NULL: then nothing is done
 */
void ringmill_engine_free(struct ringmill_engine *engine);

/**
 * Does what is due: takes expired leases back, hands out again what has waited long enough, tries
 * again what could not go to the dead letters. The engine's thread does so by itself; without one,
 * call it as often as it says, for instance from the loop of the program.
 *
 * @param[in]  engine       an engine; any thread
 * @param[out] out_next_ns  how long nothing will be due, at most a minute; 0 unless the status is
 *                          OK; may be NULL
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_engine_tick(struct ringmill_engine *engine,
                                     int64_t *out_next_ns);

/**
 * Lets time pass on a virtual clock. Nothing happens before ringmill_engine_tick().
 *
 * @param[in] engine  an engine with RINGMILL_ENGINE_VIRTUAL_CLOCK
 * @param[in] by_ns   how much, 0 or more
 * @return RINGMILL_STATUS_OK, _UNSUPPORTED (another clock) or _INVALID_ARGUMENT
 */
ringmill_status ringmill_engine_advance(struct ringmill_engine *engine,
                                        int64_t by_ns);

/**
 * Sets the date of a virtual clock forward or back. What counts from now on is not touched.
 *
 * @param[in] engine  as ringmill_engine_advance()
 * @param[in] by_ns   how much; back if it is negative
 * @return as ringmill_engine_advance()
 */
ringmill_status ringmill_engine_step_wall(struct ringmill_engine *engine,
                                          int64_t by_ns);

/**
 * The time of an engine's clock, which never goes back: nanoseconds since a moment of its own.
 *
 * @param[in] engine  an engine; any thread
 * @return the time; 0 if engine is NULL
 */
int64_t ringmill_engine_now(const struct ringmill_engine *engine);

/**
 * The date of an engine's clock: nanoseconds since 1970-01-01 00:00 UTC.
 *
 * @param[in] engine  an engine; any thread
 * @return the date; 0 if engine is NULL
 */
int64_t ringmill_engine_wall(const struct ringmill_engine *engine);

/**
 * Closes every queue, and refuses to make others. What was accepted can still be consumed.
 *
 * @param[in] engine  an engine; any thread
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_engine_close(struct ringmill_engine *engine);

/**
 * Fills options with zeros, and their size.
 *
 * @param[in]  size  sizeof(ringmill_queue_options)
 * @param[out] out   the options
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
 *         library knows: nothing is written then
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_options_init(size_t size,
                                            struct ringmill_queue_options *out);

/**
 * Makes a queue.
 *
 * @param[in]  engine   the engine that it belongs to; may be freed before the queue
 * @param[in]  name     UTF-8, one byte or more, not that of another queue of the engine
 * @param[in]  options  what it shall be like; NULL for the defaults
 * @param[out] out      the queue, to be freed by ringmill_queue_free(); NULL unless the status is OK
 * @return RINGMILL_STATUS_OK, _INVALID_CONFIG, _NAME_CONFLICT, _CLOSED (the engine is),
 *         _OUT_OF_MEMORY or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_new(struct ringmill_engine *engine,
                                   const char *name,
                                   const struct ringmill_queue_options *options,
                                   struct ringmill_queue **out);

/**
 * Another handle of a queue, by its name.
 *
 * @param[in]  engine  an engine
 * @param[in]  name    of one of its queues
 * @param[out] out     the queue, to be freed by ringmill_queue_free(); NULL unless the status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_find(struct ringmill_engine *engine,
                                    const char *name,
                                    struct ringmill_queue **out);

/**
 * The queue that a queue's dead letters go to.
 *
 * @param[in]  queue  a queue
 * @param[out] out    the other one, to be freed by ringmill_queue_free(); NULL unless the status is
 *                    OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (there is none) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_dead_letters(struct ringmill_queue *queue,
                                            struct ringmill_queue **out);

/**
 * Frees a handle of a queue. The queue closes with the last one; producers and consumers of it may
 * be used on, and are freed on their own.
 *
 * @param[in] queue  a queue, or NULL: then nothing is done
 */
void ringmill_queue_free(struct ringmill_queue *queue);

/**
 * How many partitions a queue has.
 *
 * @param[in] queue  a queue; any thread
 * @return their number; 0 if queue is NULL
 */
size_t ringmill_queue_partitions(const struct ringmill_queue *queue);

/**
 * How many messages each partition has room for.
 *
 * @param[in] queue  a queue; any thread
 * @return the capacity; 0 if queue is NULL
 */
size_t ringmill_queue_capacity(const struct ringmill_queue *queue);

/**
 * How many messages are in a queue, in whatever state.
 *
 * @param[in] queue  a queue; any thread
 * @return a number that was right at one moment of the call, or nearly so; 0 if queue is NULL
 */
uint64_t ringmill_queue_len(const struct ringmill_queue *queue);

/**
 * Makes a producer.
 *
 * @param[in]  queue  a queue
 * @param[out] out    the producer, to be freed by ringmill_queue_producer_free(); NULL unless the
 *                    status is OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_producer_new(struct ringmill_queue *queue,
                                            struct ringmill_queue_producer **out);

/**
 * Frees a producer. What it has reserved is given up. Queues do not close with their producers.
 *
 * @param[in] producer  a producer, or NULL: then nothing is done
 */
void ringmill_queue_producer_free(struct ringmill_queue_producer *producer);

/**
 * Puts a message into the queue. What happens without room is the queue's overflow policy: it
 * fails, waits, or drops.
 *
 * @param[in]  producer  used by one thread at a time
 * @param[in]  message   copied
 * @param[out] out       what became of it; all zero unless the status is OK; may be NULL
 * @return RINGMILL_STATUS_OK, _FULL, _TIMED_OUT, _CLOSED, _TOO_LARGE, _TOO_MANY_HEADERS,
 *         _NO_SUCH_LEVEL, _NO_KEY, _KEY_FULL, _DELAY_TOO_LONG, _NO_DEDUP, _DEDUP_CONFLICT, _OUT_OF_MEMORY (the first message of
 *         a partition), _BUSY or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_enqueue(struct ringmill_queue_producer *producer,
                                 const struct ringmill_message *message,
                                 struct ringmill_enqueued *out);

/**
 * Puts a message into the queue, waits while there is no room, and takes no account of the queue's
 * overflow policy.
 *
 * @param[in]  producer    used by one thread at a time
 * @param[in]  message     copied
 * @param[in]  timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less tries
 *                         once
 * @param[out] out         as ringmill_enqueue()
 * @return as ringmill_enqueue(); _FULL or _KEY_FULL if timeout_ns is 0 or less, else _TIMED_OUT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_enqueue_timeout(struct ringmill_queue_producer *producer,
                                         const struct ringmill_message *message,
                                         int64_t timeout_ns,
                                         struct ringmill_enqueued *out);

/**
 * Puts all of some messages into the queue, in order, as room comes up; waits while there is none.
 *
 * Runs of messages for one partition are published by one step. If the time-out passes or the queue
 * is closed, what was accepted so far stays so.
 *
 * @param[in]  producer      used by one thread at a time
 * @param[in]  messages      an array, copied; may be NULL if count is 0
 * @param[in]  count         how many
 * @param[in]  timeout_ns    for all of it, as ringmill_enqueue_timeout(); with 0, what fits now
 * @param[out] out_accepted  how many were accepted, from the first one on, whatever the status
 * @return RINGMILL_STATUS_OK (all), else why the next one was not accepted, as
 *         ringmill_enqueue_timeout()
 */
RINGMILL_MUST_USE
ringmill_status ringmill_enqueue_batch(struct ringmill_queue_producer *producer,
                                       const struct ringmill_message *messages,
                                       size_t count,
                                       int64_t timeout_ns,
                                       size_t *out_accepted);

/**
 * Reserves room for a payload, to be written in place. Never waits.
 *
 * Nothing is in the queue until ringmill_commit(): other producers proceed meanwhile, and the
 * message takes its place in the order when it is committed. A payload up to the queue's
 * inline_bytes stands in the slot; a longer one is allocated. Every reservation must end in
 * ringmill_commit() or ringmill_cancel(), or with its producer.
 *
 * @param[in]  producer  used by one thread at a time
 * @param[in]  len       bytes, 0 to the queue's max_payload
 * @param[in]  about     key, headers, priority, times and id of the message, copied; its payload is
 *                       ignored; may be NULL
 * @param[out] out       the room; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _FULL, _CLOSED, _TOO_LARGE, _TOO_MANY_HEADERS, _OUT_OF_MEMORY, _BUSY
 *         or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_reserve(struct ringmill_queue_producer *producer,
                                 size_t len,
                                 const struct ringmill_message *about,
                                 struct ringmill_slot *out);

/**
 * Puts a reservation into the queue.
 *
 * @param[in]  producer  the one that reserved; used by one thread at a time
 * @param[in]  slot      the room; the reservation is over unless the status is _INVALID_ARGUMENT or
 *                       _BUSY
 * @param[out] out       as ringmill_enqueue()
 * @return RINGMILL_STATUS_OK, _CLOSED (meanwhile), _FULL (there is no room for the bytes of the
 *         headers), _NO_SUCH_LEVEL, _NO_KEY, _DELAY_TOO_LONG, _BUSY; _INVALID_ARGUMENT if the slot is none of an
 *         open reservation
 */
RINGMILL_MUST_USE
ringmill_status ringmill_commit(struct ringmill_queue_producer *producer,
                                const struct ringmill_slot *slot,
                                struct ringmill_enqueued *out);

/**
 * Gives a reservation up. Nothing has happened, and the room is free again.
 *
 * @param[in] producer  as ringmill_commit()
 * @param[in] slot      as ringmill_commit()
 * @return RINGMILL_STATUS_OK, _BUSY; _INVALID_ARGUMENT if the slot is none of an open reservation
 */
RINGMILL_MUST_USE
ringmill_status ringmill_cancel(struct ringmill_queue_producer *producer,
                                const struct ringmill_slot *slot);

/**
 * Makes a consumer.
 *
 * @param[in]  queue  a queue
 * @param[out] out    the consumer, to be freed by ringmill_queue_consumer_free(); NULL unless the
 *                    status is OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_consumer_new(struct ringmill_queue *queue,
                                            struct ringmill_queue_consumer **out);

/**
 * Frees a consumer, and closes its descriptor.
 *
 * Deliveries that it handed out stay: they are settled by another consumer of the queue, or their
 * leases end. Their pointers stay valid; what is never let go of keeps its slot, and once the last
 * handle of the queue is gone, the queue's memory.
 *
 * @param[in] consumer  a consumer, or NULL: then nothing is done
 */
void ringmill_queue_consumer_free(struct ringmill_queue_consumer *consumer);

/**
 * Takes a message under a lease; waits while there is none.
 *
 * It is to be settled: ringmill_ack(), ringmill_nack() and the like. What is not settled when its
 * lease ends is handed out again.
 *
 * @param[in]  consumer    one thread at a time
 * @param[in]  timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less tries
 *                         once
 * @param[out] out         the delivery; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _EMPTY (timeout_ns is 0 or less), _TIMED_OUT, _CLOSED (and every
 *         message has been settled; also while it waits), _BUSY or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_dequeue(struct ringmill_queue_consumer *consumer,
                                 int64_t timeout_ns,
                                 struct ringmill_delivery *out);

/**
 * Takes at least min and at most max messages, a lease each; waits while there are fewer than min.
 *
 * Messages are taken as they come. If the time-out passes or the queue is closed, what has come so
 * far is in out and counted, and the status is OK: it may be less than min.
 *
 * @param[in]  consumer    one thread at a time
 * @param[in]  min         how many to wait for; 0 does not wait; above max counts as max
 * @param[in]  max         how many at most
 * @param[in]  timeout_ns  as ringmill_dequeue()
 * @param[out] out         room for max deliveries, written as far as messages were taken; may be
 *                         NULL if max is 0
 * @param[out] out_taken   how many were taken; 0 unless the status is OK
 * @return RINGMILL_STATUS_OK (one at least, or max is 0); if there was none: _EMPTY (min is 0, or
 *         timeout_ns is 0 or less), _TIMED_OUT, _CLOSED; or _BUSY, _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_dequeue_batch(struct ringmill_queue_consumer *consumer,
                                       size_t min,
                                       size_t max,
                                       int64_t timeout_ns,
                                       struct ringmill_delivery *out,
                                       size_t *out_taken);

/**
 * A header of a delivery, by number.
 *
 * @param[in]  consumer  one of the delivery's queue; any thread
 * @param[in]  delivery  a delivery that was not let go of
 * @param[in]  index     below headers_count
 * @param[out] out       name and value, valid as long as the delivery is; all zero unless the status
 *                       is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer, or the delivery is of another queue),
 *         _STALE_RECEIPT (it was let go of) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_delivery_header(const struct ringmill_queue_consumer *consumer,
                                         const struct ringmill_delivery *delivery,
                                         size_t index,
                                         struct ringmill_header *out);

/**
 * The first header of a delivery with a name.
 *
 * @param[in]  consumer  one of the delivery's queue; any thread
 * @param[in]  delivery  a delivery that was not let go of
 * @param[in]  name      any bytes; may be NULL if name_len is 0
 * @param[in]  name_len  how many
 * @param[out] out       as ringmill_delivery_header()
 * @return as ringmill_delivery_header()
 */
RINGMILL_MUST_USE
ringmill_status ringmill_delivery_find_header(const struct ringmill_queue_consumer *consumer,
                                              const struct ringmill_delivery *delivery,
                                              const void *name,
                                              size_t name_len,
                                              struct ringmill_header *out);

/**
 * Handled: the message is done with.
 *
 * As every function here that settles, it lets go of the delivery unless the status is
 * _INVALID_ARGUMENT or _NOT_FOUND: its pointers are over then.
 *
 * @param[in] consumer  one of the delivery's queue; any thread, also while another one takes
 *                      messages
 * @param[in] delivery  the delivery
 * @return RINGMILL_STATUS_OK; nothing was settled: _STALE_RECEIPT (the lease was taken back, or this
 *         is an old copy), _ALREADY_SETTLED, _CLOSED (the queue was aborted), _NOT_FOUND (the
 *         delivery is of another queue), _INVALID_ARGUMENT (it is none)
 */
ringmill_status ringmill_ack(struct ringmill_queue_consumer *consumer,
                             const struct ringmill_delivery *delivery);

/**
 * Handled, all of them.
 *
 * @param[in]  consumer    as ringmill_ack()
 * @param[in]  deliveries  an array; may be NULL if count is 0
 * @param[in]  count       how many
 * @param[out] out_acked   how many were acked, whatever the status; may be NULL
 * @return RINGMILL_STATUS_OK (all), else why the first one that was refused was: as ringmill_ack().
 *         The others are acked all the same
 */
ringmill_status ringmill_ack_batch(struct ringmill_queue_consumer *consumer,
                                   const struct ringmill_delivery *deliveries,
                                   size_t count,
                                   size_t *out_acked);

/**
 * Handling failed: tried again by the queue's retry policy, or a dead letter.
 *
 * @param[in] consumer  as ringmill_ack()
 * @param[in] delivery  the delivery
 * @param[in] cause     one of the RINGMILL_CLASS_, which decides what becomes of the message; 0 for
 *                      RINGMILL_CLASS_SYSTEM
 * @param[in] text      what happened, for the history of a dead letter, which keeps 1 KiB of it; may
 *                      be NULL
 * @return as ringmill_ack()
 */
ringmill_status ringmill_nack(struct ringmill_queue_consumer *consumer,
                              const struct ringmill_delivery *delivery,
                              uint32_t cause,
                              const char *text);

/**
 * As ringmill_nack(), with a delay in place of the policy's.
 *
 * @param[in] consumer  as ringmill_ack()
 * @param[in] delivery  the delivery
 * @param[in] cause     as ringmill_nack()
 * @param[in] text      as ringmill_nack()
 * @param[in] delay_ns  how long until it is handed out again, 0 or more
 * @return as ringmill_ack()
 */
ringmill_status ringmill_nack_after(struct ringmill_queue_consumer *consumer,
                                    const struct ringmill_delivery *delivery,
                                    uint32_t cause,
                                    const char *text,
                                    int64_t delay_ns);

/**
 * Never to be handled: a dead letter now.
 *
 * @param[in] consumer  as ringmill_ack()
 * @param[in] delivery  the delivery
 * @param[in] text      why, as ringmill_nack()
 * @return as ringmill_ack()
 */
ringmill_status ringmill_reject(struct ringmill_queue_consumer *consumer,
                                const struct ringmill_delivery *delivery,
                                const char *text);

/**
 * Not handled: handed out again at once, without an attempt.
 *
 * @param[in] consumer  as ringmill_ack()
 * @param[in] delivery  the delivery
 * @return as ringmill_ack()
 */
ringmill_status ringmill_release(struct ringmill_queue_consumer *consumer,
                                 const struct ringmill_delivery *delivery);

/**
 * Not handled, and wanted later: handed out again after a delay, without an attempt.
 *
 * @param[in] consumer  as ringmill_ack()
 * @param[in] delivery  the delivery
 * @param[in] delay_ns  how long, 0 or more
 * @return as ringmill_ack()
 */
ringmill_status ringmill_snooze(struct ringmill_queue_consumer *consumer,
                                const struct ringmill_delivery *delivery,
                                int64_t delay_ns);

/**
 * Lets go of a delivery without a word: for one whose lease has ended, and on the way out of
 * something that failed. If the lease stands, the message is handed out again after the queue's
 * release_delay_ns, without an attempt.
 *
 * @param[in] consumer  as ringmill_ack()
 * @param[in] delivery  the delivery
 * @return RINGMILL_STATUS_OK (it was held), else as ringmill_ack()
 */
ringmill_status ringmill_let_go(struct ringmill_queue_consumer *consumer,
                                const struct ringmill_delivery *delivery);

/**
 * Lets a lease last until some time from now at least, the queue's max_lease_ns at most; never
 * shorter than it would have. The delivery is kept.
 *
 * @param[in] consumer  as ringmill_ack()
 * @param[in] delivery  the delivery
 * @param[in] span_ns   how long, 0 or more
 * @return as ringmill_ack(), but the delivery is not let go of
 */
RINGMILL_MUST_USE
ringmill_status ringmill_extend(struct ringmill_queue_consumer *consumer,
                                const struct ringmill_delivery *delivery,
                                int64_t span_ns);

/**
 * Ends a lease by its receipt, from anywhere, for whom who has the delivery is out of reach. He may
 * read on, and lets go of it some time.
 *
 * @param[in] queue       the queue of the delivery; any thread
 * @param[in] receipt     of the delivery
 * @param[in] settlement  RINGMILL_SETTLE_ACK, _NACK, _REJECT or _RELEASE
 * @return as ringmill_ack()
 */
ringmill_status ringmill_queue_settle(struct ringmill_queue *queue,
                                      const struct ringmill_receipt *receipt,
                                      uint32_t settlement);

/**
 * Not handled now, and set aside until somebody takes it by ringmill_take(): without an attempt. It keeps
 * its slot, and the others of its key wait.
 *
 * @param[in]  consumer  as ringmill_ack()
 * @param[in]  delivery  the delivery
 * @param[out] out       what takes it; all zero unless the status is OK
 * @return as ringmill_ack()
 */
RINGMILL_MUST_USE
ringmill_status ringmill_defer(struct ringmill_queue_consumer *consumer,
                               const struct ringmill_delivery *delivery,
                               struct ringmill_message_handle *out);

/**
 * Takes a message under a lease that was set aside by a consumer of the same group. Never waits; a queue
 * that is paused gives it, too.
 *
 * @param[in]  consumer  one thread at a time
 * @param[in]  message   from ringmill_defer()
 * @param[out] out       the delivery; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone, or of another queue), _ALREADY_SETTLED (it was taken
 *         before), _NOT_DEFERRED, _CLOSED (the queue was drained or aborted), _BUSY or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_take(struct ringmill_queue_consumer *consumer,
                              const struct ringmill_message_handle *message,
                              struct ringmill_delivery *out);

/**
 * Takes messages and has them handled, one after the other, in this thread.
 *
 * @param[in]  consumer     one thread at a time
 * @param[in]  handler      handles a message
 * @param[in]  user         for the handler
 * @param[in]  max          how many messages at most; 0 for no limit
 * @param[in]  timeout_ns   how long to wait for each, as ringmill_dequeue()
 * @param[out] out_handled  how many messages were handled, whatever the status; may be NULL
 * @return RINGMILL_STATUS_OK (max messages were handled, or the handler has freed the consumer), else
 *         why there was no further message: _EMPTY, _TIMED_OUT, _CLOSED; or _BUSY, also in a handler
 *         of this consumer; or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_consume(struct ringmill_queue_consumer *consumer,
                                 ringmill_handler_fn handler,
                                 void *user,
                                 size_t max,
                                 int64_t timeout_ns,
                                 size_t *out_handled);

/**
 * The descriptor of a consumer, for epoll, io_uring, poll, libuv or Qt: poll it for readability, and
 * do nothing else with it. It is the consumer's, and closed with it. Linux only.
 *
 * The loop takes what is there by ringmill_dequeue_or_arm() until that says RINGMILL_STATUS_EMPTY:
 * then the descriptor is unreadable until there may be a message, or the queue is closed. It is
 * readable at first, so that a loop begins by looking.
 *
 * @param[in]  consumer  one thread at a time
 * @param[out] out_fd    the descriptor; -1 unless the status is OK
 * @return RINGMILL_STATUS_OK, _SYSTEM (no descriptor left), _UNSUPPORTED (not Linux), _BUSY or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_consumer_fd(struct ringmill_queue_consumer *consumer,
                                           int *out_fd);

/**
 * Takes a message under a lease. If there is none, arms the consumer's descriptor. Never waits.
 *
 * @param[in]  consumer  one that was asked for its descriptor; one thread at a time
 * @param[out] out       the delivery; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK (there may be more: the descriptor stays readable), _EMPTY (poll now),
 *         _CLOSED (and every message has been settled), _UNSUPPORTED (it has no descriptor), _BUSY or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_dequeue_or_arm(struct ringmill_queue_consumer *consumer,
                                        struct ringmill_delivery *out);

/**
 * How a delivery died before, where it is a dead letter.
 *
 * @param[in]  consumer  one of the delivery's queue; any thread
 * @param[in]  delivery  a delivery that was not let go of
 * @param[in]  index     below deaths_count; 0 is the oldest
 * @param[out] out       valid as long as the delivery is; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer, or the delivery is of another queue),
 *         _STALE_RECEIPT (it was let go of) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_delivery_death(const struct ringmill_queue_consumer *consumer,
                                        const struct ringmill_delivery *delivery,
                                        size_t index,
                                        struct ringmill_death *out);

/**
 * Fills options with zeros, and their size.
 *
 * @param[in]  size  sizeof(ringmill_redrive_options)
 * @param[out] out   the options
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT if out is NULL or the size is none that this
 *         library knows: nothing is written then
 */
RINGMILL_MUST_USE
ringmill_status ringmill_redrive_options_init(size_t size,
                                              struct ringmill_redrive_options *out);

/**
 * Sends dead letters back to the queues that they came from, with a new place at the end and all of
 * their attempts.
 *
 * @param[in]  queue    the queue of the dead letters; any thread
 * @param[in]  options  which, and how fast; NULL for all of them
 * @param[out] out      what was done; all zero unless the status is OK; may be NULL
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_redrive(struct ringmill_queue *queue,
                                       const struct ringmill_redrive_options *options,
                                       struct ringmill_redrive_report *out);

/**
 * Looks at messages, partition by partition, in the order of their offsets.
 *
 * @param[in]  queue   a queue; any thread
 * @param[in]  filter  says which; NULL for all
 * @param[in]  user    for the filter
 * @param[out] out     the list, to be freed by ringmill_browse_free(); NULL unless the status is OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_browse(struct ringmill_queue *queue,
                                      ringmill_filter_fn filter,
                                      void *user,
                                      struct ringmill_browse **out);

/**
 * Looks at the oldest messages of a partition.
 *
 * @param[in]  queue      a queue; any thread
 * @param[in]  partition  which one, 0 is the first
 * @param[in]  count      how many at most
 * @param[out] out        as ringmill_queue_browse()
 * @return RINGMILL_STATUS_OK, _NO_SUCH_PARTITION or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_peek(struct ringmill_queue *queue,
                                    size_t partition,
                                    size_t count,
                                    struct ringmill_browse **out);

/**
 * Looks at one message.
 *
 * @param[in]  queue    a queue; any thread
 * @param[in]  message  from ringmill_enqueue() or ringmill_peeked
 * @param[out] out      as ringmill_queue_browse()
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone, or of another queue) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_inspect(struct ringmill_queue *queue,
                                       const struct ringmill_message_handle *message,
                                       struct ringmill_browse **out);

/**
 * The handle of a message by its id.
 *
 * @param[in]  queue  a queue with RINGMILL_QUEUE_LOOKUP; any thread
 * @param[in]  id     of the message
 * @param[out] out    its handle; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone), _UNSUPPORTED (the queue keeps no ids) or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_lookup(struct ringmill_queue *queue,
                                      struct ringmill_message_id id,
                                      struct ringmill_message_handle *out);

/**
 * Frees a list of messages that were looked at. Their pointers are over.
 *
 * @param[in] browse  a list, or NULL: then nothing is done
 */
void ringmill_browse_free(struct ringmill_browse *browse);

/**
 * How many messages are in a list.
 *
 * @param[in] browse  a list; any thread
 * @return their number; 0 if browse is NULL
 */
size_t ringmill_browse_len(const struct ringmill_browse *browse);

/**
 * A message of a list.
 *
 * @param[in]  browse  a list; any thread
 * @param[in]  index   below its length
 * @param[out] out     the message, whose pointers are valid as long as the list is; all zero unless
 *                     the status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_browse_at(const struct ringmill_browse *browse,
                                   size_t index,
                                   struct ringmill_peeked *out);

/**
 * A header of a message of a list.
 *
 * @param[in]  browse  a list; any thread
 * @param[in]  index   of the message
 * @param[in]  header  below its headers_count
 * @param[out] out     as ringmill_delivery_header(), valid as long as the list is
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_browse_header(const struct ringmill_browse *browse,
                                       size_t index,
                                       size_t header,
                                       struct ringmill_header *out);

/**
 * How a message of a list died before.
 *
 * @param[in]  browse  a list; any thread
 * @param[in]  index   of the message
 * @param[in]  death   below its deaths_count; 0 is the oldest
 * @param[out] out     as ringmill_delivery_death(), valid as long as the list is
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_browse_death(const struct ringmill_browse *browse,
                                      size_t index,
                                      size_t death,
                                      struct ringmill_death *out);

/**
 * Ends a message that no consumer has.
 *
 * @param[in] queue    a queue; any thread
 * @param[in] message  as ringmill_queue_inspect()
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone), _LEASED (a consumer has it) or
 *         _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_cancel(struct ringmill_queue *queue,
                                      const struct ringmill_message_handle *message);

/**
 * Has a message that waits for a time wait for another one.
 *
 * @param[in] queue     a queue; any thread
 * @param[in] message   as ringmill_queue_inspect(): one with a delay, that waits for its next
 *                      attempt, or that was snoozed
 * @param[in] delay_ns  from now, 0 or more, up to 10 years
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (it is gone), _LEASED (a consumer has it), _NOT_DELAYED (it
 *         waits for no time), _DELAY_TOO_LONG or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_reschedule(struct ringmill_queue *queue,
                                          const struct ringmill_message_handle *message,
                                          int64_t delay_ns);

/**
 * Ends every message that no consumer has.
 *
 * @param[in]  queue       a queue; any thread
 * @param[in]  filter      says which; NULL for all
 * @param[in]  user        for the filter
 * @param[out] out_purged  how many these were; 0 unless the status is OK; may be NULL
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_purge(struct ringmill_queue *queue,
                                     ringmill_filter_fn filter,
                                     void *user,
                                     size_t *out_purged);

/**
 * Has a group join a queue, which gets the messages that come from now on.
 *
 * @param[in] queue  a queue with room for another group: max_groups; any thread
 * @param[in] name   of the group, UTF-8
 * @return RINGMILL_STATUS_OK, _NAME_CONFLICT, _QUOTA_EXCEEDED, _CLOSED, _OUT_OF_MEMORY or
 *         _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_create_group(struct ringmill_queue *queue,
                                            const char *name);

/**
 * Removes a group: it gets nothing more, and what it has is gone for it. Leases that its consumers
 * have are taken back: they may read on, and settle no more. Its place is free for another group when
 * the last of its consumers is freed.
 *
 * @param[in] queue  a queue; any thread
 * @param[in] name   of the group
 * @return RINGMILL_STATUS_OK, _NOT_FOUND or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_remove_group(struct ringmill_queue *queue,
                                            const char *name);

/**
 * Makes a consumer of a group.
 *
 * @param[in]  queue  a queue; any thread
 * @param[in]  group  the name of the group; that of ringmill_queue_consumer_new() is "default"
 * @param[out] out    the consumer, to be freed by ringmill_queue_consumer_free(); NULL unless the
 *                    status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_group_consumer_new(struct ringmill_queue *queue,
                                                  const char *group,
                                                  struct ringmill_queue_consumer **out);

/**
 * What has happened in a group, and what is in it: as ringmill_queue_stats(), which is that of the
 * group "default".
 *
 * @param[in]  queue  a queue; any thread
 * @param[in]  group  the name of the group
 * @param[in]  size   sizeof(ringmill_stats)
 * @param[out] out    the counts; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND; _INVALID_ARGUMENT: if the size is none that this library
 *         knows, nothing is written
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_group_stats(const struct ringmill_queue *queue,
                                           const char *group,
                                           size_t size,
                                           struct ringmill_stats *out);

/**
 * Hands out no messages of a key until ringmill_queue_resume_key(). One that a consumer has is settled
 * as before.
 *
 * @param[in] queue    a queue with RINGMILL_ORDER_KEY; any thread
 * @param[in] key      bytes; may be NULL if key_len is 0
 * @param[in] key_len  how many
 * @return RINGMILL_STATUS_OK, also if it was paused already; _UNSUPPORTED (there is no order by key) or
 *         _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_pause_key(struct ringmill_queue *queue,
                                         const void *key,
                                         size_t key_len);

/**
 * Hands out messages of a key again.
 *
 * @param[in] queue    a queue; any thread
 * @param[in] key      as ringmill_queue_pause_key()
 * @param[in] key_len  how many bytes
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (it is not paused), _UNSUPPORTED or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_resume_key(struct ringmill_queue *queue,
                                          const void *key,
                                          size_t key_len);

/**
 * Has the messages go on that were set aside behind a dead letter of their key.
 *
 * @param[in]  queue         a queue with a park_key_limit; any thread
 * @param[in]  key           as ringmill_queue_pause_key()
 * @param[in]  key_len       how many bytes
 * @param[out] out_messages  how many these are; 0 unless the status is OK; may be NULL
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (it is not parked), _UNSUPPORTED or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_unpark_key(struct ringmill_queue *queue,
                                          const void *key,
                                          size_t key_len,
                                          size_t *out_messages);

/**
 * What has happened in a queue, and what is in it.
 *
 * @param[in]  queue  a queue; any thread. O(producers and consumers), and holds nobody up
 * @param[in]  size   sizeof(ringmill_stats)
 * @param[out] out    the counts; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK; _INVALID_ARGUMENT: if the size is none that this library knows, nothing
 *         is written
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_stats(const struct ringmill_queue *queue,
                                     size_t size,
                                     struct ringmill_stats *out);

/**
 * How long messages wait in a queue.
 *
 * @param[in]  queue  a queue with RINGMILL_QUEUE_TIMESTAMPS; any thread
 * @param[out] out    the times; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK, _UNSUPPORTED (the queue does not note it) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_latency(const struct ringmill_queue *queue,
                                       struct ringmill_latency *out);

/**
 * How many messages flow through a queue. As exact as the looks are frequent, by calls of this and by
 * the housekeeper; a first look has nothing to compare with.
 *
 * @param[in]  queue  a queue; any thread
 * @param[out] out    the rates; all zero unless the status is OK
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_queue_rates(const struct ringmill_queue *queue,
                                     struct ringmill_rates *out);

/**
 * Hands out nothing until ringmill_queue_resume(). Messages are accepted and settled as before.
 *
 * @param[in] queue  a queue; any thread
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_pause(struct ringmill_queue *queue);

/**
 * Hands out again.
 *
 * @param[in] queue  a queue; any thread
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_resume(struct ringmill_queue *queue);

/**
 * Whether nothing is handed out for the time being.
 *
 * @param[in] queue  a queue; any thread
 * @return whether it is paused; false if queue is NULL
 */
bool ringmill_queue_is_paused(const struct ringmill_queue *queue);

/**
 * Accepts nothing more. Consumers take what is there, retries included, and are told when all is
 * settled: RINGMILL_STATUS_CLOSED.
 *
 * What waits for a time that its producer or its consumer has set, or is parked, would keep them
 * waiting: it is taken out, and in the report. A queue that was closed already has little left for
 * one.
 *
 * @param[in]  queue       a queue; any thread
 * @param[out] out_report  what was taken out, to be freed by ringmill_close_report_free(); NULL unless
 *                         the status is OK; may be NULL: then these messages are dropped
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_close(struct ringmill_queue *queue,
                                     struct ringmill_close_report **out_report);

/**
 * Frees a report, and the messages in it.
 *
 * @param[in] report  a report, or NULL: then nothing is done
 */
void ringmill_close_report_free(struct ringmill_close_report *report);

/**
 * How many messages a report has.
 *
 * @param[in] report  a report; any thread
 * @return those that had been waiting for a time, then those that were parked; 0 if report is NULL
 */
size_t ringmill_close_report_len(const struct ringmill_close_report *report);

/**
 * How many messages of a report had been waiting for a time. They come first.
 *
 * @param[in] report  a report; any thread
 * @return their number; 0 if report is NULL
 */
size_t ringmill_close_report_delayed(const struct ringmill_close_report *report);

/**
 * A message of a report, as it could be put into another queue, with what is left of its delay.
 *
 * @param[in]  report  a report; any thread
 * @param[in]  index   below its length
 * @param[out] out     the message, whose pointers are valid as long as the report is; all zero unless
 *                     the status is OK
 * @return RINGMILL_STATUS_OK, _NOT_FOUND (there are fewer) or _INVALID_ARGUMENT
 */
RINGMILL_MUST_USE
ringmill_status ringmill_close_report_at(const struct ringmill_close_report *report,
                                         size_t index,
                                         struct ringmill_message *out);

/**
 * Whether nothing is accepted any more. There may still be messages to be taken.
 *
 * @param[in] queue  a queue; any thread
 * @return whether it was closed; true if queue is NULL
 */
bool ringmill_queue_is_closed(const struct ringmill_queue *queue);

/**
 * Closes, hands out nothing more, and waits for what is with consumers.
 *
 * @param[in]  queue       a queue; any thread, but none that has to settle something first
 * @param[in]  timeout_ns  how long to wait at most; RINGMILL_FOREVER for no limit; 0 or less does not
 *                         wait
 * @param[out] out         how it went; all zero unless the status is OK; may be NULL
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_drain(struct ringmill_queue *queue,
                                     int64_t timeout_ns,
                                     struct ringmill_drain_report *out);

/**
 * Closes, hands out nothing more, and lets nothing be settled any more: settlements are answered with
 * RINGMILL_STATUS_CLOSED. What consumers read stays readable until they let go of it.
 *
 * @param[in] queue  a queue; any thread
 * @return RINGMILL_STATUS_OK or _INVALID_ARGUMENT
 */
ringmill_status ringmill_queue_abort(struct ringmill_queue *queue);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus


#ifdef __cplusplus
extern "C" {
#endif

/** Where element i of a reservation is.
 *
 *  @param[in] room  from ringmill_ring_reserve(), still open
 *  @param[in] i     below first_count + second_count
 *  @return a pointer to elem_size bytes
 */
RINGMILL_INLINE void *ringmill_room_at(const ringmill_room *room, size_t i) {
  return i < room->first_count
    ? (void *)((char *)room->first + i * room->stride)
    : (void *)((char *)room->second + (i - room->first_count) * room->stride);
}

/** Where element i of a view is.
 *
 *  @param[in] view  from ringmill_ring_peek(), still open
 *  @param[in] i     below first_count + second_count
 *  @return a pointer to elem_size bytes
 */
RINGMILL_INLINE const void *ringmill_view_at(const ringmill_view *view, size_t i) {
  return i < view->first_count
    ? (const void *)((const char *)view->first + i * view->stride)
    : (const void *)((const char *)view->second + (i - view->first_count) * view->stride);
}

#ifdef __cplusplus
}
#endif

#endif  /* RINGMILL_H */
