/* Pausing, closing, draining, aborting. */
#include "queue.h"

static void a_pause_hands_out_nothing(void) {
    const world w = new_world(NULL);
    put(w, "one");
    put(w, "two");
    const ringmill_delivery job = take(w);
    OK(ringmill_queue_pause(w.queue));
    CHECK(ringmill_queue_is_paused(w.queue) && is_empty(w));
    OK(ringmill_ack(w.consumer, &job));
    OK(ringmill_queue_resume(w.queue));
    CHECK(!ringmill_queue_is_paused(w.queue));
    const ringmill_delivery next = take(w);
    OK(ringmill_ack(w.consumer, &next));
    free_world(w);
}

static void closing_reports_what_would_have_waited(void) {
    const world w = new_world(NULL), other = new_world(NULL);
    ringmill_close_report *report;
    ringmill_header header = {"n", 1, "value", 5};
    ringmill_message message = message_of("later"), back;
    message.key = "k";
    message.key_len = 1;
    message.headers = &header;
    message.headers_count = 1;
    message.delay_ns = 60 * SECOND;
    OK(ringmill_enqueue(w.producer, &message, NULL));
    put(w, "now");
    pass(w, 20 * SECOND);
    OK(ringmill_queue_close(w.queue, &report));
    CHECK(ringmill_queue_is_closed(w.queue) && ringmill_close_report_len(report) == 1);
    CHECK(ringmill_close_report_delayed(report) == 1);
    OK(ringmill_close_report_at(report, 0, &back));
    CHECK(back.payload_len == 5 && back.key_len == 1 && memcmp(back.key, "k", 1) == 0 && back.headers_count == 1);
    CHECK(back.delay_ns == 40 * SECOND && memcmp(back.headers[0].value, "value", 5) == 0);
    OK(ringmill_enqueue(other.producer, &back, NULL));
    CHECK_STATUS(ringmill_close_report_at(report, 1, &back), NOT_FOUND);
    CHECK(back.payload == NULL);
    ringmill_close_report_free(report);

    const ringmill_delivery job = take(w);
    ringmill_delivery none;
    CHECK_STATUS(ringmill_dequeue(w.consumer, 0, &none), EMPTY);
    OK(ringmill_ack(w.consumer, &job));
    CHECK_STATUS(ringmill_dequeue(w.consumer, RINGMILL_FOREVER, &none), CLOSED);
    OK(ringmill_queue_close(w.queue, NULL));
    pass(other, 40 * SECOND);
    const ringmill_delivery later = take(other);
    CHECK(is(&later, "later") && later.headers_count == 1);
    OK(ringmill_ack(other.consumer, &later));
    free_world(w);
    free_world(other);
}

static void draining_takes_back_what_is_held(void) {
    const world w = new_world(NULL);
    ringmill_drain_report report;
    put(w, "held");
    put(w, "left");
    const ringmill_delivery held = take(w);
    OK(ringmill_queue_drain(w.queue, MS, &report));
    CHECK(report.settled == 0 && report.released == 1 && report.left == 2);
    CHECK_STATUS(ringmill_ack(w.consumer, &held), STALE_RECEIPT);
    ringmill_delivery none;
    CHECK_STATUS(ringmill_dequeue(w.consumer, RINGMILL_FOREVER, &none), CLOSED);
    OK(ringmill_queue_drain(w.queue, RINGMILL_FOREVER, NULL));
    OK(ringmill_queue_drain(w.queue, -1, NULL));
    free_world(w);
}

static void nothing_is_settled_after_an_abort(void) {
    const world w = new_world(NULL);
    put(w, "held");
    const ringmill_delivery held = take(w);
    OK(ringmill_queue_abort(w.queue));
    CHECK(ringmill_queue_is_closed(w.queue));
    CHECK_STATUS(ringmill_extend(w.consumer, &held, SECOND), CLOSED);
    CHECK_STATUS(ringmill_queue_settle(w.queue, &held.receipt, RINGMILL_SETTLE_ACK), CLOSED);
    CHECK(is(&held, "held"));
    /* It is let go of, once. */
    CHECK_STATUS(ringmill_ack(w.consumer, &held), CLOSED);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(ringmill_ack(w.consumer, &held), CLOSED);
        CHECK_STATUS(ringmill_let_go(w.consumer, &held), CLOSED);
    }
    free_world(w);
}

static void what_is_wrong_is_refused(void) {
    const world w = new_world(NULL);
    ringmill_close_report *report = (ringmill_close_report *)w.queue;
    ringmill_drain_report drained = {7, 7, 7};
    ringmill_message message;
    INVALID(ringmill_queue_pause(NULL));
    INVALID(ringmill_queue_resume(NULL));
    CHECK(!ringmill_queue_is_paused(NULL) && ringmill_queue_is_closed(NULL));
    INVALID(ringmill_queue_close(NULL, &report));
    CHECK(report == NULL);
    INVALID(ringmill_queue_drain(NULL, 0, &drained));
    CHECK(drained.settled == 0 && drained.left == 0);
    INVALID(ringmill_queue_abort(NULL));
    INVALID(ringmill_close_report_at(NULL, 0, &message));
    CHECK(ringmill_close_report_len(NULL) == 0 && ringmill_close_report_delayed(NULL) == 0);
    OK(ringmill_queue_close(w.queue, &report));
    INVALID(ringmill_close_report_at(report, 0, NULL));
    ringmill_close_report_free(report);
    ringmill_close_report_free(NULL);
    free_world(w);
}

int main(void) {
    RUN(a_pause_hands_out_nothing);
    RUN(closing_reports_what_would_have_waited);
    RUN(draining_takes_back_what_is_held);
    RUN(nothing_is_settled_after_an_abort);
    RUN(what_is_wrong_is_refused);
    return 0;
}
