#include <atomic_queue/atomic_queue.h>
#include <boost/lockfree/queue.hpp>
#include <concurrentqueue/concurrentqueue.h>
#include <tbb/concurrent_queue.h>

#include "../harness/loops.hpp"
#include "ck.hpp"
#include "peers.hpp"

namespace bench {
namespace {

using Word = Message<1>;

/** Ends that try once for each message of a batch, through `peer.push(value)` and `peer.pop(value)`. */
template <class Peer> struct TxOneByOne {
    Peer &peer;
    explicit TxOneByOne(Peer &p) : peer(p) {}
    size_t push(const Word *values, size_t n) {
        size_t done = 0;
        while (done < n && peer.push(values[done])) {
            done++;
        }
        return done;
    }
};
template <class Peer> struct RxOneByOne {
    Peer &peer;
    explicit RxOneByOne(Peer &p) : peer(p) {}
    size_t pop(Word *out, size_t n) {
        size_t done = 0;
        while (done < n && peer.pop(out[done])) {
            done++;
        }
        return done;
    }
};

/** Not bounded: it takes what memory there is. Its `try_` calls, which take only what was allocated at the start, stop
 *  for ever with two producers, once one of them holds all free blocks. */
struct Moodycamel {
    moodycamel::ConcurrentQueue<Word> queue;
    Moodycamel(size_t producers, size_t) : queue(BENCH_CAPACITY, producers == 0 ? 1 : producers, 0) {}
    struct Tx {
        moodycamel::ConcurrentQueue<Word> &queue;
        moodycamel::ProducerToken token;
        explicit Tx(Moodycamel &p) : queue(p.queue), token(p.queue) {}
        size_t push(const Word *values, size_t n) {
            if (n == 1) {
                return queue.enqueue(token, *values);
            }
            return queue.enqueue_bulk(token, values, n) ? n : 0;
        }
    };
    struct Rx {
        moodycamel::ConcurrentQueue<Word> &queue;
        moodycamel::ConsumerToken token;
        explicit Rx(Moodycamel &p) : queue(p.queue), token(p.queue) {}
        size_t pop(Word *out, size_t n) {
            return n == 1 ? queue.try_dequeue(token, *out) : queue.try_dequeue_bulk(token, out, n);
        }
    };
};

struct Boost {
    boost::lockfree::queue<Word, boost::lockfree::capacity<BENCH_CAPACITY>> queue;
    Boost(size_t, size_t) {}
    bool push(const Word &value) { return queue.push(value); }
    bool pop(Word &value) { return queue.pop(value); }
    using Tx = TxOneByOne<Boost>;
    using Rx = RxOneByOne<Boost>;
};

struct Tbb {
    tbb::concurrent_bounded_queue<Word> queue;
    Tbb(size_t, size_t) { queue.set_capacity(BENCH_CAPACITY); }
    bool push(const Word &value) { return queue.try_push(value); }
    bool pop(Word &value) { return queue.try_pop(value); }
    using Tx = TxOneByOne<Tbb>;
    using Rx = RxOneByOne<Tbb>;
};

struct Atomic {
    atomic_queue::AtomicQueue2<Word, BENCH_CAPACITY> queue;
    Atomic(size_t, size_t) {}
    bool push(const Word &value) { return queue.try_push(Word(value)); }
    bool pop(Word &value) { return queue.try_pop(value); }
    using Tx = TxOneByOne<Atomic>;
    using Rx = RxOneByOne<Atomic>;
};

template <size_t Batch> std::vector<bench_competitor> all() {
    return {
        competitor<Boost, Word, Batch>("boost queue"),
        competitor<Tbb, Word, Batch>("tbb bounded queue"),
        competitor<Atomic, Word, Batch>("atomic_queue 2"),
        competitor<Ck<false>, Word, Batch>("ck_ring mpmc"),
    };
}

} // namespace

std::vector<bench_competitor> unbounded_single() {
    return {competitor<Moodycamel, Word, 1>("moodycamel tokens (unbounded)")};
}
std::vector<bench_competitor> unbounded_batch() {
    return {competitor<Moodycamel, Word, BENCH_BATCH>("moodycamel tokens (unbounded)")};
}
std::vector<bench_competitor> mpmc_single() { return all<1>(); }
std::vector<bench_competitor> mpmc_batch() { return all<BENCH_BATCH>(); }

} // namespace bench
