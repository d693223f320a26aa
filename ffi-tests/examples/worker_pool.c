/* A worker pool with retries and dead letters: jobs that fail are tried again by themselves, and what never works is
 * shown at the end, with its story. */
#include <pthread.h>
#include <ringmill.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(uint32_t status) {
    if (status != RINGMILL_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", ringmill_status_text(status), ringmill_last_message());
        exit(1);
    }
}

static uint32_t work(void *user, const ringmill_delivery *job) {
    int number;
    (void)user;
    memcpy(&number, job->payload, sizeof number);
    if (number % 100 == 99) {
        return RINGMILL_SETTLE_REJECT; /* never to be handled */
    }
    return number % 10 == 9 && job->attempts < 2 ? RINGMILL_SETTLE_NACK : RINGMILL_SETTLE_ACK;
}

static void *worker(void *jobs) {
    ringmill_queue_consumer *consumer;
    check(ringmill_queue_consumer_new(jobs, &consumer));
    const uint32_t ended = ringmill_consume(consumer, work, NULL, 0, RINGMILL_FOREVER, NULL);
    ringmill_queue_consumer_free(consumer);
    return ended == RINGMILL_STATUS_CLOSED ? jobs : NULL;
}

int main(void) {
    ringmill_engine *engine;
    ringmill_queue *jobs, *dead;
    ringmill_queue_producer *producer;
    ringmill_queue_options options;
    pthread_t workers[4];
    check(ringmill_engine_new(NULL, &engine));
    check(ringmill_queue_options_init(sizeof options, &options));
    options.retry_first_ns = 1000000;
    options.dead_letters = "jobs.dead";
    check(ringmill_queue_new(engine, "jobs", &options, &jobs));
    check(ringmill_queue_producer_new(jobs, &producer));
    for (int i = 0; i < 4; i++) pthread_create(&workers[i], NULL, worker, jobs);
    for (int number = 0; number < 1000; number++) {
        const ringmill_message message = {.payload = &number, .payload_len = sizeof number};
        check(ringmill_enqueue_timeout(producer, &message, RINGMILL_FOREVER, NULL));
    }
    check(ringmill_queue_close(jobs, NULL));
    for (int i = 0; i < 4; i++) pthread_join(workers[i], NULL);
    check(ringmill_queue_dead_letters(jobs, &dead));
    printf("%d dead letters\n", (int)ringmill_queue_len(dead));
    const int left = (int)ringmill_queue_len(dead) - 10;
    ringmill_queue_producer_free(producer), ringmill_queue_free(dead), ringmill_queue_free(jobs);
    ringmill_engine_free(engine);
    return left;
}
