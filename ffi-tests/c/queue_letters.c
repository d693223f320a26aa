/* Dead letters: how they died, how they go back, and what is told of those that no queue takes. */
#include "queue.h"

static bool says(const char *text, size_t len, const char *expected) {
    return len == strlen(expected) && memcmp(text, expected, len) == 0;
}

static void a_dead_letter_tells_its_story(void) {
    ringmill_queue_options options = queue_options();
    options.retry_max = RINGMILL_NONE;
    options.max_deliveries = 2;
    const world w = new_world(&options);
    world dead = w;
    OK(ringmill_queue_dead_letters(w.queue, &dead.queue));
    OK(ringmill_queue_consumer_new(dead.queue, &dead.consumer));
    static const uint32_t reasons[] = {RINGMILL_REASON_REJECTED, RINGMILL_REASON_MAX_ATTEMPTS,
                                       RINGMILL_REASON_MAX_DELIVERIES};
    for (int i = 0; i < 3; i++) {
        ringmill_death death;
        put(w, "letter");
        ringmill_delivery job = take(w);
        switch (reasons[i]) {
        case RINGMILL_REASON_REJECTED: OK(ringmill_reject(w.consumer, &job, "nobody \xff wants it")); break;
        case RINGMILL_REASON_MAX_ATTEMPTS: OK(ringmill_nack(w.consumer, &job, RINGMILL_CLASS_BUSINESS, "no")); break;
        default:
            OK(ringmill_release(w.consumer, &job));
            job = take(w);
            OK(ringmill_release(w.consumer, &job));
        }
        const ringmill_delivery letter = take(dead);
        CHECK(is(&letter, "letter") && letter.deaths_count == 1);
        OK(ringmill_delivery_death(dead.consumer, &letter, 0, &death));
        CHECK(death.reason == reasons[i] && death.consumer == 2);
        CHECK(says(death.queue, death.queue_len, "jobs") && says(death.group, death.group_len, "default"));
        CHECK(death.at_ns == ringmill_engine_wall(w.engine) && death.deliveries == (i == 2 ? 2 : 1));
        if (i == 0) {
            CHECK(death.cause == RINGMILL_CLASS_VALIDATION && says(death.text, death.text_len, "nobody \xef\xbf\xbd wants it"));
        } else {
            CHECK(death.cause == (i == 1 ? RINGMILL_CLASS_BUSINESS : 0));
        }
        CHECK_STATUS(ringmill_delivery_death(dead.consumer, &letter, 1, &death), NOT_FOUND);
        CHECK(death.queue == NULL && death.reason == 0);
        OK(ringmill_ack(dead.consumer, &letter));
        CHECK_STATUS(ringmill_delivery_death(dead.consumer, &letter, 0, &death), STALE_RECEIPT);
    }
    ringmill_queue_consumer_free(dead.consumer);
    ringmill_queue_free(dead.queue);
    free_world(w);
}

static bool begins_with_b(void *user, const ringmill_peeked *message) {
    ++*(int *)user;
    return message->payload_len > 0 && *(const char *)message->payload == 'b';
}

static void dead_letters_go_back(void) {
    const ringmill_queue_options options = queue_options();
    const world w = new_world(&options);
    ringmill_queue *dead;
    ringmill_redrive_options redrive;
    ringmill_redrive_report report;
    int asked = 0;
    OK(ringmill_queue_dead_letters(w.queue, &dead));
    static const char *const texts[] = {"apples", "bread", "butter"};
    for (int i = 0; i < 3; i++) {
        put(w, texts[i]);
        const ringmill_delivery job = take(w);
        OK(ringmill_reject(w.consumer, &job, NULL));
    }
    OK(ringmill_redrive_options_init(sizeof redrive, &redrive));
    redrive.filter = begins_with_b;
    redrive.user = &asked;
    redrive.dry_run = true;
    OK(ringmill_queue_redrive(dead, &redrive, &report));
    CHECK(report.matched == 2 && report.moved == 0 && asked == 3 && is_empty(w));
    redrive.dry_run = false;
    redrive.max = 1;
    redrive.per_second = 1000;
    OK(ringmill_queue_redrive(dead, &redrive, &report));
    CHECK(report.matched == 1 && report.moved == 1 && report.refused == 0);
    ringmill_delivery job = take(w);
    CHECK(is(&job, "bread") && job.attempts == 0 && job.deaths_count == 1);
    OK(ringmill_ack(w.consumer, &job));
    OK(ringmill_queue_redrive(dead, NULL, NULL));
    for (int i = 0; i < 2; i++) {
        job = take(w);
        OK(ringmill_ack(w.consumer, &job));
    }
    CHECK(is_empty(w) && ringmill_queue_len(dead) == 0);
    ringmill_queue_free(dead);
    free_world(w);
}

typedef struct {
    world w;
    ringmill_delivery held;
    int told, released;
    uint32_t reason;
} listener;

