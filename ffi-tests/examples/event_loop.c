/* A channel in an epoll loop, beside a timer: workers send results, the loop takes them when the descriptor says so.
 *
 * The loop sleeps in epoll_wait while nothing happens; a sender makes the descriptor readable once, and no more until
 * the loop has taken everything and armed it anew. */
#include <pthread.h>
#include <ringmill.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define WORKERS 2
#define RESULTS 5000

static void check(bool good, const char *what) {
    if (!good) {
        fprintf(stderr, "%s: %s\n", what, ringmill_last_message());
        exit(1);
    }
}

static void *work(void *channel) {
    for (long result = 1; result <= RESULTS; result++) {
        check(ringmill_channel_send(channel, &result, RINGMILL_FOREVER) == RINGMILL_STATUS_OK, "send");
    }
    return NULL;
}

static void *close_after_workers(void *channel) {
    pthread_t workers[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        check(pthread_create(&workers[i], NULL, work, channel) == 0, "pthread_create");
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i], NULL);
    }
    check(ringmill_channel_close(channel) == RINGMILL_STATUS_OK, "close");
    return NULL;
}

static void watch(int epoll, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
}

int main(void) {
    ringmill_channel_options options;
    ringmill_channel *channel;
    ringmill_pollable *pollable;
    check(ringmill_channel_options_init(sizeof options, &options) == RINGMILL_STATUS_OK, "options");
    options.elem_size = sizeof(long);
    options.capacity = 64;
    check(ringmill_channel_new(&options, &channel) == RINGMILL_STATUS_OK, "channel");
    check(ringmill_pollable_new(channel, &pollable) == RINGMILL_STATUS_OK, "pollable");

    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const struct itimerspec every_millisecond = {{0, 1000000}, {0, 1000000}};
    check(epoll >= 0 && timer >= 0 && timerfd_settime(timer, 0, &every_millisecond, NULL) == 0, "timer");
    watch(epoll, timer);
    watch(epoll, ringmill_pollable_fd(pollable));

    pthread_t owner;
    check(pthread_create(&owner, NULL, close_after_workers, channel) == 0, "pthread_create");
    long sum = 0, result;
    unsigned long ticks = 0;
    bool open = true;
    while (open) {
        struct epoll_event events[4];
        const int ready = epoll_wait(epoll, events, 4, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == timer) {
                uint64_t missed = 0;
                check(read(timer, &missed, sizeof missed) == sizeof missed, "read");
                ticks += missed;
                continue;
            }
            uint32_t status;
            while ((status = ringmill_pollable_recv_or_arm(pollable, &result)) == RINGMILL_STATUS_OK) {
                sum += result;
            }
            open = status == RINGMILL_STATUS_EMPTY; /* armed: the descriptor wakes us */
            check(open || status == RINGMILL_STATUS_CLOSED, "recv_or_arm");
        }
    }
    pthread_join(owner, NULL);
    printf("sum %ld, while the timer ticked %lu times\n", sum, ticks);
    ringmill_pollable_free(pollable);
    ringmill_channel_free(channel);
    close(timer);
    close(epoll);
    return sum == (long)WORKERS * RESULTS * (RESULTS + 1) / 2 ? 0 : 1;
}
