/** What a loop under measurement needs from the harness, in C, so that loops in C, C++ and Rust run under the same.
 *
 *  A competitor is a table of functions, a loop each: the harness calls a loop once per thread and run, and whatever
 *  is measured is inside, compiled as its language compiles it. A message is made of equal 64-bit words, 1 or 8 of
 *  them; consumers add up every word.
 */
#ifndef RINGMILL_BENCH_RUN_H
#define RINGMILL_BENCH_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Slots of every queue. */
#define BENCH_CAPACITY 1024
/** Messages in a batch. */
#define BENCH_BATCH 32
/** The producer's number stands above this bit, the message's below it. */
#define BENCH_PRODUCER_SHIFT 48
/** Producers at most. */
#define BENCH_PRODUCERS 8

/** What the threads of one run share: the start, the end of production, and the emergency stop. */
typedef struct bench_gate bench_gate;

/** What a consumer has seen. */
typedef struct bench_received {
    uint64_t count;
    uint64_t sum;
    /** Messages that came before an earlier one of the same producer. */
    uint64_t disorder;
} bench_received;

/** One competitor: a queue, the size of its messages and of its batches. */
typedef struct bench_competitor {
    const char *name;
    /** Makes an empty queue; NULL if it cannot. */
    void *(*open)(size_t producers, size_t consumers);
    void (*close)(void *queue);
    /** Pushes `count` messages of a producer; its own end of the queue is made inside. */
    void (*produce)(void *queue, uint64_t producer, uint64_t count, bench_gate *gate);
    /** Pops until production is over and the queue is empty. */
    bench_received (*consume)(void *queue, bool check_order, bench_gate *gate);
    /** On one thread: pushes a batch, pops it, until `count` are through. */
    bench_received (*solo)(void *queue, uint64_t count);
} bench_competitor;

/** Waits a little because the queue is full or empty, longer with each `step`: 1, 2, 4, 8, 16, 32 pauses, then yields.
 *  False once the run was called off. */
bool bench_wait(bench_gate *gate, unsigned step);
/** Whether all producers have finished: an empty queue stays empty. */
bool bench_production_is_over(const bench_gate *gate);

#ifdef __cplusplus
}
#endif

#endif
