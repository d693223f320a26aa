// Partitioned<T>, Producer<T>, Consumer<T>, Group<T>.
#include <array>
#include <string>
#include <vector>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

void a_key_goes_to_its_partition() {
    auto queue = the(ringmill::Partitioned<int>::make(8, 16));
    auto producer = the(queue.producer());
    auto consumer = the(queue.consumer());
    CHECK(queue.count() == 8 && queue.capacity() == 16);
    for (const std::string key : {"anna", "bert", ""}) {
        const std::size_t expected = ringmill::partition_of(ringmill::hash(key), 8);
        CHECK(the(producer.push_key(key, 1)) == expected);
        CHECK(the(producer.push_key(key.data(), key.size(), 2, 1s)) == expected);
        CHECK(the(queue.len_of(expected)) == 2);
        for (int value : {1, 2}) {
            const auto popped = the(consumer.pop(ringmill::NOW));
            CHECK(popped.value == value && popped.partition == expected);
        }
    }
    IS(queue.len_of(8).status(), NoSuchPartition);
    IS(consumer.pop(ringmill::NOW).status(), Empty);
    IS(consumer.pop(1ms).status(), TimedOut);
}

void batches_come_from_one_partition() {
    auto queue = the(ringmill::Partitioned<int>::make(2, 4));
    auto producer = the(queue.producer());
    auto consumer = the(queue.consumer_of(std::array<std::size_t, 1>{1}));
    const std::vector<int> in = {1, 2, 3, 4, 5};
    const ringmill::Sent sent = producer.push_batch(1, in, ringmill::NOW);
    IS(sent.status, Full);
    CHECK(sent.count == 4);
    IS(producer.push_to(1, 6, 1ms), TimedOut);
    IS(producer.push_to(0, 6), Ok);
    std::array<int, 9> out = {};
    const auto popped = the(consumer.pop_batch(out));
    CHECK(popped.count == 4 && popped.partition == 1 && out[3] == 4);
    IS(consumer.pop_batch(out, 1ms).status(), TimedOut);
    IS(queue.close(), Ok);
    CHECK(queue.is_closed());
    IS(consumer.pop().status(), Closed);
    IS(producer.push_key("x", 1).status(), Closed);
}

void a_set_is_checked() {
    auto queue = the(ringmill::Partitioned<int>::make(2, 4));
    IS(queue.consumer_of({}).status(), NoPartitions);
    IS(queue.consumer_of(std::array<std::size_t, 2>{0, 0}).status(), PartitionTwice);
    IS(queue.consumer_of(std::array<std::size_t, 1>{2}).status(), NoSuchPartition);
}

void ends_outlive_the_queue_object() {
    auto made = ringmill::Partitioned<int>::make(2, 4);
    auto producer = the(made->producer());
    auto consumer = the(made->consumer());
    made = Status::Closed;
    IS(producer.push_to(0, 1), Ok);
    CHECK(the(consumer.pop()).value == 1);
    { const auto gone = std::move(producer); }
    IS(consumer.pop().status(), Closed);
}

void members_share_the_partitions() {
    auto queue = the(ringmill::Partitioned<std::size_t>::make(4, 4));
    auto producer = the(queue.producer());
    auto group = the(queue.group());
    std::vector<ringmill::Consumer<std::size_t>> members;
    members.push_back(the(group.join()));
    members.push_back(the(group.join()));
    for (auto &member : members) {
        IS(member.pop(ringmill::NOW).status(), Empty);
    }
    for (std::size_t partition = 0; partition < 4; partition++) {
        IS(producer.push_to(partition, partition), Ok);
    }
    for (auto &member : members) {
        CHECK(the(member.pop(ringmill::NOW)).value != the(member.pop(ringmill::NOW)).value);
        IS(member.pop(ringmill::NOW).status(), Empty);
    }
    CHECK(group.capi() != nullptr && producer.capi() != nullptr && members[0].capi() != nullptr &&
          queue.capi() != nullptr);
}

} // namespace

int main() {
    RUN(a_key_goes_to_its_partition);
    RUN(batches_come_from_one_partition);
    RUN(a_set_is_checked);
    RUN(ends_outlive_the_queue_object);
    RUN(members_share_the_partitions);
    return 0;
}
