/** The line all threads of a run start from, and what ends it. */
#ifndef RINGMILL_BENCH_GATE_HPP
#define RINGMILL_BENCH_GATE_HPP

#include <atomic>
#include <chrono>
#include <thread>

#include "run.h"

using bench_clock = std::chrono::steady_clock;

struct bench_gate {
    bench_gate(size_t threads, size_t producers) : missing(threads), producing(producers) {}

    /** Waits until all threads are here; the last one starts the clock. */
    void arrive() {
        if (missing.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            start = bench_clock::now();
            open.store(true, std::memory_order_release);
        }
        for (unsigned spins = 0; !open.load(std::memory_order_acquire) && !off.load(std::memory_order_relaxed);
             spins++) {
            if (spins % 64 == 63) {
                std::this_thread::yield();
            }
        }
    }

    bench_clock::time_point start;
    alignas(128) std::atomic<size_t> missing;
    alignas(128) std::atomic<bool> open{false};
    alignas(128) std::atomic<size_t> producing;
    alignas(128) std::atomic<bool> off{false};
};

#endif
