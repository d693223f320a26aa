/* Ends that are for one thread at a time refuse a second one. */
#include "check.h"

#include <pthread.h>
#include <sched.h>

struct pair {
    ringmill_consumer *consumer;
    ringmill_partitions *partitions;
};

static void *waits(void *argument) {
    const struct pair *pair = (const struct pair *)argument;
    int value = 0;
    /* Whichever of the two threads comes second is refused; the other one waits until the end. */
    const uint32_t status = ringmill_consumer_pop(pair->consumer, RINGMILL_FOREVER, &value, NULL);
    if (status == RINGMILL_STATUS_BUSY) {
        OK(ringmill_partitions_close(pair->partitions));
    } else {
        CHECK_STATUS(status, CLOSED);
    }
    return (void *)(uintptr_t)status;
}

static void of_two_threads_at_a_consumer_one_is_refused(void) {
    struct pair pair;
    pthread_t threads[2];
    void *answers[2];
    pair.partitions = new_partitions(sizeof(int), 2, 4);
    OK(ringmill_consumer_new(pair.partitions, NULL, 0, &pair.consumer));
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, waits, &pair) == 0);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], &answers[i]) == 0);
    }
    CHECK((uintptr_t)answers[0] + (uintptr_t)answers[1] == RINGMILL_STATUS_BUSY + RINGMILL_STATUS_CLOSED);
    int value = 0;
    CHECK_STATUS(ringmill_consumer_pop(pair.consumer, 0, &value, NULL), CLOSED);
    ringmill_consumer_free(pair.consumer);
    ringmill_partitions_free(pair.partitions);
}

int main(void) {
    RUN(of_two_threads_at_a_consumer_one_is_refused);
    return 0;
}
