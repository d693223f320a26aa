/* The life of a message: put in, read in place, settled in every way there is. */
#include <pthread.h>

#include "queue.h"

static void a_message_is_read_in_place_and_acked(void) {
    const world w = new_world(NULL);
    ringmill_header headers[2] = {{"trace", 5, "7f", 2}, {"from", 4, NULL, 0}}, found;
    ringmill_message message = message_of("3 apples");
    ringmill_enqueued enqueued;
    message.key = "anna";
    message.key_len = 4;
    message.headers = headers;
    message.headers_count = 2;
    message.priority = RINGMILL_PRIORITY_NORMAL;
    OK(ringmill_enqueue(w.producer, &message, &enqueued));
    CHECK(enqueued.accepted && enqueued.id.partition == 0 && enqueued.id.offset == 0);
    CHECK(ringmill_queue_len(w.queue) == 1);
    const ringmill_delivery job = take(w);
    CHECK(is(&job, "3 apples") && job.key_len == 4 && memcmp(job.key, "anna", 4) == 0);
    CHECK(memcmp(&job.id, &enqueued.id, sizeof job.id) == 0 && job.deliveries == 1 && job.attempts == 0);
    CHECK(job.headers_count == 2 && job.deaths_count == 0);
    OK(ringmill_delivery_header(w.consumer, &job, 0, &found));
    CHECK(found.name_len == 5 && found.value_len == 2 && memcmp(found.value, "7f", 2) == 0);
    OK(ringmill_delivery_find_header(w.consumer, &job, "from", 4, &found));
    CHECK(found.value_len == 0);
    CHECK_STATUS(ringmill_delivery_header(w.consumer, &job, 2, &found), NOT_FOUND);
    CHECK(found.name == NULL);
    OK(ringmill_ack(w.consumer, &job));
    CHECK(is_empty(w) && ringmill_queue_len(w.queue) == 0);
    free_world(w);
}

static void what_fails_comes_again_and_dies(void) {
    ringmill_queue_options options = queue_options();
    options.retry_max = 2;
    options.retry_backoff = RINGMILL_BACKOFF_LINEAR;
    options.retry_first_ns = SECOND;
    options.retry_step_ns = SECOND;
    const world w = new_world(&options);
    put(w, "hard");
    for (unsigned attempt = 0; attempt < 3; attempt++) {
        const ringmill_delivery job = take(w);
        CHECK(job.attempts == attempt && job.deliveries == attempt + 1);
        OK(ringmill_nack(w.consumer, &job, RINGMILL_CLASS_BUSINESS, "not today"));
        if (attempt < 2) {
            pass(w, (attempt + 1) * SECOND - 1);
            CHECK(is_empty(w));
            pass(w, 1);
        }
    }
    CHECK(is_empty(w));
    world dead = w;
    OK(ringmill_queue_dead_letters(w.queue, &dead.queue));
    OK(ringmill_queue_consumer_new(dead.queue, &dead.consumer));
    const ringmill_delivery letter = take(dead);
    CHECK(is(&letter, "hard") && letter.deaths_count == 1);
    OK(ringmill_ack(dead.consumer, &letter));
    ringmill_queue_consumer_free(dead.consumer);
    ringmill_queue_free(dead.queue);
    free_world(w);
}

