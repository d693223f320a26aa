#include "contest.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "statistics.hpp"

namespace bench {
namespace {

constexpr uint64_t CHECKED = 20000;

/** Real-time threads must leave the system a little of each second, or it takes it in one piece. */
void rest() { usleep(1000); }

void expel(Contest &contest, size_t at, const std::string &why) {
    contest.faults.emplace_back(contest.row.all()[at]->name, why);
    contest.row.remove(at);
    contest.pace.erase(contest.pace.begin() + static_cast<std::ptrdiff_t>(at));
    for (Set &set : contest.sets) {
        for (std::vector<double> &round : set.rounds) {
            round.erase(round.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }
}

/** A run with order check, then a timed one. */
Contest checked(const Row &row) {
    Contest contest = {row, {}, {}, {}};
    contest.pace.assign(row.all().size(), 0);
    for (size_t at = 0; at < contest.pace.size();) {
        const bench_competitor &one = *contest.row.all()[at];
        Outcome outcome = run(one, row.workload, CHECKED, true);
        if (outcome.fault.empty()) {
            outcome = run(one, row.workload, CHECKED, false);
        }
        if (outcome.fault.empty()) {
            contest.pace[at++] = outcome.ns;
        } else {
            expel(contest, at, outcome.fault);
        }
    }
    return contest;
}

bool run_round(Contest &contest, const Plan &plan, size_t first, std::vector<double> &round) {
    const std::vector<const bench_competitor *> competitors = contest.row.all();
    round.assign(competitors.size(), NAN);
    for (size_t i = 0; i < competitors.size(); i++) {
        const size_t at = (first + i) % competitors.size();
        const double fit = plan.run_ms * 1e6 / contest.pace[at];
        const uint64_t messages = static_cast<uint64_t>(std::min(std::max(fit, 2000.0), 1e8));
        const Outcome outcome = run(*competitors[at], contest.row.workload, messages, false);
        if (!outcome.fault.empty()) {
            expel(contest, at, outcome.fault);
            return false;
        }
        round[at] = outcome.ns;
        // Half way to the new figure: one outlier does not make the next run short.
        contest.pace[at] = std::sqrt(contest.pace[at] * outcome.ns);
        rest();
    }
    return true;
}

double await_quiet(const Plan &plan, double &patience) {
    for (;;) {
        const double now = gauge();
        if (now <= plan.gauge_limit || patience <= 0) {
            return now;
        }
        sleep(1);
        patience -= 1;
    }
}

void run_set(Contest &contest, const Plan &plan, double &patience) {
    Set set = {await_quiet(plan, patience), 0, false, {}};
    for (size_t first = 0; set.rounds.size() < plan.rounds && !contest.pace.empty(); first++) {
        std::vector<double> round;
        if (run_round(contest, plan, first, round)) {
            set.rounds.push_back(round);
        } else {
            // Someone failed and is out: what was measured with it has another shape.
            set.rounds.clear();
        }
    }
    set.after = gauge();
    set.kept = set.before <= plan.gauge_limit && set.after <= plan.gauge_limit;
    contest.sets.push_back(set);
    double ours = NAN;
    if (!contest.row.ours.empty()) {
        std::vector<double> column;
        for (const std::vector<double> &round : set.rounds) {
            column.push_back(round[0]);
        }
        ours = median(column);
    }
    std::fprintf(stderr, "%-24s gauge %6.1f %6.1f %s  ours %7.2f\n", contest.row.name.c_str(), set.before, set.after,
                 set.kept ? "kept   " : "DROPPED", ours);
}

bool is_done(const Contest &contest, const Plan &plan) {
    return contest.kept() >= plan.sets || contest.sets.size() >= plan.tries * plan.sets || contest.row.ours.empty() ||
           contest.row.peers.empty();
}

} // namespace

std::vector<const bench_competitor *> Row::all() const {
    std::vector<const bench_competitor *> found;
    for (const std::vector<bench_competitor> *side : {&ours, &peers, &beside}) {
        for (const bench_competitor &one : *side) {
            found.push_back(&one);
        }
    }
    return found;
}

void Row::remove(size_t at) {
    for (std::vector<bench_competitor> *side : {&ours, &peers, &beside}) {
        if (at < side->size()) {
            side->erase(side->begin() + static_cast<std::ptrdiff_t>(at));
            return;
        }
        at -= side->size();
    }
}

size_t Contest::kept() const {
    return static_cast<size_t>(std::count_if(sets.begin(), sets.end(), [](const Set &set) { return set.kept; }));
}

std::vector<std::vector<double>> Contest::counted() const {
    std::vector<std::vector<double>> rounds;
    const bool quiet = kept() > 0;
    for (const Set &set : sets) {
        if (set.kept || !quiet) {
            rounds.insert(rounds.end(), set.rounds.begin(), set.rounds.end());
        }
    }
    return rounds;
}

std::vector<Contest> measure(const std::vector<Row> &rows, Plan plan) {
    std::vector<Contest> contests;
    for (const Row &row : rows) {
        contests.push_back(checked(row));
    }
    for (bool worked = true; worked;) {
        worked = false;
        for (Contest &contest : contests) {
            if (!is_done(contest, plan)) {
                worked = true;
                run_set(contest, plan, plan.patience);
            }
        }
    }
    return contests;
}

} // namespace bench
