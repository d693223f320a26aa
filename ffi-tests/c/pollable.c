/* Channels with a descriptor. */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static bool is_readable(const ringmill_pollable *pollable) {
    struct pollfd poll_for = {ringmill_pollable_fd(pollable), POLLIN, 0};
    CHECK(poll_for.fd >= 0);
    return poll(&poll_for, 1, 0) == 1 && (poll_for.revents & POLLIN) != 0;
}

static void it_is_readable_until_it_has_said_empty(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 8);
    ringmill_pollable *pollable;
    int in = 1, out = 0;
    OK(ringmill_pollable_new(channel, &pollable));
    CHECK(is_readable(pollable));
    CHECK_STATUS(ringmill_pollable_recv_or_arm(pollable, &out), EMPTY);
    CHECK(!is_readable(pollable));
    for (int round = 0; round < 3; round++) {
        OK(ringmill_channel_try_send(channel, &in));
        OK(ringmill_channel_try_send(channel, &in));
        CHECK(is_readable(pollable));
        OK(ringmill_pollable_recv_or_arm(pollable, &out));
        CHECK(is_readable(pollable));
        OK(ringmill_pollable_recv_or_arm(pollable, &out));
        CHECK_STATUS(ringmill_pollable_recv_or_arm(pollable, &out), EMPTY);
        CHECK(!is_readable(pollable));
    }
    OK(ringmill_channel_close(channel));
    CHECK(is_readable(pollable));
    CHECK_STATUS(ringmill_pollable_recv_or_arm(pollable, &out), CLOSED);
    ringmill_pollable_free(pollable);
    ringmill_channel_free(channel);
}

static void it_outlives_its_channel(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 8);
    ringmill_pollable *pollable;
    int out = 0;
    OK(ringmill_pollable_new(channel, &pollable));
    CHECK_STATUS(ringmill_pollable_recv_or_arm(pollable, &out), EMPTY);
    ringmill_channel_free(channel);
    CHECK(is_readable(pollable));
    CHECK_STATUS(ringmill_pollable_recv_or_arm(pollable, &out), CLOSED);
    ringmill_pollable_free(pollable);
}

static void its_descriptor_goes_with_it(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 8);
    ringmill_pollable *pollable;
    OK(ringmill_pollable_new(channel, &pollable));
    const int fd = ringmill_pollable_fd(pollable);
    CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    ringmill_pollable_free(pollable);
    CHECK(fcntl(fd, F_GETFD) == -1);
    ringmill_channel_free(channel);
}

static void no_descriptor_left_is_a_status(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 8);
    ringmill_pollable *pollable = (ringmill_pollable *)channel;
    struct rlimit old, none;
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
    none = old;
    none.rlim_cur = 0;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const uint32_t status = ringmill_pollable_new(channel, &pollable);
    CHECK(setrlimit(RLIMIT_NOFILE, &old) == 0);
    CHECK_STATUS(status, SYSTEM);
    CHECK(pollable == NULL);
    CHECK(strlen(ringmill_last_message()) > 8);
    ringmill_channel_free(channel);
}

static void *sends_ten_thousand(void *argument) {
    ringmill_channel *channel = (ringmill_channel *)argument;
    for (int i = 0; i < 10000; i++) {
        OK(ringmill_channel_send(channel, &i, RINGMILL_FOREVER));
    }
    OK(ringmill_channel_close(channel));
    return NULL;
}

static void no_wake_up_is_lost(void) {
    ringmill_channel *channel = new_channel(sizeof(int), 16);
    ringmill_pollable *pollable;
    pthread_t thread;
    int expected = 0, value = 0;
    OK(ringmill_pollable_new(channel, &pollable));
    CHECK(pthread_create(&thread, NULL, sends_ten_thousand, channel) == 0);
    for (;;) {
        const uint32_t status = ringmill_pollable_recv_or_arm(pollable, &value);
        if (status == RINGMILL_STATUS_OK) {
            CHECK(value == expected++);
        } else if (status == RINGMILL_STATUS_EMPTY) {
            struct pollfd poll_for = {ringmill_pollable_fd(pollable), POLLIN, 0};
            CHECK(poll(&poll_for, 1, -1) == 1);
        } else {
            CHECK_STATUS(status, CLOSED);
            break;
        }
    }
    CHECK(expected == 10000);
    CHECK(pthread_join(thread, NULL) == 0);
    ringmill_pollable_free(pollable);
    ringmill_channel_free(channel);
}

int main(void) {
    RUN(it_is_readable_until_it_has_said_empty);
    RUN(it_outlives_its_channel);
    RUN(its_descriptor_goes_with_it);
    RUN(no_descriptor_left_is_a_status);
    RUN(no_wake_up_is_lost);
    return 0;
}