static void every_settlement_does_what_it_says(void) {
    ringmill_queue_options options = queue_options();
    options.lease_ns = 10 * SECOND;
    options.release_delay_ns = 100 * MS;
    const world w = new_world(&options);
    put(w, "job");
    ringmill_delivery job = take(w);
    OK(ringmill_release(w.consumer, &job));
    job = take(w);
    CHECK(job.deliveries == 2 && job.attempts == 0);
    OK(ringmill_snooze(w.consumer, &job, 5 * SECOND));
    CHECK(is_empty(w));
    pass(w, 5 * SECOND);
    job = take(w);
    OK(ringmill_nack_after(w.consumer, &job, RINGMILL_CLASS_TIMED_OUT, NULL, 7 * SECOND));
    pass(w, 7 * SECOND - 1);
    CHECK(is_empty(w));
    pass(w, 1);
    job = take(w);
    CHECK(job.attempts == 1);
    OK(ringmill_let_go(w.consumer, &job));
    CHECK(is_empty(w));
    pass(w, 100 * MS);
    job = take(w);
    OK(ringmill_extend(w.consumer, &job, 60 * SECOND));
    outlast(w, 10 * SECOND);
    OK(ringmill_nack(w.consumer, &job, RINGMILL_CLASS_SYSTEM, NULL));
    pass(w, 60 * SECOND);
    job = take(w);
    OK(ringmill_nack(w.consumer, &job, RINGMILL_CLASS_PANIC, NULL));
    pass(w, 60 * SECOND);
    job = take(w);
    OK(ringmill_nack(w.consumer, &job, RINGMILL_CLASS_VALIDATION, "it can never be right"));
    CHECK(is_empty(w));
    put(w, "another");
    job = take(w);
    OK(ringmill_reject(w.consumer, &job, "nobody wants it"));
    CHECK(is_empty(w) && ringmill_queue_len(w.queue) == 0);
    free_world(w);
}

static void receipts_settle_from_elsewhere(void) {
    const world w = new_world(NULL);
    static const uint32_t settlements[] = {RINGMILL_SETTLE_RELEASE, RINGMILL_SETTLE_NACK, RINGMILL_SETTLE_REJECT,
                                           RINGMILL_SETTLE_ACK};
    for (int i = 0; i < 4; i++) {
        put(w, "far away");
        const ringmill_delivery job = take(w);
        const ringmill_receipt receipt = job.receipt;
        OK(ringmill_queue_settle(w.queue, &receipt, settlements[i]));
        CHECK(ringmill_queue_settle(w.queue, &receipt, settlements[i]) != RINGMILL_STATUS_OK);
        CHECK(is(&job, "far away"));
        OK(ringmill_let_go(w.consumer, &job));
        pass(w, 60 * SECOND);
        ringmill_delivery again;
        if (ringmill_dequeue(w.consumer, 0, &again) == RINGMILL_STATUS_OK) {
            OK(ringmill_ack(w.consumer, &again));
        }
    }
    free_world(w);
}

static void room_is_written_in_place(void) {
    const world w = new_world(NULL);
    ringmill_slot slot;
    ringmill_enqueued enqueued;
    ringmill_message about = message_of("");
    about.key = "anna";
    about.key_len = 4;
    OK(ringmill_reserve(w.producer, 5, &about, &slot));
    memcpy(slot.data, "hello", slot.len);
    OK(ringmill_commit(w.producer, &slot, &enqueued));
    CHECK(enqueued.accepted);
    INVALID(ringmill_commit(w.producer, &slot, &enqueued));
    CHECK(!enqueued.accepted);
    OK(ringmill_reserve(w.producer, 100000, NULL, &slot));
    memset(slot.data, 'x', slot.len);
    OK(ringmill_cancel(w.producer, &slot));
    INVALID(ringmill_cancel(w.producer, &slot));
    const ringmill_delivery job = take(w);
    CHECK(is(&job, "hello") && job.key_len == 4);
    OK(ringmill_ack(w.consumer, &job));
    CHECK(is_empty(w));
    /* One that is left open is given up with its producer. */
    OK(ringmill_reserve(w.producer, 7, NULL, &slot));
    free_world(w);
}

