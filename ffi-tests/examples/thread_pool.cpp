/* A thread pool: tasks travel through a channel as pointers, results come back as futures. */
#include <algorithm>
#include <cstdio>
#include <future>
#include <memory>
#include <ringmill.hpp>
#include <thread>
#include <vector>

class ThreadPool {
public:
    ThreadPool(std::size_t threads, std::size_t capacity)
        : tasks_(ringmill::Channel<Task *>::make(capacity).or_throw()) {
        for (std::size_t i = 0; i < threads; i++) {
            threads_.emplace_back([this] {
                while (auto task = tasks_.recv()) {
                    std::unique_ptr<Task> mine(*task);
                    mine->run();
                }
            });
        }
    }

    /** No more tasks; those that were accepted are done first. */
    ~ThreadPool() {
        (void)tasks_.close();
        for (std::thread &thread : threads_) {
            thread.join();
        }
    }

    /** Runs `function` on one of the threads; waits while too many tasks wait already. */
    template <class Function> auto run(Function function) -> std::future<decltype(function())> {
        auto task = std::make_unique<Packaged<decltype(function())>>(std::move(function));
        auto future = task->work.get_future();
        ringmill::or_throw(tasks_.send(task.get()));
        task.release(); // it is the receiver's
        return future;
    }

private:
    struct Task {
        virtual ~Task() = default;
        virtual void run() = 0;
    };
    template <class T> struct Packaged : Task {
        template <class Function> explicit Packaged(Function function) : work(std::move(function)) {}
        void run() override { work(); }
        std::packaged_task<T()> work;
    };

    ringmill::Channel<Task *> tasks_;
    std::vector<std::thread> threads_;
};

static unsigned long collatz(unsigned long n) {
    unsigned long steps = 0;
    for (; n != 1; steps++) {
        n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    }
    return steps;
}

int main() {
    ThreadPool pool(3, 16);
    std::vector<std::future<unsigned long>> longest;
    for (unsigned long first = 1; first < 100000; first += 1000) {
        longest.push_back(pool.run([first] {
            unsigned long most = 0;
            for (unsigned long n = first; n < first + 1000; n++) {
                most = std::max(most, collatz(n));
            }
            return most;
        }));
    }
    unsigned long most = 0;
    for (auto &one : longest) {
        most = std::max(most, one.get());
    }
    std::printf("the longest way to 1 below 100000 has %lu steps\n", most);
    return most == 350 ? 0 : 1;
}
