/* Messages that are looked at, put off, and ended where they stand; counts, waiting times and rates. */
#include "queue.h"

static void messages_are_looked_at_without_being_taken(void) {
    ringmill_queue_options options = queue_options();
    options.capacity = 8;
    const world w = new_world(&options);
    ringmill_browse *list;
    ringmill_peeked peeked;
    ringmill_header header = {"n", 1, "v", 1}, found;
    ringmill_death death;
    ringmill_enqueued first;
    ringmill_message message = message_of("first");
    message.key = "k";
    message.key_len = 1;
    message.headers = &header;
    message.headers_count = 1;
    OK(ringmill_enqueue(w.producer, &message, &first));
    put(w, "second");
    message.delay_ns = SECOND;
    OK(ringmill_enqueue(w.producer, &message, NULL));
    const ringmill_delivery job = take(w);
    OK(ringmill_queue_browse(w.queue, NULL, NULL, &list));
    CHECK(ringmill_browse_len(list) == 3);
    static const uint32_t states[] = {RINGMILL_STATE_LEASED, RINGMILL_STATE_READY, RINGMILL_STATE_DELAYED};
    for (size_t i = 0; i < 3; i++) {
        OK(ringmill_browse_at(list, i, &peeked));
        CHECK(peeked.state == states[i] && peeked.id.offset == i && peeked.priority == RINGMILL_PRIORITY_NORMAL);
        CHECK(peeked.deliveries == (i == 0) && peeked.headers_count == (i != 1) && peeked.deaths_count == 0);
        CHECK((peeked.key != NULL) == (i != 1));
    }
    OK(ringmill_browse_header(list, 0, 0, &found));
    CHECK(found.name_len == 1 && memcmp(found.value, "v", 1) == 0);
    CHECK_STATUS(ringmill_browse_header(list, 1, 0, &found), NOT_FOUND);
    CHECK_STATUS(ringmill_browse_header(list, 9, 0, &found), NOT_FOUND);
    CHECK_STATUS(ringmill_browse_death(list, 0, 0, &death), NOT_FOUND);
    CHECK_STATUS(ringmill_browse_at(list, 3, &peeked), NOT_FOUND);
    CHECK(peeked.payload == NULL);

    /* What is looked at stays readable, whatever becomes of it. */
    OK(ringmill_browse_at(list, 0, &peeked));
    OK(ringmill_ack(w.consumer, &job));
    for (int i = 0; i < 20; i++) {
        put(w, "others");
        const ringmill_delivery other = take(w);
        OK(ringmill_ack(w.consumer, &other));
    }
    CHECK(memcmp(peeked.payload, "first", 5) == 0);
    ringmill_browse_free(list);

    OK(ringmill_queue_peek(w.queue, 0, 1, &list));
    CHECK(ringmill_browse_len(list) == 1);
    ringmill_browse_free(list);
    CHECK_STATUS(ringmill_queue_peek(w.queue, 1, 1, &list), NO_SUCH_PARTITION);
    CHECK_STATUS(ringmill_queue_inspect(w.queue, &first.handle, &list), NOT_FOUND);
    CHECK(list == NULL);
    free_world(w);
}

static void dead_letters_are_looked_at(void) {
    const ringmill_queue_options options = queue_options();
    const world w = new_world(&options);
    ringmill_queue *dead;
    ringmill_browse *list;
    ringmill_death death;
    OK(ringmill_queue_dead_letters(w.queue, &dead));
    put(w, "poison");
    const ringmill_delivery job = take(w);
    OK(ringmill_reject(w.consumer, &job, "bad"));
    OK(ringmill_queue_browse(dead, NULL, NULL, &list));
    OK(ringmill_browse_death(list, 0, 0, &death));
    CHECK(death.reason == RINGMILL_REASON_REJECTED && death.text_len == 3);
    ringmill_browse_free(list);

    /* A full dead-letter queue has them wait where they are. */
    ringmill_queue_free(dead);
    free_world(w);
    ringmill_queue_options small = queue_options();
    small.capacity = 1;
    const world full = new_world(&small);
    for (int i = 0; i < 2; i++) {
        put(full, "poison");
        const ringmill_delivery one = take(full);
        OK(ringmill_reject(full.consumer, &one, NULL));
    }
    ringmill_peeked peeked;
    OK(ringmill_queue_browse(full.queue, NULL, NULL, &list));
    OK(ringmill_browse_at(list, 0, &peeked));
    CHECK(peeked.state == RINGMILL_STATE_PARKED);
    ringmill_browse_free(list);
    free_world(full);
}

