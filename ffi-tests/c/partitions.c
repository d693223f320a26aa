/* Partitions, producers, consumers and groups, on one thread. */
#include "check.h"

#define MILLISECOND INT64_C(1000000)

static void defaults_are_as_documented(void) {
    ringmill_partitions_options options;
    memset(&options, 0xff, sizeof options);
    OK(ringmill_partitions_options_init(sizeof options, &options));
    CHECK(options.size == sizeof options);
    CHECK(options.elem_size == 0);
    CHECK(options.partitions == 16);
    CHECK(options.capacity == 1024);
    CHECK(options.wait == RINGMILL_WAIT_SPIN_THEN_PARK);
    CHECK(options.flags == 0);
}

/* The same vectors as in the tests of the Rust side: the hash is part of the interface. */
static void keys_hash_as_they_do_in_rust(void) {
    static const struct {
        const char *key;
        uint64_t hash;
        size_t of_8, of_64, of_1024;
    } golden[] = {
        {"", UINT64_C(0x2D06800538D394C2), 1, 11, 180},
        {"a", UINT64_C(0xE6C632B61E964E1F), 7, 57, 923},
        {"abc", UINT64_C(0x78AF5F94892F3950), 3, 30, 482},
        {"message digest", UINT64_C(0x160D8E9329BE94F9), 0, 5, 88},
        {"abcdefghijklmnopqrstuvwxyz", UINT64_C(0x810F9CA067FBB90C), 4, 32, 516},
    };
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        const uint64_t hash = ringmill_hash(golden[i].key, strlen(golden[i].key));
        CHECK(hash == golden[i].hash);
        CHECK(ringmill_partition_of(hash, 1) == 0);
        CHECK(ringmill_partition_of(hash, 8) == golden[i].of_8);
        CHECK(ringmill_partition_of(hash, 64) == golden[i].of_64);
        CHECK(ringmill_partition_of(hash, 1024) == golden[i].of_1024);
    }
    CHECK(ringmill_partition_of(UINT64_MAX, 8) == 7);
    CHECK(ringmill_partition_of(UINT64_C(1) << 63, 8) == 4);
}

static void a_key_has_its_partition(void) {
    ringmill_partitions *partitions = new_partitions(sizeof(int), 8, 64);
    ringmill_producer *producer;
    size_t partition = 99, len = 99;
    OK(ringmill_producer_new(partitions, &producer));
    CHECK(ringmill_partitions_count(partitions) == 8);
    CHECK(ringmill_partitions_capacity(partitions) == 64);
    for (int i = 0; i < 30; i++) {
        char key[16];
        const int length = snprintf(key, sizeof key, "key-%d", i);
        const size_t expected = ringmill_partition_of(ringmill_hash(key, (size_t)length), 8);
        OK(ringmill_producer_push_key(producer, key, (size_t)length, &i, 0, &partition));
        CHECK(partition == expected);
    }
    size_t all = 0;
    for (size_t p = 0; p < 8; p++) {
        OK(ringmill_partitions_len_of(partitions, p, &len));
        all += len;
    }
    CHECK(all == 30);
    ringmill_producer_free(producer);
    ringmill_partitions_free(partitions);
}

