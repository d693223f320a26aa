/* Producers and consumers on threads of their own, with the order checker: single, bulk, burst and in place, for both
 * kinds of ring; channels; partitions; consumers of a group that come and go. */
#include "order.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define THREADS_MAX 8

/* How many elements each producer sends; the sanitizers take fewer. */
static uint32_t each = 40000;

enum { SINGLE, BULK, BURST, IN_PLACE, WAYS };

struct run {
    order_book book;
    ringmill_ring *ring;
    ringmill_channel *channel;
    ringmill_partitions *partitions;
    ringmill_group *group;
    int way;
    atomic_uint producing;
};

struct worker {
    struct run *run;
    uint32_t number;
    pthread_t thread;
};

static void work(struct run *run, uint32_t producers, uint32_t consumers, void *(*produce)(void *),
                 void *(*consume)(void *)) {
    struct worker workers[2 * THREADS_MAX];
    run->book = order_book_new(producers, each);
    atomic_store(&run->producing, producers);
    for (uint32_t i = 0; i < producers + consumers; i++) {
        workers[i].run = run;
        workers[i].number = i < producers ? i : i - producers;
        CHECK(pthread_create(&workers[i].thread, NULL, i < producers ? produce : consume, &workers[i]) == 0);
    }
    for (uint32_t i = 0; i < producers; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    }
    if (run->channel != NULL) {
        OK(ringmill_channel_close(run->channel));
    }
    if (run->partitions != NULL) {
        OK(ringmill_partitions_close(run->partitions));
    }
    for (uint32_t i = producers; i < producers + consumers; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    }
    order_book_end(&run->book);
}

#define BATCH 7

/* Pushes up to BATCH elements; how many were pushed. */
static size_t push_some(const struct run *run, uint32_t producer, uint32_t number) {
    numbered batch[BATCH];
    ringmill_room room;
    size_t pushed = 0;
    uint32_t status = RINGMILL_STATUS_OK;
    const uint32_t left = each - number;
    const size_t n = left < BATCH ? left : BATCH;
    for (uint32_t i = 0; i < n; i++) {
        batch[i] = numbered_make(producer, number + i);
    }
    switch (run->way) {
    case SINGLE:
        status = ringmill_ring_push(run->ring, batch);
        pushed = 1;
        break;
    case BULK:
        status = ringmill_ring_push_bulk(run->ring, batch, n);
        pushed = n;
        break;
    case BURST:
        status = ringmill_ring_push_burst(run->ring, batch, n, &pushed);
        break;
    default:
        /* Now and then room is given up, or more is reserved than needed. */
        if (number % 11 == 3 && ringmill_ring_reserve(run->ring, n, &room) == RINGMILL_STATUS_OK) {
            OK(ringmill_ring_cancel(run->ring, &room));
        }
        status = ringmill_ring_reserve(run->ring, n, &room);
        if (status == RINGMILL_STATUS_OK) {
            pushed = room.first_count + room.second_count;
            pushed -= pushed > 1 && number % 5 == 0;
            for (size_t i = 0; i < pushed; i++) {
                memcpy(ringmill_room_at(&room, i), &batch[i], sizeof *batch);
            }
            OK(ringmill_ring_commit(run->ring, &room, pushed));
        }
    }
    if (status != RINGMILL_STATUS_OK) {
        CHECK_STATUS(status, FULL);
        return 0;
    }
    return pushed;
}

static void *produces(void *argument) {
    const struct worker *worker = (const struct worker *)argument;
    for (uint32_t number = 0; number < each;) {
        const size_t pushed = push_some(worker->run, worker->number, number);
        number += (uint32_t)pushed;
        if (pushed == 0) {
            sched_yield();
        }
    }
    atomic_fetch_sub(&worker->run->producing, 1);
    return NULL;
}

