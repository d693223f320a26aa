/** Queues of other libraries, as competitors. */
#ifndef RINGMILL_BENCH_PEERS_HPP
#define RINGMILL_BENCH_PEERS_HPP

#include <vector>

#include "../harness/run.h"

namespace bench {

/** One producer, one consumer; messages of 8 bytes. */
std::vector<bench_competitor> spsc_single();
/** The same in batches. */
std::vector<bench_competitor> spsc_batch();
/** Any number on both sides; messages of 8 bytes. */
std::vector<bench_competitor> mpmc_single();
/** The same in batches. */
std::vector<bench_competitor> mpmc_batch();

/** Queues that are not bounded, which is another trade; single and in batches. */
std::vector<bench_competitor> unbounded_single();
std::vector<bench_competitor> unbounded_batch();

/** DPDK's ring, one per shape: compiled apart, since its headers want flags of their own. Empty if it is not here. */
std::vector<bench_competitor> dpdk_spsc_single();
std::vector<bench_competitor> dpdk_spsc_batch();
std::vector<bench_competitor> dpdk_mpmc_single();
std::vector<bench_competitor> dpdk_mpmc_batch();

} // namespace bench

#endif
