/** Rows of a comparison, and how they are measured.
 *
 *  In a round every competitor of a row runs once, in turn, starting with another one each time. A set is some rounds
 *  with a gauge before and after; if the machine was slow then, the whole set is dropped for everyone and another one
 *  is run.
 */
#ifndef RINGMILL_BENCH_CONTEST_HPP
#define RINGMILL_BENCH_CONTEST_HPP

#include <string>
#include <vector>

#include "run.hpp"

namespace bench {

/** A workload and who competes in it: the first of `ours` is judged against the fastest of `peers`; `beside` are
 *  printed, never judged. */
struct Row {
    std::string name;
    std::string title;
    Workload workload;
    /** What the ratio may be; 0 for no bar. */
    double bar;
    /** In single calls: or this many nanoseconds more than the best peer; 0 for none. */
    double or_more_ns;
    std::vector<bench_competitor> ours;
    std::vector<bench_competitor> peers;
    std::vector<bench_competitor> beside = {};

    /** In the order of the figures in a round. */
    std::vector<const bench_competitor *> all() const;
    void remove(size_t at);
};

/** How much to measure. */
struct Plan {
    size_t sets = 3;
    size_t rounds = 12;
    double run_ms = 8;
    double gauge_limit = 150;
    /** Seconds to wait, in all, for a slow machine to recover before a set. */
    double patience = 120;
    /** Sets to try at most, for each that is to be kept. */
    size_t tries = 4;
};

/** Some rounds: `rounds[r][c]`, nanoseconds per message of competitor `c`, ours first. */
struct Set {
    double before;
    double after;
    bool kept;
    std::vector<std::vector<double>> rounds;
};

/** A row that was measured. */
struct Contest {
    Row row;
    std::vector<Set> sets;
    /** Who was left out, and why. */
    std::vector<std::pair<std::string, std::string>> faults;
    /** The last figure of each competitor, to choose the length of its next run. */
    std::vector<double> pace;

    size_t kept() const;
    /** The rounds that count: of kept sets, or of all if none was kept. */
    std::vector<std::vector<double>> counted() const;
};

/** Checks all competitors, order included, then measures row by row, one set of each in turn. */
std::vector<Contest> measure(const std::vector<Row> &rows, Plan plan);

} // namespace bench

#endif