static void batches_keep_their_order(void) {
    ringmill_queue_options options = queue_options();
    options.capacity = 64;
    options.flags = RINGMILL_QUEUE_EXACT_CAPACITY;
    const world w = new_world(&options);
    ringmill_message messages[100];
    ringmill_delivery jobs[100];
    int numbers[100];
    size_t accepted, taken, acked;
    for (int i = 0; i < 100; i++) {
        numbers[i] = i;
        messages[i] = message_of("");
        messages[i].payload = &numbers[i];
        messages[i].payload_len = sizeof numbers[i];
    }
    CHECK_STATUS(ringmill_enqueue_batch(w.producer, messages, 100, 0, &accepted), FULL);
    CHECK(accepted == 64);
    CHECK_STATUS(ringmill_enqueue_batch(w.producer, messages, 1, MS, &accepted), TIMED_OUT);
    CHECK_STATUS(ringmill_enqueue_timeout(w.producer, messages, 0, NULL), FULL);
    CHECK_STATUS(ringmill_enqueue_timeout(w.producer, messages, MS, NULL), TIMED_OUT);
    OK(ringmill_dequeue_batch(w.consumer, 64, 100, RINGMILL_FOREVER, jobs, &taken));
    CHECK(taken == 64);
    for (int i = 0; i < 64; i++) {
        CHECK(memcmp(jobs[i].payload, &i, sizeof i) == 0);
    }
    OK(ringmill_ack_batch(w.consumer, jobs, taken, &acked));
    CHECK(acked == taken);
    CHECK_STATUS(ringmill_ack_batch(w.consumer, jobs, taken, &acked), ALREADY_SETTLED);
    CHECK(acked == 0);
    CHECK_STATUS(ringmill_dequeue_batch(w.consumer, 1, 100, 0, jobs, &taken), EMPTY);
    CHECK_STATUS(ringmill_dequeue_batch(w.consumer, 1, 100, MS, jobs, &taken), TIMED_OUT);
    CHECK_STATUS(ringmill_dequeue(w.consumer, MS, jobs), TIMED_OUT);
    free_world(w);
}

static void options_are_heard(void) {
    ringmill_queue_options options = queue_options();
    ringmill_enqueued enqueued;
    ringmill_message message = message_of("0123456789");
    ringmill_header header = {"n", 1, "v", 1};

    options.flags = RINGMILL_QUEUE_REQUIRE_KEY | RINGMILL_QUEUE_EXACT_CAPACITY | RINGMILL_QUEUE_TIMESTAMPS |
                    RINGMILL_QUEUE_LOOKUP;
    options.max_payload = 10;
    options.max_headers = 1;
    options.levels = 1u << RINGMILL_PRIORITY_LOW | 1u << RINGMILL_PRIORITY_HIGH | 1u << RINGMILL_PRIORITY_CRITICAL | 1u;
    options.order = RINGMILL_ORDER_KEY;
    options.max_waiting_per_key = RINGMILL_NONE;
    options.relaxed_overtakes = 1;
    options.aging_step_ns = SECOND;
    world w = new_world(&options);
    message.priority = RINGMILL_PRIORITY_LOW;
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), NO_KEY);
    message.key = "k";
    message.key_len = 1;
    message.priority = RINGMILL_PRIORITY_NORMAL;
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), NO_SUCH_LEVEL);
    message.priority = RINGMILL_PRIORITY_LOWEST;
    OK(ringmill_enqueue(w.producer, &message, NULL));
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), KEY_FULL);
    CHECK_STATUS(ringmill_enqueue_timeout(w.producer, &message, MS, NULL), TIMED_OUT);
    message.payload_len = 11;
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), TOO_LARGE);
    message.payload_len = 1;
    message.headers = &header;
    message.headers_count = 2;
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), TOO_MANY_HEADERS);
    message.headers_count = 1;
    message.key = "other";
    message.key_len = 5;
    message.priority = RINGMILL_PRIORITY_CRITICAL;
    OK(ringmill_enqueue(w.producer, &message, NULL));
    const ringmill_delivery first = take(w), second = take(w);
    CHECK(first.key_len == 5 && second.key_len == 1);
    CHECK(first.priority == RINGMILL_PRIORITY_CRITICAL && second.priority == 0);
    OK(ringmill_ack(w.consumer, &first));
    OK(ringmill_ack(w.consumer, &second));
    free_world(w);

    /* One that waits holds its whole partition. */
    options = queue_options();
    options.order = RINGMILL_ORDER_PARTITION;
    options.partitions = 2;
    w = new_world(&options);
    CHECK(ringmill_queue_partitions(w.queue) == 2 && ringmill_queue_capacity(w.queue) == 1000);
    for (int i = 0; i < 4; i++) {
        put(w, "any");
    }
    ringmill_delivery jobs[4];
    jobs[0] = take(w);
    jobs[1] = take(w);
    CHECK(is_empty(w));
    OK(ringmill_ack(w.consumer, &jobs[0]));
    jobs[0] = take(w);
    OK(ringmill_ack_batch(w.consumer, jobs, 2, NULL));
    free_world(w);

    static const uint32_t overflows[] = {RINGMILL_OVERFLOW_FAIL, RINGMILL_OVERFLOW_BLOCK, RINGMILL_OVERFLOW_DROP_NEWEST,
                                         RINGMILL_OVERFLOW_DROP_OLDEST};
    for (int i = 0; i < 4; i++) {
        options = queue_options();
        options.capacity = 1;
        options.overflow = overflows[i];
        options.overflow_timeout_ns = MS;
        options.wait = RINGMILL_WAIT_PARK;
        options.order = RINGMILL_ORDER_NONE;
        options.retry_jitter = RINGMILL_JITTER_PLUS_MINUS;
        options.jitter_fraction = 0.5;
        w = new_world(&options);
        put(w, "old");
        message = message_of("new");
        enqueued.accepted = true;
        switch (overflows[i]) {
        case RINGMILL_OVERFLOW_FAIL: CHECK_STATUS(ringmill_enqueue(w.producer, &message, &enqueued), FULL); break;
        case RINGMILL_OVERFLOW_BLOCK: CHECK_STATUS(ringmill_enqueue(w.producer, &message, &enqueued), TIMED_OUT); break;
        default: OK(ringmill_enqueue(w.producer, &message, &enqueued));
        }
        CHECK(enqueued.accepted == (overflows[i] == RINGMILL_OVERFLOW_DROP_OLDEST));
        const ringmill_delivery job = take(w);
        CHECK(is(&job, enqueued.accepted ? "new" : "old"));
        OK(ringmill_ack(w.consumer, &job));
        free_world(w);
    }
}

