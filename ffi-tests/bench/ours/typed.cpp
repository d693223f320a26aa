#include <ringmill.hpp>

#include "../harness/loops.hpp"
#include "ours.h"

namespace {

/** A ring of `ringmill.hpp` as a peer of the other C++ queues. */
template <class Queue, class T> struct Typed {
    Queue queue;
    Typed(size_t, size_t) : queue(Queue::make(BENCH_CAPACITY).or_throw()) {}
    struct Tx {
        Queue &queue;
        explicit Tx(Typed &p) : queue(p.queue) {}
        size_t push(const T *values, size_t n) {
            if (n == 1) {
                return queue.push(*values) == ringmill::Status::Ok;
            }
            return queue.push_burst({values, n}).value_or(0);
        }
    };
    struct Rx {
        Queue &queue;
        explicit Rx(Typed &p) : queue(p.queue) {}
        size_t pop(T *out, size_t n) {
            if (n == 1) {
                return queue.pop(*out) == ringmill::Status::Ok;
            }
            return queue.pop_burst({out, n}).value_or(0);
        }
    };
};

template <template <class> class Queue, size_t Words> bench_competitor of(size_t batch) {
    using T = bench::Message<Words>;
    using Peer = Typed<Queue<T>, T>;
    return batch > 1 ? bench::competitor<Peer, T, BENCH_BATCH>("C++") : bench::competitor<Peer, T, 1>("C++");
}

template <template <class> class Queue> bench_competitor of(size_t words, size_t batch) {
    return words == 1 ? of<Queue, 1>(batch) : of<Queue, 8>(batch);
}

} // namespace

bench_competitor bench_cpp(bool spsc, size_t words, size_t batch) {
    return spsc ? of<ringmill::SpscRing>(words, batch) : of<ringmill::Ring>(words, batch);
}
