/* NULL and absurd lengths for every function that takes a handle or a buffer: a status, and nothing else. */
#include "check.h"

static void rings_refuse_null_and_absurd_lengths(void) {
    for (uint32_t kind = 0; kind < 2; kind++) {
        ringmill_ring *ring = new_ring(kind, 8, 4);
        char room[64] = {0};
        size_t moved = 99;
        ringmill_room reserved;
        ringmill_view view;
        INVALID(ringmill_ring_push(NULL, room));
        INVALID(ringmill_ring_push(ring, NULL));
        INVALID(ringmill_ring_pop(NULL, room));
        INVALID(ringmill_ring_pop(ring, NULL));
        INVALID(ringmill_ring_push_bulk(NULL, room, 1));
        INVALID(ringmill_ring_push_bulk(ring, NULL, 1));
        INVALID(ringmill_ring_push_bulk(ring, room, 5));
        INVALID(ringmill_ring_push_bulk(ring, room, SIZE_MAX));
        INVALID(ringmill_ring_pop_bulk(NULL, 1, room));
        INVALID(ringmill_ring_pop_bulk(ring, 1, NULL));
        INVALID(ringmill_ring_pop_bulk(ring, 5, room));
        INVALID(ringmill_ring_pop_bulk(ring, SIZE_MAX, room));
        INVALID(ringmill_ring_push_burst(NULL, room, 1, &moved));
        CHECK(moved == 0);
        moved = 99;
        INVALID(ringmill_ring_push_burst(ring, NULL, 1, &moved));
        CHECK(moved == 0);
        INVALID(ringmill_ring_push_burst(ring, room, 1, NULL));
        INVALID(ringmill_ring_push_burst(ring, room, SIZE_MAX, &moved));
        INVALID(ringmill_ring_push_burst(ring, room, SIZE_MAX / 8, &moved));
        CHECK(ringmill_ring_len(ring) == 0);
        moved = 99;
        INVALID(ringmill_ring_pop_burst(NULL, 1, room, &moved));
        CHECK(moved == 0);
        moved = 99;
        INVALID(ringmill_ring_pop_burst(ring, 1, NULL, &moved));
        CHECK(moved == 0);
        INVALID(ringmill_ring_pop_burst(ring, 1, room, NULL));
        INVALID(ringmill_ring_pop_burst(ring, SIZE_MAX, room, &moved));
        INVALID(ringmill_ring_reserve(NULL, 1, &reserved));
        INVALID(ringmill_ring_reserve(ring, 1, NULL));
        INVALID(ringmill_ring_peek(NULL, 1, &view));
        INVALID(ringmill_ring_peek(ring, 1, NULL));
        CHECK(ringmill_ring_len(NULL) == 0);
        CHECK(ringmill_ring_capacity(NULL) == 0);
        /* None of it has done anything. */
        CHECK(ringmill_ring_len(ring) == 0);
        OK(ringmill_ring_push_bulk(ring, room, 4));
        OK(ringmill_ring_pop_bulk(ring, 4, room));
        ringmill_ring_free(ring);
    }
}