static void delays_are_as_the_policy_says(void) {
    static const uint32_t backoffs[] = {RINGMILL_BACKOFF_EXPONENTIAL, RINGMILL_BACKOFF_LINEAR, RINGMILL_BACKOFF_FIXED};
    static const uint32_t jitters[] = {RINGMILL_JITTER_NONE, RINGMILL_JITTER_FULL, RINGMILL_JITTER_EQUAL};
    static const int64_t second[] = {3 * SECOND, 5 * SECOND, SECOND};
    for (int i = 0; i < 9; i++) {
        ringmill_queue_options options = queue_options();
        options.retry_backoff = backoffs[i % 3];
        options.retry_factor = 3.0;
        options.retry_step_ns = 4 * SECOND;
        options.retry_cap_ns = 5 * SECOND;
        options.retry_jitter = jitters[i / 3];
        options.jitter_seed = 42;
        options.release_delay_ns = RINGMILL_NONE;
        const world w = new_world(&options);
        put(w, "job");
        ringmill_delivery job = take(w);
        OK(ringmill_let_go(w.consumer, &job));
        job = take(w);
        OK(ringmill_nack(w.consumer, &job, 0, NULL));
        pass(w, SECOND);
        job = take(w);
        OK(ringmill_nack(w.consumer, &job, 0, NULL));
        pass(w, second[i % 3] / 2 - 1);
        if (jitters[i / 3] != RINGMILL_JITTER_FULL) {
            CHECK(is_empty(w));
        }
        pass(w, second[i % 3] - second[i % 3] / 2);
        if (jitters[i / 3] == RINGMILL_JITTER_NONE) {
            CHECK(is_empty(w));
        }
        pass(w, 1);
        job = take(w);
        OK(ringmill_ack(w.consumer, &job));
        free_world(w);
    }
}

static void messages_wait_for_their_time(void) {
    const world w = new_world(NULL);
    ringmill_message message = message_of("after");
    ringmill_slot slot;
    message.delay_ns = 5 * SECOND;
    OK(ringmill_enqueue(w.producer, &message, NULL));
    message = message_of("at");
    message.due_at_ns = ringmill_engine_wall(w.engine) + 6 * SECOND;
    OK(ringmill_enqueue(w.producer, &message, NULL));
    message.due_at_ns = -1;
    message.payload = "in";
    OK(ringmill_enqueue(w.producer, &message, NULL));
    message.due_at_ns = 0;
    message.delay_ns = 7 * SECOND;
    OK(ringmill_reserve(w.producer, 4, &message, &slot));
    memcpy(slot.data, "room", 4);
    OK(ringmill_commit(w.producer, &slot, NULL));
    static const char *const texts[] = {"in", "after", "at", "room"};
    for (int i = 0; i < 4; i++) {
        const ringmill_delivery job = take(w);
        CHECK(is(&job, texts[i]));
        OK(ringmill_ack(w.consumer, &job));
        CHECK(is_empty(w));
        pass(w, (i == 0 ? 5 : 1) * SECOND - 1);
        CHECK(is_empty(w));
        pass(w, 1);
    }
    free_world(w);
}

