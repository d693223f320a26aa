/* An engine whose time stands still, a queue of it, and both of its ends. */
#ifndef RINGMILL_QUEUE_H
#define RINGMILL_QUEUE_H

#include "check.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

typedef struct {
    ringmill_engine *engine;
    ringmill_queue *queue;
    ringmill_queue_producer *producer;
    ringmill_queue_consumer *consumer;
} world;

static inline ringmill_queue_options queue_options(void) {
    ringmill_queue_options options;
    OK(ringmill_queue_options_init(sizeof options, &options));
    options.dead_letters = "jobs.dead";
    return options;
}

static inline world new_world(const ringmill_queue_options *options) {
    world w = {NULL, NULL, NULL, NULL};
    ringmill_engine_options engine;
    OK(ringmill_engine_options_init(sizeof engine, &engine));
    engine.flags = RINGMILL_ENGINE_MANUAL | RINGMILL_ENGINE_VIRTUAL_CLOCK;
    OK(ringmill_engine_new(&engine, &w.engine));
    OK(ringmill_queue_new(w.engine, "jobs", options, &w.queue));
    OK(ringmill_queue_producer_new(w.queue, &w.producer));
    OK(ringmill_queue_consumer_new(w.queue, &w.consumer));
    CHECK(w.engine && w.queue && w.producer && w.consumer);
    return w;
}

static inline void free_world(world w) {
    ringmill_queue_producer_free(w.producer);
    ringmill_queue_consumer_free(w.consumer);
    ringmill_queue_free(w.queue);
    ringmill_engine_free(w.engine);
}

static inline ringmill_message message_of(const char *text) {
    ringmill_message message;
    memset(&message, 0, sizeof message);
    message.payload = text;
    message.payload_len = strlen(text);
    return message;
}

static inline void put(world w, const char *text) {
    const ringmill_message message = message_of(text);
    OK(ringmill_enqueue(w.producer, &message, NULL));
}

static inline ringmill_delivery take(world w) {
    ringmill_delivery delivery;
    OK(ringmill_dequeue(w.consumer, 0, &delivery));
    return delivery;
}

static inline bool is(const ringmill_delivery *delivery, const char *text) {
    return delivery->payload_len == strlen(text) && memcmp(delivery->payload, text, delivery->payload_len) == 0;
}

/* Lets time pass, and has done what is due. */
static inline void pass(world w, int64_t ns) {
    OK(ringmill_engine_advance(w.engine, ns));
    OK(ringmill_engine_tick(w.engine, NULL));
}

/* Lets a lease of this length end, in passes that are near enough to each other. */
static inline void outlast(world w, int64_t lease_ns) {
    for (int i = 0; i < 8; i++) {
        pass(w, lease_ns / 4);
    }
}

static inline bool is_empty(world w) {
    ringmill_delivery none;
    memset(&none, 1, sizeof none);
    CHECK_STATUS(ringmill_dequeue(w.consumer, 0, &none), EMPTY);
    CHECK(none.payload == NULL && none.receipt.check == 0);
    return true;
}

#endif