static void full_empty_and_late_are_answers(void) {
    ringmill_partitions *partitions = new_partitions(sizeof(int), 2, 2);
    ringmill_producer *producer;
    ringmill_consumer *consumer;
    int in[3] = {1, 2, 3}, out[4] = {0};
    size_t moved = 99, partition = 99;
    OK(ringmill_producer_new(partitions, &producer));
    OK(ringmill_consumer_new(partitions, NULL, 0, &consumer));
    CHECK_STATUS(ringmill_consumer_pop(consumer, 0, out, &partition), EMPTY);
    CHECK(partition == 0);
    CHECK_STATUS(ringmill_consumer_pop(consumer, MILLISECOND, out, NULL), TIMED_OUT);
    CHECK_STATUS(ringmill_consumer_pop_batch(consumer, 3, 0, out, &partition, &moved), EMPTY);
    CHECK(moved == 0);

    OK(ringmill_producer_push_to(producer, 1, in, 0));
    OK(ringmill_producer_push_to(producer, 1, in + 1, RINGMILL_FOREVER));
    CHECK_STATUS(ringmill_producer_push_to(producer, 1, in, 0), FULL);
    CHECK_STATUS(ringmill_producer_push_to(producer, 1, in, MILLISECOND), TIMED_OUT);
    CHECK_STATUS(ringmill_producer_push_batch(producer, 0, in, 3, 0, &moved), FULL);
    CHECK(moved == 2);
    CHECK_STATUS(ringmill_producer_push_batch(producer, 0, in, 3, MILLISECOND, &moved), TIMED_OUT);
    CHECK(moved == 0);
    const uint64_t hash = ringmill_hash("k", 1);
    CHECK_STATUS(ringmill_producer_push_key(producer, "k", 1, in, 0, &partition), FULL);
    CHECK(partition == ringmill_partition_of(hash, 2));

    moved = 99;
    OK(ringmill_consumer_pop_batch(consumer, 4, 0, out, &partition, &moved));
    CHECK(moved == 2 && out[0] == 1 && out[1] == 2);
    const size_t first = partition;
    OK(ringmill_consumer_pop(consumer, 0, out, &partition));
    CHECK(out[0] == 1 && partition == 1 - first);
    OK(ringmill_consumer_pop(consumer, 0, out, &partition));
    CHECK(out[0] == 2 && partition == 1 - first);
    moved = 99;
    OK(ringmill_consumer_pop_batch(consumer, 0, 0, NULL, NULL, &moved));
    CHECK(moved == 0);
    ringmill_consumer_free(consumer);
    ringmill_producer_free(producer);
    ringmill_partitions_free(partitions);
}

static void a_consumer_of_some_takes_from_these_only(void) {
    ringmill_partitions *partitions = new_partitions(sizeof(int), 4, 4);
    ringmill_producer *producer;
    ringmill_consumer *even;
    static const size_t set[] = {0, 2};
    size_t partition = 99;
    OK(ringmill_producer_new(partitions, &producer));
    OK(ringmill_consumer_new(partitions, set, 2, &even));
    for (int i = 0; i < 4; i++) {
        OK(ringmill_producer_push_to(producer, (size_t)i, &i, 0));
    }
    int value = 0, sum = 0;
    for (int i = 0; i < 2; i++) {
        OK(ringmill_consumer_pop(even, 0, &value, &partition));
        CHECK((size_t)value == partition);
        sum += value;
    }
    CHECK(sum == 2);
    CHECK_STATUS(ringmill_consumer_pop(even, 0, &value, &partition), EMPTY);
    ringmill_consumer_free(even);
    ringmill_producer_free(producer);
    ringmill_partitions_free(partitions);
}

static void closing_refuses_and_lets_the_rest_out(void) {
    ringmill_partitions *partitions = new_partitions(sizeof(int), 2, 4);
    ringmill_producer *producer;
    ringmill_consumer *consumer;
    int value = 7;
    size_t moved = 99, partition = 99;
    OK(ringmill_producer_new(partitions, &producer));
    OK(ringmill_consumer_new(partitions, NULL, 0, &consumer));
    OK(ringmill_producer_push_to(producer, 0, &value, 0));
    CHECK(!ringmill_partitions_is_closed(partitions));
    OK(ringmill_partitions_close(partitions));
    CHECK_STATUS(ringmill_partitions_close(partitions), CLOSED);
    CHECK(ringmill_partitions_is_closed(partitions));
    CHECK_STATUS(ringmill_producer_push_to(producer, 0, &value, RINGMILL_FOREVER), CLOSED);
    CHECK_STATUS(ringmill_producer_push_key(producer, "k", 1, &value, RINGMILL_FOREVER, &partition), CLOSED);
    CHECK_STATUS(ringmill_producer_push_batch(producer, 0, &value, 1, RINGMILL_FOREVER, &moved), CLOSED);
    CHECK(moved == 0);
    value = 0;
    OK(ringmill_consumer_pop(consumer, RINGMILL_FOREVER, &value, NULL));
    CHECK(value == 7);
    CHECK_STATUS(ringmill_consumer_pop(consumer, RINGMILL_FOREVER, &value, NULL), CLOSED);
    CHECK_STATUS(ringmill_consumer_pop_batch(consumer, 1, RINGMILL_FOREVER, &value, NULL, &moved), CLOSED);
    ringmill_consumer_free(consumer);
    ringmill_producer_free(producer);
    ringmill_partitions_free(partitions);
}

