// Channel<T> and Pollable<T>.
#include <poll.h>

#include <array>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

struct Point {
    double x, y;
};

void values_pass_and_the_end_is_seen() {
    auto channel = the(ringmill::Channel<Point>::make(2));
    IS(channel.try_recv().status(), Empty);
    IS(channel.send({1, 2}), Ok);
    IS(channel.try_send({3, 4}), Ok);
    IS(channel.try_send({5, 6}), Full);
    IS(channel.send_for({5, 6}, 1ms), TimedOut);
    CHECK(channel.len() == 2 && channel.capacity() == 2 && !channel.is_closed());
    CHECK(the(channel.recv()).y == 2);
    IS(channel.close(), Ok);
    IS(channel.close(), Closed);
    IS(channel.send({7, 8}), Closed);
    CHECK(channel.is_closed() && the(channel.recv_for(1s)).x == 3);
    IS(channel.recv().status(), Closed);
}

void batches_say_how_far_they_came() {
    auto channel = the(ringmill::Channel<int>::make(4));
    const std::array<int, 6> in = {1, 2, 3, 4, 5, 6};
    const ringmill::Sent sent = channel.send_batch(in, 1ms);
    IS(sent.status, TimedOut);
    CHECK(sent.count == 4);
    std::vector<int> out(6);
    CHECK(the(channel.recv_batch(out)) == 4 && out[3] == 4);
    IS(channel.recv_batch(out, 0, ringmill::NOW).status(), Empty);
    IS(channel.recv_batch(out, 1, 1ms).status(), TimedOut);
    const ringmill::Sent all = channel.send_batch({in.data(), 3});
    IS(all.status, Ok);
    CHECK(all.count == 3 && the(channel.recv_batch(out, 3, ringmill::FOREVER)) == 3);
    IS(channel.recv_for(0s).status(), Empty);
}

void options_can_be_changed() {
    auto options = ringmill::Channel<int>::options(3);
    options.wait = RINGMILL_WAIT_PARK;
    options.elem_size = 999; // what the class knows better
    auto channel = the(ringmill::Channel<int>::make(options));
    IS(channel.send(5), Ok);
    CHECK(the(channel.recv()) == 5 && channel.capacity() == 3);
}

void a_pollable_wakes_its_loop() {
    auto channel = the(ringmill::Channel<int>::make(8));
    auto pollable = the(channel.pollable());
    IS(pollable.recv_or_arm().status(), Empty);
    std::thread sender([&] {
        IS(channel.send(42), Ok);
        IS(channel.close(), Ok);
    });
    std::vector<int> seen;
    for (bool open = true; open;) {
        pollfd poll_for = {pollable.fd(), POLLIN, 0};
        CHECK(poll(&poll_for, 1, -1) == 1);
        auto value = pollable.recv_or_arm();
        for (; value; value = pollable.recv_or_arm()) {
            seen.push_back(*value);
        }
        open = value.status() != Status::Closed;
    }
    sender.join();
    CHECK(seen == std::vector<int>{42} && pollable.capi() != nullptr);
}

} // namespace

int main() {
    RUN(values_pass_and_the_end_is_seen);
    RUN(batches_say_how_far_they_came);
    RUN(options_can_be_changed);
    RUN(a_pollable_wakes_its_loop);
    return 0;
}
