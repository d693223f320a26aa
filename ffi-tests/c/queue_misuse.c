/* NULL, absurd lengths and unknown numbers for every function of queues: a status, and nothing else. */
#include "queue.h"

static void engines_refuse_what_is_wrong(void) {
    ringmill_engine_options options;
    ringmill_engine *engine = NULL;
    int64_t next = 7;
    INVALID(ringmill_engine_options_init(sizeof options - 1, &options));
    INVALID(ringmill_engine_options_init(sizeof options, NULL));
    OK(ringmill_engine_options_init(sizeof options, &options));
    INVALID(ringmill_engine_new(&options, NULL));
    options.flags = 64;
    INVALID(ringmill_engine_new(&options, &engine));
    options.flags = RINGMILL_ENGINE_VIRTUAL_CLOCK;
    INVALID(ringmill_engine_new(&options, &engine));
    options.flags = RINGMILL_ENGINE_MANUAL;
    options.size = 3;
    INVALID(ringmill_engine_new(&options, &engine));
    CHECK(engine == NULL);
    INVALID(ringmill_engine_tick(NULL, &next));
    CHECK(next == 0);
    INVALID(ringmill_engine_advance(NULL, 1));
    INVALID(ringmill_engine_step_wall(NULL, 1));
    INVALID(ringmill_engine_close(NULL));
    CHECK(ringmill_engine_now(NULL) == 0 && ringmill_engine_wall(NULL) == 0);
    ringmill_engine_free(NULL);
    const world w = new_world(NULL);
    INVALID(ringmill_engine_advance(w.engine, -1));
    OK(ringmill_engine_step_wall(w.engine, INT64_MIN));
    OK(ringmill_engine_advance(w.engine, INT64_MAX));
    free_world(w);
}

static void queues_refuse_what_is_wrong(void) {
    const world w = new_world(NULL);
    ringmill_queue *queue = w.queue;
    ringmill_queue_options options;
    INVALID(ringmill_queue_options_init(1, &options));
    INVALID(ringmill_queue_options_init(sizeof options, NULL));
    INVALID(ringmill_queue_new(NULL, "q", NULL, &queue));
    CHECK(queue == NULL);
    INVALID(ringmill_queue_new(w.engine, NULL, NULL, &queue));
    INVALID(ringmill_queue_new(w.engine, "\xff", NULL, &queue));
    INVALID(ringmill_queue_new(w.engine, "q", NULL, NULL));
    CHECK_STATUS(ringmill_queue_new(w.engine, "", NULL, &queue), INVALID_CONFIG);
#define REFUSED(field, value, status)                                                                                  \
    do {                                                                                                               \
        options = queue_options();                                                                                     \
        options.field = value;                                                                                         \
        CHECK_STATUS(ringmill_queue_new(w.engine, "q", &options, &queue), status);                                     \
        CHECK(queue == NULL && strlen(ringmill_last_message()) > 8);                                                   \
    } while (0)
    REFUSED(size, 1, INVALID_ARGUMENT);
    REFUSED(flags, 1u << 20, INVALID_ARGUMENT);
    REFUSED(reserved, 1, INVALID_ARGUMENT);
    REFUSED(wait, 9, INVALID_ARGUMENT);
    REFUSED(order, 9, INVALID_ARGUMENT);
    REFUSED(overflow, 9, INVALID_ARGUMENT);
    REFUSED(retry_backoff, 9, INVALID_ARGUMENT);
    REFUSED(retry_jitter, 9, INVALID_ARGUMENT);
    REFUSED(retry_max, -5, INVALID_ARGUMENT);
    REFUSED(dedup, 9, INVALID_ARGUMENT);
    REFUSED(dedup, RINGMILL_DEDUP_WINDOW, INVALID_CONFIG);
    REFUSED(max_waiting_per_key, -5, INVALID_ARGUMENT);
    REFUSED(aging_step_ns, 1, INVALID_CONFIG);
    REFUSED(lease_ns, -5, INVALID_ARGUMENT);
    REFUSED(dead_letters, "\xff", INVALID_ARGUMENT);
    REFUSED(dead_letters, "q", INVALID_CONFIG);
    REFUSED(partitions, RINGMILL_PARTITIONS_MAX + 1, INVALID_CONFIG);
    REFUSED(capacity, SIZE_MAX, INVALID_CONFIG);
    REFUSED(max_payload, SIZE_MAX, INVALID_CONFIG);
    REFUSED(inline_bytes, SIZE_MAX, INVALID_CONFIG);
    REFUSED(max_lease_ns, INT64_MAX, INVALID_CONFIG);
    REFUSED(release_delay_ns, INT64_MAX, INVALID_CONFIG);
    REFUSED(retry_max, 254, INVALID_CONFIG);
    REFUSED(retry_first_ns, INT64_MAX, INVALID_CONFIG);
    REFUSED(retry_cap_ns, INT64_MAX, INVALID_CONFIG);
    REFUSED(retry_factor, -1.0, INVALID_CONFIG);
    REFUSED(max_deliveries, UINT32_MAX, INVALID_CONFIG);
    CHECK_STATUS(ringmill_queue_find(w.engine, "q", &queue), NOT_FOUND);
    INVALID(ringmill_queue_find(NULL, "q", &queue));
    INVALID(ringmill_queue_find(w.engine, NULL, &queue));
    INVALID(ringmill_queue_find(w.engine, "q", NULL));
    INVALID(ringmill_queue_dead_letters(NULL, &queue));
    INVALID(ringmill_queue_dead_letters(w.queue, NULL));
    CHECK(ringmill_queue_partitions(NULL) == 0 && ringmill_queue_capacity(NULL) == 0 && ringmill_queue_len(NULL) == 0);
    ringmill_queue_free(NULL);
    free_world(w);
}