static bool is_longer_than(void *user, const ringmill_peeked *message) {
    return message->payload_len > *(const size_t *)user;
}

static void messages_are_ended_where_they_stand(void) {
    const world w = new_world(NULL);
    ringmill_enqueued one, late;
    size_t purged = 0, longer = 3;
    ringmill_message message = message_of("one");
    OK(ringmill_enqueue(w.producer, &message, &one));
    message.delay_ns = 60 * SECOND;
    OK(ringmill_enqueue(w.producer, &message, &late));
    CHECK_STATUS(ringmill_queue_reschedule(w.queue, &one.handle, SECOND), NOT_DELAYED);
    OK(ringmill_queue_reschedule(w.queue, &late.handle, SECOND));
    CHECK_STATUS(ringmill_queue_reschedule(w.queue, &late.handle, INT64_MAX), DELAY_TOO_LONG);
    const ringmill_delivery job = take(w);
    CHECK_STATUS(ringmill_queue_cancel(w.queue, &one.handle), LEASED);
    CHECK_STATUS(ringmill_queue_reschedule(w.queue, &one.handle, 0), LEASED);
    pass(w, SECOND);
    OK(ringmill_queue_cancel(w.queue, &late.handle));
    CHECK_STATUS(ringmill_queue_cancel(w.queue, &late.handle), NOT_FOUND);
    CHECK_STATUS(ringmill_queue_reschedule(w.queue, &late.handle, 0), NOT_FOUND);
    OK(ringmill_ack(w.consumer, &job));
    CHECK(is_empty(w));
    put(w, "short");
    put(w, "abc");
    OK(ringmill_queue_purge(w.queue, is_longer_than, &longer, &purged));
    CHECK(purged == 1 && ringmill_queue_len(w.queue) == 1);
    OK(ringmill_queue_purge(w.queue, NULL, NULL, NULL));
    CHECK(is_empty(w) && ringmill_queue_len(w.queue) == 0);
    free_world(w);
}

static void messages_are_found_by_their_ids(void) {
    ringmill_queue_options options = queue_options();
    options.flags = RINGMILL_QUEUE_LOOKUP;
    const world w = new_world(&options), other = new_world(NULL);
    ringmill_enqueued enqueued;
    ringmill_message_handle found;
    ringmill_browse *list;
    const ringmill_message message = message_of("one");
    OK(ringmill_enqueue(w.producer, &message, &enqueued));
    OK(ringmill_queue_lookup(w.queue, enqueued.id, &found));
    CHECK(memcmp(&found, &enqueued.handle, sizeof found) == 0);
    OK(ringmill_queue_inspect(w.queue, &found, &list));
    CHECK(ringmill_browse_len(list) == 1);
    ringmill_browse_free(list);
    enqueued.id.partition = UINT32_MAX;
    CHECK_STATUS(ringmill_queue_lookup(w.queue, enqueued.id, &found), NOT_FOUND);
    CHECK(found.generation == 0);
    CHECK_STATUS(ringmill_queue_lookup(other.queue, enqueued.id, &found), UNSUPPORTED);
    CHECK_STATUS(ringmill_queue_cancel(other.queue, &enqueued.handle), NOT_FOUND);
    found = enqueued.handle;
    found.partition = UINT32_MAX;
    CHECK_STATUS(ringmill_queue_cancel(w.queue, &found), NOT_FOUND);
    found = enqueued.handle;
    found.slot = UINT32_MAX;
    CHECK_STATUS(ringmill_queue_inspect(w.queue, &found, &list), NOT_FOUND);
    OK(ringmill_queue_cancel(w.queue, &enqueued.handle));
    free_world(w);
    free_world(other);
}

