/** Results as the JSON that `compare --from` of `ringmill-benches` makes tables and pictures of. */
#ifndef RINGMILL_BENCH_REPORT_HPP
#define RINGMILL_BENCH_REPORT_HPP

#include <string>
#include <vector>

#include "contest.hpp"

namespace bench {

/** What the figures were measured on and with. */
struct Circumstances {
    std::string suite;
    /** The command that measures the same. */
    std::string command;
    /** Compilers of both sides. */
    std::string compilers;
    /** Peers and their versions. */
    std::vector<std::pair<std::string, std::string>> peers;
    double gauge_limit;
    /** Bytes of every message; 0 if the rows differ in it. */
    size_t payload_bytes;
};

std::string json(const Circumstances &circumstances, const std::vector<Contest> &contests);

} // namespace bench

#endif
