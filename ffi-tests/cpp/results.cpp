// Statuses, results, spans, durations; what can be moved and what cannot be said at all.
#include <array>
#include <cstring>
#include <climits>
#include <vector>

#include "check.hpp"

using ringmill::Result;
using ringmill::Span;

// An object has one owner.
template <class T> constexpr bool is_move_only() {
    return std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
           !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
}
static_assert(is_move_only<ringmill::Ring<int>>());
static_assert(is_move_only<ringmill::SpscRing<int>>());
static_assert(is_move_only<ringmill::Ring<int>::Room>());
static_assert(is_move_only<ringmill::SpscRing<int>::View>());
static_assert(is_move_only<ringmill::Channel<int>>());
static_assert(is_move_only<ringmill::Pollable<int>>());
static_assert(is_move_only<ringmill::Partitioned<int>>());
static_assert(is_move_only<ringmill::Producer<int>>());
static_assert(is_move_only<ringmill::Consumer<int>>());
static_assert(is_move_only<ringmill::Group<int>>());
// It costs no more than the handle.
static_assert(sizeof(ringmill::Ring<int>) == sizeof(void *));
static_assert(sizeof(ringmill::Channel<int>) == sizeof(void *));
// A span of constants is made from variables, never the other way round.
static_assert(std::is_convertible_v<std::vector<int> &, Span<const int>>);
static_assert(!std::is_convertible_v<const std::vector<int> &, Span<int>>);
static_assert(!std::is_convertible_v<std::vector<long> &, Span<int>>);

static void the_numbers_are_those_of_c() {
    CHECK(static_cast<std::uint32_t>(Status::Panic) == RINGMILL_STATUS_PANIC);
    for (const Status status : {Status::Ok, Status::Full, Status::Empty, Status::Closed, Status::TimedOut,
                                Status::InvalidArgument, Status::Capacity, Status::OutOfMemory, Status::PartitionCount,
                                Status::NoSuchPartition, Status::PartitionTwice, Status::NoPartitions, Status::Busy,
                                Status::StaleHandle, Status::Unsupported, Status::System, Status::Panic}) {
        CHECK(std::strcmp(ringmill::text(status), "unknown status") != 0);
    }
}

static void a_result_is_a_value_or_a_status() {
    Result<std::vector<int>> good = std::vector<int>{1, 2, 3};
    CHECK(good);
    IS(good.status(), Ok);
    CHECK(good->size() == 3 && (*good)[2] == 3);
    const std::vector<int> taken = *std::move(good);
    CHECK(taken.size() == 3);
    const Result<int> bad = Status::Full;
    CHECK(!bad);
    IS(bad.status(), Full);
    CHECK(bad.value_or(7) == 7);
    CHECK(std::strcmp(bad.message(), ringmill_status_text(RINGMILL_STATUS_FULL)) == 0);
}

static void spans_are_made_from_what_is_there() {
    int array[3] = {1, 2, 3};
    std::array<int, 2> modern = {4, 5};
    std::vector<int> many = {6, 7, 8, 9};
    const std::vector<int> fixed = {10};
    const auto sum = [](Span<const int> span) {
        int all = 0;
        for (int one : span) {
            all += one;
        }
        return all;
    };
    CHECK(sum(array) == 6 && sum(modern) == 9 && sum(many) == 30 && sum(fixed) == 10 && sum({}) == 0);
    CHECK(Span<int>(many).data() == many.data() && Span<int>(array)[1] == 2 && Span<int>().empty());
}

static void durations_of_any_unit_become_nanoseconds() {
    using namespace std::chrono_literals;
    using ringmill::detail::nanoseconds;
    CHECK(nanoseconds(5ms) == 5000000);
    CHECK(nanoseconds(1.5s) == 1500000000);
    CHECK(nanoseconds(0s) == 0 && nanoseconds(-5s) == 0);
    CHECK(nanoseconds(std::chrono::hours::max()) == RINGMILL_FOREVER);
    CHECK(nanoseconds(std::chrono::hours::min()) == 0);
    CHECK(nanoseconds(std::chrono::duration<double>(1e300)) == RINGMILL_FOREVER);
    CHECK(nanoseconds(ringmill::FOREVER) == RINGMILL_FOREVER && nanoseconds(ringmill::NOW) == 0);
    CHECK(nanoseconds(std::chrono::nanoseconds(INT64_MAX - 1)) >= INT64_MAX - 1);
}

static void what_was_moved_from_answers_invalid_argument() {
    auto ring = the(ringmill::Ring<int>::make(4));
    const auto other = std::move(ring);
    CHECK(ring.capi() == nullptr && other.capi() != nullptr);
    IS(ring.push(1), InvalidArgument);
    IS(ring.pop().status(), InvalidArgument);
    CHECK(ring.len() == 0 && other.capacity() == 4);
}

static void nothing_is_made_from_nonsense() {
    IS(ringmill::Ring<int>::make(0).status(), Capacity);
    IS(ringmill::SpscRing<int>::make(SIZE_MAX).status(), Capacity);
    IS(ringmill::Channel<int>::make(0).status(), Capacity);
    IS(ringmill::Partitioned<int>::make(0, 4).status(), PartitionCount);
    IS(ringmill::Partitioned<int>::make(4, 0).status(), Capacity);
    auto options = ringmill::Ring<int>::options(4);
    options.size = 1;
    IS(ringmill::Ring<int>::make(options).status(), InvalidArgument);
    CHECK(std::strlen(ringmill::last_message()) > 8);
}

#if defined(__cpp_exceptions)
static void exceptions_are_there_for_who_asks() {
    bool caught = false;
    try {
        auto ring = ringmill::Ring<int>::make(0).or_throw();
    } catch (const ringmill::Error &error) {
        caught = error.status() == Status::Capacity && std::strlen(error.what()) > 20;
    }
    CHECK(caught);
    CHECK(ringmill::Ring<int>::make(3).or_throw().capacity() == 3);
    ringmill::or_throw(Status::Ok);
}
#endif

int main() {
    RUN(the_numbers_are_those_of_c);
    RUN(a_result_is_a_value_or_a_status);
    RUN(spans_are_made_from_what_is_there);
    RUN(durations_of_any_unit_become_nanoseconds);
    RUN(what_was_moved_from_answers_invalid_argument);
    RUN(nothing_is_made_from_nonsense);
#if defined(__cpp_exceptions)
    RUN(exceptions_are_there_for_who_asks);
#endif
    return 0;
}
