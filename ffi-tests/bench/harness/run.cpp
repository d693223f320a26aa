#include "run.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "gate.hpp"

bool bench_wait(bench_gate *gate, unsigned step) {
    if (step < 6) {
        for (unsigned i = 0; i < 1U << step; i++) {
            __builtin_ia32_pause();
        }
        return true;
    }
    std::this_thread::yield();
    return !gate->off.load(std::memory_order_relaxed);
}

bool bench_production_is_over(const bench_gate *gate) { return gate->producing.load(std::memory_order_acquire) == 0; }

namespace bench {
namespace {

constexpr std::chrono::seconds LIMIT(20);

std::vector<int> cores() {
    cpu_set_t set;
    std::vector<int> found;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        for (int core = 0; core < CPU_SETSIZE; core++) {
            if (CPU_ISSET(core, &set)) {
                found.push_back(core);
            }
        }
    }
    return found;
}

bool become_real_time() {
    sched_param param = {};
    param.sched_priority = 1;
    return sched_setscheduler(0, SCHED_FIFO, &param) == 0;
}

bool become_urgent() { return setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), -20) == 0; }

/** Threads that do not outnumber the cores are pinned and, where the system lets us, real time; others are neither,
 *  but urgent. */
void take_place(size_t thread, size_t threads) {
    const std::vector<int> all = cores();
    if (threads > all.size()) {
        (void)become_urgent();
        return;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(all[thread], &set);
    sched_setaffinity(0, sizeof set, &set);
    (void)become_real_time();
}

bool may(bool (*power)()) {
    bool granted = false;
    std::thread([&] { granted = power(); }).join();
    return granted;
}

/** Threads that are told to give up when they take too long. */
double work(const std::vector<std::function<void(bench_gate &)>> &jobs, size_t producers, bool &timed_out) {
    bench_gate gate(jobs.size(), producers);
    std::mutex mutex;
    std::condition_variable changed;
    size_t left = jobs.size();
    bench_clock::time_point end;
    std::vector<std::thread> threads;
    for (size_t i = 0; i < jobs.size(); i++) {
        threads.emplace_back([&, i] {
            take_place(i, jobs.size());
            gate.arrive();
            jobs[i](gate);
            const bench_clock::time_point now = bench_clock::now();
            const std::lock_guard<std::mutex> lock(mutex);
            end = std::max(end, now);
            left--;
            changed.notify_one();
        });
    }
    {
        std::unique_lock<std::mutex> lock(mutex);
        timed_out = !changed.wait_for(lock, LIMIT, [&] { return left == 0; });
        gate.off.store(timed_out);
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    return std::chrono::duration<double, std::nano>(end - gate.start).count();
}

/** All words of the first `share` messages of a producer. */
uint64_t digest(uint64_t producer, uint64_t share, size_t words) {
    const uint64_t first = producer << BENCH_PRODUCER_SHIFT;
    const uint64_t pairs = share % 2 == 0 ? share / 2 * (share - 1) : (share - 1) / 2 * share;
    return words * (first * share + pairs);
}

} // namespace

Outcome run(const bench_competitor &competitor, const Workload &workload, uint64_t messages, bool check_order) {
    void *queue = competitor.open(workload.producers, workload.consumers);
    if (queue == nullptr) {
        return {0, "was not made"};
    }
    const size_t producers = workload.is_solo() ? 1 : workload.producers;
    const uint64_t share = messages / producers;
    std::vector<std::function<void(bench_gate &)>> jobs;
    std::vector<bench_received> received(workload.is_solo() ? 1 : workload.consumers);
    if (workload.is_solo()) {
        jobs.emplace_back([&](bench_gate &) { received[0] = competitor.solo(queue, share); });
    } else {
        for (size_t producer = 0; producer < producers; producer++) {
            jobs.emplace_back([&, producer](bench_gate &gate) {
                competitor.produce(queue, producer, share, &gate);
                gate.producing.fetch_sub(1, std::memory_order_release);
            });
        }
        for (bench_received &seen : received) {
            jobs.emplace_back([&](bench_gate &gate) { seen = competitor.consume(queue, check_order, &gate); });
        }
    }
    bool timed_out = false;
    const double elapsed = work(jobs, workload.producers, timed_out);
    competitor.close(queue);

    bench_received all = {};
    for (const bench_received &seen : received) {
        all.count += seen.count;
        all.sum += seen.sum;
        all.disorder += seen.disorder;
    }
    uint64_t sum = 0;
    for (size_t producer = 0; producer < producers; producer++) {
        sum += digest(producer, share, workload.words);
    }
    if (timed_out) {
        return {0, "did not end"};
    }
    if (all.count != share * producers || all.sum != sum) {
        return {0, "lost, doubled or tore messages"};
    }
    if (all.disorder != 0) {
        return {0, "broke the order of a producer"};
    }
    return {elapsed / static_cast<double>(share * producers), ""};
}

double gauge() {
    constexpr uint64_t TRIPS = 20000;
    alignas(128) std::atomic<uint64_t> turn{0};
    bool timed_out = false;
    const auto player = [&](uint64_t mine) {
        return [&, mine](bench_gate &) {
            for (uint64_t i = 0; i < TRIPS; i++) {
                while (turn.load(std::memory_order_acquire) != 2 * i + mine) {
                }
                turn.store(2 * i + mine + 1, std::memory_order_release);
            }
        };
    };
    if (cores().size() < 2) {
        return 0;
    }
    return work({player(0), player(1)}, 0, timed_out) / static_cast<double>(TRIPS);
}

std::string placing() {
    return std::string("threads <= cores: pinned, ") + (may(become_real_time) ? "SCHED_FIFO" : "normal priority") +
           "; more threads than cores: unpinned, " + (may(become_urgent) ? "nice -20" : "normal priority");
}

} // namespace bench
