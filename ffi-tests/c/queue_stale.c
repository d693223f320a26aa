/* Deliveries beyond their end: what they show stays readable until they are let go of, and they settle nothing. With
 * AddressSanitizer, a pointer that is over stops this program. */
#include "queue.h"

static unsigned sum(const ringmill_delivery *delivery) {
    unsigned total = 0;
    for (size_t i = 0; i < delivery->payload_len; i++) {
        total += ((const unsigned char *)delivery->payload)[i];
    }
    for (size_t i = 0; i < delivery->key_len; i++) {
        total += ((const unsigned char *)delivery->key)[i];
    }
    return total;
}

/* Both where the payload stands in the slot and where it has a buffer of its own. */
static const size_t lengths[] = {1, 40, 64, 65, 5000};

static void pointers_stay_after_the_lease(void) {
    for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        ringmill_queue_options options = queue_options();
        options.lease_ns = SECOND;
        options.capacity = 2;
        const world w = new_world(&options);
        unsigned char bytes[5000];
        memset(bytes, 3, sizeof bytes);
        const ringmill_header header = {"name", 4, "value", 5};
        ringmill_message message = message_of("");
        message.payload = bytes;
        message.payload_len = lengths[n];
        message.key = "a key that is longer than what stands in the slot";
        message.key_len = strlen((const char *)message.key);
        message.headers = &header;
        message.headers_count = 1;
        OK(ringmill_enqueue(w.producer, &message, NULL));
        const ringmill_delivery slow = take(w);
        const unsigned before = sum(&slow);
        outlast(w, SECOND);
        CHECK_STATUS(ringmill_extend(w.consumer, &slow, SECOND), STALE_RECEIPT);

        /* Another consumer has it, acks it, and the queue goes on. */
        const ringmill_delivery fast = take(w);
        CHECK(fast.payload == slow.payload && fast.deliveries == 2 && fast.attempts == 1);
        OK(ringmill_ack(w.consumer, &fast));
        for (int i = 0; i < 100; i++) {
            put(w, "many more, through the other slot");
            const ringmill_delivery job = take(w);
            CHECK(job.payload != slow.payload);
            OK(ringmill_ack(w.consumer, &job));
        }
        CHECK(sum(&slow) == before);
        ringmill_header found;
        OK(ringmill_delivery_header(w.consumer, &slow, 0, &found));
        CHECK(memcmp(found.value, "value", 5) == 0);

        /* Let go of once, whatever it is called. */
        const ringmill_delivery copy = slow;
        CHECK_STATUS(ringmill_nack(w.consumer, &slow, RINGMILL_CLASS_SYSTEM, "too late"), STALE_RECEIPT);
        CHECK_STATUS(ringmill_delivery_header(w.consumer, &copy, 0, &found), STALE_RECEIPT);
        for (int i = 0; i < 10; i++) {
            CHECK_STATUS(ringmill_ack(w.consumer, &copy), STALE_RECEIPT);
            CHECK_STATUS(ringmill_let_go(w.consumer, &copy), STALE_RECEIPT);
        }
        /* Both slots are free again, and no old copy touches what is in them. */
        put(w, "one");
        put(w, "two");
        const ringmill_delivery one = take(w), two = take(w);
        CHECK_STATUS(ringmill_ack(w.consumer, &copy), STALE_RECEIPT);
        CHECK_STATUS(ringmill_queue_settle(w.queue, &copy.receipt, RINGMILL_SETTLE_ACK), STALE_RECEIPT);
        CHECK(is(&one, "one") && is(&two, "two"));
        OK(ringmill_ack(w.consumer, &one));
        OK(ringmill_ack(w.consumer, &two));
        free_world(w);
    }
}

static void pointers_stay_without_any_handle(void) {
    for (size_t n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        const world w = new_world(NULL);
        unsigned char bytes[5000];
        memset(bytes, 3, sizeof bytes);
        ringmill_message message = message_of("");
        message.payload = bytes;
        message.payload_len = lengths[n];
        OK(ringmill_enqueue(w.producer, &message, NULL));
        const ringmill_delivery job = take(w);
        ringmill_queue_consumer_free(w.consumer);
        ringmill_queue_consumer *other;
        OK(ringmill_queue_consumer_new(w.queue, &other));
        ringmill_queue_producer_free(w.producer);
        ringmill_queue_free(w.queue);
        ringmill_engine_free(w.engine);
        CHECK(sum(&job) == 3 * lengths[n]);
        /* The last handle is one of the queue's, and settles what another one has handed out. */
        OK(ringmill_ack(other, &job));
        ringmill_queue_consumer_free(other);
    }
}

static void what_another_queue_handed_out_is_told(void) {
    const world mine = new_world(NULL), theirs = new_world(NULL);
    put(mine, "mine");
    put(theirs, "theirs");
    const ringmill_delivery a = take(mine), b = take(theirs);
    CHECK_STATUS(ringmill_ack(mine.consumer, &b), NOT_FOUND);
    CHECK_STATUS(ringmill_reject(theirs.consumer, &a, NULL), NOT_FOUND);
    CHECK_STATUS(ringmill_queue_settle(mine.queue, &b.receipt, RINGMILL_SETTLE_ACK), NOT_FOUND);
    OK(ringmill_ack(mine.consumer, &a));
    OK(ringmill_ack(theirs.consumer, &b));
    free_world(mine);
    free_world(theirs);
}

static void what_is_made_up_is_told(void) {
    const world w = new_world(NULL);
    put(w, "real");
    const ringmill_delivery real = take(w);
    for (size_t byte = 0; byte < sizeof real.receipt; byte++) {
        ringmill_delivery forged = real;
        ((unsigned char *)&forged.receipt)[byte] ^= 0x10;
        INVALID(ringmill_ack(w.consumer, &forged));
        INVALID(ringmill_let_go(w.consumer, &forged));
        INVALID(ringmill_queue_settle(w.queue, &forged.receipt, RINGMILL_SETTLE_REJECT));
    }
    ringmill_delivery zero;
    memset(&zero, 0, sizeof zero);
    INVALID(ringmill_ack(w.consumer, &zero));
    OK(ringmill_ack(w.consumer, &real));
    free_world(w);
}

int main(void) {
    RUN(pointers_stay_after_the_lease);
    RUN(pointers_stay_without_any_handle);
    RUN(what_another_queue_handed_out_is_told);
    RUN(what_is_made_up_is_told);
    return 0;
}