static void producers_refuse_what_is_wrong(void) {
    const world w = new_world(NULL);
    ringmill_queue_producer *producer = w.producer;
    ringmill_message message = message_of("good");
    ringmill_header header = {NULL, 7, "v", 1};
    ringmill_enqueued enqueued;
    ringmill_slot slot;
    size_t accepted = 7;
    INVALID(ringmill_queue_producer_new(NULL, &producer));
    CHECK(producer == NULL);
    INVALID(ringmill_queue_producer_new(w.queue, NULL));
    memset(&enqueued, 1, sizeof enqueued);
    INVALID(ringmill_enqueue(NULL, &message, &enqueued));
    CHECK(!enqueued.accepted && enqueued.id.offset == 0);
    INVALID(ringmill_enqueue(w.producer, NULL, &enqueued));
    INVALID(ringmill_enqueue_timeout(NULL, &message, RINGMILL_FOREVER, NULL));
    INVALID(ringmill_enqueue_timeout(w.producer, NULL, RINGMILL_FOREVER, NULL));
#define BAD(field, value, status)                                                                                      \
    do {                                                                                                               \
        message = message_of("good");                                                                                  \
        message.field = value;                                                                                         \
        CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), status);                                            \
        CHECK_STATUS(ringmill_enqueue_batch(w.producer, &message, 1, RINGMILL_FOREVER, &accepted), status);            \
        CHECK(accepted == 0);                                                                                          \
    } while (0)
    BAD(payload, NULL, INVALID_ARGUMENT);
    BAD(payload_len, SIZE_MAX, TOO_LARGE);
    BAD(payload_len, (size_t)16 * 1024 * 1024 + 1, TOO_LARGE);
    BAD(key_len, 1, INVALID_ARGUMENT);
    BAD(headers_count, 1, INVALID_ARGUMENT);
    BAD(priority, 33, INVALID_ARGUMENT);
    BAD(priority, 31, NO_SUCH_LEVEL);
    BAD(flags, 1, INVALID_ARGUMENT);
    BAD(ttl_ns, -1, INVALID_ARGUMENT);
    BAD(dedup_id, "id", NO_DEDUP);
    BAD(dedup_id_len, 1, INVALID_ARGUMENT);
    BAD(delay_ns, -1, INVALID_ARGUMENT);
    BAD(delay_ns, INT64_MAX, DELAY_TOO_LONG);
    BAD(due_at_ns, INT64_MAX, DELAY_TOO_LONG);
    message.delay_ns = 1;
    INVALID(ringmill_enqueue(w.producer, &message, NULL));
    message = message_of("good");
    message.key = "k";
    message.key_len = SIZE_MAX;
    INVALID(ringmill_enqueue(w.producer, &message, NULL));
    message = message_of("good");
    message.headers = &header;
    message.headers_count = SIZE_MAX;
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), TOO_MANY_HEADERS);
    message.headers_count = 1;
    INVALID(ringmill_enqueue(w.producer, &message, NULL));
    header.name = "n";
    header.name_len = SIZE_MAX / 2;
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), TOO_MANY_HEADERS);
    message = message_of("good");
    INVALID(ringmill_enqueue_batch(w.producer, NULL, 1, 0, &accepted));
    INVALID(ringmill_enqueue_batch(w.producer, &message, SIZE_MAX, 0, &accepted));
    INVALID(ringmill_enqueue_batch(w.producer, &message, 1, 0, NULL));
    OK(ringmill_enqueue_batch(w.producer, NULL, 0, 0, &accepted));

    INVALID(ringmill_reserve(NULL, 1, NULL, &slot));
    CHECK(slot.data == NULL);
    INVALID(ringmill_reserve(w.producer, 1, NULL, NULL));
    CHECK_STATUS(ringmill_reserve(w.producer, SIZE_MAX, NULL, &slot), TOO_LARGE);
    INVALID(ringmill_commit(w.producer, NULL, NULL));
    INVALID(ringmill_commit(w.producer, &slot, NULL));
    INVALID(ringmill_cancel(w.producer, NULL));
    INVALID(ringmill_cancel(w.producer, &slot));
    OK(ringmill_reserve(w.producer, 1, NULL, &slot));
    INVALID(ringmill_commit(NULL, &slot, NULL));
    INVALID(ringmill_cancel(NULL, &slot));
    slot.len = 2;
    INVALID(ringmill_commit(w.producer, &slot, NULL));
    slot.len = 1;
    message.priority = 5;
    OK(ringmill_cancel(w.producer, &slot));
    message.payload_len = 0;
    OK(ringmill_reserve(w.producer, 1, &message, &slot));
    CHECK_STATUS(ringmill_commit(w.producer, &slot, NULL), NO_SUCH_LEVEL);
    CHECK(ringmill_queue_len(w.queue) == 0);
    ringmill_queue_producer_free(NULL);
    free_world(w);
}

