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