static void channels_refuse_null_and_absurd_lengths(void) {
    ringmill_channel *channel = new_channel(8, 4);
    char room[64] = {0};
    size_t moved = 99;
    INVALID(ringmill_channel_try_send(NULL, room));
    INVALID(ringmill_channel_try_send(channel, NULL));
    INVALID(ringmill_channel_send(NULL, room, 0));
    INVALID(ringmill_channel_send(channel, NULL, RINGMILL_FOREVER));
    INVALID(ringmill_channel_try_recv(NULL, room));
    INVALID(ringmill_channel_try_recv(channel, NULL));
    INVALID(ringmill_channel_recv(NULL, RINGMILL_FOREVER, room));
    INVALID(ringmill_channel_recv(channel, RINGMILL_FOREVER, NULL));
    INVALID(ringmill_channel_send_batch(NULL, room, 1, 0, &moved));
    CHECK(moved == 0);
    moved = 99;
    INVALID(ringmill_channel_send_batch(channel, NULL, 1, 0, &moved));
    CHECK(moved == 0);
    INVALID(ringmill_channel_send_batch(channel, room, 1, 0, NULL));
    INVALID(ringmill_channel_send_batch(channel, room, SIZE_MAX, 0, &moved));
    moved = 99;
    INVALID(ringmill_channel_recv_batch(NULL, 1, 1, 0, room, &moved));
    CHECK(moved == 0);
    moved = 99;
    INVALID(ringmill_channel_recv_batch(channel, 1, 1, 0, NULL, &moved));
    CHECK(moved == 0);
    INVALID(ringmill_channel_recv_batch(channel, 1, 1, 0, room, NULL));
    INVALID(ringmill_channel_recv_batch(channel, 1, SIZE_MAX, 0, room, &moved));
    INVALID(ringmill_channel_close(NULL));
    CHECK(ringmill_channel_is_closed(NULL));
    CHECK(ringmill_channel_len(NULL) == 0);
    CHECK(ringmill_channel_capacity(NULL) == 0);
    CHECK(ringmill_channel_len(channel) == 0);
    ringmill_channel_free(channel);
    ringmill_channel_free(NULL);
}

static void pollables_refuse_null(void) {
    ringmill_channel *channel = new_channel(8, 4);
    ringmill_pollable *pollable = (ringmill_pollable *)channel;
    char room[8];
    INVALID(ringmill_pollable_new(NULL, &pollable));
    CHECK(pollable == NULL);
    INVALID(ringmill_pollable_new(channel, NULL));
    OK(ringmill_pollable_new(channel, &pollable));
    INVALID(ringmill_pollable_recv_or_arm(NULL, room));
    INVALID(ringmill_pollable_recv_or_arm(pollable, NULL));
    CHECK(ringmill_pollable_fd(NULL) == -1);
    ringmill_pollable_free(pollable);
    ringmill_pollable_free(NULL);
    ringmill_channel_free(channel);
}