static size_t pop_some(struct run *run, order_seen *seen) {
    numbered batch[BATCH];
    ringmill_view view;
    size_t popped = 0;
    uint32_t status = RINGMILL_STATUS_OK;
    switch (run->way) {
    case SINGLE:
        status = ringmill_ring_pop(run->ring, batch);
        popped = 1;
        break;
    case BULK:
        status = ringmill_ring_pop_bulk(run->ring, 2, batch);
        popped = 2;
        if (status == RINGMILL_STATUS_EMPTY) {
            status = ringmill_ring_pop_bulk(run->ring, 1, batch);
            popped = 1;
        }
        break;
    case BURST:
        status = ringmill_ring_pop_burst(run->ring, BATCH, batch, &popped);
        break;
    default:
        status = ringmill_ring_peek(run->ring, BATCH, &view);
        if (status == RINGMILL_STATUS_OK) {
            popped = view.first_count + view.second_count;
            for (size_t i = 0; i < popped; i++) {
                memcpy(&batch[i], ringmill_view_at(&view, i), sizeof *batch);
            }
            OK(ringmill_ring_release(run->ring, &view, popped));
        }
    }
    if (status != RINGMILL_STATUS_OK) {
        CHECK_STATUS(status, EMPTY);
        return 0;
    }
    for (size_t i = 0; i < popped; i++) {
        order_note(&run->book, seen, &batch[i]);
    }
    return popped;
}

static void *consumes(void *argument) {
    struct run *run = ((struct worker *)argument)->run;
    order_seen seen = {{0}};
    for (;;) {
        /* Before the look: what is empty after the last producer has ended stays empty. */
        const bool over = atomic_load(&run->producing) == 0;
        if (pop_some(run, &seen) == 0) {
            if (over) {
                return NULL;
            }
            sched_yield();
        }
    }
}

static void rings_lose_and_double_nothing(void) {
    for (int way = 0; way < WAYS; way++) {
        for (size_t capacity = 8; capacity <= 64; capacity += 28) {
            struct run run = {.way = way};
            run.ring = new_ring(RINGMILL_RING_KIND_SPSC, sizeof(numbered), capacity);
            work(&run, 1, 1, produces, consumes);
            ringmill_ring_free(run.ring);
            run.ring = new_ring(RINGMILL_RING_KIND_MPMC, sizeof(numbered), capacity);
            work(&run, 1, 1, produces, consumes);
            work(&run, 2, 2, produces, consumes);
            work(&run, 3, 1, produces, consumes);
            work(&run, 1, 3, produces, consumes);
            CHECK(ringmill_ring_len(run.ring) == 0);
            ringmill_ring_free(run.ring);
        }
    }
}

static void *sends(void *argument) {
    const struct worker *worker = (const struct worker *)argument;
    numbered batch[BATCH];
    for (uint32_t number = 0; number < each;) {
        const uint32_t n = each - number < BATCH ? each - number : BATCH;
        if (number % 3 == 0) {
            size_t sent = 0;
            for (uint32_t i = 0; i < n; i++) {
                batch[i] = numbered_make(worker->number, number + i);
            }
            OK(ringmill_channel_send_batch(worker->run->channel, batch, n, RINGMILL_FOREVER, &sent));
            CHECK(sent == n);
            number += n;
        } else {
            batch[0] = numbered_make(worker->number, number);
            OK(ringmill_channel_send(worker->run->channel, batch, RINGMILL_FOREVER));
            number++;
        }
    }
    return NULL;
}

static void *receives(void *argument) {
    struct run *run = ((struct worker *)argument)->run;
    order_seen seen = {{0}};
    numbered batch[BATCH];
    size_t received = 0;
    for (unsigned round = 0;; round++) {
        uint32_t status;
        if (round % 2 == 0) {
            received = 1;
            status = ringmill_channel_recv(run->channel, RINGMILL_FOREVER, batch);
        } else {
            status =
                ringmill_channel_recv_batch(run->channel, 1 + round % 3, BATCH, RINGMILL_FOREVER, batch, &received);
        }
        if (status != RINGMILL_STATUS_OK) {
            CHECK_STATUS(status, CLOSED);
            return NULL;
        }
        for (size_t i = 0; i < received; i++) {
            order_note(&run->book, &seen, &batch[i]);
        }
    }
}