static void what_was_sent_before_is_told(void) {
    ringmill_queue_options options = queue_options();
    for (uint32_t dedup = RINGMILL_DEDUP_NONE; dedup <= RINGMILL_DEDUP_UNTIL_SETTLED; dedup++) {
        options.dedup = dedup;
        options.dedup_count = 100;
        options.dedup_window_ns = 60 * SECOND;
        const world w = new_world(&options);
        ringmill_enqueued first, second;
        ringmill_slot slot;
        ringmill_message message = message_of("10 EUR");
        message.dedup_id = "payment 77";
        message.dedup_id_len = 10;
        if (dedup == RINGMILL_DEDUP_NONE) {
            CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), NO_DEDUP);
            free_world(w);
            continue;
        }
        OK(ringmill_enqueue(w.producer, &message, &first));
        CHECK(first.accepted && !first.duplicate);
        OK(ringmill_enqueue(w.producer, &message, &second));
        CHECK(!second.accepted && second.duplicate && memcmp(&second.id, &first.id, sizeof second.id) == 0);
        OK(ringmill_reserve(w.producer, 6, &message, &slot));
        memcpy(slot.data, "10 EUR", 6);
        OK(ringmill_commit(w.producer, &slot, &second));
        CHECK(!second.accepted && second.duplicate);
        message.payload = "20 EUR";
        CHECK_STATUS(ringmill_enqueue(w.producer, &message, &second), DEDUP_CONFLICT);
        message.payload = "10 EUR";
        const ringmill_delivery job = take(w);
        OK(ringmill_ack(w.consumer, &job));
        OK(ringmill_enqueue(w.producer, &message, &second));
        CHECK(second.duplicate == (dedup == RINGMILL_DEDUP_WINDOW));
        free_world(w);
    }
}

static void keys_are_held(void) {
    ringmill_queue_options options = queue_options();
    options.order = RINGMILL_ORDER_KEY;
    options.park_key_limit = 1;
    const world w = new_world(&options);
    size_t messages = 7;
    ringmill_message message = message_of("step");
    message.key = "anna";
    message.key_len = 4;
    OK(ringmill_queue_pause_key(w.queue, "anna", 4));
    OK(ringmill_enqueue(w.producer, &message, NULL));
    CHECK(is_empty(w));
    OK(ringmill_queue_resume_key(w.queue, "anna", 4));
    CHECK_STATUS(ringmill_queue_resume_key(w.queue, "anna", 4), NOT_FOUND);
    OK(ringmill_enqueue(w.producer, &message, NULL));
    OK(ringmill_enqueue(w.producer, &message, NULL));
    ringmill_delivery job = take(w);
    OK(ringmill_reject(w.consumer, &job, NULL));
    CHECK(is_empty(w));
    OK(ringmill_queue_unpark_key(w.queue, "anna", 4, &messages));
    CHECK(messages == 1);
    CHECK_STATUS(ringmill_queue_unpark_key(w.queue, "anna", 4, &messages), NOT_FOUND);
    CHECK(messages == 0);
    job = take(w);
    OK(ringmill_ack(w.consumer, &job));
    /* The one for which there was no place any more. */
    ringmill_browse *list;
    ringmill_queue *dead;
    ringmill_death death;
    OK(ringmill_queue_dead_letters(w.queue, &dead));
    OK(ringmill_queue_browse(dead, NULL, NULL, &list));
    OK(ringmill_browse_death(list, 1, 0, &death));
    CHECK(death.reason == RINGMILL_REASON_KEY_PARKED);
    ringmill_browse_free(list);
    ringmill_queue_free(dead);
    INVALID(ringmill_queue_pause_key(NULL, "k", 1));
    INVALID(ringmill_queue_pause_key(w.queue, NULL, 1));
    INVALID(ringmill_queue_resume_key(NULL, "k", 1));
    INVALID(ringmill_queue_resume_key(w.queue, "k", SIZE_MAX));
    INVALID(ringmill_queue_unpark_key(NULL, "k", 1, NULL));
    INVALID(ringmill_queue_unpark_key(w.queue, NULL, 1, NULL));
    free_world(w);
    const world plain = new_world(NULL);
    CHECK_STATUS(ringmill_queue_pause_key(plain.queue, "k", 1), UNSUPPORTED);
    free_world(plain);
}