static void partitions_refuse_null_and_absurd_lengths(void) {
    ringmill_partitions *partitions = new_partitions(8, 4, 4);
    ringmill_producer *producer = (ringmill_producer *)partitions;
    ringmill_consumer *consumer = (ringmill_consumer *)partitions;
    ringmill_group *group = (ringmill_group *)partitions;
    char room[64] = {0};
    size_t moved = 99, partition = 99;
    static const size_t twice[] = {1, 2, 1}, beyond[] = {0, 4}, some[] = {0, 3}, many[] = {0, 1, 2, 3, 0};

    INVALID(ringmill_partitions_close(NULL));
    CHECK(ringmill_partitions_is_closed(NULL));
    CHECK(ringmill_partitions_count(NULL) == 0);
    CHECK(ringmill_partitions_capacity(NULL) == 0);
    INVALID(ringmill_partitions_len_of(NULL, 0, &moved));
    CHECK(moved == 0);
    INVALID(ringmill_partitions_len_of(partitions, 0, NULL));
    moved = 99;
    CHECK_STATUS(ringmill_partitions_len_of(partitions, 4, &moved), NO_SUCH_PARTITION);
    CHECK(moved == 0);
    CHECK_STATUS(ringmill_partitions_len_of(partitions, SIZE_MAX, &moved), NO_SUCH_PARTITION);

    INVALID(ringmill_producer_new(NULL, &producer));
    CHECK(producer == NULL);
    INVALID(ringmill_producer_new(partitions, NULL));
    INVALID(ringmill_consumer_new(NULL, NULL, 0, &consumer));
    CHECK(consumer == NULL);
    INVALID(ringmill_consumer_new(partitions, NULL, 0, NULL));
    INVALID(ringmill_consumer_new(partitions, NULL, 2, &consumer));
    CHECK_STATUS(ringmill_consumer_new(partitions, many, SIZE_MAX, &consumer), PARTITION_TWICE);
    CHECK_STATUS(ringmill_consumer_new(partitions, twice, 3, &consumer), PARTITION_TWICE);
    CHECK_STATUS(ringmill_consumer_new(partitions, beyond, 2, &consumer), NO_SUCH_PARTITION);
    CHECK_STATUS(ringmill_consumer_new(partitions, some, 0, &consumer), NO_PARTITIONS);
    CHECK(consumer == NULL);
    INVALID(ringmill_group_new(NULL, &group));
    CHECK(group == NULL);
    INVALID(ringmill_group_new(partitions, NULL));
    INVALID(ringmill_group_join(NULL, &consumer));
    OK(ringmill_group_new(partitions, &group));
    INVALID(ringmill_group_join(group, NULL));
    ringmill_group_free(group);

    OK(ringmill_producer_new(partitions, &producer));
    INVALID(ringmill_producer_push_key(NULL, "k", 1, room, 0, &partition));
    CHECK(partition == 0);
    INVALID(ringmill_producer_push_key(producer, NULL, 1, room, 0, &partition));
    INVALID(ringmill_producer_push_key(producer, "k", SIZE_MAX, room, 0, &partition));
    INVALID(ringmill_producer_push_key(producer, "k", 1, NULL, 0, &partition));
    OK(ringmill_producer_push_key(producer, NULL, 0, room, 0, NULL));
    INVALID(ringmill_producer_push_to(NULL, 0, room, 0));
    INVALID(ringmill_producer_push_to(producer, 0, NULL, 0));
    CHECK_STATUS(ringmill_producer_push_to(producer, 4, room, 0), NO_SUCH_PARTITION);
    CHECK_STATUS(ringmill_producer_push_to(producer, SIZE_MAX, room, 0), NO_SUCH_PARTITION);
    moved = 99;
    INVALID(ringmill_producer_push_batch(NULL, 0, room, 1, 0, &moved));
    CHECK(moved == 0);
    INVALID(ringmill_producer_push_batch(producer, 0, NULL, 1, 0, &moved));
    INVALID(ringmill_producer_push_batch(producer, 0, room, SIZE_MAX, 0, &moved));
    INVALID(ringmill_producer_push_batch(producer, 0, room, 1, 0, NULL));
    moved = 99;
    CHECK_STATUS(ringmill_producer_push_batch(producer, 9, room, 1, 0, &moved), NO_SUCH_PARTITION);
    CHECK(moved == 0);

    OK(ringmill_consumer_new(partitions, some, 2, &consumer));
    INVALID(ringmill_consumer_pop(NULL, 0, room, &partition));
    INVALID(ringmill_consumer_pop(consumer, 0, NULL, &partition));
    moved = 99;
    INVALID(ringmill_consumer_pop_batch(NULL, 1, 0, room, &partition, &moved));
    CHECK(moved == 0);
    INVALID(ringmill_consumer_pop_batch(consumer, 1, 0, NULL, &partition, &moved));
    INVALID(ringmill_consumer_pop_batch(consumer, SIZE_MAX, 0, room, &partition, &moved));
    INVALID(ringmill_consumer_pop_batch(consumer, 1, 0, room, &partition, NULL));
    ringmill_consumer_free(consumer);
    ringmill_producer_free(producer);
    ringmill_partitions_free(partitions);

    ringmill_partitions_free(NULL);
    ringmill_producer_free(NULL);
    ringmill_consumer_free(NULL);
    ringmill_group_free(NULL);
}

static void hashes_of_nothing_are_that_of_the_empty_key(void) {
    const uint64_t empty = ringmill_hash("", 0);
    CHECK(ringmill_hash(NULL, 0) == empty);
    CHECK(ringmill_hash(NULL, 7) == empty);
    CHECK(ringmill_hash("x", SIZE_MAX) == empty);
    CHECK(ringmill_partition_of(UINT64_MAX, 0) == 0);
}

int main(void) {
    RUN(rings_refuse_null_and_absurd_lengths);
    RUN(channels_refuse_null_and_absurd_lengths);
    RUN(pollables_refuse_null);
    RUN(partitions_refuse_null_and_absurd_lengths);
    RUN(hashes_of_nothing_are_that_of_the_empty_key);
    return 0;
}
