/* Calls of every kind while another thread closes: what was accepted is received, what is refused is told. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 200
#define THREADS 2

struct meeting {
    ringmill_channel *channel;
    ringmill_partitions *partitions;
    atomic_ulong accepted;
    atomic_ulong taken;
    pthread_barrier_t start;
};

static void *sends_until_closed(void *argument) {
    struct meeting *meeting = (struct meeting *)argument;
    const int batch[3] = {1, 2, 3};
    uint32_t status = RINGMILL_STATUS_OK;
    pthread_barrier_wait(&meeting->start);
    for (unsigned round = 0; status != RINGMILL_STATUS_CLOSED; round++) {
        size_t sent = 0;
        switch (round % 3) {
        case 0:
            status = ringmill_channel_try_send(meeting->channel, batch);
            sent = status == RINGMILL_STATUS_OK;
            break;
        case 1:
            status = ringmill_channel_send(meeting->channel, batch, RINGMILL_FOREVER);
            sent = status == RINGMILL_STATUS_OK;
            break;
        default:
            status = ringmill_channel_send_batch(meeting->channel, batch, 3, RINGMILL_FOREVER, &sent);
        }
        CHECK(status == RINGMILL_STATUS_OK || status == RINGMILL_STATUS_FULL || status == RINGMILL_STATUS_CLOSED);
        atomic_fetch_add(&meeting->accepted, sent);
    }
    return NULL;
}

static void *receives_until_closed(void *argument) {
    struct meeting *meeting = (struct meeting *)argument;
    int batch[3];
    uint32_t status = RINGMILL_STATUS_OK;
    pthread_barrier_wait(&meeting->start);
    for (unsigned round = 0; status != RINGMILL_STATUS_CLOSED; round++) {
        size_t received = 0;
        switch (round % 3) {
        case 0:
            status = ringmill_channel_try_recv(meeting->channel, batch);
            received = status == RINGMILL_STATUS_OK;
            break;
        case 1:
            status = ringmill_channel_recv(meeting->channel, RINGMILL_FOREVER, batch);
            received = status == RINGMILL_STATUS_OK;
            break;
        default:
            status = ringmill_channel_recv_batch(meeting->channel, 1, 3, RINGMILL_FOREVER, batch, &received);
        }
        CHECK(status == RINGMILL_STATUS_OK || status == RINGMILL_STATUS_EMPTY || status == RINGMILL_STATUS_CLOSED);
        atomic_fetch_add(&meeting->taken, received);
    }
    return NULL;
}

static void *pushes_until_closed(void *argument) {
    struct meeting *meeting = (struct meeting *)argument;
    ringmill_producer *producer;
    const int batch[3] = {1, 2, 3};
    uint32_t status = RINGMILL_STATUS_OK;
    OK(ringmill_producer_new(meeting->partitions, &producer));
    pthread_barrier_wait(&meeting->start);
    for (unsigned round = 0; status != RINGMILL_STATUS_CLOSED; round++) {
        size_t pushed = 0;
        if (round % 2 == 0) {
            status = ringmill_producer_push_key(producer, &round, sizeof round, batch, RINGMILL_FOREVER, NULL);
            pushed = status == RINGMILL_STATUS_OK;
        } else {
            status = ringmill_producer_push_batch(producer, round % 3, batch, 3, RINGMILL_FOREVER, &pushed);
        }
        CHECK(status == RINGMILL_STATUS_OK || status == RINGMILL_STATUS_CLOSED);
        atomic_fetch_add(&meeting->accepted, pushed);
    }
    ringmill_producer_free(producer);
    return NULL;
}

static void *pops_until_closed(void *argument) {
    struct meeting *meeting = (struct meeting *)argument;
    ringmill_consumer *consumer;
    int batch[3];
    uint32_t status = RINGMILL_STATUS_OK;
    OK(ringmill_consumer_new(meeting->partitions, NULL, 0, &consumer));
    pthread_barrier_wait(&meeting->start);
    while (status != RINGMILL_STATUS_CLOSED) {
        size_t popped = 0;
        status = ringmill_consumer_pop_batch(consumer, 3, RINGMILL_FOREVER, batch, NULL, &popped);
        CHECK(status == RINGMILL_STATUS_OK || status == RINGMILL_STATUS_CLOSED);
        atomic_fetch_add(&meeting->taken, popped);
    }
    ringmill_consumer_free(consumer);
    return NULL;
}

/* Two threads on each side; this one closes in the middle of it. */
static void meet(struct meeting *meeting, void *(*give)(void *), void *(*take)(void *)) {
    pthread_t threads[2 * THREADS];
    atomic_store(&meeting->accepted, 0);
    atomic_store(&meeting->taken, 0);
    CHECK(pthread_barrier_init(&meeting->start, NULL, 2 * THREADS + 1) == 0);
    for (int i = 0; i < 2 * THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, i % 2 == 0 ? give : take, meeting) == 0);
    }
    pthread_barrier_wait(&meeting->start);
    while (atomic_load(&meeting->taken) == 0) {
    }
    if (meeting->channel != NULL) {
        OK(ringmill_channel_close(meeting->channel));
    } else {
        OK(ringmill_partitions_close(meeting->partitions));
    }
    for (int i = 0; i < 2 * THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(atomic_load(&meeting->accepted) == atomic_load(&meeting->taken));
    pthread_barrier_destroy(&meeting->start);
}

static void a_channel_that_closes_keeps_what_it_accepted(void) {
    for (int round = 0; round < ROUNDS; round++) {
        struct meeting meeting = {.channel = new_channel(sizeof(int), 1 + (size_t)round % 5)};
        meet(&meeting, sends_until_closed, receives_until_closed);
        ringmill_channel_free(meeting.channel);
    }
}

static void partitions_that_close_keep_what_they_accepted(void) {
    for (int round = 0; round < ROUNDS; round++) {
        struct meeting meeting = {.partitions = new_partitions(sizeof(int), 3, 1 + (size_t)round % 5)};
        meet(&meeting, pushes_until_closed, pops_until_closed);
        ringmill_partitions_free(meeting.partitions);
    }
}

int main(void) {
    RUN(a_channel_that_closes_keeps_what_it_accepted);
    RUN(partitions_that_close_keep_what_they_accepted);
    return 0;
}