static void what_is_set_aside_is_taken(void) {
    const world w = new_world(NULL);
    ringmill_message_handle handle;
    ringmill_delivery job;
    put(w, "a house");
    job = take(w);
    OK(ringmill_defer(w.consumer, &job, &handle));
    CHECK_STATUS(ringmill_defer(w.consumer, &job, &handle), ALREADY_SETTLED);
    CHECK(handle.generation == 0);
    pass(w, 3600 * SECOND);
    CHECK(is_empty(w));
    ringmill_browse *list;
    ringmill_peeked peeked;
    OK(ringmill_queue_peek(w.queue, 0, 1, &list));
    OK(ringmill_browse_at(list, 0, &peeked));
    CHECK(peeked.state == RINGMILL_STATE_PARKED);
    ringmill_browse_free(list);
    OK(ringmill_take(w.consumer, &peeked.handle, &job));
    CHECK(is(&job, "a house") && job.deliveries == 2 && job.attempts == 0);
    ringmill_delivery again;
    CHECK_STATUS(ringmill_take(w.consumer, &peeked.handle, &again), ALREADY_SETTLED);
    CHECK(again.payload == NULL);
    OK(ringmill_ack(w.consumer, &job));
    ringmill_enqueued enqueued;
    const ringmill_message message = message_of("ready");
    OK(ringmill_enqueue(w.producer, &message, &enqueued));
    CHECK_STATUS(ringmill_take(w.consumer, &enqueued.handle, &job), NOT_DEFERRED);
    OK(ringmill_queue_purge(w.queue, NULL, NULL, NULL));
    free_world(w);
}

static void messages_live_for_a_time(void) {
    ringmill_queue_options options = queue_options();
    ringmill_message message = message_of("short");
    ringmill_death death;
    options.ttl_ns = 10 * SECOND;
    const world w = new_world(&options);
    put(w, "long");
    message.ttl_ns = SECOND;
    OK(ringmill_enqueue(w.producer, &message, NULL));
    pass(w, 2 * SECOND);
    ringmill_delivery job = take(w);
    CHECK(is(&job, "long") && is_empty(w));
    OK(ringmill_ack(w.consumer, &job));
    world dead = w;
    OK(ringmill_queue_dead_letters(w.queue, &dead.queue));
    OK(ringmill_queue_consumer_new(dead.queue, &dead.consumer));
    job = take(dead);
    OK(ringmill_delivery_death(dead.consumer, &job, 0, &death));
    CHECK(is(&job, "short") && death.reason == RINGMILL_REASON_EXPIRED);
    OK(ringmill_ack(dead.consumer, &job));
    ringmill_queue_consumer_free(dead.consumer);
    ringmill_queue_free(dead.queue);
    free_world(w);
}

static void names_are_taken_once(void) {
    const world w = new_world(NULL);
    ringmill_queue *other = w.queue;
    ringmill_queue_options options = queue_options();
    CHECK_STATUS(ringmill_queue_new(w.engine, "jobs", &options, &other), NAME_CONFLICT);
    CHECK(other == NULL);
    options.lease_ns = 1;
    CHECK_STATUS(ringmill_queue_new(w.engine, "other", &options, &other), INVALID_CONFIG);
    CHECK(strstr(ringmill_last_message(), "lease") != NULL);
    CHECK_STATUS(ringmill_queue_find(w.engine, "other", &other), NOT_FOUND);
    CHECK_STATUS(ringmill_queue_dead_letters(w.queue, &other), NOT_FOUND);
    OK(ringmill_queue_find(w.engine, "jobs", &other));
    CHECK(ringmill_queue_capacity(other) == 1000);
    ringmill_queue_free(other);
    put(w, "still open");
    OK(ringmill_engine_close(w.engine));
    const ringmill_message message = message_of("too late");
    CHECK_STATUS(ringmill_enqueue(w.producer, &message, NULL), CLOSED);
    CHECK_STATUS(ringmill_queue_new(w.engine, "late", NULL, &other), CLOSED);
    const ringmill_delivery job = take(w);
    OK(ringmill_ack(w.consumer, &job));
    ringmill_delivery none;
    CHECK_STATUS(ringmill_dequeue(w.consumer, RINGMILL_FOREVER, &none), CLOSED);
    free_world(w);
}