static void on_dead(void *user, const ringmill_message *message, const ringmill_death *death) {
    listener *l = (listener *)user;
    l->told++;
    l->reason = death->reason;
    CHECK(message->payload_len == 3 && memcmp(message->payload, "job", 3) == 0);
    CHECK(message->key_len == 1 && message->headers_count == 1 && message->headers[0].value_len == 2);
    /* It may be sent on from here, others settled by the very consumer, and the queue closed. */
    const ringmill_message other = message_of("obituary");
    ringmill_delivery job;
    OK(ringmill_enqueue(l->w.producer, &other, NULL));
    CHECK_STATUS(ringmill_dequeue(l->w.consumer, 0, &job), BUSY);
    if (l->held.payload != NULL) {
        OK(ringmill_ack(l->w.consumer, &l->held));
        l->held.payload = NULL;
    }
    if (death->reason == RINGMILL_REASON_MAX_ATTEMPTS) {
        OK(ringmill_queue_close(l->w.queue, NULL));
    }
}

static void release(void *user) { ((listener *)user)->released++; }

static void what_no_queue_takes_is_told_of(void) {
    listener l;
    memset(&l, 0, sizeof l);
    const ringmill_header header = {"trace", 5, "7f", 2};
    ringmill_queue_options options = queue_options();
    options.dead_letters = NULL;
    options.retry_max = RINGMILL_NONE;
    options.on_dead = on_dead;
    options.on_dead_user = &l;
    options.on_dead_release = release;
    /* A queue that is not made takes nothing over. */
    world none = new_world(NULL);
    ringmill_queue *queue;
    CHECK_STATUS(ringmill_queue_new(none.engine, "jobs", &options, &queue), NAME_CONFLICT);
    CHECK(l.released == 0);
    free_world(none);

    l.w = new_world(&options);
    ringmill_message message = message_of("job");
    message.key = "k";
    message.key_len = 1;
    message.headers = &header;
    message.headers_count = 1;
    OK(ringmill_enqueue(l.w.producer, &message, NULL));
    ringmill_delivery job = take(l.w);
    OK(ringmill_reject(l.w.consumer, &job, NULL));
    CHECK(l.told == 1 && l.reason == RINGMILL_REASON_REJECTED);
    l.held = take(l.w);
    OK(ringmill_enqueue(l.w.producer, &message, NULL));
    job = take(l.w);
    OK(ringmill_nack(l.w.consumer, &job, RINGMILL_CLASS_SYSTEM, NULL));
    CHECK(l.told == 2 && l.reason == RINGMILL_REASON_MAX_ATTEMPTS && ringmill_queue_is_closed(l.w.queue));
    CHECK(l.released == 0);
    free_world(l.w);
    CHECK(l.released == 1);
}

static void the_oldest_makes_room(void) {
    ringmill_queue_options options = queue_options();
    options.capacity = 1;
    options.overflow = RINGMILL_OVERFLOW_DROP_OLDEST;
    options.retain_count = 1;
    options.retain_bytes = 1000;
    options.retain_ns = 3600 * SECOND;
    world w = new_world(&options);
    put(w, "old");
    put(w, "new");
    ringmill_death death;
    ringmill_queue_consumer *mine = w.consumer;
    ringmill_queue *dead;
    OK(ringmill_queue_dead_letters(w.queue, &dead));
    OK(ringmill_queue_consumer_new(dead, &w.consumer));
    const ringmill_delivery letter = take(w);
    CHECK(is(&letter, "old"));
    OK(ringmill_delivery_death(w.consumer, &letter, 0, &death));
    CHECK(death.reason == RINGMILL_REASON_OVERFLOW && death.cause == 0 && death.consumer == 0);
    OK(ringmill_ack(w.consumer, &letter));
    ringmill_queue_consumer_free(w.consumer);
    ringmill_queue_free(dead);
    w.consumer = mine;
    free_world(w);
}

static void what_is_wrong_is_refused(void) {
    const world w = new_world(NULL);
    ringmill_redrive_options redrive;
    ringmill_redrive_report report = {7, 7, 7};
    ringmill_death death;
    INVALID(ringmill_redrive_options_init(1, &redrive));
    INVALID(ringmill_redrive_options_init(sizeof redrive, NULL));
    OK(ringmill_redrive_options_init(sizeof redrive, &redrive));
    INVALID(ringmill_queue_redrive(NULL, &redrive, &report));
    CHECK(report.matched == 0 && report.refused == 0);
    redrive.size = 1;
    INVALID(ringmill_queue_redrive(w.queue, &redrive, NULL));
    redrive.size = sizeof redrive;
    memset(&redrive.dry_run, 7, 1);
    INVALID(ringmill_queue_redrive(w.queue, &redrive, NULL));
    put(w, "one");
    const ringmill_delivery job = take(w);
    INVALID(ringmill_delivery_death(NULL, &job, 0, &death));
    INVALID(ringmill_delivery_death(w.consumer, NULL, 0, &death));
    INVALID(ringmill_delivery_death(w.consumer, &job, 0, NULL));
    CHECK_STATUS(ringmill_delivery_death(w.consumer, &job, SIZE_MAX, &death), NOT_FOUND);
    OK(ringmill_ack(w.consumer, &job));
    free_world(w);
}

int main(void) {
    RUN(a_dead_letter_tells_its_story);
    RUN(dead_letters_go_back);
    RUN(what_no_queue_takes_is_told_of);
    RUN(the_oldest_makes_room);
    RUN(what_is_wrong_is_refused);
    return 0;
}
