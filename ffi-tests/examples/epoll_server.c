/* A server that feeds a queue from its event loop, and answers from it: lines come in by sockets, a worker handles them
 * under a lease, and its results come back to the loop by the descriptor of a second queue. */
#include <pthread.h>
#include <ringmill.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 4
#define LINES 250

static void check(uint32_t status) {
    if (status != RINGMILL_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", ringmill_status_text(status), ringmill_last_message());
        exit(1);
    }
}

static void require(int good) {
    if (!good) {
        perror("system");
        exit(1);
    }
}

static ringmill_queue *requests, *answers;

/* Counts the letters of each request. Its key says whose it is. */
static void *worker(void *unused) {
    ringmill_queue_consumer *in;
    ringmill_queue_producer *out;
    ringmill_delivery request;
    check(ringmill_queue_consumer_new(requests, &in));
    check(ringmill_queue_producer_new(answers, &out));
    while (ringmill_dequeue(in, RINGMILL_FOREVER, &request) == RINGMILL_STATUS_OK) {
        const size_t letters = request.payload_len;
        ringmill_message answer = {.payload = &letters, .payload_len = sizeof letters};
        answer.key = request.key;
        answer.key_len = request.key_len;
        check(ringmill_enqueue_timeout(out, &answer, RINGMILL_FOREVER, NULL));
        check(ringmill_ack(in, &request)); /* only now: if we had died, it would have come again */
    }
    check(ringmill_queue_close(answers, NULL));
    ringmill_queue_consumer_free(in);
    ringmill_queue_producer_free(out);
    return unused;
}

static void *client(void *socket) {
    const int fd = *(int *)socket;
    for (int i = 0; i < LINES; i++) {
        require(write(fd, "hello", 5) == 5);
        char answer;
        require(read(fd, &answer, 1) == 1 && answer == 5);
    }
    shutdown(fd, SHUT_WR);
    return NULL;
}

int main(void) {
    ringmill_engine *engine;
    ringmill_queue_producer *in;
    ringmill_queue_consumer *out;
    pthread_t threads[CLIENTS + 1];
    int ours[CLIENTS], theirs[CLIENTS], out_fd, open = CLIENTS, answered = 0;
    check(ringmill_engine_new(NULL, &engine));
    check(ringmill_queue_new(engine, "requests", NULL, &requests));
    check(ringmill_queue_new(engine, "answers", NULL, &answers));
    check(ringmill_queue_producer_new(requests, &in));
    check(ringmill_queue_consumer_new(answers, &out));
    check(ringmill_queue_consumer_fd(out, &out_fd));
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = -1}};
    require(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, out_fd, &event) == 0);
    for (int i = 0; i < CLIENTS; i++) {
        int pair[2];
        require(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
        ours[i] = pair[0], theirs[i] = pair[1];
        event.data.fd = i;
        require(epoll_ctl(epoll, EPOLL_CTL_ADD, ours[i], &event) == 0);
        require(pthread_create(&threads[i], NULL, client, &theirs[i]) == 0);
    }
    require(pthread_create(&threads[CLIENTS], NULL, worker, NULL) == 0);

    uint32_t status = RINGMILL_STATUS_EMPTY;
    while (status != RINGMILL_STATUS_CLOSED) {
        struct epoll_event events[8];
        const int ready = epoll_wait(epoll, events, 8, -1);
        for (int i = 0; i < ready; i++) {
            const int who = events[i].data.fd;
            if (who >= 0) {
                char line[64];
                const ssize_t len = read(ours[who], line, sizeof line);
                if (len <= 0) { /* the client has said all */
                    require(epoll_ctl(epoll, EPOLL_CTL_DEL, ours[who], NULL) == 0);
                    if (--open == 0) {
                        check(ringmill_queue_close(requests, NULL));
                    }
                    continue;
                }
                ringmill_message request = {.payload = line, .payload_len = (size_t)len};
                request.key = &who;
                request.key_len = sizeof who;
                check(ringmill_enqueue(in, &request, NULL));
                continue;
            }
            ringmill_delivery answer;
            while ((status = ringmill_dequeue_or_arm(out, &answer)) == RINGMILL_STATUS_OK) {
                int whose;
                size_t letters;
                memcpy(&whose, answer.key, sizeof whose);
                memcpy(&letters, answer.payload, sizeof letters);
                const char byte = (char)letters;
                require(write(ours[whose], &byte, 1) == 1);
                check(ringmill_ack(out, &answer));
                answered++;
            }
        }
    }
    for (int i = 0; i <= CLIENTS; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%d answers\n", answered);
    for (int i = 0; i < CLIENTS; i++) {
        close(ours[i]);
        close(theirs[i]);
    }
    close(epoll);
    ringmill_queue_producer_free(in);
    ringmill_queue_consumer_free(out);
    ringmill_queue_free(requests);
    ringmill_queue_free(answers);
    ringmill_engine_free(engine);
    return answered == CLIENTS * LINES ? 0 : 1;
}