static void channels_lose_and_double_nothing(void) {
    static const uint32_t threads[][2] = {{1, 1}, {2, 2}, {3, 1}, {1, 3}};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct run run = {.way = 0};
        run.channel = new_channel(sizeof(numbered), 16);
        work(&run, threads[t][0], threads[t][1], sends, receives);
        ringmill_channel_free(run.channel);
    }
}

static void *pushes_by_key(void *argument) {
    const struct worker *worker = (const struct worker *)argument;
    ringmill_producer *producer;
    OK(ringmill_producer_new(worker->run->partitions, &producer));
    for (uint32_t number = 0; number < each; number++) {
        const numbered element = numbered_make(worker->number, number);
        const uint32_t key = number % 50;
        OK(ringmill_producer_push_key(producer, &key, sizeof key, &element, RINGMILL_FOREVER, NULL));
    }
    ringmill_producer_free(producer);
    return NULL;
}

#define PARTITIONS 5

/* Order holds for each key, so for each partition. */
static void take_until_closed(struct run *run, ringmill_consumer *consumer, uint32_t most) {
    order_seen seen[PARTITIONS];
    memset(seen, 0, sizeof seen);
    numbered batch[BATCH];
    for (uint32_t taken = 0; taken < most;) {
        size_t partition = 0, popped = 0;
        const uint32_t status =
            ringmill_consumer_pop_batch(consumer, BATCH, RINGMILL_FOREVER, batch, &partition, &popped);
        if (status != RINGMILL_STATUS_OK) {
            CHECK_STATUS(status, CLOSED);
            return;
        }
        CHECK(partition < PARTITIONS);
        for (size_t i = 0; i < popped; i++) {
            order_note(&run->book, &seen[partition], &batch[i]);
        }
        taken += (uint32_t)popped;
    }
}

static void *takes_from_all(void *argument) {
    struct run *run = ((struct worker *)argument)->run;
    ringmill_consumer *consumer;
    OK(ringmill_consumer_new(run->partitions, NULL, 0, &consumer));
    take_until_closed(run, consumer, UINT32_MAX);
    ringmill_consumer_free(consumer);
    return NULL;
}

/* The first member stays; the others leave now and then and join anew. */
static void *takes_as_a_member(void *argument) {
    const struct worker *worker = (const struct worker *)argument;
    const bool stays = worker->number == 0;
    for (int round = 0; stays ? round < 1 : round < 5; round++) {
        ringmill_consumer *consumer;
        OK(ringmill_group_join(worker->run->group, &consumer));
        take_until_closed(worker->run, consumer, stays ? UINT32_MAX : each / 20);
        ringmill_consumer_free(consumer);
    }
    return NULL;
}

static void partitions_lose_and_double_nothing(void) {
    for (uint32_t consumers = 1; consumers <= 3; consumers++) {
        struct run run = {.way = 0};
        run.partitions = new_partitions(sizeof(numbered), PARTITIONS, 16);
        work(&run, 2, consumers, pushes_by_key, takes_from_all);
        ringmill_partitions_free(run.partitions);
    }
}

static void groups_lose_and_double_nothing_while_members_come_and_go(void) {
    struct run run = {.way = 0};
    run.partitions = new_partitions(sizeof(numbered), PARTITIONS, 16);
    OK(ringmill_group_new(run.partitions, &run.group));
    work(&run, 2, 3, pushes_by_key, takes_as_a_member);
    ringmill_group_free(run.group);
    ringmill_partitions_free(run.partitions);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        each = (uint32_t)strtoul(argv[1], NULL, 10);
    }
    RUN(rings_lose_and_double_nothing);
    RUN(channels_lose_and_double_nothing);
    RUN(partitions_lose_and_double_nothing);
    RUN(groups_lose_and_double_nothing_while_members_come_and_go);
    return 0;
}
