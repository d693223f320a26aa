#include "report.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <fstream>

#include "statistics.hpp"

namespace bench {
namespace {

std::string quoted(const std::string &text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out + '"';
}

/** Three decimals are more than the clock gives. */
std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

template <class Range, class Show> std::string list(const Range &range, Show show) {
    std::string out = "[";
    for (const auto &item : range) {
        out += (out.size() > 1 ? "," : "") + show(item);
    }
    return out + "]";
}

std::string cpu() {
    std::ifstream info("/proc/cpuinfo");
    std::string line, name = "unknown", family, model;
    const auto value = [](const std::string &l) { return l.substr(std::min(l.find(": "), l.size() - 2) + 2); };
    while (std::getline(info, line) && !line.empty()) {
        if (line.rfind("model name", 0) == 0) {
            name = value(line);
        } else if (line.rfind("cpu family", 0) == 0) {
            family = value(line);
        } else if (line.rfind("model\t", 0) == 0) {
            model = value(line);
        }
    }
    return name + " (family " + family + " model " + model + ")";
}

std::string governor() {
    std::ifstream file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    std::string text;
    return std::getline(file, text) ? text : "not visible";
}

std::string kernel() {
    utsname name = {};
    uname(&name);
    return std::string(name.sysname) + " " + name.release;
}

struct Column {
    std::string name;
    std::vector<double> times;

    std::string figures() const {
        return "\"name\":" + quoted(name) + ",\"median\":" + number(median(times)) +
               ",\"min\":" + number(*std::min_element(times.begin(), times.end()));
    }
};

std::vector<Column> columns(const std::vector<bench_competitor> &competitors, size_t first,
                            const std::vector<std::vector<double>> &rounds) {
    std::vector<Column> found;
    for (size_t i = 0; i < competitors.size(); i++) {
        Column column = {competitors[i].name, {}};
        for (const std::vector<double> &round : rounds) {
            column.times.push_back(round[first + i]);
        }
        found.push_back(column);
    }
    return found;
}

std::string ratio(const std::vector<double> &ratios) {
    const auto [low, high] = interval_95(ratios);
    return "{\"median\":" + number(median(ratios)) + ",\"low\":" + number(low) + ",\"high\":" + number(high) + "}";
}

std::string bar(const Row &row) {
    if (row.bar == 0) {
        return "";
    }
    char text[64];
    std::snprintf(text, sizeof text, row.or_more_ns > 0 ? "at most %g, or %g ns more" : "at most %g", row.bar,
                  row.or_more_ns);
    return text;
}

std::string verdict(const Row &row, const Column &ours, const Column &best) {
    if (row.bar == 0) {
        return "none";
    }
    std::vector<double> ratios, more;
    for (size_t i = 0; i < ours.times.size(); i++) {
        ratios.push_back(ours.times[i] / best.times[i]);
        more.push_back(ours.times[i] - best.times[i]);
    }
    const bool met = median(ratios) <= row.bar || (row.or_more_ns > 0 && median(more) <= row.or_more_ns);
    return met ? "met" : "missed";
}

std::string row_json(const Contest &contest) {
    const Row &row = contest.row;
    const std::vector<std::vector<double>> rounds = contest.counted();
    const bool measured = !rounds.empty() && !row.ours.empty() && !row.peers.empty();
    const std::vector<Column> ours = measured ? columns(row.ours, 0, rounds) : std::vector<Column>();
    std::vector<Column> peers = measured ? columns(row.peers, row.ours.size(), rounds) : std::vector<Column>();
    std::vector<Column> beside =
        measured ? columns(row.beside, row.ours.size() + row.peers.size(), rounds) : std::vector<Column>();
    std::vector<std::string> order;
    for (const bench_competitor *one : row.all()) {
        order.push_back(one->name);
    }
    const auto faster = [](const Column &a, const Column &b) { return median(a.times) < median(b.times); };
    std::sort(peers.begin(), peers.end(), faster);
    std::sort(beside.begin(), beside.end(), faster);
    // The fastest of those that count stands first.
    std::vector<Column> others = peers;
    others.insert(others.end(), beside.begin(), beside.end());
    const auto one_of_ours = [&](const Column &mine) {
        std::vector<double> to_best, to_round_best;
        for (size_t i = 0; i < rounds.size(); i++) {
            double fastest = peers[0].times[i];
            for (const Column &peer : peers) {
                fastest = std::min(fastest, peer.times[i]);
            }
            to_best.push_back(mine.times[i] / peers[0].times[i]);
            to_round_best.push_back(mine.times[i] / fastest);
        }
        return "{" + mine.figures() + ",\"ratio\":" + ratio(to_best) +
               ",\"ratio_to_round_best\":" + ratio(to_round_best) + "}";
    };
    return "{\"name\":" + quoted(row.name) + ",\"title\":" + quoted(row.title) + ",\"bar\":" + quoted(bar(row)) +
           ",\"verdict\":" + quoted(measured ? verdict(row, ours[0], peers[0]) : "unmeasured") +
           ",\"quiet\":" + (contest.kept() > 0 ? "true" : "false") +
           ",\"best_peer\":" + quoted(measured ? peers[0].name : "") + ",\"ours\":" + list(ours, one_of_ours) +
           ",\"peers\":" + list(others, [](const Column &peer) { return "{" + peer.figures() + "}"; }) +
           ",\"faults\":" +
           list(contest.faults,
                [](const auto &fault) { return "[" + quoted(fault.first) + "," + quoted(fault.second) + "]"; }) +
           ",\"sets\":" +
           list(contest.sets,
                [](const Set &set) {
                    return "{\"gauge\":[" + number(set.before) + "," + number(set.after) +
                           "],\"kept\":" + (set.kept ? "true" : "false") + ",\"rounds\":" +
                           list(set.rounds, [](const std::vector<double> &round) { return list(round, number); }) + "}";
                }) +
           ",\"order\":" + list(order, quoted) + "}";
}

} // namespace

std::string json(const Circumstances &c, const std::vector<Contest> &contests) {
    return "{\"suite\":" + quoted(c.suite) + ",\"machine\":{\"cpu\":" + quoted(cpu()) +
           ",\"cores\":" + std::to_string(sysconf(_SC_NPROCESSORS_ONLN)) + ",\"governor\":" + quoted(governor()) +
           ",\"system\":" + quoted(kernel()) + ",\"rustc\":" + quoted(c.compilers) +
           ",\"scheduling\":" + quoted(placing()) + ",\"peers\":" +
           list(c.peers, [](const auto &peer) { return "[" + quoted(peer.first) + "," + quoted(peer.second) + "]"; }) +
           "},\"time\":" + std::to_string(std::time(nullptr)) + ",\"command\":" + quoted(c.command) +
           ",\"capacity\":" + std::to_string(BENCH_CAPACITY) + ",\"payload_bytes\":" + std::to_string(c.payload_bytes) +
           ",\"gauge_limit\":" + number(c.gauge_limit) + ",\"rows\":" + list(contests, row_json) + "}\n";
}

} // namespace bench
