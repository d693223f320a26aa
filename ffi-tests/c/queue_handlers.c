/* Handlers and what they may call; descriptors; groups. */
#include <poll.h>

#include "queue.h"

typedef struct {
    world w;
    uint32_t answer;
    int calls;
    ringmill_delivery last;
} context;

static uint32_t answers(void *user, const ringmill_delivery *delivery) {
    context *c = (context *)user;
    c->calls++;
    c->last = *delivery;
    CHECK(is(delivery, "job"));
    return c->answer;
}

static void a_handler_says_how_a_message_is_settled(void) {
    static const struct {
        uint32_t answer, attempts;
        bool again;
    } cases[] = {{RINGMILL_SETTLE_ACK, 0, false},    {RINGMILL_SETTLE_NACK, 1, true},    {RINGMILL_SETTLE_REJECT, 0, false},
                 {RINGMILL_SETTLE_RELEASE, 0, true}, {RINGMILL_SETTLE_PANIC, 1, true},   {RINGMILL_SETTLE_KEPT, 1, true},
                 {77, 1, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ringmill_queue_options options = queue_options();
        options.lease_ns = SECOND;
        context c;
        memset(&c, 0, sizeof c);
        c.w = new_world(&options);
        c.answer = cases[i].answer;
        size_t handled = 7;
        put(c.w, "job");
        OK(ringmill_consume(c.w.consumer, answers, &c, 1, 0, &handled));
        CHECK(handled == 1 && c.calls == 1);
        /* What is kept is the handler's to let go of, also when its lease has ended. */
        outlast(c.w, SECOND);
        CHECK((ringmill_let_go(c.w.consumer, &c.last) == RINGMILL_STATUS_OK) ==
              (cases[i].answer == RINGMILL_SETTLE_KEPT));
        if (cases[i].again) {
            const ringmill_delivery job = take(c.w);
            CHECK(job.attempts == cases[i].attempts);
            OK(ringmill_ack(c.w.consumer, &job));
        }
        CHECK_STATUS(ringmill_consume(c.w.consumer, answers, &c, 0, 0, &handled), EMPTY);
        CHECK_STATUS(ringmill_consume(c.w.consumer, answers, &c, 0, MS, NULL), TIMED_OUT);
        CHECK(handled == 0 && c.calls == 1);
        OK(ringmill_queue_close(c.w.queue, NULL));
        CHECK_STATUS(ringmill_consume(c.w.consumer, answers, &c, 0, RINGMILL_FOREVER, NULL), CLOSED);
        free_world(c.w);
    }
}

static uint32_t calls_back(void *user, const ringmill_delivery *delivery) {
    context *c = (context *)user;
    const ringmill_message more = message_of("more");
    ringmill_delivery other;
    if (c->calls++ > 0) {
        return RINGMILL_SETTLE_ACK;
    }
    /* Settle it, take others and settle them, look at it, extend it, ask again. */
    OK(ringmill_extend(c->w.consumer, delivery, SECOND));
    OK(ringmill_dequeue(c->w.consumer, 0, &other));
    OK(ringmill_nack_after(c->w.consumer, &other, RINGMILL_CLASS_SYSTEM, NULL, 0));
    CHECK_STATUS(ringmill_consume(c->w.consumer, calls_back, user, 1, 0, NULL), BUSY);
    /* Its own queue is full: with a time-out, it is told. */
    CHECK_STATUS(ringmill_enqueue_timeout(c->w.producer, &more, MS, NULL), TIMED_OUT);
    OK(ringmill_ack(c->w.consumer, delivery));
    OK(ringmill_enqueue_timeout(c->w.producer, &more, MS, NULL));
    OK(ringmill_queue_close(c->w.queue, NULL));
    return RINGMILL_SETTLE_KEPT;
}

static void a_handler_may_call_back(void) {
    ringmill_queue_options options = queue_options();
    options.capacity = 2;
    context c;
    memset(&c, 0, sizeof c);
    c.w = new_world(&options);
    size_t handled;
    put(c.w, "job");
    put(c.w, "job");
    CHECK_STATUS(ringmill_consume(c.w.consumer, calls_back, &c, 0, RINGMILL_FOREVER, &handled), CLOSED);
    CHECK(handled == 3 && c.calls == 3);
    free_world(c.w);
}

static uint32_t frees_everything(void *user, const ringmill_delivery *delivery) {
    const world *w = (const world *)user;
    free_world(*w);
    CHECK(is(delivery, "job"));
    return RINGMILL_SETTLE_ACK;
}

static void a_handler_may_free_every_handle(void) {
    world w = new_world(NULL);
    put(w, "job");
    put(w, "job");
    OK(ringmill_consume(w.consumer, frees_everything, &w, 0, RINGMILL_FOREVER, NULL));
}

static bool is_readable(int fd) {
    struct pollfd polled = {fd, POLLIN, 0};
    return poll(&polled, 1, 0) == 1;
}

static void a_consumer_is_polled(void) {
    const world w = new_world(NULL);
    int fd = 7;
    ringmill_delivery job;
    CHECK_STATUS(ringmill_dequeue_or_arm(w.consumer, &job), UNSUPPORTED);
    OK(ringmill_queue_consumer_fd(w.consumer, &fd));
    int again = -1;
    OK(ringmill_queue_consumer_fd(w.consumer, &again));
    CHECK(fd >= 0 && again == fd && is_readable(fd));
    for (int round = 0; round < 3; round++) {
        CHECK_STATUS(ringmill_dequeue_or_arm(w.consumer, &job), EMPTY);
        CHECK(!is_readable(fd) && job.payload == NULL);
        put(w, "one");
        put(w, "two");
        CHECK(is_readable(fd));
        for (int i = 0; i < 2; i++) {
            OK(ringmill_dequeue_or_arm(w.consumer, &job));
            OK(ringmill_ack(w.consumer, &job));
        }
    }
    CHECK_STATUS(ringmill_dequeue_or_arm(w.consumer, &job), EMPTY);
    OK(ringmill_queue_close(w.queue, NULL));
    CHECK(is_readable(fd));
    CHECK_STATUS(ringmill_dequeue_or_arm(w.consumer, &job), CLOSED);
    free_world(w);
}

static void every_group_gets_every_message(void) {
    static const char *const names[] = {"ship", "bill"};
    ringmill_queue_options options = queue_options();
    ringmill_stats stats;
    options.groups = names;
    options.groups_count = 2;
    options.max_groups = 4;
    const world w = new_world(&options);
    world groups[3] = {w, w, w};
    OK(ringmill_queue_create_group(w.queue, "audit"));
    CHECK_STATUS(ringmill_queue_create_group(w.queue, "audit"), NAME_CONFLICT);
    CHECK_STATUS(ringmill_queue_create_group(w.queue, "one too many"), QUOTA_EXCEEDED);
    static const char *const all[] = {"ship", "bill", "audit"};
    for (int i = 0; i < 3; i++) {
        OK(ringmill_queue_group_consumer_new(w.queue, all[i], &groups[i].consumer));
    }
    put(w, "order");
    const ringmill_delivery mine = take(w);
    const ringmill_delivery theirs = take(groups[0]);
    CHECK(theirs.payload == mine.payload);
    OK(ringmill_ack(w.consumer, &mine));
    CHECK_STATUS(ringmill_ack(groups[1].consumer, &mine), ALREADY_SETTLED);
    OK(ringmill_nack_after(groups[0].consumer, &theirs, RINGMILL_CLASS_SYSTEM, NULL, 0));
    for (int i = 0; i < 2; i++) {
        const ringmill_delivery job = take(groups[i]);
        CHECK(is(&job, "order") && job.deliveries == (i == 0 ? 2 : 1));
        OK(ringmill_ack(groups[i].consumer, &job));
    }
    OK(ringmill_queue_group_stats(w.queue, "audit", sizeof stats, &stats));
    CHECK(stats.ready == 1 && stats.acked == 0);
    /* A group that is removed has its leases taken back; who reads reads on. */
    const ringmill_delivery held = take(groups[2]);
    OK(ringmill_queue_remove_group(w.queue, "audit"));
    CHECK_STATUS(ringmill_queue_remove_group(w.queue, "audit"), NOT_FOUND);
    CHECK(is(&held, "order"));
    CHECK(ringmill_ack(groups[2].consumer, &held) != RINGMILL_STATUS_OK);
    CHECK(ringmill_let_go(groups[2].consumer, &held) != RINGMILL_STATUS_OK);
    for (int i = 0; i < 3; i++) {
        ringmill_queue_consumer_free(groups[i].consumer);
    }
    CHECK(ringmill_queue_len(w.queue) == 0);
    free_world(w);
}

static void what_is_wrong_is_refused(void) {
    const world w = new_world(NULL);
    ringmill_queue_consumer *consumer = w.consumer;
    ringmill_stats stats;
    ringmill_delivery job;
    size_t handled = 7;
    int fd = 7;
    context c;
    memset(&c, 0, sizeof c);
    INVALID(ringmill_consume(NULL, answers, &c, 0, RINGMILL_FOREVER, &handled));
    CHECK(handled == 0);
    INVALID(ringmill_consume(w.consumer, NULL, &c, 0, RINGMILL_FOREVER, NULL));
    INVALID(ringmill_queue_consumer_fd(NULL, &fd));
    CHECK(fd == -1);
    INVALID(ringmill_queue_consumer_fd(w.consumer, NULL));
    INVALID(ringmill_dequeue_or_arm(NULL, &job));
    CHECK(job.payload == NULL);
    INVALID(ringmill_dequeue_or_arm(w.consumer, NULL));
    INVALID(ringmill_queue_create_group(NULL, "g"));
    INVALID(ringmill_queue_create_group(w.queue, NULL));
    INVALID(ringmill_queue_remove_group(NULL, "g"));
    INVALID(ringmill_queue_remove_group(w.queue, NULL));
    CHECK_STATUS(ringmill_queue_remove_group(w.queue, "g"), NOT_FOUND);
    INVALID(ringmill_queue_group_consumer_new(NULL, "g", &consumer));
    INVALID(ringmill_queue_group_consumer_new(w.queue, NULL, &consumer));
    INVALID(ringmill_queue_group_consumer_new(w.queue, "g", NULL));
    CHECK_STATUS(ringmill_queue_group_consumer_new(w.queue, "g", &consumer), NOT_FOUND);
    CHECK(consumer == NULL);
    INVALID(ringmill_queue_group_stats(NULL, "g", sizeof stats, &stats));
    INVALID(ringmill_queue_group_stats(w.queue, NULL, sizeof stats, &stats));
    INVALID(ringmill_queue_group_stats(w.queue, "g", 1, &stats));
    INVALID(ringmill_queue_group_stats(w.queue, "g", sizeof stats, NULL));
    CHECK_STATUS(ringmill_queue_group_stats(w.queue, "g", sizeof stats, &stats), NOT_FOUND);
    ringmill_queue_options options = queue_options();
    ringmill_queue *queue;
    options.groups_count = 1;
    INVALID(ringmill_queue_new(w.engine, "q", &options, &queue));
    options.groups_count = 0;
    options.max_groups = 33;
    CHECK_STATUS(ringmill_queue_new(w.engine, "q", &options, &queue), INVALID_CONFIG);
    free_world(w);
}

int main(void) {
    RUN(a_handler_says_how_a_message_is_settled);
    RUN(a_handler_may_call_back);
    RUN(a_handler_may_free_every_handle);
    RUN(a_consumer_is_polled);
    RUN(every_group_gets_every_message);
    RUN(what_is_wrong_is_refused);
    return 0;
}
