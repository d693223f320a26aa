/* A debug build of the library knows which handles there are. Linked with such a build only. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

static void a_freed_ring_is_stale(void) {
    ringmill_ring *ring = new_ring(RINGMILL_RING_KIND_MPMC, 8, 4);
    char room[32] = {0};
    size_t moved = 99;
    ringmill_room reserved;
    ringmill_view view;
    ringmill_ring_free(ring);
    CHECK_STATUS(ringmill_ring_push(ring, room), STALE_HANDLE);
    CHECK_STATUS(ringmill_ring_pop(ring, room), STALE_HANDLE);
    CHECK_STATUS(ringmill_ring_push_bulk(ring, room, 1), STALE_HANDLE);
    CHECK_STATUS(ringmill_ring_pop_bulk(ring, 1, room), STALE_HANDLE);
    CHECK_STATUS(ringmill_ring_push_burst(ring, room, 1, &moved), STALE_HANDLE);
    CHECK(moved == 0);
    CHECK_STATUS(ringmill_ring_pop_burst(ring, 1, room, &moved), STALE_HANDLE);
    CHECK_STATUS(ringmill_ring_reserve(ring, 1, &reserved), STALE_HANDLE);
    CHECK_STATUS(ringmill_ring_peek(ring, 1, &view), STALE_HANDLE);
    CHECK(ringmill_ring_len(ring) == 0);
    CHECK(ringmill_ring_capacity(ring) == 0);
}

static void a_freed_channel_is_stale(void) {
    ringmill_channel *channel = new_channel(8, 4);
    char room[8] = {0};
    ringmill_pollable *pollable;
    ringmill_channel_free(channel);
    CHECK_STATUS(ringmill_channel_try_send(channel, room), STALE_HANDLE);
    CHECK_STATUS(ringmill_channel_recv(channel, RINGMILL_FOREVER, room), STALE_HANDLE);
    CHECK_STATUS(ringmill_channel_close(channel), STALE_HANDLE);
    CHECK_STATUS(ringmill_pollable_new(channel, &pollable), STALE_HANDLE);
    CHECK(ringmill_channel_is_closed(channel));
}

static void freed_partitions_are_stale(void) {
    ringmill_partitions *partitions = new_partitions(8, 2, 4);
    ringmill_producer *producer;
    ringmill_consumer *consumer;
    char room[8] = {0};
    OK(ringmill_producer_new(partitions, &producer));
    OK(ringmill_consumer_new(partitions, NULL, 0, &consumer));
    ringmill_partitions_free(partitions);
    CHECK_STATUS(ringmill_partitions_close(partitions), STALE_HANDLE);
    OK(ringmill_producer_push_to(producer, 0, room, 0));
    ringmill_producer_free(producer);
    CHECK_STATUS(ringmill_producer_push_to(producer, 0, room, 0), STALE_HANDLE);
    ringmill_consumer_free(consumer);
    CHECK_STATUS(ringmill_consumer_pop(consumer, RINGMILL_FOREVER, room, NULL), STALE_HANDLE);
}

static void a_handle_of_another_kind_is_stale(void) {
    ringmill_channel *channel = new_channel(8, 4);
    char room[8] = {0};
    CHECK_STATUS(ringmill_ring_push((ringmill_ring *)channel, room), STALE_HANDLE);
    ringmill_channel_free(channel);
}

static void freeing_twice_ends_the_program(void) {
    ringmill_ring *ring = new_ring(RINGMILL_RING_KIND_SPSC, 8, 4);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        /* What it says is expected here. */
        if (freopen("/dev/null", "w", stderr) == NULL) {
            _exit(1);
        }
        ringmill_ring_free(ring);
        ringmill_ring_free(ring);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    ringmill_ring_free(ring);
}

int main(void) {
    RUN(a_freed_ring_is_stale);
    RUN(a_freed_channel_is_stale);
    RUN(freed_partitions_are_stale);
    RUN(a_handle_of_another_kind_is_stale);
    RUN(freeing_twice_ends_the_program);
    return 0;
}