static void consumers_refuse_what_is_wrong(void) {
    const world w = new_world(NULL);
    ringmill_queue_consumer *consumer = w.consumer;
    ringmill_delivery job, jobs[2];
    ringmill_header header;
    size_t count = 7;
    INVALID(ringmill_queue_consumer_new(NULL, &consumer));
    CHECK(consumer == NULL);
    INVALID(ringmill_queue_consumer_new(w.queue, NULL));
    memset(&job, 1, sizeof job);
    INVALID(ringmill_dequeue(NULL, RINGMILL_FOREVER, &job));
    CHECK(job.payload == NULL && job.payload_len == 0);
    INVALID(ringmill_dequeue(w.consumer, RINGMILL_FOREVER, NULL));
    INVALID(ringmill_dequeue_batch(NULL, 1, 1, 0, jobs, &count));
    CHECK(count == 0);
    INVALID(ringmill_dequeue_batch(w.consumer, 1, 1, 0, NULL, &count));
    INVALID(ringmill_dequeue_batch(w.consumer, 1, 1, 0, jobs, NULL));
    INVALID(ringmill_dequeue_batch(w.consumer, 1, SIZE_MAX, 0, jobs, &count));
    OK(ringmill_dequeue_batch(w.consumer, 1, 0, RINGMILL_FOREVER, NULL, &count));

    put(w, "one");
    job = take(w);
    INVALID(ringmill_ack(NULL, &job));
    INVALID(ringmill_ack(w.consumer, NULL));
    INVALID(ringmill_ack_batch(NULL, &job, 1, &count));
    INVALID(ringmill_ack_batch(w.consumer, NULL, 1, &count));
    INVALID(ringmill_ack_batch(w.consumer, &job, SIZE_MAX, &count));
    INVALID(ringmill_nack(NULL, &job, 0, NULL));
    INVALID(ringmill_nack(w.consumer, NULL, 0, NULL));
    INVALID(ringmill_nack(w.consumer, &job, 6, NULL));
    INVALID(ringmill_nack_after(NULL, &job, 0, NULL, 0));
    INVALID(ringmill_nack_after(w.consumer, NULL, 0, NULL, 0));
    INVALID(ringmill_nack_after(w.consumer, &job, 6, NULL, 0));
    INVALID(ringmill_nack_after(w.consumer, &job, 0, NULL, -1));
    INVALID(ringmill_reject(NULL, &job, NULL));
    INVALID(ringmill_reject(w.consumer, NULL, NULL));
    INVALID(ringmill_release(NULL, &job));
    INVALID(ringmill_release(w.consumer, NULL));
    INVALID(ringmill_snooze(NULL, &job, 0));
    INVALID(ringmill_snooze(w.consumer, NULL, 0));
    INVALID(ringmill_snooze(w.consumer, &job, -1));
    INVALID(ringmill_extend(NULL, &job, 0));
    INVALID(ringmill_extend(w.consumer, NULL, 0));
    INVALID(ringmill_extend(w.consumer, &job, -1));
    INVALID(ringmill_let_go(NULL, &job));
    INVALID(ringmill_let_go(w.consumer, NULL));
    INVALID(ringmill_queue_settle(NULL, &job.receipt, RINGMILL_SETTLE_ACK));
    INVALID(ringmill_queue_settle(w.queue, NULL, RINGMILL_SETTLE_ACK));
    INVALID(ringmill_queue_settle(w.queue, &job.receipt, 0));
    INVALID(ringmill_queue_settle(w.queue, &job.receipt, 5));
    INVALID(ringmill_delivery_header(NULL, &job, 0, &header));
    CHECK(header.name == NULL);
    INVALID(ringmill_delivery_header(w.consumer, NULL, 0, &header));
    INVALID(ringmill_delivery_header(w.consumer, &job, 0, NULL));
    CHECK_STATUS(ringmill_delivery_header(w.consumer, &job, SIZE_MAX, &header), NOT_FOUND);
    INVALID(ringmill_delivery_find_header(NULL, &job, "n", 1, &header));
    INVALID(ringmill_delivery_find_header(w.consumer, NULL, "n", 1, &header));
    INVALID(ringmill_delivery_find_header(w.consumer, &job, NULL, 1, &header));
    INVALID(ringmill_delivery_find_header(w.consumer, &job, "n", SIZE_MAX, &header));
    INVALID(ringmill_delivery_find_header(w.consumer, &job, "n", 1, NULL));
    ringmill_message_handle handle;
    ringmill_delivery taken;
    memset(&handle, 1, sizeof handle);
    INVALID(ringmill_defer(NULL, &job, &handle));
    CHECK(handle.queue == 0);
    INVALID(ringmill_defer(w.consumer, NULL, &handle));
    INVALID(ringmill_defer(w.consumer, &job, NULL));
    INVALID(ringmill_take(NULL, &handle, &taken));
    INVALID(ringmill_take(w.consumer, NULL, &taken));
    INVALID(ringmill_take(w.consumer, &handle, NULL));
    CHECK_STATUS(ringmill_take(w.consumer, &handle, &taken), NOT_FOUND);
    handle.slot = UINT32_MAX;
    CHECK_STATUS(ringmill_take(w.consumer, &handle, &taken), NOT_FOUND);
    CHECK(taken.payload == NULL);
    OK(ringmill_extend(w.consumer, &job, INT64_MAX));
    OK(ringmill_snooze(w.consumer, &job, INT64_MAX));
    ringmill_queue_consumer_free(NULL);
    free_world(w);
}

int main(void) {
    RUN(engines_refuse_what_is_wrong);
    RUN(queues_refuse_what_is_wrong);
    RUN(producers_refuse_what_is_wrong);
    RUN(consumers_refuse_what_is_wrong);
    return 0;
}
