/* Channels. Whoever waits here is woken by another thread: no test measures time. */
#include "check.h"

#include <pthread.h>

#define MILLISECOND INT64_C(1000000)

static void defaults_are_as_documented(void) {
    ringmill_channel_options options;
    memset(&options, 0xff, sizeof options);
    OK(ringmill_channel_options_init(sizeof options, &options));
    CHECK(options.size == sizeof options);
    CHECK(options.elem_size == 0);
    CHECK(options.capacity == 1024);
    CHECK(options.wait == RINGMILL_WAIT_SPIN_THEN_PARK);
    CHECK(options.flags == 0);
}

static void tries_answer_at_once(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 2);
    int in = 1, out = 0;
    CHECK(ringmill_channel_capacity(channel) == 2);
    CHECK_STATUS(ringmill_channel_try_recv(channel, &out), EMPTY);
    OK(ringmill_channel_try_send(channel, &in));
    in = 2;
    OK(ringmill_channel_send(channel, &in, 0));
    CHECK(ringmill_channel_len(channel) == 2);
    CHECK_STATUS(ringmill_channel_try_send(channel, &in), FULL);
    OK(ringmill_channel_try_recv(channel, &out));
    CHECK(out == 1);
    OK(ringmill_channel_recv(channel, -5, &out));
    CHECK(out == 2);
    CHECK_STATUS(ringmill_channel_try_recv(channel, &out), EMPTY);
    CHECK(out == 2);
    ringmill_channel_free(channel);
}

static void a_time_out_that_passes_has_done_nothing(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 1);
    int in = 1, out = 7;
    CHECK_STATUS(ringmill_channel_recv(channel, MILLISECOND, &out), TIMED_OUT);
    CHECK_STATUS(ringmill_channel_recv(channel, 0, &out), EMPTY);
    CHECK_STATUS(ringmill_channel_recv(channel, INT64_MIN, &out), EMPTY);
    CHECK(out == 7);
    OK(ringmill_channel_send(channel, &in, MILLISECOND));
    CHECK_STATUS(ringmill_channel_send(channel, &in, MILLISECOND), TIMED_OUT);
    CHECK_STATUS(ringmill_channel_send(channel, &in, 0), FULL);
    CHECK_STATUS(ringmill_channel_send(channel, &in, INT64_MIN), FULL);
    CHECK(ringmill_channel_len(channel) == 1);
    ringmill_channel_free(channel);
}

static void closing_refuses_and_lets_the_rest_out(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 4);
    int in = 5, out = 0;
    size_t moved = 99;
    OK(ringmill_channel_send(channel, &in, RINGMILL_FOREVER));
    CHECK(!ringmill_channel_is_closed(channel));
    OK(ringmill_channel_close(channel));
    CHECK_STATUS(ringmill_channel_close(channel), CLOSED);
    CHECK(ringmill_channel_is_closed(channel));
    CHECK_STATUS(ringmill_channel_try_send(channel, &in), CLOSED);
    CHECK_STATUS(ringmill_channel_send(channel, &in, RINGMILL_FOREVER), CLOSED);
    CHECK_STATUS(ringmill_channel_send_batch(channel, &in, 1, RINGMILL_FOREVER, &moved), CLOSED);
    CHECK(moved == 0);
    OK(ringmill_channel_recv(channel, RINGMILL_FOREVER, &out));
    CHECK(out == 5);
    CHECK_STATUS(ringmill_channel_recv(channel, RINGMILL_FOREVER, &out), CLOSED);
    CHECK_STATUS(ringmill_channel_try_recv(channel, &out), CLOSED);
    moved = 99;
    CHECK_STATUS(ringmill_channel_recv_batch(channel, 1, 1, RINGMILL_FOREVER, &out, &moved), CLOSED);
    CHECK(moved == 0);
    ringmill_channel_free(channel);
}

