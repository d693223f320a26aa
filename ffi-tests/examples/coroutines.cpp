// Consumers that are coroutines, on a small loop over poll(): each awaits its next message, and none has a thread.
#include <poll.h>

#include <cstdio>
#include <ringmill.hpp>
#include <string>
#include <thread>
#include <vector>

#if defined(RINGMILL_HAS_COROUTINES)

// Whatever awaits, by descriptor.
class Loop {
public:
    void wait(int fd, ringmill::Waiter &waiter) { waiting_.push_back({fd, &waiter}); }

    void run() {
        while (!waiting_.empty()) {
            std::vector<pollfd> polled;
            for (const Waiting &each : waiting_) {
                polled.push_back({each.fd, POLLIN, 0});
            }
            poll(polled.data(), polled.size(), -1);
            std::vector<Waiting> now = std::move(waiting_);
            waiting_.clear();
            for (std::size_t i = 0; i < now.size(); i++) {
                if (polled[i].revents == 0 || !now[i].waiter->readable()) {
                    waiting_.push_back(now[i]);
                }
            }
        }
    }

private:
    struct Waiting {
        int fd;
        ringmill::Waiter *waiter;
    };
    std::vector<Waiting> waiting_;
};

struct Task {
    struct promise_type {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

static Task consume(ringmill::QueueConsumer &consumer, Loop &loop, long &sum) {
    while (auto job = co_await consumer.next(loop)) {
        sum += std::stol(std::string(job->payload()));
        ringmill::or_throw(job->ack());
    }
}

int main() {
    auto engine = ringmill::Engine::make().or_throw();
    auto queue = ringmill::Queue::make(engine, "numbers").or_throw();
    auto one = queue.consumer().or_throw(), two = queue.consumer().or_throw();
    std::thread feeder([&] {
        auto producer = queue.producer().or_throw();
        for (int number = 1; number <= 1000; number++) {
            producer.enqueue_for(ringmill::Message(std::to_string(number)), ringmill::FOREVER).or_throw();
        }
        (void)queue.close();
    });
    Loop loop;
    long sum = 0;
    consume(one, loop, sum);
    consume(two, loop, sum);
    loop.run();
    feeder.join();
    std::printf("%ld\n", sum);
    return sum == 500500 ? 0 : 1;
}

#else
int main() { std::puts("this compiler has no coroutines of C++20"); }
#endif