static void time_is_the_hosts(void) {
    world w = new_world(NULL);
    int64_t next = -1;
    const int64_t now = ringmill_engine_now(w.engine), wall = ringmill_engine_wall(w.engine);
    OK(ringmill_engine_advance(w.engine, 5 * SECOND));
    OK(ringmill_engine_step_wall(w.engine, -2 * SECOND));
    CHECK(ringmill_engine_now(w.engine) == now + 5 * SECOND && ringmill_engine_wall(w.engine) == wall + 3 * SECOND);
    OK(ringmill_engine_tick(w.engine, &next));
    CHECK(next > 0 && next <= 60 * SECOND);
    free_world(w);
    OK(ringmill_engine_new(NULL, &w.engine));
    CHECK_STATUS(ringmill_engine_advance(w.engine, 1), UNSUPPORTED);
    CHECK_STATUS(ringmill_engine_step_wall(w.engine, 1), UNSUPPORTED);
    CHECK(ringmill_engine_wall(w.engine) > 1577836800 * SECOND); /* 2020 */
    ringmill_engine_free(w.engine);
}

/* Settling while another thread waits in the consumer. */
static void *wait_for_one(void *consumer) {
    ringmill_delivery job;
    uint32_t status;
    while ((status = ringmill_dequeue((ringmill_queue_consumer *)consumer, RINGMILL_FOREVER, &job)) ==
           RINGMILL_STATUS_BUSY) {
    }
    OK(status);
    OK(ringmill_ack((ringmill_queue_consumer *)consumer, &job));
    return NULL;
}

static void deliveries_are_settled_by_any_thread(void) {
    ringmill_queue_options options = queue_options();
    options.lease_ns = RINGMILL_FOREVER;
    const world w = new_world(&options);
    pthread_t waiter;
    for (int i = 0; i < 10; i++) {
        put(w, "first");
    }
    ringmill_delivery jobs[10], none;
    size_t taken;
    OK(ringmill_dequeue_batch(w.consumer, 10, 10, 0, jobs, &taken));
    CHECK(pthread_create(&waiter, NULL, wait_for_one, w.consumer) == 0);
    while (ringmill_dequeue(w.consumer, 0, &none) != RINGMILL_STATUS_BUSY) {
    }
    OK(ringmill_ack(w.consumer, &jobs[0]));
    OK(ringmill_nack(w.consumer, &jobs[1], RINGMILL_CLASS_SYSTEM, "while it waits"));
    OK(ringmill_ack_batch(w.consumer, jobs + 2, 8, &taken));
    CHECK(taken == 8);
    CHECK_STATUS(ringmill_ack(w.consumer, &jobs[2]), ALREADY_SETTLED);
    put(w, "second");
    pthread_join(waiter, NULL);
    free_world(w);
}

int main(void) {
    RUN(a_message_is_read_in_place_and_acked);
    RUN(what_fails_comes_again_and_dies);
    RUN(every_settlement_does_what_it_says);
    RUN(receipts_settle_from_elsewhere);
    RUN(room_is_written_in_place);
    RUN(batches_keep_their_order);
    RUN(options_are_heard);
    RUN(delays_are_as_the_policy_says);
    RUN(messages_wait_for_their_time);
    RUN(what_was_sent_before_is_told);
    RUN(keys_are_held);
    RUN(what_is_set_aside_is_taken);
    RUN(messages_live_for_a_time);
    RUN(names_are_taken_once);
    RUN(time_is_the_hosts);
    RUN(deliveries_are_settled_by_any_thread);
    return 0;
}
