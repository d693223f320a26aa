/* Ringmill through its C interface, by copy and in place. The loops are written once, with the size of messages and
 * batches as arguments, and compiled for each combination. */
#include "ours.h"

#include <ringmill.h>
#include <stdio.h>

#define INLINE static inline __attribute__((always_inline))
#define WORDS_MAX 8

static void *open_ring(uint32_t kind, size_t words) {
    ringmill_ring_options options;
    ringmill_ring *ring = NULL;
    if (ringmill_ring_options_init(sizeof options, &options) != RINGMILL_STATUS_OK) {
        return NULL;
    }
    options.elem_size = words * sizeof(uint64_t);
    options.capacity = BENCH_CAPACITY;
    options.kind = kind;
    if (ringmill_ring_new(&options, &ring) != RINGMILL_STATUS_OK) {
        fprintf(stderr, "%s\n", ringmill_last_message());
    }
    return ring;
}

static void close_ring(void *ring) { ringmill_ring_free(ring); }

INLINE void make(uint64_t *message, size_t words, uint64_t number) {
    for (size_t i = 0; i < words; i++) {
        message[i] = number;
    }
}

INLINE void note(bench_received *received, uint64_t *next, bool check, const uint64_t *message, size_t words) {
    received->count++;
    for (size_t i = 0; i < words; i++) {
        received->sum += message[i];
    }
    if (check) {
        uint64_t *expected = &next[message[0] >> BENCH_PRODUCER_SHIFT];
        received->disorder += message[0] < *expected;
        *expected = message[0] + 1;
    }
}

/* Makes and pushes up to n messages; how many were pushed. */
INLINE size_t push(ringmill_ring *ring, uint64_t *batch, size_t n, size_t words, size_t most, bool in_place,
                   uint64_t number) {
    if (in_place) {
        ringmill_room room;
        if (ringmill_ring_reserve(ring, n, &room) != RINGMILL_STATUS_OK) {
            return 0;
        }
        const size_t fit = room.first_count + room.second_count;
        for (size_t i = 0; i < fit; i++) {
            make(ringmill_room_at(&room, i), words, number + i);
        }
        return ringmill_ring_commit(ring, &room, fit) == RINGMILL_STATUS_OK ? fit : 0;
    }
    for (size_t i = 0; i < n; i++) {
        make(batch + i * words, words, number + i);
    }
    if (most == 1) {
        return ringmill_ring_push(ring, batch) == RINGMILL_STATUS_OK;
    }
    size_t pushed;
    return ringmill_ring_push_burst(ring, batch, n, &pushed) == RINGMILL_STATUS_OK ? pushed : 0;
}

/* Pops up to `most` messages and notes them; how many these were. */
INLINE size_t pop(ringmill_ring *ring, uint64_t *batch, size_t words, size_t most, bool in_place, bool check,
                  bench_received *received, uint64_t *next) {
    size_t popped = 0;
    if (in_place) {
        ringmill_view view;
        if (ringmill_ring_peek(ring, most, &view) != RINGMILL_STATUS_OK) {
            return 0;
        }
        popped = view.first_count + view.second_count;
        for (size_t i = 0; i < popped; i++) {
            note(received, next, check, ringmill_view_at(&view, i), words);
        }
        return ringmill_ring_release(ring, &view, popped) == RINGMILL_STATUS_OK ? popped : 0;
    }
    if (most == 1) {
        popped = ringmill_ring_pop(ring, batch) == RINGMILL_STATUS_OK;
    } else if (ringmill_ring_pop_burst(ring, most, batch, &popped) != RINGMILL_STATUS_OK) {
        popped = 0;
    }
    for (size_t i = 0; i < popped; i++) {
        note(received, next, check, batch + i * words, words);
    }
    return popped;
}

INLINE void produce(ringmill_ring *ring, uint64_t producer, uint64_t count, bench_gate *gate, size_t words, size_t most,
                    bool in_place) {
    uint64_t batch[BENCH_BATCH * WORDS_MAX];
    uint64_t number = producer << BENCH_PRODUCER_SHIFT;
    const uint64_t end = number + count;
    while (number < end) {
        const size_t n = end - number < most ? end - number : most;
        size_t pushed = push(ring, batch, n, words, most, in_place, number);
        for (unsigned step = 0; pushed == 0; step++) {
            if (!bench_wait(gate, step)) {
                return;
            }
            pushed = push(ring, batch, n, words, most, in_place, number);
        }
        number += pushed;
    }
}

