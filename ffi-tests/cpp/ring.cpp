// Ring<T> and SpscRing<T>.
#include <array>
#include <memory>
#include <numeric>
#include <vector>

#include "check.hpp"

namespace {

/** A value without a default constructor, with an alignment of its own. */
struct alignas(32) Wide {
    int number;
    explicit Wide(int n) : number(n) {}
};

template <class Queue> void values_come_in_order(Queue queue) {
    CHECK(queue.capacity() == 4);
    for (int n = 1; n <= 4; n++) {
        IS(queue.push(Wide(n)), Ok);
    }
    IS(queue.push(Wide(5)), Full);
    CHECK(queue.len() == 4);
    Wide out(0);
    IS(queue.pop(out), Ok);
    CHECK(out.number == 1 && the(queue.pop()).number == 2);
    std::vector<Wide> rest = {Wide(0), Wide(0), Wide(0)};
    IS(queue.pop_bulk(rest), Empty);
    CHECK(the(queue.pop_burst(rest)) == 2 && rest[0].number == 3 && rest[1].number == 4);
    IS(queue.pop_burst(rest).status(), Empty);
    IS(queue.pop().status(), Empty);
    IS(queue.pop(out), Empty);
    CHECK(out.number == 1);
    const std::array<Wide, 3> three = {Wide(6), Wide(7), Wide(8)};
    IS(queue.push_bulk(three), Ok);
    IS(queue.push_bulk(three), Full);
    CHECK(the(queue.push_burst(three)) == 1);
    IS(queue.pop_bulk(rest), Ok);
    CHECK(rest[2].number == 8);
}

template <class Queue> void room_is_given_up_unless_it_is_committed(Queue queue) {
    {
        auto room = the(queue.reserve(3));
        CHECK(room.size() == 3 && reinterpret_cast<std::uintptr_t>(&room[2]) % alignof(Wide) == 0);
        room[0] = Wide(1);
    }
    IS(queue.pop().status(), Empty);
    auto room = the(queue.reserve(2));
    room[0] = Wide(1);
    room[1] = Wide(2);
    IS(room.commit(3), InvalidArgument);
    auto moved = std::move(room);
    IS(moved.commit(), Ok);
    CHECK(moved.capi().stride >= sizeof(Wide));
    auto view = the(queue.peek(9));
    CHECK(view.size() == 2 && view[0].number == 1 && view[1].number == 2);
    IS(view.release(9), InvalidArgument);
    auto seen = std::move(view);
    IS(seen.release(), Ok);
    IS(queue.peek(1).status(), Empty);
    auto cancelled = the(queue.reserve(4));
    IS(cancelled.cancel(), Ok);
    // mpmc: room that was given up is room again when a pop has passed it.
    IS(queue.pop().status(), Empty);
    auto first = the(queue.reserve(1));
    first[0] = Wide(3);
    IS(first.commit(1), Ok);
    CHECK(the(queue.pop()).number == 3);
}

void values_come_in_order_from_both_kinds() {
    values_come_in_order(the(ringmill::Ring<Wide>::make(4)));
    values_come_in_order(the(ringmill::SpscRing<Wide>::make(4)));
}

void room_is_given_up_unless_it_is_committed_by_both_kinds() {
    room_is_given_up_unless_it_is_committed(the(ringmill::Ring<Wide>::make(4)));
    room_is_given_up_unless_it_is_committed(the(ringmill::SpscRing<Wide>::make(4)));
}

void spsc_lends_slices() {
    auto ring = the(ringmill::SpscRing<int>::make(8));
    for (int start = 0; start < 20; start++) {
        auto room = the(ring.reserve(5));
        CHECK(room.first().size() + room.second().size() == 5);
        std::iota(room.first().begin(), room.first().end(), start);
        std::iota(room.second().begin(), room.second().end(), start + static_cast<int>(room.first().size()));
        IS(room.commit(), Ok);
        auto view = the(ring.peek(5));
        CHECK(view.first().size() + view.second().size() == 5);
        int expected = start;
        for (const auto &part : {view.first(), view.second()}) {
            for (const int value : part) {
                CHECK(value == expected++);
            }
        }
        IS(ring.pop().status(), Busy);
        IS(view.release(), Ok);
    }
}

void spsc_keeps_what_a_view_did_not_release() {
    auto ring = the(ringmill::SpscRing<int>::make(8));
    IS(ring.push_bulk(std::array<int, 3>{1, 2, 3}), Ok);
    {
        auto view = the(ring.peek(3));
        CHECK(view.size() == 3);
    }
    auto view = the(ring.peek(3));
    IS(view.release(2), Ok);
    CHECK(the(ring.pop()) == 3);
}

void a_view_of_mpmc_takes_its_elements() {
    auto ring = the(ringmill::Ring<int>::make(4));
    for (int round = 0; round < 3; round++) {
        IS(ring.push_bulk(std::array<int, 4>{1, 2, 3, 4}), Ok);
        auto view = the(ring.peek(3));
        CHECK(view.size() == 3 && view[2] == 3);
        CHECK(the(ring.pop()) == 4);
    }
    CHECK(ring.len() == 0);
}

void a_ring_lives_in_memory_of_the_caller() {
    using Queue = ringmill::Ring<Wide>;
    auto options = Queue::options(5);
    options.flags = RINGMILL_FLAG_TOUCH_PAGES;
    const auto memory = the(Queue::memory(options));
    CHECK(memory.align >= alignof(Wide));
    std::vector<std::byte> bytes(memory.size + memory.align);
    void *place = bytes.data();
    std::size_t room = bytes.size();
    CHECK(std::align(memory.align, memory.size, place, room) != nullptr);
    {
        auto ring = the(Queue::make_in(options, place, room));
        IS(ring.push(Wide(4)), Ok);
        CHECK(the(ring.pop()).number == 4 && ring.capacity() == 5);
    }
    IS(Queue::make_in(options, place, 8).status(), InvalidArgument);
    IS(Queue::make_in(options, nullptr, room).status(), InvalidArgument);
}

void capi_is_the_way_out() {
    auto ring = the(ringmill::Ring<int>::make(4));
    const int value = 9;
    OK(ringmill_ring_push(ring.capi(), &value));
    CHECK(the(ring.pop()) == 9);
}

} // namespace

int main() {
    RUN(values_come_in_order_from_both_kinds);
    RUN(room_is_given_up_unless_it_is_committed_by_both_kinds);
    RUN(spsc_keeps_what_a_view_did_not_release);
    RUN(spsc_lends_slices);
    RUN(a_view_of_mpmc_takes_its_elements);
    RUN(a_ring_lives_in_memory_of_the_caller);
    RUN(capi_is_the_way_out);
    return 0;
}
