/** The loops around a queue, for every peer that C++ can see.
 *
 *  A peer is a class with `Peer(producers, consumers)`, and in it `Tx` and `Rx`, the ends of one thread, made from
 *  the peer: `Tx::push(const T *, size_t n)` and `Rx::pop(T *, size_t n)` return how many were moved.
 */
#ifndef RINGMILL_BENCH_LOOPS_HPP
#define RINGMILL_BENCH_LOOPS_HPP

#include <algorithm>
#include <array>
#include <new>

#include "run.h"

namespace bench {

/** A message: one number, repeated. */
template <size_t Words> struct Message { uint64_t words[Words]; };

template <class T> void make(T &message, uint64_t number) {
    for (uint64_t &word : message.words) {
        word = number;
    }
}

template <bool Check, class T> void note(bench_received &received, uint64_t *next, const T &message) {
    received.count++;
    for (uint64_t word : message.words) {
        received.sum += word;
    }
    if constexpr (Check) {
        uint64_t &expected = next[message.words[0] >> BENCH_PRODUCER_SHIFT];
        received.disorder += message.words[0] < expected;
        expected = message.words[0] + 1;
    }
}

template <class Peer, class T, size_t Batch>
__attribute__((noinline)) void produce(Peer &queue, uint64_t producer, uint64_t count, bench_gate *gate) {
    typename Peer::Tx tx(queue);
    std::array<T, Batch> batch = {};
    uint64_t number = producer << BENCH_PRODUCER_SHIFT;
    const uint64_t end = number + count;
    while (number < end) {
        const size_t n = std::min<uint64_t>(Batch, end - number);
        for (size_t i = 0; i < n; i++) {
            make(batch[i], number + i);
        }
        size_t pushed = tx.push(batch.data(), n);
        for (unsigned step = 0; pushed == 0; step++) {
            if (!bench_wait(gate, step)) {
                return;
            }
            pushed = tx.push(batch.data(), n);
        }
        number += pushed;
    }
}

template <bool Check, class Peer, class T, size_t Batch>
__attribute__((noinline)) bench_received consume(Peer &queue, bench_gate *gate) {
    typename Peer::Rx rx(queue);
    std::array<T, Batch> batch = {};
    bench_received received = {};
    uint64_t next[BENCH_PRODUCERS] = {};
    for (bool over = false;;) {
        size_t popped = rx.pop(batch.data(), Batch);
        for (unsigned step = 0; popped == 0; step++) {
            if (over) {
                return received;
            }
            // One more look decides: an empty queue stays empty.
            over = bench_production_is_over(gate);
            if (!over && !bench_wait(gate, step)) {
                return received;
            }
            popped = rx.pop(batch.data(), Batch);
        }
        for (size_t i = 0; i < popped; i++) {
            note<Check>(received, next, batch[i]);
        }
    }
}

template <class Peer, class T, size_t Batch> bench_received solo(Peer &queue, uint64_t count) {
    typename Peer::Tx tx(queue);
    typename Peer::Rx rx(queue);
    std::array<T, Batch> batch = {};
    bench_received received = {};
    for (uint64_t number = 0; number < count;) {
        const size_t n = std::min<uint64_t>(Batch, count - number);
        for (size_t i = 0; i < n; i++) {
            make(batch[i], number + i);
        }
        number += tx.push(batch.data(), n);
        const size_t popped = rx.pop(batch.data(), n);
        for (size_t i = 0; i < popped; i++) {
            note<false>(received, nullptr, batch[i]);
        }
    }
    return received;
}

/** The loops of `Peer` with messages `T`, up to `Batch` at a time. */
template <class Peer, class T, size_t Batch> bench_competitor competitor(const char *name) {
    bench_competitor c = {};
    c.name = name;
    c.open = [](size_t producers, size_t consumers) -> void * { return new Peer(producers, consumers); };
    c.close = [](void *queue) { delete static_cast<Peer *>(queue); };
    c.produce = [](void *queue, uint64_t producer, uint64_t count, bench_gate *gate) {
        produce<Peer, T, Batch>(*static_cast<Peer *>(queue), producer, count, gate);
    };
    c.consume = [](void *queue, bool check, bench_gate *gate) {
        Peer &peer = *static_cast<Peer *>(queue);
        return check ? consume<true, Peer, T, Batch>(peer, gate) : consume<false, Peer, T, Batch>(peer, gate);
    };
    c.solo = [](void *queue, uint64_t count) { return solo<Peer, T, Batch>(*static_cast<Peer *>(queue), count); };
    return c;
}

} // namespace bench

#endif