static void a_batch_that_ends_early_says_how_far_it_came(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 4);
    int in[6] = {1, 2, 3, 4, 5, 6}, out[6] = {0};
    size_t moved = 99;
    CHECK_STATUS(ringmill_channel_send_batch(channel, in, 6, MILLISECOND, &moved), TIMED_OUT);
    CHECK(moved == 4);
    moved = 99;
    CHECK_STATUS(ringmill_channel_send_batch(channel, in, 6, 0, &moved), FULL);
    CHECK(moved == 0);
    moved = 99;
    OK(ringmill_channel_recv_batch(channel, 2, 3, 0, out, &moved));
    CHECK(moved == 3);
    moved = 99;
    OK(ringmill_channel_recv_batch(channel, 3, 3, MILLISECOND, out + 3, &moved));
    CHECK(moved == 1);
    CHECK(memcmp(in, out, 4 * sizeof *in) == 0);
    moved = 99;
    CHECK_STATUS(ringmill_channel_recv_batch(channel, 0, 3, 0, out, &moved), EMPTY);
    CHECK(moved == 0);
    moved = 99;
    CHECK_STATUS(ringmill_channel_recv_batch(channel, 2, 3, -1, out, &moved), EMPTY);
    CHECK(moved == 0);
    moved = 99;
    CHECK_STATUS(ringmill_channel_recv_batch(channel, 1, 3, MILLISECOND, out, &moved), TIMED_OUT);
    CHECK(moved == 0);
    moved = 99;
    OK(ringmill_channel_recv_batch(channel, 0, 0, 0, NULL, &moved));
    CHECK(moved == 0);
    moved = 99;
    OK(ringmill_channel_send_batch(channel, NULL, 0, 0, &moved));
    CHECK(moved == 0);
    ringmill_channel_free(channel);
}

/* What a thread that waits in a call is given, and what it came to. */
struct waiter {
    ringmill_channel *channel;
    uint32_t status;
    int value;
};

static void *waits_to_receive(void *argument) {
    struct waiter *waiter = (struct waiter *)argument;
    waiter->status = ringmill_channel_recv(waiter->channel, RINGMILL_FOREVER, &waiter->value);
    return NULL;
}

static void *waits_to_send(void *argument) {
    struct waiter *waiter = (struct waiter *)argument;
    waiter->status = ringmill_channel_send(waiter->channel, &waiter->value, RINGMILL_FOREVER);
    return NULL;
}

static void whoever_waits_is_woken(uint32_t wait) {
    ringmill_channel_options options;
    struct waiter receiver = {NULL, 99, 0}, sender = {NULL, 99, 2}, left = {NULL, 99, 0};
    pthread_t thread;
    int value = 1;
    OK(ringmill_channel_options_init(sizeof options, &options));
    options.elem_size = sizeof value;
    options.capacity = 1;
    options.wait = wait;
    OK(ringmill_channel_new(&options, &receiver.channel));
    sender.channel = left.channel = receiver.channel;

    CHECK(pthread_create(&thread, NULL, waits_to_receive, &receiver) == 0);
    OK(ringmill_channel_send(receiver.channel, &value, RINGMILL_FOREVER));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(receiver.status == RINGMILL_STATUS_OK && receiver.value == 1);

    OK(ringmill_channel_send(receiver.channel, &value, RINGMILL_FOREVER));
    CHECK(pthread_create(&thread, NULL, waits_to_send, &sender) == 0);
    OK(ringmill_channel_recv(receiver.channel, RINGMILL_FOREVER, &value));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(sender.status == RINGMILL_STATUS_OK);
    OK(ringmill_channel_recv(receiver.channel, RINGMILL_FOREVER, &value));
    CHECK(value == 2);

    CHECK(pthread_create(&thread, NULL, waits_to_receive, &left) == 0);
    OK(ringmill_channel_close(receiver.channel));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(left.status == RINGMILL_STATUS_CLOSED);
    ringmill_channel_free(receiver.channel);
}

static void whoever_waits_is_woken_with_each_strategy(void) {
    whoever_waits_is_woken(RINGMILL_WAIT_SPIN_THEN_PARK);
    whoever_waits_is_woken(RINGMILL_WAIT_PARK);
    whoever_waits_is_woken(RINGMILL_WAIT_SPIN);
}

int main(void) {
    RUN(defaults_are_as_documented);
    RUN(tries_answer_at_once);
    RUN(a_time_out_that_passes_has_done_nothing);
    RUN(closing_refuses_and_lets_the_rest_out);
    RUN(a_batch_that_ends_early_says_how_far_it_came);
    RUN(whoever_waits_is_woken_with_each_strategy);
    return 0;
}
