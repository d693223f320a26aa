// DPDK's ring in memory of our own: no hugepages, no initialised environment.
#ifdef RINGMILL_BENCH_DPDK

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <cstdlib>

#include "../harness/loops.hpp"
#include "peers.hpp"

namespace bench {
namespace {

using Word = Message<1>;

template <bool Spsc> struct Dpdk {
    rte_ring *ring;
    Dpdk(size_t, size_t) {
        const ssize_t size = rte_ring_get_memsize_elem(sizeof(Word), BENCH_CAPACITY);
        const size_t rounded = (static_cast<size_t>(size) + 127) / 128 * 128;
        ring = static_cast<rte_ring *>(std::aligned_alloc(128, rounded));
        if (ring == nullptr ||
            rte_ring_init(ring, "bench", BENCH_CAPACITY, Spsc ? RING_F_SP_ENQ | RING_F_SC_DEQ : 0) != 0) {
            std::abort();
        }
    }
    ~Dpdk() { std::free(ring); }
    Dpdk(const Dpdk &) = delete;
    struct Tx {
        rte_ring *ring;
        explicit Tx(Dpdk &p) : ring(p.ring) {}
        size_t push(const Word *values, size_t n) {
            return Spsc ? rte_ring_sp_enqueue_burst_elem(ring, values, sizeof(Word), static_cast<unsigned>(n), nullptr)
                        : rte_ring_mp_enqueue_burst_elem(ring, values, sizeof(Word), static_cast<unsigned>(n), nullptr);
        }
    };
    struct Rx {
        rte_ring *ring;
        explicit Rx(Dpdk &p) : ring(p.ring) {}
        size_t pop(Word *out, size_t n) {
            return Spsc ? rte_ring_sc_dequeue_burst_elem(ring, out, sizeof(Word), static_cast<unsigned>(n), nullptr)
                        : rte_ring_mc_dequeue_burst_elem(ring, out, sizeof(Word), static_cast<unsigned>(n), nullptr);
        }
    };
};

} // namespace

std::vector<bench_competitor> dpdk_spsc_single() { return {competitor<Dpdk<true>, Word, 1>("rte_ring sp/sc")}; }
std::vector<bench_competitor> dpdk_spsc_batch() {
    return {competitor<Dpdk<true>, Word, BENCH_BATCH>("rte_ring sp/sc")};
}
std::vector<bench_competitor> dpdk_mpmc_single() { return {competitor<Dpdk<false>, Word, 1>("rte_ring mp/mc")}; }
std::vector<bench_competitor> dpdk_mpmc_batch() {
    return {competitor<Dpdk<false>, Word, BENCH_BATCH>("rte_ring mp/mc")};
}

} // namespace bench

#else

#include "peers.hpp"

namespace bench {

std::vector<bench_competitor> dpdk_spsc_single() { return {}; }
std::vector<bench_competitor> dpdk_spsc_batch() { return {}; }
std::vector<bench_competitor> dpdk_mpmc_single() { return {}; }
std::vector<bench_competitor> dpdk_mpmc_batch() { return {}; }

} // namespace bench

#endif