static void what_happens_is_counted(void) {
    ringmill_queue_options options = queue_options();
    options.flags = RINGMILL_QUEUE_TIMESTAMPS;
    const world w = new_world(&options);
    ringmill_stats stats;
    ringmill_latency latency;
    ringmill_rates rates;
    put(w, "acked");
    put(w, "held");
    put(w, "dead");
    put(w, "ready");
    pass(w, SECOND);
    ringmill_delivery job = take(w);
    OK(ringmill_ack(w.consumer, &job));
    CHECK_STATUS(ringmill_ack(w.consumer, &job), ALREADY_SETTLED);
    const ringmill_delivery held = take(w);
    job = take(w);
    OK(ringmill_reject(w.consumer, &job, NULL));
    OK(ringmill_queue_stats(w.queue, sizeof stats, &stats));
    CHECK(stats.accepted == 4 && stats.acked == 1 && stats.leased == 1 && stats.dead_lettered == 1 && stats.ready == 1);
    CHECK(stats.deliveries == 3 && stats.nacked == 1 && stats.stale == 1 && stats.dropped == 0);
    OK(ringmill_ack(w.consumer, &held));
    OK(ringmill_queue_latency(w.queue, &latency));
    CHECK(latency.count == 3 && latency.p50_ns >= SECOND && latency.max_ns <= SECOND + SECOND / 8);
    OK(ringmill_queue_rates(w.queue, &rates));
    CHECK(rates.accepted >= 0 && rates.acked_60_s >= 0);
    free_world(w);
}

static void what_is_wrong_is_refused(void) {
    const world w = new_world(NULL);
    ringmill_browse *list = NULL;
    ringmill_peeked peeked;
    ringmill_header header;
    ringmill_death death;
    ringmill_message_handle handle;
    const ringmill_message_id id = {0, 0, 0};
    ringmill_stats stats;
    ringmill_latency latency;
    ringmill_rates rates;
    size_t purged = 7;
    memset(&handle, 0, sizeof handle);
    INVALID(ringmill_queue_browse(NULL, NULL, NULL, &list));
    INVALID(ringmill_queue_browse(w.queue, NULL, NULL, NULL));
    INVALID(ringmill_queue_peek(NULL, 0, 1, &list));
    INVALID(ringmill_queue_peek(w.queue, 0, 1, NULL));
    CHECK_STATUS(ringmill_queue_peek(w.queue, SIZE_MAX, SIZE_MAX, &list), NO_SUCH_PARTITION);
    INVALID(ringmill_queue_inspect(NULL, &handle, &list));
    INVALID(ringmill_queue_inspect(w.queue, NULL, &list));
    INVALID(ringmill_queue_inspect(w.queue, &handle, NULL));
    INVALID(ringmill_queue_lookup(NULL, id, &handle));
    INVALID(ringmill_queue_lookup(w.queue, id, NULL));
    INVALID(ringmill_queue_cancel(NULL, &handle));
    INVALID(ringmill_queue_cancel(w.queue, NULL));
    CHECK_STATUS(ringmill_queue_cancel(w.queue, &handle), NOT_FOUND);
    INVALID(ringmill_queue_reschedule(NULL, &handle, 0));
    INVALID(ringmill_queue_reschedule(w.queue, NULL, 0));
    INVALID(ringmill_queue_reschedule(w.queue, &handle, -1));
    INVALID(ringmill_queue_purge(NULL, NULL, NULL, &purged));
    CHECK(purged == 0);
    INVALID(ringmill_browse_at(NULL, 0, &peeked));
    INVALID(ringmill_browse_header(NULL, 0, 0, &header));
    INVALID(ringmill_browse_death(NULL, 0, 0, &death));
    OK(ringmill_queue_browse(w.queue, NULL, NULL, &list));
    INVALID(ringmill_browse_at(list, 0, NULL));
    INVALID(ringmill_browse_header(list, 0, 0, NULL));
    INVALID(ringmill_browse_death(list, 0, 0, NULL));
    ringmill_browse_free(list);
    ringmill_browse_free(NULL);
    CHECK(ringmill_browse_len(NULL) == 0);
    INVALID(ringmill_queue_stats(NULL, sizeof stats, &stats));
    INVALID(ringmill_queue_stats(w.queue, 1, &stats));
    INVALID(ringmill_queue_stats(w.queue, sizeof stats, NULL));
    INVALID(ringmill_queue_latency(NULL, &latency));
    INVALID(ringmill_queue_latency(w.queue, NULL));
    CHECK_STATUS(ringmill_queue_latency(w.queue, &latency), UNSUPPORTED);
    INVALID(ringmill_queue_rates(NULL, &rates));
    INVALID(ringmill_queue_rates(w.queue, NULL));
    free_world(w);
}

int main(void) {
    RUN(messages_are_looked_at_without_being_taken);
    RUN(dead_letters_are_looked_at);
    RUN(messages_are_ended_where_they_stand);
    RUN(messages_are_found_by_their_ids);
    RUN(what_happens_is_counted);
    RUN(what_is_wrong_is_refused);
    return 0;
}
