/** One run of one competitor: threads, their places, the clock, and the judgement of what arrived. */
#ifndef RINGMILL_BENCH_RUN_HPP
#define RINGMILL_BENCH_RUN_HPP

#include <string>

#include "run.h"

namespace bench {

/** Threads, and the size of messages. No producers: one thread pushes and pops. */
struct Workload {
    size_t producers;
    size_t consumers;
    size_t words;

    bool is_solo() const { return producers == 0; }
    size_t threads() const { return is_solo() ? 1 : producers + consumers; }
};

/** How a run ended: nanoseconds per message, or what the competitor did wrong. */
struct Outcome {
    double ns;
    std::string fault;
};

/** Moves `messages` messages. */
Outcome run(const bench_competitor &competitor, const Workload &workload, uint64_t messages, bool check_order);

/** Round trip of a cache line between two cores, nanoseconds: how fast the machine is at this moment. */
double gauge();

/** How threads are placed on this machine, for the reader. */
std::string placing();

} // namespace bench

#endif
