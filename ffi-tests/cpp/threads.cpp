// The same order checker as in C, with std::thread: what the classes add must not reorder anything.
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "check.hpp"

#include "../c/order.h"

namespace {

std::uint32_t each = 40000;

/** Runs producers and consumers; `close` is called when all producers have ended. */
void work(std::uint32_t producers, std::uint32_t consumers, const std::function<void(std::uint32_t)> &produce,
          const std::function<void(order_book &, const std::atomic<bool> &)> &consume,
          const std::function<void()> &close) {
    order_book book = order_book_new(producers, each);
    std::atomic<bool> over = false;
    std::vector<std::thread> threads, takers;
    for (std::uint32_t i = 0; i < consumers; i++) {
        takers.emplace_back([&] { consume(book, over); });
    }
    for (std::uint32_t i = 0; i < producers; i++) {
        threads.emplace_back(produce, i);
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    close();
    over = true;
    for (std::thread &taker : takers) {
        taker.join();
    }
    order_book_end(&book);
}

template <class Queue> void pass_through(Queue ring, std::uint32_t producers, std::uint32_t consumers) {
    work(
        producers, consumers,
        [&](std::uint32_t producer) {
            for (std::uint32_t number = 0; number < each;) {
                if (number % 2 == 0) {
                    auto room = ring.reserve(4);
                    const std::uint32_t n =
                        room ? std::min<std::uint32_t>(each - number, static_cast<std::uint32_t>(room->size())) : 0;
                    for (std::uint32_t i = 0; i < n; i++) {
                        (*room)[i] = numbered_make(producer, number + i);
                    }
                    if (room) {
                        IS(room->commit(n), Ok);
                    }
                    number += n;
                } else if (ring.push(numbered_make(producer, number)) == Status::Ok) {
                    number++;
                }
                std::this_thread::yield();
            }
        },
        [&](order_book &book, const std::atomic<bool> &over) {
            order_seen seen = {};
            numbered batch[8];
            for (unsigned round = 0;; round++) {
                const bool last = over;
                std::size_t taken = 0;
                if (round % 2 == 0) {
                    auto view = ring.peek(5);
                    taken = view ? view->size() : 0;
                    for (std::size_t i = 0; i < taken; i++) {
                        order_note(&book, &seen, &(*view)[i]);
                    }
                    if (view) {
                        IS(view->release(), Ok);
                    }
                } else {
                    taken = ring.pop_burst(batch).value_or(0);
                    for (std::size_t i = 0; i < taken; i++) {
                        order_note(&book, &seen, &batch[i]);
                    }
                }
                if (taken == 0) {
                    if (last) {
                        return;
                    }
                    std::this_thread::yield();
                }
            }
        },
        [] {});
}

void rings_keep_order() {
    pass_through(the(ringmill::SpscRing<numbered>::make(32)), 1, 1);
    pass_through(the(ringmill::Ring<numbered>::make(32)), 1, 1);
    pass_through(the(ringmill::Ring<numbered>::make(33)), 2, 2);
}

void channels_keep_order() {
    auto channel = the(ringmill::Channel<numbered>::make(32));
    work(
        2, 2,
        [&](std::uint32_t producer) {
            for (std::uint32_t number = 0; number < each; number++) {
                IS(channel.send(numbered_make(producer, number)), Ok);
            }
        },
        [&](order_book &book, const std::atomic<bool> &) {
            order_seen seen = {};
            auto element = channel.recv();
            for (; element; element = channel.recv()) {
                order_note(&book, &seen, &*element);
            }
            IS(element.status(), Closed);
        },
        [&] { IS(channel.close(), Ok); });
}

void partitions_keep_order() {
    auto queue = the(ringmill::Partitioned<numbered>::make(3, 32));
    work(
        2, 2,
        [&](std::uint32_t number_of_producer) {
            auto producer = the(queue.producer());
            for (std::uint32_t number = 0; number < each; number++) {
                const std::string key = std::to_string(number % 10);
                CHECK(the(producer.push_key(key, numbered_make(number_of_producer, number))) < 3);
            }
        },
        [&](order_book &book, const std::atomic<bool> &) {
            order_seen seen[3] = {};
            auto consumer = the(queue.consumer());
            auto popped = consumer.pop();
            for (; popped; popped = consumer.pop()) {
                order_note(&book, &seen[popped->partition], &popped->value);
            }
            IS(popped.status(), Closed);
        },
        [&] { IS(queue.close(), Ok); });
}

} // namespace

int main(int argc, char **argv) {
    if (argc > 1) {
        each = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10));
    }
    RUN(rings_keep_order);
    RUN(channels_keep_order);
    RUN(partitions_keep_order);
    return 0;
}
