// Ringmill through its C interface: beside itself from Rust, or beside queues in C and C++.
//
// Prints JSON: `run.sh` builds this program, runs it for both comparisons and makes the tables.

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "harness/contest.hpp"
#include "harness/report.hpp"
#include "ours/ours.h"
#include "peers/peers.hpp"

namespace {

using bench::Row;
using bench::Workload;
using Competitors = std::vector<bench_competitor>;

constexpr Workload SOLO = {0, 0, 1};

std::string text(bool spsc, size_t words, size_t batch, const char *threads) {
    return std::string(spsc ? "SPSC" : "MPMC") + threads + ", " + std::to_string(words * 8) + " bytes" +
           (batch > 1 ? ", batches of 32" : "");
}

/** The C interface against Rust: what does the boundary cost? */
std::vector<Row> against_rust() {
    std::vector<Row> rows;
    for (bool solo : {true, false}) {
        for (bool spsc : {true, false}) {
            for (size_t batch : {size_t(1), size_t(BENCH_BATCH)}) {
                for (size_t words : {size_t(1), size_t(8)}) {
                    const std::string name = std::string(spsc ? "spsc" : "mpmc") + (solo ? "-solo" : "-1p1c") +
                                             (batch > 1 ? "-batch32" : "") + "-" + std::to_string(words * 8);
                    Workload workload = solo ? SOLO : Workload{1, 1, words};
                    workload.words = words;
                    const bool single = batch == 1;
                    // 3 ns a call: one thread that pushes and pops calls twice for each message.
                    const double or_more_ns = solo ? 6 : 3;
                    rows.push_back({name,
                                    text(spsc, words, batch, solo ? ", one thread" : ", 1P1C"),
                                    workload,
                                    single ? 1.5 : 1.1,
                                    single ? or_more_ns : 0,
                                    {bench_c(spsc, words, batch), bench_c_in_place(spsc, words, batch),
                                     bench_cpp(spsc, words, batch)},
                                    {bench_rust(spsc, words, batch)}});
                }
            }
        }
    }
    return rows;
}

Competitors joined(Competitors first, const Competitors &second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/** The C interface among queues in C and C++. */
std::vector<Row> among_peers() {
    const auto ours = [](bool spsc, size_t batch) {
        return Competitors{bench_c(spsc, 1, batch), bench_c_in_place(spsc, 1, batch), bench_cpp(spsc, 1, batch)};
    };
    const Competitors spsc = joined(bench::spsc_single(), bench::dpdk_spsc_single());
    const Competitors spsc_batch = joined(bench::spsc_batch(), bench::dpdk_spsc_batch());
    const Competitors mpmc = joined(bench::mpmc_single(), bench::dpdk_mpmc_single());
    const Competitors mpmc_batch = joined(bench::mpmc_batch(), bench::dpdk_mpmc_batch());
    return {
        {"c-spsc", "SPSC, from C", {1, 1, 1}, 1.2, 0, ours(true, 1), spsc},
        {"c-spsc-batch32", "SPSC, from C, batches of 32", {1, 1, 1}, 1.05, 0, ours(true, BENCH_BATCH), spsc_batch},
        {"c-mpmc-1p1c", "MPMC 1P1C, from C", {1, 1, 1}, 1.2, 0, ours(false, 1), mpmc, bench::unbounded_single()},
        {"c-mpmc-1p1c-batch32",
         "MPMC 1P1C, from C, batches of 32",
         {1, 1, 1},
         1.05,
         0,
         ours(false, BENCH_BATCH),
         mpmc_batch,
         bench::unbounded_batch()},
        {"c-mpmc-2p2c", "MPMC 2P2C, from C", {2, 2, 1}, 1.2, 0, ours(false, 1), mpmc, bench::unbounded_single()},
        {"c-mpmc-2p2c-batch32",
         "MPMC 2P2C, from C, batches of 32",
         {2, 2, 1},
         1.05,
         0,
         ours(false, BENCH_BATCH),
         mpmc_batch,
         bench::unbounded_batch()},
    };
}

/** "name=version,name=version", as `run.sh` finds them. */
std::vector<std::pair<std::string, std::string>> versions(const std::string &list) {
    std::vector<std::pair<std::string, std::string>> found;
    for (size_t at = 0; at < list.size();) {
        const size_t end = std::min(list.find(',', at), list.size());
        const size_t middle = std::min(list.find('=', at), end);
        found.emplace_back(list.substr(at, middle - at), middle < end ? list.substr(middle + 1, end - middle - 1) : "");
        at = end + 1;
    }
    return found;
}

constexpr const char *HELP =
    "compare rust|peers [--row NAME] [--sets N] [--rounds N] [--run-ms N] [--gauge-limit NS]\n"
    "        [--patience S] [--tries N] [--command TEXT] [--compilers TEXT] [--peers NAME=VERSION,...]\n";

} // namespace

int main(int argc, char **argv) {
    if (argc < 2 || argc % 2 != 0 || (std::strcmp(argv[1], "rust") != 0 && std::strcmp(argv[1], "peers") != 0)) {
        std::fputs(HELP, stderr);
        return 2;
    }
    const bool rust = std::strcmp(argv[1], "rust") == 0;
    bench::Plan plan;
    bench::Circumstances circumstances = {rust ? "c-against-rust" : "c-peers", "", "", {}, 0, rust ? 0U : 8U};
    std::string wanted;
    for (int i = 2; i + 1 < argc; i += 2) {
        const std::string option = argv[i];
        const char *value = argv[i + 1];
        if (option == "--row") {
            wanted = value;
        } else if (option == "--sets") {
            plan.sets = std::strtoul(value, nullptr, 10);
        } else if (option == "--rounds") {
            plan.rounds = std::strtoul(value, nullptr, 10);
        } else if (option == "--run-ms") {
            plan.run_ms = std::strtod(value, nullptr);
        } else if (option == "--gauge-limit") {
            plan.gauge_limit = std::strtod(value, nullptr);
        } else if (option == "--patience") {
            plan.patience = std::strtod(value, nullptr);
        } else if (option == "--tries") {
            plan.tries = std::strtoul(value, nullptr, 10);
        } else if (option == "--command") {
            circumstances.command = value;
        } else if (option == "--compilers") {
            circumstances.compilers = value;
        } else if (option == "--peers") {
            circumstances.peers = versions(value);
        } else {
            std::fputs(HELP, stderr);
            return 2;
        }
    }
    circumstances.gauge_limit = plan.gauge_limit;
    std::vector<Row> rows;
    for (const Row &row : rust ? against_rust() : among_peers()) {
        if (row.name.find(wanted) != std::string::npos) {
            rows.push_back(row);
        }
    }
    std::fprintf(stderr, "%s; gauge %.1f ns\n", bench::placing().c_str(), bench::gauge());
    std::fputs(bench::json(circumstances, bench::measure(rows, plan)).c_str(), stdout);
    return 0;
}
