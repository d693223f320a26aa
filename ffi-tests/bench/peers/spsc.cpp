#include <atomic_queue/atomic_queue.h>
#include <boost/lockfree/spsc_queue.hpp>
#include <readerwriterqueue/readerwritercircularbuffer.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include "../harness/loops.hpp"
#include "ck.hpp"
#include "peers.hpp"

namespace bench {
namespace {

using Word = Message<1>;

struct Boost {
    boost::lockfree::spsc_queue<Word, boost::lockfree::capacity<BENCH_CAPACITY>> queue;
    Boost(size_t, size_t) {}
    struct Tx {
        Boost &peer;
        explicit Tx(Boost &p) : peer(p) {}
        size_t push(const Word *values, size_t n) {
            return n == 1 ? peer.queue.push(*values) : peer.queue.push(values, n);
        }
    };
    struct Rx {
        Boost &peer;
        explicit Rx(Boost &p) : peer(p) {}
        size_t pop(Word *out, size_t n) { return n == 1 ? peer.queue.pop(*out) : peer.queue.pop(out, n); }
    };
};

/** A queue with one call per message: a batch is so many calls. */
template <class Queue> struct OneByOne {
    Queue queue{BENCH_CAPACITY};
    OneByOne(size_t, size_t) {}
    struct Tx {
        Queue &queue;
        explicit Tx(OneByOne &p) : queue(p.queue) {}
        size_t push(const Word *values, size_t n) {
            size_t done = 0;
            while (done < n && queue.try_enqueue(values[done])) {
                done++;
            }
            return done;
        }
    };
    struct Rx {
        Queue &queue;
        explicit Rx(OneByOne &p) : queue(p.queue) {}
        size_t pop(Word *out, size_t n) {
            size_t done = 0;
            while (done < n && queue.try_dequeue(out[done])) {
                done++;
            }
            return done;
        }
    };
};

using ReaderWriter = OneByOne<moodycamel::ReaderWriterQueue<Word>>;
using CircularBuffer = OneByOne<moodycamel::BlockingReaderWriterCircularBuffer<Word>>;

struct Atomic {
    atomic_queue::AtomicQueue2<Word, BENCH_CAPACITY, false, true, false, true> queue;
    Atomic(size_t, size_t) {}
    struct Tx {
        Atomic &peer;
        explicit Tx(Atomic &p) : peer(p) {}
        size_t push(const Word *values, size_t n) {
            size_t done = 0;
            while (done < n && peer.queue.try_push(Word(values[done]))) {
                done++;
            }
            return done;
        }
    };
    struct Rx {
        Atomic &peer;
        explicit Rx(Atomic &p) : peer(p) {}
        size_t pop(Word *out, size_t n) {
            size_t done = 0;
            while (done < n && peer.queue.try_pop(out[done])) {
                done++;
            }
            return done;
        }
    };
};

template <size_t Batch> std::vector<bench_competitor> all() {
    return {
        competitor<Boost, Word, Batch>("boost spsc_queue"),
        competitor<ReaderWriter, Word, Batch>("moodycamel ReaderWriterQueue"),
        competitor<CircularBuffer, Word, Batch>("moodycamel circular buffer"),
        competitor<Atomic, Word, Batch>("atomic_queue spsc"),
        competitor<Ck<true>, Word, Batch>("ck_ring spsc"),
    };
}

} // namespace

std::vector<bench_competitor> spsc_single() { return all<1>(); }
std::vector<bench_competitor> spsc_batch() { return all<BENCH_BATCH>(); }

} // namespace bench
