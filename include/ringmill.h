/** @file ringmill.h
 *
 *  Ringmill: bounded lock-free rings, channels and partitions, in the memory of one process.
 *
 *  - A ring never waits: full and empty are answers. The fastest way from thread to thread. It is
 *    never closed: who has to see an end sends one, or takes a channel.
 *  - A channel is a ring whose ends wait: with time-outs, in batches, or in an event loop.
 *  - Partitions are several rings as one queue, in which elements of one key keep their order.
 *
 *  All hold elements of one size, which is set when they are made and copied in and out, or
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
 *    ringmill_last_message() ends with the next call that fails in the same thread.
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
   * This platform has no such thing.
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
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum ringmill_status ringmill_status;
#else
typedef uint32_t ringmill_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A bounded channel of elements of one size, for any number of senders and receivers.
 */
typedef struct ringmill_channel ringmill_channel;

/**
 * A reading end of partitions: of all, of some, or of those that a group has dealt to it.
 *
 * Used by one thread at a time: another one gets RINGMILL_STATUS_BUSY, also while the first waits.
 */
typedef struct ringmill_consumer ringmill_consumer;

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
