/** Concurrency Kit's ring of pointers, 8 bytes each. */
#ifndef RINGMILL_BENCH_CK_HPP
#define RINGMILL_BENCH_CK_HPP

#include <cstring>
#include <memory>

// The header returns `false` where a pointer is due, which C takes and C++ does not; a 0 suits both.
#define false 0
extern "C" {
#include <ck_ring.h>
}
#undef false

#include "../harness/loops.hpp"

namespace bench {

template <bool Spsc> struct Ck {
    ck_ring_t ring;
    std::unique_ptr<ck_ring_buffer_t[]> buffer{new ck_ring_buffer_t[BENCH_CAPACITY]};
    Ck(size_t, size_t) { ck_ring_init(&ring, BENCH_CAPACITY); }
    struct Tx {
        Ck &peer;
        explicit Tx(Ck &p) : peer(p) {}
        size_t push(const Message<1> *values, size_t n) {
            for (size_t done = 0; done < n; done++) {
                void *value;
                std::memcpy(&value, &values[done], sizeof value);
                const bool pushed = Spsc ? ck_ring_enqueue_spsc(&peer.ring, peer.buffer.get(), value)
                                         : ck_ring_enqueue_mpmc(&peer.ring, peer.buffer.get(), value);
                if (!pushed) {
                    return done;
                }
            }
            return n;
        }
    };
    struct Rx {
        Ck &peer;
        explicit Rx(Ck &p) : peer(p) {}
        size_t pop(Message<1> *out, size_t n) {
            for (size_t done = 0; done < n; done++) {
                void *value;
                const bool popped = Spsc ? ck_ring_dequeue_spsc(&peer.ring, peer.buffer.get(), &value)
                                         : ck_ring_dequeue_mpmc(&peer.ring, peer.buffer.get(), &value);
                if (!popped) {
                    return done;
                }
                std::memcpy(&out[done], &value, sizeof value);
            }
            return n;
        }
    };
};

} // namespace bench

#endif