INLINE bench_received consume(ringmill_ring *ring, bool check, bench_gate *gate, size_t words, size_t most,
                              bool in_place) {
    uint64_t batch[BENCH_BATCH * WORDS_MAX];
    bench_received received = {0, 0, 0};
    uint64_t next[BENCH_PRODUCERS] = {0};
    for (bool over = false;;) {
        for (unsigned step = 0; pop(ring, batch, words, most, in_place, check, &received, next) == 0; step++) {
            if (over) {
                return received;
            }
            /* One more look decides: an empty queue stays empty. */
            over = bench_production_is_over(gate);
            if (!over && !bench_wait(gate, step)) {
                return received;
            }
        }
    }
}

INLINE bench_received solo(ringmill_ring *ring, uint64_t count, size_t words, size_t most, bool in_place) {
    uint64_t batch[BENCH_BATCH * WORDS_MAX];
    bench_received received = {0, 0, 0};
    for (uint64_t number = 0; number < count;) {
        const size_t n = count - number < most ? count - number : most;
        number += push(ring, batch, n, words, most, in_place, number);
        pop(ring, batch, words, n < most ? n : most, in_place, false, &received, NULL);
    }
    return received;
}

#define COMPETITOR(name, words, most, in_place)                                                                        \
    static void produce_##name(void *ring, uint64_t producer, uint64_t count, bench_gate *gate) {                      \
        produce(ring, producer, count, gate, words, most, in_place);                                                   \
    }                                                                                                                  \
    static bench_received consume_##name(void *ring, bool check, bench_gate *gate) {                                   \
        return check ? consume(ring, true, gate, words, most, in_place)                                                \
                     : consume(ring, false, gate, words, most, in_place);                                              \
    }                                                                                                                  \
    static bench_received solo_##name(void *ring, uint64_t count) { return solo(ring, count, words, most, in_place); }

COMPETITOR(single_8, 1, 1, false)
COMPETITOR(single_64, 8, 1, false)
COMPETITOR(batch_8, 1, BENCH_BATCH, false)
COMPETITOR(batch_64, 8, BENCH_BATCH, false)
COMPETITOR(in_place_single_8, 1, 1, true)
COMPETITOR(in_place_single_64, 8, 1, true)
COMPETITOR(in_place_batch_8, 1, BENCH_BATCH, true)
COMPETITOR(in_place_batch_64, 8, BENCH_BATCH, true)

#define OPENER(name, kind, words)                                                                                      \
    static void *open_##name(size_t producers, size_t consumers) {                                                     \
        (void)producers;                                                                                               \
        (void)consumers;                                                                                               \
        return open_ring(kind, words);                                                                                 \
    }

OPENER(spsc_8, RINGMILL_RING_KIND_SPSC, 1)
OPENER(spsc_64, RINGMILL_RING_KIND_SPSC, 8)
OPENER(mpmc_8, RINGMILL_RING_KIND_MPMC, 1)
OPENER(mpmc_64, RINGMILL_RING_KIND_MPMC, 8)

static bench_competitor with_ring(bench_competitor competitor, bool spsc, size_t words) {
    competitor.open = spsc ? (words == 1 ? open_spsc_8 : open_spsc_64) : (words == 1 ? open_mpmc_8 : open_mpmc_64);
    competitor.close = close_ring;
    return competitor;
}

#define LOOPS(name, loops)                                                                                             \
    { name, NULL, NULL, produce_##loops, consume_##loops, solo_##loops }

bench_competitor bench_c(bool spsc, size_t words, size_t batch) {
    static const bench_competitor all[2][2] = {{LOOPS("C", single_8), LOOPS("C", single_64)},
                                               {LOOPS("C", batch_8), LOOPS("C", batch_64)}};
    return with_ring(all[batch > 1][words > 1], spsc, words);
}

bench_competitor bench_c_in_place(bool spsc, size_t words, size_t batch) {
    static const bench_competitor all[2][2] = {
        {LOOPS("C, in place", in_place_single_8), LOOPS("C, in place", in_place_single_64)},
        {LOOPS("C, in place", in_place_batch_8), LOOPS("C, in place", in_place_batch_64)}};
    return with_ring(all[batch > 1][words > 1], spsc, words);
}