static void the_queue_closes_with_its_last_producer(void) {
    ringmill_partitions *partitions = new_partitions(sizeof(int), 2, 4);
    ringmill_producer *producer, *second;
    ringmill_consumer *consumer;
    int value = 7;
    OK(ringmill_producer_new(partitions, &producer));
    OK(ringmill_producer_new(partitions, &second));
    OK(ringmill_consumer_new(partitions, NULL, 0, &consumer));
    ringmill_partitions_free(partitions);
    ringmill_producer_free(second);
    OK(ringmill_producer_push_to(producer, 0, &value, 0));
    value = 0;
    OK(ringmill_consumer_pop(consumer, 0, &value, NULL));
    CHECK(value == 7);
    CHECK_STATUS(ringmill_consumer_pop(consumer, 0, &value, NULL), EMPTY);
    ringmill_producer_free(producer);
    CHECK_STATUS(ringmill_consumer_pop(consumer, RINGMILL_FOREVER, &value, NULL), CLOSED);
    ringmill_consumer_free(consumer);
}

static void the_queue_closes_with_its_last_consumer(void) {
    ringmill_partitions *partitions = new_partitions(sizeof(int), 2, 4);
    ringmill_producer *producer;
    ringmill_consumer *consumer;
    int value = 7;
    OK(ringmill_producer_new(partitions, &producer));
    OK(ringmill_consumer_new(partitions, NULL, 0, &consumer));
    ringmill_partitions_free(partitions);
    OK(ringmill_producer_push_to(producer, 0, &value, 0));
    ringmill_consumer_free(consumer);
    CHECK_STATUS(ringmill_producer_push_to(producer, 0, &value, RINGMILL_FOREVER), CLOSED);
    ringmill_producer_free(producer);
}

static void a_group_deals_every_partition_to_one_member(void) {
    ringmill_partitions *partitions = new_partitions(sizeof(size_t), 6, 8);
    ringmill_producer *producer;
    ringmill_group *group;
    ringmill_consumer *members[3];
    size_t value = 0, partition = 99, taken = 0;
    bool seen[6] = {false};
    OK(ringmill_producer_new(partitions, &producer));
    OK(ringmill_group_new(partitions, &group));
    for (int m = 0; m < 3; m++) {
        OK(ringmill_group_join(group, &members[m]));
    }
    /* Whoever asks hands over what is no longer its own. */
    for (int m = 0; m < 3; m++) {
        CHECK_STATUS(ringmill_consumer_pop(members[m], 0, &value, NULL), EMPTY);
    }
    for (size_t p = 0; p < 6; p++) {
        OK(ringmill_producer_push_to(producer, p, &p, 0));
    }
    for (int m = 0; m < 3; m++) {
        size_t mine = 0;
        while (ringmill_consumer_pop(members[m], 0, &value, &partition) == RINGMILL_STATUS_OK) {
            CHECK(value == partition && !seen[partition]);
            seen[partition] = true;
            mine++;
        }
        CHECK(mine == 2);
        taken += mine;
    }
    CHECK(taken == 6);
    /* Whoever leaves, leaves its partitions to the others. */
    ringmill_consumer_free(members[0]);
    ringmill_consumer_free(members[1]);
    for (size_t p = 0; p < 6; p++) {
        OK(ringmill_producer_push_to(producer, p, &p, 0));
    }
    for (size_t p = 0; p < 6; p++) {
        OK(ringmill_consumer_pop(members[2], 0, &value, &partition));
    }
    ringmill_group_free(group);
    CHECK_STATUS(ringmill_consumer_pop(members[2], 0, &value, &partition), EMPTY);
    ringmill_consumer_free(members[2]);
    ringmill_producer_free(producer);
    ringmill_partitions_free(partitions);
}

int main(void) {
    RUN(defaults_are_as_documented);
    RUN(keys_hash_as_they_do_in_rust);
    RUN(a_key_has_its_partition);
    RUN(full_empty_and_late_are_answers);
    RUN(a_consumer_of_some_takes_from_these_only);
    RUN(closing_refuses_and_lets_the_rest_out);
    RUN(the_queue_closes_with_its_last_producer);
    RUN(the_queue_closes_with_its_last_consumer);
    RUN(a_group_deals_every_partition_to_one_member);
    return 0;
}
